#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void new_text_reads_as_empty(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 10);
  assert_string_equal(pg_text_str(&text), "");
  assert_false(text.failed);
  pg_text_free(&text);
}

static void appends_follow_each_other(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 1000);
  pg_text_str_add(&text, "port ");
  pg_text_printf(&text, "%d/%s", 80, "tcp");
  pg_text_char(&text, '!');
  pg_text_add(&text, "abcdef", 3);
  assert_string_equal(pg_text_str(&text), "port 80/tcp!abc");
  assert_int_equal(text.len, strlen("port 80/tcp!abc"));
  pg_text_free(&text);
}

static void text_grows_far_beyond_its_first_block(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 1000000);
  for (int i = 0; i < 100000; i++)
    pg_text_str_add(&text, "0123456789");
  assert_false(text.failed);
  assert_int_equal(text.len, 1000000);
  assert_memory_equal(text.data + 999990, "0123456789", 11);
  pg_text_free(&text);
}

static void ceiling_itself_can_be_reached_but_not_passed(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 5);
  pg_text_str_add(&text, "12345");
  assert_false(text.failed);
  pg_text_char(&text, '6');
  assert_true(text.failed);
  assert_string_equal(pg_text_str(&text), "12345");
  pg_text_free(&text);
}

static void after_a_failed_append_later_ones_do_nothing(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 5);
  pg_text_str_add(&text, "123456");
  assert_true(text.failed);
  pg_text_char(&text, 'x');
  pg_text_printf(&text, "%d", 1);
  assert_string_equal(pg_text_str(&text), "");
  pg_text_free(&text);
}

static void formatted_text_over_the_ceiling_fails_whole(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 8);
  pg_text_printf(&text, "%s", "12345678");
  assert_false(text.failed);
  pg_text_printf(&text, "%s", "9");
  assert_true(text.failed);
  assert_string_equal(pg_text_str(&text), "12345678");
  pg_text_free(&text);
}

static void formatted_text_longer_than_any_block_is_whole(void **state) {
  struct pg_text text;
  char *long_one = malloc(70001);
  (void)state;
  assert_non_null(long_one);
  memset(long_one, 'x', 70000);
  long_one[70000] = '\0';
  pg_text_init(&text, SIZE_MAX);
  pg_text_printf(&text, "<%s>", long_one);
  assert_int_equal(text.len, 70002);
  assert_int_equal(text.data[70001], '>');
  assert_int_equal(text.data[70002], '\0');
  pg_text_free(&text);
  free(long_one);
}

static void sizes_near_the_end_of_memory_do_not_wrap(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, SIZE_MAX);
  pg_text_str_add(&text, "ab");
  pg_text_add(&text, "x", SIZE_MAX - 1);
  assert_true(text.failed);
  pg_text_clear(&text);
  pg_text_add(&text, "x", SIZE_MAX);
  assert_true(text.failed);
  pg_text_free(&text);
}

static void clearing_forgets_the_text_and_the_failure(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 4);
  pg_text_str_add(&text, "1234");
  pg_text_char(&text, '5');
  pg_text_clear(&text);
  assert_false(text.failed);
  assert_string_equal(pg_text_str(&text), "");
  pg_text_str_add(&text, "ab");
  assert_string_equal(pg_text_str(&text), "ab");
  pg_text_free(&text);
}

static void appending_nothing_terminates(void **state) {
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 0);
  pg_text_add(&text, "", 0);
  assert_false(text.failed);
  assert_non_null(text.data);
  assert_string_equal(text.data, "");
  pg_text_free(&text);
}

static void copy_that_fits_is_whole(void **state) {
  char out[6];
  (void)state;
  assert_true(pg_copy(out, sizeof out, "12345"));
  assert_string_equal(out, "12345");
}

static void copy_that_does_not_fit_is_cut_and_says_so(void **state) {
  char out[6];
  (void)state;
  assert_false(pg_copy(out, sizeof out, "123456"));
  assert_string_equal(out, "12345");
  assert_false(pg_copy(out, 1, "x"));
  assert_string_equal(out, "");
  assert_false(pg_copy(out, 0, "x"));
}

static void copy_is_never_cut_inside_a_character(void **state) {
  char out[6];
  (void)state;
  assert_false(pg_copy(out, sizeof out, "abc\xE2\x82\xAC"));
  assert_string_equal(out, "abc");
  assert_false(pg_copy(out, sizeof out, "ab\xE2\x82\xAC!"));
  assert_string_equal(out, "ab\xE2\x82\xAC");
}

static void comparing_ignores_the_case_of_ascii_only(void **state) {
  (void)state;
  assert_true(pg_case_equal("W3SVC", "w3svc"));
  assert_false(pg_case_equal("W3SVC", "W3SVC1"));
  assert_false(pg_case_equal("\xC3\x84", "\xC3\xA4"));
  assert_true(pg_casecmp("apache", "Nginx") < 0);
  assert_true(pg_casecmp("was", "W3SVC") > 0);
  /* '_' stands between the cases: folding must be to lower case throughout. */
  assert_true(pg_casecmp("a_", "AB") < 0);
  assert_true(pg_casecmp("\xFF", "a") > 0);
}

static void comparing_a_prefix_stops_there(void **state) {
  (void)state;
  assert_int_equal(pg_casecmp_n("HTTP://x", "http://y", 7), 0);
  assert_true(pg_casecmp_n("HTTP://x", "http://y", 8) < 0);
  assert_int_equal(pg_casecmp_n("a", "b", 0), 0);
  assert_int_equal(pg_casecmp_n("a", "A", 100), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(new_text_reads_as_empty),
      cmocka_unit_test(appends_follow_each_other),
      cmocka_unit_test(text_grows_far_beyond_its_first_block),
      cmocka_unit_test(ceiling_itself_can_be_reached_but_not_passed),
      cmocka_unit_test(after_a_failed_append_later_ones_do_nothing),
      cmocka_unit_test(formatted_text_over_the_ceiling_fails_whole),
      cmocka_unit_test(formatted_text_longer_than_any_block_is_whole),
      cmocka_unit_test(sizes_near_the_end_of_memory_do_not_wrap),
      cmocka_unit_test(clearing_forgets_the_text_and_the_failure),
      cmocka_unit_test(appending_nothing_terminates),
      cmocka_unit_test(copy_that_fits_is_whole),
      cmocka_unit_test(copy_that_does_not_fit_is_cut_and_says_so),
      cmocka_unit_test(copy_is_never_cut_inside_a_character),
      cmocka_unit_test(comparing_ignores_the_case_of_ascii_only),
      cmocka_unit_test(comparing_a_prefix_stops_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
