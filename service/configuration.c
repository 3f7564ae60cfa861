#include "service/configuration.h"

#include "common/protocol.h"
#include "common/text.h"
#include "service/caller.h"
#include "service/letter.h"
#include "service/policy/config.h"

#include <stdlib.h>
#include <string.h>

void configuration_path(const struct loop *loop, struct pg_text *out) {
  const char *folder = files_path(loop->options.config_files);
  pg_text_printf(out, "%s%s%s", folder, strchr(folder, '\\') != NULL ? "\\" : "/",
                 loop->options.config_name);
}

/* --- the worker --- */

static void read_file(struct loop *loop, struct config_reading *reading) {
  struct pg_text text;
  reading->error = files_read(loop->options.config_files, loop->options.config_name,
                              PG_CONFIG_MAX, &text, &reading->fault);
  reading->there = reading->error != PG_E_NOTFOUND;
  if (reading->error == PG_OK)
    reading->error =
        config_read(pg_text_str(&text), text.len, &reading->settings, &reading->fault);
  else if (!reading->there)
    reading->error = PG_OK;
  pg_text_free(&text);
}

static void run(uv_work_t *work) {
  struct loop *loop = work->data;
  struct config_lane *lane = &loop->config;
  bool changed =
      files_changed(loop->options.config_files, loop->options.config_name, &lane->stamp);
  lane->reading = (struct config_reading){.done = changed || lane->forced};
  if (lane->reading.done)
    read_file(loop, &lane->reading);
}

/* --- what came of it --- */

static void key_in_force(struct pg_json *json, const struct pg_settings *settings) {
  pg_json_key_int(json, "interval_ms", settings->interval_ms);
  pg_json_key(json, "guarded_ports");
  ports_write(&settings->guarded, json);
  pg_json_key_int(json, "rules", (int64_t)settings->rule_count);
}

static void report_loaded(struct loop *loop) {
  const struct pg_settings *settings = loop->options.settings;
  struct letter letter;
  struct letter_part part;
  letter_open(&letter, PG_EVENT_CONFIG_LOADED);
  if (loop->config.from_file)
    configuration_path(loop, &letter.raw);
  else
    pg_text_str_add(&letter.raw, "the defaults: there is no file");
  letter_string(&letter, "file",
                loop->config.from_file ? pg_text_str(&letter.raw) : NULL);
  letter_escape(&letter, &letter.first);
  letter_part_open(&part);
  ports_write(&settings->guarded, &part.json);
  pg_text_printf(&letter.second, "every %lu ms; %zu rules; guarded ports ",
                 (unsigned long)settings->interval_ms, settings->rule_count);
  pg_text_escaped(&letter.second, pg_text_str(&part.text), PG_SHOWN_CHARS);
  pg_json_key_int(&letter.writer, "interval_ms", settings->interval_ms);
  pg_json_key_int(&letter.writer, "rules", (int64_t)settings->rule_count);
  (void)letter_part_add(&letter, "guarded_ports", &part);
  const char *strings[] = {pg_text_str(&letter.first), pg_text_str(&letter.second), NULL};
  letter_send(loop, &letter, PG_EVENT_CONFIG_LOADED, 0, false, strings, 3);
}

static void report_rejected(struct loop *loop) {
  const struct pg_fault *fault = &loop->config.rejected;
  struct letter letter;
  letter_open(&letter, PG_EVENT_CONFIG_REJECTED);
  if (loop->options.config_files != NULL)
    configuration_path(loop, &letter.raw);
  else
    pg_text_str_add(&letter.raw, loop->options.config_name);
  letter_string(&letter, "file", pg_text_str(&letter.raw));
  letter_escape(&letter, &letter.first);
  pg_text_escaped(&letter.second, fault->message, sizeof fault->message);
  letter_string(&letter, "error", fault->message);
  letter_string(&letter, "path", fault->param[0] != '\0' ? fault->param : NULL);
  const char *strings[] = {pg_text_str(&letter.first), pg_text_str(&letter.second), NULL};
  letter_send(loop, &letter, PG_EVENT_CONFIG_REJECTED, 0, false, strings, 3);
}

/* Told once, however often it is looked at. */
static void reject(struct loop *loop, const struct pg_fault *fault) {
  bool news = strcmp(loop->config.rejected.message, fault->message) != 0;
  loop->config.rejected = *fault;
  if (news)
    report_rejected(loop);
}

static bool put_in_force(struct loop *loop, struct pg_settings *settings) {
  if (loop->options.interval_ms != 0)
    settings->interval_ms = loop->options.interval_ms;
  if (policing_settings(loop, settings) != PG_OK)
    return false;
  settings_free(loop->options.settings);
  loop->options.settings = settings;
  uv_timer_set_repeat(&loop->tick, settings->interval_ms);
  if (uv_is_active((uv_handle_t *)&loop->tick))
    uv_timer_again(&loop->tick); /* not after what is left of a longer interval */
  watch_settings_changed(loop);
  metering_settings_changed(loop);
  return true;
}

/* Some editors delete a file and write it anew. Between the two the defaults would be in
 * force, and forgotten would be what is remembered of the rules. */
static bool is_gone_for_the_first_time(struct config_lane *lane) {
  bool first = !lane->reading.there && lane->from_file && !lane->missed && !lane->asked;
  lane->missed = first;
  return first;
}

