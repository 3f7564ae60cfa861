/* Of which ports there is anything to tell for a time, and what concerns none. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "tests/unit/history_case.h"

#include <stdio.h>
#include <string.h>

#define HOUR 3600000

/* 80 is held all the time, 443 was for the first hour, 8080 only had a change after
 * two; the listen list and another change concern no port. */
static const struct history_row story[] = {
    {HISTORY_BEGIN, T0, 0, 80, "service:W3SVC", "{}", NULL, NULL, 0},
    {HISTORY_BEGIN, T0, 0, 443, "process:?", "{}", NULL, NULL, 0},
    {HISTORY_END, T0 + HOUR, 0, 443, "process:?", NULL, "released", NULL, 0},
    {HISTORY_CHANGE, T0, 1202, 0, NULL, "{}", NULL, "first", 0},
    {HISTORY_CHANGE, T0 + HOUR, 1203, 0, NULL, "{}", NULL, "second", 0},
    {HISTORY_CHANGE, T0 + 2 * HOUR, 1206, 8080, NULL, "{}", NULL, "third", 0},
};

struct wanted {
  const uint16_t *ports; /* rising, up to a 0; NULL: all */
  char found[64];
};

static uint16_t next(void *context, uint32_t from) {
  const struct wanted *wanted = context;
  if (wanted->ports == NULL)
    return from <= UINT16_MAX ? (uint16_t)from : 0;
  const uint16_t *at = wanted->ports;
  while (*at != 0 && *at < from)
    at++;
  return *at;
}

static void found(void *context, uint16_t port) {
  struct wanted *wanted = context;
  size_t len = strlen(wanted->found);
  (void)snprintf(wanted->found + len, sizeof wanted->found - len, "%u ", (unsigned)port);
}

static void check(struct history *history, int64_t since, int64_t until,
                  const uint16_t *ports, const char *expected) {
  struct wanted wanted = {.ports = ports};
  const struct history_ports ask = {since, until, next, found, &wanted};
  assert_int_equal(history_ports(history, &ask, NULL), PG_OK);
  assert_string_equal(wanted.found, expected);
}

static void ports_with_a_tenancy_or_a_change_in_the_time_are_found(void **state) {
  static const uint16_t guarded[] = {79, 80, 81, 8080, 8090, 0}, none[] = {0},
                        high[] = {65535, 0};
  struct history *history = history_case_open();
  (void)state;
  check(history, T0, 0, NULL, "");
  history_case_write(history, story, sizeof story / sizeof *story);
  check(history, T0, 0, NULL, "80 443 8080 ");
  check(history, T0 + HOUR + 1, 0, NULL, "80 8080 ");
  check(history, T0, T0 + 2 * HOUR, NULL, "80 443 ");
  check(history, T0 - HOUR, T0, NULL, "");
  check(history, T0, 0, guarded, "80 8080 ");
  check(history, T0, 0, none, "");
  check(history, T0, 0, high, "");
  history_close(history);
}

static void what_concerns_no_port_is_told_alone(void **state) {
  struct history *history = history_case_open();
  const struct history_question question = {.port = 80, .since = T0, .limit = 1};
  struct pg_text text;
  struct pg_json json;
  (void)state;
  history_case_write(history, story, sizeof story / sizeof *story);
  pg_text_init(&text, PG_MIB);
  pg_json_start(&json, &text);
  pg_json_object(&json);
  assert_int_equal(history_answer_portless(history, &question, &json, NULL), PG_OK);
  pg_json_end_object(&json);
  assert_string_equal(
      pg_text_str(&text),
      "{\"entries\":[{\"id\":2,\"at\":\"2026-03-02T11:00:00Z\",\"event\":1203,\"port\":"
      "null,"
      "\"summary\":\"second\",\"watch_id\":null,\"data\":{}}],\"truncated\":true}");
  pg_text_free(&text);
  history_close(history);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(
          ports_with_a_tenancy_or_a_change_in_the_time_are_found, history_case_begin,
          history_case_end),
      cmocka_unit_test_setup_teardown(what_concerns_no_port_is_told_alone,
                                      history_case_begin, history_case_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
