#include "service/configuration.h"

#include "common/protocol.h"
#include "common/text.h"
#include "service/caller.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

/* --- the worker --- */

/* Nobody could ever say anything else than the defaults. */
static bool has_nowhere_to_look(const struct loop *loop) {
  return loop->options.config_files == NULL && loop->options.group_policy.read == NULL;
}

/* When Group Policy is applied anew, Windows takes away all its values and then writes
 * those that hold now. So another thing than before counts when it was seen twice, or
 * when somebody asks. True: it counts now. */
static bool look_at_group_policy(struct loop *loop) {
  const struct group_policy_source *source = &loop->options.group_policy;
  struct config_lane *lane = &loop->config;
  struct group_policy_values now;
  bool must = lane->forced || lane->unsettled || source->changed == NULL;
  if (source->read == NULL || (!must && !source->changed(source->context)))
    return false;
  group_policy_start(&now);
  source->read(source->context, &now);
  bool twice = lane->unsettled && group_policy_equal(&now, &lane->next_policy);
  bool news = !group_policy_equal(&now, &lane->policy);
  bool counts = news && (lane->asked || twice);
  struct group_policy_values *place = counts ? &lane->policy : &lane->next_policy;
  lane->unsettled = news && !counts;
  group_policy_free(place);
  *place = now;
  return counts;
}

/* PG_E_NOTFOUND: there is none. */
static enum pg_error read_file(const struct loop *loop, struct pg_text *text,
                               struct pg_fault *fault) {
  if (loop->options.config_files != NULL)
    return files_read(loop->options.config_files, loop->options.config_name,
                      PG_CONFIG_MAX, text, fault);
  pg_text_init(text, 0);
  if (loop->options.no_config.code == PG_OK)
    return PG_E_NOTFOUND;
  *fault = loop->options.no_config;
  return fault->code;
}

static void read_all(const struct loop *loop, struct config_reading *reading) {
  const struct group_policy_values *policy = &loop->config.policy;
  bool replaced = group_policy_replaces_file(policy);
  struct pg_text text;
  pg_text_init(&text, 0);
  reading->culprit = PG_ORIGIN_FILE;
  enum pg_error error =
      replaced ? PG_E_NOTFOUND : read_file(loop, &text, &reading->fault);
  if (error == PG_OK || error == PG_E_NOTFOUND) {
    reading->fault = (struct pg_fault){.code = PG_OK};
    error = group_policy_merge(policy, error == PG_OK ? &text : NULL, &reading->settings,
                               &reading->culprit, &reading->fault);
  }
  reading->error = error;
  pg_text_free(&text);
}

static void run(uv_work_t *work) {
  struct loop *loop = work->data;
  struct config_lane *lane = &loop->config;
  struct files *files = loop->options.config_files;
  bool changed =
      files != NULL && files_changed(files, loop->options.config_name, &lane->stamp);
  changed |= look_at_group_policy(loop);
  lane->reading = (struct config_reading){.done = changed || lane->forced};
  if (lane->reading.done)
    read_all(loop, &lane->reading);
}

/* --- what came of it --- */

/* Told once, however often it is looked at. */
static void reject(struct loop *loop, const struct pg_fault *fault,
                   enum pg_origin culprit) {
  struct config_lane *lane = &loop->config;
  bool news = strcmp(lane->rejected.message, fault->message) != 0;
  lane->rejected = *fault;
  lane->culprit = culprit;
  if (culprit == PG_ORIGIN_GROUP_POLICY && fault->hint[0] == '\0')
    pg_fault_hint(&lane->rejected, "gpresult /scope computer /v");
  if (news)
    configuration_tell_rejected(loop, NULL, fault);
}

