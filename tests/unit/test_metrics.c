#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/metrics/metrics.h"
#include "tests/unit/golden_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static struct pg_text out;

static int begin(void **state) {
  (void)state;
  pg_text_init(&out, PG_METRICS_MAX);
  return 0;
}

static int end(void **state) {
  (void)state;
  pg_text_free(&out);
  return 0;
}

static void is(const char *expected) {
  assert_false(out.failed);
  assert_string_equal(pg_text_str(&out), expected);
  pg_text_clear(&out);
}

static void rule_is(const char *name, const char *expected) {
  metric_sample(&out, METRIC_RULE_PAUSED, &name, 1, 0);
  is(expected);
}

static void a_metric_has_help_a_type_and_samples(void **state) {
  (void)state;
  metric_single(&out, METRIC_UP, 1, 0);
  is("# HELP portguard_up 1 while the service runs, 0 once it has been stopped in "
     "order.\n"
     "# TYPE portguard_up gauge\n"
     "portguard_up 1\n");
}

static void labels_stand_in_the_order_of_the_list(void **state) {
  const char *values[] = {"80", "in_use"};
  (void)state;
  metric_sample(&out, METRIC_PORT_STATE, values, 1, 0);
  is("portguard_port_state{port=\"80\",state=\"in_use\"} 1\n");
}

static void what_ends_a_label_or_begins_an_escape_is_escaped(void **state) {
  (void)state;
  rule_is("a\"b", "portguard_rule_paused{rule=\"a\\\"b\"} 1\n");
  rule_is("a\\", "portguard_rule_paused{rule=\"a\\\\\"} 1\n");
  rule_is("\\n\"\\\"", "portguard_rule_paused{rule=\"\\\\n\\\"\\\\\\\"\"} 1\n");
  rule_is("\"", "portguard_rule_paused{rule=\"\\\"\"} 1\n");
  rule_is("", "portguard_rule_paused{rule=\"\"} 1\n");
  rule_is(NULL, "portguard_rule_paused{rule=\"\"} 1\n");
}

/* As on a screen: a line feed would begin another metric. */
static void text_from_outside_goes_through_the_one_escaper(void **state) {
  (void)state;
  rule_is("a\nportguard_up 0\n",
          "portguard_rule_paused{rule=\"a<0A>portguard_up 0<0A>\"} 1\n");
  rule_is("\x1b[2J\xe2\x80\xae%<",
          "portguard_rule_paused{rule=\"<1B>[2J<202E><25><3C>\"} 1\n");
  rule_is("\xff\xfe", "portguard_rule_paused{rule=\"\xEF\xBF\xBD\xEF\xBF\xBD\"} 1\n");
}

/* Two names that were cut could be equal, and the file worth nothing. */
static void no_name_of_a_rule_is_cut(void **state) {
  char name[4 * PG_RULE_NAME_CHARS + 1], *last;
  (void)state;
  for (size_t i = 0; i < PG_RULE_NAME_CHARS; i++)
    memcpy(name + 4 * i, "\xF3\xA0\x80\x81", 4); /* U+E0001, eight characters as shown */
  name[sizeof name - 1] = '\0';
  const char *value = name;
  metric_sample(&out, METRIC_RULE_PAUSED, &value, 1, 0);
  assert_null(strstr(pg_text_str(&out), "..."));
  last = strrchr(pg_text_str(&out), '<');
  assert_non_null(last);
  assert_string_equal(last, "<E0001>\"} 1\n");
}

static void a_long_name_has_an_end(void **state) {
  static char name[100000];
  const char *value = name;
  (void)state;
  memset(name, '"', sizeof name - 1);
  metric_sample(&out, METRIC_RULE_PAUSED, &value, 1, 0);
  assert_false(out.failed);
  assert_true(out.len < 2 * METRIC_SHOWN + 64);
  assert_non_null(strstr(pg_text_str(&out), "\\\"...\"} 1\n"));
}

static void numbers_are_in_whole_units(void **state) {
  (void)state;
  metric_sample(&out, METRIC_INTERVAL, NULL, 1500, METRIC_MILLI);
  is("portguard_sample_interval_seconds 1.500\n");
  metric_sample(&out, METRIC_INTERVAL, NULL, 7, METRIC_MILLI);
  is("portguard_sample_interval_seconds 0.007\n");
  metric_sample(&out, METRIC_INTERVAL, NULL, INT64_C(1772454391204), METRIC_MILLI);
  is("portguard_sample_interval_seconds 1772454391.204\n");
}

