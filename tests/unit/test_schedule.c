#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/policy/schedule.h"
#include "tests/unit/zones.h"

#include <string.h>
#include <time.h>

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define AT(hour, minute) ((uint16_t)((hour) * 60 + (minute)))
#define ON(day) ((uint8_t)(1u << PG_DAY_##day))
#define EVERY_DAY ((uint8_t)0x7F)
#define WORKDAYS ((uint8_t)0x1F)

static struct schedule_span span_of(const struct pg_window *windows, size_t count,
                                    const struct zone *zone, int64_t at) {
  struct pg_rule rule = {.name = "r", .windows = windows, .window_count = count};
  return schedule_at(&rule, zone, at);
}

/* One window is open exactly from |since| until |until|, both UTC. */
static void check_open(const struct zone *zone, struct pg_window window,
                       const char *since, const char *until) {
  int64_t from = utc(since), to = utc(until);
  const int64_t inside[] = {from, from + (to - from) / 2, to - 1};
  for (size_t i = 0; i < 3; i++) {
    struct schedule_span span = span_of(&window, 1, zone, inside[i]);
    assert_true(span.open);
    assert_true(span.since == from);
    assert_true(span.until == to);
  }
  struct schedule_span before = span_of(&window, 1, zone, from - 1);
  assert_false(before.open);
  assert_true(before.until == from);
  struct schedule_span after = span_of(&window, 1, zone, to);
  assert_false(after.open);
  assert_true(after.since == to);
}

static void no_windows_is_always_open(void **state) {
  (void)state;
  struct schedule_span span = span_of(NULL, 0, &zone_berlin, utc("2026-03-02T00:00:00Z"));
  assert_true(span.open);
  assert_true(span.since == SCHEDULE_ALWAYS_WAS);
  assert_true(span.until == SCHEDULE_ALWAYS_WILL);
}

static void a_window_is_open_in_local_time_on_its_days(void **state) {
  (void)state;
  struct pg_window work = {WORKDAYS, AT(8, 0), AT(18, 0)};
  check_open(&zone_berlin, work, "2026-03-02T07:00:00Z", "2026-03-02T17:00:00Z");
  check_open(&zone_berlin, work, "2026-07-03T06:00:00Z", "2026-07-03T16:00:00Z");
  check_open(&zone_kolkata, work, "2026-03-02T02:30:00Z", "2026-03-02T12:30:00Z");
  struct schedule_span weekend =
      span_of(&work, 1, &zone_berlin, utc("2026-03-07T12:00:00Z"));
  assert_false(weekend.open);
  assert_true(weekend.since == utc("2026-03-06T17:00:00Z"));
  assert_true(weekend.until == utc("2026-03-09T07:00:00Z"));
}

static void each_day_names_its_own_day(void **state) {
  (void)state;
  int64_t monday = utc("2026-03-02T12:00:00Z");
  for (unsigned day = 0; day < PG_DAYS; day++)
    for (unsigned listed = 0; listed < PG_DAYS; listed++) {
      struct pg_window window = {(uint8_t)(1u << listed), AT(11, 0), AT(13, 0)};
      assert_int_equal(span_of(&window, 1, &zone_utc, monday + day * DAY).open,
                       day == listed);
    }
}

static void a_window_over_midnight_belongs_to_the_day_it_opens(void **state) {
  (void)state;
  struct pg_window night = {ON(FRI), AT(22, 0), AT(6, 0)};
  check_open(&zone_utc, night, "2026-03-06T22:00:00Z", "2026-03-07T06:00:00Z");
  assert_false(span_of(&night, 1, &zone_utc, utc("2026-03-06T05:00:00Z")).open);
  assert_false(span_of(&night, 1, &zone_utc, utc("2026-03-07T22:00:00Z")).open);
  struct pg_window almost_a_day = {ON(SUN), AT(0, 1), AT(0, 0)};
  check_open(&zone_utc, almost_a_day, "2026-03-08T00:01:00Z", "2026-03-09T00:00:00Z");
}

static void a_window_may_last_until_midnight(void **state) {
  (void)state;
  check_open(&zone_utc, (struct pg_window){ON(SUN), AT(20, 0), AT(24, 0)},
             "2026-03-08T20:00:00Z", "2026-03-09T00:00:00Z");
}

static void windows_that_touch_or_overlap_are_one(void **state) {
  (void)state;
  static const struct pg_window windows[] = {{ON(TUE), AT(0, 0), AT(4, 0)},
                                             {ON(MON), AT(12, 0), AT(24, 0)},
                                             {ON(MON), AT(8, 0), AT(13, 0)},
                                             {ON(TUE), AT(5, 0), AT(6, 0)}};
  struct schedule_span span = span_of(windows, 4, &zone_utc, utc("2026-03-02T12:30:00Z"));
  assert_true(span.open);
  assert_true(span.since == utc("2026-03-02T08:00:00Z"));
  assert_true(span.until == utc("2026-03-03T04:00:00Z"));
  span = span_of(windows, 4, &zone_utc, utc("2026-03-03T04:00:00Z"));
  assert_false(span.open);
  assert_true(span.until == utc("2026-03-03T05:00:00Z"));
}

