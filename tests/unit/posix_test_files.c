/* What makes a folder or file on Linux untrusted. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/files/files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "config.json"

static char folder[32], file[64], other[64];

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "pg-trust-XXXXXX");
  if (mkdtemp(folder) == NULL)
    return -1;
  snprintf(file, sizeof file, "%s/" NAME, folder);
  snprintf(other, sizeof other, "%s/other", folder);
  int fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
  return fd >= 0 && close(fd) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  unlink(file);
  unlink(other);
  return rmdir(folder);
}

static void expect(enum pg_error open_code, enum pg_error read_code, const char *words,
                   const char *hint) {
  struct files *files = NULL;
  struct pg_fault fault = {0};
  struct pg_text text;
  assert_int_equal(files_open(folder, &files, &fault), open_code);
  if (open_code == PG_OK) {
    alarm(10); /* a reader that waits on a FIFO would wait for ever */
    assert_int_equal(files_read(files, NAME, 100, &text, &fault), read_code);
    alarm(0);
    pg_text_free(&text);
    files_close(files);
  }
  if (words != NULL && strstr(fault.message, words) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", fault.message, words);
  if (hint != NULL && strncmp(fault.hint, hint, strlen(hint)) != 0)
    fail_msg("hint \"%s\", expected \"%s…\"", fault.hint, hint);
}

static void a_private_folder_and_file_are_trusted(void **state) {
  (void)state;
  expect(PG_OK, PG_OK, NULL, NULL);
}

static void a_folder_that_others_may_write_to_is_not_opened(void **state) {
  (void)state;
  assert_int_equal(chmod(folder, 0777), 0);
  expect(PG_E_REFUSED, PG_OK, "others may write to it (mode 777)", "chmod go-w \"pg-");
}

static void a_file_that_the_group_may_write_is_not_read(void **state) {
  (void)state;
  assert_int_equal(chmod(file, 0660), 0);
  expect(PG_OK, PG_E_REFUSED, "others may write to it (mode 660)", "chmod go-w \"pg-");
}

static void let_files_grow(bool may) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = may ? RLIM_INFINITY : 4;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The limit stands for the disk: some bytes fit, the rest does not. */
static void a_full_disk_leaves_the_file_that_was_there_whole(void **state) {
  struct files *files = NULL;
  struct pg_fault fault = {0};
  struct pg_text text;
  (void)state;
  assert_int_equal(files_open(folder, &files, &fault), PG_OK);
  assert_int_equal(files_replace(files, NAME, "before", 6, &fault), PG_OK);
  let_files_grow(false);
  enum pg_error error = files_replace(files, NAME, "afterwards", 10, &fault);
  let_files_grow(true);
  assert_int_equal(error, PG_E_IO);
  assert_non_null(strstr(fault.message, NAME));
  assert_int_equal(files_read(files, NAME, 100, &text, &fault), PG_OK);
  assert_string_equal(pg_text_str(&text), "before");
  pg_text_free(&text);
  assert_int_equal(files_replace(files, NAME, "afterwards", 10, &fault), PG_OK);
  files_close(files); /* that nothing else is left, removing the folder shows */
}

static void a_link_to_a_file_is_not_followed(void **state) {
  (void)state;
  assert_int_equal(rename(file, other), 0);
  assert_int_equal(symlink("other", file), 0);
  expect(PG_OK, PG_E_REFUSED, "it is a link to another place", "rm \"pg-");
}

static void a_link_to_a_folder_is_not_followed(void **state) {
  struct files *files = NULL;
  struct pg_fault fault = {0};
  (void)state;
  assert_int_equal(symlink(".", other), 0);
  assert_int_equal(files_open(other, &files, &fault), PG_E_REFUSED);
  assert_null(files);
  assert_non_null(strstr(fault.message, "it is a link to another place"));
}

