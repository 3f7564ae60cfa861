#include "client/fields.h"
#include "client/graph_text.h"
#include "client/graph_view.h"

#include <string.h>

/* Quotes, entities, HTML and Markdown all mean something inside a label: whatever
 * is not known to be plain becomes a character's number. */
static void put_quoted(struct pg_text *out, const char *text) {
  static const char plain[] = " .,:/-_()+=";
  struct pg_text words;
  pg_text_init(&words, RENDER_LINE_MAX);
  render_outside(&words, text);
  for (const char *at = pg_text_str(&words); *at != '\0'; at++) {
    unsigned char c = (unsigned char)*at;
    bool letter = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    if (c >= 0x80 || letter || strchr(plain, c) != NULL)
      pg_text_char(out, *at);
    else
      pg_text_printf(out, "#%u;", (unsigned)c);
  }
  pg_text_free(&words);
}

/* The brackets around a node's label give its shape. */
static const char *const *brackets_of(const char *kind) {
  static const struct {
    const char *kind, *brackets[2];
  } shapes[] = {
      {"port", {"((", "))"}},       {"listener", {"([", "])"}}, {"driver", {"[[", "]]"}},
      {"queue", {"[(", ")]"}},      {"url", {">", "]"}},        {"service", {"(", ")"}},
      {"proxy", {"[/", "\\]"}},     {"range", {"{{", "}}"}},    {"relay", {"[\\", "/]"}},
      {"connection", {"[/", "/]"}}, {"process", {"[", "]"}}};
  size_t last = sizeof shapes / sizeof shapes[0] - 1;
  for (size_t i = 0; i < last; i++)
    if (strcmp(shapes[i].kind, kind) == 0)
      return shapes[i].brackets;
  return shapes[last].brackets;
}

static void put_node(struct pg_text *out, const struct graph_view *view, size_t node) {
  const char *const *brackets = brackets_of(graph_view_kind(view, node));
  const char *state = graph_view_state(view, node);
  bool holder = graph_view_is_holder(view, node);
  pg_text_printf(out, "  n%zu%s\"", node, brackets[0]);
  put_quoted(out, field_text(view->nodes[node], "label"));
  if (state != NULL) {
    pg_text_str_add(out, ", ");
    put_quoted(out, state);
  }
  pg_text_printf(out, "%s\"%s\n", holder ? ", HOLDER" : "", brackets[1]);
  if (holder)
    pg_text_printf(out, "  class n%zu holder\n", node);
}

static void put_edge(struct pg_text *out, const struct view_edge *edge) {
  const char *words = graph_view_edge_words(edge);
  if (words != NULL)
    pg_text_printf(out, "  n%zu -. %s .-> n%zu\n", edge->from, words, edge->to);
  else
    pg_text_printf(out, "  n%zu --> n%zu\n", edge->from, edge->to);
}

void graph_mermaid(struct render *render, const cJSON *result) {
  struct graph_view view;
  struct pg_text *out = render->out;
  if (graph_view_read(&view, result, false)) {
    pg_text_str_add(out, "flowchart LR\n");
    if (field_is(result, "truncated", true))
      pg_text_str_add(out, "  %% cut: there is more than one answer can hold\n");
    if (field_is(result, "complete", false))
      pg_text_str_add(out, "  %% incomplete: not everything could be read\n");
    for (size_t i = 0; i < view.node_count; i++)
      put_node(out, &view, i);
    for (size_t i = 0; i < view.edge_count; i++)
      put_edge(out, &view.edges[i]);
    pg_text_str_add(out, "  classDef holder fill:#ffd6d6,stroke:#a00,stroke-width:2px\n");
  } else {
    out->failed = true;
  }
  graph_view_free(&view);
}
