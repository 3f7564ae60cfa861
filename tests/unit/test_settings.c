#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/policy/settings.h"

static void defaults_guard_80_and_443_every_second(void **state) {
  struct pg_settings *settings = settings_default();
  (void)state;
  assert_non_null(settings);
  assert_int_equal(settings->interval_ms, 1000);
  assert_int_equal(settings->guarded.count, 2);
  assert_int_equal(settings->rule_count, 0);
  for (uint32_t port = 1; port <= UINT16_MAX; port++)
    assert_int_equal(settings_guards(settings, (uint16_t)port),
                     port == 80 || port == 443);
  settings_free(settings);
}

static void a_range_guards_both_its_ends(void **state) {
  static const struct pg_port_range ranges[] = {{8000, 8090}, {65535, 65535}};
  struct pg_settings settings = {.guarded = {ranges, 2}};
  (void)state;
  assert_false(settings_guards(&settings, 7999));
  assert_true(settings_guards(&settings, 8000));
  assert_true(settings_guards(&settings, 8090));
  assert_false(settings_guards(&settings, 8091));
  assert_true(settings_guards(&settings, 65535));
}

static void no_range_guards_nothing(void **state) {
  struct pg_settings settings = {.guarded = {NULL, 0}};
  (void)state;
  assert_false(settings_guards(&settings, 80));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults_guard_80_and_443_every_second),
      cmocka_unit_test(a_range_guards_both_its_ends),
      cmocka_unit_test(no_range_guards_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
