#include "common/json.h"
#include "common/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static const struct pg_json_limits request_limits = {PG_REQUEST_MAX, PG_REQUEST_DEPTH,
                                                     PG_REQUEST_NODES};
static const struct pg_json_limits wide_limits = {64 * PG_MIB, 16, 0};

/* From a block of exactly |len| bytes, so that a sanitizer sees any read behind
 * the end. */
static enum pg_error read_bytes(const char *text, size_t len,
                                const struct pg_json_limits *limits, cJSON **tree,
                                struct pg_fault *fault) {
  char *copy = malloc(len ? len : 1);
  assert_non_null(copy);
  memcpy(copy, text, len);
  enum pg_error error = pg_json_read(copy, len, limits, tree, fault);
  free(copy);
  assert_true((error == PG_OK) == (*tree != NULL));
  return error;
}

static cJSON *read_good(const char *text) {
  struct pg_fault fault = {0};
  cJSON *tree = NULL;
  if (read_bytes(text, strlen(text), &wide_limits, &tree, &fault) != PG_OK)
    fail_msg("%s: %s", text, fault.message);
  return tree;
}

static void check_bad(const char *text, const char *message) {
  struct pg_fault fault = {0};
  cJSON *tree = NULL;
  assert_int_equal(read_bytes(text, strlen(text), &wide_limits, &tree, &fault),
                   PG_E_PARSE);
  assert_string_equal(fault.message, message);
}

static void every_kind_of_value_is_read(void **state) {
  static const char *const good[] = {
      "{}",
      "[]",
      "null",
      "true",
      "false",
      "\"\"",
      "0",
      "-0",
      "10",
      "-1.5e+3",
      "1E2",
      "0.1",
      " \t\r\n[ 1 , { \"a\" : [ ] } ]\n",
      "[[],{}]",
      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\"",
      "\"\\ud83d\\ude00 \xF0\x9F\x98\x80 \x7F\"",
      "\"\\uDBFF\\uDFFF\"",
      "1e-999",
      "1.7e308",
  };
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    cJSON_Delete(read_good(good[i]));
}

static void tree_holds_what_the_text_said(void **state) {
  cJSON *tree =
      read_good("{\"port\":80,\"names\":[\"a\\u00e4\",\"\\ud83d\\ude00\"],\"x\":null}");
  (void)state;
  const cJSON *names = pg_json_member(tree, "names");
  assert_int_equal(cJSON_GetArraySize(names), 2);
  assert_string_equal(cJSON_GetArrayItem(names, 0)->valuestring, "a\xC3\xA4");
  assert_string_equal(cJSON_GetArrayItem(names, 1)->valuestring, "\xF0\x9F\x98\x80");
  assert_true(cJSON_IsNull(pg_json_member(tree, "x")));
  assert_null(pg_json_member(tree, "PORT"));
  assert_null(pg_json_member(names, "port"));
  assert_null(pg_json_member(NULL, "port"));
  cJSON_Delete(tree);
}

static void broken_grammar_is_refused_with_its_place(void **state) {
  (void)state;
  check_bad("", "byte 0: the text ends, expected a value");
  check_bad("  ", "byte 2: the text ends, expected a value");
  check_bad("x", "byte 0: found \"x\", expected a value");
  check_bad("{} x", "byte 3: found \"x\", expected nothing after the value");
  check_bad("{}{}", "byte 2: found \"{\", expected nothing after the value");
  check_bad("[1,]", "byte 3: found \"]\", expected a value");
  check_bad("[1 2]", "byte 3: found \"2\", expected \",\" or \"]\"");
  check_bad("[1", "byte 2: the text ends, expected \",\" or \"]\"");
  check_bad("{\"a\"}", "byte 4: found \"}\", expected \":\" after a key");
  check_bad("{a:1}", "byte 1: found \"a\", expected a key in quotes");
  check_bad("{\"a\":1,}", "byte 7: found \"}\", expected a key in quotes");
  check_bad("{\"a\":1]", "byte 6: found \"]\", expected \",\" or \"}\"");
  check_bad("nul", "byte 0: expected a value; only true, false and null are words");
  check_bad("nullx", "byte 4: found \"x\", expected nothing after the value");
  check_bad("TRUE", "byte 0: found \"T\", expected a value");
  check_bad("'a'", "byte 0: found \"'\", expected a value");
  check_bad("/**/1", "byte 0: found \"/\", expected a value");
  check_bad("\xEF\xBB\xBF{}", "byte 0: found \"<FEFF>\", expected a value");
  check_bad("\v1", "byte 0: found \"<0B>\", expected a value");
  check_bad("\xFF", "byte 0: not valid UTF-8");
}

