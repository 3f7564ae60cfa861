#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/sort.h"

#include <stdlib.h>

struct row {
  int key;
  size_t place; /* where it stood before */
};

static size_t compared;

static int by_key(const void *left, const void *right) {
  const struct row *a = left, *b = right;
  compared++;
  return (a->key > b->key) - (a->key < b->key);
}

static void check(struct row *rows, size_t count) {
  for (size_t i = 0; i < count; i++)
    rows[i].place = i;
  compared = 0;
  assert_true(pg_sort(rows, count, sizeof *rows, by_key));
  for (size_t i = 1; i < count; i++) {
    assert_true(rows[i - 1].key <= rows[i].key);
    if (rows[i - 1].key == rows[i].key)
      assert_true(rows[i - 1].place < rows[i].place);
  }
}

static void random_rows_are_sorted_and_equal_ones_keep_their_order(void **state) {
  (void)state;
  uint32_t seed = 12345;
  for (size_t count = 0; count < 300; count++) {
    struct row *rows = calloc(count + 1, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < count; i++) {
      seed = seed * 1664525u + 1013904223u;
      rows[i].key = (int)(seed >> 24) % 40;
    }
    check(rows, count);
    free(rows);
  }
}

static void rows_in_order_are_looked_at_once(void **state) {
  (void)state;
  static struct row rows[1000];
  for (int i = 0; i < 1000; i++)
    rows[i].key = i;
  check(rows, 1000);
  assert_int_equal(compared, 999);
}

static void no_order_costs_more_than_n_log_n(void **state) {
  (void)state;
  enum { COUNT = 4096 }; /* 12 doublings */
  static struct row rows[COUNT];
  for (int shape = 0; shape < 3; shape++) {
    for (int i = 0; i < COUNT; i++)
      rows[i].key = shape == 0 ? -i : shape == 1 ? i % 2 * 10000 - i : (i * 7919) % COUNT;
    check(rows, COUNT);
    assert_true(compared <= (12u + 1u) * COUNT);
  }
}

static bool key_before(const void *row, const void *key) {
  return ((const struct row *)row)->key < *(const int *)key;
}

static size_t bound_of(const struct row *rows, size_t count, int key) {
  return pg_lower_bound(rows, count, sizeof *rows, &key, key_before);
}

static void the_first_of_equal_rows_is_found(void **state) {
  (void)state;
  static const struct row rows[] = {{1, 0}, {3, 1}, {3, 2}, {3, 3}, {7, 4}};
  assert_int_equal(bound_of(rows, 5, 3), 1);
  assert_int_equal(bound_of(rows, 5, 1), 0);
  assert_int_equal(bound_of(rows, 5, 7), 4);
}

static void where_no_row_is_equal_its_place_is_found(void **state) {
  (void)state;
  static const struct row rows[] = {{1, 0}, {3, 1}, {7, 2}};
  assert_int_equal(bound_of(rows, 3, 0), 0);
  assert_int_equal(bound_of(rows, 3, 5), 2);
  assert_int_equal(bound_of(rows, 3, 8), 3);
  assert_int_equal(bound_of(NULL, 0, 8), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_rows_are_sorted_and_equal_ones_keep_their_order),
      cmocka_unit_test(rows_in_order_are_looked_at_once),
      cmocka_unit_test(no_order_costs_more_than_n_log_n),
      cmocka_unit_test(the_first_of_equal_rows_is_found),
      cmocka_unit_test(where_no_row_is_equal_its_place_is_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
