#include "common/limits.h"
#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#define ROUNDS 20000

static void check_escaped(const char *in, const char *expected) {
  struct pg_text text;
  char buffer[600];
  pg_text_init(&text, 1000);
  pg_text_escaped(&text, in, PG_SHOWN_CHARS);
  assert_string_equal(pg_text_str(&text), expected);
  assert_string_equal(pg_escape(buffer, sizeof buffer, in), expected);
  pg_text_free(&text);
}

static void ordinary_text_stays_as_it_is(void **state) {
  (void)state;
  check_escaped("", "");
  check_escaped("C:\\Program Files\\Acme Web\\acme.exe",
                "C:\\Program Files\\Acme Web\\acme.exe");
  check_escaped("gr\xC3\xBC\xC3\x9F \xE6\x97\xA5 \xF0\x9F\x98\x80",
                "gr\xC3\xBC\xC3\x9F \xE6\x97\xA5 \xF0\x9F\x98\x80");
}

static void controls_become_hex(void **state) {
  (void)state;
  check_escaped("\x1B[31m", "<1B>[31m");
  check_escaped("a\r\n\tb", "a<0D><0A><09>b");
  check_escaped("\x7F", "<7F>");
  check_escaped("\xC2\x9B"
                "2J",
                "<9B>2J");
}

static void bidi_and_invisible_characters_become_hex(void **state) {
  (void)state;
  check_escaped("exe\xE2\x80\xAEgpj", "exe<202E>gpj");
  check_escaped("\xE2\x81\xA6\xE2\x81\xA9", "<2066><2069>");
  check_escaped("a\xE2\x80\x8B"
                "b",
                "a<200B>b");
  check_escaped("\xEF\xBB\xBF", "<FEFF>");
  check_escaped("\xF3\xA0\x80\xA1", "<E0021>");
  check_escaped("\xE2\x80\xA8", "<2028>");
}

static void percent_and_less_than_become_hex(void **state) {
  (void)state;
  check_escaped("%1", "<25>1");
  check_escaped("<1B>", "<3C>1B>");
}

static void bytes_that_are_not_utf8_are_replaced_one_for_one(void **state) {
  (void)state;
  check_escaped("a\xFF\xFE"
                "b",
                "a\xEF\xBF\xBD\xEF\xBF\xBD"
                "b");
  check_escaped("\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void long_text_ends_with_an_ellipsis(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 100);
  pg_text_escaped(&text, "0123456789", 10);
  assert_string_equal(pg_text_str(&text), "0123456789");
  pg_text_clear(&text);
  pg_text_escaped(&text, "0123456789x", 10);
  assert_string_equal(pg_text_str(&text), "0123456789...");
  pg_text_free(&text);
}

static void characters_are_counted_and_not_bytes(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 100);
  pg_text_escaped(&text, "\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC", 3);
  assert_string_equal(pg_text_str(&text), "\xC3\xBC\xC3\xBC\xC3\xBC...");
  pg_text_free(&text);
}

static void escapes_count_as_shown_and_are_never_cut(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 100);
  pg_text_escaped(&text, "\x1B\x1B\x1B", 10);
  assert_string_equal(pg_text_str(&text), "<1B><1B>...");
  pg_text_free(&text);
}

static void small_buffer_is_cut_between_characters(void **state) {
  char buffer[8];
  (void)state;
  assert_string_equal(pg_escape(buffer, sizeof buffer, "1234567"), "1234567");
  assert_string_equal(pg_escape(buffer, sizeof buffer, "12345678"), "1234...");
  assert_string_equal(pg_escape(buffer, sizeof buffer,
                                "123\xE2\x82\xAC"
                                "456"),
                      "123...");
  assert_string_equal(pg_escape(buffer, sizeof buffer, "1\x1B\x1B"), "1...");
  assert_string_equal(pg_escape(buffer, 3, "abc"), "");
  assert_string_equal(pg_escape(buffer, 3, "ab"), "ab");
  assert_string_equal(pg_escape(buffer, 1, "a"), "");
}

static void path_of_32k_is_capped_in_a_large_buffer_too(void **state) {
  static char path[32768], buffer[4096];
  (void)state;
  memset(path, 'p', sizeof path - 1);
  (void)pg_escape(buffer, sizeof buffer, path);
  assert_int_equal(strlen(buffer), PG_SHOWN_CHARS + 3);
  assert_string_equal(buffer + PG_SHOWN_CHARS, "...");
}

