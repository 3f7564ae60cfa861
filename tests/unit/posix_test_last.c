/* What a status tells of who held the port before, also when the database is slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_database.h"
#include "posix_loop_case.h"

#include "common/limits.h"
#include "service/history/store.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define NGINX "\"identity\":\"process:C:\\\\n\\\\nginx.exe\""

/* --- the database, as the test wants it --- */

enum pg_error __real_history_last(struct history *history, uint16_t port,
                                  struct history_last *out, struct pg_fault *fault);
enum pg_error __wrap_history_last(struct history *history, uint16_t port,
                                  struct history_last *out, struct pg_fault *fault);

enum pg_error __wrap_history_last(struct history *history, uint16_t port,
                                  struct history_last *out, struct pg_fault *fault) {
  bool fails = fake_database_enter();
  enum pg_error error = __real_history_last(history, port, out, fault);
  return fails ? fake_database_fail(fault) : error;
}

/* --- asking --- */

struct answer {
  char line[8192];
  const char *history; /* what follows "history": */
  unsigned took_ms;
};

static void ask_status(struct service *s, unsigned port, struct answer *answer) {
  char request[160];
  snprintf(request, sizeof request, CALL("status", "\"port\":%u,\"max_age_ms\":0"), port);
  uint64_t begun = uv_hrtime();
  ask(s, request, answer->line, sizeof answer->line);
  answer->took_ms = (unsigned)((uv_hrtime() - begun) / 1000000u);
  answer->history = strstr(answer->line, "\"history\":");
  if (answer->history == NULL)
    fail_msg("no history in %s", answer->line);
  answer->history += strlen("\"history\":");
}

static bool is_null(const struct answer *answer) {
  return strncmp(answer->history, "null", 4) == 0;
}

/* A disk may be slow, and nothing is told until the first look is on it. */
static void ask_history(struct service *s, unsigned port, struct answer *answer) {
  uint64_t begun = uv_hrtime();
  do
    ask_status(s, port, answer);
  while (is_null(answer) && uv_hrtime() - begun < EVENT_MS * UINT64_C(1000000));
  if (is_null(answer))
    fail_msg("there is no history: %s", answer->line);
}

static const struct fake_row nginx = {8080, 600}, other = {8080, 700};

static int start_empty(void **state) {
  fake_database_set(false, false);
  return start_remembering(state, 0, &nginx);
}

static int start_with_nginx(void **state) {
  fake_database_set(false, false);
  return start_remembering(state, 1, &nginx);
}

static int stop_all(void **state) {
  fake_database_set(false, false);
  return stop(state);
}

/* --- what is told --- */

static void who_left_a_port_is_told_of_the_free_one(void **state) {
  struct service *s = *state;
  struct answer answer;
  ask_history(s, 8080, &answer);
  check(answer.history, "\"since\":\"2");
  check(answer.history, "\"last_holder\":null,\"last_change\":null");
  set_rows(s, 0, &nginx);
  expect(s, PG_EVENT_PORT_RELEASED, "8080");
  ask_history(s, 8080, &answer);
  check(answer.history, "{\"since\":null,\"last_holder\":{" NGINX ",\"holder\":{");
  check(answer.history, "\"how\":\"released\"},\"last_change\":{\"at\":\"2");
  check(answer.history, "\"event\":1101,\"summary\":\"");
  check(answer.history, "},\"warnings\":[");
}

static void who_had_a_port_before_is_told_of_its_holder(void **state) {
  struct service *s = *state;
  struct answer answer;
  set_rows(s, 1, &other);
  expect(s, PG_EVENT_HOLDER_CHANGED, "8080");
  ask_history(s, 8080, &answer);
  check(answer.history, "{\"since\":\"2");
  check(answer.history, NGINX);
  check(answer.history, "\"how\":\"replaced\"");
  check(answer.history, "\"event\":1102");
}

/* Whatever is kept: an answer never has a holder of now and one of before mixed up. */
static void what_is_kept_ends_with_the_next_change(void **state) {
  struct service *s = *state;
  struct answer answer;
  for (int i = 0; i < 6; i++) {
    bool free_now = i % 2 == 0;
    set_rows(s, free_now ? 0 : 1, &nginx);
    expect(s, free_now ? PG_EVENT_PORT_RELEASED : PG_EVENT_PORT_TAKEN, "8080");
    for (int again = 0; again < 3; again++) {
      ask_history(s, 8080, &answer);
      check(answer.line, free_now ? "\"state\":\"free\"" : "\"state\":\"in_use\"");
      check(answer.history, free_now ? "{\"since\":null" : "{\"since\":\"2");
    }
  }
}

static void since_outlives_the_service(void **state) {
  struct service *s = *state;
  struct answer before, after;
  char since[48];
  ask_history(s, 8080, &before);
  assert_int_equal(sscanf(before.history, "{%40[^,],", since), 1);
  start_again(s, 1, &nginx);
  ask_history(s, 8080, &after);
  check(after.history, since);
  check(after.history, "\"last_holder\":null");
  start_again(s, 0, &nginx);
  ask_history(s, 8080, &after);
  check(after.history, "{\"since\":null,\"last_holder\":{" NGINX);
  check(after.history, "\"how\":\"unknown\"");
}

