#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/sources/backoff.h"

static void what_never_failed_may_always_be_tried(void **state) {
  struct backoff backoff = {0};
  (void)state;
  assert_true(backoff_may_try(&backoff, 0));
  assert_true(backoff_may_try(&backoff, 1));
}

static void waits_double_up_to_a_minute(void **state) {
  static const int64_t waits[] = {1000,  2000,  4000,  8000, 16000,
                                  32000, 60000, 60000, 60000};
  struct backoff backoff = {0};
  int64_t now = 5;
  (void)state;
  for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
    backoff_fail(&backoff, now);
    assert_false(backoff_may_try(&backoff, now));
    assert_false(backoff_may_try(&backoff, now + waits[i] - 1));
    assert_true(backoff_may_try(&backoff, now + waits[i]));
    now += waits[i];
  }
  assert_int_equal(backoff.since, 5);
}

static void the_wait_stays_a_minute_for_ever(void **state) {
  struct backoff backoff = {0};
  (void)state;
  for (int i = 0; i < 100000; i++)
    backoff_fail(&backoff, i);
  assert_int_equal(backoff.next, 99999 + PG_BACKOFF_MAX_MS);
  backoff.failures = UINT32_MAX - 1;
  backoff_fail(&backoff, 7);
  assert_int_equal(backoff.next, 7 + PG_BACKOFF_MAX_MS);
}

static void a_success_forgets_all_failures(void **state) {
  struct backoff backoff = {0};
  (void)state;
  backoff_fail(&backoff, 100);
  backoff_fail(&backoff, 1100);
  backoff_clear(&backoff);
  assert_true(backoff_may_try(&backoff, 1101));
  backoff_fail(&backoff, 2000);
  assert_int_equal(backoff.since, 2000);
  assert_true(backoff_may_try(&backoff, 3000));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_never_failed_may_always_be_tried),
      cmocka_unit_test(waits_double_up_to_a_minute),
      cmocka_unit_test(the_wait_stays_a_minute_for_ever),
      cmocka_unit_test(a_success_forgets_all_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
