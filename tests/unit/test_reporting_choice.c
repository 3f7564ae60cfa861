/* Which ports a report tells of, and how it lists the others. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/reporting_choice.h"
#include "tests/unit/explain_case.h"

#include <stdlib.h>
#include <string.h>

static const struct pg_port_range few[] = {{80, 80}, {443, 443}, {8000, 8090}};
static const struct pg_port_range every[] = {{1, 65535}};
static const struct pg_settings guards_few = {.guarded = {few, 3}};
static const struct pg_settings guards_every = {.guarded = {every, 1}};

static struct report_choice choice;

/* |capture| as in explain_case.h; what is in |remembered| (up to a 0) is in the
 * history. */
static void choose(const char *capture, const struct pg_settings *settings,
                   const uint16_t *remembered) {
  struct pg_snapshot *snapshot = case_of(capture);
  memset(&choice, 0, sizeof choice);
  report_choice_look(&choice, snapshot, settings);
  for (; *remembered != 0; remembered++)
    report_choice_remember(&choice, *remembered);
  report_choice_end(&choice);
  snapshot_unref(snapshot);
}

/* The ports of the report, "|", and an array of those with the mark. */
static void check(enum report_mark mark, const char *expected) {
  struct pg_text said;
  struct pg_json json;
  pg_text_init(&said, PG_MIB);
  for (size_t i = 0; i < choice.count; i++)
    pg_text_printf(&said, "%u ", (unsigned)choice.ports[i]);
  pg_text_str_add(&said, "| ");
  pg_json_start(&json, &said);
  report_choice_write(&choice, mark, &json);
  assert_string_equal(pg_text_str(&said), expected);
  pg_text_free(&said);
}

#define NONE (const uint16_t[]){0}

static void guarded_ports_that_are_held_or_remembered_are_told(void **state) {
  static const uint16_t remembered[] = {443, 8001, 0};
  (void)state;
  choose(CASE(LISTEN("0.0.0.0", 8001, 9) "," LISTEN("0.0.0.0", 9001, 9), NO_RANGES),
         &guards_few, remembered);
  check(REPORT_QUIET, "443 8001 | [80,8000,\"8002-8090\"]");
}

static void one_reserved_port_stands_for_its_range(void **state) {
  static const uint16_t remembered[] = {8020, 0};
  (void)state;
  choose(CASE(LISTEN("0.0.0.0", 8016, 9),
              RANGES(RANGE(7990, 8010) RANGE(8005, 8012) RANGE(8016, 8030)
                         RANGE(8040, 8040) STARRED(8050, 8060),
                     RANGE(8070, 8080))),
         &guards_few, remembered);
  check(REPORT_LIKE, "8000 8011 8016 8017 8020 | [\"8001-8010\",8012,\"8018-8019\","
                     "\"8021-8030\"]");
  check(REPORT_QUIET, "8000 8011 8016 8017 8020 | [80,443,\"8013-8015\",\"8031-8090\"]");
}

static void nothing_is_reserved_where_the_listeners_are_not_known(void **state) {
  (void)state;
  choose(CASE("", RANGES(RANGE(8016, 8030), "") FAILED("tcp.ipv4")), &guards_few, NONE);
  check(REPORT_RESERVED, "| []");
}

static void what_listens_comes_before_what_did_when_there_is_no_room(void **state) {
  uint16_t remembered[PG_REPORT_PORTS + 1] = {0};
  (void)state;
  for (uint16_t i = 0; i < PG_REPORT_PORTS; i++)
    remembered[i] = (uint16_t)(100 + i);
  choose(CASE(LISTEN("0.0.0.0", 65535, 9) "," LISTEN("0.0.0.0", 50000, 9),
              RANGES(RANGE(10, 12), "")),
         &guards_every, remembered);
  assert_int_equal(choice.count, PG_REPORT_PORTS);
  assert_int_equal(choice.ports[0], 100);
  assert_int_equal(choice.ports[PG_REPORT_PORTS - 1], 65535);
  assert_int_equal(report_choice_count(&choice, REPORT_LEFT_OUT), 3);
  choice.count = 0;
  check(REPORT_LEFT_OUT, "| [10,\"162-163\"]");
}

static void ports_that_are_named_are_told_in_their_order_and_once(void **state) {
  (void)state;
  memset(&choice, 0, sizeof choice);
  report_choice_name(&choice, 81, false);
  report_choice_name(&choice, 80, true);
  report_choice_name(&choice, 81, false);
  check(REPORT_QUIET, "81 80 | []");
  assert_false(choice.guarded[0]);
  assert_true(choice.guarded[1]);
}

/* Those that are held are told of anyway. */
static void guarded_ports_are_found_one_after_the_other(void **state) {
  (void)state;
  choose(CASE(LISTEN("0.0.0.0", 443, 9), NO_RANGES), &guards_few, NONE);
  assert_int_equal(report_choice_next(&choice, 1), 80);
  assert_int_equal(report_choice_next(&choice, 81), 8000);
  assert_int_equal(report_choice_next(&choice, 8090), 8090);
  assert_int_equal(report_choice_next(&choice, 8091), 0);
  assert_int_equal(report_choice_next(&choice, 65536), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(guarded_ports_that_are_held_or_remembered_are_told),
      cmocka_unit_test(one_reserved_port_stands_for_its_range),
      cmocka_unit_test(nothing_is_reserved_where_the_listeners_are_not_known),
      cmocka_unit_test(what_listens_comes_before_what_did_when_there_is_no_room),
      cmocka_unit_test(ports_that_are_named_are_told_in_their_order_and_once),
      cmocka_unit_test(guarded_ports_are_found_one_after_the_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
