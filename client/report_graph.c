/* What a port leads to now: boxes in layers, and the same as a table. */
#include "client/fields.h"
#include "client/graph_text.h"
#include "client/graph_view.h"
#include "client/report.h"
#include "client/report_layout.h"

#include <string.h>

#define BOX_WIDTH 126
#define BOX_HEIGHT 72
#define GAP_X 24
#define GAP_Y 14
#define LABEL_COLUMNS 15 /* of a line in a box */
#define LABEL_LINES 3
#define LEAST_PERCENT 84 /* of its size: smaller nobody can read it */
#define EDGES_SHOWN 200
#define ELLIPSIS "\xe2\x80\xa6"

struct picture {
  struct report *report;
  const struct graph_view *view;
  struct layout layout;
};

static int left_of(const struct place *place) {
  return (int)place->layer * (BOX_WIDTH + GAP_X) + 1;
}

/* A layer that is less full than the fullest stands in the middle. */
static int top_of(const struct picture *picture, const struct place *place) {
  size_t count = 0;
  for (size_t i = 0; i < picture->layout.count; i++)
    count += picture->layout.places[i].drawn &&
             picture->layout.places[i].layer == place->layer;
  int free_rows = (int)(picture->layout.rows - count);
  return (int)place->row * (BOX_HEIGHT + GAP_Y) + free_rows * (BOX_HEIGHT + GAP_Y) / 2 +
         1;
}

/* --- boxes --- */

/* "service, needed": what it is, and how it was come by where that says more. */
static void kind_words(const struct picture *picture, size_t node, struct pg_text *out) {
  static const struct {
    const char *kind, *words;
  } ways[] = {{"needs", "needed"},
              {"needed_by", "needs it"},
              {"controller", "controls"},
              {"candidate", "perhaps"}};
  const struct graph_view *view = picture->view;
  render_outside(out, graph_kind_words(graph_view_kind(view, node)));
  for (size_t i = 0; i < view->edge_count; i++) {
    if (view->edges[i].to != node)
      continue;
    for (size_t at = 0; at < sizeof ways / sizeof ways[0]; at++)
      if (strcmp(ways[at].kind, view->edges[i].kind) == 0)
        pg_text_printf(out, ", %s", ways[at].words);
    return;
  }
}

/* At most LABEL_COLUMNS of |*text| as a line, broken at a blank where there is one near;
 * |*text| goes on behind it. The last line says that it was cut. */
static void label_line(struct pg_text *out, const char **text, bool last) {
  size_t len = strlen(*text), fits = render_bytes(*text, len, LABEL_COLUMNS), at = fits;
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  while (!last && fits < len && at > fits / 3 && (*text)[at] != ' ')
    at--;
  if (fits < len && !last && at > fits / 3)
    fits = at;
  if (last && fits < len)
    fits = render_bytes(*text, len, LABEL_COLUMNS - 1);
  pg_text_add(&line, *text, fits);
  if (last && fits < len)
    pg_text_str_add(&line, ELLIPSIS);
  *text += fits;
  *text += strspn(*text, " ");
  html_words(out, &line);
  pg_text_free(&line);
}

static void put_label(struct picture *picture, size_t node, int x, int y) {
  struct pg_text *out = picture->report->out, words;
  const char *at;
  pg_text_init(&words, RENDER_LINE_MAX);
  render_outside(&words, field_text(picture->view->nodes[node], "label"));
  at = pg_text_str(&words);
  pg_text_str_add(out, "<text class=\"label\">");
  for (int line = 0; line < LABEL_LINES && *at != '\0'; line++) {
    html_markup(out, "<tspan x=\"%d\" y=\"%d\">", x + 8, y + 33 + 15 * line);
    label_line(out, &at, line + 1 == LABEL_LINES);
    pg_text_str_add(out, "</tspan>");
  }
  pg_text_str_add(out, "</text>\n");
  pg_text_free(&words);
}

static void put_box(struct picture *picture, size_t node) {
  const struct place *place = &picture->layout.places[node];
  struct pg_text *out = picture->report->out, kind;
  const char *state = graph_view_state(picture->view, node);
  bool holder = graph_view_is_holder(picture->view, node);
  int x = left_of(place), y = top_of(picture, place);
  pg_text_init(&kind, RENDER_LINE_MAX);
  kind_words(picture, node, &kind);
  html_markup(out, "<g class=\"%s\"><title>", holder ? "node holder" : "node");
  html_words(out, &kind);
  pg_text_str_add(out, ": ");
  html_outside(out, field_text(picture->view->nodes[node], "label"));
  html_markup(out,
              "</title>\n<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\"/>\n"
              "<text class=\"kind\" x=\"%d\" y=\"%d\">",
              x, y, BOX_WIDTH, BOX_HEIGHT, x + 8, y + 17);
  if (holder)
    pg_text_str_add(out, "HOLDER");
  else if (state != NULL)
    html_outside(out, state);
  else
    html_words(out, &kind);
  pg_text_str_add(out, "</text>\n");
  put_label(picture, node, x, y);
  pg_text_str_add(out, "</g>\n");
  pg_text_free(&kind);
}

/* --- lines --- */

