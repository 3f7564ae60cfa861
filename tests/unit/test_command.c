#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/command.h"

static void check_line(const char *name, const char *expected) {
  struct pg_text lines;
  pg_text_init(&lines, 4096);
  pg_service_command(&lines, "net stop ", name, " /y");
  assert_string_equal(pg_text_str(&lines), expected);
  pg_text_free(&lines);
}

static void a_name_is_written_as_a_command_line_must_have_it(void **state) {
  (void)state;
  check_line("W3SVC", "net stop W3SVC /y\n");
  check_line("MSSQL$SHOP", "net stop MSSQL$SHOP /y\n");
  check_line("Acme Web", "net stop \"Acme Web\" /y\n");
}

static void a_name_that_is_not_safe_to_paste_gets_the_console(void **state) {
  static const char *const names[] = {"a & calc",
                                      "a\"b",
                                      "%PATH% x",
                                      "a`b c",
                                      "$(calc) x",
                                      "a \xE2\x80\x9C"
                                      "b",
                                      "a\xE2\x80\xAE"
                                      "b",
                                      "a\x1b[2J",
                                      "bad \xff utf-8"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    check_line(names[i], "services.msc\n");
}

static void the_console_is_named_once_in_a_row(void **state) {
  struct pg_text lines;
  (void)state;
  pg_text_init(&lines, 4096);
  pg_service_command(&lines, "net stop ", "a&b", "");
  pg_service_command(&lines, "net stop ", "c&d", "");
  pg_service_command(&lines, "net stop ", "ok", "");
  assert_string_equal(pg_text_str(&lines), "services.msc\nnet stop ok\n");
  pg_text_free(&lines);
}

static void a_hint_is_one_line(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  pg_service_hint(&fault, "net start ", "Acme Web");
  assert_string_equal(fault.hint, "net start \"Acme Web\"");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_name_is_written_as_a_command_line_must_have_it),
      cmocka_unit_test(a_name_that_is_not_safe_to_paste_gets_the_console),
      cmocka_unit_test(the_console_is_named_once_in_a_row),
      cmocka_unit_test(a_hint_is_one_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
