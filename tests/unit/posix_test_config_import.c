/* A configuration that is taken over into the trusted folder, once. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/config_import.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "config.json"
#define GOOD "{\"version\": 1, \"guarded_ports\": [8070]}"
#define OLD "{\"version\": 1, \"guarded_ports\": [80]}"

static char folder[32], source[64];
static struct files *files;

static void write_to(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  assert_int_equal(close(fd), 0);
}

static int make_folder(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  snprintf(folder, sizeof folder, "pg-import-XXXXXX");
  snprintf(source, sizeof source, "pg-import-source.json");
  if (mkdtemp(folder) == NULL)
    return -1;
  write_to(source, GOOD);
  return files_open(folder, &files, &fault) == PG_OK ? 0 : -1;
}

static void in_folder(char *path, size_t size, const char *name) {
  assert_true(snprintf(path, size, "%s/%s", folder, name) < (int)size);
}

static int remove_folder(void **state) {
  static const char *const names[] = {NAME, CONFIG_IMPORT_KEPT, "link"};
  char path[128];
  (void)state;
  files_close(files);
  unlink(source);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    in_folder(path, sizeof path, names[i]);
    unlink(path);
  }
  return rmdir(folder);
}

/* NULL: there is no such file. */
static void expect_file(const char *name, const char *content) {
  struct pg_text text;
  struct pg_fault fault = {0};
  enum pg_error error = files_read(files, name, 1000, &text, &fault);
  assert_int_equal(error, content != NULL ? PG_OK : PG_E_NOTFOUND);
  if (content != NULL)
    assert_string_equal(pg_text_str(&text), content);
  pg_text_free(&text);
}

static void put(const char *name, const char *content) {
  struct pg_fault fault = {0};
  assert_int_equal(files_replace(files, name, content, strlen(content), &fault), PG_OK);
}

