#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/sources/netsh_ranges.h"

#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENGLISH                        \
  "\r\n"                               \
  "Protocol tcp Port Exclusion Ranges" \
  "\r\n\r\n"                           \
  "Start Port    End Port      "       \
  "\r\n"                               \
  "----------    --------      "       \
  "\r\n"
#define GERMAN                           \
  "\r\n"                                 \
  "Protokoll tcp-Portausschlussbereiche" \
  "\r\n\r\n"                             \
  "Startport     Endport       "         \
  "\r\n"                                 \
  "----------    --------      "         \
  "\r\n"
/* Japanese in code page 932, with every byte that is not UTF-8 made a '?'. What is
 * left are the second bytes that look like ASCII: '-' and digits among them. */
#define JAPANESE                 \
  "\r\n"                         \
  "?v???g?R?? tcp ?|?[?g???O???" \
  "\r\n\r\n"                     \
  "?J?n?|?[?g    ?I???|?[?g    " \
  "\r\n"                         \
  "----------    --------      " \
  "\r\n"
#define FOOTER "\r\n* - Administered port exclusions.\r\n\r\n"
#define ROWS                         \
  "        80          80      \r\n" \
  "      8016        8115      \r\n" \
  "     50000       50059     *\r\n"
#define READ "80-80 8016-8115 50000-50059*"
#define IS_CUT "netsh's table of excluded port ranges is cut"
#define NO_TABLE "netsh printed no table of excluded port ranges"

/* "80-80 50000-50059*", and what was wrong in |why|. The text's memory ends where
 * it ends, so that reading on would be seen. */
static struct pg_snapshot *parse(const char *text, size_t len, struct pg_text *out,
                                 char why[120]) {
  struct pg_snapshot *snapshot = snapshot_new();
  char *copy = malloc(len > 0 ? len : 1);
  assert_non_null(snapshot);
  assert_non_null(copy);
  memcpy(copy, text, len);
  assert_int_equal(netsh_ranges_parse(snapshot, PG_IPV6, copy, len, why, 120), PG_OK);
  free(copy);
  pg_text_init(out, 4096);
  for (size_t i = 0; i < snapshot->network.range_count; i++) {
    const struct pg_excluded_range *row = &snapshot->network.ranges[i];
    assert_int_equal(row->family, PG_IPV6);
    pg_text_printf(out, "%s%u-%u%s", i > 0 ? " " : "", row->first, row->last,
                   row->administered ? "*" : "");
  }
  return snapshot;
}

static void expect(const char *text, const char *ranges, const char *words) {
  char why[120];
  struct pg_text out;
  snapshot_unref(parse(text, strlen(text), &out, why));
  assert_string_equal(pg_text_str(&out), ranges);
  assert_string_equal(why, words);
  pg_text_free(&out);
}

static void rows_are_read_in_every_language(void **state) {
  (void)state;
  expect(ENGLISH ROWS FOOTER, READ, "");
  expect(GERMAN ROWS "\r\n* - Verwaltete Portausschl\xC3\xBCsse.\r\n\r\n", READ, "");
  expect(JAPANESE ROWS "\r\n* - ???????|?[?g???O?B\r\n\r\n", READ, "");
}

static void line_ends_may_be_of_either_kind(void **state) {
  static const char text[] = ENGLISH ROWS FOOTER;
  char lines[sizeof text];
  size_t kept = 0;
  (void)state;
  for (size_t i = 0; i < sizeof text; i++)
    if (text[i] != '\r')
      lines[kept++] = text[i];
  expect(lines, READ, "");
  expect("-----  -----\n\t80\t80\t*\n", "80-80*", "");
}

static void a_table_without_rows_is_a_table(void **state) {
  (void)state;
  expect(ENGLISH FOOTER, "", "");
  expect(ENGLISH, "", "");
}