static void windows_that_leave_no_gap_are_always_open(void **state) {
  (void)state;
  static const struct pg_window windows[] = {{EVERY_DAY, AT(12, 0), AT(24, 0)},
                                             {EVERY_DAY, AT(0, 0), AT(12, 0)}};
  static const struct zone *const zones[] = {&zone_utc, &zone_berlin, &zone_lord_howe,
                                             &zone_nuuk};
  for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
    for (int64_t at = utc("2026-01-01T00:00:00Z"); at < utc("2027-01-01T00:00:00Z");
         at += 5 * HOUR) {
      struct schedule_span span = span_of(windows, 2, zones[i], at);
      assert_true(span.open);
      assert_true(span.since == SCHEDULE_ALWAYS_WAS);
      assert_true(span.until == SCHEDULE_ALWAYS_WILL);
    }
}

/* Berlin, 2026-03-29: after 01:59:59 comes 03:00. */
static void a_jump_forward_opens_at_its_end_and_closes_no_later_than_it(void **state) {
  (void)state;
  check_open(&zone_berlin, (struct pg_window){ON(SUN), AT(2, 30), AT(5, 0)},
             "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z");
  check_open(&zone_berlin, (struct pg_window){ON(SUN), AT(1, 0), AT(2, 30)},
             "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z");
  check_open(&zone_berlin, (struct pg_window){ON(SUN), AT(1, 0), AT(4, 0)},
             "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z");
  check_open(&zone_berlin, (struct pg_window){ON(SAT), AT(22, 0), AT(2, 15)},
             "2026-03-28T21:00:00Z", "2026-03-29T01:00:00Z");
}

static void a_window_within_a_jump_lasts_as_long_as_usual(void **state) {
  (void)state;
  check_open(&zone_berlin, (struct pg_window){ON(SUN), AT(2, 10), AT(2, 50)},
             "2026-03-29T01:00:00Z", "2026-03-29T01:40:00Z");
  check_open(&zone_berlin, (struct pg_window){ON(SUN), AT(2, 30), AT(3, 0)},
             "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z");
}

/* Berlin, 2026-10-25: 02:00 to 03:00 comes twice. */
static void an_hour_that_comes_twice_opens_and_closes_once(void **state) {
  (void)state;
  check_open(&zone_berlin, (struct pg_window){ON(SUN), AT(2, 0), AT(2, 30)},
             "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z");
  check_open(&zone_berlin, (struct pg_window){ON(SUN), AT(2, 30), AT(3, 30)},
             "2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z");
  check_open(&zone_berlin, (struct pg_window){ON(SUN), AT(1, 0), AT(2, 30)},
             "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z");
  check_open(&zone_berlin, (struct pg_window){ON(SUN), AT(1, 0), AT(3, 0)},
             "2026-10-24T23:00:00Z", "2026-10-25T02:00:00Z");
}

static void half_an_hour_of_summer_time_counts_as_such(void **state) {
  (void)state;
  check_open(&zone_lord_howe, (struct pg_window){ON(SUN), AT(2, 10), AT(4, 0)},
             "2026-10-03T15:30:00Z", "2026-10-03T17:00:00Z");
  check_open(&zone_lord_howe, (struct pg_window){ON(SUN), AT(1, 40), AT(4, 0)},
             "2026-04-04T14:40:00Z", "2026-04-04T17:30:00Z");
}

/* Nuuk, 2026-03-28: after 22:59:59 on Saturday comes Sunday. */
static void a_jump_over_midnight_opens_at_its_end(void **state) {
  (void)state;
  check_open(&zone_nuuk, (struct pg_window){ON(SAT), AT(23, 30), AT(6, 0)},
             "2026-03-29T01:00:00Z", "2026-03-29T07:00:00Z");
  check_open(&zone_nuuk, (struct pg_window){ON(SAT), AT(23, 10), AT(23, 40)},
             "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z");
  check_open(&zone_nuuk, (struct pg_window){ON(SUN), AT(0, 0), AT(1, 0)},
             "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z");
}

/* Apia had no Friday, 2011-12-30. */
static void no_window_opens_on_a_date_that_was_left_out(void **state) {
  (void)state;
  struct pg_window friday = {ON(FRI), AT(8, 0), AT(18, 0)};
  struct schedule_span span =
      span_of(&friday, 1, &zone_apia, utc("2011-12-30T10:00:00Z"));
  assert_false(span.open);
  assert_true(span.since == utc("2011-12-24T04:00:00Z"));
  assert_true(span.until == utc("2012-01-05T18:00:00Z"));
  check_open(&zone_apia, (struct pg_window){ON(THU), AT(22, 0), AT(6, 0)},
             "2011-12-30T08:00:00Z", "2011-12-30T10:00:00Z");
}

/* --- against clocks that are watched minute by minute --- */

static uint32_t random_state;

static uint32_t next_random(uint32_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state % below;
}

struct watched {
  struct pg_window window;
  int64_t opened_for; /* the last date it opened for */
  bool open;
  int64_t closes_local;
};

