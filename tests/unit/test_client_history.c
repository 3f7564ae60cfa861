/* What is remembered, as text, and how a pager is called. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client_golden.h"
#include "golden_text.h"

#include "client/health_text.h"
#include "client/history_text.h"
#include "client/pager.h"
#include "common/limits.h"

#include <stdlib.h>
#include <string.h>

static struct history_asked asked;

static void as_asked(struct render *render, const cJSON *result) {
  history_text(render, result, &asked);
}

static void check(const char *name, struct history_asked what) {
  asked = what;
  golden_check(name, as_asked);
}

static void a_port_shows_who_held_it_and_what_happened(void **state) {
  (void)state;
  check("history_port", (struct history_asked){.port = 80});
}

static void all_ports_have_a_column_of_their_own(void **state) {
  (void)state;
  check("history_all", (struct history_asked){.since = "2026-03-01", .limit = 6});
}

static void a_holder_and_a_port_are_named(void **state) {
  (void)state;
  check("history_holder_and_port",
        (struct history_asked){.port = 80, .since = "2026-03-01", .holder = "W3SVC"});
}

static void nothing_is_said_and_where_there_may_be_more(void **state) {
  (void)state;
  check("history_nothing",
        (struct history_asked){.port = 81, .since = "2026-03-01 09:00"});
  check("history_never", (struct history_asked){0});
}

static void changes_without_a_holder_and_no_higher_limit(void **state) {
  (void)state;
  check("history_changes_only", (struct history_asked){.port = 81,
                                                       .since = "2026-02-01",
                                                       .until = "2026-03-02",
                                                       .holder = "C:\\My Web\\nginx.exe",
                                                       .limit = PG_HISTORY_ROWS_MAX});
}

static void words_from_outside_are_escaped_and_nonsense_is_survived(void **state) {
  (void)state;
  check("history_hostile", (struct history_asked){.port = 80, .holder = "a\033[2J"});
}

static void an_empty_object_is_an_answer_about_nothing(void **state) {
  struct pg_text out;
  (void)state;
  asked = (struct history_asked){0};
  golden_from("{}", &out, as_asked);
  assert_string_equal(pg_text_str(&out), "Nothing is remembered.\n");
  pg_text_free(&out);
}

static void expect_health(const char *json, const char *line) {
  struct pg_text out;
  golden_from(json, &out, health_text);
  if (strstr(pg_text_str(&out), line) == NULL)
    fail_msg("%s", pg_text_str(&out));
  pg_text_free(&out);
}

static void health_says_how_the_history_is(void **state) {
  static const struct {
    const char *json, *line;
  } cases[] = {
      {"{\"history\":{\"state\":\"recording\",\"error\":null,\"bytes\":1363149,"
       "\"written\":345,\"lost\":0}}",
       "  History     recording, 1.3 MiB, 345 rows written so far\n"},
      {"{\"history\":{\"state\":\"failing\",\"error\":\"the disk is full\",\"bytes\":0,"
       "\"written\":7,\"lost\":3}}",
       "  History     failing, 7 rows written so far, 3 LOST: the disk is full\n"},
      {"{\"history\":{\"state\":\"off\",\"error\":null,\"bytes\":0,\"written\":0,"
       "\"lost\":0}}",
       "  History     off\n"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_health(cases[i].json, cases[i].line);
}

static void health_says_how_the_metrics_are(void **state) {
  static const struct {
    const char *json, *line;
  } cases[] = {
      {"{\"metrics\":{\"enabled\":true,\"interval_s\":15,\"file\":\"C:\\\\p.prom\"}}",
       "  Metrics     every 15 s in C:\\p.prom\n"},
      {"{\"metrics\":{\"enabled\":true,\"interval_s\":15,\"file\":\"C:\\\\p.prom\","
       "\"error\":\"the disk is full\"}}",
       "  Metrics     failing: the disk is full\n"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_health(cases[i].json, cases[i].line);
}

static void the_page_of_the_commands_shows_what_is_printed(void **state) {
  char *page = golden_read("../../docs/cli.md");
  char *text = golden_read("client/history_port.txt");
  struct pg_text block;
  (void)state;
  assert_non_null(page);
  assert_non_null(text);
  pg_text_init(&block, RENDER_LINE_MAX);
  golden_indent(&block, text);
  assert_non_null(strstr(page, pg_text_str(&block)));
  pg_text_free(&block);
  free(text);
  free(page);
}

static void a_pager_is_a_program_and_its_arguments(void **state) {
  char *words[PAGER_WORDS + 1];
  char command[] = "  less  -R -i ", quoted[] = "less; rm x", nothing[] = " ",
       none[] = "", cat[] = "cat", many[] = "a b c d e f g h i j k l m n o p q";
  (void)state;
  assert_true(pager_words(command, words));
  assert_string_equal(words[0], "less");
  assert_string_equal(words[1], "-R");
  assert_string_equal(words[2], "-i");
  assert_null(words[3]);
  assert_true(pager_words(quoted, words));
  assert_string_equal(words[0], "less;");
  assert_false(pager_words(nothing, words));
  assert_false(pager_words(none, words));
  assert_false(pager_words(cat, words));
  assert_false(pager_words(many, words));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_port_shows_who_held_it_and_what_happened),
      cmocka_unit_test(all_ports_have_a_column_of_their_own),
      cmocka_unit_test(a_holder_and_a_port_are_named),
      cmocka_unit_test(nothing_is_said_and_where_there_may_be_more),
      cmocka_unit_test(changes_without_a_holder_and_no_higher_limit),
      cmocka_unit_test(words_from_outside_are_escaped_and_nonsense_is_survived),
      cmocka_unit_test(an_empty_object_is_an_answer_about_nothing),
      cmocka_unit_test(health_says_how_the_history_is),
      cmocka_unit_test(health_says_how_the_metrics_are),
      cmocka_unit_test(the_page_of_the_commands_shows_what_is_printed),
      cmocka_unit_test(a_pager_is_a_program_and_its_arguments),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
