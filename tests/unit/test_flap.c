#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/eventlog/limiter.h"

/* |changes| of one port, |step| apart, the first at |from|. How often it was
 * said to be flapping. */
static unsigned notes(struct flap_watch *watch, uint16_t port, unsigned changes,
                      int64_t from, int64_t step) {
  uint32_t count = 0;
  unsigned said = 0;
  for (unsigned i = 0; i < changes; i++)
    said += flap_note(watch, port, from + (int64_t)i * step, &count);
  return said;
}

static void the_sixth_change_within_a_minute_is_flapping(void **state) {
  (void)state;
  struct flap_watch *watch = flap_new();
  uint32_t count = 0;
  assert_int_equal(notes(watch, 80, 5, 0, 1000), 0);
  assert_true(flap_note(watch, 80, 59999, &count));
  assert_int_equal(count, 6);
  flap_free(watch);
}

static void six_changes_in_just_over_a_minute_are_not(void **state) {
  (void)state;
  struct flap_watch *watch = flap_new();
  uint32_t count = 0;
  assert_int_equal(notes(watch, 80, 5, 0, 1000), 0);
  assert_false(flap_note(watch, 80, 60000, &count));
  assert_int_equal(count, 5);
  flap_free(watch);
}

static void slow_changes_are_never_flapping(void **state) {
  (void)state;
  struct flap_watch *watch = flap_new();
  assert_int_equal(notes(watch, 80, 1000, 0, 12000), 0);
  flap_free(watch);
}

static void flapping_is_said_once_however_long_it_lasts(void **state) {
  (void)state;
  struct flap_watch *watch = flap_new();
  assert_int_equal(notes(watch, 80, 100000, 0, 1000), 1);
  flap_free(watch);
}

static void after_a_calm_minute_it_is_said_again(void **state) {
  (void)state;
  struct flap_watch *watch = flap_new();
  assert_int_equal(notes(watch, 80, 20, 0, 1000), 1);
  assert_int_equal(notes(watch, 80, 20, 19000 + 60000, 1000), 1);
  flap_free(watch);
}

static void a_shorter_calm_is_the_same_flapping(void **state) {
  (void)state;
  struct flap_watch *watch = flap_new();
  assert_int_equal(notes(watch, 80, 20, 0, 1000), 1);
  assert_int_equal(notes(watch, 80, 20, 19000 + 59999, 1000), 0);
  flap_free(watch);
}

static void calm_and_one_change_is_not_flapping(void **state) {
  (void)state;
  struct flap_watch *watch = flap_new();
  notes(watch, 80, 20, 0, 1000);
  assert_int_equal(notes(watch, 80, 5, 200000, 1000), 0);
  flap_free(watch);
}

static void ports_are_counted_apart(void **state) {
  (void)state;
  struct flap_watch *watch = flap_new();
  for (int64_t now = 0; now < 5000; now += 1000)
    for (unsigned port = 1; port <= 1000; port++)
      assert_int_equal(notes(watch, (uint16_t)port, 1, now, 0), 0);
  assert_int_equal(notes(watch, 1000, 1, 5000, 0), 1);
  assert_int_equal(notes(watch, 999, 1, 5000, 0), 1);
  flap_free(watch);
}

static void port_65535_and_port_1_are_ports_too(void **state) {
  (void)state;
  struct flap_watch *watch = flap_new();
  assert_int_equal(notes(watch, 65535, 6, 0, 1), 1);
  assert_int_equal(notes(watch, 1, 6, 0, 1), 1);
  flap_free(watch);
}

static void a_scan_of_all_ports_is_survived_and_forgets_the_oldest_only(void **state) {
  (void)state;
  struct flap_watch *watch = flap_new();
  assert_int_equal(notes(watch, 7, 5, 0, 1), 0);
  for (unsigned port = 1000; port < 2000; port++)
    notes(watch, (uint16_t)port, 1, 10, 0);
  assert_int_equal(notes(watch, 7, 1, 20, 0), 1); /* still known */
  for (unsigned port = 1; port <= 65535; port++)
    notes(watch, (uint16_t)port, 5, 30, 0);
  assert_int_equal(notes(watch, 65535, 1, 40, 0), 1); /* one of the latest */
  assert_int_equal(notes(watch, 64600, 1, 40, 0), 1);
  assert_int_equal(notes(watch, 100, 1, 40, 0), 0); /* had to make room */
  assert_int_equal(notes(watch, 100, 5, 41, 0), 1); /* and is counted anew */
  flap_free(watch);
}

static void a_port_that_keeps_changing_is_not_forgotten_for_others(void **state) {
  (void)state;
  struct flap_watch *watch = flap_new();
  unsigned said = 0;
  for (unsigned round = 0; round < 6; round++) {
    said += notes(watch, 80, 1, round, 0);
    for (unsigned i = 0; i < 1000; i++)
      notes(watch, (uint16_t)(10000 + round * 1000 + i), 1, round, 0);
  }
  assert_int_equal(said, 1);
  flap_free(watch);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_sixth_change_within_a_minute_is_flapping),
      cmocka_unit_test(six_changes_in_just_over_a_minute_are_not),
      cmocka_unit_test(slow_changes_are_never_flapping),
      cmocka_unit_test(flapping_is_said_once_however_long_it_lasts),
      cmocka_unit_test(after_a_calm_minute_it_is_said_again),
      cmocka_unit_test(a_shorter_calm_is_the_same_flapping),
      cmocka_unit_test(calm_and_one_change_is_not_flapping),
      cmocka_unit_test(ports_are_counted_apart),
      cmocka_unit_test(port_65535_and_port_1_are_ports_too),
      cmocka_unit_test(a_scan_of_all_ports_is_survived_and_forgets_the_oldest_only),
      cmocka_unit_test(a_port_that_keeps_changing_is_not_forgotten_for_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
