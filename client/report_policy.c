/* The rules, and what they or administrators did. */
#include "client/fields.h"
#include "client/policy_text.h"
#include "client/report.h"
#include "common/sort.h"

static void watched_cells(struct report *report, const cJSON *watched) {
  struct pg_text *out = report->out, words;
  int64_t port = field_int(watched, "port", 0);
  pg_text_str_add(out, "<th scope=\"row\">");
  html_outside(out, field_text(watched, "service"));
  pg_text_str_add(out, "</th><td>");
  pg_text_init(&words, RENDER_LINE_MAX);
  policy_watched_state(&words, watched);
  html_words(out, &words);
  pg_text_free(&words);
  if (port > 0)
    html_markup(out, "</td><td>%lld</td>", (long long)port);
  else
    pg_text_str_add(out, "</td><td>-</td>");
  html_markup(out, "<td>%lld</td>", (long long)field_int(watched, "strikes", 0));
}

static void rule(struct report *report, const cJSON *policy, const cJSON *rule) {
  static const char *const headers[] = {"Service", "State", "Port", "Strikes"};
  struct report_rows rows = {.caption = "Services it watches now",
                             .headers = headers,
                             .columns = 4,
                             .row = watched_cells};
  struct pg_text *out = report->out, words;
  struct render render = report_words(report, &words);
  enum render_style style;
  const char *name = field_text(rule, "name"),
             *word = policy_rule_word(rule, policy, &style);
  pg_text_str_add(out, "<h3>");
  html_outside(out, name != NULL ? name : "A rule without a name");
  html_markup(out, " <span class=\"state %s\">%s</span></h3>\n",
              style == RENDER_GOOD   ? "free"
              : style == RENDER_WARN ? "reserved"
                                     : "unknown",
              word);
  policy_rule_facts(&render, rule, policy);
  report_label_lines(report, pg_text_str(&words));
  pg_text_free(&words);
  if (report_rows_add(report, &rows, field_array(rule, "watched"), NULL))
    report_rows_write(report, &rows);
  report_rows_free(&rows);
}

/* --- what was done --- */

static int newest_first(const void *left, const void *right) {
  const cJSON *a = *(const cJSON *const *)left, *b = *(const cJSON *const *)right;
  int64_t at = field_time(a, "at"), other = field_time(b, "at");
  int64_t id = field_int(a, "id", 0), other_id = field_int(b, "id", 0);
  if (at != other)
    return at < other ? 1 : -1;
  return (id < other_id) - (id > other_id);
}

static void deeds(struct report *report) {
  static const char *const headers[] = {"Time", "Event", "What was done"};
  struct report_rows rows = {.caption = "Actions of rules and administrators",
                             .headers = headers,
                             .columns = 3,
                             .row = report_event_cells};
  const cJSON *result = report->result, *port;
  bool all =
      report_rows_add(report, &rows, field_array(result, "entries"), report_is_deed);
  cJSON_ArrayForEach(port, field_array(result, "ports")) {
    all = all &&
          report_rows_add(report, &rows, field_array(port, "entries"), report_is_deed);
  }
  if (all && rows.count > 0 &&
      pg_sort(rows.at, rows.count, sizeof *rows.at, newest_first)) {
    pg_text_str_add(report->out, "<h3>What was done</h3>\n");
    report_rows_write(report, &rows);
  }
  report_rows_free(&rows);
}

void report_policy(struct report *report) {
  const cJSON *policy = field_object(report->result, "policy");
  const cJSON *rules = field_array(policy, "rules"), *at;
  const char *no_action = field_text(policy, "no_action");
  struct pg_text *out = report->out;
  pg_text_str_add(out, "<section>\n<h2>Policy</h2>\n");
  if (cJSON_GetArraySize(rules) == 0)
    pg_text_str_add(out, "<p>No rules: nothing is ever stopped by itself.</p>\n");
  if (no_action != NULL) {
    pg_text_str_add(out, "<p class=\"note\"><strong>No action:</strong> ");
    html_outside(out, no_action);
    pg_text_str_add(out, "</p>\n");
  }
  report_notes(report, policy);
  cJSON_ArrayForEach(at, rules) {
    rule(report, policy, at);
  }
  deeds(report);
  pg_text_str_add(out, "</section>\n");
}