/* --- what it costs --- */

static void the_database_is_asked_once(void **state) {
  struct service *s = *state;
  struct answer answer;
  ask_history(s, 8080, &answer);
  unsigned before = fake_database_questions();
  for (int i = 0; i < 50; i++)
    ask_status(s, 8080, &answer);
  assert_int_equal(fake_database_questions(), before);
  assert_false(is_null(&answer));
}

static void more_ports_than_are_kept_take_turns(void **state) {
  struct service *s = *state;
  struct answer answer;
  for (unsigned again = 0; again < 2; again++)
    for (unsigned port = 1; port <= PG_HISTORY_LASTS + 20; port++) {
      ask_history(s, port, &answer);
      check(answer.history, "{\"since\":null,\"last_holder\":null,\"last_change\":null}");
    }
}

static void a_slow_database_delays_an_answer_only_so_long(void **state) {
  struct service *s = *state;
  struct answer answer;
  ask_history(s, 443, &answer); /* it is open */
  fake_database_set(true, false);
  ask_status(s, 8080, &answer);
  assert_true(is_null(&answer));
  assert_true(answer.took_ms >= PG_HISTORY_LAST_MS - 1);
  assert_true(answer.took_ms < PG_SLOW_WAIT_MS);
  check(answer.line, "\"state\":\"in_use\"");
  check(answer.line, "\"complete\":true");
  /* Who asks next does not wait for it once more; what is known is told. */
  unsigned took = 0;
  for (int i = 0; i < 20; i++) {
    ask_status(s, 8080, &answer);
    took += answer.took_ms;
    assert_true(is_null(&answer));
  }
  assert_true(took < 10 * PG_HISTORY_LAST_MS);
  ask_status(s, 443, &answer);
  assert_false(is_null(&answer));
  fake_database_set(false, false);
  ask_history(s, 8080, &answer);
  check(answer.history, "{\"since\":\"2");
}

/* Its answer is older than the change: it is none. */
static void what_changes_while_it_is_asked_is_asked_again(void **state) {
  struct service *s = *state;
  struct answer answer;
  ask_history(s, 443, &answer);
  fake_database_set(true, false);
  ask_status(s, 8080, &answer);
  set_rows(s, 0, &nginx);
  expect(s, PG_EVENT_PORT_RELEASED, "8080");
  fake_database_set(false, false);
  ask_history(s, 8080, &answer);
  check(answer.history, "{\"since\":null,\"last_holder\":{");
}

static void a_failing_look_is_null_and_taken_again(void **state) {
  struct service *s = *state;
  struct answer answer;
  ask_history(s, 443, &answer);
  fake_database_set(false, true);
  ask_status(s, 8080, &answer);
  assert_true(is_null(&answer));
  check(answer.line, "\"complete\":true");
  fake_database_set(false, false);
  ask_history(s, 8080, &answer);
  check(answer.history, "{\"since\":\"2");
}

static void without_a_history_there_is_none_at_once(void **state) {
  struct service *s = *state;
  struct answer answer;
  unsigned before = fake_database_questions();
  ask_status(s, 8080, &answer);
  assert_true(is_null(&answer));
  assert_int_equal(fake_database_questions(), before);
}

static void a_service_that_ends_waits_for_nobody_that_asks(void **state) {
  struct service *s = *state;
  struct answer answer;
  ask_history(s, 443, &answer);
  fake_database_set(true, false);
  ask_status(s, 8080, &answer);
  loop_stop(s->loop, "the test ends");
  fake_database_set(false, false);
  expect(s, PG_EVENT_STOPPED, NULL);
}

#define WITH(test, start) cmocka_unit_test_setup_teardown(test, start, stop_all)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH(who_left_a_port_is_told_of_the_free_one, start_with_nginx),
      WITH(who_had_a_port_before_is_told_of_its_holder, start_with_nginx),
      WITH(what_is_kept_ends_with_the_next_change, start_with_nginx),
      WITH(since_outlives_the_service, start_with_nginx),
      WITH(the_database_is_asked_once, start_with_nginx),
      WITH(more_ports_than_are_kept_take_turns, start_empty),
      WITH(a_slow_database_delays_an_answer_only_so_long, start_with_nginx),
      WITH(what_changes_while_it_is_asked_is_asked_again, start_with_nginx),
      WITH(a_failing_look_is_null_and_taken_again, start_with_nginx),
      WITH(without_a_history_there_is_none_at_once, start),
      WITH(a_service_that_ends_waits_for_nobody_that_asks, start_with_nginx),
  };
  signal(SIGPIPE, SIG_IGN); /* as platform_start does */
  fake_database_start();
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  fake_database_end();
  return failed;
}
