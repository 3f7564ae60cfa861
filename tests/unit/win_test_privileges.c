/* What is left of the privileges of a process. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <windows.h>

#include "service/win_privileges.h"

#include <stdio.h>
#include <string.h>

/* The names of what this process's token has, each with a blank before it. */
static void list(char *out, size_t size) {
  static union {
    TOKEN_PRIVILEGES all;
    BYTE bytes[4096];
  } info;
  HANDLE token = NULL;
  DWORD needed = 0;
  size_t len = 0;
  assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
  assert_true(GetTokenInformation(token, TokenPrivileges, &info, sizeof info, &needed));
  CloseHandle(token);
  out[0] = '\0';
  for (DWORD i = 0; i < info.all.PrivilegeCount; i++) {
    char name[64];
    DWORD chars = sizeof name;
    assert_true(LookupPrivilegeNameA(NULL, &info.all.Privileges[i].Luid, name, &chars));
    int added = snprintf(out + len, size - len, " %s", name);
    assert_true(added > 0 && (size_t)added < size - len);
    len += (size_t)added;
  }
}

static void all_privileges_but_the_needed_one_are_gone_for_good(void **state) {
  char before[4096], after[4096];
  (void)state;
  list(before, sizeof before);
  assert_non_null(strstr(before, " SeDebugPrivilege"));
  assert_int_equal(win_privileges_drop(), 0);
  list(after, sizeof after);
  assert_string_equal(after, " SeChangeNotifyPrivilege");
}

static void to_drop_them_again_changes_nothing(void **state) {
  char after[4096];
  (void)state;
  assert_int_equal(win_privileges_drop(), 0);
  assert_int_equal(win_privileges_drop(), 0);
  list(after, sizeof after);
  assert_string_equal(after, " SeChangeNotifyPrivilege");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_privileges_but_the_needed_one_are_gone_for_good),
      cmocka_unit_test(to_drop_them_again_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
