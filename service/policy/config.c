#include "service/policy/config.h"

#include "common/limits.h"
#include "service/policy/config_parts.h"

#include <stdio.h>
#include <string.h>

#define CONFIG_VERSION 1

static const char *const top_keys[] = {
    "$schema", "version", "interval_ms", "guarded_ports", "rules", "history", "metrics"};
static const char *const history_keys[] = {"keep_days", "max_mib"};
static const char *const metrics_keys[] = {"enabled", "interval_s"};

/* The index of the earlier rule of that name, or |count|. */
static size_t find_name(const struct pg_rule *rules, size_t count, const char *name) {
  size_t i = 0;
  while (i < count && strcmp(rules[i].name, name) != 0)
    i++;
  return i;
}

static void read_rule(struct pg_fields *in, struct pg_rule *rules, size_t index,
                      const cJSON *row) {
  char words[96];
  if (!pg_fields_enter_row(in, "rules", index, row))
    return;
  config_rule(in, &rules[index]);
  if (in->error != PG_OK)
    return;
  size_t earlier = find_name(rules, index, rules[index].name);
  if (earlier == index)
    return;
  snprintf(words, sizeof words, "a name of its own: rules[%lu] has this one",
           (unsigned long)earlier);
  pg_fields_wrong(in, "name", pg_json_member(row, "name"), words);
}

static void read_rules(struct pg_fields *in, struct pg_settings *settings) {
  char words[96];
  const cJSON *top = in->object;
  size_t count, index = 0;
  const cJSON *rows = pg_fields_list(in, "rules", PG_OPTIONAL, &count);
  if (rows == NULL || count == 0)
    return;
  if (count > PG_RULES_MAX) {
    snprintf(words, sizeof words, "found %lu rules, expected at most %d",
             (unsigned long)count, PG_RULES_MAX);
    pg_fields_complain(in, "rules", words);
    return;
  }
  struct pg_rule *rules = pg_arena_alloc(in->arena, count, sizeof *rules);
  if (rules == NULL) {
    pg_fields_no_memory(in);
    return;
  }
  for (const cJSON *row = rows->child; row != NULL; row = row->next)
    read_rule(in, rules, index++, row);
  pg_fields_leave(in, top);
  settings->rules = rules;
  settings->rule_count = count;
}

static void read_history(struct pg_fields *in, struct pg_settings *settings) {
  const cJSON *top = in->object, *history = pg_json_member(top, "history");
  if (history == NULL || !pg_fields_enter(in, "history", history))
    return;
  config_keys(in, history_keys, sizeof history_keys / sizeof *history_keys);
  settings->keep_days =
      config_number(in, "keep_days", 1, PG_HISTORY_DAYS_MAX, PG_HISTORY_DAYS);
  settings->max_mib = config_number(in, "max_mib", PG_HISTORY_MIB_MIN, PG_HISTORY_MIB_MAX,
                                    PG_HISTORY_MIB);
  pg_fields_leave(in, top);
}

static void read_metrics(struct pg_fields *in, struct pg_settings *settings) {
  const cJSON *top = in->object, *metrics = pg_json_member(top, "metrics");
  if (metrics == NULL || !pg_fields_enter(in, "metrics", metrics))
    return;
  config_keys(in, metrics_keys, sizeof metrics_keys / sizeof *metrics_keys);
  settings->metrics = pg_fields_flag(in, "enabled");
  settings->metrics_s =
      config_number(in, "interval_s", PG_METRICS_MIN_S, PG_METRICS_MAX_S, PG_METRICS_S);
  pg_fields_leave(in, top);
}

static void note_origins(const cJSON *object, struct pg_settings *settings) {
  settings->base = PG_ORIGIN_FILE;
  for (int i = 0; i < PG_MEMBERS; i++)
    if (pg_json_member(object, pg_member_name((enum pg_member)i)) != NULL)
      settings->origins[i] = PG_ORIGIN_FILE;
}

static void fill(struct pg_fields *in, struct pg_settings *settings) {
  config_keys(in, top_keys, sizeof top_keys / sizeof *top_keys);
  const cJSON *version = pg_fields_member(in, "version", PG_NEEDED);
  if (version != NULL &&
      !(cJSON_IsNumber(version) && version->valuedouble == CONFIG_VERSION))
    pg_fields_wrong(in, "version", version, "1");
  (void)pg_fields_borrow(in, "$schema", PG_OPTIONAL);
  settings->interval_ms = config_number(in, "interval_ms", PG_INTERVAL_MIN_MS,
                                        PG_INTERVAL_MAX_MS, settings->interval_ms);
  if (pg_json_member(in->object, "guarded_ports") != NULL)
    config_ports(in, "guarded_ports", &settings->listed);
  read_history(in, settings);
  read_metrics(in, settings);
  read_rules(in, settings);
  config_guard(in, settings);
  note_origins(in->object, settings);
}

static enum pg_error build(const cJSON *tree, struct pg_settings **out,
                           struct pg_fault *fault) {
  char found[PG_JSON_FOUND_CHARS];
  if (!cJSON_IsObject(tree))
    return pg_fail(fault, PG_E_FORMAT,
                   "found %s, expected an object like {\"version\":1}",
                   pg_json_found(tree, found, sizeof found));
  struct pg_settings *settings = settings_default();
  if (settings == NULL)
    return pg_fail(fault, PG_E_NOMEM, "not enough memory for a configuration");
  struct pg_fields in = {.what = "a configuration",
                         .arena = settings->arena,
                         .fault = fault,
                         .object = tree};
  fill(&in, settings);
  if (in.error == PG_OK)
    *out = settings;
  else
    settings_free(settings);
  return in.error;
}

/* What is no JSON is not in the format either, and duplicate keys have a path. */
static enum pg_error not_json(struct pg_fault *fault) {
  char words[sizeof fault->message], path[sizeof fault->param];
  if (fault == NULL)
    return PG_E_FORMAT;
  (void)pg_copy(words, sizeof words, fault->message);
  (void)pg_copy(path, sizeof path, fault->param);
  pg_fail(fault, PG_E_FORMAT, "%s%s%s", path, path[0] != '\0' ? ": " : "", words);
  pg_fault_param(fault, path);
  return PG_E_FORMAT;
}

enum pg_error config_read(const char *text, size_t len, struct pg_settings **out,
                          struct pg_fault *fault) {
  static const struct pg_json_limits limits = {.bytes = PG_CONFIG_MAX,
                                               .depth = PG_CONFIG_DEPTH};
  cJSON *tree = NULL;
  *out = NULL;
  enum pg_error error = pg_json_skip_mark(&text, &len, fault);
  if (error == PG_OK)
    error = pg_json_read_by_line(text, len, &limits, &tree, fault);
  if (error == PG_E_PARSE)
    error = not_json(fault);
  if (error == PG_OK)
    error = build(tree, out, fault);
  cJSON_Delete(tree);
  return error;
}