static void broken_numbers_are_refused(void **state) {
  (void)state;
  check_bad("01", "byte 1: found \"1\", expected nothing after the value");
  check_bad("-", "byte 1: the text ends, expected a digit");
  check_bad("+1", "byte 0: found \"+\", expected a value");
  check_bad(".5", "byte 0: found \".\", expected a value");
  check_bad("1.", "byte 2: the text ends, expected a digit");
  check_bad("1e", "byte 2: the text ends, expected a digit");
  check_bad("1e+x", "byte 3: found \"x\", expected a digit");
  check_bad("0x10", "byte 1: found \"x\", expected nothing after the value");
  check_bad("NaN", "byte 0: found \"N\", expected a value");
  check_bad("-Infinity", "byte 1: found \"I\", expected a digit");
}

static void numbers_that_fit_no_double_are_refused(void **state) {
  char digits[80];
  (void)state;
  check_bad("[1e999]", "byte 1: the number 1e999 is too large");
  check_bad("-1e309", "byte 0: the number -1e309 is too large");
  memset(digits, '9', sizeof digits);
  digits[63] = '\0';
  cJSON_Delete(read_good(digits));
  digits[63] = '9';
  digits[64] = '\0';
  check_bad(digits, "byte 0: a number has more than 63 characters");
}

static void broken_strings_are_refused(void **state) {
  (void)state;
  check_bad("\"abc", "byte 4: the text ends in the string that starts at byte 0");
  check_bad(
      "\"abc\\",
      "byte 5: the text ends, expected one of \" \\ / b f n r t u after a backslash");
  check_bad("\"\\x41\"",
            "byte 2: found \"x\", expected one of \" \\ / b f n r t u after a backslash");
  check_bad("\"\\u12g4\"",
            "byte 5: found \"g\", expected four hexadecimal digits after \\u");
  check_bad("\"a\nb\"", "byte 2: a string holds the control character <0A>");
  check_bad("\"a\xFF\"", "byte 2: a string is not valid UTF-8");
  check_bad("\"\xED\xA0\x80\"", "byte 1: a string is not valid UTF-8");
  check_bad("\"\xC0\x80\"", "byte 1: a string is not valid UTF-8");
}

static void nul_is_refused_in_every_disguise(void **state) {
  struct pg_fault fault = {0};
  cJSON *tree = NULL;
  (void)state;
  check_bad("[\"ab\\u0000\"]", "byte 4: a string holds \\u0000");
  check_bad("{\"a\\u0000b\":1}", "byte 3: a string holds \\u0000");
  assert_int_equal(read_bytes("\"a\0b\"", 5, &wide_limits, &tree, &fault), PG_E_PARSE);
  assert_string_equal(fault.message, "byte 2: a string holds the control character <00>");
  assert_int_equal(read_bytes("{}\0", 3, &wide_limits, &tree, &fault), PG_E_PARSE);
  assert_string_equal(fault.message,
                      "byte 2: found \"<00>\", expected nothing after the value");
}

