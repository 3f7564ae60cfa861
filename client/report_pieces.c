/* What several parts of the report are made of. */
#include "client/fields.h"
#include "client/report.h"
#include "client/report_axis.h"
#include "common/timestamp.h"

#include <stdlib.h>
#include <string.h>

#define WIDE 1000000 /* columns: a browser breaks lines by itself */

/* --- times --- */

void report_time(struct report *report, int64_t unix_ms) {
  char stamp[PG_TIME_CHARS];
  struct client_time at;
  if (unix_ms == PG_TIME_UNKNOWN || !report->local_time(unix_ms, &at)) {
    html_markup(report->out, "<span class=\"quiet\">not known</span>");
    return;
  }
  html_markup(report->out, "<time datetime=\"%s\">%04d-%02d-%02d %02d:%02d:%02d</time>",
              pg_time_format(unix_ms, stamp), at.year, at.month, at.day, at.hour,
              at.minute, at.second);
}

void report_zone(struct report *report, struct pg_text *out, int64_t unix_ms) {
  int64_t local = unix_ms;
  (void)axis_local(report->local_time, unix_ms, &local);
  long long minutes = (long long)(local - unix_ms) / 60000;
  char sign = minutes < 0 ? '-' : '+';
  minutes = minutes < 0 ? -minutes : minutes;
  pg_text_printf(out, "UTC%c%02lld:%02lld", sign, minutes / 60, minutes % 60);
}

/* --- words that others make --- */

struct render report_words(const struct report *report, struct pg_text *out) {
  struct render render = {.out = out,
                          .columns = WIDE,
                          .now = report->until,
                          .local_time = report->local_time,
                          .dated = true};
  pg_text_init(out, RENDER_LIST_MAX);
  return render;
}

/* A line whose label is empty goes on under the one before. */
static void label_line(struct report *report, const char *line, size_t len, bool *open) {
  struct pg_text part;
  pg_text_init(&part, RENDER_LIST_MAX);
  if (line[2] != ' ') {
    size_t end = RENDER_LABEL;
    while (end > 2 && line[end - 1] == ' ')
      end--;
    pg_text_add(&part, line + 2, end - 2);
    pg_text_str_add(report->out, *open ? "</dd>\n<dt>" : "<dt>");
    html_words(report->out, &part);
    pg_text_str_add(report->out, "</dt><dd>");
    pg_text_clear(&part);
    *open = true;
  } else if (*open) {
    pg_text_str_add(report->out, "<br>");
  }
  pg_text_add(&part, line + RENDER_LABEL, len - RENDER_LABEL);
  html_words(report->out, &part);
  pg_text_free(&part);
}

void report_label_lines(struct report *report, const char *lines) {
  bool open = false;
  if (strspn(lines, "\n ") == strlen(lines))
    return;
  pg_text_str_add(report->out, "<dl>\n");
  while (*lines != '\0') {
    size_t len = strcspn(lines, "\n");
    if (len > RENDER_LABEL && strncmp(lines, "  ", 2) == 0)
      label_line(report, lines, len, &open);
    lines += len + (lines[len] == '\n');
  }
  pg_text_str_add(report->out, open ? "</dd>\n</dl>\n" : "</dl>\n");
}

void report_labels(struct report *report, const cJSON *result,
                   void (*text)(struct render *render, const cJSON *result)) {
  struct pg_text words;
  struct render render = report_words(report, &words);
  text(&render, result);
  report->out->failed = report->out->failed || words.failed;
  report_label_lines(report, pg_text_str(&words));
  pg_text_free(&words);
}

void report_notes(struct report *report, const cJSON *result) {
  const cJSON *warning;
  cJSON_ArrayForEach(warning, field_array(result, "warnings")) {
    pg_text_str_add(report->out, "<p class=\"note\"><strong>Note:</strong> ");
    html_outside(report->out, cJSON_GetStringValue(warning));
    pg_text_str_add(report->out, "</p>\n");
  }
}

void report_count(struct pg_text *out, int64_t count, const char *one, const char *more) {
  pg_text_printf(out, "%lld %s", (long long)count, count == 1 ? one : more);
}

/* --- tables --- */

bool report_rows_add(struct report *report, struct report_rows *rows, const cJSON *array,
                     bool (*wanted)(const cJSON *row)) {
  size_t more = (size_t)cJSON_GetArraySize(array);
  const cJSON **grown = realloc(rows->at, (rows->count + more + 1) * sizeof *rows->at);
  const cJSON *row;
  if (grown == NULL) {
    report->out->failed = true;
    return false;
  }
  rows->at = grown;
  cJSON_ArrayForEach(row, array) {
    if (wanted == NULL || wanted(row))
      rows->at[rows->count++] = row;
  }
  return true;
}

void report_rows_free(struct report_rows *rows) {
  free(rows->at);
  rows->at = NULL;
}

void report_table_begin(struct report *report, const struct report_rows *rows,
                        const char *more) {
  struct pg_text *out = report->out;
  pg_text_str_add(out, "<div class=\"scroll\"><table");
  if (rows->class != NULL)
    html_markup(out, " class=\"%s\"", rows->class);
  html_markup(out, ">\n<caption>%s%s</caption>\n<thead><tr>", rows->caption, more);
  for (size_t i = 0; i < rows->columns; i++)
    html_markup(out, "<th scope=\"col\">%s</th>", rows->headers[i]);
  pg_text_str_add(out, "</tr></thead>\n<tbody>\n");
}

void report_table_end(struct report *report) {
  pg_text_str_add(report->out, "</tbody>\n</table></div>\n");
}

static void write_some(struct report *report, const struct report_rows *rows, size_t from,
                       size_t to, const char *more) {
  report_table_begin(report, rows, more);
  for (size_t i = from; i < to; i++) {
    pg_text_str_add(report->out, "<tr>");
    rows->row(report, rows->at[i]);
    pg_text_str_add(report->out, "</tr>\n");
  }
  report_table_end(report);
}

/* One or two more rows are seen at once as well: nobody opens a list for that. */
void report_rows_write(struct report *report, const struct report_rows *rows) {
  size_t shown = rows->count <= REPORT_ROWS_SHOWN + 2 ? rows->count : REPORT_ROWS_SHOWN;
  if (rows->count == 0)
    return;
  write_some(report, rows, 0, shown, "");
  if (shown == rows->count)
    return;
  html_markup(report->out, "<details><summary>%zu more</summary>\n", rows->count - shown);
  write_some(report, rows, shown, rows->count, ", continued");
  pg_text_str_add(report->out, "</details>\n");
}
