#include "client/health_text.h"

#include "client/fields.h"
#include "client/table.h"
#include "common/limits.h"

#include <string.h>

static void headline(struct render *render, const cJSON *result) {
  int64_t uptime = field_int(result, "uptime_s", -1);
  int64_t interval = field_int(result, "interval_ms", -1);
  pg_text_str_add(render->out, "PortGuard is running");
  if (uptime >= 0) {
    pg_text_str_add(render->out, " for ");
    render_duration(render->out, uptime * 1000);
  }
  if (interval >= 0)
    pg_text_printf(render->out, " and looks every %lld ms", (long long)interval);
  pg_text_str_add(render->out, "\n\n");
}

void health_guarded(struct render *render, const cJSON *result) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LIST_MAX);
  render_ports(&line, field_array(result, "guarded_ports"));
  if (line.len == 0)
    pg_text_str_add(&line, "no port");
  render_label(render, "Guarded", &line);
  pg_text_free(&line);
}

/* "; Group Policy for interval_ms, mode" */
static void add_overridden(struct pg_text *out, const cJSON *configuration) {
  const cJSON *source;
  const char *before = "; Group Policy for ";
  if (!field_says(configuration, "source", "mixed"))
    return;
  cJSON_ArrayForEach(source, field_object(configuration, "sources")) {
    const char *word = cJSON_GetStringValue(source);
    if (word == NULL || strcmp(word, "group-policy") != 0)
      continue;
    pg_text_str_add(out, before);
    render_outside(out, source->string);
    before = ", ";
  }
}

void health_configuration(struct render *render, const cJSON *result) {
  const cJSON *configuration = field_object(result, "configuration");
  const char *file = field_text(configuration, "file");
  const char *error = field_text(configuration, "error");
  struct pg_text line;
  if (configuration == NULL)
    return;
  pg_text_init(&line, RENDER_LINE_MAX);
  if (file != NULL)
    render_outside(&line, file);
  else
    pg_text_str_add(&line, field_says(configuration, "source", "group-policy")
                               ? "Group Policy"
                               : "the defaults");
  add_overridden(&line, configuration);
  render_label(render, "Settings", &line);
  pg_text_clear(&line);
  render_outside(&line, error);
  if (error != NULL)
    render_label(render, "Rejected", &line);
  pg_text_free(&line);
}

struct number {
  const char *key, *words;
};

/* "2 connected now, 1 of them watching": as many of them as are said. */
static void numbers(struct render *render, const char *label, const cJSON *result,
                    const struct number *list, size_t count) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  for (size_t i = 0; i < count; i++) {
    int64_t value = field_int(result, list[i].key, -1);
    if (value >= 0)
      pg_text_printf(&line, "%s%lld %s", line.len > 0 ? ", " : "", (long long)value,
                     list[i].words);
  }
  if (line.len > 0)
    render_label(render, label, &line);
  pg_text_free(&line);
}

static bool add_ms(struct pg_text *out, const cJSON *samples, const char *key) {
  double ms = field_number(samples, key, -1);
  if (!(ms >= 0 && ms < 1e12))
    return false;
  int64_t tenths = (int64_t)(ms * 10 + 0.5);
  pg_text_printf(out, "%lld.%lld ms", (long long)(tenths / 10), (long long)(tenths % 10));
  return true;
}

/* "median 0.4 ms, 99 % within 2.1 ms, longest 14.0 ms (last 1024)" */
static void durations(struct render *render, const cJSON *samples) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_str_add(&line, "median ");
  bool known = add_ms(&line, samples, "p50_ms");
  pg_text_str_add(&line, ", 99 % within ");
  known = known && add_ms(&line, samples, "p99_ms");
  pg_text_str_add(&line, ", longest ");
  known = known && add_ms(&line, samples, "max_ms");
  pg_text_printf(&line, " (last %lld)", (long long)field_int(samples, "window", 0));
  if (known)
    render_label(render, "", &line);
  pg_text_free(&line);
}

/* Those that were taken for a question are counted too, unlike ticks. */
static void samples(struct render *render, const cJSON *result) {
  const cJSON *samples = field_object(result, "samples");
  int64_t count = field_int(samples, "count", field_int(result, "ticks", -1));
  int64_t quiet = field_int(result, "quiet_ticks", -1);
  struct pg_text line;
  if (count < 0)
    return;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_printf(&line, "%lld taken", (long long)count);
  if (quiet >= 0)
    pg_text_printf(&line, ", %lld of them without a change", (long long)quiet);
  render_label(render, "Samples", &line);
  durations(render, samples);
  pg_text_free(&line);
}

static void counts(struct render *render, const cJSON *result) {
  static const struct number clients[] = {{"connections", "connected now"},
                                          {"watching", "of them watching"},
                                          {"answered_requests", "requests answered"}};
  static const struct number refused[] = {{"refused_requests", "requests"},
                                          {"refused_connections", "connections"}};
  static const struct number events[] = {
      {"events_written", "written"},
      {"events_suppressed", "held back by flood protection"},
      {"events_lost", "lost"}};
  numbers(render, "Clients", result, clients, sizeof clients / sizeof *clients);
  numbers(render, "Refused", result, refused, sizeof refused / sizeof *refused);
  numbers(render, "Events", result, events, sizeof events / sizeof *events);
}

