#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/eventlog/limiter.h"

#include <string.h>

#define TAKEN PG_EVENT_PORT_TAKEN
#define RELEASED PG_EVENT_PORT_RELEASED

static unsigned allowed(struct limiter *limiter, uint16_t port, bool guarded,
                        unsigned tries, int64_t now) {
  unsigned count = 0;
  for (unsigned i = 0; i < tries; i++)
    count += limiter_allow(limiter, TAKEN, port, guarded, now);
  return count;
}

static void five_events_pass_and_the_sixth_does_not(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  assert_int_equal(allowed(limiter, 80, true, 5, 0), 5);
  assert_false(limiter_allow(limiter, TAKEN, 80, true, 119999));
  limiter_free(limiter);
}

static void another_port_and_another_id_are_counted_apart(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  allowed(limiter, 80, false, 9, 0);
  assert_true(limiter_allow(limiter, TAKEN, 81, false, 0));
  assert_true(limiter_allow(limiter, RELEASED, 80, false, 0));
  limiter_free(limiter);
}

static void a_window_begins_with_the_first_event_of_its_port(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  allowed(limiter, 80, false, 1, 0);
  allowed(limiter, 443, false, 6, 50000);
  assert_int_equal(allowed(limiter, 443, false, 1, 169999), 0);
  assert_int_equal(allowed(limiter, 443, false, 9, 170000), 5);
  limiter_free(limiter);
}

static void a_summary_is_there_when_the_window_ends_and_only_once(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  struct limiter_summary summary;
  allowed(limiter, 80, true, 12, 1000);
  assert_int_equal(limiter_next(limiter), 121000);
  assert_false(limiter_take_summary(limiter, 120999, &summary));
  assert_true(limiter_take_summary(limiter, 121000, &summary));
  assert_int_equal(summary.id, TAKEN);
  assert_int_equal(summary.port, 80);
  assert_int_equal(summary.suppressed, 7);
  assert_false(summary.many_ports);
  assert_false(limiter_take_summary(limiter, 121000, &summary));
  assert_int_equal(limiter_next(limiter), -1);
  limiter_free(limiter);
}

static void nothing_suppressed_means_no_summary(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  struct limiter_summary summary;
  allowed(limiter, 80, true, 5, 0);
  assert_int_equal(limiter_next(limiter), -1);
  assert_false(limiter_take_summary(limiter, 500000, &summary));
  limiter_free(limiter);
}

/* The loop may be late: the next window begins before the summary was taken. */
static void a_late_summary_covers_the_ended_windows_and_not_the_open_one(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  struct limiter_summary summary;
  allowed(limiter, 80, true, 7, 0);
  allowed(limiter, 80, true, 8, 120000);
  allowed(limiter, 80, true, 9, 240000);
  assert_int_equal(limiter_next(limiter), 0);
  assert_true(limiter_take_summary(limiter, 240001, &summary));
  assert_int_equal(summary.suppressed, 2 + 3);
  assert_false(limiter_take_summary(limiter, 240001, &summary));
  assert_int_equal(limiter_next(limiter), 360000);
  assert_true(limiter_take_summary(limiter, 360000, &summary));
  assert_int_equal(summary.suppressed, 4);
  limiter_free(limiter);
}

static void the_next_summary_is_the_earliest(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  allowed(limiter, 1, false, 1, 0);
  allowed(limiter, 2, false, 6, 10);
  allowed(limiter, 3, false, 6, 20);
  assert_int_equal(limiter_next(limiter), 120010);
  limiter_free(limiter);
}

static void fill_with_ordinary_ports(struct limiter *limiter, int64_t now) {
  for (unsigned port = 1; port <= 65535; port++)
    limiter_allow(limiter, TAKEN, (uint16_t)port, false, now);
}