static void a_second_name_of_the_file_is_refused(void **state) {
  (void)state;
  assert_int_equal(link(file, other), 0);
  expect(PG_OK, PG_E_REFUSED, "2 names lead to it", "find / -samefile \"pg-");
}

static void a_fifo_is_refused_at_once(void **state) {
  (void)state;
  unlink(file);
  assert_int_equal(mkfifo(file, 0600), 0);
  expect(PG_OK, PG_E_IO, "a device or pipe, expected a regular file", NULL);
}

static void another_users_file_is_refused(void **state) {
  (void)state;
  if (geteuid() != 0) {
    print_message("skipped: only root may give a file away\n");
    skip();
  }
  assert_int_equal(chown(file, 12345, (gid_t)-1), 0);
  expect(PG_OK, PG_E_REFUSED, "it belongs to user 12345", "sudo chown 0 \"pg-");
}

static void a_folder_that_was_swapped_is_still_the_one_that_was_opened(void **state) {
  struct files *files = NULL;
  struct pg_text text;
  char moved[40];
  (void)state;
  assert_int_equal(files_open(folder, &files, NULL), PG_OK);
  snprintf(moved, sizeof moved, "%s.moved", folder);
  assert_int_equal(rename(folder, moved), 0);
  assert_int_equal(mkdir(folder, 0777), 0);
  assert_int_equal(files_read(files, NAME, 10, &text, NULL), PG_OK);
  pg_text_free(&text);
  files_close(files);
  assert_int_equal(rmdir(folder), 0);
  assert_int_equal(rename(moved, folder), 0);
}

static void a_file_that_was_mended_counts_as_changed(void **state) {
  struct files *files = NULL;
  struct files_stamp stamp = {0};
  (void)state;
  assert_int_equal(chmod(file, 0666), 0);
  assert_int_equal(files_open(folder, &files, NULL), PG_OK);
  assert_true(files_changed(files, NAME, &stamp));
  assert_false(files_changed(files, NAME, &stamp));
  int64_t before = stamp.changed;
  do /* until the file system's clock has moved */
    assert_int_equal(chmod(file, 0600), 0);
  while (!files_changed(files, NAME, &stamp));
  assert_int_not_equal(stamp.changed, before);
  files_close(files);
}

static void what_is_written_is_for_its_owner_alone(void **state) {
  struct files *files = NULL;
  struct stat found;
  (void)state;
  assert_int_equal(files_open(folder, &files, NULL), PG_OK);
  assert_int_equal(chmod(file, 0666), 0);
  assert_int_equal(files_replace(files, NAME, "x", 1, NULL), PG_OK);
  assert_int_equal(stat(file, &found), 0);
  assert_int_equal(found.st_mode & 0777, 0600);
  files_close(files);
}

static void linux_has_no_folder_of_the_product(void **state) {
  struct files *files = NULL;
  (void)state;
  assert_int_equal(files_open(NULL, &files, NULL), PG_E_IO);
  assert_null(files);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(a_private_folder_and_file_are_trusted),
      IN_FOLDER(a_folder_that_others_may_write_to_is_not_opened),
      IN_FOLDER(a_file_that_the_group_may_write_is_not_read),
      IN_FOLDER(a_link_to_a_file_is_not_followed),
      IN_FOLDER(a_link_to_a_folder_is_not_followed),
      IN_FOLDER(a_second_name_of_the_file_is_refused),
      IN_FOLDER(a_fifo_is_refused_at_once),
      IN_FOLDER(another_users_file_is_refused),
      IN_FOLDER(a_folder_that_was_swapped_is_still_the_one_that_was_opened),
      IN_FOLDER(a_file_that_was_mended_counts_as_changed),
      IN_FOLDER(a_full_disk_leaves_the_file_that_was_there_whole),
      IN_FOLDER(what_is_written_is_for_its_owner_alone),
      cmocka_unit_test(linux_has_no_folder_of_the_product),
  };
  signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit is to fail, not to kill */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