/* On a date that the window names, once its time has come (or been jumped over),
 * it opens; it closes as soon as the clocks show its end. */
static void watch_minute(struct watched *watched, int64_t shown, int64_t before) {
  const struct pg_window *window = &watched->window;
  int64_t length = (window->to - window->from + 1440) % 1440 * MINUTE;
  if (window->to == AT(24, 0))
    length = (1440 - window->from) * MINUTE;
  if (shown >= watched->closes_local)
    watched->open = false;
  for (int64_t date = before / DAY; date <= shown / DAY; date++) {
    int64_t opens = date * DAY + window->from * MINUTE;
    if ((window->days >> ((date + 3) % 7) & 1) == 0 || watched->opened_for >= date ||
        shown < opens)
      continue;
    watched->opened_for = date;
    watched->open = true;
    watched->closes_local = opens + length;
    if (shown >= watched->closes_local) /* a jump left nothing of it */
      watched->closes_local = shown + length;
  }
}

static void check_year(const struct zone *zone, struct watched *watched, size_t count) {
  struct pg_window windows[3];
  for (size_t i = 0; i < count; i++)
    windows[i] = watched[i].window;
  int64_t start = utc("2026-01-05T00:00:00Z"), end = utc("2026-12-01T00:00:00Z");
  int64_t before = zone_local(zone, start - 3 * DAY);
  struct schedule_span span = {false, 0, 0};
  for (int64_t now = start - 3 * DAY; now < end; now += 5 * MINUTE) {
    int64_t shown = zone_local(zone, now);
    bool open = false;
    for (size_t i = 0; i < count; i++) {
      watch_minute(&watched[i], shown, before);
      open |= watched[i].open;
    }
    before = shown;
    if (now < start)
      continue;
    if (now < span.since || now >= span.until)
      span = span_of(windows, count, zone, now);
    assert_true(span.since <= now && now < span.until);
    assert_int_equal(span.open, open);
  }
}

static void schedules_agree_with_clocks_that_are_watched_all_year(void **state) {
  static const struct zone *const zones[] = {&zone_utc, &zone_kolkata, &zone_berlin,
                                             &zone_lord_howe, &zone_nuuk};
  (void)state;
  random_state = 2463534242u;
  for (unsigned round = 0; round < 60; round++) {
    struct watched watched[3] = {0};
    size_t count = 1 + next_random(3);
    for (size_t i = 0; i < count; i++) {
      struct pg_window *window = &watched[i].window;
      window->days = (uint8_t)(1 + next_random(EVERY_DAY));
      window->from = (uint16_t)(5 * next_random(next_random(2) ? 288 : 60));
      do
        window->to = (uint16_t)(5 * next_random(289));
      while (window->to == window->from);
    }
    check_year(zones[round % 5], watched, count);
  }
}

/* The loop reckons them, also for whoever asks what the rules are doing. */
static void a_day_full_of_windows_that_touch_is_reckoned_at_once(void **state) {
  static const char *const times[] = {"2026-03-02T00:10:00Z", "2026-03-02T22:50:00Z"};
  struct pg_window windows[PG_WINDOWS_MAX];
  (void)state;
  for (uint16_t i = 0; i < PG_WINDOWS_MAX; i++)
    windows[i] =
        (struct pg_window){EVERY_DAY, (uint16_t)(i * 22), (uint16_t)(i * 22 + 22)};
  windows[PG_WINDOWS_MAX - 1].to = AT(24, 0);
  clock_t start = clock();
  for (unsigned i = 0; i < 20; i++) {
    struct schedule_span span =
        span_of(windows, PG_WINDOWS_MAX, &zone_berlin, utc(times[i % 2]));
    assert_true(span.open);
    assert_true(span.since == SCHEDULE_ALWAYS_WAS);
    assert_true(span.until == SCHEDULE_ALWAYS_WILL);
  }
  assert_true(clock() - start < CLOCKS_PER_SEC / 2); /* of the processor */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_windows_is_always_open),
      cmocka_unit_test(a_window_is_open_in_local_time_on_its_days),
      cmocka_unit_test(each_day_names_its_own_day),
      cmocka_unit_test(a_window_over_midnight_belongs_to_the_day_it_opens),
      cmocka_unit_test(a_window_may_last_until_midnight),
      cmocka_unit_test(windows_that_touch_or_overlap_are_one),
      cmocka_unit_test(windows_that_leave_no_gap_are_always_open),
      cmocka_unit_test(a_jump_forward_opens_at_its_end_and_closes_no_later_than_it),
      cmocka_unit_test(a_window_within_a_jump_lasts_as_long_as_usual),
      cmocka_unit_test(an_hour_that_comes_twice_opens_and_closes_once),
      cmocka_unit_test(half_an_hour_of_summer_time_counts_as_such),
      cmocka_unit_test(a_jump_over_midnight_opens_at_its_end),
      cmocka_unit_test(no_window_opens_on_a_date_that_was_left_out),
      cmocka_unit_test(a_day_full_of_windows_that_touch_is_reckoned_at_once),
      cmocka_unit_test(schedules_agree_with_clocks_that_are_watched_all_year),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