static void adopt(struct loop *loop) {
  struct config_lane *lane = &loop->config;
  struct config_reading *reading = &lane->reading;
  bool was_from_file = lane->from_file;
  if (!reading->done || is_gone_for_the_first_time(lane))
    return;
  if (reading->error != PG_OK) {
    reject(loop, &reading->fault);
    return;
  }
  struct pg_settings *settings = reading->there ? reading->settings : settings_default();
  reading->settings = NULL;
  struct pg_fault rejected = lane->rejected;
  if (settings == NULL)
    return; /* no memory for the defaults: what is in force stays */
  lane->rejected = (struct pg_fault){0};
  if (!put_in_force(loop, settings)) { /* nor for these */
    lane->rejected = rejected;
    settings_free(settings);
    return;
  }
  lane->from_file = reading->there;
  if (reading->there || was_from_file)
    report_loaded(loop);
}

/* --- when --- */

static void start(struct loop *loop);

static void after(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  (void)status; /* never cancelled: it is waited for */
  loop->config.busy = false;
  loop->config.ended = loop->config.begun;
  adopt(loop);
  if (loop->config.wanted)
    start(loop);
  endpoints_wake(loop);
  loop->samples.idle(loop);
}

static void start(struct loop *loop) {
  struct config_lane *lane = &loop->config;
  if (loop->stopping || loop->options.config_files == NULL)
    return;
  lane->asked = lane->wanted;
  lane->forced = lane->wanted || lane->missed;
  lane->wanted = false;
  lane->begun = clock_mono();
  lane->work.data = loop;
  lane->busy = uv_queue_work(&loop->uv, &lane->work, run, after) == 0;
}

void configuration_open(struct loop *loop) {
  struct config_lane *lane = &loop->config;
  if (loop->options.config_files != NULL) {
    lane->forced = true;
    lane->work.data = loop;
    lane->begun = lane->ended = clock_mono();
    run(&lane->work);
    adopt(loop);
  } else if (loop->options.no_config.code != PG_OK) {
    reject(loop, &loop->options.no_config);
  }
}

void configuration_tick(struct loop *loop) {
  struct config_lane *lane = &loop->config;
  if (!lane->busy && clock_mono() - lane->begun >= PG_CONFIG_LOOK_MS)
    start(loop);
}

void configuration_reload(struct loop *loop) {
  loop->config.wanted = true;
  if (!loop->config.busy)
    start(loop);
}

bool configuration_is_idle(const struct loop *loop) {
  return !loop->config.busy;
}

void configuration_free(struct loop *loop) {
  settings_free(loop->config.reading.settings);
}

/* --- telling --- */

void configuration_write(const struct loop *loop, struct pg_json *json) {
  const struct config_lane *lane = &loop->config;
  struct pg_text path;
  pg_text_init(&path, 4096);
  if (lane->from_file)
    configuration_path(loop, &path);
  pg_json_key(json, "configuration");
  pg_json_object(json);
  pg_json_key_str(json, "file", lane->from_file ? pg_text_str(&path) : NULL);
  pg_json_key_int(json, "rules", (int64_t)loop->options.settings->rule_count);
  pg_json_key_str(json, "error",
                  lane->rejected.code != PG_OK ? lane->rejected.message : NULL);
  pg_json_end_object(json);
  pg_text_free(&path);
}

/* --- policy.reload --- */

static enum pg_error begin(void *context, struct control_ask *ask,
                           const struct control_caller *caller, struct pg_fault *fault) {
  enum pg_error error = caller_begin(context, ask, caller, fault);
  if (error == PG_OK)
    configuration_reload(context);
  return error;
}

const struct control_work configuration_work = {begin, caller_progress, caller_end,
                                                PG_SLOW_WAIT_MS, NULL};

bool configuration_ready(void *context, const struct control_ask *ask) {
  const struct loop *loop = context;
  bool nowhere = loop->options.config_files == NULL;
  return nowhere || loop->config.ended >= ask->asked_mono ||
         clock_mono() - ask->asked_mono >= PG_SLOW_WAIT_MS;
}

static enum pg_error reloaded(struct loop *loop, const struct control_ask *ask,
                              struct pg_fault *fault) {
  if (loop->config.rejected.code != PG_OK) {
    *fault = loop->config.rejected;
    return fault->code;
  }
  if (loop->options.config_files == NULL)
    return pg_fail(fault, PG_E_NOTFOUND, "this service has no configuration file");
  if (loop->config.ended < ask->asked_mono)
    return pg_fail(fault, PG_E_TIMEOUT, "the file could not be read in time");
  return PG_OK;
}

enum pg_error configuration_answer(void *context, const struct control_ask *ask,
                                   struct pg_json *json, struct pg_fault *fault) {
  struct loop *loop = context;
  char result[PG_AUDIT_CHARS];
  enum pg_error error = reloaded(loop, ask, fault);
  (void)snprintf(result, sizeof result, error == PG_OK ? "done" : "failed: %.400s",
                 error == PG_OK ? "" : fault->message);
  audit_done(loop, ask->job, ask->verb->name, result);
  if (error != PG_OK)
    return error;
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  configuration_write(loop, json);
  key_in_force(json, loop->options.settings);
  pg_json_end_object(json);
  return PG_OK;
}
