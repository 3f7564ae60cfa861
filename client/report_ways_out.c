/* What can be done about a port that is taken. */
#include "client/fields.h"
#include "client/report.h"
#include "client/status_advice.h"
#include "client/status_fixes.h"
#include "client/status_next.h"
#include "common/limits.h"

#include <string.h>

/* Each on a line of its own: they are copied together. */
static void put_commands(struct pg_text *out, const cJSON *lines) {
  const cJSON *line;
  if (cJSON_GetArraySize(lines) == 0)
    return;
  pg_text_str_add(out, "<pre><code>");
  cJSON_ArrayForEach(line, lines) {
    if (!cJSON_IsString(line))
      continue;
    html_command(out, line->valuestring);
    pg_text_str_add(out, line->next != NULL ? "\n" : "");
  }
  pg_text_str_add(out, "</code></pre>\n");
}

static void put_undo(struct pg_text *out, const cJSON *lines) {
  const cJSON *line;
  if (cJSON_GetArraySize(lines) == 0)
    return;
  pg_text_str_add(out, "<p class=\"quiet\">To undo it: ");
  cJSON_ArrayForEach(line, lines) {
    if (!cJSON_IsString(line))
      continue;
    pg_text_str_add(out, line != lines->child ? ", then <code>" : "<code>");
    html_command(out, line->valuestring);
    pg_text_str_add(out, "</code>");
  }
  pg_text_str_add(out, "</p>\n");
}

/* The caution of the fix before is not said again. */
static void put_caution(struct pg_text *out, const cJSON *fix, const cJSON *before) {
  const char *words = field_text(fix, "caution"), *said = field_text(before, "caution");
  struct pg_text shown;
  if (words == NULL || (said != NULL && strcmp(words, said) == 0))
    return;
  pg_text_init(&shown, RENDER_LINE_MAX);
  pg_text_escaped(&shown, words, 4 * PG_SHOWN_CHARS);
  pg_text_str_add(out, "<p class=\"note\"><strong>Caution:</strong> ");
  html_words(out, &shown);
  pg_text_str_add(out, "</p>\n");
  pg_text_free(&shown);
}

static void put_fix(struct report *report, const cJSON *fix, const cJSON *before) {
  struct pg_text *out = report->out;
  const char *title = field_text(fix, "title");
  bool frees = field_is(fix, "frees_port", true);
  html_markup(out, "<li><p><strong>");
  html_outside(out, title != NULL ? title : "Another way");
  html_markup(out, "</strong> <span class=\"tag\">%s</span>%s</p>\n",
              frees ? "frees the port" : "not enough alone",
              field_is(fix, "elevated", true)
                  ? " <span class=\"tag\">as administrator</span>"
                  : "");
  put_commands(out, status_fix_lines(fix));
  put_caution(out, fix, before);
  put_undo(out, field_array(fix, "undo"));
  pg_text_str_add(out, "</li>\n");
}

/* The first is the best one; the others wait until somebody wants to see them. */
static void put_fixes(struct report *report, const cJSON *fixes) {
  struct pg_text *out = report->out;
  int more = cJSON_GetArraySize(fixes) - 1;
  const cJSON *first = fixes->child;
  pg_text_str_add(out, "<ul class=\"ways\">\n");
  put_fix(report, first, NULL);
  pg_text_str_add(out, "</ul>\n");
  if (more == 0)
    return;
  html_markup(out, "<details><summary>%d other %s</summary>\n<ul class=\"ways\">\n", more,
              more == 1 ? "way" : "ways");
  for (const cJSON *fix = first->next; fix != NULL; fix = fix->next)
    put_fix(report, fix, fix->prev);
  pg_text_str_add(out, "</ul>\n</details>\n");
}

/* Lines that others write, without their label: "Next  stop it: net stop W3SVC". */
static void put_lines(struct report *report, const cJSON *status, const char *label,
                      void (*text)(struct render *render, const cJSON *result)) {
  struct pg_text words, line;
  struct render render = report_words(report, &words);
  text(&render, status);
  for (const char *at = pg_text_str(&words); *at != '\0';) {
    at += strspn(at, "\n ");
    if (strncmp(at, label, strlen(label)) == 0)
      at += strlen(label);
    at += strspn(at, " ");
    size_t len = strcspn(at, "\n");
    if (len == 0)
      continue;
    pg_text_init(&line, RENDER_LIST_MAX);
    pg_text_add(&line, at, len);
    html_markup(report->out, "<p><strong>%s:</strong> ", label);
    html_words(report->out, &line);
    pg_text_str_add(report->out, "</p>\n");
    pg_text_free(&line);
    at += len;
  }
  pg_text_free(&words);
}

void report_ways_out(struct report *report, const cJSON *status) {
  struct pg_text *out = report->out, several;
  const cJSON *fixes = field_array(status, "fixes");
  bool any = fixes != NULL && fixes->child != NULL, next = status_has_next(status);
  bool warned = cJSON_GetArraySize(field_array(status, "not_recommended")) > 0;
  if (!any && !next && !warned)
    return;
  pg_text_str_add(out, "<h3>What to do</h3>\n");
  pg_text_init(&several, RENDER_LINE_MAX);
  status_several(&several, status);
  if (several.len > 0) {
    pg_text_str_add(out, "<p>");
    html_words(out, &several);
    pg_text_str_add(out, "</p>\n");
  }
  pg_text_free(&several);
  report_labels(report, status, status_advice);
  if (any)
    put_fixes(report, fixes);
  if (next)
    put_lines(report, status, "Next", status_next);
  put_lines(report, status, "Not recommended", status_not_recommended);
}
