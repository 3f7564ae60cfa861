/* What is in force, and where it comes from, in words and in JSON. */
#include "common/text.h"
#include "service/letter.h"
#include "service/state.h"

#include <string.h>

#define GROUP_POLICY_WORDS "Group Policy (" GROUP_POLICY_PLACE ")"

static bool is_from_file(const struct loop *loop) {
  return loop->options.settings->base == PG_ORIGIN_FILE &&
         loop->options.config_files != NULL;
}

void configuration_path(const struct loop *loop, struct pg_text *out) {
  const char *folder =
      loop->options.config_files != NULL ? files_path(loop->options.config_files) : NULL;
  if (folder != NULL)
    pg_text_printf(out, "%s%s", folder, strchr(folder, '\\') != NULL ? "\\" : "/");
  if (loop->options.config_name != NULL)
    pg_text_str_add(out, loop->options.config_name);
}

/* "; Group Policy (HKLM\…) has the last word on interval_ms, mode" */
static void add_overridden(const struct pg_settings *settings, struct pg_text *out) {
  const char *before = "; " GROUP_POLICY_WORDS " has the last word on ";
  if (!settings_are_mixed(settings))
    return;
  for (int i = 0; i < PG_MEMBERS; i++)
    if (settings->origins[i] == PG_ORIGIN_GROUP_POLICY) {
      pg_text_printf(out, "%s%s", before, pg_member_name((enum pg_member)i));
      before = ", ";
    }
  if (settings->policy_mode != PG_POLICY_MODE_OWN)
    pg_text_printf(out, "%smode", before);
}

static void add_source(const struct loop *loop, struct pg_text *out) {
  const struct pg_settings *settings = loop->options.settings;
  if (settings->base == PG_ORIGIN_GROUP_POLICY)
    pg_text_str_add(out, GROUP_POLICY_WORDS);
  else if (is_from_file(loop))
    configuration_path(loop, out);
  else
    pg_text_str_add(out, "the defaults: there is no file");
  add_overridden(settings, out);
}

/* --- events --- */

static void add_summary(const struct pg_settings *settings, struct letter *letter,
                        const char *ports) {
  pg_text_printf(&letter->second, "every %lu ms; %zu rules; guarded ports ",
                 (unsigned long)settings->interval_ms, settings->rule_count);
  pg_text_escaped(&letter->second, ports, PG_SHOWN_CHARS);
  if (settings->off_count > 0)
    pg_text_printf(&letter->second, "; %zu rules switched off by Group Policy",
                   settings->off_count);
  else if (settings->policy_mode != PG_POLICY_MODE_OWN && settings->rule_count > 0)
    pg_text_printf(&letter->second, "; all rules %s by Group Policy",
                   pg_policy_mode_name(settings->policy_mode));
}

void configuration_tell_loaded(struct loop *loop) {
  const struct pg_settings *settings = loop->options.settings;
  struct letter letter;
  struct letter_part part;
  struct pg_text file;
  pg_text_init(&file, 4096);
  letter_open(&letter, PG_EVENT_CONFIG_LOADED);
  if (is_from_file(loop))
    configuration_path(loop, &file);
  letter_string(&letter, "file", file.len > 0 ? pg_text_str(&file) : NULL);
  add_source(loop, &letter.raw);
  letter_escape(&letter, &letter.first);
  letter_part_open(&part);
  ports_write(&settings->guarded, &part.json);
  add_summary(settings, &letter, pg_text_str(&part.text));
  pg_json_key_int(&letter.writer, "interval_ms", settings->interval_ms);
  pg_json_key_int(&letter.writer, "rules", (int64_t)settings->rule_count);
  settings_write_sources(settings, &letter.writer);
  (void)letter_part_add(&letter, "guarded_ports", &part);
  pg_text_free(&file);
  const char *strings[] = {pg_text_str(&letter.first), pg_text_str(&letter.second), NULL};
  letter_send(loop, &letter, PG_EVENT_CONFIG_LOADED, 0, false, strings, 3);
}

void configuration_tell_rejected(struct loop *loop, const char *name,
                                 const struct pg_fault *fault) {
  enum pg_origin culprit = name != NULL ? PG_ORIGIN_FILE : loop->config.culprit;
  bool by_policy = culprit == PG_ORIGIN_GROUP_POLICY;
  struct letter letter;
  struct pg_text file;
  pg_text_init(&file, 4096);
  letter_open(&letter, PG_EVENT_CONFIG_REJECTED);
  if (name != NULL)
    pg_text_str_add(&file, name);
  else if (!by_policy)
    configuration_path(loop, &file);
  letter_string(&letter, "file", file.len > 0 ? pg_text_str(&file) : NULL);
  pg_text_str_add(&letter.raw, by_policy ? "of " GROUP_POLICY_WORDS : pg_text_str(&file));
  letter_escape(&letter, &letter.first);
  pg_text_escaped(&letter.second, fault->message, sizeof fault->message);
  letter_string(&letter, "error", fault->message);
  letter_string(&letter, "path", fault->param[0] != '\0' ? fault->param : NULL);
  letter_string(&letter, "source", pg_origin_name(culprit));
  pg_text_free(&file);
  const char *strings[] = {pg_text_str(&letter.first), pg_text_str(&letter.second), NULL};
  letter_send(loop, &letter, PG_EVENT_CONFIG_REJECTED, 0, false, strings, 3);
}

/* --- answers --- */

void configuration_write(const struct loop *loop, struct pg_json *json) {
  const struct config_lane *lane = &loop->config;
  bool rejected = lane->rejected.code != PG_OK;
  struct pg_text path;
  pg_text_init(&path, 4096);
  if (is_from_file(loop))
    configuration_path(loop, &path);
  pg_json_key(json, "configuration");
  pg_json_object(json);
  pg_json_key_str(json, "file", path.len > 0 ? pg_text_str(&path) : NULL);
  pg_json_key_int(json, "rules", (int64_t)loop->options.settings->rule_count);
  pg_json_key_str(json, "error", rejected ? lane->rejected.message : NULL);
  pg_json_key_str(json, "error_source", rejected ? pg_origin_name(lane->culprit) : NULL);
  settings_write_sources(loop->options.settings, json);
  pg_json_end_object(json);
  pg_text_free(&path);
}

void configuration_write_in_force(struct pg_json *json,
                                  const struct pg_settings *settings) {
  pg_json_key_int(json, "interval_ms", settings->interval_ms);
  pg_json_key(json, "guarded_ports");
  ports_write(&settings->guarded, json);
  pg_json_key_int(json, "rules", (int64_t)settings->rule_count);
}

void configuration_write_off(struct pg_json *json, const struct pg_settings *settings) {
  pg_json_key(json, "switched_off");
  pg_json_array(json);
  for (size_t i = 0; i < settings->off_count; i++)
    pg_json_str(json, settings->off_rules[i].name);
  pg_json_end_array(json);
}
