#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void check_decoded(const char *s, size_t bytes, uint32_t expected) {
  uint32_t codepoint = 0;
  assert_int_equal(pg_utf8_decode(s, strlen(s), &codepoint), bytes);
  assert_int_equal(codepoint, expected);
}

static void first_and_last_of_every_length_are_decoded(void **state) {
  (void)state;
  check_decoded("\x01", 1, 0x01);
  check_decoded("\x7F", 1, 0x7F);
  check_decoded("\xC2\x80", 2, 0x80);
  check_decoded("\xDF\xBF", 2, 0x7FF);
  check_decoded("\xE0\xA0\x80", 3, 0x800);
  check_decoded("\xED\x9F\xBF", 3, 0xD7FF);
  check_decoded("\xEE\x80\x80", 3, 0xE000);
  check_decoded("\xEF\xBF\xBF", 3, 0xFFFF);
  check_decoded("\xF0\x90\x80\x80", 4, 0x10000);
  check_decoded("\xF4\x8F\xBF\xBF", 4, 0x10FFFF);
}

static void broken_sequences_are_refused(void **state) {
  static const char *const broken[] = {
      "\x80",             /* a continuation byte alone */
      "\xC0\x80",         /* overlong NUL */
      "\xC1\xBF",         /* overlong */
      "\xE0\x9F\xBF",     /* overlong */
      "\xF0\x8F\xBF\xBF", /* overlong */
      "\xED\xA0\x80",     /* a surrogate */
      "\xED\xBF\xBF",     /* a surrogate */
      "\xF4\x90\x80\x80", /* beyond U+10FFFF */
      "\xF5\x80\x80\x80",
      "\xFF",
      "\xC3",
      "\xE2\x82",
      "\xF0\x9F\x98",
      "\xC3(",
      "\xE2(\xA1",
      "\xE2\x82(",
  };
  uint32_t codepoint;
  (void)state;
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    assert_int_equal(pg_utf8_decode(broken[i], strlen(broken[i]), &codepoint), 0);
    assert_false(pg_utf8_valid(broken[i], strlen(broken[i])));
  }
}

static void decoding_never_looks_behind_the_length(void **state) {
  uint32_t codepoint;
  (void)state;
  assert_int_equal(pg_utf8_decode("\xE2\x82\xAC", 2, &codepoint), 0);
  assert_int_equal(pg_utf8_decode("a", 0, &codepoint), 0);
}

static void every_codepoint_but_surrogates_has_one_form(void **state) {
  (void)state;
  for (uint32_t code = 0x800; code <= 0xFFFF; code++) {
    char s[] = {(char)(0xE0 | code >> 12), (char)(0x80 | (code >> 6 & 0x3F)),
                (char)(0x80 | (code & 0x3F)), '\0'};
    uint32_t codepoint = 0;
    bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    assert_int_equal(pg_utf8_decode(s, 3, &codepoint), surrogate ? 0 : 3);
    if (!surrogate)
      assert_int_equal(codepoint, code);
  }
}

static void whole_texts_are_valid_or_not(void **state) {
  (void)state;
  assert_true(pg_utf8_valid("", 0));
  assert_true(pg_utf8_valid("gr\xC3\xBC\xC3\x9F\x00x", 9));
  assert_false(pg_utf8_valid("abc\xFF", 4));
}

static void columns_count_characters_as_a_terminal_shows_them(void **state) {
  (void)state;
  assert_int_equal(pg_utf8_columns(""), 0);
  assert_int_equal(pg_utf8_columns("W3SVC"), 5);
  assert_int_equal(pg_utf8_columns("gr\xC3\xBC\xC3\x9F"), 4);
  assert_int_equal(pg_utf8_columns("e\xCC\x81"), 1); /* e and an acute accent */
  assert_int_equal(pg_utf8_columns("\xE6\x97\xA5\xE6\x9C\xAC"), 4); /* two kanji */
  assert_int_equal(pg_utf8_columns("\xF0\x9F\x98\x80"), 2);         /* an emoji */
  assert_int_equal(pg_utf8_columns("a\xFF"
                                   "b"),
                   3);
}

static void characters_are_counted_however_wide_they_are(void **state) {
  (void)state;
  assert_int_equal(pg_utf8_chars(""), 0);
  assert_int_equal(pg_utf8_chars("gr\xC3\xBC\xC3\x9F"), 4);
  assert_int_equal(pg_utf8_chars("e\xCC\x81"), 2);
  assert_int_equal(pg_utf8_chars("\xF0\x9F\x98\x80"), 1);
  assert_int_equal(pg_utf8_chars("a\xFF"
                                 "b"),
                   3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(characters_are_counted_however_wide_they_are),
      cmocka_unit_test(first_and_last_of_every_length_are_decoded),
      cmocka_unit_test(broken_sequences_are_refused),
      cmocka_unit_test(decoding_never_looks_behind_the_length),
      cmocka_unit_test(every_codepoint_but_surrogates_has_one_form),
      cmocka_unit_test(whole_texts_are_valid_or_not),
      cmocka_unit_test(columns_count_characters_as_a_terminal_shows_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
