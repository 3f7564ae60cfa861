/* The trusted folder on Windows: descriptors as Windows makes them from SDDL, and what
 * can be done with real files. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/text.h"
#include "service/files/files.h"
#include "service/files/trust.h"
#include "service/files/win_seen.h"

#include <windows.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- descriptors --- */

static enum pg_error judge(const wchar_t *sddl) {
  PSECURITY_DESCRIPTOR descriptor = NULL;
  ULONG len = 0;
  assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1,
                                                                   &descriptor, &len));
  const struct trust_windows seen = {
      .path = "C:\\x",
      .final_path = "C:\\x",
      .folder = true,
      .descriptor = (const uint8_t *)descriptor,
      .descriptor_len = len,
      .self = "S-1-5-18",
  };
  enum pg_error error = trust_windows(&seen, NULL);
  LocalFree(descriptor);
  return error;
}

static void descriptors_made_by_windows_are_understood(void **state) {
  static const struct {
    const wchar_t *sddl;
    bool trusted;
  } cases[] = {
      {L"O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-18)", true},
      {L"O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)", true},
      {L"O:BAG:SYD:P(A;;FA;;;SY)", true},
      {L"O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464D:P(A;;GA;;;SY)",
       true},
      {L"O:SYD:P", true},
      {L"O:SYD:(A;;FR;;;WD)(A;OICIIO;GA;;;CO)", true},
      {L"O:BUG:SYD:P(A;;FA;;;SY)", false},
      {L"D:P(A;;FA;;;SY)", false},
      {L"O:SY", false},
      {L"O:SYD:(A;;FA;;;SY)(A;;FW;;;BU)", false},
      {L"O:SYD:(A;;GW;;;AU)", false},
      {L"O:SYD:(A;;SD;;;WD)", false},
      {L"O:SYD:(A;;WD;;;IU)", false},
      {L"O:SYD:(A;;0x2;;;S-1-5-21-1-2-3-1001)", false},
      /* The entries of %ProgramData%. */
      {L"O:SYD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIIOID;GA;;;CO)"
       L"(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)",
       false},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if ((judge(cases[i].sddl) == PG_OK) != cases[i].trusted)
      fail_msg("case %d: expected %s", (int)i, cases[i].trusted ? "trusted" : "refused");
}

/* --- real folders --- */

static char folder[MAX_PATH];

static int make_folder(void **state) {
  char temp[MAX_PATH];
  (void)state;
  if (GetTempPathA(sizeof temp, temp) == 0)
    return -1;
  snprintf(folder, sizeof folder, "%spg-%lx-%llx", temp, GetCurrentProcessId(),
           (unsigned long long)GetTickCount64());
  return 0;
}

static const char *inside(const char *name) {
  static char path[2 * MAX_PATH];
  snprintf(path, sizeof path, "%s\\%s", folder, name);
  return path;
}

static int remove_folder(void **state) {
  (void)state;
  DeleteFileA(inside("state.json"));
  return RemoveDirectoryA(folder) ? 0 : -1;
}

static struct files *open_good(const char *path) {
  struct files *files = NULL;
  struct pg_fault fault = {0};
  if (files_open(path, &files, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  return files;
}

static void other_spellings_of_the_path_are_the_same_folder(void **state) {
  char path[2 * MAX_PATH];
  struct files *files = open_good(folder), *again;
  (void)state;
  snprintf(path, sizeof path, "%s\\", folder);
  again = open_good(path);
  assert_string_equal(files_path(files), files_path(again));
  files_close(again);
  snprintf(path, sizeof path, "%s\\.\\..\\", folder);
  snprintf(path + strlen(path), sizeof path - strlen(path), "%s",
           strrchr(folder, '\\') + 1);
  for (char *c = path; *c; c++)
    *c = *c == '\\' ? '/' : *c;
  again = open_good(path);
  assert_true(pg_case_equal(files_path(files), files_path(again)));
  files_close(again);
  files_close(files);
}

static void an_open_folder_cannot_be_moved_or_removed(void **state) {
  char moved[MAX_PATH + 8];
  struct files *files = open_good(folder);
  (void)state;
  snprintf(moved, sizeof moved, "%s.moved", folder);
  assert_false(RemoveDirectoryA(folder));
  assert_int_equal(GetLastError(), ERROR_SHARING_VIOLATION);
  BOOL renamed = MoveFileA(folder, moved);
  if (renamed) /* Wine lets a folder be renamed that Windows would not */
    assert_true(MoveFileA(moved, folder));
  files_close(files);
  if (renamed) {
    print_message("skipped: this system renames a folder that is held open\n");
    skip();
  }
}

static void a_second_name_of_a_file_is_refused(void **state) {
  struct files *files = open_good(folder);
  struct pg_fault fault = {0};
  struct pg_text text;
  char other[2 * MAX_PATH];
  (void)state;
  assert_int_equal(files_replace(files, "state.json", "{}", 2, &fault), PG_OK);
  snprintf(other, sizeof other, "%s", inside("other"));
  assert_true(CreateHardLinkA(other, inside("state.json"), NULL));
  assert_int_equal(files_read(files, "state.json", 10, &text, &fault), PG_E_REFUSED);
  pg_text_free(&text);
  assert_string_equal(fault.rule, FILES_RULE);
  assert_non_null(strstr(fault.message, "2 names lead to it"));
  assert_true(DeleteFileA(other));
  assert_int_equal(files_read(files, "state.json", 10, &text, &fault), PG_OK);
  pg_text_free(&text);
  files_close(files);
}

static void a_file_that_somebody_has_open_is_read_all_the_same(void **state) {
  struct files *files = open_good(folder);
  struct pg_text text;
  (void)state;
  assert_int_equal(files_replace(files, "state.json", "{}", 2, NULL), PG_OK);
  HANDLE editor =
      CreateFileA(inside("state.json"), GENERIC_READ | GENERIC_WRITE,
                  FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
  assert_true(editor != INVALID_HANDLE_VALUE);
  assert_int_equal(files_read(files, "state.json", 10, &text, NULL), PG_OK);
  assert_string_equal(pg_text_str(&text), "{}");
  pg_text_free(&text);
  CloseHandle(editor);
  files_close(files);
}

/* What is wrong then passes without the file having changed. */
static void
a_file_that_somebody_has_for_himself_alone_is_read_when_he_lets_go(void **state) {
  struct files *files = open_good(folder);
  struct files_stamp stamp = {0};
  struct pg_fault fault = {0};
  struct pg_text text;
  (void)state;
  assert_int_equal(files_replace(files, "state.json", "{}", 2, NULL), PG_OK);
  HANDLE alone = CreateFileA(inside("state.json"), GENERIC_READ, 0, NULL, OPEN_EXISTING,
                             FILE_ATTRIBUTE_NORMAL, NULL);
  assert_true(alone != INVALID_HANDLE_VALUE);
  assert_true(files_changed(files, "state.json", &stamp));
  enum pg_error error = files_read(files, "state.json", 10, &text, &fault);
  assert_int_equal(fault.win32, ERROR_SHARING_VIOLATION);
  assert_true(files_may_pass(error));
  pg_text_free(&text);
  CloseHandle(alone);
  assert_false(files_changed(files, "state.json", &stamp));
  assert_int_equal(files_read(files, "state.json", 10, &text, NULL), PG_OK);
  pg_text_free(&text);
  files_close(files);
}

static HANDLE open_folder(DWORD sharing) {
  return CreateFileA(folder, FILE_LIST_DIRECTORY, sharing, NULL, OPEN_EXISTING,
                     FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

static void a_folder_that_is_open_cannot_be_had_alone(void **state) {
  struct files *files = open_good(folder);
  (void)state;
  assert_true(open_folder(0) == INVALID_HANDLE_VALUE);
  assert_int_equal(GetLastError(), ERROR_SHARING_VIOLATION);
  assert_true(open_folder(FILE_SHARE_READ) == INVALID_HANDLE_VALUE);
  assert_int_equal(GetLastError(), ERROR_SHARING_VIOLATION);
  HANDLE other = open_folder(FILE_SHARE_READ | FILE_SHARE_WRITE);
  assert_true(other != INVALID_HANDLE_VALUE);
  CloseHandle(other);
  files_close(files);
}

static void
a_folder_that_somebody_has_for_himself_alone_is_held_when_he_lets_go(void **state) {
  struct files_stamp stamp = {0};
  struct pg_text text;
  (void)state;
  files_close(open_good(folder)); /* it is there now */
  HANDLE alone = open_folder(0);
  assert_true(alone != INVALID_HANDLE_VALUE);
  struct files *files = open_good(folder);
  assert_int_equal(files_read(files, "state.json", 10, &text, NULL), PG_E_NOTFOUND);
  pg_text_free(&text);
  assert_false(files_changed(files, "state.json", &stamp));
  CloseHandle(alone);
  alone = open_folder(0);
  assert_true(alone != INVALID_HANDLE_VALUE); /* nobody has noticed yet */
  CloseHandle(alone);
  assert_false(files_changed(files, "state.json", &stamp));
  assert_true(open_folder(0) == INVALID_HANDLE_VALUE);
  files_close(files);
}

static void a_look_makes_nothing_and_tells_what_is_not_trusted(void **state) {
  struct pg_fault fault = {0};
  char other[2 * MAX_PATH];
  assert_int_equal(make_folder(state), 0); /* its name only */
  assert_int_equal(files_look(folder, "state.json", &fault), PG_OK);
  assert_int_equal(GetFileAttributesA(folder), INVALID_FILE_ATTRIBUTES);
  struct files *files = open_good(folder);
  assert_int_equal(files_look(folder, "state.json", &fault), PG_OK);
  assert_int_equal(files_replace(files, "state.json", "{}", 2, NULL), PG_OK);
  assert_int_equal(files_look(folder, "state.json", &fault), PG_OK);
  snprintf(other, sizeof other, "%s", inside("other"));
  assert_true(CreateHardLinkA(other, inside("state.json"), NULL));
  assert_int_equal(files_look(folder, "state.json", &fault), PG_E_REFUSED);
  assert_true(fault.hint[0] != '\0');
  assert_true(DeleteFileA(other));
  files_close(files);
  assert_int_equal(remove_folder(state), 0);
}

/* What was made is protected and holds exactly the entries that were asked for. Wine
 * keeps no descriptors of files. */
static void a_new_folder_inherits_nothing(void **state) {
  BYTE bytes[4096];
  DWORD needed = 0, revision = 0;
  SECURITY_DESCRIPTOR_CONTROL control = 0;
  struct files *files = open_good(folder);
  HANDLE handle = CreateFileA(folder, READ_CONTROL, FILE_SHARE_READ | FILE_SHARE_WRITE,
                              NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
  (void)state;
  files_close(files);
  assert_true(handle != INVALID_HANDLE_VALUE);
  assert_true(GetKernelObjectSecurity(handle, DACL_SECURITY_INFORMATION, bytes,
                                      sizeof bytes, &needed));
  CloseHandle(handle);
  assert_true(GetSecurityDescriptorControl(bytes, &control, &revision));
  if (GetModuleHandleA("ntdll.dll") != NULL &&
      GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != NULL) {
    print_message("skipped: Wine keeps no descriptors of files\n");
    skip();
  }
  assert_true(control & SE_DACL_PROTECTED);
}

static void this_processs_user_is_told_as_a_sid(void **state) {
  struct pg_fault fault = {0};
  char *self = win_seen_self(&fault);
  (void)state;
  assert_non_null(self);
  assert_int_equal(strncmp(self, "S-1-5-", 6), 0);
  free(self);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(descriptors_made_by_windows_are_understood),
      IN_FOLDER(other_spellings_of_the_path_are_the_same_folder),
      IN_FOLDER(an_open_folder_cannot_be_moved_or_removed),
      IN_FOLDER(a_second_name_of_a_file_is_refused),
      cmocka_unit_test(a_look_makes_nothing_and_tells_what_is_not_trusted),
      IN_FOLDER(a_file_that_somebody_has_open_is_read_all_the_same),
      IN_FOLDER(a_file_that_somebody_has_for_himself_alone_is_read_when_he_lets_go),
      IN_FOLDER(a_folder_that_is_open_cannot_be_had_alone),
      IN_FOLDER(a_folder_that_somebody_has_for_himself_alone_is_held_when_he_lets_go),
      IN_FOLDER(a_new_folder_inherits_nothing),
      cmocka_unit_test(this_processs_user_is_told_as_a_sid),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
