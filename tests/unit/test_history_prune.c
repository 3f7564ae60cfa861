/* What is forgotten, and what is not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "tests/unit/history_case.h"

#include <stdio.h>
#include <string.h>

#define DAY INT64_C(86400000)
#define ROUNDS_MAX 100000

static void prune(struct history *history, int64_t now, int64_t keep, uint64_t max) {
  struct pg_fault fault = {0};
  bool more = true;
  for (int i = 0; i < ROUNDS_MAX && more; i++)
    if (history_prune(history, now, keep, max, &more, &fault) != PG_OK)
      fail_msg("%s", fault.message);
  assert_false(more);
}

static int count(struct history *history, const char *what) {
  const struct history_question all = {0};
  int found = 0;
  for (const char *at = history_case_ask(history, &all); (at = strstr(at, what)) != NULL;
       at += strlen(what))
    found++;
  return found;
}

#define ENTRY "\"event\":"
#define TENANCY "\"from\":"

/* A day's tenancy of port 80, with its two changes; |size| bytes of data in each. */
static void one_day(struct history *history, int day, size_t size) {
  char data[4096], filler[4000];
  memset(filler, 'x', sizeof filler);
  snprintf(data, sizeof data, "{\"day\":%d,\"x\":\"%.*s\"}", day, (int)size, filler);
  const int64_t at = T0 + day * DAY;
  const struct history_row rows[] = {
      {HISTORY_CHANGE, at, 1100, 80, "service:A", data, NULL, NULL, 0},
      {HISTORY_BEGIN, at, 0, 80, "service:A", data, NULL, NULL, 0},
      {HISTORY_CHANGE, at + DAY / 2, 1101, 80, "service:A", data, NULL, NULL, 0},
      {HISTORY_END, at + DAY / 2, 0, 80, "service:A", NULL, "released", NULL, 0},
  };
  history_case_write(history, rows, 4);
}

static void what_is_older_than_it_may_be_is_forgotten(void **state) {
  struct history *history = history_case_open();
  (void)state;
  for (int day = 0; day < 300; day++)
    one_day(history, day, 10);
  prune(history, T0 + 300 * DAY, 90 * DAY, 0);
  assert_int_equal(count(history, TENANCY), 90);
  assert_int_equal(count(history, ENTRY), 180);
  assert_int_equal(count(history, "{\"day\":210,"), 3);
  assert_int_equal(count(history, "{\"day\":209,"), 0);
  prune(history, T0 + 300 * DAY, 0, 0);
  assert_int_equal(count(history, TENANCY), 90);
  prune(history, T0 + 900 * DAY, 90 * DAY, 0);
  assert_int_equal(count(history, TENANCY) + count(history, ENTRY), 0);
  history_close(history);
}

static void entries_have_numbers_of_their_own_for_ever(void **state) {
  struct history *history = history_case_open();
  (void)state;
  one_day(history, 0, 10);
  prune(history, T0 + 900 * DAY, DAY, 0);
  one_day(history, 1000, 10);
  assert_int_equal(count(history, "\"id\":3"), 1);
  assert_int_equal(count(history, "\"id\":1,"), 0);
  history_close(history);
}

static void open_tenancies_stay_however_old_they_are(void **state) {
  static const struct history_row rows[] = {
      {HISTORY_BEGIN, T0, 0, 80, "service:A", "{}", NULL, NULL, 0},
      {HISTORY_CHANGE, T0, 1100, 80, NULL, "{}", NULL, NULL, 0},
  };
  struct history *history = history_case_open();
  (void)state;
  history_case_write(history, rows, 2);
  prune(history, T0 + 1000 * DAY, DAY, 1);
  assert_int_equal(count(history, TENANCY), 1);
  assert_int_equal(count(history, ENTRY), 0);
  history_close(history);
}

static void the_files_stay_below_their_limit(void **state) {
  const uint64_t max = 4 * PG_MIB;
  struct history *history = history_case_open();
  struct pg_fault fault = {0};
  uint64_t most = 0;
  (void)state;
  for (int day = 0; day < 900; day++) {
    bool more = false;
    one_day(history, day, 3900);
    if (history_prune(history, T0 + day * DAY, 0, max, &more, &fault) != PG_OK)
      fail_msg("%s", fault.message);
    uint64_t now = history_bytes(history);
    most = now > most ? now : most;
  }
  if (most > max || most < max / 2)
    fail_msg("at most %lu bytes, of %lu", (unsigned long)most, (unsigned long)max);
  assert_int_equal(count(history, "{\"day\":899,"), 3);
  assert_int_equal(count(history, "{\"day\":0,"), 0);
  history_close(history);
}

static void a_lower_limit_makes_the_file_smaller(void **state) {
  struct history *history = history_case_open();
  (void)state;
  for (int day = 0; day < 300; day++)
    one_day(history, day, 3900);
  assert_true(history_bytes(history) > 3 * PG_MIB);
  prune(history, T0 + 1000 * DAY, 0, PG_MIB);
  history_close(history); /* what was given back is cut off now at the latest */
  history = history_case_open();
  assert_true(history_bytes(history) <= PG_MIB);
  assert_true(count(history, TENANCY) > 10);
  assert_int_equal(count(history, "{\"day\":299,"), 3);
  history_close(history);
}

#define HISTORY_TEST(name) \
  cmocka_unit_test_setup_teardown(name, history_case_begin, history_case_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      HISTORY_TEST(what_is_older_than_it_may_be_is_forgotten),
      HISTORY_TEST(entries_have_numbers_of_their_own_for_ever),
      HISTORY_TEST(open_tenancies_stay_however_old_they_are),
      HISTORY_TEST(the_files_stay_below_their_limit),
      HISTORY_TEST(a_lower_limit_makes_the_file_smaller),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
