/* Who held a port when: a lane for each holder, and the same as a table. */
#include "client/fields.h"
#include "client/holders.h"
#include "client/report.h"
#include "client/report_axis.h"
#include "common/timestamp.h"

#include <string.h>

#define LANES 12 /* drawn */
#define LANE_HEIGHT 46
#define BAR_TOP 22 /* in a lane, below its name */
#define BAR_HEIGHT 14
#define AXIS_HEIGHT 30
#define BAR_SEEN 0.25 /* in percent: a moment in a week is still to be seen */

struct lane {
  const cJSON *first; /* the newest of its tenancies */
  int64_t held_ms;
  size_t count;
};

struct timeline {
  struct report *report;
  const cJSON *tenancies;
  struct axis axis;
  struct lane lanes[LANES];
  size_t count, others; /* holders that have a lane, and that have none */
  bool open, before, unknown;
};

/* --- one tenancy --- */

static bool is_open(const cJSON *tenancy) {
  return field_time(tenancy, "to") == PG_TIME_UNKNOWN;
}

static int64_t end_of(const struct report *report, const cJSON *tenancy) {
  return is_open(tenancy) ? report->until : field_time(tenancy, "to");
}

static void put_name(struct pg_text *out, const cJSON *tenancy) {
  struct pg_text name;
  pg_text_init(&name, RENDER_LINE_MAX);
  holder_of_tenancy(&name, tenancy);
  html_words(out, &name);
  pg_text_free(&name);
}

static bool same_holder(const cJSON *a, const cJSON *b) {
  const char *left = field_text(a, "identity"), *right = field_text(b, "identity");
  return left != NULL && right != NULL && strcmp(left, right) == 0;
}

/* --- lanes --- */

/* Its lane, a new one, or NULL when there are enough. */
static struct lane *lane_of(struct timeline *line, const cJSON *tenancy) {
  for (size_t i = 0; i < line->count; i++)
    if (same_holder(line->lanes[i].first, tenancy))
      return &line->lanes[i];
  if (line->count == LANES)
    return NULL;
  line->lanes[line->count] = (struct lane){.first = tenancy};
  return &line->lanes[line->count++];
}

static bool was_before(const struct timeline *line, const cJSON *tenancy) {
  for (const cJSON *at = line->tenancies->child; at != tenancy; at = at->next)
    if (same_holder(at, tenancy))
      return true;
  return false;
}

static void read_lanes(struct timeline *line) {
  struct report *report = line->report;
  const cJSON *tenancy;
  cJSON_ArrayForEach(tenancy, line->tenancies) {
    struct lane *lane = lane_of(line, tenancy);
    int64_t from = field_time(tenancy, "from"), to = end_of(report, tenancy);
    if (lane == NULL) {
      line->others += !was_before(line, tenancy);
      continue;
    }
    from = from > report->since ? from : report->since;
    lane->count++;
    lane->held_ms += to > from ? to - from : 0;
    line->open = line->open || is_open(tenancy);
    line->before = line->before || field_time(tenancy, "from") < report->since;
    line->unknown = line->unknown || tenancy_is_unseen(tenancy);
  }
}

/* "2 d 3 h in all, 4 times" */
static void lane_words(struct pg_text *out, const struct lane *lane) {
  render_duration(out, lane->held_ms);
  if (lane->count > 1)
    pg_text_printf(out, " in all, %zu times", lane->count);
}

/* --- the picture --- */

/* Names are above their bars and places are in percent, so that the picture fits every
 * width without its words becoming smaller. */
static void put_mark(struct pg_text *out, const char *class, double percent, int offset,
                     const char *anchor, int y, const char *words) {
  html_markup(out,
              "<text class=\"%s\" x=\"%.2f%%\" dx=\"%d\" y=\"%d\" "
              "text-anchor=\"%s\">%s</text>\n",
              class, percent, offset, y, anchor, words);
}

