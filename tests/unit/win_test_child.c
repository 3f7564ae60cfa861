/* Running a program with a deadline. The program is this one again, told by its
 * first argument what to do. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <windows.h>

#include "service/sources/win_child.h"

#include <io.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (1024u * 1024u)
#define PLENTY_MS 30000
#define SHORT_MS 300

static wchar_t self[MAX_PATH];

static void run_self(const wchar_t *what, size_t max, uint32_t deadline_ms,
                     struct win_child *child) {
  wchar_t line[2 * MAX_PATH];
  swprintf(line, 2 * MAX_PATH, L"\"%ls\" child %ls", self, what);
  win_child_run(self, line, max, deadline_ms, child);
}

static void output_and_exit_code_come_back(void **state) {
  struct win_child child;
  (void)state;
  run_self(L"speak", MAX_BYTES, PLENTY_MS, &child);
  assert_string_equal(child.error, "");
  assert_int_equal(child.len, 10);
  assert_memory_equal(child.output, "out\nerror\n", 10);
  assert_int_equal(child.exit_code, 7);
  free(child.output);
}

static void output_larger_than_a_pipe_arrives_whole(void **state) {
  struct win_child child;
  (void)state;
  run_self(L"flood 500000", MAX_BYTES, PLENTY_MS, &child);
  assert_string_equal(child.error, "");
  assert_int_equal(child.len, 500000);
  for (size_t i = 0; i < child.len; i += 997)
    assert_int_equal(child.output[i], 'x');
  free(child.output);
}

static void output_of_exactly_the_limit_is_accepted_and_one_more_is_not(void **state) {
  struct win_child child;
  (void)state;
  run_self(L"flood 100000", 100000, PLENTY_MS, &child);
  assert_string_equal(child.error, "");
  assert_int_equal(child.len, 100000);
  free(child.output);
  run_self(L"flood 100001", 100000, PLENTY_MS, &child);
  assert_null(child.output);
  assert_non_null(strstr(child.error, "more than"));
}

static void no_output_is_no_error(void **state) {
  struct win_child child;
  (void)state;
  run_self(L"nothing", MAX_BYTES, PLENTY_MS, &child);
  assert_string_equal(child.error, "");
  assert_int_equal(child.len, 0);
  assert_int_equal(child.exit_code, 0);
  free(child.output);
}

static void a_program_that_hangs_is_ended_at_the_deadline(void **state) {
  struct win_child child;
  ULONGLONG begun = GetTickCount64();
  (void)state;
  run_self(L"hang", MAX_BYTES, SHORT_MS, &child);
  assert_true(GetTickCount64() - begun < PLENTY_MS);
  assert_null(child.output);
  assert_non_null(strstr(child.error, "timed out"));
}

/* Its child holds the write end of the pipe: only ending both ends the read. */
static void the_children_of_a_program_end_with_it(void **state) {
  struct win_child child;
  ULONGLONG begun = GetTickCount64();
  (void)state;
  run_self(L"parent", MAX_BYTES, SHORT_MS, &child);
  assert_true(GetTickCount64() - begun < PLENTY_MS);
  assert_non_null(strstr(child.error, "timed out"));
}

/* Its output is closed, but it does not end. */
static void closing_the_output_does_not_escape_the_deadline(void **state) {
  struct win_child child;
  ULONGLONG begun = GetTickCount64();
  (void)state;
  run_self(L"mute", MAX_BYTES, SHORT_MS, &child);
  assert_true(GetTickCount64() - begun < PLENTY_MS);
  assert_non_null(strstr(child.error, "timed out"));
}

static void a_handle_that_is_inheritable_stays_at_home(void **state) {
  SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
  struct win_child child;
  wchar_t what[64];
  (void)state;
  HANDLE secret = CreateEventW(&inherit, TRUE, FALSE, NULL);
  assert_non_null(secret);
  swprintf(what, 64, L"signal %llu", (unsigned long long)(uintptr_t)secret);
  run_self(what, MAX_BYTES, PLENTY_MS, &child);
  assert_string_equal(child.error, "");
  assert_int_equal(WaitForSingleObject(secret, 0), WAIT_TIMEOUT);
  free(child.output);
  CloseHandle(secret);
}

static void a_program_that_is_not_there_is_told_by_name_of_the_function(void **state) {
  struct win_child child;
  (void)state;
  win_child_run(L"C:\\no-such-folder\\no.exe", L"no.exe", MAX_BYTES, PLENTY_MS, &child);
  assert_null(child.output);
  assert_non_null(strstr(child.error, "CreateProcessW"));
}

/* --- what the child does --- */

static int forever(void) {
  WaitForSingleObject(GetCurrentProcess(), INFINITE);
  return 1;
}

static int flood(const char *count) {
  for (long left = strtol(count, NULL, 10); left > 0; left--)
    putchar('x');
  return 0;
}

static int parent(void) {
  wchar_t line[2 * MAX_PATH];
  STARTUPINFOW start = {.cb = sizeof start};
  PROCESS_INFORMATION info;
  GetModuleFileNameW(NULL, self, MAX_PATH);
  swprintf(line, 2 * MAX_PATH, L"\"%ls\" child hang", self);
  if (!CreateProcessW(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &info))
    return 1;
  return 0;
}

static int be_child(int argc, char **argv) {
  const char *what = argv[2];
  _setmode(1, _O_BINARY);
  _setmode(2, _O_BINARY);
  if (strcmp(what, "speak") == 0) {
    fputs("out\n", stdout);
    fflush(stdout);
    fputs("error\n", stderr);
    return 7;
  }
  if (strcmp(what, "flood") == 0 && argc > 3)
    return flood(argv[3]);
  if (strcmp(what, "hang") == 0)
    return forever();
  if (strcmp(what, "parent") == 0)
    return parent();
  if (strcmp(what, "mute") == 0) {
    CloseHandle(GetStdHandle(STD_OUTPUT_HANDLE));
    CloseHandle(GetStdHandle(STD_ERROR_HANDLE));
    return forever();
  }
  if (strcmp(what, "signal") == 0 && argc > 3)
    SetEvent((HANDLE)(uintptr_t)strtoull(argv[3], NULL, 10));
  return 0;
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(output_and_exit_code_come_back),
      cmocka_unit_test(output_larger_than_a_pipe_arrives_whole),
      cmocka_unit_test(output_of_exactly_the_limit_is_accepted_and_one_more_is_not),
      cmocka_unit_test(no_output_is_no_error),
      cmocka_unit_test(a_program_that_hangs_is_ended_at_the_deadline),
      cmocka_unit_test(the_children_of_a_program_end_with_it),
      cmocka_unit_test(closing_the_output_does_not_escape_the_deadline),
      cmocka_unit_test(a_handle_that_is_inheritable_stays_at_home),
      cmocka_unit_test(a_program_that_is_not_there_is_told_by_name_of_the_function),
  };
  if (argc > 2 && strcmp(argv[1], "child") == 0)
    return be_child(argc, argv);
  GetModuleFileNameW(NULL, self, MAX_PATH);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
