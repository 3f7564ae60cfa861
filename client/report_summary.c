/* The beginning of the report: every port in one line, and the ones that have none. */
#include "client/fields.h"
#include "client/holders.h"
#include "client/report.h"
#include "client/status_text.h"
#include "common/timestamp.h"

#include <string.h>

/* --- one line --- */

/* When the oldest of its listeners began; without one that says so, the oldest tenancy
 * that goes on. */
static int64_t held_since(const cJSON *entry) {
  const cJSON *at;
  int64_t oldest =
      listeners_since(field_array(field_object(entry, "status"), "listeners"));
  if (oldest != PG_TIME_UNKNOWN)
    return oldest;
  cJSON_ArrayForEach(at, field_array(entry, "tenancies")) {
    int64_t from = field_time(at, "from");
    if (field_time(at, "to") == PG_TIME_UNKNOWN &&
        (oldest == PG_TIME_UNKNOWN || from < oldest))
      oldest = from;
  }
  return oldest;
}

static void put_holder(struct report *report, const cJSON *status) {
  struct pg_text words;
  pg_text_init(&words, RENDER_LINE_MAX);
  status_words(&words, status);
  html_words(report->out, &words);
  pg_text_free(&words);
}

static void put_since(struct report *report, const cJSON *entry) {
  int64_t since = held_since(entry);
  struct pg_text lasts;
  if (strcmp(status_word(field_object(entry, "status")), "IN USE") != 0) {
    pg_text_str_add(report->out, "-");
    return;
  }
  report_time(report, since);
  if (since == PG_TIME_UNKNOWN || since > report->until)
    return;
  pg_text_init(&lasts, RENDER_LINE_MAX);
  render_duration(&lasts, report->until - since);
  pg_text_str_add(report->out, "<br><span class=\"quiet\">");
  html_words(report->out, &lasts);
  pg_text_str_add(report->out, "</span>");
  pg_text_free(&lasts);
}

static void put_changes(struct report *report, const cJSON *entry) {
  int count = cJSON_GetArraySize(field_array(entry, "entries"));
  html_markup(report->out, "%d%s", count,
              field_is(entry, "truncated", true) ? " and more" : "");
}

static void line(struct report *report, const cJSON *entry) {
  struct pg_text *out = report->out;
  const cJSON *status = field_object(entry, "status");
  long long port = (long long)field_int(entry, "port", 0);
  html_markup(out,
              "<th scope=\"row\"><a href=\"#port-%lld\">TCP %lld</a></th>"
              "<td><span class=\"state %s\">%s</span></td><td>",
              port, port, report_state_class(status), status_word(status));
  put_holder(report, status);
  pg_text_str_add(out, "</td><td>");
  put_since(report, entry);
  pg_text_str_add(out, "</td><td>");
  put_changes(report, entry);
  pg_text_str_add(out, "</td>");
}

static void lines(struct report *report, const cJSON *ports) {
  static const char *const headers[] = {"Port", "State", "Holder", "Held since",
                                        "Events"};
  const struct report_rows table = {.class = "summary",
                                    .caption = "The ports of this report",
                                    .headers = headers,
                                    .columns = 5};
  const cJSON *entry;
  struct pg_text *out = report->out;
  if (cJSON_GetArraySize(ports) == 0)
    return;
  report_table_begin(report, &table, "");
  cJSON_ArrayForEach(entry, ports) {
    pg_text_str_add(out, "<tr>");
    line(report, entry);
    pg_text_str_add(out, "</tr>\n");
  }
  report_table_end(report);
}

/* --- sentences --- */

static int64_t count_state(const cJSON *ports, const char *word) {
  const cJSON *entry;
  int64_t count = 0;
  cJSON_ArrayForEach(entry, ports) {
    count += strcmp(status_word(field_object(entry, "status")), word) == 0;
  }
  return count;
}

/* "3 ports: 2 in use, 1 reserved." */
static void counts(struct report *report, const cJSON *ports) {
  static const struct {
    const char *state, *words;
  } states[] = {{"IN USE", "in use"},
                {"RESERVED", "reserved by Windows"},
                {"FREE", "free now"},
                {"UNKNOWN", "not known"}};
  struct pg_text words;
  const char *before = ": ";
  pg_text_init(&words, RENDER_LINE_MAX);
  report_count(&words, cJSON_GetArraySize(ports), "port", "ports");
  for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
    int64_t count = count_state(ports, states[i].state);
    if (count == 0)
      continue;
    pg_text_printf(&words, "%s%lld %s", before, (long long)count, states[i].words);
    before = ", ";
  }
  pg_text_str_add(report->out, "<p class=\"lead\">");
  html_words(report->out, &words);
  pg_text_str_add(report->out, ".</p>\n");
  pg_text_free(&words);
}

/* A sentence about the ports of |key|; nothing when there are none. */
static void sentence(struct report *report, const char *key, const char *words) {
  const cJSON *ports = field_array(report->result, key);
  struct pg_text list;
  if (cJSON_GetArraySize(ports) == 0)
    return;
  pg_text_init(&list, RENDER_LIST_MAX);
  render_ports(&list, ports);
  html_markup(report->out, "<p class=\"quiet\">%s: ", words);
  html_words(report->out, &list);
  pg_text_str_add(report->out, ".</p>\n");
  pg_text_free(&list);
}

void report_summary(struct report *report) {
  const cJSON *ports = field_array(report->result, "ports");
  struct pg_text *out = report->out;
  pg_text_str_add(out, "<section>\n<h2>Summary</h2>\n");
  if (cJSON_GetArraySize(ports) > 0)
    counts(report, ports);
  else
    pg_text_str_add(out, "<p class=\"lead\">There is nothing to tell: no guarded port is "
                         "in use or reserved, and nothing happened on one.</p>\n");
  lines(report, ports);
  sentence(report, "quiet_ports", "Also guarded, with nothing to tell");
  sentence(report, "reserved_ports", "Also reserved by Windows, by the same ranges");
  sentence(report, "left_out_ports", "Left out for want of room");
  pg_text_str_add(out, "</section>\n");
}
