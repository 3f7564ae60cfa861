/* The ring of changes, and what each subscriber hears. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/watchers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START INT64_C(1764131226000000)

static void add_about(struct watch_ring *ring, uint16_t first, uint16_t last) {
  struct watch_change change = {.event = 1100,
                                .first = first,
                                .last = last,
                                .at = "2026-03-02T12:26:31.000Z",
                                .data = "{\"port\":1}",
                                .summary = "somebody \"holds\" it"};
  watch_ring_add(ring, &change);
}

static void add(struct watch_ring *ring, uint16_t port) {
  add_about(ring, port, port);
}

static void add_many(struct watch_ring *ring, size_t count) {
  for (size_t i = 0; i < count; i++)
    add(ring, 80);
}

static int open_ring(void **state) {
  *state = watch_ring_new(START);
  return *state != NULL ? 0 : -1;
}

static int close_ring(void **state) {
  watch_ring_free(*state);
  return 0;
}

static struct watcher *subscribe(struct watch_ring *ring, const struct watch_wish *wish) {
  struct watch_wish mine = *wish;
  struct watcher *watcher = NULL;
  mine.user = mine.user != NULL ? mine.user : "uid:1";
  assert_int_equal(watcher_new(ring, &mine, &watcher, NULL), PG_OK);
  return watcher;
}

static struct watcher *subscribe_since(struct watch_ring *ring, int64_t id) {
  struct watch_wish wish = {.since = true, .since_id = id};
  return subscribe(ring, &wish);
}

/* The next thing |watcher| is told, "change {…}"; "" when there is nothing. */
static const char *next(struct watcher *watcher) {
  static char told[1024];
  const char *method = watcher_next(watcher);
  struct pg_text text;
  struct pg_json json;
  if (method == NULL)
    return "";
  pg_text_init(&text, sizeof told);
  pg_json_start(&json, &text);
  watcher_tell(watcher, &json);
  assert_false(text.failed);
  snprintf(told, sizeof told, "%s %s", method, pg_text_str(&text));
  pg_text_free(&text);
  return told;
}

/* Hears a change |offset| behind the start. */
static void hear_change(struct watcher *watcher, int64_t offset) {
  char begins[64];
  snprintf(begins, sizeof begins, "change {\"id\":%lld,", (long long)(START + offset));
  const char *told = next(watcher);
  if (strncmp(told, begins, strlen(begins)) != 0)
    fail_msg("%s, expected %s", told, begins);
}

static void hear_overflow(struct watcher *watcher, int64_t offset, const char *missed) {
  char all[96];
  snprintf(all, sizeof all, "overflow {\"id\":%lld,\"missed\":%s}",
           (long long)(START + offset), missed);
  assert_string_equal(next(watcher), all);
}

static void greet(struct watcher *watcher, int64_t offset) {
  char all[64];
  snprintf(all, sizeof all, "watching {\"id\":%lld}", (long long)(START + offset));
  assert_string_equal(next(watcher), all);
}

static void a_subscriber_hears_what_comes_after_it_in_order(void **state) {
  struct watch_ring *ring = *state;
  struct watch_wish all = {0};
  add_many(ring, 3);
  struct watcher *watcher = subscribe(ring, &all);
  greet(watcher, 3);
  assert_string_equal(next(watcher), "");
  add(ring, 443);
  add(ring, 0);
  assert_string_equal(next(watcher),
                      "change {\"id\":1764131226000004,\"event\":1100,"
                      "\"at\":\"2026-03-02T12:26:31.000Z\",\"port\":443,"
                      "\"data\":{\"port\":1},\"summary\":\"somebody \\\"holds\\\" it\"}");
  assert_non_null(strstr(next(watcher), "\"port\":null"));
  assert_string_equal(next(watcher), "");
  watcher_free(watcher);
}

static void only_the_ports_it_named_are_told(void **state) {
  static const uint16_t ports[] = {443, 8080};
  struct watch_ring *ring = *state;
  struct watch_wish some = {.ports = ports, .port_count = 2};
  struct watcher *watcher = subscribe(ring, &some);
  greet(watcher, 0);
  add(ring, 80);
  add(ring, 443);
  add(ring, 0); /* about no port in particular */
  add_about(ring, 8016, 8115);
  add_about(ring, 8081, 8115);
  hear_change(watcher, 2);
  hear_change(watcher, 4);
  assert_string_equal(next(watcher), "");
  watcher_free(watcher);
}

static void who_falls_out_of_the_ring_goes_on_at_the_newest(void **state) {
  struct watch_ring *ring = *state;
  struct watch_wish all = {0};
  struct watcher *slow = subscribe(ring, &all), *quick = subscribe(ring, &all);
  greet(slow, 0);
  greet(quick, 0);
  for (int64_t i = 1; i <= 5000; i++) {
    add(ring, 80);
    hear_change(quick, i);
  }
  hear_overflow(slow, 5000, "5000");
  assert_string_equal(next(slow), "");
  add(ring, 80);
  hear_change(slow, 5001);
  watcher_free(slow);
  watcher_free(quick);
}

static void a_whole_ring_is_not_an_overflow(void **state) {
  struct watch_ring *ring = *state;
  struct watch_wish all = {0};
  struct watcher *watcher = subscribe(ring, &all);
  greet(watcher, 0);
  add_many(ring, PG_WATCH_BACKLOG);
  for (int64_t i = 1; i <= PG_WATCH_BACKLOG; i++)
    hear_change(watcher, i);
  assert_string_equal(next(watcher), "");
  watcher_free(watcher);
}

