#include "common/json.h"
#include "common/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static const struct pg_json_limits wide_limits = {64 * PG_MIB, 32, 0};

static int setup(void **state) {
  static struct pg_text text;
  pg_text_init(&text, PG_MIB);
  *state = &text;
  return 0;
}

static int teardown(void **state) {
  pg_text_free(*state);
  return 0;
}

static void commas_stand_between_and_nowhere_else(void **state) {
  struct pg_text *text = *state;
  struct pg_json json;
  pg_json_start(&json, text);
  pg_json_object(&json);
  pg_json_key_int(&json, "port", 80);
  pg_json_key(&json, "empty");
  pg_json_array(&json);
  pg_json_end_array(&json);
  pg_json_key(&json, "list");
  pg_json_array(&json);
  pg_json_int(&json, 1);
  pg_json_object(&json);
  pg_json_end_object(&json);
  pg_json_str(&json, "x");
  pg_json_raw(&json, "{\"r\":1}", 7);
  pg_json_end_array(&json);
  pg_json_key_bool(&json, "yes", true);
  pg_json_key_bool(&json, "no", false);
  pg_json_key_null(&json, "nothing");
  pg_json_key_str(&json, "path", NULL);
  pg_json_end_object(&json);
  assert_string_equal(
      pg_text_str(text),
      "{\"port\":80,\"empty\":[],\"list\":[1,{},\"x\",{\"r\":1}],\"yes\":true,"
      "\"no\":false,\"nothing\":null,\"path\":null}");
}

static void values_on_the_top_level_stand_alone(void **state) {
  struct pg_text *text = *state;
  struct pg_json json;
  pg_json_start(&json, text);
  pg_json_int(&json, 1);
  pg_text_char(text, '\n');
  pg_json_object(&json);
  pg_json_end_object(&json);
  assert_string_equal(pg_text_str(text), "1\n{}");
}

static void integers_are_exact_to_both_ends(void **state) {
  struct pg_text *text = *state;
  struct pg_json json;
  pg_json_start(&json, text);
  pg_json_array(&json);
  pg_json_int(&json, 0);
  pg_json_int(&json, -7);
  pg_json_int(&json, INT64_MAX);
  pg_json_int(&json, INT64_MIN);
  pg_json_end_array(&json);
  assert_string_equal(pg_text_str(text),
                      "[0,-7,9223372036854775807,-9223372036854775808]");
}

static void times_are_written_and_unknown_ones_are_null(void **state) {
  struct pg_text *text = *state;
  struct pg_json json;
  pg_json_start(&json, text);
  pg_json_object(&json);
  pg_json_key_time(&json, "since", INT64_C(1772454391204));
  pg_json_key_time(&json, "until", 0);
  pg_json_end_object(&json);
  assert_string_equal(pg_text_str(text),
                      "{\"since\":\"2026-03-02T12:26:31.204Z\",\"until\":null}");
}

static void check_string(struct pg_text *text, bool percent, const char *in, size_t len,
                         const char *expected) {
  struct pg_json json;
  pg_text_clear(text);
  pg_json_start(&json, text);
  json.escape_percent = percent;
  pg_json_text(&json, in, len);
  assert_string_equal(pg_text_str(text), expected);
}

static void ordinary_text_is_copied(void **state) {
  check_string(*state, false, "", 0, "\"\"");
  check_string(*state, false, "a<b> 100% /'", 12, "\"a<b> 100% /'\"");
  check_string(*state, false, "gr\xC3\xBC\xC3\x9F", 6, "\"gr\xC3\xBC\xC3\x9F\"");
}

static void quotes_backslashes_and_controls_are_escaped(void **state) {
  check_string(*state, false, "\"C:\\x\"", 6, "\"\\\"C:\\\\x\\\"\"");
  check_string(*state, false, "\b\f\n\r\t\x1B\x7F", 7,
               "\"\\b\\f\\n\\r\\t\\u001b\\u007f\"");
  check_string(*state, false, "\xC2\x9B", 2, "\"\\u009b\"");
}

static void bidi_and_invisible_characters_are_escaped(void **state) {
  check_string(*state, false,
               "a\xE2\x80\xAE"
               "b",
               5, "\"a\\u202eb\"");
  check_string(*state, false, "\xEF\xBB\xBF", 3, "\"\\ufeff\"");
  check_string(*state, false, "\xF3\xA0\x80\xA1", 4, "\"\\udb40\\udc21\"");
}

static void percent_is_escaped_only_for_the_event_log(void **state) {
  check_string(*state, false, "%1", 2, "\"%1\"");
  check_string(*state, true, "%1", 2, "\"\\u00251\"");
}

static void bytes_that_are_not_utf8_are_replaced_one_for_one(void **state) {
  check_string(*state, false, "a\xE2\x82z\xFF", 5,
               "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\"");
}

static void nul_is_replaced_because_readers_refuse_it(void **state) {
  check_string(*state, false, "a\0b", 3,
               "\"a\xEF\xBF\xBD"
               "b\"");
}

