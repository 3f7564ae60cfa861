#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client/call.h"
#include "client/client.h"

#include <stdio.h>
#include <string.h>

static struct pg_fault fault;

static enum pg_error answer(const char *line, cJSON **result) {
  memset(&fault, 0, sizeof fault);
  return call_read_answer(line, strlen(line), 7, result, &fault);
}

static void a_result_is_taken_out_of_its_envelope(void **state) {
  (void)state;
  cJSON *result = NULL;
  assert_int_equal(
      answer("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"a\":1},\"new\":true}", &result),
      PG_OK);
  assert_true(cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(result, "a")));
  cJSON_Delete(result);
}

static void what_is_no_answer_to_the_request_is_refused(void **state) {
  (void)state;
  static const char *const lines[] = {
      "",
      "garbage",
      "[]",
      "7",
      "{}",
      "{\"jsonrpc\":\"2.0\",\"id\":7}",
      "{\"jsonrpc\":\"1.0\",\"id\":7,\"result\":{}}",
      "{\"id\":7,\"result\":{}}",
      "{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":{}}",
      "{\"jsonrpc\":\"2.0\",\"id\":\"7\",\"result\":{}}",
      "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}",
      "{\"jsonrpc\":\"2.0\",\"result\":{}}",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[]}",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{},\"error\":{\"code\":-1}}",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}} trailing",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"a\":1,\"a\":2}}",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"a\":\"\xff\"}}",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"a\":\"\x01\"}}",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{}}",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":5,\"message\":\"x\"}}",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32603.5,\"message\":\"x\"}}",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32603}}",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":\"x\"}",
      "{\"jsonrpc\":\"2.0\",\"id\":8,\"error\":{\"code\":-32603,\"message\":\"x\"}}",
  };
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    cJSON *result = NULL;
    assert_int_equal(answer(lines[i], &result), PG_E_FORMAT);
    assert_null(result);
    assert_non_null(strstr(fault.message, "not an answer"));
    assert_int_equal(pg_error_exit(fault.code), 7);
  }
}

static void an_error_brings_its_words_and_hint(void **state) {
  (void)state;
  cJSON *result = NULL;
  enum pg_error err =
      answer("{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32006,\"message\":"
             "\"no\\u001b[2J\",\"data\":{\"hint\":\"do it\",\"param\":\"port\","
             "\"win32\":5}}}",
             &result);
  assert_int_equal(err, PG_E_WINDOWS);
  assert_string_equal(fault.message, "no<1B>[2J");
  assert_string_equal(fault.hint, "do it");
  assert_string_equal(fault.param, "port");
  assert_int_equal(fault.win32, 5);
}

static void every_code_has_its_exit_code(void **state) {
  (void)state;
  static const struct {
    int rpc, exit_code;
  } codes[] = {{-32700, 7}, {-32600, 7}, {-32601, 7}, {-32602, 64},
               {-32603, 7}, {-32001, 4}, {-32002, 5}, {-32003, 5},
               {-32004, 7}, {-32005, 6}, {-32006, 7}, {-32099, 7}};
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    struct pg_text line;
    cJSON *result = NULL;
    pg_text_init(&line, 1000);
    pg_text_printf(
        &line, "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":%d,\"message\":\"m\"}}",
        codes[i].rpc);
    assert_int_equal(pg_error_exit(answer(pg_text_str(&line), &result)),
                     codes[i].exit_code);
    pg_text_free(&line);
  }
}

static void an_error_about_no_request_is_taken(void **state) {
  (void)state;
  cJSON *result = NULL;
  assert_int_equal(answer("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32002,"
                          "\"message\":\"too many connections\"}}",
                          &result),
                   PG_E_BUSY);
  assert_string_equal(fault.message, "too many connections");
}

static void json_is(const char *in, const char *expected) {
  struct pg_text out;
  struct pg_json json;
  cJSON *value = cJSON_ParseWithLengthOpts(in, strlen(in) + 1, NULL, 1);
  assert_non_null(value);
  pg_text_init(&out, 10000);
  pg_json_start(&json, &out);
  client_write_json(&json, value);
  assert_string_equal(pg_text_str(&out), expected);
  pg_text_free(&out);
  cJSON_Delete(value);
}

static void json_goes_out_as_it_came_in(void **state) {
  (void)state;
  static const char answer_text[] =
      "{\"schema\":1,\"a\":[],\"b\":{},\"c\":[1,-2,null,true,false,\"x\"],\"d\":0.5,"
      "\"e\":9007199254740991,\"f\":\"\xc3\xa4 \\\"q\\\"\"}";
  json_is(answer_text, answer_text);
}

static void json_goes_out_with_unsafe_characters_escaped(void **state) {
  (void)state;
  json_is("{\"\xe2\x80\xaek\":\"a\xc2\x9b\xe2\x80\x8b\\u001b\"}",
          "{\"\\u202ek\":\"a\\u009b\\u200b\\u001b\"}");
}

static void json_errors_are(enum pg_error code, const char *expected) {
  struct pg_text out;
  struct pg_json json;
  memset(&fault, 0, sizeof fault);
  pg_fail(&fault, code, "m");
  pg_text_init(&out, 10000);
  pg_json_start(&json, &out);
  pg_json_object(&json);
  client_write_error(&json, &fault);
  pg_json_end_object(&json);
  assert_string_equal(pg_text_str(&out), expected);
  pg_text_free(&out);
}

static void errors_of_the_client_itself_have_a_code(void **state) {
  char unreachable[256];
  (void)state;
  (void)snprintf(unreachable, sizeof unreachable,
                 "{\"error\":{\"code\":-32000,\"message\":\"m\",\"hint\":\"%s\"}}",
                 client_start_hint());
  json_errors_are(PG_E_UNREACHABLE, unreachable);
  json_errors_are(PG_E_USAGE, "{\"error\":{\"code\":-32602,\"message\":\"m\","
                              "\"hint\":\"portguardctl --help\"}}");
  json_errors_are(PG_E_TIMEOUT, "{\"error\":{\"code\":-32003,\"message\":\"m\","
                                "\"hint\":\"portguardctl health\"}}");
}

static void an_error_without_a_next_step_has_no_hint(void **state) {
  (void)state;
  json_errors_are(PG_E_NOMEM,
                  "{\"error\":{\"code\":-32603,\"message\":\"m\",\"hint\":null}}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_result_is_taken_out_of_its_envelope),
      cmocka_unit_test(what_is_no_answer_to_the_request_is_refused),
      cmocka_unit_test(an_error_brings_its_words_and_hint),
      cmocka_unit_test(every_code_has_its_exit_code),
      cmocka_unit_test(an_error_about_no_request_is_taken),
      cmocka_unit_test(json_goes_out_as_it_came_in),
      cmocka_unit_test(json_goes_out_with_unsafe_characters_escaped),
      cmocka_unit_test(errors_of_the_client_itself_have_a_code),
      cmocka_unit_test(an_error_without_a_next_step_has_no_hint),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
