/* What is remembered, and what comes back when somebody asks. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "common/text.h"
#include "tests/unit/history_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define W3SVC "service:W3SVC"
#define NGINX "process:C:\\nginx\\nginx.exe"
#define OTHER_NGINX "process:D:\\web\\NGINX.EXE"
#define MINUTE 60000

/* W3SVC has 80 and loses it to nginx, which still has it; the other nginx had 8080. */
static const struct history_row story[] = {
    {HISTORY_CHANGE, T0, 1100, 80, W3SVC, "{\"n\":1}", NULL, NULL, 0},
    {HISTORY_BEGIN, T0, 0, 80, W3SVC, "{\"service\":\"W3SVC\"}", NULL, NULL, 0},
    {HISTORY_CHANGE, T0 + MINUTE, 1100, 8080, OTHER_NGINX, "{\"n\":2}", NULL, NULL, 0},
    {HISTORY_BEGIN, T0 + MINUTE, 0, 8080, OTHER_NGINX, "{}", NULL, NULL, 0},
    {HISTORY_CHANGE, T0 + 2 * MINUTE, 1102, 80, W3SVC "\n" NGINX, "{\"n\":3}", NULL,
     "port 80: \"nginx\"", 17},
    {HISTORY_END, T0 + 2 * MINUTE, 0, 80, W3SVC, NULL, "replaced", NULL, 0},
    {HISTORY_BEGIN, T0 + 2 * MINUTE, 0, 80, NGINX, "{}", NULL, NULL, 0},
    {HISTORY_ACTION, T0 + 3 * MINUTE, 1400, 80, NULL, "{\"n\":4}", NULL, NULL, 0},
    {HISTORY_CHANGE, T0 + 4 * MINUTE, 1101, 8080, OTHER_NGINX, "{\"n\":5}", NULL, NULL,
     0},
    {HISTORY_END, T0 + 4 * MINUTE, 0, 8080, OTHER_NGINX, NULL, "released", NULL, 0},
    {HISTORY_CHANGE, T0 + 5 * MINUTE, 1200, 0, NULL, "{\"n\":6}", NULL, NULL, 0},
};

static struct history *told(void) {
  struct history *history = history_case_open();
  history_case_write(history, story, sizeof story / sizeof *story);
  return history;
}

static cJSON *read(const char *text) {
  const struct pg_json_limits limits = {.bytes = PG_ANSWER_MAX, .depth = 8};
  struct pg_fault fault = {0};
  cJSON *tree = NULL;
  if (pg_json_read(text, strlen(text), &limits, &tree, &fault) != PG_OK)
    fail_msg("%s: %s", fault.message, text);
  return tree;
}

/* Ports and first letters of the holders' names of the tenancies, and the "n" of the
 * entries, in their order: "80W 8080D | 3 1 +", where the + says truncated. */
static const char *brief(struct history *history,
                         const struct history_question *question) {
  static char out[400];
  cJSON *tree = read(history_case_ask(history, question));
  const cJSON *row;
  size_t len = 0;
  cJSON_ArrayForEach(row, pg_json_member(tree, "tenancies")) {
    const char *identity = cJSON_GetStringValue(pg_json_member(row, "identity"));
    len += (size_t)snprintf(out + len, sizeof out - len, "%d%c ",
                            (int)pg_json_member(row, "port")->valuedouble,
                            strchr(identity, ':')[1]);
  }
  len += (size_t)snprintf(out + len, sizeof out - len, "|");
  cJSON_ArrayForEach(row, pg_json_member(tree, "entries")) {
    const cJSON *data = pg_json_member(row, "data");
    len += (size_t)snprintf(out + len, sizeof out - len, " %d",
                            (int)pg_json_member(data, "n")->valuedouble);
  }
  if (cJSON_IsTrue(pg_json_member(tree, "truncated")))
    (void)snprintf(out + len, sizeof out - len, " +");
  cJSON_Delete(tree);
  return out;
}

static void an_empty_history_answers_with_empty_lists(void **state) {
  struct history *history = history_case_open();
  const struct history_question all = {0};
  (void)state;
  assert_string_equal(history_case_ask(history, &all),
                      "{\"tenancies\":[],\"entries\":[],\"truncated\":false}");
  history_close(history);
}