static void who_comes_back_hears_what_it_missed(void **state) {
  struct watch_ring *ring = *state;
  add_many(ring, 5);
  struct watcher *watcher = subscribe_since(ring, START + 3);
  greet(watcher, 3);
  hear_change(watcher, 4);
  hear_change(watcher, 5);
  assert_string_equal(next(watcher), "");
  watcher_free(watcher);
}

static void who_comes_back_too_late_hears_what_is_left(void **state) {
  struct watch_ring *ring = *state;
  add_many(ring, PG_WATCH_BACKLOG + 10);
  struct watcher *watcher = subscribe_since(ring, START + 3);
  greet(watcher, 3);
  hear_overflow(watcher, 10, "7");
  hear_change(watcher, 11);
  add_many(ring, 2000); /* and now it is too slow as well */
  hear_overflow(watcher, PG_WATCH_BACKLOG + 2010, "3023");
  watcher_free(watcher);
}

static void an_id_of_another_run_is_told_apart(void **state) {
  struct watch_ring *ring = *state;
  add_many(ring, 2);
  static const int64_t others[] = {0, START - 1, START + 3, PG_ID_MAX};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    struct watcher *watcher = subscribe_since(ring, others[i]);
    greet(watcher, 0);
    hear_overflow(watcher, 0, "null");
    hear_change(watcher, 1);
    hear_change(watcher, 2);
    assert_string_equal(next(watcher), "");
    watcher_free(watcher);
  }
  struct watcher *same = subscribe_since(ring, START);
  greet(same, 0);
  hear_change(same, 1);
  watcher_free(same);
}

static void long_texts_make_the_ring_shorter_and_not_larger(void **state) {
  struct watch_ring *ring = *state;
  struct watch_wish all = {0};
  struct watcher *watcher = subscribe(ring, &all);
  char *data = malloc(PG_EVENT_STRING_MAX + 1);
  memset(data, '1', PG_EVENT_STRING_MAX);
  data[PG_EVENT_STRING_MAX] = '\0';
  struct watch_change change = {
      .event = 1100, .first = 80, .last = 80, .at = "t", .data = data, .summary = "s"};
  greet(watcher, 0);
  for (int i = 0; i < 2 * PG_WATCH_BACKLOG; i++) {
    watch_ring_add(ring, &change);
    assert_true(watch_ring_bytes(ring) <= PG_WATCH_BYTES);
  }
  free(data);
  assert_int_equal(watch_ring_newest(ring), START + 2 * PG_WATCH_BACKLOG);
  hear_overflow(watcher, 2 * PG_WATCH_BACKLOG, "2048");
  add(ring, 80);
  hear_change(watcher, 2 * PG_WATCH_BACKLOG + 1);
  watcher_free(watcher);
}

static void subscribers_beyond_the_limit_are_refused_in_words(void **state) {
  struct watch_ring *ring = *state;
  struct watcher *taken[PG_WATCH_MAX], *more = NULL;
  struct pg_fault fault = {0};
  char user[16];
  for (int i = 0; i < PG_WATCH_MAX; i++) {
    snprintf(user, sizeof user, "uid:%d", i / PG_WATCH_PER_USER);
    struct watch_wish wish = {.user = user};
    taken[i] = subscribe(ring, &wish);
    struct watch_wish again = {.user = user};
    if ((i + 1) % PG_WATCH_PER_USER == 0)
      assert_int_equal(watcher_new(ring, &again, &more, &fault), PG_E_BUSY);
  }
  struct watch_wish other = {.user = "uid:9"};
  assert_int_equal(watcher_new(ring, &other, &more, &fault), PG_E_BUSY);
  assert_null(more);
  assert_int_equal(watch_ring_watchers(ring), PG_WATCH_MAX);
  assert_string_equal(fault.message,
                      "too many watch already: at most 48 in all and 16 per user");
  watcher_free(taken[20]);
  taken[20] = subscribe(ring, &other);
  for (int i = 0; i < PG_WATCH_MAX; i++)
    watcher_free(taken[i]);
}

static int64_t number_of(const char *told, const char *key, int64_t missing) {
  const char *at = strstr(told, key);
  return at != NULL ? strtoll(at + strlen(key), NULL, 10) : missing;
}

/* Whatever is added, heard and left alone: IDs rise by one, or an overflow says how many
 * were missed. */
static void nothing_is_lost_unsaid_in_a_random_walk(void **state) {
  struct watch_ring *ring = *state;
  struct watch_wish all = {0};
  struct watcher *watcher = subscribe(ring, &all);
  int64_t heard = START, id;
  unsigned random = 12345;
  greet(watcher, 0);
  for (int step = 0; step < 20000; step++) {
    random = random * 1103515245u + 12345u;
    if ((random >> 16) % 3 != 0) {
      add_many(ring, (random >> 20) % 40);
      continue;
    }
    const char *told = next(watcher);
    id = number_of(told, "\"id\":", heard);
    if (strncmp(told, "overflow", strlen("overflow")) == 0)
      assert_int_equal(id - number_of(told, "\"missed\":", 0), heard);
    else if (told[0] != '\0')
      assert_int_equal(id, heard + 1);
    heard = id;
  }
  watcher_free(watcher);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, open_ring, close_ring)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH(a_subscriber_hears_what_comes_after_it_in_order),
      WITH(only_the_ports_it_named_are_told),
      WITH(who_falls_out_of_the_ring_goes_on_at_the_newest),
      WITH(a_whole_ring_is_not_an_overflow),
      WITH(who_comes_back_hears_what_it_missed),
      WITH(who_comes_back_too_late_hears_what_is_left),
      WITH(an_id_of_another_run_is_told_apart),
      WITH(long_texts_make_the_ring_shorter_and_not_larger),
      WITH(subscribers_beyond_the_limit_are_refused_in_words),
      WITH(nothing_is_lost_unsaid_in_a_random_walk),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