static void what_is_no_table_says_so(void **state) {
  static const char *const texts[] = {
      "",
      "\r\n\r\n",
      "   ",
      "\r\nThe following command was not found: int ipv4 show excludedportrange.\r\n",
      "\r\nStart Port    End Port\r\n",
      "        80          80      \r\n",
      "----- ----- x\r\n        80          80      \r\n",
      "--\r\n        80          80      \r\n",
      "----------    --------"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    expect(texts[i], "", NO_TABLE);
}

static void numbers_before_the_table_are_no_rows(void **state) {
  (void)state;
  expect("Windows 10\r\n  81  82\r\n" ENGLISH ROWS FOOTER, READ, "");
}

static void the_first_row_that_is_no_range_ends_the_reading(void **state) {
  static const char *const rows[] = {"        90              \r\n",
                                     "        90          x90\r\n",
                                     "        90          91 92\r\n",
                                     "        90          91 x\r\n",
                                     "        90          91 **\r\n",
                                     "        90          91 *x\r\n",
                                     "        91          90\r\n",
                                     "       90-91\r\n",
                                     "        90         -91\r\n",
                                     "        90          65536\r\n",
                                     "        90          099999\r\n",
                                     "        90          100000\r\n",
                                     "        4294967376  4294967377\r\n",
                                     "        90.5        91\r\n",
                                     "        90\r90\r\n",
                                     "        9x          90\r\n"};
  char text[512];
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    (void)snprintf(text, sizeof text, "%s%s%s%s%s", ENGLISH, ROWS, rows[i], ROWS, FOOTER);
    expect(text, READ, "row 4 of netsh's excluded port ranges is no range");
  }
}

static void every_port_may_be_excluded(void **state) {
  (void)state;
  expect(ENGLISH "  1  65535\r\n  65535 65535 *\r\n" FOOTER, "1-65535 65535-65535*", "");
}

static void rows_are_added_to_those_that_are_there(void **state) {
  struct pg_snapshot *snapshot = snapshot_new();
  char why[120];
  (void)state;
  assert_non_null(snapshot);
  assert_int_equal(netsh_ranges_parse(snapshot, PG_IPV4, ENGLISH ROWS,
                                      strlen(ENGLISH ROWS), why, sizeof why),
                   PG_OK);
  assert_int_equal(netsh_ranges_parse(snapshot, PG_IPV6, ENGLISH ROWS,
                                      strlen(ENGLISH ROWS), why, sizeof why),
                   PG_OK);
  assert_int_equal(snapshot->network.range_count, 6);
  assert_int_equal(snapshot->network.ranges[2].family, PG_IPV4);
  assert_int_equal(snapshot->network.ranges[3].family, PG_IPV6);
  snapshot_unref(snapshot);
}

/* --- cut anywhere --- */

/* The rows that a reader of the cut text may believe: those that end before it. */
static const char *whole_rows(const char *text, size_t len) {
  static const char *const rows[] = {"", "80-80", "80-80 8016-8115", READ};
  static const char *const ends[] = {"  80      \r\n", "8115      \r\n",
                                     "50059     *\r\n"};
  size_t count = 0;
  for (size_t i = 0; i < 3; i++) {
    const char *end = strstr(text, ends[i]);
    assert_non_null(end);
    count += (size_t)(end - text) + strlen(ends[i]) <= len;
  }
  return rows[count];
}

static void cut_everywhere(const char *text) {
  size_t rule = (size_t)(strstr(text, "----------") - text);
  size_t table = rule + strlen("----------    --------      \r\n");
  size_t footer = (size_t)(strchr(text, '*') - text) + 3;
  assert_non_null(strstr(text, "\r\n* "));
  for (size_t len = 0; len <= strlen(text); len++) {
    char why[120];
    struct pg_text out;
    snapshot_unref(parse(text, len, &out, why));
    assert_string_equal(pg_text_str(&out), whole_rows(text, len));
    bool between = text[len - (len > 0)] == '\n';
    if (len < table)
      assert_string_equal(why, NO_TABLE);
    else if (len < footer && !between)
      assert_string_equal(why, IS_CUT);
    else if (between)
      assert_string_equal(why, "");
    pg_text_free(&out);
  }
}