static void put_unknown_end(struct pg_text *out, double at, int y) {
  bool late = at > 97;
  html_markup(out,
              "<line class=\"lost\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>\n",
              at, at, y - 3, y + BAR_HEIGHT + 3);
  put_mark(out, "beside", at, late ? -4 : 4, late ? "end" : "start", y + BAR_HEIGHT - 2,
           "?");
}

static void put_bar(struct timeline *line, const cJSON *tenancy, int top) {
  struct report *report = line->report;
  struct pg_text *out = report->out;
  double from = axis_percent(&line->axis, field_time(tenancy, "from"));
  double to = axis_percent(&line->axis, end_of(report, tenancy));
  double start = from < 100 - BAR_SEEN ? from : 100 - BAR_SEEN;
  double width = to - from > BAR_SEEN ? to - from : BAR_SEEN;
  int y = top + BAR_TOP, middle = y + BAR_HEIGHT - 3;
  bool wide = to - from > 2; /* the marks find a place in it */
  html_markup(
      out,
      "<rect class=\"bar%s\" x=\"%.2f%%\" y=\"%d\" width=\"%.2f%%\" height=\"%d\" "
      "rx=\"2\"><title>",
      is_open(tenancy) ? " open" : "", start, y, width, BAR_HEIGHT);
  put_name(out, tenancy);
  pg_text_str_add(out, "</title></rect>\n");
  if (field_time(tenancy, "from") < report->since)
    put_mark(out, wide ? "mark" : "beside", 0, wide ? 4 : 8, "start", middle,
             "\xe2\x97\x82");
  if (is_open(tenancy))
    put_mark(out, wide ? "mark" : "beside", 100, wide ? -4 : -8, "end", middle,
             "\xe2\x96\xb8");
  if (tenancy_is_unseen(tenancy))
    put_unknown_end(out, to, y);
}

static void put_lane(struct timeline *line, size_t number) {
  struct pg_text *out = line->report->out, words;
  const struct lane *lane = &line->lanes[number];
  int top = (int)number * LANE_HEIGHT;
  const cJSON *tenancy;
  html_markup(out, "<text x=\"0\" y=\"%d\"><tspan class=\"name\">", top + 16);
  put_name(out, lane->first);
  pg_text_str_add(out, "</tspan><tspan class=\"quiet\" dx=\"8\">");
  pg_text_init(&words, RENDER_LINE_MAX);
  lane_words(&words, lane);
  html_words(out, &words);
  pg_text_free(&words);
  pg_text_str_add(out, "</tspan></text>\n");
  html_markup(out,
              "<rect class=\"track\" x=\"0\" y=\"%d\" width=\"100%%\" height=\"%d\" "
              "rx=\"2\"/>\n",
              top + BAR_TOP, BAR_HEIGHT);
  cJSON_ArrayForEach(tenancy, line->tenancies) {
    if (same_holder(tenancy, lane->first) || tenancy == lane->first)
      put_bar(line, tenancy, top);
  }
}

static void put_axis(struct timeline *line, int height) {
  struct pg_text *out = line->report->out;
  for (size_t i = 0; i < line->axis.count; i++) {
    const struct axis_tick *tick = &line->axis.ticks[i];
    double at = axis_percent(&line->axis, tick->at);
    const char *anchor = at < 5 ? "start" : at > 95 ? "end" : "middle";
    html_markup(
        out,
        "<line class=\"grid\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>\n"
        "<text class=\"tick\" x=\"%.2f%%\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
        at, at, BAR_TOP - 4, height + 4, at, height + 20, anchor, tick->label);
  }
}

