#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/policy/zone.h"
#include "tests/unit/zones.h"

#include <string.h>

#define MINUTE INT64_C(60000)

static int32_t offset_in(void *zone, int64_t unix_ms) {
  return (int32_t)((zone_local(zone, unix_ms) - unix_ms) / 1000);
}

static void build_like(const struct zone *zone, int64_t around_ms, struct zone *built) {
  struct zone asked = *zone;
  zone_build(offset_in, &asked, around_ms, built);
}

static void read_berlin(int64_t around_ms, struct zone *zone) {
  build_like(&zone_berlin, around_ms, zone);
}

static void changes_are_found_to_the_second(void **state) {
  static const struct zone *const zones[] = {&zone_utc, &zone_kolkata, &zone_berlin,
                                             &zone_lord_howe, &zone_nuuk};
  (void)state;
  for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
    struct zone built;
    build_like(zones[i], utc("2026-06-01T00:00:00Z"), &built);
    assert_true(zone_equal(&built, zones[i]));
  }
}

static void a_change_at_an_odd_second_is_found_too(void **state) {
  static const struct zone odd = {-3600, 1, {{1775314799000, 5025}}};
  struct zone built;
  (void)state;
  build_like(&odd, 1775314799123, &built);
  assert_true(zone_equal(&built, &odd));
}

static int32_t restless(void *context, int64_t unix_ms) {
  (void)context;
  return (int32_t)(unix_ms / 86400000 % 2 * 3600);
}

static void more_changes_than_there_is_room_for_are_left_out(void **state) {
  struct zone built;
  (void)state;
  zone_build(restless, NULL, utc("2026-06-01T00:00:00Z"), &built);
  assert_int_equal(built.count, ZONE_CHANGES);
}

static void another_offset_or_instant_makes_another_zone(void **state) {
  struct zone other = zone_berlin;
  (void)state;
  assert_true(zone_equal(&zone_berlin, &other));
  other.changes[1].at_ms++;
  assert_false(zone_equal(&zone_berlin, &other));
  other = zone_berlin;
  other.changes[0].offset_s++;
  assert_false(zone_equal(&zone_berlin, &other));
  assert_false(zone_equal(&zone_utc, &zone_kolkata));
  other = zone_berlin;
  other.count--;
  assert_false(zone_equal(&zone_berlin, &other));
}

static void clocks_show_the_offset_of_the_season(void **state) {
  (void)state;
  assert_true(zone_local(&zone_berlin, utc("2026-03-29T00:59:59Z")) ==
              utc("2026-03-29T01:59:59Z"));
  assert_true(zone_local(&zone_berlin, utc("2026-03-29T01:00:00Z")) ==
              utc("2026-03-29T03:00:00Z"));
  assert_true(zone_local(&zone_berlin, utc("2026-10-25T01:00:00Z")) ==
              utc("2026-10-25T02:00:00Z"));
}

static void a_time_left_out_is_the_end_of_the_jump(void **state) {
  (void)state;
  assert_true(local(&zone_berlin, "2026-03-29T02:30") == utc("2026-03-29T01:00:00Z"));
  assert_true(local(&zone_berlin, "2026-03-29T02:00") == utc("2026-03-29T01:00:00Z"));
  assert_true(local(&zone_berlin, "2026-03-29T03:00") == utc("2026-03-29T01:00:00Z"));
  assert_true(local(&zone_berlin, "2026-03-29T01:59") == utc("2026-03-29T00:59:00Z"));
}

static void of_a_time_that_comes_twice_it_is_the_first(void **state) {
  (void)state;
  assert_true(local(&zone_berlin, "2026-10-25T02:30") == utc("2026-10-25T00:30:00Z"));
  assert_true(local(&zone_berlin, "2026-10-25T03:00") == utc("2026-10-25T02:00:00Z"));
}

static void the_second_is_found_when_the_first_is_too_early(void **state) {
  int64_t second = utc("2026-10-25T01:10:00Z");
  (void)state;
  assert_true(zone_instant(&zone_berlin, utc("2026-10-25T02:30:00Z"), second) ==
              utc("2026-10-25T01:30:00Z"));
  assert_true(zone_instant(&zone_berlin, utc("2026-10-25T02:05:00Z"), second) == second);
}