static void a_summary_has_quantiles_a_sum_and_a_count(void **state) {
  struct metric_summary took = {true, 3, 2000500, 250, 2000000, 2000000};
  (void)state;
  metric_quantiles(&out, METRIC_SAMPLE_DURATION, &took);
  const char *samples = strstr(pg_text_str(&out), "summary\n");
  assert_non_null(samples);
  assert_string_equal(samples,
                      "summary\n"
                      "portguard_sample_duration_seconds{quantile=\"0.5\"} 0.000250\n"
                      "portguard_sample_duration_seconds{quantile=\"0.99\"} 2.000000\n"
                      "portguard_sample_duration_seconds{quantile=\"1\"} 2.000000\n"
                      "portguard_sample_duration_seconds_sum 2.000500\n"
                      "portguard_sample_duration_seconds_count 3\n");
}

static void a_summary_of_nothing_has_no_quantiles(void **state) {
  struct metric_summary none = {0};
  (void)state;
  metric_quantiles(&out, METRIC_SAMPLE_DURATION, &none);
  assert_null(strstr(pg_text_str(&out), "quantile="));
  assert_non_null(strstr(pg_text_str(&out), "_count 0\n"));
}

static void a_text_that_does_not_fit_is_known_to_be_broken(void **state) {
  struct pg_text small;
  const char *name = "\"\"\"\"\"\"\"\"";
  (void)state;
  for (size_t max = 0; max < 48; max++) {
    pg_text_init(&small, max);
    metric_sample(&small, METRIC_RULE_PAUSED, &name, 1, 0);
    assert_true(small.failed);
    assert_true(small.len <= max);
    pg_text_free(&small);
  }
}

/* --- the list --- */

static const struct {
  const char *name, *labels, *help;
  enum metric_type type;
} listed[] = {
#define X(name, text, type, labels, help) {text, labels, help, METRIC_##type},
    PG_METRIC_LIST(X)
#undef X
};
#define LISTED (sizeof listed / sizeof *listed)

static bool ends_with(const char *text, const char *end) {
  size_t len = strlen(text), end_len = strlen(end);
  return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void names_follow_the_conventions_of_prometheus(void **state) {
  (void)state;
  for (size_t i = 0; i < LISTED; i++) {
    const char *name = listed[i].name;
    assert_int_equal(strncmp(name, "portguard_", 10), 0);
    for (const char *c = name; *c != '\0'; c++)
      assert_true(islower((unsigned char)*c) || *c == '_');
    assert_int_equal(ends_with(name, "_total"), listed[i].type == METRIC_COUNTER);
    assert_true(ends_with(listed[i].help, "."));
    assert_null(strpbrk(listed[i].help, "\\\n"));
    for (size_t j = 0; j < i; j++)
      assert_string_not_equal(name, listed[j].name);
  }
}

static const char *type_word(enum metric_type type) {
  return type == METRIC_COUNTER   ? "counter"
         : type == METRIC_SUMMARY ? "summary"
                                  : "gauge";
}

/* "port,state" as the table has it: "`port`, `state`". */
static void add_labels(const char *labels, struct pg_text *row) {
  for (; *labels != '\0'; labels += *labels == ',') {
    size_t len = strcspn(labels, ",");
    pg_text_char(row, '`');
    pg_text_add(row, labels, len);
    pg_text_str_add(row, labels[len] == ',' ? "`, " : "`");
    labels += len;
  }
}

static void the_page_about_monitoring_has_every_metric_and_no_other(void **state) {
  char *page = golden_read("../../docs/monitoring.md");
  size_t rows = 0;
  (void)state;
  assert_non_null(page);
  for (size_t i = 0; i < LISTED; i++) {
    pg_text_clear(&out);
    pg_text_printf(&out, "\n| `%s` | %s | ", listed[i].name, type_word(listed[i].type));
    add_labels(listed[i].labels, &out);
    pg_text_printf(&out, " | %s", listed[i].help);
    if (strstr(page, pg_text_str(&out)) == NULL)
      fail_msg("docs/monitoring.md does not have the row%s", pg_text_str(&out));
  }
  for (const char *at = page; (at = strstr(at, "\n| `portguard_")) != NULL; at++)
    rows++;
  assert_int_equal(rows, LISTED);
  free(page);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_metric_has_help_a_type_and_samples),
      TEST(labels_stand_in_the_order_of_the_list),
      TEST(what_ends_a_label_or_begins_an_escape_is_escaped),
      TEST(text_from_outside_goes_through_the_one_escaper),
      TEST(no_name_of_a_rule_is_cut),
      TEST(a_long_name_has_an_end),
      TEST(numbers_are_in_whole_units),
      TEST(a_summary_has_quantiles_a_sum_and_a_count),
      TEST(a_summary_of_nothing_has_no_quantiles),
      TEST(a_text_that_does_not_fit_is_known_to_be_broken),
      TEST(names_follow_the_conventions_of_prometheus),
      TEST(the_page_about_monitoring_has_every_metric_and_no_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
