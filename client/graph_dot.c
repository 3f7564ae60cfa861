#include "client/fields.h"
#include "client/graph_text.h"
#include "client/graph_view.h"

#include <string.h>

/* Inside quotes only '"' and '\' mean something to the language, and '&' begins a
 * character's name in labels. */
static void put_quoted(struct pg_text *out, const char *text) {
  struct pg_text words;
  pg_text_init(&words, RENDER_LINE_MAX);
  render_outside(&words, text);
  for (const char *at = pg_text_str(&words); *at != '\0'; at++) {
    if (*at == '"' || *at == '\\')
      pg_text_char(out, '\\');
    if (*at == '&')
      pg_text_str_add(out, "&amp;");
    else
      pg_text_char(out, *at);
  }
  pg_text_free(&words);
}

static const char *shape_of(const char *kind) {
  static const struct {
    const char *kind, *shape;
  } shapes[] = {{"port", "doublecircle"}, {"listener", "ellipse"},
                {"driver", "component"},  {"queue", "folder"},
                {"url", "note"},          {"relay", "box3d"},
                {"service", "tab"},       {"proxy", "cds"},
                {"range", "octagon"},     {"connection", "parallelogram"}};
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
    if (strcmp(shapes[i].kind, kind) == 0)
      return shapes[i].shape;
  return "box";
}

static void put_node(struct pg_text *out, const struct graph_view *view, size_t node) {
  bool holder = graph_view_is_holder(view, node);
  const char *state = graph_view_state(view, node);
  pg_text_printf(out, "  n%zu [shape=%s, ", node, shape_of(graph_view_kind(view, node)));
  pg_text_str_add(out, "label=\"");
  put_quoted(out, field_text(view->nodes[node], "label"));
  if (state != NULL) {
    pg_text_str_add(out, "\\n");
    put_quoted(out, state);
  }
  pg_text_str_add(out,
                  holder ? "\\nHOLDER\", style=\"filled,bold\", fillcolor=\"#ffd6d6\"];\n"
                         : "\"];\n");
}

static void put_edge(struct pg_text *out, const struct view_edge *edge) {
  const char *words = graph_view_edge_words(edge);
  pg_text_printf(out, "  n%zu -> n%zu", edge->from, edge->to);
  if (words != NULL)
    pg_text_printf(out, " [style=dashed, label=\"%s\"]", words);
  pg_text_str_add(out, ";\n");
}

static void put_title(struct pg_text *out, const cJSON *result) {
  pg_text_printf(out, "  label=\"TCP %lld", (long long)field_int(result, "port", 0));
  if (field_is(result, "truncated", true))
    pg_text_str_add(out, ", cut: there is more than one answer can hold");
  if (field_is(result, "complete", false))
    pg_text_str_add(out, ", incomplete: not everything could be read");
  pg_text_str_add(out, "\";\n");
}

void graph_dot(struct render *render, const cJSON *result) {
  struct graph_view view;
  struct pg_text *out = render->out;
  if (graph_view_read(&view, result, false)) {
    pg_text_str_add(out, "digraph portguard {\n  rankdir=LR;\n");
    pg_text_str_add(out, "  node [fontname=\"sans-serif\"];\n"
                         "  edge [fontname=\"sans-serif\", fontsize=10];\n");
    put_title(out, result);
    for (size_t i = 0; i < view.node_count; i++)
      put_node(out, &view, i);
    for (size_t i = 0; i < view.edge_count; i++)
      put_edge(out, &view.edges[i]);
    pg_text_str_add(out, "}\n");
  } else {
    out->failed = true;
  }
  graph_view_free(&view);
}
