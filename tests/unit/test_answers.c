#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"
#include "service/answers.h"

#include <string.h>

static const char iis[] =
    CASE(LISTEN("0.0.0.0", 80, 4) "," LISTEN("0.0.0.0", 8080, 600),
         PROCESSES(PROCESS(4, "System") "," PROCESS(500, "web.exe") "," PROCESS(
             600, "nginx.exe")) SERVICES(SERVICE("WebDemo", 500, ""))
             HTTP(QUEUE("DemoPool", 500, "HTTP://+:80/DEMO/")));
static const char after_it[] =
    CASE(LISTEN("0.0.0.0", 80, 600),
         PROCESSES(PROCESS(4, "System") "," PROCESS(600, "nginx.exe")) SERVICES(""));

static int make_cache(void **state) {
  *state = answer_cache_new();
  return *state == NULL;
}

static int free_cache(void **state) {
  answer_cache_free(*state);
  return 0;
}

/* The answer of `portguardsvc explain`, with a member before the warnings. */
static void expect(struct pg_text *out, const struct pg_snapshot *snapshot, uint16_t port,
                   const struct explain_times *times, const char *history) {
  struct pg_text fresh;
  struct pg_json json;
  pg_text_init(&fresh, 1024u * 1024u);
  pg_json_start(&json, &fresh);
  explain_status(&json, snapshot, port, times);
  char *warnings = strstr(pg_text_str(&fresh), "\"warnings\":");
  assert_non_null(warnings);
  pg_text_add(out, fresh.data, (size_t)(warnings - fresh.data));
  pg_text_printf(out, "\"history\":%s,%s", history, warnings);
  pg_text_free(&fresh);
}

/* What the cache says must be what is said without one, to the byte. */
static void check_with(struct answer_cache *cache, uint64_t generation,
                       const struct pg_snapshot *snapshot, uint16_t port,
                       const struct explain_times *times, const char *history) {
  struct pg_text kept, fresh, member;
  struct pg_json json;
  pg_text_init(&kept, 1024u * 1024u);
  pg_text_init(&fresh, 1024u * 1024u);
  pg_json_start(&json, &kept);
  pg_text_init(&member, 1024);
  pg_text_str_add(&member, history != NULL ? history : "");
  answer_cache_status(cache, generation, snapshot, port, times,
                      history != NULL ? &member : NULL, &json);
  expect(&fresh, snapshot, port, times, history != NULL ? history : "null");
  assert_string_equal(pg_text_str(&kept), pg_text_str(&fresh));
  pg_text_free(&kept);
  pg_text_free(&fresh);
  pg_text_free(&member);
}

static void check(struct answer_cache *cache, uint64_t generation,
                  const struct pg_snapshot *snapshot, uint16_t port,
                  const struct explain_times *times) {
  check_with(cache, generation, snapshot, port, times, NULL);
}

static void a_kept_answer_is_the_answer(void **state) {
  struct pg_snapshot *s = case_of(iis);
  struct explain_times times = {.sampled_at = 1772454391204, .http_age_ms = 7};
  for (int again = 0; again < 3; again++) {
    check(*state, 1, s, 80, &times);
    check(*state, 1, s, 8080, &times);
    check(*state, 1, s, 443, &times);
  }
  snapshot_unref(s);
}

static void what_the_clock_touches_is_never_kept(void **state) {
  struct pg_snapshot *s = case_of(iis);
  static const struct explain_times moments[] = {
      {.sampled_at = 1772454391204, .age_ms = 0, .http_age_ms = 840},
      {.sampled_at = 1772454391204, .age_ms = 250, .http_age_ms = 1090},
      {.sampled_at = 1772454391000, .age_ms = 12, .http_age_ms = -1},
      {.sampled_at = 0, .age_ms = 99999, .http_age_ms = 99999},
  };
  for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
    check(*state, 1, s, 80, &moments[i]);
    check(*state, 1, s, 8080, &moments[i]);
  }
  snapshot_unref(s);
}

static void a_new_snapshot_is_told_at_once(void **state) {
  struct pg_snapshot *before = case_of(iis), *after = case_of(after_it);
  struct explain_times times = {.sampled_at = 1772454391204, .http_age_ms = 7};
  check(*state, 1, before, 80, &times);
  check(*state, 2, after, 80, &times);
  check(*state, 2, after, 8080, &times);
  snapshot_unref(before);
  snapshot_unref(after);
}

static void what_is_remembered_is_never_kept(void **state) {
  static const char *const members[] = {"{\"since\":null}", NULL, "{}",
                                        "{\"since\":\"2026-03-02T12:26:31Z\"}"};
  struct pg_snapshot *s = case_of(iis);
  struct explain_times times = {.sampled_at = 1772454391204, .http_age_ms = 7};
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    check_with(*state, 1, s, 80, &times, members[i]);
    check_with(*state, 1, s, 443, &times, members[i]);
  }
  snapshot_unref(s);
}

static void many_ports_take_turns(void **state) {
  struct pg_snapshot *s = case_of(iis);
  struct explain_times times = {.sampled_at = 1772454391204, .http_age_ms = 7};
  for (int again = 0; again < 2; again++)
    for (unsigned port = 1; port < 200; port++)
      check(*state, 1, s, (uint16_t)port, &times);
  snapshot_unref(s);
}

/* A queue with so many URLs that its answer is not worth keeping. */
static void an_answer_too_long_to_keep_is_given_whole(void **state) {
  struct pg_snapshot *s = case_of(iis);
  struct explain_times times = {.sampled_at = 1772454391204, .http_age_ms = 7};
  struct pg_url *urls = pg_arena_alloc(s->arena, 2000, sizeof *urls);
  assert_non_null(urls);
  for (size_t i = 0; i < 2000; i++)
    urls[i] = (struct pg_url){"http://+:80/a-path-among-two-thousand/", 80};
  s->queues[0].urls = urls;
  s->queues[0].url_count = 2000;
  check(*state, 1, s, 80, &times);
  check_with(*state, 1, s, 80, &times, "{}");
  check(*state, 1, s, 8080, &times);
  snapshot_unref(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_kept_answer_is_the_answer, make_cache,
                                      free_cache),
      cmocka_unit_test_setup_teardown(what_the_clock_touches_is_never_kept, make_cache,
                                      free_cache),
      cmocka_unit_test_setup_teardown(a_new_snapshot_is_told_at_once, make_cache,
                                      free_cache),
      cmocka_unit_test_setup_teardown(what_is_remembered_is_never_kept, make_cache,
                                      free_cache),
      cmocka_unit_test_setup_teardown(many_ports_take_turns, make_cache, free_cache),
      cmocka_unit_test_setup_teardown(an_answer_too_long_to_keep_is_given_whole,
                                      make_cache, free_cache),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
