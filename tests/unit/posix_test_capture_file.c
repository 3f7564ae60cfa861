/* What a path can lead to on Linux besides a regular file. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/capture/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect_refused(const char *path, const char *part) {
  struct pg_snapshot *snapshot = NULL;
  struct pg_fault fault = {.code = PG_OK};
  alarm(10); /* a reader that waits on a FIFO would wait for ever */
  assert_int_equal(capture_read_file(path, 1, &snapshot, &fault), PG_E_IO);
  alarm(0);
  assert_non_null(strstr(fault.message, part));
}

static void a_fifo_is_refused_at_once(void **state) {
  char folder[] = "pg-XXXXXX", path[64];
  (void)state;
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/fifo", folder);
  assert_int_equal(mkfifo(path, 0600), 0);
  expect_refused(path, "a device or pipe, expected a regular file");
  unlink(path);
  rmdir(folder);
}

static void a_device_is_refused(void **state) {
  (void)state;
  expect_refused("/dev/zero", "a device or pipe, expected a regular file");
}

static void a_file_without_read_permission_is_refused(void **state) {
  char path[] = "pg-XXXXXX";
  (void)state;
  if (geteuid() == 0) {
    print_message("skipped: root may read every file\n");
    skip();
  }
  int file = mkstemp(path);
  assert_true(file >= 0);
  assert_int_equal(fchmod(file, 0), 0);
  close(file);
  expect_refused(path, "permission denied");
  unlink(path);
}

static void a_link_to_a_capture_is_followed(void **state) {
  static const char text[] = "{\"portguard_capture\":1,\"tcp\":[]}";
  char path[] = "pg-XXXXXX", link[32];
  struct pg_snapshot *snapshot = NULL;
  (void)state;
  int file = mkstemp(path);
  assert_true(file >= 0);
  assert_int_equal(write(file, text, sizeof text - 1), sizeof text - 1);
  close(file);
  snprintf(link, sizeof link, "%s.link", path);
  assert_int_equal(symlink(path, link), 0);
  assert_int_equal(capture_read_file(link, 1, &snapshot, NULL), PG_OK);
  snapshot_unref(snapshot);
  unlink(link);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_fifo_is_refused_at_once),
      cmocka_unit_test(a_device_is_refused),
      cmocka_unit_test(a_file_without_read_permission_is_refused),
      cmocka_unit_test(a_link_to_a_capture_is_followed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
