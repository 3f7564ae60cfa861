#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/eventlog/emit.h"

#include <string.h>

struct counting_sink {
  unsigned written, closed;
};

static void count_write(void *context, const struct pg_event *event) {
  struct counting_sink *sink = context;
  sink->written++;
  (void)event;
}

static void count_close(void *context) {
  ((struct counting_sink *)context)->closed++;
}

static uint64_t count_lost(void *context) {
  (void)context;
  return 7;
}

static void open_counting(struct emitter *emitter, struct counting_sink *counts) {
  struct event_sink sink = {counts, count_write, count_close, count_lost};
  memset(counts, 0, sizeof *counts);
  assert_int_equal(emitter_open(emitter, &sink), PG_OK);
}

static void emit_times(struct emitter *emitter, enum pg_event_id id, uint16_t key,
                       unsigned times) {
  struct pg_event event = {id, pg_event_level(id, false), 1, {"{}"}};
  for (unsigned i = 0; i < times; i++)
    emit(emitter, &event, key, false, 1000);
}

static void the_sixth_event_of_a_port_is_held_back_and_summed_up(void **state) {
  (void)state;
  struct emitter emitter;
  struct counting_sink counts;
  struct limiter_summary summary;
  open_counting(&emitter, &counts);
  emit_times(&emitter, PG_EVENT_PORT_TAKEN, 80, 8);
  assert_int_equal(counts.written, 5);
  assert_int_equal(emitter.written, 5);
  assert_int_equal(emitter.suppressed, 3);
  assert_int_equal(emitter_next(&emitter), 121000);
  assert_false(emitter_take_summary(&emitter, 120999, &summary));
  assert_true(emitter_take_summary(&emitter, 121000, &summary));
  assert_int_equal(summary.id, PG_EVENT_PORT_TAKEN);
  assert_int_equal(summary.port, 80);
  assert_int_equal(summary.suppressed, 3);
  assert_false(emitter_take_summary(&emitter, 121000, &summary));
  emitter_close(&emitter);
}

static void at_the_end_open_windows_are_summed_up_too(void **state) {
  (void)state;
  struct emitter emitter;
  struct counting_sink counts;
  struct limiter_summary summary;
  open_counting(&emitter, &counts);
  emit_times(&emitter, PG_EVENT_PORT_TAKEN, 80, 6);
  assert_false(emitter_take_summary(&emitter, 1001, &summary));
  assert_true(emitter_take_summary(&emitter, 1001 + PG_EVENT_WINDOW_MS, &summary));
  assert_int_equal(summary.suppressed, 1);
  emitter_close(&emitter);
}

static void start_stop_and_summaries_are_never_held_back(void **state) {
  (void)state;
  static const enum pg_event_id exempt[] = {
      PG_EVENT_STARTED,         PG_EVENT_STOPPED,    PG_EVENT_CONFIG_LOADED,
      PG_EVENT_CONFIG_REJECTED, PG_EVENT_SUPPRESSED, PG_EVENT_PART_UNAVAILABLE,
      PG_EVENT_PART_AVAILABLE,
  };
  for (size_t i = 0; i < sizeof exempt / sizeof exempt[0]; i++) {
    struct emitter emitter;
    struct counting_sink counts;
    open_counting(&emitter, &counts);
    emit_times(&emitter, exempt[i], 0, 50);
    assert_int_equal(counts.written, 50);
    assert_int_equal(emitter_next(&emitter), -1);
    emitter_close(&emitter);
  }
}

static void a_failing_source_does_not_silence_another(void **state) {
  (void)state;
  struct emitter emitter;
  struct counting_sink counts;
  open_counting(&emitter, &counts);
  emit_times(&emitter, PG_EVENT_SOURCE_FAILED, 0, 50);
  assert_int_equal(counts.written, 5);
  emit_times(&emitter, PG_EVENT_SOURCE_FAILED, 1, 1);
  assert_int_equal(counts.written, 6);
  emitter_close(&emitter);
}

static void a_storm_of_ports_does_not_silence_a_source(void **state) {
  (void)state;
  struct emitter emitter;
  struct counting_sink counts;
  open_counting(&emitter, &counts);
  for (unsigned port = 1; port <= 65535; port++)
    emit_times(&emitter, PG_EVENT_PORT_TAKEN, (uint16_t)port, 1);
  for (uint16_t source = 0; source < 5; source++) {
    unsigned before = counts.written;
    emit_times(&emitter, PG_EVENT_SOURCE_FAILED, source, 9);
    assert_int_equal(counts.written - before, 5);
  }
  emitter_close(&emitter);
}

static void closing_closes_the_sink_once(void **state) {
  (void)state;
  struct emitter emitter;
  struct counting_sink counts;
  open_counting(&emitter, &counts);
  assert_int_equal(emitter_lost(&emitter), 7);
  emitter_close(&emitter);
  assert_int_equal(counts.closed, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_sixth_event_of_a_port_is_held_back_and_summed_up),
      cmocka_unit_test(at_the_end_open_windows_are_summed_up_too),
      cmocka_unit_test(start_stop_and_summaries_are_never_held_back),
      cmocka_unit_test(a_failing_source_does_not_silence_another),
      cmocka_unit_test(a_storm_of_ports_does_not_silence_a_source),
      cmocka_unit_test(closing_closes_the_sink_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
