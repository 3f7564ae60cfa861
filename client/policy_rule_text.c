#include "client/fields.h"
#include "client/policy_text.h"
#include "client/table.h"
#include "common/timestamp.h"

#include <string.h>

#define STRIKES_SHOWN 3 /* of one service; --json has them all */

/* Of the rule, or of all rules. */
static int64_t paused_until(const cJSON *rule, const cJSON *result) {
  int64_t own = field_time(rule, "paused_until");
  int64_t all = field_time(result, "paused_until");
  return own > all ? own : all;
}

static bool only_logs(const cJSON *rule, const cJSON *result) {
  return !field_says(rule, "mode", "enforce") || field_text(result, "no_action") != NULL;
}

const char *policy_rule_word(const cJSON *rule, const cJSON *result,
                             enum render_style *style) {
  *style = RENDER_WARN;
  if (paused_until(rule, result) != PG_TIME_UNKNOWN)
    return "PAUSED";
  *style = RENDER_PLAIN;
  if (!field_is(rule, "open", true))
    return "CLOSED";
  if (only_logs(rule, result))
    return "OBSERVING";
  *style = RENDER_GOOD;
  return "ENFORCING";
}

/* The word is in front: a name may be as long as a line. */
static void headline(struct render *render, const cJSON *rule, const cJSON *result) {
  struct pg_text name;
  enum render_style style;
  const char *word = policy_rule_word(rule, result, &style);
  pg_text_init(&name, RENDER_LINE_MAX);
  render_outside(&name, field_text(rule, "name"));
  pg_text_str_add(&name, name.len > 0 ? "" : "(unnamed)");
  render_styled(render, style, word);
  pg_text_str_add(render->out, "  ");
  render_wrapped(render, strlen(word) + 2, 2, pg_text_str(&name));
  pg_text_free(&name);
}

/* --- what it does --- */

static void add_condition(struct pg_text *out, const cJSON *rule) {
  const cJSON *ports = field_array(rule, "ports");
  bool they = cJSON_GetArraySize(field_array(rule, "services")) > 1;
  bool one_port = cJSON_GetArraySize(ports) == 1 && cJSON_IsNumber(ports->child);
  int64_t confirm = field_int(rule, "confirm_s", 0);
  pg_text_printf(out, confirm > 0 ? " when %s held " : " as soon as %s ",
                 confirm > 0 ? (they ? "they have" : "it has")
                             : (they ? "they hold" : "it holds"));
  pg_text_str_add(out, one_port ? "port " : "one of the ports ");
  render_ports(out, ports);
  if (confirm > 0) {
    pg_text_str_add(out, " for ");
    render_seconds(out, confirm);
  }
}

/* "stops W3SVC, MsDepSvc when they have held port 80 for 2 s" */
static void what_it_does(struct render *render, const cJSON *rule, const cJSON *result) {
  struct pg_text line;
  bool logs = only_logs(rule, result), disables = field_says(rule, "action", "disable");
  const char *ending = logs ? "" : "s";
  pg_text_init(&line, RENDER_LIST_MAX);
  pg_text_str_add(&line, logs ? "only logs that it would " : "");
  if (disables)
    pg_text_printf(&line, "disable%s and ", ending);
  pg_text_printf(&line, "stop%s ", ending);
  render_outside_list(&line, field_array(rule, "services"));
  add_condition(&line, rule);
  render_label(render, "Does", &line);
  pg_text_free(&line);
}

/* Only when it is not the one that was written. */
static void overridden_mode(struct render *render, const cJSON *rule) {
  const char *written = field_text(rule, "written_mode");
  struct pg_text line;
  if (!field_says(rule, "mode_source", "group-policy") || written == NULL ||
      field_says(rule, "mode", written))
    return;
  pg_text_init(&line, RENDER_LINE_MAX);
  render_outside(&line, field_text(rule, "mode"));
  pg_text_str_add(&line, " by Group Policy; written is ");
  render_outside(&line, written);
  render_label(render, "Mode", &line);
  pg_text_free(&line);
}

static void dependents(struct render *render, const cJSON *rule) {
  render_label_str(render, "Dependents",
                   field_says(rule, "dependents", "stop")
                       ? "stop: running services that need it are stopped first"
                       : "refuse: not stopped while running services need it");
}

/* What is disabled anyway, or only watched, cannot be disabled for its strikes. */
static bool strikes_disable(const cJSON *rule) {
  return field_says(rule, "on_strikes", "disable") &&
         field_says(rule, "action", "stop") && field_says(rule, "mode", "enforce");
}