static bool put_in_force(struct loop *loop, struct pg_settings *settings) {
  if (loop->options.interval_ms != 0) {
    settings->interval_ms = loop->options.interval_ms;
    settings->origins[PG_MEMBER_INTERVAL_MS] = PG_ORIGIN_COMMAND_LINE;
  }
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
static bool is_gone_for_the_first_time(struct loop *loop) {
  struct config_lane *lane = &loop->config;
  const struct pg_settings *settings = lane->reading.settings;
  bool first = settings != NULL && settings->base == PG_ORIGIN_DEFAULTS &&
               loop->options.settings->base == PG_ORIGIN_FILE && !lane->missed &&
               !lane->asked;
  lane->missed = first;
  return first;
}

/* Nothing changes about the file, or in Group Policy, when it can be read again: it is
 * tried until then. What is wrong with what was read stays so until it is another. */
static bool may_pass(enum pg_error error) {
  return files_may_pass(error) || error == PG_E_WINDOWS; /* of a registry */
}

static struct pg_settings *take_settings(struct config_reading *reading) {
  struct pg_settings *settings = reading->settings;
  reading->settings = NULL;
  return settings;
}

static void adopt(struct loop *loop) {
  struct config_lane *lane = &loop->config;
  struct config_reading *reading = &lane->reading;
  bool silent = settings_are_defaults(loop->options.settings);
  if (!reading->done)
    return;
  lane->again = may_pass(reading->error);
  if (is_gone_for_the_first_time(loop)) {
    settings_free(take_settings(reading));
    return;
  }
  if (reading->error != PG_OK) {
    reject(loop, &reading->fault, reading->culprit);
    return;
  }
  struct pg_settings *settings = take_settings(reading);
  struct pg_fault rejected = lane->rejected;
  lane->rejected = (struct pg_fault){0};
  if (!put_in_force(loop, settings)) { /* no memory for these: what is in force stays */
    lane->rejected = rejected;
    lane->again = true;
    settings_free(settings);
    return;
  }
  if (!silent || !settings_are_defaults(settings))
    configuration_tell_loaded(loop);
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
  if (loop->stopping || has_nowhere_to_look(loop))
    return;
  lane->asked = lane->wanted;
  lane->forced = lane->wanted || lane->missed || lane->again;
  lane->wanted = false;
  lane->begun = clock_mono();
  lane->work.data = loop;
  lane->busy = uv_queue_work(&loop->uv, &lane->work, run, after) == 0;
}

void configuration_open(struct loop *loop) {
  struct config_lane *lane = &loop->config;
  group_policy_start(&lane->policy);
  group_policy_start(&lane->next_policy);
  if (!has_nowhere_to_look(loop)) {
    lane->forced = lane->asked = true;
    lane->work.data = loop;
    lane->begun = lane->ended = clock_mono();
    run(&lane->work);
    adopt(loop);
  } else if (loop->options.no_config.code != PG_OK) {
    reject(loop, &loop->options.no_config, PG_ORIGIN_FILE);
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
  group_policy_free(&loop->config.policy);
  group_policy_free(&loop->config.next_policy);
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

/* A look that began in the same millisecond may have begun before. But then the one that
 * was asked for is still to come. */
static bool is_read(const struct config_lane *lane, int64_t asked_mono) {
  bool pending = lane->wanted || (lane->busy && lane->asked);
  return lane->ended > asked_mono || !pending;
}

bool configuration_ready(void *context, const struct control_ask *ask) {
  const struct loop *loop = context;
  return has_nowhere_to_look(loop) || is_read(&loop->config, ask->asked_mono) ||
         clock_mono() - ask->asked_mono >= PG_SLOW_WAIT_MS;
}

static enum pg_error reloaded(struct loop *loop, const struct control_ask *ask,
                              struct pg_fault *fault) {
  if (loop->config.rejected.code != PG_OK) {
    *fault = loop->config.rejected;
    return fault->code;
  }
  if (has_nowhere_to_look(loop))
    return pg_fail(fault, PG_E_NOTFOUND, "this service has no configuration file");
  if (!is_read(&loop->config, ask->asked_mono))
    return pg_fail(fault, PG_E_TIMEOUT, "the configuration could not be read in time");
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
  configuration_write_in_force(json, loop->options.settings);
  pg_json_end_object(json);
  return PG_OK;
}
