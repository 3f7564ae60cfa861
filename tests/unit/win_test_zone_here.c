#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/timestamp.h"
#include "service/policy/zone.h"

#include <stdlib.h>
#include <windows.h>

static int64_t unix_ms(const SYSTEMTIME *time) {
  FILETIME file;
  assert_true(SystemTimeToFileTime(time, &file));
  return pg_time_from_filetime((uint64_t)file.dwHighDateTime << 32 | file.dwLowDateTime);
}

static void the_zone_shows_what_the_clock_of_this_machine_shows(void **state) {
  struct zone zone;
  SYSTEMTIME there, here;
  (void)state;
  GetSystemTime(&there);
  GetLocalTime(&here);
  zone_read(unix_ms(&there), &zone);
  assert_true(llabs(zone_local(&zone, unix_ms(&there)) - unix_ms(&here)) < 60000);
}

/* Without rules of its own this function goes by this year's. */
static void every_day_of_this_year_is_as_windows_says(void **state) {
  struct zone zone;
  SYSTEMTIME there, here;
  (void)state;
  GetSystemTime(&there);
  there.wMonth = there.wDay = 1;
  int64_t start = unix_ms(&there);
  zone_read(start, &zone);
  for (int64_t at = start; at < start + INT64_C(364) * 86400000; at += 86400000) {
    ULARGE_INTEGER ticks = {.QuadPart =
                                (ULONGLONG)(at + INT64_C(11644473600000)) * 10000};
    FILETIME file = {ticks.LowPart, ticks.HighPart};
    assert_true(FileTimeToSystemTime(&file, &there));
    assert_true(SystemTimeToTzSpecificLocalTime(NULL, &there, &here));
    assert_true(zone_local(&zone, at) == unix_ms(&here));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_zone_shows_what_the_clock_of_this_machine_shows),
      cmocka_unit_test(every_day_of_this_year_is_as_windows_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
