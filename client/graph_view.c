#include "client/graph_view.h"

#include "client/fields.h"
#include "common/sort.h"

#include <stdlib.h>
#include <string.h>

struct named {
  const char *id;
  size_t index;
};

static int by_id(const void *left, const void *right) {
  const struct named *a = left, *b = right;
  return strcmp(a->id, b->id);
}

/* The index of the node called |id|, or |count|. */
static size_t find(const struct named *names, size_t count, const char *id) {
  struct named key = {id, 0};
  const struct named *found =
      id != NULL && count > 0 ? bsearch(&key, names, count, sizeof key, by_id) : NULL;
  return found != NULL ? found->index : count;
}

static void read_nodes(struct graph_view *view, struct named *names, const cJSON *nodes) {
  const cJSON *node;
  cJSON_ArrayForEach(node, nodes) {
    const char *id = field_text(node, "id");
    if (id == NULL)
      continue;
    names[view->node_count] = (struct named){id, view->node_count};
    view->nodes[view->node_count++] = node;
  }
}

static void read_edges(struct graph_view *view, const struct named *names,
                       const cJSON *edges) {
  const cJSON *edge;
  cJSON_ArrayForEach(edge, edges) {
    size_t from = find(names, view->node_count, field_text(edge, "from"));
    size_t to = find(names, view->node_count, field_text(edge, "to"));
    const char *kind = field_text(edge, "kind");
    if (from < view->node_count && to < view->node_count)
      view->edges[view->edge_count++] =
          (struct view_edge){from, to, kind != NULL ? kind : ""};
  }
}

static int by_from(const void *left, const void *right) {
  const struct view_edge *a = left, *b = right;
  return (a->from > b->from) - (a->from < b->from);
}

bool graph_view_read(struct graph_view *view, const cJSON *result, bool ordered) {
  const cJSON *nodes = field_array(result, "nodes"),
              *edges = field_array(result, "edges");
  size_t node_max = (size_t)cJSON_GetArraySize(nodes);
  size_t edge_max = (size_t)cJSON_GetArraySize(edges);
  struct named *names = calloc(node_max + 1, sizeof *names);
  memset(view, 0, sizeof *view);
  view->nodes = calloc(node_max + 1, sizeof *view->nodes);
  view->edges = calloc(edge_max + 1, sizeof *view->edges);
  bool done = names != NULL && view->nodes != NULL && view->edges != NULL;
  if (done) {
    read_nodes(view, names, nodes);
    done = pg_sort(names, view->node_count, sizeof *names, by_id);
  }
  if (done)
    read_edges(view, names, edges);
  if (done && ordered)
    done = pg_sort(view->edges, view->edge_count, sizeof *view->edges, by_from);
  free(names);
  return done;
}

void graph_view_free(struct graph_view *view) {
  free(view->nodes);
  free(view->edges);
}

static bool edge_before(const void *row, const void *key) {
  return ((const struct view_edge *)row)->from < *(const size_t *)key;
}

size_t graph_view_first(const struct graph_view *view, size_t node) {
  return pg_lower_bound(view->edges, view->edge_count, sizeof *view->edges, &node,
                        edge_before);
}

bool graph_view_is_holder(const struct graph_view *view, size_t node) {
  return field_is(view->nodes[node], "holder", true);
}

const char *graph_view_kind(const struct graph_view *view, size_t node) {
  const char *kind = field_text(view->nodes[node], "kind");
  return kind != NULL ? kind : "";
}

const char *graph_view_edge_words(const struct view_edge *edge) {
  static const struct {
    const char *kind, *words;
  } known[] = {{"needs", "needs"},
               {"needed_by", "needed by"},
               {"controller", "controlled by"},
               {"candidate", "perhaps"}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (strcmp(known[i].kind, edge->kind) == 0)
      return known[i].words;
  return NULL;
}

const char *graph_view_state(const struct graph_view *view, size_t node) {
  const char *state = field_text(view->nodes[node], "state");
  return state != NULL && strcmp(state, "running") != 0 ? state : NULL;
}
