/* Where the nodes of a graph stand: in layers from left to right, each node right of
 * those that lead to it. Pure. */
#ifndef PG_REPORT_LAYOUT_H
#define PG_REPORT_LAYOUT_H

#include "client/graph_view.h"

#define LAYOUT_LAYERS 8
#define LAYOUT_NODES 60 /* drawn; more than that nobody can follow */

struct layout {
  size_t count; /* of the graph's first nodes, which have a place */
  struct place {
    bool drawn; /* false: it would be a layer too many */
    size_t layer, row;
  } places[LAYOUT_NODES];
  size_t layers, rows; /* rows of the fullest layer */
  size_t left_out;     /* nodes of the graph that are not drawn */
};

/* Nodes stand in the answer in the order they were reached, so an edge that leads back
 * moves nothing, and no circle is walked for ever. */
void layout_make(struct layout *layout, const struct graph_view *view);

#endif
