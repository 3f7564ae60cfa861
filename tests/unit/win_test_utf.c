#include "common/text.h"
#include "common/win_start.h"
#include "common/win_utf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static void check_wide(const char *utf8, const wchar_t *expected) {
  wchar_t *wide = win_wide(utf8);
  assert_non_null(wide);
  assert_int_equal(wcscmp(wide, expected), 0);
  free(wide);
}

static void check_utf8(const wchar_t *wide, const char *expected) {
  char *utf8 = win_utf8(wide);
  assert_non_null(utf8);
  assert_string_equal(utf8, expected);
  free(utf8);
}

static void text_is_converted_both_ways(void **state) {
  (void)state;
  check_wide("", L"");
  check_wide("W3SVC", L"W3SVC");
  check_wide("\xC3\xBC\xE6\x97\xA5\xF0\x9F\x98\x80", L"\x00FC\x65E5\xD83D\xDE00");
  check_utf8(L"", "");
  check_utf8(L"W3SVC", "W3SVC");
  check_utf8(L"\x00FC\x65E5\xD83D\xDE00", "\xC3\xBC\xE6\x97\xA5\xF0\x9F\x98\x80");
  check_utf8(L"\x007F\x0080\x07FF\x0800\xFFFF",
             "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF");
  check_utf8(L"\xD800\xDC00\xDBFF\xDFFF", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

static void broken_utf8_is_repaired_byte_for_byte(void **state) {
  (void)state;
  check_wide("a\xFF\xE2\x82", L"a\xFFFD\xFFFD\xFFFD");
  check_wide("\xED\xA0\x80", L"\xFFFD\xFFFD\xFFFD");
}

static void half_a_pair_is_repaired(void **state) {
  (void)state;
  check_utf8(L"\xD83D", "\xEF\xBF\xBD");
  check_utf8(L"\xDE00\xD83D", "\xEF\xBF\xBD\xEF\xBF\xBD");
  check_utf8(L"\xD83Dx", "\xEF\xBF\xBDx");
}

static void counted_text_never_looks_behind_its_count(void **state) {
  char *utf8 = win_utf8_n(L"\xD83D\xDE00", 1);
  (void)state;
  assert_non_null(utf8);
  assert_string_equal(utf8, "\xEF\xBF\xBD");
  free(utf8);
  utf8 = win_utf8_n(L"W3SVC", 2);
  assert_string_equal(utf8, "W3");
  free(utf8);
}

static void every_unit_gives_valid_utf8(void **state) {
  (void)state;
  for (unsigned unit = 1; unit <= 0xFFFF; unit++) {
    wchar_t wide[] = {(wchar_t)unit, L'\0'};
    char *utf8 = win_utf8(wide);
    assert_true(pg_utf8_valid(utf8, strlen(utf8)));
    wchar_t *back = win_wide(utf8);
    unsigned expected = unit >= 0xD800 && unit <= 0xDFFF ? 0xFFFD : unit;
    assert_int_equal(back[0], expected);
    assert_int_equal(back[1], 0);
    free(back);
    free(utf8);
  }
}

static void command_line_arrives_as_utf8(void **state) {
  int argc = 0;
  char **argv = win_arguments(&argc);
  (void)state;
  assert_true(argc >= 1);
  assert_non_null(strstr(argv[0], "win_test_utf"));
  assert_null(argv[argc]);
  for (int i = 0; i < argc; i++)
    free(argv[i]);
  free(argv);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_is_converted_both_ways),
      cmocka_unit_test(broken_utf8_is_repaired_byte_for_byte),
      cmocka_unit_test(half_a_pair_is_repaired),
      cmocka_unit_test(counted_text_never_looks_behind_its_count),
      cmocka_unit_test(every_unit_gives_valid_utf8),
      cmocka_unit_test(command_line_arrives_as_utf8),
  };
  win_start(); /* hardening must not break what follows */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
