#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/durations.h"

static void is(const struct durations *durations, uint32_t window, uint32_t p50,
               uint32_t p99, uint32_t max) {
  struct durations_summary sum;
  assert_true(durations_sum_up(durations, &sum));
  assert_int_equal(sum.window, window);
  assert_int_equal(sum.p50_us, p50);
  assert_int_equal(sum.p99_us, p99);
  assert_int_equal(sum.max_us, max);
}

static void nothing_measured_is_nothing_said(void **state) {
  static struct durations none;
  (void)state;
  is(&none, 0, 0, 0, 0);
}

static void one_is_all_of_them(void **state) {
  struct durations one = {0};
  (void)state;
  durations_add(&one, 412);
  is(&one, 1, 412, 412, 412);
}

/* Of two the first is what half of them do not exceed. */
static void a_percentile_is_one_of_those_measured(void **state) {
  struct durations few = {0};
  (void)state;
  durations_add(&few, 900);
  durations_add(&few, 100);
  is(&few, 2, 100, 900, 900);
  durations_add(&few, 200);
  is(&few, 3, 200, 900, 900);
}

/* 1 to 100 in a mixed order: the textbook's case. */
static void ranks_of_a_hundred_are_their_numbers(void **state) {
  struct durations hundred = {0};
  (void)state;
  for (int i = 0; i < 100; i++)
    durations_add(&hundred, i * 37 % 100 + 1);
  is(&hundred, 100, 50, 99, 100);
  durations_add(&hundred, 101);
  is(&hundred, 101, 51, 100, 101);
}

static void the_oldest_make_room(void **state) {
  struct durations many = {0};
  (void)state;
  durations_add(&many, 1000000);
  for (int i = 0; i < DURATIONS_WINDOW - 1; i++)
    durations_add(&many, 5);
  is(&many, DURATIONS_WINDOW, 5, 5, 1000000);
  durations_add(&many, 7);
  is(&many, DURATIONS_WINDOW, 5, 5, 7);
  assert_int_equal(many.count, DURATIONS_WINDOW + 1);
}

static void what_does_not_fit_becomes_the_nearest_that_does(void **state) {
  struct durations odd = {0};
  (void)state;
  durations_add(&odd, -5);
  durations_add(&odd, INT64_MAX);
  is(&odd, 2, 0, UINT32_MAX, UINT32_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_measured_is_nothing_said),
      cmocka_unit_test(one_is_all_of_them),
      cmocka_unit_test(a_percentile_is_one_of_those_measured),
      cmocka_unit_test(ranks_of_a_hundred_are_their_numbers),
      cmocka_unit_test(the_oldest_make_room),
      cmocka_unit_test(what_does_not_fit_becomes_the_nearest_that_does),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