/* "3 within 10 min, at least 30 s apart; then left alone for a while" */
static void strikes(struct render *render, const cJSON *rule) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_printf(&line, "%lld within ", (long long)field_int(rule, "max_strikes", 0));
  render_seconds(&line, field_int(rule, "window_s", 0));
  pg_text_str_add(&line, ", at least ");
  render_seconds(&line, field_int(rule, "cooldown_s", 0));
  pg_text_str_add(&line, strikes_disable(rule) ? " apart; then disabled"
                                               : " apart; then left alone for a while");
  render_label(render, "Strikes", &line);
  pg_text_free(&line);
}

/* --- when --- */

static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
#define DAYS (sizeof days / sizeof days[0])

/* DAYS for what is no day. */
static size_t place_of(const cJSON *day) {
  const char *text = cJSON_GetStringValue(day);
  size_t at = 0;
  while (at < DAYS && (text == NULL || strcmp(text, days[at]) != 0))
    at++;
  return at;
}

/* The last of the days that follow |day| without a gap. */
static const cJSON *end_of_run(const cJSON *day) {
  while (day->next != NULL && place_of(day->next) < DAYS &&
         place_of(day->next) == place_of(day) + 1)
    day = day->next;
  return day;
}

/* "mon-fri", "sat, sun", "every day" */
static void add_days(struct pg_text *out, const cJSON *list) {
  const cJSON *day = list != NULL ? list->child : NULL;
  for (const cJSON *last; day != NULL; day = last->next) {
    last = end_of_run(day);
    size_t length = place_of(last) - place_of(day) + 1;
    pg_text_str_add(out, day != list->child ? ", " : "");
    if (length == DAYS) {
      pg_text_str_add(out, "every day");
      continue;
    }
    if (length < 3) /* two days are no range */
      last = day;
    render_outside(out, cJSON_GetStringValue(day));
    pg_text_str_add(out, last != day ? "-" : "");
    render_outside(out, last != day ? cJSON_GetStringValue(last) : NULL);
  }
}

static void add_windows(struct pg_text *out, const cJSON *schedule) {
  const cJSON *window;
  cJSON_ArrayForEach(window, schedule) {
    add_days(out, field_array(window, "days"));
    pg_text_char(out, ' ');
    render_outside(out, field_text(window, "from"));
    pg_text_char(out, '-');
    render_outside(out, field_text(window, "to"));
    pg_text_str_add(out, "; ");
  }
}

/* "mon-fri 08:00-18:00; now open until 18:00:00 today (5 h 33 min)" */
static void schedule(struct render *render, const cJSON *rule) {
  const cJSON *windows = field_array(rule, "schedule");
  bool always = cJSON_GetArraySize(windows) == 0;
  bool open = field_is(rule, "open", true);
  struct pg_text line, until;
  pg_text_init(&line, RENDER_LIST_MAX);
  pg_text_init(&until, RENDER_LINE_MAX);
  add_windows(&line, windows);
  pg_text_str_add(&line, always ? "always " : "now ");
  pg_text_str_add(&line, open ? "open" : "closed");
  render_until(render, &until, field_time(rule, "until"));
  if (until.len > 0)
    pg_text_printf(&line, " %s", pg_text_str(&until));
  render_label(render, "Schedule", &line);
  pg_text_free(&until);
  pg_text_free(&line);
}

/* A pause of all rules has been told before. */
static void pause_line(struct render *render, const cJSON *rule, const cJSON *result) {
  int64_t until = field_time(rule, "paused_until");
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  if (until > field_time(result, "paused_until"))
    render_until(render, &line, until);
  if (line.len > 0)
    render_label(render, "Paused", &line);
  pg_text_free(&line);
}

/* --- whom it watches --- */

static const struct {
  const char *state, *words;
} states[] = {
    {"acting", "being stopped"},      {"paused", "paused"},
    {"suspended", "suspended"},       {"idle", "holds no port"},
    {"closed", "schedule closed"},    {"confirming", "confirming"},
    {"cooling_down", "cooling down"}, {"due", "due"},
};

void policy_watched_state(struct pg_text *out, const cJSON *watched) {
  const char *state = field_text(watched, "state");
  int64_t suspensions = field_int(watched, "suspensions", 0);
  const char *words = NULL;
  for (size_t i = 0; state != NULL && i < sizeof states / sizeof states[0]; i++)
    if (strcmp(state, states[i].state) == 0)
      words = states[i].words;
  if (words != NULL)
    pg_text_str_add(out, words);
  else
    render_outside(out, state != NULL ? state : "-");
  if (field_says(watched, "state", "suspended") && suspensions > 1)
    pg_text_printf(out, " (%lld times)", (long long)suspensions);
}