/* What the picture says, for whoever cannot see it; the table below has the rest. */
static void put_words(struct timeline *line, int64_t port) {
  struct pg_text *out = line->report->out, words;
  html_markup(out,
              "<title id=\"held-%lld\">Who held port %lld when</title>\n"
              "<desc id=\"helds-%lld\">",
              (long long)port, (long long)port, (long long)port);
  for (size_t i = 0; i < line->count; i++) {
    pg_text_str_add(out, i > 0 ? "; " : "");
    put_name(out, line->lanes[i].first);
    pg_text_str_add(out, ": ");
    pg_text_init(&words, RENDER_LINE_MAX);
    lane_words(&words, &line->lanes[i]);
    html_words(out, &words);
    pg_text_free(&words);
    pg_text_str_add(out, is_open(line->lanes[i].first) ? ", still holds it" : "");
  }
  pg_text_str_add(out, "</desc>\n");
}

static void put_legend(const struct timeline *line) {
  struct pg_text *out = line->report->out;
  pg_text_str_add(out, "<p class=\"legend\">");
  if (line->open)
    pg_text_str_add(out, "<span>\xe2\x96\xb8 still holds it</span> ");
  if (line->before)
    pg_text_str_add(out, "<span>\xe2\x97\x82 began before this time</span> ");
  if (line->unknown)
    pg_text_str_add(out, "<span>? nobody watched when it ended</span> ");
  if (line->others > 0)
    html_markup(out, "<span>%zu more in the table</span>", line->others);
  pg_text_str_add(out, "</p>\n");
}

static void picture(struct timeline *line, int64_t port) {
  struct pg_text *out = line->report->out;
  int height = (int)line->count * LANE_HEIGHT;
  html_markup(
      out,
      "<svg class=\"timeline\" role=\"img\" aria-labelledby=\"held-%lld helds-%lld\" "
      "width=\"100%%\" height=\"%d\">\n",
      (long long)port, (long long)port, height + AXIS_HEIGHT);
  put_words(line, port);
  put_axis(line, height);
  for (size_t i = 0; i < line->count; i++)
    put_lane(line, i);
  pg_text_str_add(out, "</svg>\n");
  put_legend(line);
}

/* --- the table --- */

static const char *how_words(const cJSON *tenancy) {
  if (is_open(tenancy))
    return "still holds it";
  if (tenancy_is_unseen(tenancy))
    return "not known: nobody watched";
  if (field_says(tenancy, "how", "replaced"))
    return "another took its place";
  return "let go";
}

static void row(struct report *report, const cJSON *tenancy) {
  struct pg_text *out = report->out, words;
  int64_t from = field_time(tenancy, "from"), to = end_of(report, tenancy);
  pg_text_str_add(out, "<th scope=\"row\">");
  put_name(out, tenancy);
  pg_text_str_add(out, "<br><span class=\"quiet path\">");
  html_outside(out, field_text(tenancy, "identity"));
  pg_text_str_add(out, "</span></th><td>");
  report_time(report, from);
  pg_text_str_add(out, "</td><td>");
  if (is_open(tenancy))
    pg_text_str_add(out, "now");
  else
    report_time(report, to);
  pg_text_str_add(out, "</td><td>");
  pg_text_init(&words, RENDER_LINE_MAX);
  if (from != PG_TIME_UNKNOWN && to >= from)
    render_duration(&words, to - from);
  html_words(out, &words);
  pg_text_free(&words);
  html_markup(out, "</td><td>%s</td>", how_words(tenancy));
}

void report_timeline(struct report *report, const cJSON *entry) {
  static const char *const headers[] = {"Holder", "From", "To", "Lasted", "How it ended"};
  struct timeline line = {.report = report, .tenancies = field_array(entry, "tenancies")};
  struct report_rows rows = {
      .caption = "Who held it", .headers = headers, .columns = 5, .row = row};
  if (line.tenancies == NULL || line.tenancies->child == NULL) {
    pg_text_str_add(report->out,
                    "<p class=\"quiet\">Nothing is remembered of this time.</p>\n");
    return;
  }
  axis_make(&line.axis, report->since, report->until, report->local_time);
  read_lanes(&line);
  picture(&line, field_int(entry, "port", 0));
  if (report_rows_add(report, &rows, line.tenancies, NULL))
    report_rows_write(report, &rows);
  report_rows_free(&rows);
}