static void questions_are_answered_newest_first(void **state) {
  static const struct {
    struct history_question question;
    const char *expected;
  } cases[] = {
      {{0}, "80C 8080D 80W | 6 5 4 3 2 1"},
      {{.port = 80}, "80C 80W | 4 3 1"},
      {{.port = 8080}, "8080D | 5 2"},
      {{.port = 81}, "|"},
      {{.holder = "W3SVC"}, "80W | 3 1"},
      {{.holder = "w3svc", .port = 8080}, "|"},
      {{.holder = "nginx.exe"}, "80C 8080D | 5 3 2"},
      {{.holder = "Nginx.EXE", .port = 80}, "80C | 3"},
      {{.holder = "c:\\NGINX\\nginx.exe"}, "80C | 3"},
      {{.holder = "d:\\web\\nginx.exe", .port = 8080}, "8080D | 5 2"},
      {{.holder = "nginx"}, "|"},
      {{.holder = "%"}, "|"},
      {{.holder = ""}, "|"},
      {{.holder = "' OR 1=1 --"}, "|"},
      {{.limit = 2}, "80C 8080D | 6 5 +"},
      {{.limit = 6}, "80C 8080D 80W | 6 5 4 3 2 1"},
      {{.limit = UINT32_MAX}, "80C 8080D 80W | 6 5 4 3 2 1"},
      {{.since = T0 + 3 * MINUTE}, "80C 8080D | 6 5 4"},
      {{.since = T0 + 4 * MINUTE + 1}, "80C | 6"},
      {{.until = T0 + 2 * MINUTE}, "8080D 80W | 2 1"},
      {{.until = T0}, "|"},
      {{.since = T0 + MINUTE, .until = T0 + MINUTE + 1}, "8080D 80W | 2"},
      {{.port = 80, .since = T0 + MINUTE, .until = T0 + MINUTE + 1}, "80W |"},
      {{.holder = "W3SVC", .since = T0 + MINUTE, .until = T0 + 2 * MINUTE}, "80W |"},
      {{.holder = "nginx.exe", .since = T0 + 5 * MINUTE}, "80C |"},
  };
  struct history *history = told();
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *found = brief(history, &cases[i].question);
    if (strcmp(found, cases[i].expected) != 0)
      fail_msg("case %d: \"%s\", expected \"%s\"", (int)i, found, cases[i].expected);
  }
  history_close(history);
}

static void an_answer_says_all_that_is_known(void **state) {
  const struct history_question one = {.port = 80, .limit = 1, .until = T0 + MINUTE};
  const struct history_question now = {.port = 80, .limit = 1};
  struct history *history = told();
  (void)state;
  assert_string_equal(
      history_case_ask(history, &one),
      "{\"tenancies\":[{\"port\":80,\"identity\":\"service:W3SVC\","
      "\"holder\":{\"service\":\"W3SVC\"},\"from\":\"2026-03-02T10:00:00Z\","
      "\"to\":\"2026-03-02T10:02:00Z\",\"how\":\"replaced\"}],"
      "\"entries\":[{\"id\":1,\"at\":\"2026-03-02T10:00:00Z\",\"event\":1100,\"port\":80,"
      "\"summary\":\"\",\"watch_id\":null,\"data\":{\"n\":1}}],\"truncated\":false}");
  assert_non_null(strstr(history_case_ask(history, &now), "\"to\":null,\"how\":null"));
  history_close(history);
}

static void what_was_written_is_there_after_opening_it_again(void **state) {
  const struct history_question all = {0};
  (void)state;
  history_close(told());
  struct history *history = history_case_open();
  assert_string_equal(brief(history, &all), "80C 8080D 80W | 6 5 4 3 2 1");
  assert_true(history_bytes(history) > 4096);
  history_close(history);
}

static void an_entry_says_what_it_is_and_where_it_was_shown(void **state) {
  const struct history_question newest = {.port = 80, .limit = 2};
  struct history *history = told();
  (void)state;
  const char *answer = history_case_ask(history, &newest);
  assert_non_null(strstr(answer, "\"port\":80,\"summary\":\"port 80: \\\"nginx\\\"\","
                                 "\"watch_id\":17,\"data\":{\"n\":3}}"));
  assert_non_null(
      strstr(answer, "\"summary\":\"\",\"watch_id\":null,\"data\":{\"n\":4}}"));
  history_close(history);
}