static void keys_are_escaped_like_strings(void **state) {
  struct pg_text *text = *state;
  struct pg_json json;
  pg_json_start(&json, text);
  pg_json_object(&json);
  pg_json_key_int(&json, "a\"\x1B", 1);
  pg_json_end_object(&json);
  assert_string_equal(pg_text_str(text), "{\"a\\\"\\u001b\":1}");
}

static void nesting_beyond_the_writers_depth_fails_the_text(void **state) {
  struct pg_text *text = *state;
  struct pg_json json;
  pg_json_start(&json, text);
  for (int i = 0; i < PG_JSON_DEPTH - 1; i++)
    pg_json_array(&json);
  assert_false(text->failed);
  pg_json_array(&json);
  assert_true(text->failed);
}

static void closing_more_than_was_opened_fails_the_text(void **state) {
  struct pg_text *text = *state;
  struct pg_json json;
  pg_json_start(&json, text);
  pg_json_array(&json);
  pg_json_end_array(&json);
  assert_false(text->failed);
  pg_json_end_array(&json);
  assert_true(text->failed);
}

static void ceiling_of_the_text_fails_the_text(void **state) {
  struct pg_text text;
  struct pg_json json;
  (void)state;
  pg_text_init(&text, 5);
  pg_json_start(&json, &text);
  pg_json_str(&json, "abcd");
  assert_true(text.failed);
  pg_text_free(&text);
}

/* What is written is ASCII-safe, and our own strict reader gives it back. */
static void check_round_trip(struct pg_text *text, const char *in, bool percent) {
  struct pg_json json;
  struct pg_fault fault = {0};
  cJSON *tree = NULL;
  pg_text_clear(text);
  pg_json_start(&json, text);
  json.escape_percent = percent;
  pg_json_array(&json);
  pg_json_str(&json, in);
  pg_json_end_array(&json);
  assert_false(text->failed);
  for (size_t at = 0, used; at < text->len; at += used) {
    uint32_t codepoint = 0;
    used = pg_utf8_decode(text->data + at, text->len - at, &codepoint);
    assert_int_not_equal(used, 0);
    assert_false(pg_codepoint_is_unsafe(codepoint));
    assert_false(percent && codepoint == '%');
  }
  if (pg_json_read(text->data, text->len, &wide_limits, &tree, &fault) != PG_OK)
    fail_msg("%s: %s", text->data, fault.message);
  if (pg_utf8_valid(in, strlen(in)))
    assert_string_equal(tree->child->valuestring, in);
  cJSON_Delete(tree);
}

static void any_bytes_are_written_safely_and_read_back(void **state) {
  char in[64];
  uint32_t seed = 42;
  for (int round = 0; round < 20000; round++) {
    size_t len = (size_t)round % (sizeof in - 1);
    for (size_t i = 0; i < len; i++) {
      seed = seed * 1664525u + 1013904223u;
      in[i] = (char)((seed >> 16) % 255 + 1);
    }
    in[len] = '\0';
    check_round_trip(*state, in, round % 2 == 0);
  }
}

static size_t encode(uint32_t code, char *out) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    out[0] = (char)(0xC0 | code >> 6);
    out[1] = (char)(0x80 | (code & 0x3F));
    return 2;
  }
  if (code < 0x10000) {
    out[0] = (char)(0xE0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3F));
    out[2] = (char)(0x80 | (code & 0x3F));
    return 3;
  }
  out[0] = (char)(0xF0 | code >> 18);
  out[1] = (char)(0x80 | (code >> 12 & 0x3F));
  out[2] = (char)(0x80 | (code >> 6 & 0x3F));
  out[3] = (char)(0x80 | (code & 0x3F));
  return 4;
}

static void every_character_survives_the_round_trip(void **state) {
  char in[5 * 16 + 1];
  size_t len = 0;
  for (uint32_t code = 1; code <= 0x10FFFF; code += code < 0x3000 ? 1 : 61) {
    if (code >= 0xD800 && code <= 0xDFFF)
      continue;
    len += encode(code, in + len);
    if (len + 5 >= sizeof in) {
      in[len] = '\0';
      check_round_trip(*state, in, false);
      len = 0;
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
      T(commas_stand_between_and_nowhere_else),
      T(values_on_the_top_level_stand_alone),
      T(integers_are_exact_to_both_ends),
      T(times_are_written_and_unknown_ones_are_null),
      T(ordinary_text_is_copied),
      T(quotes_backslashes_and_controls_are_escaped),
      T(bidi_and_invisible_characters_are_escaped),
      T(percent_is_escaped_only_for_the_event_log),
      T(bytes_that_are_not_utf8_are_replaced_one_for_one),
      T(nul_is_replaced_because_readers_refuse_it),
      T(keys_are_escaped_like_strings),
      T(nesting_beyond_the_writers_depth_fails_the_text),
      T(closing_more_than_was_opened_fails_the_text),
      T(ceiling_of_the_text_fails_the_text),
      T(any_bytes_are_written_safely_and_read_back),
      T(every_character_survives_the_round_trip),
#undef T
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
