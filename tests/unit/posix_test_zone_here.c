#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/zones.h"

#include <stdlib.h>
#include <time.h>

static void check_zone(const char *name, const struct zone *expected) {
  struct zone zone;
  assert_int_equal(setenv("TZ", name, 1), 0);
  tzset();
  zone_read(utc("2026-06-15T00:00:00Z"), &zone);
  for (int64_t at = utc("2026-01-15T00:00:00Z"); at < utc("2026-12-15T00:00:00Z");
       at += 1800000)
    assert_true(zone_local(&zone, at) == zone_local(expected, at));
}

/* By their rules, so that no zone files are needed. */
static void the_zone_of_this_machine_is_read(void **state) {
  (void)state;
  check_zone("UTC0", &zone_utc);
  check_zone("IST-5:30", &zone_kolkata);
  check_zone("CET-1CEST,M3.5.0,M10.5.0/3", &zone_berlin);
  check_zone("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", &zone_lord_howe);
  check_zone("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", &zone_nuuk);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_zone_of_this_machine_is_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