static void beginning_twice_and_ending_what_never_began_change_nothing(void **state) {
  static const struct history_row rows[] = {
      {HISTORY_BEGIN, T0, 0, 80, W3SVC, "{}", NULL, NULL, 0},
      {HISTORY_BEGIN, T0 + MINUTE, 0, 80, W3SVC, "{}", NULL, NULL, 0},
      {HISTORY_END, T0, 0, 81, W3SVC, NULL, "released", NULL, 0},
      {HISTORY_END, T0, 0, 80, NGINX, NULL, "released", NULL, 0},
  };
  const struct history_question all = {0};
  struct history *history = history_case_open();
  (void)state;
  history_case_write(history, rows, 4);
  assert_string_equal(brief(history, &all), "80W |");
  assert_non_null(
      strstr(history_case_ask(history, &all), "\"from\":\"2026-03-02T10:00:00Z\""));
  history_close(history);
}

static void an_end_before_the_beginning_is_put_at_the_beginning(void **state) {
  static const struct history_row rows[] = {
      {HISTORY_BEGIN, T0, 0, 80, W3SVC, "{}", NULL, NULL, 0},
      {HISTORY_END, T0 - 60 * MINUTE, 0, 80, W3SVC, NULL, "released", NULL, 0},
  };
  const struct history_question all = {0};
  struct history *history = history_case_open();
  (void)state;
  history_case_write(history, rows, 2);
  assert_non_null(
      strstr(history_case_ask(history, &all), "\"to\":\"2026-03-02T10:00:00Z\""));
  history_close(history);
}

static void note(void *context, uint16_t port, const char *holder, int64_t since) {
  char *out = context;
  size_t len = strlen(out);
  snprintf(out + len, 200 - len, "%d %s %lld;", port, holder, (long long)(since - T0));
}

static void open_tenancies_are_told_to_a_new_run(void **state) {
  char found[200] = "";
  struct history *history = told();
  (void)state;
  assert_int_equal(history_open_tenancies(history, note, found, NULL), PG_OK);
  assert_string_equal(found, "80 " NGINX " 120000;");
  history_close(history);
}

static void the_same_boot_is_known_again(void **state) {
  static const struct {
    int64_t boot;
    bool same;
  } told_times[] = {{T0, false},        {T0, true},         {T0 + 4999, true},
                    {T0, true},         {T0 + 5001, false}, {T0 + 5001 - 5000, true},
                    {T0 - 5001, false}, {0, false},         {0, true}};
  (void)state;
  for (size_t i = 0; i < sizeof told_times / sizeof *told_times; i++) {
    struct history *history = history_case_open();
    bool same = !told_times[i].same;
    assert_int_equal(history_same_boot(history, told_times[i].boot, &same, NULL), PG_OK);
    assert_int_equal(history_note_boot(history, told_times[i].boot, NULL), PG_OK);
    if (same != told_times[i].same)
      fail_msg("start %d: %s", (int)i, same ? "the same boot" : "another boot");
    history_close(history);
  }
}

static void the_last_of_a_port_is_its_change_and_its_holder_before(void **state) {
  struct history_last last;
  struct history *history = told();
  (void)state;
  assert_int_equal(history_last(history, 80, &last, NULL), PG_OK);
  assert_int_equal(last.changed, T0 + 2 * MINUTE); /* and not the action */
  assert_int_equal(last.event, 1102);
  assert_string_equal(pg_text_str(&last.change), "{\"n\":3}");
  assert_string_equal(pg_text_str(&last.summary), "port 80: \"nginx\"");
  assert_int_equal(last.since, T0 + 2 * MINUTE);
  assert_int_equal(last.from, T0);
  assert_int_equal(last.until, T0 + 2 * MINUTE);
  assert_string_equal(last.how, "replaced");
  assert_string_equal(pg_text_str(&last.identity), W3SVC);
  assert_string_equal(pg_text_str(&last.holder), "{\"service\":\"W3SVC\"}");
  history_last_free(&last);
  assert_int_equal(history_last(history, 81, &last, NULL), PG_OK);
  assert_int_equal(last.changed, 0);
  assert_int_equal(last.since, 0);
  assert_int_equal(last.until, 0);
  assert_string_equal(pg_text_str(&last.identity), "");
  history_last_free(&last);
  history_close(history);
}

/* --- hostile text --- */

static char *long_text(const char *begin, const char *filler, size_t len,
                       const char *end) {
  char *text = malloc(strlen(begin) + len * strlen(filler) + strlen(end) + 1);
  char *at = text;
  assert_non_null(text);
  for (at += snprintf(text, strlen(begin) + 1, "%s", begin); len > 0; len--)
    for (const char *from = filler; *from != '\0'; from++)
      *at++ = *from;
  for (; *end != '\0'; end++)
    *at++ = *end;
  *at = '\0';
  return text;
}