static void state_cell(struct table *table, struct pg_text *cell, const cJSON *watched) {
  pg_text_clear(cell);
  policy_watched_state(cell, watched);
  table_cell(table, pg_text_str(cell));
}

static void number_cells(struct table *table, struct pg_text *cell, const cJSON *watched,
                         const cJSON *rule) {
  int64_t port = field_int(watched, "port", 0);
  pg_text_clear(cell);
  if (port > 0)
    pg_text_printf(cell, "%lld", (long long)port);
  table_cell(table, port > 0 ? pg_text_str(cell) : "-");
  pg_text_clear(cell);
  pg_text_printf(cell, "%lld of %lld", (long long)field_int(watched, "strikes", 0),
                 (long long)field_int(rule, "max_strikes", 0));
  table_cell(table, pg_text_str(cell));
}

/* When the state ends, as far as that is known. */
static void until_cell(const struct render *render, struct table *table,
                       struct pg_text *cell, const cJSON *watched, const cJSON *rule,
                       const cJSON *result) {
  int64_t until = field_time(watched, "cooldown_until");
  if (field_says(watched, "state", "suspended"))
    until = field_time(watched, "suspended_until");
  else if (field_says(watched, "state", "paused"))
    until = paused_until(rule, result);
  else if (field_says(watched, "state", "closed"))
    until = field_time(rule, "until");
  pg_text_clear(cell);
  table_cell(table, render_time(render, cell, until) ? pg_text_str(cell) : "-");
}

/* "12:20:11 today, 12:26:31 today", the last few of them. */
static void add_times(const struct render *render, struct pg_text *out,
                      const cJSON *times) {
  int left = cJSON_GetArraySize(times);
  const cJSON *at;
  cJSON_ArrayForEach(at, times) {
    const char *text = cJSON_GetStringValue(at);
    int64_t unix_ms = PG_TIME_UNKNOWN;
    if (left-- > STRIKES_SHOWN || text == NULL || !pg_time_parse(text, &unix_ms))
      continue;
    pg_text_str_add(out, out->len > 0 ? ", " : "");
    (void)render_time(render, out, unix_ms);
  }
}

/* "W3SVC: 4 before, then 12:20:11 today" */
static bool struck(struct render *render, const char *label, const cJSON *watched) {
  const cJSON *times = field_array(watched, "strikes_at");
  int before = cJSON_GetArraySize(times) - STRIKES_SHOWN;
  struct pg_text line, when;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_init(&when, RENDER_LINE_MAX);
  add_times(render, &when, times);
  bool known = when.len > 0;
  render_outside(&line, field_text(watched, "service"));
  pg_text_str_add(&line, ": ");
  if (before > 0)
    pg_text_printf(&line, "%d before, then ", before);
  pg_text_str_add(&line, pg_text_str(&when));
  if (known)
    render_label(render, label, &line);
  pg_text_free(&when);
  pg_text_free(&line);
  return known;
}

static void all_struck(struct render *render, const cJSON *rule) {
  const cJSON *watched;
  const char *label = "Struck";
  cJSON_ArrayForEach(watched, field_array(rule, "watched")) {
    if (struck(render, label, watched))
      label = "";
  }
}

static void watched(struct render *render, const cJSON *rule, const cJSON *result) {
  static const char *const headers[] = {"SERVICE", "STATE", "PORT", "STRIKES", "UNTIL"};
  const cJSON *rows = field_array(rule, "watched");
  if (cJSON_GetArraySize(rows) == 0)
    return;
  struct table table;
  struct pg_text cell;
  table_start(&table, headers, 5, 0);
  pg_text_init(&cell, RENDER_LINE_MAX);
  const cJSON *row;
  cJSON_ArrayForEach(row, rows) {
    table_outside(&table, field_text(row, "service"), "-");
    state_cell(&table, &cell, row);
    number_cells(&table, &cell, row, rule);
    until_cell(render, &table, &cell, row, rule, result);
  }
  pg_text_free(&cell);
  pg_text_char(render->out, '\n');
  table_finish(&table, render, 2);
}

void policy_rule_facts(struct render *render, const cJSON *rule, const cJSON *result) {
  what_it_does(render, rule, result);
  overridden_mode(render, rule);
  dependents(render, rule);
  schedule(render, rule);
  pause_line(render, rule, result);
  strikes(render, rule);
  all_struck(render, rule);
}

void policy_rule_text(struct render *render, const cJSON *rule, const cJSON *result) {
  headline(render, rule, result);
  policy_rule_facts(render, rule, result);
  watched(render, rule, result);
}
