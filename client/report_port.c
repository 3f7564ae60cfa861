/* One port of the report. */
#include "client/fields.h"
#include "client/holders.h"
#include "client/report.h"
#include "client/status_text.h"

#include <string.h>

#define URLS_SHOWN 8 /* of one holder; --json has them all */

/* --- who holds it --- */

static void put_process(struct pg_text *out, const cJSON *holder) {
  const cJSON *process = field_object(holder, "process");
  const char *path = field_text(process, "path");
  struct pg_text words;
  pg_text_init(&words, RENDER_LINE_MAX);
  if (!holder_process(&words, process) &&
      !holder_process(&words, field_object(holder, "controller")))
    pg_text_str_add(&words, "-");
  html_words(out, &words);
  pg_text_free(&words);
  if (path == NULL)
    return;
  pg_text_str_add(out, "<br><span class=\"quiet path\">");
  html_outside(out, path);
  pg_text_str_add(out, "</span>");
}

static void put_urls(struct pg_text *out, const cJSON *holder) {
  const cJSON *urls = field_array(holder, "urls"), *url;
  int shown = 0, count = cJSON_GetArraySize(urls);
  const char *queue = field_text(holder, "queue");
  pg_text_str_add(out, "queue ");
  html_outside(out, queue != NULL ? queue : "without a name");
  cJSON_ArrayForEach(url, urls) {
    if (shown++ == URLS_SHOWN) {
      html_markup(out, "<br>and %d more", count - URLS_SHOWN);
      return;
    }
    pg_text_str_add(out, "<br><span class=\"path\">");
    html_outside(out, cJSON_GetStringValue(url));
    pg_text_str_add(out, "</span>");
  }
}

static void put_proxy(struct pg_text *out, const cJSON *proxy) {
  struct pg_text words;
  pg_text_init(&words, RENDER_LINE_MAX);
  pg_text_str_add(&words, "port proxy, ");
  render_endpoint(&words, field_text(proxy, "listen_address"),
                  field_int(proxy, "listen_port", 0));
  pg_text_str_add(&words, " to ");
  render_endpoint(&words, field_text(proxy, "connect_address"),
                  field_int(proxy, "connect_port", 0));
  html_words(out, &words);
  pg_text_free(&words);
}

/* How it holds the port. */
static void put_how(struct pg_text *out, const cJSON *holder) {
  const cJSON *proxy = field_object(holder, "proxy");
  const char *relayed = holder_relays_for(holder),
             *known = field_text(holder, "known_as");
  if (holder_is(holder, "http.sys"))
    put_urls(out, holder);
  else if (proxy != NULL)
    put_proxy(out, proxy);
  else if (relayed != NULL)
    html_markup(out, "passes on what %s serves", relayed);
  else if (holder_is(holder, "shared_service"))
    pg_text_str_add(out, "listens, in a process of several services");
  else if (holder_is(holder, "driver") && known != NULL)
    html_outside(out, known);
  else
    pg_text_str_add(out, "listens itself");
}

static void put_evidence(struct pg_text *out, const cJSON *holder) {
  const cJSON *sentences = field_array(holder, "evidence"), *sentence;
  const char *sure = holder_is_certain(holder)  ? "certain"
                     : holder_is_likely(holder) ? "likely"
                                                : "not known";
  if (cJSON_GetArraySize(sentences) == 0) {
    pg_text_str_add(out, sure);
    return;
  }
  html_markup(out, "<details><summary>%s</summary><ul>", sure);
  cJSON_ArrayForEach(sentence, sentences) {
    pg_text_str_add(out, "<li>");
    html_outside(out, cJSON_GetStringValue(sentence));
    pg_text_str_add(out, "</li>");
  }
  pg_text_str_add(out, "</ul></details>");
}

static void holder_cells(struct report *report, const cJSON *holder) {
  struct pg_text *out = report->out, words;
  pg_text_init(&words, RENDER_LINE_MAX);
  holder_name(&words, holder, HOLDER_FULL);
  pg_text_str_add(out, "<th scope=\"row\">");
  html_words(out, &words);
  pg_text_str_add(out, "</th><td>");
  put_process(out, holder);
  pg_text_str_add(out, "</td><td>");
  put_how(out, holder);
  pg_text_str_add(out, "</td><td>");
  put_evidence(out, holder);
  pg_text_str_add(out, "</td>");
  pg_text_free(&words);
}

/* A range that reserves the port is among the facts. */
static bool is_somebody(const cJSON *holder) {
  return !holder_is(holder, "excluded_range");
}

static void holders(struct report *report, const cJSON *status) {
  static const char *const headers[] = {"Holder", "Process", "How", "How sure"};
  struct report_rows rows = {.caption = "Who holds it now",
                             .headers = headers,
                             .columns = 4,
                             .row = holder_cells};
  if (report_rows_add(report, &rows, field_array(status, "holders"), is_somebody) &&
      rows.count > 0) {
    pg_text_str_add(report->out, "<h3>Who holds it now</h3>\n");
    report_rows_write(report, &rows);
  }
  report_rows_free(&rows);
}

/* --- the section --- */

/* "in-use": what the style knows the states by. */
const char *report_state_class(const cJSON *status) {
  static const char *const states[] = {"free", "in_use", "reserved"};
  static const char *const classes[] = {"free", "in-use", "reserved"};
  const char *state = field_text(status, "state");
  for (size_t i = 0; state != NULL && i < sizeof states / sizeof states[0]; i++)
    if (strcmp(state, states[i]) == 0)
      return classes[i];
  return "unknown";
}

static void headline(struct report *report, const cJSON *status, int64_t port) {
  struct pg_text *out = report->out, words;
  html_markup(out,
              "<section class=\"port\" id=\"port-%lld\">\n<h2>TCP %lld "
              "<span class=\"state %s\">%s</span></h2>\n<p class=\"lead\">",
              (long long)port, (long long)port, report_state_class(status),
              status_word(status));
  pg_text_init(&words, RENDER_LINE_MAX);
  status_words(&words, status);
  html_words(out, &words);
  pg_text_free(&words);
  pg_text_str_add(out, "</p>\n");
  if (field_is(status, "complete", false))
    pg_text_str_add(out, "<p class=\"note\"><strong>Incomplete:</strong> not everything "
                         "could be read; what is said here still stands.</p>\n");
  report_notes(report, status);
}

void report_port(struct report *report, const cJSON *entry) {
  const cJSON *status = field_object(entry, "status");
  struct pg_text *out = report->out;
  headline(report, status, field_int(entry, "port", 0));
  report_labels(report, status, status_facts);
  holders(report, status);
  report_ways_out(report, status);
  pg_text_str_add(out, "<h3>Who held it when</h3>\n");
  report_timeline(report, entry);
  report_graph(report, entry);
  pg_text_str_add(out, "<h3>What happened</h3>\n");
  report_events(report, entry);
  pg_text_str_add(out, "<p class=\"up\"><a href=\"#top\">Back to the summary</a></p>\n"
                       "</section>\n");
}