static void text_from_outside_is_only_data(void **state) {
  char *path = long_text("process:C:\\", "a'\";--\\", 5000, "");
  char *data = long_text("{\"x\":\"", "\\u001b'", 4600, "\"}");
  const char *const holders[] = {"process:C:\\'); DROP TABLE change; --",
                                 "process:?",
                                 "process:",
                                 "",
                                 "process:C:\\\xF0\x9F\x98\x80.exe",
                                 "process:C:\\broken\xFF\xC3.exe",
                                 path};
  (void)state;
  for (size_t i = 0; i < sizeof holders / sizeof *holders; i++) {
    const struct history_row rows[] = {
        {HISTORY_CHANGE, T0, 1100, 80, holders[i], data, NULL, NULL, 0},
        {HISTORY_BEGIN, T0, 0, 80, holders[i], data, NULL, NULL, 0},
    };
    struct history *history = history_case_open();
    const struct history_question newest = {.limit = 7};
    history_case_write(history, rows, 2);
    cJSON *tree = read(history_case_ask(history, &newest));
    const cJSON *entries = pg_json_member(tree, "entries");
    assert_int_equal(cJSON_GetArraySize(entries), i + 1);
    assert_true(cJSON_IsObject(pg_json_member(cJSON_GetArrayItem(entries, 0), "data")));
    assert_int_equal(cJSON_GetArraySize(pg_json_member(tree, "tenancies")), i + 1);
    cJSON_Delete(tree);
    history_close(history);
  }
  free(path);
  free(data);
}

/* Somebody who may write the file put it there, or a bug. */
static void what_is_not_json_does_not_break_the_answer(void **state) {
  static const char *const bad[] = {"", "{", "{} {}", "{\n}", "{\"a\":\xFF}", "nul"};
  struct history *history = history_case_open();
  const struct history_question all = {0};
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const struct history_row row = {HISTORY_CHANGE, T0,   1,    80, NULL,
                                    bad[i],         NULL, NULL, 0};
    history_case_write(history, &row, 1);
  }
  cJSON *tree = read(history_case_ask(history, &all));
  const cJSON *entry;
  cJSON_ArrayForEach(entry, pg_json_member(tree, "entries"))
      assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(entry, "data")));
  cJSON_Delete(tree);
  history_close(history);
}

static void an_answer_that_would_be_too_large_is_cut_between_rows(void **state) {
  char *data = long_text("{\"x\":\"", "y", 10000, "\"}");
  struct history *history = history_case_open();
  struct pg_text text;
  struct pg_json json;
  const struct history_question all = {0};
  (void)state;
  for (int i = 0; i < 20; i++) {
    const struct history_row row = {HISTORY_CHANGE, T0 + i, 1,    80, NULL,
                                    data,           NULL,   NULL, 0};
    history_case_write(history, &row, 1);
  }
  pg_text_init(&text, 100000);
  pg_json_start(&json, &text);
  pg_json_object(&json);
  assert_int_equal(history_answer(history, &all, &json, NULL), PG_OK);
  pg_json_end_object(&json);
  assert_false(text.failed);
  cJSON *tree = read(pg_text_str(&text));
  assert_true(cJSON_IsTrue(pg_json_member(tree, "truncated")));
  assert_in_range(cJSON_GetArraySize(pg_json_member(tree, "entries")), 7, 9);
  cJSON_Delete(tree);
  pg_text_free(&text);
  free(data);
  history_close(history);
}

#define HISTORY_TEST(name) \
  cmocka_unit_test_setup_teardown(name, history_case_begin, history_case_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      HISTORY_TEST(an_empty_history_answers_with_empty_lists),
      HISTORY_TEST(questions_are_answered_newest_first),
      HISTORY_TEST(an_answer_says_all_that_is_known),
      HISTORY_TEST(an_entry_says_what_it_is_and_where_it_was_shown),
      HISTORY_TEST(what_was_written_is_there_after_opening_it_again),
      HISTORY_TEST(beginning_twice_and_ending_what_never_began_change_nothing),
      HISTORY_TEST(an_end_before_the_beginning_is_put_at_the_beginning),
      HISTORY_TEST(open_tenancies_are_told_to_a_new_run),
      HISTORY_TEST(the_same_boot_is_known_again),
      HISTORY_TEST(the_last_of_a_port_is_its_change_and_its_holder_before),
      HISTORY_TEST(text_from_outside_is_only_data),
      HISTORY_TEST(what_is_not_json_does_not_break_the_answer),
      HISTORY_TEST(an_answer_that_would_be_too_large_is_cut_between_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