static void a_text_cut_at_any_byte_never_gives_a_wrong_range(void **state) {
  (void)state;
  cut_everywhere(ENGLISH ROWS FOOTER);
  cut_everywhere(GERMAN ROWS FOOTER);
  cut_everywhere(JAPANESE ROWS FOOTER);
}

static void port_80_is_not_read_out_of_8016(void **state) {
  (void)state;
  expect(ENGLISH "      8016        80", "", IS_CUT);
  expect(ENGLISH "      8016        8115", "", IS_CUT);
  expect(ENGLISH "      80", "", IS_CUT);
  expect(ENGLISH "     ", "", IS_CUT);
}

static void a_cut_behind_the_table_loses_nothing(void **state) {
  (void)state;
  expect(ENGLISH ROWS "\r\n* - Admin", READ, "");
  expect(ENGLISH ROWS "\r\n*", READ, "");
  expect(ENGLISH ROWS, READ, "");
}

/* --- hostile text --- */

static void any_byte_anywhere_is_survived(void **state) {
  static const char whole[] = ENGLISH ROWS FOOTER;
  static const char bytes[] = {'\0', '\r', '\n', '-', '*', '9', ' ', '\x1B', '\xFF'};
  char text[sizeof whole];
  (void)state;
  for (size_t at = 0; at < sizeof whole - 1; at++)
    for (size_t i = 0; i < sizeof bytes; i++) {
      char why[120];
      struct pg_text out;
      memcpy(text, whole, sizeof whole);
      text[at] = bytes[i];
      struct pg_snapshot *snapshot = parse(text, sizeof whole - 1, &out, why);
      assert_true(snapshot->network.range_count <= 4);
      for (size_t row = 0; row < snapshot->network.range_count; row++)
        assert_true(snapshot->network.ranges[row].first <=
                    snapshot->network.ranges[row].last);
      snapshot_unref(snapshot);
      pg_text_free(&out);
    }
}

static void a_second_table_is_read_on(void **state) {
  (void)state;
  expect(ENGLISH ROWS FOOTER ENGLISH "  90  91\r\n", READ " 90-91", "");
}

static void very_many_rows_are_all_read(void **state) {
  enum { ROW = 8, COUNT = 65535 };
  static const char head[] = "------\n";
  size_t len = sizeof head - 1 + (size_t)ROW * 2 * COUNT;
  char *text = calloc(1, len + 1), why[120];
  struct pg_snapshot *snapshot = snapshot_new();
  (void)state;
  assert_non_null(text);
  assert_non_null(snapshot);
  memcpy(text, head, sizeof head - 1);
  char *at = text + sizeof head - 1;
  for (unsigned port = 1; port <= COUNT; port++, at += 2 * ROW)
    (void)snprintf(at, 2 * ROW + 1, "%7u %7u\n", port, port);
  assert_int_equal(netsh_ranges_parse(snapshot, PG_IPV4, text, len, why, sizeof why),
                   PG_OK);
  assert_string_equal(why, "");
  assert_int_equal(snapshot->network.range_count, COUNT);
  assert_int_equal(snapshot->network.ranges[COUNT - 1].last, COUNT);
  snapshot_unref(snapshot);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_are_read_in_every_language),
      cmocka_unit_test(line_ends_may_be_of_either_kind),
      cmocka_unit_test(a_table_without_rows_is_a_table),
      cmocka_unit_test(what_is_no_table_says_so),
      cmocka_unit_test(numbers_before_the_table_are_no_rows),
      cmocka_unit_test(the_first_row_that_is_no_range_ends_the_reading),
      cmocka_unit_test(every_port_may_be_excluded),
      cmocka_unit_test(rows_are_added_to_those_that_are_there),
      cmocka_unit_test(a_text_cut_at_any_byte_never_gives_a_wrong_range),
      cmocka_unit_test(port_80_is_not_read_out_of_8016),
      cmocka_unit_test(a_cut_behind_the_table_loses_nothing),
      cmocka_unit_test(any_byte_anywhere_is_survived),
      cmocka_unit_test(a_second_table_is_read_on),
      cmocka_unit_test(very_many_rows_are_all_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