static void an_instant_shows_its_time_unless_it_was_left_out(void **state) {
  (void)state;
  for (int64_t at = utc("2026-03-01T00:00:00Z"); at < utc("2026-11-30T00:00:00Z");
       at += 7 * MINUTE) {
    int64_t found = zone_instant(&zone_lord_howe, at, INT64_MIN);
    assert_true(zone_local(&zone_lord_howe, found) >= at);
    assert_true(zone_local(&zone_lord_howe, found - 1) < at);
  }
}

static void typed_times_are_local_unless_they_say_otherwise(void **state) {
  static const struct {
    const char *typed, *means;
  } cases[] = {
      {"2026-03-02T09:00", "2026-03-02T08:00:00Z"},
      {"2026-07-02T09:00", "2026-07-02T07:00:00Z"},
      {"2026-07-02 09:00", "2026-07-02T07:00:00Z"},
      {"2026-07-02 09:00:30Z", "2026-07-02T09:00:30Z"},
      {"2026-07-02", "2026-07-01T22:00:00Z"},
      {"2026-07-02T09:00:30", "2026-07-02T07:00:30Z"},
      {"2026-07-02T09:00:30.5", "2026-07-02T07:00:30.500Z"},
      {"2026-03-02T09:00Z", "2026-03-02T09:00:00Z"},
      {"2026-03-02T09:00+05:30", "2026-03-02T03:30:00Z"},
      {"2026-03-02T22:00:00-03:30", "2026-03-03T01:30:00Z"},
      {"2026-03-29T02:30", "2026-03-29T01:00:00Z"},
      {"2026-10-25T02:30", "2026-10-25T00:30:00Z"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t ms = 0;
    assert_int_equal(zone_parse_time(cases[i].typed, read_berlin, &ms, NULL), PG_OK);
    assert_true(ms == utc(cases[i].means));
  }
}

static void what_is_no_time_is_quoted(void **state) {
  static const char *const refused[] = {"",
                                        "now",
                                        "09:00",
                                        "2026-03-",
                                        "2026-02-29",
                                        "2026-03-02Z",
                                        "2026-03-02 ",
                                        "2026-03-02  09:00",
                                        "2026-03-02T",
                                        "2026-03-02T9:00",
                                        "2026-03-02T24:00",
                                        "2026-02-29T09:00",
                                        "2026-03-02T09:00 ",
                                        "2026-03-02T09:00z",
                                        "2026-03-02T09:00+1",
                                        "2026-03-02T09:00+24:00",
                                        "2026-03-02T09:00+01:60",
                                        "2026-03-02T09:00+01:00Z",
                                        "2026-03-02T09:00:",
                                        "2026-03-02T09:00.5"};
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    struct pg_fault fault = {0};
    int64_t ms = 0;
    assert_int_equal(zone_parse_time(refused[i], read_berlin, &ms, &fault), PG_E_PARAMS);
    assert_non_null(strstr(fault.message, refused[i]));
    assert_non_null(strstr(fault.message, "2026-03-02T09:00"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(changes_are_found_to_the_second),
      cmocka_unit_test(a_change_at_an_odd_second_is_found_too),
      cmocka_unit_test(more_changes_than_there_is_room_for_are_left_out),
      cmocka_unit_test(another_offset_or_instant_makes_another_zone),
      cmocka_unit_test(clocks_show_the_offset_of_the_season),
      cmocka_unit_test(a_time_left_out_is_the_end_of_the_jump),
      cmocka_unit_test(of_a_time_that_comes_twice_it_is_the_first),
      cmocka_unit_test(the_second_is_found_when_the_first_is_too_early),
      cmocka_unit_test(an_instant_shows_its_time_unless_it_was_left_out),
      cmocka_unit_test(typed_times_are_local_unless_they_say_otherwise),
      cmocka_unit_test(what_is_no_time_is_quoted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