static void put_edge(struct picture *picture, const struct view_edge *edge) {
  const struct layout *layout = &picture->layout;
  if (edge->from >= layout->count || edge->to >= layout->count ||
      !layout->places[edge->from].drawn || !layout->places[edge->to].drawn)
    return;
  const struct place *from = &layout->places[edge->from], *to = &layout->places[edge->to];
  int x1 = left_of(from) + BOX_WIDTH, y1 = top_of(picture, from) + BOX_HEIGHT / 2;
  int x2 = left_of(to), y2 = top_of(picture, to) + BOX_HEIGHT / 2;
  int bend = x2 > x1 ? (x2 - x1) / 2 : GAP_X;
  html_markup(picture->report->out,
              "<path class=\"edge%s\" d=\"M%d %dC%d %d %d %d %d %d\"/>"
              "<path class=\"head\" d=\"M%d %dl-7 -4v8z\"/>\n",
              graph_view_edge_words(edge) != NULL ? " loose" : "", x1, y1, x1 + bend, y1,
              x2 - bend - 5, y2, x2 - 5, y2, x2, y2);
}

static void draw(struct picture *picture, int64_t port) {
  long long number = (long long)port;
  struct pg_text *out = picture->report->out;
  const struct layout *layout = &picture->layout;
  int width = (int)layout->layers * (BOX_WIDTH + GAP_X) - GAP_X + 2;
  int height = (int)layout->rows * (BOX_HEIGHT + GAP_Y) - GAP_Y + 2;
  html_markup(out,
              "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
              "aria-label=\"What port %lld leads to\">\n"
              "<svg class=\"graph\" role=\"img\" "
              "aria-labelledby=\"leads-%lld leadss-%lld\" width=\"%d\" height=\"%d\" "
              "viewBox=\"0 0 %d %d\" style=\"min-width:%dpx\">\n",
              number, number, number, width, height, width, height,
              width * LEAST_PERCENT / 100);
  html_markup(out,
              "<title id=\"leads-%lld\">What port %lld leads to</title>\n"
              "<desc id=\"leadss-%lld\">%zu things and how they hang together, from the "
              "port on the left; the table below names them.</desc>\n",
              number, number, number, picture->view->node_count - layout->left_out);
  for (size_t i = 0; i < picture->view->edge_count; i++)
    put_edge(picture, &picture->view->edges[i]);
  for (size_t i = 0; i < layout->count; i++)
    if (layout->places[i].drawn)
      put_box(picture, i);
  pg_text_str_add(out, "</svg>\n</div>\n");
  if (layout->left_out > 0)
    html_markup(out, "<p class=\"quiet\">%zu more are in the table alone.</p>\n",
                layout->left_out);
}

/* --- the table --- */

static void put_end(struct report *report, const struct graph_view *view, size_t node) {
  const char *state = graph_view_state(view, node);
  html_outside(report->out, field_text(view->nodes[node], "label"));
  pg_text_str_add(report->out, state != NULL ? ", " : "");
  html_outside(report->out, state);
  if (graph_view_is_holder(view, node))
    pg_text_str_add(report->out, " <strong class=\"tag\">holder</strong>");
}

static void put_edge_row(struct report *report, const struct graph_view *view,
                         const struct view_edge *edge) {
  const char *words = graph_view_edge_words(edge);
  pg_text_str_add(report->out, "<tr><th scope=\"row\">");
  put_end(report, view, edge->from);
  pg_text_str_add(report->out, "</th><td>");
  html_outside(report->out, words != NULL ? words : graph_kind_words(edge->kind));
  pg_text_str_add(report->out, "</td><td>");
  put_end(report, view, edge->to);
  pg_text_str_add(report->out, "</td></tr>\n");
}

static void edge_table(struct report *report, const struct graph_view *view,
                       int64_t port) {
  static const char *const headers[] = {"From", "Leads to", "Which is"};
  const struct report_rows table = {
      .caption = "What leads to what", .headers = headers, .columns = 3};
  struct pg_text *out = report->out;
  size_t shown = view->edge_count < EDGES_SHOWN ? view->edge_count : EDGES_SHOWN;
  pg_text_str_add(out, "<details><summary>The same as a table</summary>\n");
  report_table_begin(report, &table, "");
  for (size_t i = 0; i < shown; i++)
    put_edge_row(report, view, &view->edges[i]);
  report_table_end(report);
  if (shown < view->edge_count)
    html_markup(
        out,
        "<p class=\"quiet\">and %zu more: <code>portguardctl graph %lld</code></p>\n",
        view->edge_count - shown, (long long)port);
  pg_text_str_add(out, "</details>\n");
}

void report_graph(struct report *report, const cJSON *entry) {
  struct graph_view view;
  struct picture picture = {.report = report, .view = &view};
  int64_t port = field_int(entry, "port", 0);
  if (!graph_view_read(&view, field_object(entry, "graph"), true)) {
    report->out->failed = true;
  } else if (view.edge_count > 0) {
    layout_make(&picture.layout, &view);
    pg_text_str_add(report->out, "<h3>What the port leads to</h3>\n");
    draw(&picture, port);
    edge_table(report, &view, port);
  }
  graph_view_free(&view);
}
