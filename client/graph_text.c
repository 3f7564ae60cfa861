#include "client/graph_text.h"

#include "client/fields.h"
#include "client/graph_view.h"
#include "client/status_text.h"

#include <stdlib.h>
#include <string.h>

/* Deeper than that a line has no room left for words. */
#define DEPTH_MAX 16
#define BRANCH 3 /* columns for each level */
#define ELLIPSIS "\xe2\x80\xa6"

struct tree {
  struct render *render;
  const struct graph_view *view;
  bool *shown;              /* for each node */
  bool more[DEPTH_MAX + 1]; /* at this level, siblings follow */
  bool cut, holders;
};

const char *graph_kind_words(const char *kind) {
  static const struct {
    const char *kind, *words;
  } known[] = {{"url", "URL"}, {"proxy", "port proxy"}, {"range", "excluded range"}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (strcmp(known[i].kind, kind) == 0)
      return known[i].words;
  return kind;
}

/* "|  |  `- ", for a |depth| from 1 to DEPTH_MAX. */
static void put_branches(struct tree *tree, size_t depth) {
  struct pg_text *out = tree->render->out;
  for (size_t i = 1; i <= depth; i++)
    if (i < depth)
      pg_text_str_add(out, tree->more[i] ? "|  " : "   ");
    else
      pg_text_str_add(out, tree->more[i] ? "+- " : "`- ");
}

/* What stands behind the name, and is never cut. */
static void add_tail(struct tree *tree, struct pg_text *out, size_t node, bool again) {
  const char *state = graph_view_state(tree->view, node);
  if (state != NULL && !again) {
    pg_text_str_add(out, ", ");
    render_outside(out, state);
  }
  if (again)
    pg_text_str_add(out, " (above)");
  else if (graph_view_is_holder(tree->view, node))
    pg_text_str_add(out, "  HOLDER");
}

static void put_cut(struct pg_text *out, const struct pg_text *name, size_t room) {
  if (pg_utf8_columns(pg_text_str(name)) <= room) {
    pg_text_str_add(out, pg_text_str(name));
    return;
  }
  pg_text_add(out, name->data, render_bytes(name->data, name->len, room - 1));
  pg_text_str_add(out, ELLIPSIS);
}

static void put_line(struct tree *tree, const struct view_edge *edge, size_t depth,
                     bool again) {
  struct pg_text *out = tree->render->out;
  struct pg_text name, tail;
  const char *words = graph_view_edge_words(edge);
  const char *kind = graph_kind_words(graph_view_kind(tree->view, edge->to));
  size_t start = out->len;
  pg_text_init(&name, RENDER_LINE_MAX);
  pg_text_init(&tail, RENDER_LINE_MAX);
  put_branches(tree, depth);
  if (words != NULL)
    pg_text_printf(out, "%s ", words);
  render_outside(out, kind);
  pg_text_char(out, ' ');
  render_outside(&name, field_text(tree->view->nodes[edge->to], "label"));
  if (name.len == 0)
    pg_text_str_add(&name, "(unnamed)");
  add_tail(tree, &tail, edge->to, again);
  size_t used = out->len - start + pg_utf8_columns(pg_text_str(&tail));
  put_cut(out, &name, used < tree->render->columns ? tree->render->columns - used : 1);
  pg_text_str_add(out, pg_text_str(&tail));
  pg_text_char(out, '\n');
  pg_text_free(&name);
  pg_text_free(&tail);
}

/* The nodes below |node|, |depth| levels deep. */
static void put_below(struct tree *tree, size_t node, size_t depth) {
  const struct graph_view *view = tree->view;
  size_t first = graph_view_first(view, node);
  tree->shown[node] = true;
  for (size_t i = first; i < view->edge_count && view->edges[i].from == node; i++) {
    const struct view_edge *edge = &view->edges[i];
    if (depth > DEPTH_MAX) {
      tree->cut = true;
      return;
    }
    bool again = tree->shown[edge->to];
    tree->more[depth] = i + 1 < view->edge_count && view->edges[i + 1].from == node;
    tree->holders = tree->holders || graph_view_is_holder(view, edge->to);
    put_line(tree, edge, depth, again);
    if (!again)
      put_below(tree, edge->to, depth + 1);
  }
}

static void remarks(struct tree *tree, const cJSON *result) {
  struct render *render = tree->render;
  if (tree->view->edge_count == 0)
    pg_text_str_add(render->out, "Nothing hangs on it.\n");
  if (tree->holders)
    pg_text_str_add(render->out, "\nHOLDER  must let go before the port is free\n");
  if (tree->cut)
    render_wrapped(render, 0, 5,
                   "Cut  it goes deeper than can be shown: use --format dot or --json.");
  if (field_is(result, "truncated", true))
    render_wrapped(render, 0, 5, "Cut  there is more than one answer can hold.");
}

void graph_text(struct render *render, const cJSON *result) {
  struct graph_view view;
  struct tree tree = {.render = render, .view = &view};
  bool read = graph_view_read(&view, result, true);
  if (read)
    tree.shown = calloc(view.node_count + 1, sizeof *tree.shown);
  if (tree.shown == NULL) {
    render->out->failed = true;
  } else {
    (void)status_subject(render, result);
    pg_text_char(render->out, '\n');
    if (view.node_count > 0)
      put_below(&tree, 0, 1);
    remarks(&tree, result);
    render_notes(render, result);
  }
  free(tree.shown);
  graph_view_free(&view);
}
