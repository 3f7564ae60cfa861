/* The nodes and edges of a graph answer, ready to be walked. What an answer has in
 * another shape than the protocol says is left out. */
#ifndef PG_GRAPH_VIEW_H
#define PG_GRAPH_VIEW_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct view_edge {
  size_t from, to; /* into |nodes| */
  const char *kind;
};

struct graph_view {
  const cJSON **nodes;
  size_t node_count;
  struct view_edge *edges; /* in the order of the answer, by |from| when ordered */
  size_t edge_count;
};

/* Borrows from |result|. |ordered|: the edges of a node stand together. False when
 * there is no memory; graph_view_free is due on every path. */
bool graph_view_read(struct graph_view *view, const cJSON *result, bool ordered);
void graph_view_free(struct graph_view *view);

/* The first of the edges that leave |node|, in an ordered view; the others follow. */
size_t graph_view_first(const struct graph_view *view, size_t node);

bool graph_view_is_holder(const struct graph_view *view, size_t node);
/* "queue", "" when the node has no kind. */
const char *graph_view_kind(const struct graph_view *view, size_t node);
/* Words for an edge whose kind says more than its far end does: "needed by"; NULL
 * for the others. */
const char *graph_view_edge_words(const struct view_edge *edge);
/* Its state, when it is one worth telling: of a service that does not run. */
const char *graph_view_state(const struct graph_view *view, size_t node);

#endif
