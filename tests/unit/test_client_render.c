#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client_golden.h"

#include "client/table.h"

#include <string.h>

static void wrapped(size_t used, size_t indent, const char *text, const char *expected) {
  struct pg_text out;
  struct render render;
  golden_render(&render, &out);
  render.columns = 20;
  render_wrapped(&render, used, indent, text);
  assert_string_equal(pg_text_str(&out), expected);
  pg_text_free(&out);
}

static void text_that_fits_is_one_line(void **state) {
  (void)state;
  wrapped(0, 4, "exactly twenty chars", "exactly twenty chars\n");
  wrapped(0, 4, "", "\n");
}

static void text_breaks_at_blanks_and_is_indented(void **state) {
  (void)state;
  wrapped(0, 4, "exactly twenty chars more", "exactly twenty chars\n    more\n");
  wrapped(16, 2, "late start", "late\n  start\n");
}

static void several_blanks_stay_inside_a_line_only(void **state) {
  (void)state;
  wrapped(0, 2, "a:80   since 09:14   today", "a:80   since 09:14\n  today\n");
}

static void a_word_longer_than_the_line_is_broken(void **state) {
  (void)state;
  wrapped(0, 2, "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa\n  aaaaaaaa\n");
}

static void characters_not_bytes_are_counted(void **state) {
  (void)state;
  wrapped(
      0, 0,
      "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6 "
      "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc",
      "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6 "
      "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\n");
}

static void duration_is(int64_t ms, const char *expected) {
  struct pg_text out;
  pg_text_init(&out, 100);
  render_duration(&out, ms);
  assert_string_equal(pg_text_str(&out), expected);
  pg_text_free(&out);
}

static void durations_have_at_most_two_units(void **state) {
  (void)state;
  duration_is(0, "0 s");
  duration_is(59999, "59 s");
  duration_is(60000, "1 min");
  duration_is(3599999, "59 min");
  duration_is(11544000, "3 h 12 min");
  duration_is(86400000, "1 d 0 h");
}

static void since_is(int64_t unix_ms, const char *expected) {
  struct pg_text out, line;
  struct render render;
  golden_render(&render, &out);
  pg_text_init(&line, 100);
  render_since(&render, &line, unix_ms);
  assert_string_equal(pg_text_str(&line), expected);
  pg_text_free(&line);
  pg_text_free(&out);
}

static void a_point_in_time_says_today_or_its_date(void **state) {
  (void)state;
  since_is(GOLDEN_NOW - 11544000, "since 09:14:07 today (3 h 12 min)");
  since_is(GOLDEN_NOW - 86400000, "since 2026-03-01 12:26:31 (1 d 0 h)");
}

static void an_unknown_point_in_time_is_left_out(void **state) {
  (void)state;
  since_is(0, "");
}

static void a_point_in_the_future_has_no_duration(void **state) {
  (void)state;
  since_is(GOLDEN_NOW + 5000, "since 12:26:36 today");
}

static void until_is(int64_t unix_ms, const char *expected) {
  struct pg_text out, line;
  struct render render;
  golden_render(&render, &out);
  pg_text_init(&line, 100);
  render_until(&render, &line, unix_ms);
  assert_string_equal(pg_text_str(&line), expected);
  pg_text_free(&line);
  pg_text_free(&out);
}

static void what_ends_says_when_and_how_long_it_goes_on(void **state) {
  (void)state;
  until_is(GOLDEN_NOW + 7199995, "until 14:26:30 today (2 h 0 min)");
  until_is(GOLDEN_NOW + 86400000, "until 2026-03-03 12:26:31 (1 d 0 h)");
  until_is(GOLDEN_NOW, "until 12:26:31 today (0 s)");
  until_is(GOLDEN_NOW - 5000, "until 12:26:26 today");
  until_is(0, "");
}

static void seconds_are(int64_t s, const char *expected) {
  struct pg_text out;
  pg_text_init(&out, 100);
  render_seconds(&out, s);
  assert_string_equal(pg_text_str(&out), expected);
  pg_text_free(&out);
}