/* What fails now is in the table; this is how often it has come to that. */
static void failures(struct render *render, const cJSON *result) {
  struct pg_text line;
  const cJSON *source;
  pg_text_init(&line, RENDER_LINE_MAX);
  cJSON_ArrayForEach(source, field_array(result, "sources")) {
    int64_t count = field_int(source, "failures", 0);
    if (count <= 0)
      continue;
    pg_text_str_add(&line, line.len > 0 ? ", " : "");
    render_outside(&line, field_text(source, "name"));
    if (count == 1)
      pg_text_str_add(&line, " once");
    else
      pg_text_printf(&line, " %lld times", (long long)count);
  }
  if (line.len > 0)
    render_label(render, "Failed", &line);
  pg_text_free(&line);
}

static void memory(struct render *render, const cJSON *result) {
  int64_t bytes = field_int(result, "resident_bytes", 0);
  int64_t handles = field_int(result, "handles", 0);
  struct pg_text line;
  if (bytes <= 0)
    return;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_printf(&line, "%lld.%lld MiB", (long long)(bytes / PG_MIB),
                 (long long)(bytes % PG_MIB * 10 / PG_MIB));
  if (handles > 0)
    pg_text_printf(&line, ", %lld open handles", (long long)handles);
  render_label(render, "Memory", &line);
  pg_text_free(&line);
}

static void history(struct render *render, const cJSON *result) {
  const cJSON *history = field_object(result, "history");
  const char *state = field_text(history, "state");
  const char *error = field_text(history, "error");
  const char *set_aside = field_text(history, "set_aside");
  int64_t bytes = field_int(history, "bytes", 0);
  int64_t written = field_int(history, "written", 0);
  int64_t lost = field_int(history, "lost", 0);
  struct pg_text line;
  if (state == NULL)
    return;
  pg_text_init(&line, RENDER_LINE_MAX);
  render_outside(&line, state);
  if (bytes > 0)
    pg_text_printf(&line, ", %lld.%lld MiB", (long long)(bytes / PG_MIB),
                   (long long)(bytes % PG_MIB * 10 / PG_MIB));
  if (written > 0)
    pg_text_printf(&line, ", %lld rows written so far", (long long)written);
  if (lost > 0)
    pg_text_printf(&line, ", %lld LOST", (long long)lost);
  if (error != NULL) {
    pg_text_str_add(&line, ": ");
    render_outside(&line, error);
  }
  render_label(render, "History", &line);
  pg_text_clear(&line);
  if (set_aside != NULL) {
    render_outside(&line, set_aside);
    render_label(render, "Set aside", &line);
  }
  pg_text_free(&line);
}

static void metrics(struct render *render, const cJSON *result) {
  const cJSON *metrics = field_object(result, "metrics");
  const char *file = field_text(metrics, "file"), *error = field_text(metrics, "error");
  struct pg_text line;
  if (file == NULL && error == NULL)
    return; /* nobody wants them */
  pg_text_init(&line, RENDER_LINE_MAX);
  if (error != NULL) {
    pg_text_str_add(&line, "failing: ");
    render_outside(&line, error);
  } else {
    pg_text_printf(&line, "every %lld s in ",
                   (long long)field_int(metrics, "interval_s", 0));
    render_outside(&line, file);
  }
  render_label(render, "Metrics", &line);
  pg_text_free(&line);
}

static void age_cell(struct table *table, struct pg_text *cell, const cJSON *source) {
  int64_t age = field_int(source, "age_ms", -1);
  pg_text_clear(cell);
  if (age < 0)
    pg_text_char(cell, '-');
  else if (age < 1000)
    pg_text_printf(cell, "%lld ms", (long long)age);
  else
    render_duration(cell, age);
  table_cell(table, pg_text_str(cell));
}

static void error_cell(struct table *table, struct pg_text *cell, const cJSON *source) {
  int64_t failing = field_int(source, "failing_for_s", -1);
  pg_text_clear(cell);
  if (failing >= 0) {
    pg_text_str_add(cell, "for ");
    render_duration(cell, failing * 1000);
    pg_text_str_add(cell, ": ");
  }
  render_outside(cell, field_text(source, "error"));
  table_cell(table, pg_text_str(cell));
}

static void source_row(struct table *table, struct pg_text *cell, const cJSON *source) {
  pg_text_clear(cell);
  render_outside(cell, field_text(source, "name"));
  table_cell(table, pg_text_str(cell));
  pg_text_clear(cell);
  render_outside(cell, field_text(source, "state"));
  table_cell(table, pg_text_str(cell));
  age_cell(table, cell, source);
  error_cell(table, cell, source);
}

static void sources(struct render *render, const cJSON *result) {
  static const char *const headers[] = {"SOURCE", "STATE", "AGE", "ERROR"};
  const cJSON *rows = field_array(result, "sources");
  if (cJSON_GetArraySize(rows) == 0)
    return;
  struct table table;
  struct pg_text cell;
  table_start(&table, headers, 4, 3);
  pg_text_init(&cell, RENDER_LINE_MAX);
  const cJSON *source;
  cJSON_ArrayForEach(source, rows) {
    source_row(&table, &cell, source);
  }
  pg_text_free(&cell);
  pg_text_char(render->out, '\n');
  table_finish(&table, render, 2);
}

void health_text(struct render *render, const cJSON *result) {
  headline(render, result);
  health_configuration(render, result);
  health_guarded(render, result);
  samples(render, result);
  failures(render, result);
  counts(render, result);
  memory(render, result);
  history(render, result);
  metrics(render, result);
  sources(render, result);
  render_notes(render, result);
}