static void lone_surrogates_are_refused(void **state) {
  static const char *const lone[] = {
      "\"\\ud800\"",        "\"\\udc00\"",        "\"\\ud800x\"",      "\"\\ud800\\n\"",
      "\"\\ud800\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud800\\u0041\""};
  (void)state;
  for (size_t i = 0; i < sizeof lone / sizeof lone[0]; i++)
    check_bad(lone[i], "byte 1: a string holds half of a surrogate pair");
}

static void duplicate_keys_are_refused_wherever_they_are(void **state) {
  (void)state;
  check_bad("{\"port\":1,\"port\":2}", "duplicate key \"port\"");
  check_bad("[[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]]", "duplicate key \"a\"");
  check_bad("{\"port\":1,\"p\\u006frt\":2}", "duplicate key \"port\"");
  check_bad("{\"\":1,\"\":2}", "duplicate key \"\"");
  check_bad("{\"\\u001b\":1,\"\\u001B\":2}", "duplicate key \"<1B>\"");
  cJSON_Delete(read_good("{\"port\":1,\"Port\":2}"));
  cJSON_Delete(read_good("[{\"a\":1},{\"a\":1}]"));
}

/* {"k0":0,"k1":0,…}, with the key of |twin| once more at the end. */
static char *many_keys(unsigned count, int twin) {
  struct pg_text text;
  pg_text_init(&text, 64 * PG_MIB);
  for (unsigned i = 0; i < count; i++)
    pg_text_printf(&text, "%c\"k%u\":0", i ? ',' : '{', (i * 7919u) % count);
  if (twin >= 0)
    pg_text_printf(&text, ",\"k%d\":0", twin);
  pg_text_char(&text, '}');
  assert_false(text.failed);
  return text.data;
}

static void duplicates_are_found_among_any_number_of_keys(void **state) {
  (void)state;
  for (unsigned count = 1; count < 70; count++)
    for (int twin = -1; twin < (int)count; twin++) {
      char *text = many_keys(count, twin);
      struct pg_fault fault = {0};
      cJSON *tree = NULL;
      enum pg_error error = pg_json_read(text, strlen(text), &wide_limits, &tree, &fault);
      assert_int_equal(error, twin < 0 ? PG_OK : PG_E_PARSE);
      cJSON_Delete(tree);
      free(text);
    }
}

static void object_of_200000_keys_is_no_bomb(void **state) {
  char *text = many_keys(200000, -1); /* comparing all pairs would take minutes */
  (void)state;
  cJSON_Delete(read_good(text));
  free(text);
  text = many_keys(200000, 77777);
  check_bad(text, "duplicate key \"k77777\"");
  free(text);
}

static enum pg_error nested(unsigned depth, bool scalar_inside, struct pg_fault *fault) {
  char text[200] = "";
  cJSON *tree = NULL;
  unsigned brackets = scalar_inside ? depth - 1 : depth;
  memset(text, '[', brackets);
  if (scalar_inside)
    text[brackets] = '1';
  memset(text + brackets + scalar_inside, ']', brackets);
  enum pg_error error = read_bytes(text, strlen(text), &request_limits, &tree, fault);
  cJSON_Delete(tree);
  return error;
}

static void depth_16_is_read_and_17_refused(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  assert_int_equal(nested(16, false, &fault), PG_OK);
  assert_int_equal(nested(16, true, &fault), PG_OK);
  assert_int_equal(nested(17, false, &fault), PG_E_TOOBIG);
  assert_string_equal(fault.message, "byte 16: nested deeper than 16");
  assert_int_equal(nested(17, true, &fault), PG_E_TOOBIG);
}

static void scalar_alone_has_depth_one(void **state) {
  static const struct pg_json_limits flat = {100, 1, 0};
  struct pg_fault fault = {0};
  cJSON *tree = NULL;
  (void)state;
  assert_int_equal(read_bytes("[]", 2, &flat, &tree, &fault), PG_OK);
  cJSON_Delete(tree);
  assert_int_equal(read_bytes("7", 1, &flat, &tree, &fault), PG_OK);
  cJSON_Delete(tree);
  assert_int_equal(read_bytes("[7]", 3, &flat, &tree, &fault), PG_E_TOOBIG);
}

