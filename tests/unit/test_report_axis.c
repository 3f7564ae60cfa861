/* Where a time axis has its ticks, and what they are called. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client/report_axis.h"
#include "common/limits.h"
#include "common/text.h"
#include "common/timestamp.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Clocks show UTC + |offset|, and from |change| on UTC + |later|. */
static struct {
  int64_t offset, change, later;
} zone;

static bool local_time(int64_t unix_ms, struct client_time *out) {
  char text[PG_TIME_CHARS], *at = text;
  if (unix_ms < 0)
    return false;
  pg_time_format(unix_ms + (unix_ms >= zone.change ? zone.later : zone.offset), text);
  int *const fields[] = {&out->year, &out->month,  &out->day,
                         &out->hour, &out->minute, &out->second};
  for (size_t i = 0; i < 6; i++)
    *fields[i] = (int)strtol(at, &at, 10), at++;
  return true;
}

static int64_t time_of(const char *text) {
  int64_t unix_ms = 0;
  assert_true(pg_time_parse(text, &unix_ms));
  return unix_ms;
}

/* The labels of the axis from |from| to |to|, and that the ticks rise and are in it. */
static void check(const char *from, const char *to, const char *expected) {
  struct axis axis;
  struct pg_text labels;
  axis_make(&axis, time_of(from), time_of(to), local_time);
  pg_text_init(&labels, PG_KIB);
  for (size_t i = 0; i < axis.count; i++) {
    pg_text_printf(&labels, "%s%s", i > 0 ? ", " : "", axis.ticks[i].label);
    assert_true(axis.ticks[i].at >= axis.from && axis.ticks[i].at <= axis.to);
    assert_true(i == 0 || axis.ticks[i].at > axis.ticks[i - 1].at);
  }
  assert_string_equal(pg_text_str(&labels), expected);
  pg_text_free(&labels);
}

static void in(int64_t offset, int64_t change, int64_t later) {
  zone.offset = offset;
  zone.change = change;
  zone.later = later;
}

static void ticks_are_round_for_every_length(void **state) {
  (void)state;
  in(0, INT64_MAX, 0);
  check("2026-02-23T12:26:31Z", "2026-03-02T12:26:31Z",
        "24 Feb, 25 Feb, 26 Feb, 27 Feb, 28 Feb, 1 Mar, 2 Mar");
  check("2026-03-02T11:26:31Z", "2026-03-02T12:26:31Z", "11:30, 11:45, 12:00, 12:15");
  check("2026-03-01T12:26:31Z", "2026-03-02T12:26:31Z",
        "15:00, 18:00, 21:00, 2 Mar, 03:00, 06:00, 09:00, 12:00");
  check("2026-03-02T12:26:31Z", "2026-03-02T12:29:00Z", "12:27, 12:28, 12:29");
  check("2026-03-02T12:26:31Z", "2026-03-02T12:26:40Z", "");
  check("2026-01-31T00:00:00Z", "2026-03-02T00:00:00Z",
        "2 Feb, 9 Feb, 16 Feb, 23 Feb, 2 Mar");
  check("2025-12-02T00:00:00Z", "2026-05-02T00:00:00Z",
        "2026, 1 Feb, 1 Mar, 1 Apr, 1 May");
  check("2020-12-02T00:00:00Z", "2026-05-02T00:00:00Z",
        "2021, 2022, 2023, 2024, 2025, 2026");
}

static void ticks_are_round_on_the_clocks_of_the_zone(void **state) {
  (void)state;
  in(5 * HOUR + 30 * MINUTE, INT64_MAX, 0);
  check("2026-03-01T12:26:31Z", "2026-03-02T12:26:31Z",
        "18:00, 21:00, 2 Mar, 03:00, 06:00, 09:00, 12:00, 15:00");
  in(-8 * HOUR, INT64_MAX, 0);
  check("2026-03-02T00:00:00Z", "2026-03-04T00:00:00Z",
        "18:00, 2 Mar, 06:00, 12:00, 18:00, 3 Mar, 06:00, 12:00");
}

static void ticks_stay_round_over_a_change_of_the_clocks(void **state) {
  struct axis axis;
  (void)state;
  in(HOUR, time_of("2026-03-29T01:00:00Z"), 2 * HOUR);
  check("2026-03-26T09:00:00Z", "2026-04-01T09:00:00Z",
        "27 Mar, 28 Mar, 29 Mar, 30 Mar, 31 Mar, 1 Apr");
  axis_make(&axis, time_of("2026-03-28T18:00:00Z"), time_of("2026-03-29T18:00:00Z"),
            local_time);
  int64_t before = axis.ticks[2].at, after = axis.ticks[3].at;
  assert_string_equal(axis.ticks[2].label, "03:00");
  assert_string_equal(axis.ticks[3].label, "06:00");
  assert_int_equal(after - before, 3 * HOUR);
  assert_int_equal(before - axis.ticks[1].at, 2 * HOUR);
}

static void every_length_gets_some_ticks_and_not_too_many(void **state) {
  struct axis axis;
  (void)state;
  in(-3 * HOUR, time_of("2026-06-01T00:00:00Z"), -2 * HOUR);
  for (int64_t span = 2 * MINUTE; span < 3650 * DAY; span += span / 3 + 12345) {
    int64_t to = time_of("2026-07-02T12:26:31Z");
    axis_make(&axis, to - span, to, local_time);
    assert_in_range(axis.count, 1, AXIS_TICKS);
  }
}

static void places_are_in_percent_and_stay_on_the_axis(void **state) {
  const struct axis axis = {.from = 1000, .to = 3000};
  (void)state;
  assert_true(axis_percent(&axis, 0) <= 0);
  assert_int_equal((int)axis_percent(&axis, 2000), 50);
  assert_int_equal((int)axis_percent(&axis, 9000), 100);
}

static void times_that_cannot_be_expressed_have_no_ticks(void **state) {
  struct axis axis;
  (void)state;
  axis_make(&axis, -5000, DAY, local_time);
  assert_int_equal(axis.count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ticks_are_round_for_every_length),
      cmocka_unit_test(ticks_are_round_on_the_clocks_of_the_zone),
      cmocka_unit_test(ticks_stay_round_over_a_change_of_the_clocks),
      cmocka_unit_test(every_length_gets_some_ticks_and_not_too_many),
      cmocka_unit_test(places_are_in_percent_and_stay_on_the_axis),
      cmocka_unit_test(times_that_cannot_be_expressed_have_no_ticks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