static void expect_import(enum pg_error expected, const char *words) {
  struct pg_fault fault = {0};
  assert_int_equal(config_import(files, NAME, source, &fault), expected);
  if (words != NULL && strstr(fault.message, words) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", fault.message, words);
}

static void a_good_file_becomes_the_configuration(void **state) {
  (void)state;
  expect_import(PG_OK, NULL);
  expect_file(NAME, GOOD);
  expect_file(CONFIG_IMPORT_KEPT, NULL);
}

static void the_configuration_before_is_kept_beside(void **state) {
  (void)state;
  put(NAME, OLD);
  expect_import(PG_OK, NULL);
  expect_file(NAME, GOOD);
  expect_file(CONFIG_IMPORT_KEPT, OLD);
}

static void an_import_that_is_repeated_does_not_lose_what_was_kept(void **state) {
  (void)state;
  put(NAME, OLD);
  expect_import(PG_OK, NULL);
  expect_import(PG_OK, NULL);
  expect_file(NAME, GOOD);
  expect_file(CONFIG_IMPORT_KEPT, OLD);
}

/* A folder of that name is in the way of every new content. */
static void a_configuration_that_cannot_be_replaced_stays(void **state) {
  char path[128];
  (void)state;
  put(NAME, OLD);
  in_folder(path, sizeof path, NAME ".new");
  assert_int_equal(mkdir(path, 0700), 0);
  expect_import(PG_E_IO, NAME);
  expect_file(NAME, OLD);
  assert_int_equal(rmdir(path), 0);
  expect_import(PG_OK, NULL);
  expect_file(NAME, GOOD);
  expect_file(CONFIG_IMPORT_KEPT, OLD);
}

static void a_configuration_that_cannot_be_kept_is_not_replaced(void **state) {
  char path[128];
  (void)state;
  put(NAME, OLD);
  in_folder(path, sizeof path, CONFIG_IMPORT_KEPT ".new");
  assert_int_equal(mkdir(path, 0700), 0);
  expect_import(PG_E_IO, CONFIG_IMPORT_KEPT);
  assert_int_equal(rmdir(path), 0);
  expect_file(NAME, OLD);
}

static void only_what_does_not_pass_ends_an_import(void **state) {
  static const enum pg_error over[] = {PG_OK, PG_E_REFUSED, PG_E_NOTFOUND, PG_E_FORMAT,
                                       PG_E_TOOBIG};
  static const enum pg_error passing[] = {PG_E_IO, PG_E_NOMEM, PG_E_TIMEOUT};
  (void)state;
  for (size_t i = 0; i < sizeof over / sizeof *over; i++)
    assert_false(files_may_pass(over[i]));
  for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
    assert_true(files_may_pass(passing[i]));
}

static void an_import_that_was_cut_off_is_made_good(void **state) {
  (void)state;
  put(CONFIG_IMPORT_KEPT, OLD); /* set aside, and then the power failed */
  expect_import(PG_OK, NULL);
  expect_file(NAME, GOOD);
  expect_file(CONFIG_IMPORT_KEPT, OLD);
}

static void a_bad_file_changes_nothing(void **state) {
  (void)state;
  put(NAME, OLD);
  write_to(source, "{\"version\": 1, \"guarded_ports\": [80000]}");
  expect_import(PG_E_FORMAT, "guarded_ports[0]");
  write_to(source, "not JSON");
  expect_import(PG_E_FORMAT, NULL);
  assert_int_equal(unlink(source), 0);
  expect_import(PG_E_NOTFOUND, source);
  expect_file(NAME, OLD);
  expect_file(CONFIG_IMPORT_KEPT, NULL);
}

static void a_file_that_others_may_write_changes_nothing(void **state) {
  (void)state;
  put(NAME, OLD);
  assert_int_equal(chmod(source, 0666), 0);
  expect_import(PG_E_REFUSED, "others may write to it");
  expect_file(NAME, OLD);
}

static void a_link_to_a_good_file_changes_nothing(void **state) {
  (void)state;
  char link_path[128];
  in_folder(link_path, sizeof link_path, "link");
  assert_int_equal(rename(source, link_path), 0);
  assert_int_equal(symlink(link_path, source), 0);
  expect_import(PG_E_REFUSED, "it is a link to another place");
  assert_int_equal(unlink(source), 0);
  assert_int_equal(link(link_path, source), 0);
  expect_import(PG_E_REFUSED, "names");
  expect_file(NAME, NULL);
}

static void a_file_that_is_too_large_changes_nothing(void **state) {
  (void)state;
  write_to(source, GOOD);
  assert_int_equal(truncate(source, PG_CONFIG_MAX + 1), 0);
  expect_import(PG_E_TOOBIG, NULL);
  expect_file(NAME, NULL);
}

static void a_configuration_that_is_not_trusted_is_not_touched(void **state) {
  char path[128];
  (void)state;
  put(NAME, OLD);
  in_folder(path, sizeof path, NAME);
  assert_int_equal(chmod(path, 0666), 0);
  expect_import(PG_E_REFUSED, "others may write to it");
  assert_int_equal(chmod(path, 0600), 0);
  expect_file(NAME, OLD);
  expect_file(CONFIG_IMPORT_KEPT, NULL);
}

static void a_folder_that_cannot_be_written_is_said(void **state) {
  (void)state;
  if (geteuid() == 0)
    skip(); /* root may write everywhere */
  assert_int_equal(chmod(folder, 0500), 0);
  expect_import(PG_E_IO, NULL);
  assert_int_equal(chmod(folder, 0700), 0);
  expect_file(NAME, NULL);
}

static void only_full_paths_on_a_drive_are_local(void **state) {
  static const char *const local[] = {"C:\\a.json", "d:\\Deploy\\port guard\\a.json"};
  static const char *const other[] = {"",
                                      "a.json",
                                      "\\a.json",
                                      "C:a.json",
                                      "C:/a.json",
                                      "C:\\",
                                      "\\\\host\\a.json",
                                      "\\\\?\\C:\\a.json",
                                      "\\\\.\\pipe\\a",
                                      "C:\\a\\..\\b.json",
                                      "C:\\a.json:b",
                                      "C:\\a\\\\b.json",
                                      "//host/a",
                                      "\\??\\C:\\a",
                                      "C:\\a/b.json",
                                      "1:\\a.json"};
  (void)state;
  for (size_t i = 0; i < sizeof local / sizeof *local; i++)
    if (!config_import_is_local(local[i]))
      fail_msg("%s is local", local[i]);
  for (size_t i = 0; i < sizeof other / sizeof *other; i++)
    if (config_import_is_local(other[i]))
      fail_msg("%s is not local", other[i]);
}

#define TEST(function) \
  cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_good_file_becomes_the_configuration),
      TEST(the_configuration_before_is_kept_beside),
      TEST(an_import_that_is_repeated_does_not_lose_what_was_kept),
      TEST(an_import_that_was_cut_off_is_made_good),
      TEST(a_configuration_that_cannot_be_replaced_stays),
      TEST(a_configuration_that_cannot_be_kept_is_not_replaced),
      cmocka_unit_test(only_what_does_not_pass_ends_an_import),
      TEST(a_bad_file_changes_nothing),
      TEST(a_file_that_others_may_write_changes_nothing),
      TEST(a_link_to_a_good_file_changes_nothing),
      TEST(a_file_that_is_too_large_changes_nothing),
      TEST(a_configuration_that_is_not_trusted_is_not_touched),
      TEST(a_folder_that_cannot_be_written_is_said),
      cmocka_unit_test(only_full_paths_on_a_drive_are_local),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