static void what_was_set_is_shown_exactly(void **state) {
  (void)state;
  seconds_are(0, "0 s");
  seconds_are(59, "59 s");
  seconds_are(60, "1 min");
  seconds_are(90, "90 s");
  seconds_are(600, "10 min");
  seconds_are(5400, "90 min");
  seconds_are(86400, "24 h");
}

static void style_is(enum render_style style, bool colour, const char *expected) {
  struct pg_text out;
  struct render render;
  golden_render(&render, &out);
  render.colour = colour;
  render_styled(&render, style, "IN USE");
  assert_string_equal(pg_text_str(&out), expected);
  pg_text_free(&out);
}

static void colour_is_an_addition(void **state) {
  (void)state;
  style_is(RENDER_BAD, false, "IN USE");
  style_is(RENDER_BAD, true, "\033[1;31mIN USE\033[0m");
  style_is(RENDER_PLAIN, true, "IN USE");
}

static void table_is(size_t columns, const char *const *cells, size_t count,
                     const char *expected) {
  static const char *const headers[] = {"NAME", "URL"};
  struct pg_text out;
  struct render render;
  struct table table;
  golden_render(&render, &out);
  render.columns = columns;
  table_start(&table, headers, 2, 1);
  for (size_t i = 0; i < count; i++)
    table_cell(&table, cells[i]);
  table_finish(&table, &render, 2);
  assert_string_equal(pg_text_str(&out), expected);
  pg_text_free(&out);
}

static void table_columns_line_up(void **state) {
  (void)state;
  static const char *const cells[] = {"W3SVC", "http://*:80/", NULL, "http://b:80/"};
  table_is(80, cells, 4, "  NAME   URL\n  W3SVC  http://*:80/\n         http://b:80/\n");
}

static void no_table_line_ends_in_blanks(void **state) {
  (void)state;
  static const char *const cells[] = {"a", "", "bb", NULL};
  table_is(80, cells, 4, "  NAME  URL\n  a\n  bb\n");
}

static void a_cell_that_does_not_fit_ends_in_an_ellipsis(void **state) {
  (void)state;
  static const char *const cells[] = {"W3SVC", "http://example.com:80/long", "W3SVC",
                                      "http://example.com:80/long/"};
  table_is(30, cells, 4,
           "  NAME   URL\n  W3SVC  http://example.com:8\xe2\x80\xa6\n"
           "  W3SVC  http://example.com:\xe2\x80\xa6/\n");
}

static void the_kept_column_is_cut_last(void **state) {
  (void)state;
  static const char *const cells[] = {"a-very-long-name-of-forty-one-characters!",
                                      "http://example.com:80/longer"};
  table_is(54, cells, 2,
           "  NAME                    URL\n"
           "  a-very-long-name-of-f\xe2\x80\xa6  http://example.com:80/longer\n");
}

static void a_label_that_failed_makes_the_output_fail(void **state) {
  (void)state;
  struct pg_text out, line;
  struct render render;
  golden_render(&render, &out);
  pg_text_init(&line, 3);
  pg_text_str_add(&line, "too long");
  render_label(&render, "Why", &line);
  assert_true(out.failed);
  pg_text_free(&line);
  pg_text_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_that_fits_is_one_line),
      cmocka_unit_test(text_breaks_at_blanks_and_is_indented),
      cmocka_unit_test(several_blanks_stay_inside_a_line_only),
      cmocka_unit_test(a_word_longer_than_the_line_is_broken),
      cmocka_unit_test(characters_not_bytes_are_counted),
      cmocka_unit_test(durations_have_at_most_two_units),
      cmocka_unit_test(a_point_in_time_says_today_or_its_date),
      cmocka_unit_test(an_unknown_point_in_time_is_left_out),
      cmocka_unit_test(a_point_in_the_future_has_no_duration),
      cmocka_unit_test(what_ends_says_when_and_how_long_it_goes_on),
      cmocka_unit_test(what_was_set_is_shown_exactly),
      cmocka_unit_test(colour_is_an_addition),
      cmocka_unit_test(table_columns_line_up),
      cmocka_unit_test(no_table_line_ends_in_blanks),
      cmocka_unit_test(a_cell_that_does_not_fit_ends_in_an_ellipsis),
      cmocka_unit_test(the_kept_column_is_cut_last),
      cmocka_unit_test(a_label_that_failed_makes_the_output_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
