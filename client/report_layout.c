#include "client/report_layout.h"

#include <string.h>

static bool leads_on(const struct layout *layout, const struct view_edge *edge) {
  return edge->from < edge->to && edge->to < layout->count;
}

/* The longest way from the first node. Edges are looked at node by node, and every node
 * stands behind those that lead to it. */
static void find_layers(struct layout *layout, const struct graph_view *view) {
  for (size_t node = 0; node < layout->count; node++)
    for (size_t i = graph_view_first(view, node);
         i < view->edge_count && view->edges[i].from == node; i++) {
      struct place *to = &layout->places[view->edges[i].to % LAYOUT_NODES];
      if (!leads_on(layout, &view->edges[i]))
        continue;
      if (to->layer <= layout->places[node].layer)
        to->layer = layout->places[node].layer + 1;
    }
}

/* Twice the mean row of the neighbours on the left, so that lines cross rarely; of a
 * node without any its own. */
static size_t pull_of(const struct layout *layout, const struct graph_view *view,
                      size_t node) {
  size_t sum = 0, count = 0;
  for (size_t i = 0; i < view->edge_count; i++) {
    const struct view_edge *edge = &view->edges[i];
    if (edge->to != node || !leads_on(layout, edge))
      continue;
    sum += layout->places[edge->from].row;
    count++;
  }
  return count > 0 ? 2 * sum / count : 2 * layout->places[node].row;
}

/* The nodes of a layer by their pull, and in the order of the answer where it is the
 * same. */
static void sort_layer(struct layout *layout, const struct graph_view *view,
                       size_t layer) {
  size_t nodes[LAYOUT_NODES], pulls[LAYOUT_NODES], count = 0;
  for (size_t node = 0; node < layout->count; node++) {
    if (layout->places[node].layer != layer)
      continue;
    size_t pull = pull_of(layout, view, node), at = count++;
    for (; at > 0 && pulls[at - 1] > pull; at--) {
      nodes[at] = nodes[at - 1];
      pulls[at] = pulls[at - 1];
    }
    nodes[at] = node;
    pulls[at] = pull;
  }
  for (size_t row = 0; row < count; row++)
    layout->places[nodes[row]].row = row;
  if (count > layout->rows)
    layout->rows = count;
  if (count > 0)
    layout->layers = layer + 1;
}

void layout_make(struct layout *layout, const struct graph_view *view) {
  size_t drawn = 0;
  memset(layout, 0, sizeof *layout);
  layout->count = view->node_count < LAYOUT_NODES ? view->node_count : LAYOUT_NODES;
  find_layers(layout, view);
  for (size_t layer = 0; layer < LAYOUT_LAYERS; layer++)
    sort_layer(layout, view, layer);
  for (size_t node = 0; node < layout->count; node++) {
    layout->places[node].drawn = layout->places[node].layer < LAYOUT_LAYERS;
    drawn += layout->places[node].drawn;
  }
  layout->left_out = view->node_count - drawn;
}
