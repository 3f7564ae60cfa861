/* Files that are not what they should be, and disks that take no more. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "common/text.h"
#include "tests/unit/history_case.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define FILE_NAME "history.db"
#define ASIDE "history.db.damaged-20260302T100000Z"

static const struct history_row row = {HISTORY_CHANGE, T0,   1100, 80, "service:W3SVC",
                                       "{\"n\":1}",    NULL, NULL, 0};
static const struct history_question everything = {0};

static void write_one(struct history *history) {
  history_case_write(history, &row, 1);
}

static bool has_one(struct history *history) {
  return strstr(history_case_ask(history, &everything), "{\"n\":1}") != NULL;
}

/* A history with many rows, closed. */
static void make_good(void) {
  struct history_row rows[300];
  struct history *history = history_case_open();
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    rows[i] = row;
  history_case_write(history, rows, sizeof rows / sizeof *rows);
  history_close(history);
}

static void run_sql(const char *sql) {
  sqlite3 *db = NULL;
  char *words = NULL;
  assert_int_equal(sqlite3_open(history_case_path(FILE_NAME), &db), SQLITE_OK);
  if (sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK)
    fail_msg("%s", words);
  sqlite3_close(db);
}

/* What is there is called |aside| afterwards, word for word, and a new one works. */
static void expect_aside(const char *aside, const char *words) {
  struct history *history = NULL;
  struct pg_fault notice = {0}, fault = {0};
  char found[100];
  if (history_open(history_case_files(), T0, &history, &notice, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  assert_int_equal(notice.code, PG_E_FORMAT);
  if (strstr(notice.message, words) == NULL || strstr(notice.message, aside) == NULL)
    fail_msg("\"%s\" does not say \"%s\" and \"%s\"", notice.message, words, aside);
  assert_true(history_case_find(aside, found, sizeof found));
  assert_false(has_one(history));
  write_one(history);
  assert_true(has_one(history));
  history_close(history);
  history = history_case_open(); /* without a notice */
  assert_true(has_one(history));
  history_close(history);
}

static void a_file_of_zeros_is_set_aside(void **state) {
  char *zeros = calloc(1, 65536);
  (void)state;
  history_case_put(FILE_NAME, zeros, 65536);
  free(zeros);
  expect_aside(ASIDE, "file is not a database");
}

static void a_file_of_something_else_is_set_aside(void **state) {
  static const char text[] = "SQLite format 3\nis what I pretend to be. ";
  char *long_one = malloc(100 * (sizeof text - 1));
  (void)state;
  for (size_t i = 0; i < 100; i++)
    memcpy(long_one + i * (sizeof text - 1), text, sizeof text - 1);
  history_case_put(FILE_NAME, long_one, 100 * (sizeof text - 1));
  free(long_one);
  expect_aside(ASIDE, "file is not a database");
}

static void a_truncated_database_is_set_aside(void **state) {
  size_t len = 0;
  (void)state;
  make_good();
  char *data = history_case_get(FILE_NAME, &len);
  history_case_put(FILE_NAME, data, len - 3 * 4096 - 100);
  free(data);
  expect_aside(ASIDE, "malformed");
}

/* Whatever is overwritten: it opens, or is set aside, and can be written afterwards. */
static void a_database_with_a_page_overwritten_never_stops_the_service(void **state) {
  size_t len = 0;
  (void)state;
  make_good();
  char *data = history_case_get(FILE_NAME, &len);
  for (size_t page = 0; page < len / 4096; page += 1) {
    struct history *history = NULL;
    struct pg_fault notice = {0}, fault = {0};
    char *bad = malloc(len);
    memcpy(bad, data, len);
    for (size_t i = 0; i < 4096; i++)
      bad[page * 4096 + i] = (char)(i * 31 + page);
    history_case_put(FILE_NAME, bad, len);
    free(bad);
    if (history_open(history_case_files(), T0, &history, &notice, &fault) != PG_OK)
      fail_msg("page %d: %s", (int)page, fault.message);
    write_one(history);
    assert_true(has_one(history));
    history_close(history);
  }
  free(data);
}

static void a_database_of_another_program_is_set_aside(void **state) {
  (void)state;
  run_sql("CREATE TABLE bookmarks(url)");
  expect_aside(ASIDE, "not a history of portguard");
}

static void a_database_of_a_newer_version_is_set_aside(void **state) {
  (void)state;
  make_good();
  run_sql("PRAGMA user_version = 99");
  expect_aside("history.db.newer-20260302T100000Z", "newer version");
}

static void a_database_without_one_of_its_tables_is_set_aside(void **state) {
  (void)state;
  make_good();
  run_sql("DROP TABLE tenancy");
  expect_aside(ASIDE, "damaged");
}

/* A trigger would run with the rights of the service. */
static void triggers_that_somebody_added_do_not_run(void **state) {
  (void)state;
  make_good();
  run_sql("CREATE TRIGGER evil AFTER INSERT ON change BEGIN DELETE FROM change; END");
  struct history *history = history_case_open();
  write_one(history);
  assert_true(has_one(history));
  history_close(history);
}

static void names_that_are_taken_are_not_used_twice(void **state) {
  char found[100];
  (void)state;
  for (int i = 0; i < 3; i++) {
    struct history *history = NULL;
    struct pg_fault notice = {0};
    history_case_put(FILE_NAME, "nonsense nonsense", 17);
    assert_int_equal(history_open(history_case_files(), T0, &history, &notice, NULL),
                     PG_OK);
    history_close(history);
  }
  assert_true(history_case_find(ASIDE "-2", found, sizeof found));
  assert_true(history_case_find(ASIDE "-3", found, sizeof found));
}

static void a_log_without_its_database_is_ignored(void **state) {
  char nonsense[10000];
  (void)state;
  memset(nonsense, 0x37, sizeof nonsense);
  history_case_put(FILE_NAME "-wal", nonsense, sizeof nonsense);
  struct history *history = history_case_open();
  write_one(history);
  assert_true(has_one(history));
  history_close(history);
}

static void a_folder_in_its_place_is_an_error_and_stays(void **state) {
  uv_fs_t request;
  struct history *history = NULL;
  struct pg_fault notice = {0}, fault = {0};
  char found[100];
  (void)state;
  assert_int_equal(uv_fs_mkdir(NULL, &request, history_case_path(FILE_NAME), 0700, NULL),
                   0);
  uv_fs_req_cleanup(&request);
  assert_int_equal(history_open(history_case_files(), T0, &history, &notice, &fault),
                   PG_E_IO);
  assert_null(history);
  assert_int_equal(notice.code, PG_OK);
  assert_non_null(strstr(fault.message, "a folder, expected a file"));
  assert_false(history_case_find(FILE_NAME ".", found, sizeof found));
}

/* --- locks --- */

static void one_that_is_locked_can_be_opened_once_it_is_not(void **state) {
  sqlite3 *other = NULL;
  struct history *history = NULL;
  struct pg_fault notice = {0}, fault = {0};
  (void)state;
  make_good();
  assert_int_equal(sqlite3_open(history_case_path(FILE_NAME), &other), SQLITE_OK);
  assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(history_open(history_case_files(), T0, &history, &notice, &fault),
                   PG_E_BUSY);
  assert_int_equal(notice.code, PG_OK);
  assert_non_null(strstr(fault.message, "database is locked"));
  assert_string_not_equal(fault.hint, "");
  sqlite3_close(other);
  history = history_case_open();
  assert_true(has_one(history));
  history_close(history);
}

static void nobody_else_gets_at_it_while_it_is_open(void **state) {
  sqlite3 *other = NULL;
  (void)state;
  make_good();
  struct history *history = history_case_open();
  assert_int_equal(sqlite3_open(history_case_path(FILE_NAME), &other), SQLITE_OK);
  assert_int_equal(sqlite3_exec(other, "SELECT * FROM change", NULL, NULL, NULL),
                   SQLITE_BUSY);
  write_one(history);
  sqlite3_close(other);
  history_close(history);
}

/* --- time --- */

static int yes(void *context) {
  return ++*(int *)context;
}

static void
a_question_that_takes_too_long_ends_and_the_next_one_is_answered(void **state) {
  struct pg_text text;
  struct pg_json json;
  struct pg_fault fault = {0};
  int asked = 0;
  (void)state;
  make_good();
  struct history *history = history_case_open();
  pg_text_init(&text, PG_MIB);
  pg_json_start(&json, &text);
  pg_json_object(&json);
  history_limit(history, yes, &asked);
  assert_int_equal(history_answer(history, &everything, &json, &fault), PG_E_TIMEOUT);
  assert_int_equal(asked, 1);
  assert_non_null(strstr(fault.message, "the answer would take too long"));
  assert_string_not_equal(fault.hint, "");
  history_limit(history, NULL, NULL);
  assert_true(has_one(history));
  write_one(history);
  assert_int_equal(asked, 1);
  pg_text_free(&text);
  history_close(history);
}

#define HISTORY_TEST(name) \
  cmocka_unit_test_setup_teardown(name, history_case_begin, history_case_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      HISTORY_TEST(a_file_of_zeros_is_set_aside),
      HISTORY_TEST(a_file_of_something_else_is_set_aside),
      HISTORY_TEST(a_truncated_database_is_set_aside),
      HISTORY_TEST(a_database_with_a_page_overwritten_never_stops_the_service),
      HISTORY_TEST(a_database_of_another_program_is_set_aside),
      HISTORY_TEST(a_database_of_a_newer_version_is_set_aside),
      HISTORY_TEST(a_database_without_one_of_its_tables_is_set_aside),
      HISTORY_TEST(triggers_that_somebody_added_do_not_run),
      HISTORY_TEST(names_that_are_taken_are_not_used_twice),
      HISTORY_TEST(a_log_without_its_database_is_ignored),
      HISTORY_TEST(a_folder_in_its_place_is_an_error_and_stays),
      HISTORY_TEST(one_that_is_locked_can_be_opened_once_it_is_not),
      HISTORY_TEST(nobody_else_gets_at_it_while_it_is_open),
      HISTORY_TEST(a_question_that_takes_too_long_ends_and_the_next_one_is_answered),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
