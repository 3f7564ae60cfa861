/* The trusted folder as its users see it, on every system. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/files/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define NAME "state.json"

/* A new folder in the working directory, which is the build's. */
static int make_folder(void **state) {
  static char path[256];
  uv_fs_t request;
  if (uv_fs_mkdtemp(NULL, &request, "pg-files-XXXXXX", NULL) != 0)
    return -1;
  snprintf(path, sizeof path, "%s", request.path);
  uv_fs_req_cleanup(&request);
  *state = path;
  return 0;
}

static int remove_path(const char *path, bool folder) {
  uv_fs_t request;
  int result = folder ? uv_fs_rmdir(NULL, &request, path, NULL)
                      : uv_fs_unlink(NULL, &request, path, NULL);
  uv_fs_req_cleanup(&request);
  return result;
}

static const char *inside(void **state, const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/%s", (const char *)*state, name);
  return path;
}

/* Fails when a test left anything else in it. */
static int remove_folder(void **state) {
  (void)remove_path(inside(state, NAME), false);
  return remove_path(*state, true) == 0 ? 0 : -1;
}

static struct files *open_good(const char *path) {
  struct files *files = NULL;
  struct pg_fault fault = {0};
  if (files_open(path, &files, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  return files;
}

static void replace(struct files *files, const char *text) {
  struct pg_fault fault = {0};
  if (files_replace(files, NAME, text, strlen(text), &fault) != PG_OK)
    fail_msg("%s", fault.message);
}

static void expect_content(struct files *files, const char *expected) {
  struct pg_fault fault = {0};
  struct pg_text text;
  if (files_read(files, NAME, 100, &text, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  assert_string_equal(pg_text_str(&text), expected);
  pg_text_free(&text);
}

static void expect_error(struct files *files, size_t max, enum pg_error code,
                         const char *words) {
  struct pg_fault fault = {0};
  struct pg_text text;
  assert_int_equal(files_read(files, NAME, max, &text, &fault), code);
  assert_int_equal(fault.code, code);
  assert_non_null(strstr(fault.message, NAME));
  if (strstr(fault.message, words) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", fault.message, words);
  pg_text_free(&text);
}

static void what_was_written_is_read(void **state) {
  struct files *files = open_good(*state);
  expect_error(files, 100, PG_E_NOTFOUND, "there is no such file");
  replace(files, "first, and rather long");
  expect_content(files, "first, and rather long");
  replace(files, "");
  expect_content(files, "");
  replace(files, "second");
  expect_content(files, "second");
  files_close(files);
}

static void a_file_over_the_limit_is_refused(void **state) {
  struct files *files = open_good(*state);
  struct pg_text text;
  replace(files, "12345");
  expect_error(files, 4, PG_E_TOOBIG, "larger than 4 bytes");
  assert_int_equal(files_read(files, NAME, 5, &text, NULL), PG_OK);
  pg_text_free(&text);
  files_close(files);
}

static void a_leftover_of_a_crash_is_written_over(void **state) {
  struct files *files = open_good(*state);
  FILE *left = fopen(inside(state, NAME ".new"), "wb");
  assert_non_null(left);
  fputs("half", left);
  fclose(left);
  replace(files, "whole");
  expect_content(files, "whole");
  assert_int_not_equal(remove_path(inside(state, NAME ".new"), false), 0);
  files_close(files);
}

static void a_folder_that_is_not_there_is_made(void **state) {
  char path[512];
  struct files *files, *again = NULL;
  snprintf(path, sizeof path, "%s", inside(state, "made"));
  files = open_good(path);
  replace(files, "x");
  assert_int_equal(files_open(path, &again, NULL), PG_OK);
  expect_content(again, "x");
  files_close(again);
  files_close(files);
  assert_int_equal(remove_path(inside(state, "made/" NAME), false), 0);
  assert_int_equal(remove_path(path, true), 0);
}

static void a_folder_that_cannot_be_made_says_why(void **state) {
  struct files *files = (struct files *)1;
  struct pg_fault fault = {0};
  assert_int_equal(files_open(inside(state, "no/folder"), &files, &fault), PG_E_IO);
  assert_null(files);
  assert_non_null(strstr(fault.message, "folder\": "));
  assert_int_not_equal(fault.win32, 0);
}

static void a_file_is_no_folder(void **state) {
  struct files *files = open_good(*state), *wrong = NULL;
  struct pg_fault fault = {0};
  replace(files, "x");
  assert_int_equal(files_open(inside(state, NAME), &wrong, &fault), PG_E_IO);
  assert_null(wrong);
  files_close(files);
}

static void a_folder_is_no_file(void **state) {
  struct files *files = open_good(*state);
  uv_fs_t request;
  assert_int_equal(uv_fs_mkdir(NULL, &request, inside(state, NAME), 0700, NULL), 0);
  uv_fs_req_cleanup(&request);
  expect_error(files, 100, PG_E_IO, "a folder, expected a file");
  assert_int_equal(files_replace(files, NAME, "x", 1, NULL), PG_E_IO);
  assert_int_equal(remove_path(inside(state, NAME), true), 0);
  files_close(files);
}

static void a_change_is_noticed_once(void **state) {
  struct files *files = open_good(*state);
  struct files_stamp stamp = {0};
  assert_false(files_changed(files, NAME, &stamp));
  replace(files, "one");
  assert_true(files_changed(files, NAME, &stamp));
  assert_false(files_changed(files, NAME, &stamp));
  replace(files, "two"); /* of the same size */
  assert_true(files_changed(files, NAME, &stamp));
  assert_false(files_changed(files, NAME, &stamp));
  assert_int_equal(remove_path(inside(state, NAME), false), 0);
  assert_true(files_changed(files, NAME, &stamp));
  assert_false(stamp.there);
  assert_false(files_changed(files, NAME, &stamp));
  files_close(files);
}

static void a_file_is_opened_by_its_own_path_too(void **state) {
  struct files *files = NULL, *around = NULL;
  const char *name = NULL;
  struct pg_fault fault = {0};
  files = open_good(*state);
  replace(files, "x");
  assert_int_equal(files_open_around(inside(state, NAME), &around, &name, &fault), PG_OK);
  assert_string_equal(name, NAME);
  assert_string_equal(files_path(around), files_path(files));
  expect_content(around, "x");
  files_close(around);
  files_close(files);
  assert_int_equal(files_open_around(inside(state, ""), &around, &name, &fault), PG_E_IO);
  assert_null(around);
  assert_int_equal(files_open_around("", &around, &name, &fault), PG_E_IO);
}

static void anybodys_file_can_be_loaded(void **state) {
  struct files *files = open_good(*state);
  struct pg_fault fault = {0};
  struct pg_text text;
  replace(files, "text");
  assert_int_equal(files_load(inside(state, NAME), 4, &text, &fault), PG_OK);
  assert_string_equal(pg_text_str(&text), "text");
  pg_text_free(&text);
  assert_int_equal(files_load(inside(state, NAME), 3, &text, &fault), PG_E_TOOBIG);
  pg_text_free(&text);
  assert_int_equal(files_load(inside(state, "none"), 4, &text, &fault), PG_E_NOTFOUND);
  pg_text_free(&text);
  assert_int_equal(files_load(*state, 4, &text, &fault), PG_E_IO);
  assert_non_null(strstr(fault.message, "a folder, expected a file"));
  pg_text_free(&text);
  files_close(files);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(what_was_written_is_read),
      IN_FOLDER(a_file_over_the_limit_is_refused),
      IN_FOLDER(a_leftover_of_a_crash_is_written_over),
      IN_FOLDER(a_folder_that_is_not_there_is_made),
      IN_FOLDER(a_folder_that_cannot_be_made_says_why),
      IN_FOLDER(a_file_is_no_folder),
      IN_FOLDER(a_folder_is_no_file),
      IN_FOLDER(a_change_is_noticed_once),
      IN_FOLDER(a_file_is_opened_by_its_own_path_too),
      IN_FOLDER(anybodys_file_can_be_loaded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
