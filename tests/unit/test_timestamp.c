#include "common/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void check_both_ways(int64_t unix_ms, const char *text) {
  char out[PG_TIME_CHARS];
  int64_t back = -1;
  assert_string_equal(pg_time_format(unix_ms, out), text);
  assert_true(pg_time_parse(text, &back));
  assert_true(back == unix_ms);
}

static void known_instants_are_written_and_read(void **state) {
  (void)state;
  check_both_ways(0, "1970-01-01T00:00:00Z");
  check_both_ways(1, "1970-01-01T00:00:00.001Z");
  check_both_ways(-1, "1969-12-31T23:59:59.999Z");
  check_both_ways(INT64_C(951782400000), "2000-02-29T00:00:00Z");
  check_both_ways(INT64_C(951868800000), "2000-03-01T00:00:00Z");
  check_both_ways(INT64_C(1772454391204), "2026-03-02T12:26:31.204Z");
  check_both_ways(INT64_C(2147483648000), "2038-01-19T03:14:08Z");
  check_both_ways(INT64_C(4107542400000), "2100-03-01T00:00:00Z");
  check_both_ways(INT64_C(-62135596800000), "0001-01-01T00:00:00Z");
  check_both_ways(INT64_C(253402300799999), "9999-12-31T23:59:59.999Z");
}

static void every_day_of_four_centuries_follows_the_one_before(void **state) {
  char out[PG_TIME_CHARS], before[PG_TIME_CHARS] = "1799-12-31T00:00:00Z";
  (void)state;
  for (int64_t day = -62091; day < -62091 + 146097; day++) {
    int64_t back = 0;
    (void)pg_time_format(day * 86400000, out);
    assert_true(strcmp(before, out) < 0);
    assert_true(pg_time_parse(out, &back));
    assert_true(back == day * 86400000);
    memcpy(before, out, sizeof before);
  }
  assert_string_equal(before, "2199-12-31T00:00:00Z");
}

static void times_beyond_four_digits_of_year_are_clamped(void **state) {
  char out[PG_TIME_CHARS];
  (void)state;
  assert_string_equal(pg_time_format(INT64_MAX, out), "9999-12-31T23:59:59.999Z");
  assert_string_equal(pg_time_format(INT64_MIN, out), "0001-01-01T00:00:00Z");
}

static void fraction_has_one_to_three_digits(void **state) {
  int64_t ms = 0;
  (void)state;
  assert_true(pg_time_parse("1970-01-01T00:00:00.5Z", &ms));
  assert_int_equal(ms, 500);
  assert_true(pg_time_parse("1970-01-01T00:00:00.05Z", &ms));
  assert_int_equal(ms, 50);
  assert_true(pg_time_parse("1970-01-01T00:00:00.005Z", &ms));
  assert_int_equal(ms, 5);
}

static void anything_else_is_refused(void **state) {
  static const char *const refused[] = {
      "",
      "2026-03-02",
      "2026-03-02T12:26:31",
      "2026-03-02T12:26:31z",
      "2026-03-02 12:26:31Z",
      "2026-03-02T12:26:31+00:00",
      "2026-03-02T12:26:31.Z",
      "2026-03-02T12:26:31.1234Z",
      "2026-03-02T12:26:31Z ",
      " 2026-03-02T12:26:31Z",
      "2026-3-2T12:26:31Z",
      "+026-03-02T12:26:31Z",
      "0000-01-01T00:00:00Z",
      "2026-00-02T12:26:31Z",
      "2026-13-02T12:26:31Z",
      "2026-02-29T12:26:31Z",
      "1900-02-29T00:00:00Z",
      "2026-04-31T12:26:31Z",
      "2026-03-00T12:26:31Z",
      "2026-03-02T24:00:00Z",
      "2026-03-02T12:60:31Z",
      "2026-03-02T12:26:60Z",
      "10000-01-01T00:00:00Z",
  };
  int64_t ms = 7;
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    assert_false(pg_time_parse(refused[i], &ms));
  assert_int_equal(ms, 7);
}

static void every_truncation_is_refused(void **state) {
  const char *whole = "2026-03-02T12:26:31.204Z";
  char part[PG_TIME_CHARS];
  int64_t ms = 0;
  (void)state;
  for (size_t len = 0; len < strlen(whole); len++) {
    memcpy(part, whole, len);
    part[len] = '\0';
    assert_false(pg_time_parse(part, &ms));
  }
}

static void filetime_becomes_unix_time(void **state) {
  (void)state;
  assert_true(pg_time_from_filetime(UINT64_C(116444736000010000)) == 1);
  assert_true(pg_time_from_filetime(UINT64_C(134169279912040000)) ==
              INT64_C(1772454391204));
}

static void filetime_that_makes_no_sense_is_unknown(void **state) {
  (void)state;
  assert_true(pg_time_from_filetime(0) == PG_TIME_UNKNOWN);
  assert_true(pg_time_from_filetime(12345) == PG_TIME_UNKNOWN);
  assert_true(pg_time_from_filetime(UINT64_C(116444736000000000)) == PG_TIME_UNKNOWN);
  assert_true(pg_time_from_filetime(UINT64_MAX) == PG_TIME_UNKNOWN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_instants_are_written_and_read),
      cmocka_unit_test(every_day_of_four_centuries_follows_the_one_before),
      cmocka_unit_test(times_beyond_four_digits_of_year_are_clamped),
      cmocka_unit_test(fraction_has_one_to_three_digits),
      cmocka_unit_test(anything_else_is_refused),
      cmocka_unit_test(every_truncation_is_refused),
      cmocka_unit_test(filetime_becomes_unix_time),
      cmocka_unit_test(filetime_that_makes_no_sense_is_unknown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
