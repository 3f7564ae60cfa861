#include "common/error.h"
#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static const enum pg_error all[] = {
#define X(name, rpc, exit_code, text) PG_E_##name,
    PG_ERROR_LIST(X)
#undef X
};

static void failing_returns_the_code_and_keeps_the_words(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  assert_int_equal(pg_fail(&fault, PG_E_NOTFOUND, "no service \"%s\"", "W3SVC"),
                   PG_E_NOTFOUND);
  assert_int_equal(fault.code, PG_E_NOTFOUND);
  assert_string_equal(fault.message, "no service \"W3SVC\"");
  assert_string_equal(fault.hint, "");
  assert_string_equal(fault.param, "");
}

static void failing_without_a_fault_still_returns_the_code(void **state) {
  (void)state;
  assert_int_equal(pg_fail(NULL, PG_E_IO, "%d", 1), PG_E_IO);
  pg_fault_hint(NULL, "x");
  pg_fault_param(NULL, "x");
}

static void failing_anew_forgets_the_former_hint(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  (void)pg_fail(&fault, PG_E_WINDOWS, "first");
  pg_fault_hint(&fault, "portguardctl %s", "doctor");
  pg_fault_param(&fault, "port");
  fault.win32 = 5;
  assert_string_equal(fault.hint, "portguardctl doctor");
  assert_string_equal(fault.param, "port");
  (void)pg_fail(&fault, PG_E_IO, "second");
  assert_string_equal(fault.hint, "");
  assert_string_equal(fault.param, "");
  assert_int_equal(fault.win32, 0);
}

static void words_may_quote_the_fault_they_replace(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  (void)pg_fail(&fault, PG_E_PARSE, "byte 3: found \"x\"");
  (void)pg_fail(&fault, PG_E_FORMAT, "host.json: %s", fault.message);
  assert_string_equal(fault.message, "host.json: byte 3: found \"x\"");
}

static void empty_words_are_replaced_by_the_default(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  (void)pg_fail(&fault, PG_E_BUSY, "%s", "");
  assert_string_equal(fault.message, pg_error_text(PG_E_BUSY));
}

static void long_words_are_cut_between_characters(void **state) {
  struct pg_fault fault = {0};
  char words[1200];
  (void)state;
  for (size_t start = 0; start < 3; start++) {
    memset(words, 'x', sizeof words);
    for (size_t i = start; i + 3 < sizeof words; i += 3)
      memcpy(words + i, "\xE2\x82\xAC", 3);
    words[sizeof words - 3] = '\0';
    (void)pg_fail(&fault, PG_E_IO, "%s", words);
    assert_in_range(strlen(fault.message), sizeof fault.message - 4,
                    sizeof fault.message - 1);
    assert_true(pg_utf8_valid(fault.message, strlen(fault.message)));
    pg_fault_hint(&fault, "%s", words);
    assert_true(pg_utf8_valid(fault.hint, strlen(fault.hint)));
  }
}

static void every_code_crosses_the_wire_as_itself_or_its_general_form(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    enum pg_error back = pg_error_from_rpc(pg_error_rpc(all[i]));
    if (pg_error_rpc(all[i]) == 0 || pg_error_rpc(all[i]) == -32603)
      assert_int_equal(back, PG_E_INTERNAL);
    else
      assert_int_equal(back, all[i]);
  }
}

static void unknown_wire_codes_are_internal_errors(void **state) {
  (void)state;
  assert_int_equal(pg_error_from_rpc(0), PG_E_INTERNAL);
  assert_int_equal(pg_error_from_rpc(-1), PG_E_INTERNAL);
  assert_int_equal(pg_error_from_rpc(42), PG_E_INTERNAL);
}

static void exit_codes_are_those_of_the_cli_page(void **state) {
  (void)state;
  assert_int_equal(pg_error_exit(PG_OK), 0);
  assert_int_equal(pg_error_exit(PG_E_DENIED), 4);
  assert_int_equal(pg_error_exit(PG_E_BUSY), 5);
  assert_int_equal(pg_error_exit(PG_E_TIMEOUT), 5);
  assert_int_equal(pg_error_exit(PG_E_UNREACHABLE), 5);
  assert_int_equal(pg_error_exit(PG_E_REFUSED), 6);
  assert_int_equal(pg_error_exit(PG_E_PARAMS), 64);
  assert_int_equal(pg_error_exit(PG_E_USAGE), 64);
  assert_int_equal(pg_error_exit(PG_E_NOTFOUND), 7);
}

static void code_outside_the_list_is_an_internal_error(void **state) {
  (void)state;
  assert_int_equal(pg_error_rpc((enum pg_error)999), -32603);
  assert_string_equal(pg_error_text((enum pg_error)999), "internal error");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(failing_returns_the_code_and_keeps_the_words),
      cmocka_unit_test(failing_without_a_fault_still_returns_the_code),
      cmocka_unit_test(failing_anew_forgets_the_former_hint),
      cmocka_unit_test(words_may_quote_the_fault_they_replace),
      cmocka_unit_test(empty_words_are_replaced_by_the_default),
      cmocka_unit_test(long_words_are_cut_between_characters),
      cmocka_unit_test(every_code_crosses_the_wire_as_itself_or_its_general_form),
      cmocka_unit_test(unknown_wire_codes_are_internal_errors),
      cmocka_unit_test(exit_codes_are_those_of_the_cli_page),
      cmocka_unit_test(code_outside_the_list_is_an_internal_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
