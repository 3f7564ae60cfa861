#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/os_name.h"
#include "service/platform.h"

#include <string.h>

static void a_pipe_of_ones_own_is_allowed(void **state) {
  (void)state;
  assert_true(platform_pipe_name_allowed("\\\\.\\pipe\\portguard-dev"));
  assert_true(platform_pipe_name_allowed("\\\\.\\PIPE\\mine"));
}

static void the_names_of_the_product_are_not_for_run(void **state) {
  (void)state;
  assert_false(platform_pipe_name_allowed("\\\\.\\pipe\\portguard"));
  assert_false(platform_pipe_name_allowed("\\\\.\\pipe\\PortGuard"));
  assert_false(platform_pipe_name_allowed(
      "\\\\.\\pipe\\ProtectedPrefix\\Administrators\\portguard"));
}

static void other_spellings_of_the_same_name_do_not_help(void **state) {
  (void)state;
  assert_false(platform_pipe_name_allowed("//./pipe/portguard"));
  assert_false(platform_pipe_name_allowed("\\\\.\\pipe\\x\\..\\portguard"));
  assert_false(platform_pipe_name_allowed("\\\\.\\pipe\\.\\portguard"));
}

static void what_is_no_pipe_name_is_refused(void **state) {
  (void)state;
  assert_false(platform_pipe_name_allowed(""));
  assert_false(platform_pipe_name_allowed("portguard-dev"));
  assert_false(platform_pipe_name_allowed("\\\\.\\pipe\\"));
  assert_false(platform_pipe_name_allowed("\\\\server\\pipe\\portguard-dev"));
  assert_false(platform_pipe_name_allowed("\\\\.\\pipe\\..\\C:\\file"));
}

static void the_system_has_a_name_and_a_version(void **state) {
  char os[PG_OS_CHARS];
  (void)state;
  assert_string_equal(pg_os_name(os, sizeof os), os);
  assert_int_equal(strncmp(os, "Windows ", 8), 0);
  assert_non_null(strchr(os, '.'));
}

static void memory_in_use_is_known(void **state) {
  uint64_t bytes = 0, handles = 0;
  (void)state;
  platform_usage(&bytes, &handles);
  assert_true(bytes > 100 * 1024);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pipe_of_ones_own_is_allowed),
      cmocka_unit_test(the_names_of_the_product_are_not_for_run),
      cmocka_unit_test(other_spellings_of_the_same_name_do_not_help),
      cmocka_unit_test(what_is_no_pipe_name_is_refused),
      cmocka_unit_test(the_system_has_a_name_and_a_version),
      cmocka_unit_test(memory_in_use_is_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
