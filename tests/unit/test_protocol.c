#include "common/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void check_error(const struct pg_fault *fault, const char *expected) {
  struct pg_text text;
  struct pg_json json;
  pg_text_init(&text, 4096);
  pg_json_start(&json, &text);
  pg_protocol_error(&json, fault);
  assert_false(text.failed);
  assert_string_equal(pg_text_str(&text), expected);
  pg_text_free(&text);
}

static void plain_error_has_code_and_message_only(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  (void)pg_fail(&fault, PG_E_METHOD, "unknown method \"statsu\"");
  check_error(&fault, "{\"code\":-32601,\"message\":\"unknown method \\\"statsu\\\"\"}");
}

static void data_carries_what_is_known(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  (void)pg_fail(&fault, PG_E_PARAMS, "port \"80a\": expected 1-65535");
  pg_fault_param(&fault, "port");
  check_error(&fault,
              "{\"code\":-32602,\"message\":\"port \\\"80a\\\": expected 1-65535\","
              "\"data\":{\"param\":\"port\"}}");
  pg_fault_hint(&fault, "portguardctl status 80");
  fault.win32 = 4294967295u;
  check_error(&fault,
              "{\"code\":-32602,\"message\":\"port \\\"80a\\\": expected 1-65535\","
              "\"data\":{\"hint\":\"portguardctl status 80\",\"param\":\"port\","
              "\"win32\":4294967295}}");
}

static void a_refusal_names_its_rule(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  (void)pg_fail(&fault, PG_E_REFUSED, "RpcSs is protected");
  pg_fault_rule(&fault, "protected");
  check_error(&fault, "{\"code\":-32005,\"message\":\"RpcSs is protected\","
                      "\"data\":{\"rule\":\"protected\"}}");
}

static void error_without_words_has_the_default_ones(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  fault.code = PG_E_BUSY;
  check_error(&fault, "{\"code\":-32002,\"message\":\"the service is busy\"}");
}

static void code_of_the_client_alone_is_an_internal_error_on_the_wire(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  (void)pg_fail(&fault, PG_E_USAGE, "wrong");
  check_error(&fault, "{\"code\":-32603,\"message\":\"wrong\"}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_error_has_code_and_message_only),
      cmocka_unit_test(data_carries_what_is_known),
      cmocka_unit_test(a_refusal_names_its_rule),
      cmocka_unit_test(error_without_words_has_the_default_ones),
      cmocka_unit_test(code_of_the_client_alone_is_an_internal_error_on_the_wire),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
