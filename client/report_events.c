/* What happened, as rows of a table. */
#include "client/fields.h"
#include "client/report.h"

enum { FIRST_DEED = 1300, LAST_DEED = 1399 };

bool report_is_deed(const cJSON *entry) {
  int64_t event = field_int(entry, "event", -1);
  return event == 0 || (event >= FIRST_DEED && event <= LAST_DEED);
}

/* An action that somebody asked for is no event of its own here: 1400 is about access. */
void report_event_cells(struct report *report, const cJSON *entry) {
  struct pg_text *out = report->out;
  int64_t event = field_int(entry, "event", 0);
  const char *summary = field_text(entry, "summary");
  pg_text_str_add(out, "<td>");
  report_time(report, field_time(entry, "at"));
  pg_text_str_add(out, "</td><td class=\"short\">");
  if (event > 0)
    html_markup(out, "%lld", (long long)event);
  else
    pg_text_str_add(out, "action");
  pg_text_str_add(out, "</td><td>");
  html_outside(out, summary != NULL ? summary : "nothing more is known");
  pg_text_str_add(out, "</td>");
}

static void truncated_note(struct report *report, const cJSON *entry) {
  int64_t port = field_int(entry, "port", 0);
  if (!field_is(entry, "truncated", true))
    return;
  pg_text_str_add(report->out,
                  "<p class=\"quiet\">There is more than a report holds: <code>"
                  "portguardctl history");
  if (port > 0)
    html_markup(report->out, " %lld", (long long)port);
  pg_text_str_add(report->out, "</code> shows it.</p>\n");
}

void report_events(struct report *report, const cJSON *entry) {
  static const char *const headers[] = {"Time", "Event", "What happened"};
  struct report_rows rows = {
      .caption = "Events", .headers = headers, .columns = 3, .row = report_event_cells};
  if (report_rows_add(report, &rows, field_array(entry, "entries"), NULL))
    report_rows_write(report, &rows);
  if (rows.count == 0)
    pg_text_str_add(report->out, "<p class=\"quiet\">None in this time.</p>\n");
  truncated_note(report, entry);
  report_rows_free(&rows);
}