static void opening_every_port_writes_a_bounded_number_of_events(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  struct limiter_summary summary;
  unsigned passed = 0;
  for (unsigned port = 1; port <= 65535; port++)
    passed += limiter_allow(limiter, TAKEN, (uint16_t)port, false, 0);
  assert_int_equal(passed, PG_EVENT_KEYS + PG_EVENTS_PER_KEY);
  assert_true(limiter_take_summary(limiter, 120000, &summary));
  assert_true(summary.many_ports);
  assert_int_equal(summary.port, 0);
  assert_int_equal(summary.id, TAKEN);
  assert_int_equal(summary.suppressed, 65535 - passed);
  assert_false(limiter_take_summary(limiter, 120000, &summary));
  limiter_free(limiter);
}

static void the_shared_bucket_is_one_per_id(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  fill_with_ordinary_ports(limiter, 0);
  assert_false(limiter_allow(limiter, TAKEN, 60000, false, 1));
  assert_true(limiter_allow(limiter, RELEASED, 60000, false, 1));
  limiter_free(limiter);
}

static void guarded_ports_keep_buckets_of_their_own_in_a_full_table(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  struct limiter_summary summary;
  fill_with_ordinary_ports(limiter, 0);
  for (unsigned port = 50000; port < 50000 + PG_EVENT_KEYS; port++)
    assert_int_equal(allowed(limiter, (uint16_t)port, true, 7, 1), 5);
  unsigned own = 0;
  while (limiter_take_summary(limiter, 120001, &summary))
    own += !summary.many_ports && summary.suppressed == 2;
  assert_int_equal(own, PG_EVENT_KEYS);
  limiter_free(limiter);
}

/* Guarding the whole port range is legal; then guarded ports share, too, but
 * not with those that any user may open. */
static void too_many_guarded_ports_share_a_bucket_of_guarded_ports(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  fill_with_ordinary_ports(limiter, 0);
  for (unsigned port = 1; port <= 4 * PG_EVENT_KEYS; port++)
    limiter_allow(limiter, RELEASED, (uint16_t)port, true, 0);
  assert_true(limiter_allow(limiter, PG_EVENT_HOLDER_CHANGED, 9, true, 1));
  assert_int_equal(allowed(limiter, 65000, true, 9, 1), 5);
  limiter_free(limiter);
}

static void ended_windows_make_room_for_new_ports(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  struct limiter_summary summary;
  for (int64_t now = 0; now < 50 * PG_EVENT_WINDOW_MS; now += PG_EVENT_WINDOW_MS) {
    uint16_t base = (uint16_t)(1000 + now / PG_EVENT_WINDOW_MS * 1000);
    for (unsigned i = 0; i < PG_EVENT_KEYS; i++)
      assert_int_equal(allowed(limiter, (uint16_t)(base + i), false, 6, now), 5);
    while (limiter_take_summary(limiter, now + PG_EVENT_WINDOW_MS, &summary))
      assert_false(summary.many_ports);
  }
  limiter_free(limiter);
}

static void an_id_that_is_not_listed_is_refused(void **state) {
  (void)state;
  struct limiter *limiter = limiter_new();
  for (unsigned i = 0; i < 2 * PG_EVENT_KEYS; i++)
    limiter_allow(limiter, TAKEN, (uint16_t)i, true, 0);
  assert_false(limiter_allow(limiter, (enum pg_event_id)999, 1, false, 0));
  limiter_free(limiter);
}

/* --- random storms against a model --- */

#define MODEL_IDS 3
#define MODEL_PORTS 4096
#define GUARDED_BELOW 64

static const enum pg_event_id model_ids[MODEL_IDS] = {TAKEN, RELEASED,
                                                      PG_EVENT_HOLDER_CHANGED};

struct key_model {
  bool open;
  int64_t started;
  unsigned written;
  uint64_t suppressed, summed; /* over all windows */
};

static struct key_model model[MODEL_IDS][MODEL_PORTS];
static uint64_t others_suppressed, others_summed;
static unsigned first_sharing; /* ports from here on may have to share a bucket */
static uint32_t random_state;

static uint32_t next_random(uint32_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state % below;
}

