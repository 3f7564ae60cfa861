/* Where the nodes of a graph stand. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client/report_layout.h"

#include <stdlib.h>
#include <string.h>

#define NODES_MAX 200
#define EDGES_MAX 1000

static const cJSON *nodes[NODES_MAX];
static struct view_edge edges[EDGES_MAX];
static struct graph_view view = {nodes, 0, edges, 0};
static struct layout layout;

static void begin(size_t count) {
  view.node_count = count;
  view.edge_count = 0;
}

/* In the order of |from|. */
static void edge(size_t from, size_t to) {
  edges[view.edge_count++] = (struct view_edge){from, to, ""};
}

static void check(size_t node, size_t layer, size_t row) {
  assert_true(layout.places[node].drawn);
  assert_int_equal(layout.places[node].layer, layer);
  assert_int_equal(layout.places[node].row, row);
}

static void nodes_stand_right_of_all_that_lead_to_them(void **state) {
  (void)state;
  begin(5);
  edge(0, 1);
  edge(0, 2);
  edge(1, 3);
  edge(2, 4);
  edge(3, 4);
  layout_make(&layout, &view);
  check(0, 0, 0);
  check(1, 1, 0);
  check(2, 1, 1);
  check(3, 2, 0);
  check(4, 3, 0);
  assert_int_equal(layout.layers, 4);
  assert_int_equal(layout.rows, 2);
  assert_int_equal(layout.left_out, 0);
}

static void lines_do_not_cross_without_need(void **state) {
  (void)state;
  begin(5);
  edge(0, 1);
  edge(0, 2);
  edge(1, 4);
  edge(2, 3);
  layout_make(&layout, &view);
  check(4, 2, 0);
  check(3, 2, 1);
}

static void a_circle_ends(void **state) {
  (void)state;
  begin(3);
  edge(0, 1);
  edge(1, 2);
  edge(2, 1);
  edge(2, 2);
  layout_make(&layout, &view);
  check(1, 1, 0);
  check(2, 2, 0);
}

static void a_chain_is_drawn_as_far_as_there_are_layers(void **state) {
  (void)state;
  begin(LAYOUT_LAYERS + 3);
  for (size_t i = 0; i + 1 < view.node_count; i++)
    edge(i, i + 1);
  layout_make(&layout, &view);
  assert_int_equal(layout.layers, LAYOUT_LAYERS);
  assert_int_equal(layout.left_out, 3);
  assert_false(layout.places[LAYOUT_LAYERS].drawn);
}

static void more_nodes_than_can_be_followed_are_left_out(void **state) {
  (void)state;
  begin(LAYOUT_NODES + 40);
  for (size_t i = 1; i < view.node_count; i++)
    edge(0, i);
  layout_make(&layout, &view);
  assert_int_equal(layout.rows, LAYOUT_NODES - 1);
  assert_int_equal(layout.left_out, 40);
}

static void an_empty_graph_has_no_places(void **state) {
  (void)state;
  begin(0);
  layout_make(&layout, &view);
  assert_int_equal(layout.layers + layout.rows + layout.left_out, 0);
}

static int by_from(const void *left, const void *right) {
  const struct view_edge *a = left, *b = right;
  return (a->from > b->from) - (a->from < b->from);
}

/* No two in one place, and what leads on leads to the right. */
static void any_graph_is_laid_out_soundly(void **state) {
  unsigned seed = 7;
  (void)state;
  for (int run = 0; run < 300; run++) {
    begin(1 + (seed = seed * 1103515245u + 12345u) / 65536u % NODES_MAX);
    for (size_t i = 0; i < EDGES_MAX / 2; i++) {
      size_t from = (seed = seed * 1103515245u + 12345u) / 65536u % view.node_count;
      size_t to = (seed = seed * 1103515245u + 12345u) / 65536u % view.node_count;
      edge(from, to);
    }
    qsort(edges, view.edge_count, sizeof *edges, by_from);
    layout_make(&layout, &view);
    for (size_t i = 0; i < view.edge_count; i++) {
      size_t from = edges[i].from, to = edges[i].to;
      if (from < to && to < layout.count)
        assert_true(layout.places[from].layer < layout.places[to].layer);
    }
    for (size_t a = 0; a < layout.count; a++)
      for (size_t b = 0; b < a; b++)
        assert_false(layout.places[a].drawn && layout.places[b].drawn &&
                     layout.places[a].layer == layout.places[b].layer &&
                     layout.places[a].row == layout.places[b].row);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nodes_stand_right_of_all_that_lead_to_them),
      cmocka_unit_test(lines_do_not_cross_without_need),
      cmocka_unit_test(a_circle_ends),
      cmocka_unit_test(a_chain_is_drawn_as_far_as_there_are_layers),
      cmocka_unit_test(more_nodes_than_can_be_followed_are_left_out),
      cmocka_unit_test(an_empty_graph_has_no_places),
      cmocka_unit_test(any_graph_is_laid_out_soundly),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