static void hostile_depth_never_exhausts_the_stack(void **state) {
  static const struct pg_json_limits no_limits = {64 * PG_MIB, 4000000000u, 0};
  enum { DEPTH = 4000000 };
  char *text = malloc(DEPTH);
  struct pg_fault fault = {0};
  cJSON *tree = NULL;
  (void)state;
  assert_non_null(text);
  memset(text, '[', DEPTH);
  assert_int_equal(pg_json_read(text, DEPTH, &no_limits, &tree, &fault), PG_E_TOOBIG);
  assert_null(tree);
  free(text);
}

static void values_are_counted_with_their_containers(void **state) {
  static const struct pg_json_limits four = {100, 16, 4};
  struct pg_fault fault = {0};
  cJSON *tree = NULL;
  (void)state;
  assert_int_equal(read_bytes("{\"a\":[1,2]}", 11, &four, &tree, &fault), PG_OK);
  cJSON_Delete(tree);
  assert_int_equal(read_bytes("[[],1,2,3]", 10, &four, &tree, &fault), PG_E_TOOBIG);
  assert_string_equal(fault.message, "byte 8: more than 4 values");
}

static void text_longer_than_allowed_is_refused_unread(void **state) {
  static const struct pg_json_limits tiny = {4, 16, 0};
  struct pg_fault fault = {0};
  cJSON *tree = NULL;
  (void)state;
  assert_int_equal(read_bytes("1234", 4, &tiny, &tree, &fault), PG_OK);
  cJSON_Delete(tree);
  assert_int_equal(read_bytes("xxxxx", 5, &tiny, &tree, &fault), PG_E_TOOBIG);
  assert_string_equal(fault.message, "5 bytes of JSON, at most 4 are read");
}

static void every_truncation_of_a_request_is_refused(void **state) {
  const char *whole =
      "{\"id\":\"\\ud83d\\ude00\xC3\xA4\",\"n\":[-1.5e3,true,false,null]}";
  (void)state;
  for (size_t len = 0; len < strlen(whole); len++) {
    struct pg_fault fault = {0};
    cJSON *tree = NULL;
    assert_int_equal(read_bytes(whole, len, &request_limits, &tree, &fault), PG_E_PARSE);
  }
  cJSON_Delete(read_good(whole));
}

/* --- typed reads --- */

static void integers_in_range_are_taken(void **state) {
  cJSON *tree = read_good("{\"a\":1,\"b\":65535,\"c\":8e1,\"d\":4294967295,\"e\":80.0}");
  struct pg_fault fault = {0};
  uint32_t value = 0;
  (void)state;
  assert_int_equal(pg_json_u32(tree, "a", 1, 65535, &value, &fault), PG_OK);
  assert_int_equal(value, 1);
  assert_int_equal(pg_json_u32(tree, "b", 1, 65535, &value, &fault), PG_OK);
  assert_int_equal(value, 65535);
  assert_int_equal(pg_json_u32(tree, "c", 1, 65535, &value, &fault), PG_OK);
  assert_int_equal(value, 80);
  assert_int_equal(pg_json_u32(tree, "d", 0, UINT32_MAX, &value, &fault), PG_OK);
  assert_true(value == UINT32_MAX);
  assert_int_equal(pg_json_u32(tree, "e", 1, 65535, &value, &fault), PG_OK);
  cJSON_Delete(tree);
}

static void missing_and_null_members_change_nothing(void **state) {
  cJSON *tree = read_good("{\"a\":null}");
  uint32_t value = 7;
  (void)state;
  assert_int_equal(pg_json_u32(tree, "a", 1, 2, &value, NULL), PG_OK);
  assert_int_equal(pg_json_u32(tree, "b", 1, 2, &value, NULL), PG_OK);
  assert_int_equal(pg_json_u32(NULL, "b", 1, 2, &value, NULL), PG_OK);
  assert_int_equal(value, 7);
  cJSON_Delete(tree);
}

