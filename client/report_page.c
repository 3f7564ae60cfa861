/* The whole page. */
#include "client/fields.h"
#include "client/report.h"
#include "common/limits.h"
#include "common/timestamp.h"
#include "common/version.h"

/* Should the escaper ever fail, nothing that was smuggled in is run or fetched. */
#define POLICY                                                       \
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; " \
  "form-action 'none'"

static void put_title(struct report *report) {
  pg_text_str_add(report->out, "Port report");
  if (report->host == NULL)
    return;
  pg_text_str_add(report->out, " of ");
  html_outside(report->out, report->host);
}

static void head(struct report *report) {
  struct pg_text *out = report->out;
  pg_text_str_add(out,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                  "<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, "
                  "initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n"
                  "<title>");
  put_title(report);
  pg_text_str_add(out, "</title>\n<style>\n");
  pg_text_str_add(out, report_style);
  pg_text_str_add(out, "</style>\n</head>\n<body>\n");
}

/* The offset is named once. When it was another one at the beginning, both are. */
static void zones(struct report *report) {
  struct pg_text first, last;
  pg_text_init(&first, RENDER_LINE_MAX);
  pg_text_init(&last, RENDER_LINE_MAX);
  report_zone(report, &first, report->since);
  report_zone(report, &last, report->until);
  pg_text_str_add(report->out, "Times are local, ");
  html_words(report->out, &last);
  if (!pg_case_equal(pg_text_str(&first), pg_text_str(&last))) {
    pg_text_str_add(report->out, " (at the beginning ");
    html_words(report->out, &first);
    pg_text_str_add(report->out, ")");
  }
  pg_text_free(&first);
  pg_text_free(&last);
}

static void header(struct report *report) {
  struct pg_text *out = report->out;
  pg_text_str_add(out, "<header id=\"top\">\n<p class=\"brand\">PortGuard</p>\n<h1>");
  put_title(report);
  pg_text_str_add(out, "</h1>\n<p class=\"meta\"><span>");
  report_time(report, report->since);
  pg_text_str_add(out, " to ");
  report_time(report, report->until);
  pg_text_str_add(out, "</span> <span>");
  zones(report);
  pg_text_str_add(out, "</span></p>\n");
  if (field_is(report->result, "complete", false))
    pg_text_str_add(out, "<p class=\"note\"><strong>Incomplete:</strong> not everything "
                         "could be read; what is said here still stands.</p>\n");
  report_notes(report, report->result);
  pg_text_str_add(out, "</header>\n");
}

/* What concerns no port in particular; what was done is told with the policy. */
static void others(struct report *report) {
  pg_text_str_add(report->out,
                  "<section>\n<h2>What else happened</h2>\n"
                  "<p class=\"quiet\">Events that concern no port in particular.</p>\n");
  report_events(report, report->result);
  pg_text_str_add(report->out, "</section>\n");
}

void report_page(struct report *report) {
  const cJSON *port;
  struct pg_text *out = report->out;
  report->since = field_time(report->result, "since");
  report->until = field_time(report->result, "until");
  if (report->until <= report->since) /* no service says so; but an axis needs it */
    report->until = report->since + 1;
  head(report);
  header(report);
  pg_text_str_add(out, "<main>\n");
  report_summary(report);
  cJSON_ArrayForEach(port, field_array(report->result, "ports")) {
    report_port(report, port);
  }
  report_policy(report);
  others(report);
  pg_text_str_add(out, "</main>\n<footer><p>Made by portguardctl ");
  html_text(out, report->version);
  pg_text_str_add(out, " from what the service PortGuard knew.</p></footer>\n"
                       "</body>\n</html>\n");
}