static void unsafe_ranges_end_where_they_should(void **state) {
  static const uint32_t unsafe[] = {0,      0x1F,    0x7F,   0x80,   0x9F,   0xAD,
                                    0x61C,  0x180E,  0x200B, 0x200F, 0x2028, 0x202E,
                                    0x2060, 0x2069,  0x206F, 0xFE0F, 0xFEFF, 0xFFF9,
                                    0xFFFB, 0xE0001, 0xE007F};
  static const uint32_t safe[] = {0x20,   0x7E,   0xA0,   0xE4,   0x200A, 0x2010, 0x2026,
                                  0x202F, 0x205F, 0x2070, 0xFFFD, 0x65E5, 0x1F600};
  (void)state;
  for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++)
    assert_true(pg_codepoint_is_unsafe(unsafe[i]));
  for (size_t i = 0; i < sizeof safe / sizeof safe[0]; i++)
    assert_false(pg_codepoint_is_unsafe(safe[i]));
}

/* Random bytes with many that matter: lead bytes, the bidi block, ESC, '%'. */
static size_t random_bytes(uint32_t *seed, char *out, size_t max) {
  static const char *const favourites[] = {"\x1B", "%",        "<",    "\xE2\x80\xAE",
                                           "\xC2", "\xC2\x85", "\xED", "\xF3\xA0\x80\x81",
                                           "\xE2", "\x80",     "\xAE", "\xF4\x90"};
  size_t len = 0, target;
  *seed = *seed * 1664525u + 1013904223u;
  target = (*seed >> 8) % max;
  while (len < target) {
    *seed = *seed * 1664525u + 1013904223u;
    uint32_t value = *seed >> 8;
    const char *favourite = favourites[value / 4 % 12];
    if (value % 4 == 0 && strlen(favourite) <= target - len) {
      memcpy(out + len, favourite, strlen(favourite));
      len += strlen(favourite);
    } else {
      out[len++] = (char)(value / 4 % 255 + 1);
    }
  }
  out[len] = '\0';
  return len;
}

static void check_harmless(const char *escaped, size_t max_chars) {
  size_t left = strlen(escaped), chars = 0;
  while (left > 0) {
    uint32_t codepoint = 0;
    size_t used = pg_utf8_decode(escaped, left, &codepoint);
    assert_int_not_equal(used, 0);
    assert_false(pg_codepoint_is_unsafe(codepoint));
    assert_int_not_equal(codepoint, '%');
    if (codepoint == '<') { /* only as a whole escape */
      size_t hex = strspn(escaped + 1, "0123456789ABCDEF");
      assert_in_range(hex, 2, 6);
      assert_int_equal(escaped[1 + hex], '>');
    }
    escaped += used;
    left -= used;
    chars++;
  }
  assert_true(chars <= max_chars + 3);
}

static void no_bytes_at_all_get_through_unsafe_or_too_long(void **state) {
  char in[400], buffer[64];
  uint32_t seed = 20260302;
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 100000);
  for (int round = 0; round < ROUNDS; round++) {
    (void)random_bytes(&seed, in, sizeof in);
    pg_text_clear(&text);
    pg_text_escaped(&text, in, 100);
    assert_false(text.failed);
    check_harmless(pg_text_str(&text), 100);
    size_t size = 1 + seed % sizeof buffer;
    check_harmless(pg_escape(buffer, size, in), sizeof buffer);
    assert_true(strlen(buffer) < size);
  }
  pg_text_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ordinary_text_stays_as_it_is),
      cmocka_unit_test(controls_become_hex),
      cmocka_unit_test(bidi_and_invisible_characters_become_hex),
      cmocka_unit_test(percent_and_less_than_become_hex),
      cmocka_unit_test(bytes_that_are_not_utf8_are_replaced_one_for_one),
      cmocka_unit_test(long_text_ends_with_an_ellipsis),
      cmocka_unit_test(characters_are_counted_and_not_bytes),
      cmocka_unit_test(escapes_count_as_shown_and_are_never_cut),
      cmocka_unit_test(small_buffer_is_cut_between_characters),
      cmocka_unit_test(path_of_32k_is_capped_in_a_large_buffer_too),
      cmocka_unit_test(unsafe_ranges_end_where_they_should),
      cmocka_unit_test(no_bytes_at_all_get_through_unsafe_or_too_long),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