static void check_port(const char *json, const char *message) {
  cJSON *tree = read_good(json);
  struct pg_fault fault = {0};
  uint32_t value = 7;
  assert_int_equal(pg_json_u32(tree, "port", 1, 65535, &value, &fault), PG_E_PARAMS);
  assert_string_equal(fault.message, message);
  assert_string_equal(fault.param, "port");
  assert_int_equal(value, 7);
  cJSON_Delete(tree);
}

static void wrong_number_is_quoted_with_what_is_allowed(void **state) {
  (void)state;
  check_port("{\"port\":65536}", "\"port\": found 65536, expected 1-65535");
  check_port("{\"port\":0}", "\"port\": found 0, expected 1-65535");
  check_port("{\"port\":-1}", "\"port\": found -1, expected 1-65535");
  check_port("{\"port\":80.5}", "\"port\": found 80.5, expected 1-65535");
  check_port("{\"port\":65536.7}", "\"port\": found 65536.7, expected 1-65535");
  check_port("{\"port\":1e300}", "\"port\": found 1e+300, expected 1-65535");
  check_port("{\"port\":\"80a\"}", "\"port\": found \"80a\", expected a number 1-65535");
  check_port("{\"port\":true}", "\"port\": found true, expected a number 1-65535");
  check_port("{\"port\":{}}", "\"port\": found an object, expected a number 1-65535");
  check_port("{\"port\":[80]}", "\"port\": found an array, expected a number 1-65535");
  check_port("{\"port\":\"\\u001b%\"}",
             "\"port\": found \"<1B><25>\", expected a number 1-65535");
}

static void long_wrong_value_keeps_the_words_behind_it(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 10000);
  pg_text_str_add(&text, "{\"port\":\"");
  for (int i = 0; i < 2000; i++)
    pg_text_str_add(&text, "9");
  pg_text_str_add(&text, "\"}");
  cJSON *tree = read_good(pg_text_str(&text));
  struct pg_fault fault = {0};
  uint32_t value = 0;
  assert_int_equal(pg_json_u32(tree, "port", 1, 65535, &value, &fault), PG_E_PARAMS);
  assert_non_null(strstr(fault.message, "999...\", expected a number 1-65535"));
  cJSON_Delete(tree);
  pg_text_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_of_value_is_read),
      cmocka_unit_test(tree_holds_what_the_text_said),
      cmocka_unit_test(broken_grammar_is_refused_with_its_place),
      cmocka_unit_test(broken_numbers_are_refused),
      cmocka_unit_test(numbers_that_fit_no_double_are_refused),
      cmocka_unit_test(broken_strings_are_refused),
      cmocka_unit_test(nul_is_refused_in_every_disguise),
      cmocka_unit_test(lone_surrogates_are_refused),
      cmocka_unit_test(duplicate_keys_are_refused_wherever_they_are),
      cmocka_unit_test(duplicates_are_found_among_any_number_of_keys),
      cmocka_unit_test(object_of_200000_keys_is_no_bomb),
      cmocka_unit_test(depth_16_is_read_and_17_refused),
      cmocka_unit_test(scalar_alone_has_depth_one),
      cmocka_unit_test(hostile_depth_never_exhausts_the_stack),
      cmocka_unit_test(values_are_counted_with_their_containers),
      cmocka_unit_test(text_longer_than_allowed_is_refused_unread),
      cmocka_unit_test(every_truncation_of_a_request_is_refused),
      cmocka_unit_test(integers_in_range_are_taken),
      cmocka_unit_test(missing_and_null_members_change_nothing),
      cmocka_unit_test(wrong_number_is_quoted_with_what_is_allowed),
      cmocka_unit_test(long_wrong_value_keeps_the_words_behind_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