static void model_event(struct limiter *limiter, unsigned id, uint16_t port,
                        int64_t now) {
  struct key_model *key = &model[id][port];
  bool passed = limiter_allow(limiter, model_ids[id], port, port < GUARDED_BELOW, now);
  if (port >= first_sharing) {
    others_suppressed += !passed;
    return;
  }
  if (!key->open || now - key->started >= PG_EVENT_WINDOW_MS) {
    key->open = true;
    key->started = now;
    key->written = 0;
  }
  assert_int_equal(passed, key->written < PG_EVENTS_PER_KEY);
  key->written += passed;
  key->suppressed += !passed;
}

static void take_summaries(struct limiter *limiter, int64_t now) {
  struct limiter_summary summary;
  while (limiter_take_summary(limiter, now, &summary)) {
    unsigned id = 0;
    while (model_ids[id] != summary.id)
      id++;
    assert_true(summary.suppressed > 0);
    if (summary.many_ports || summary.port >= first_sharing)
      others_summed += summary.suppressed;
    else
      model[id][summary.port].summed += summary.suppressed;
  }
}

/* Bursts in one instant, calm minutes, and everything between; the loop looks
 * for summaries now and then only. */
static int64_t storm(struct limiter *limiter, unsigned ports) {
  int64_t now = 0;
  for (unsigned i = 0; i < 100000; i++) {
    uint32_t kind = next_random(1000);
    if (kind >= 900)
      now += next_random(kind < 998 ? 500 : 200000);
    uint16_t port = (uint16_t)next_random(next_random(3) ? 80 : ports);
    model_event(limiter, next_random(MODEL_IDS), port, now);
    if (next_random(50) == 0)
      take_summaries(limiter, now);
  }
  return now;
}

static uint64_t check_accounts(void) {
  uint64_t suppressed = 0;
  for (unsigned id = 0; id < MODEL_IDS; id++)
    for (unsigned port = 0; port < first_sharing; port++) {
      assert_int_equal(model[id][port].summed, model[id][port].suppressed);
      suppressed += model[id][port].suppressed;
    }
  assert_int_equal(others_summed, others_suppressed);
  return suppressed;
}

static void run_storms(unsigned ports, unsigned sharing) {
  first_sharing = sharing;
  for (uint32_t seed = 1; seed <= 10; seed++) {
    struct limiter *limiter = limiter_new();
    memset(model, 0, sizeof model);
    others_suppressed = others_summed = 0;
    random_state = seed * 2654435761u;
    take_summaries(limiter, storm(limiter, ports) + PG_EVENT_WINDOW_MS);
    assert_true(check_accounts() > 0);
    assert_int_equal(limiter_next(limiter), -1);
    limiter_free(limiter);
  }
}

static void
in_storms_every_port_gets_its_share_and_every_loss_is_summed_once(void **state) {
  (void)state;
  const unsigned ports = PG_EVENT_KEYS / MODEL_IDS;
  run_storms(ports, ports);
}

static void in_storms_that_fill_the_table_guarded_ports_get_theirs(void **state) {
  (void)state;
  run_storms(MODEL_PORTS, GUARDED_BELOW);
  assert_true(others_suppressed > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(five_events_pass_and_the_sixth_does_not),
      cmocka_unit_test(another_port_and_another_id_are_counted_apart),
      cmocka_unit_test(a_window_begins_with_the_first_event_of_its_port),
      cmocka_unit_test(a_summary_is_there_when_the_window_ends_and_only_once),
      cmocka_unit_test(nothing_suppressed_means_no_summary),
      cmocka_unit_test(a_late_summary_covers_the_ended_windows_and_not_the_open_one),
      cmocka_unit_test(the_next_summary_is_the_earliest),
      cmocka_unit_test(opening_every_port_writes_a_bounded_number_of_events),
      cmocka_unit_test(the_shared_bucket_is_one_per_id),
      cmocka_unit_test(guarded_ports_keep_buckets_of_their_own_in_a_full_table),
      cmocka_unit_test(too_many_guarded_ports_share_a_bucket_of_guarded_ports),
      cmocka_unit_test(ended_windows_make_room_for_new_ports),
      cmocka_unit_test(an_id_that_is_not_listed_is_refused),
      cmocka_unit_test(in_storms_every_port_gets_its_share_and_every_loss_is_summed_once),
      cmocka_unit_test(in_storms_that_fill_the_table_guarded_ports_get_theirs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
