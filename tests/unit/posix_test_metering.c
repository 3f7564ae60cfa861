/* Metrics beside the loop: what they cost a machine on which nothing happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/limits.h"
#include "posix_loop_case.h"
#include "service/files/files.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Allocations of the loop's thread while it is looked at; the linker sends them here. */
static atomic_bool counting;
static atomic_uint allocations;
static atomic_uintptr_t loop_thread;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

static void note(void) {
  if (counting && (uintptr_t)uv_thread_self() == loop_thread)
    allocations++;
}

void *__wrap_malloc(size_t size) {
  note();
  return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  note();
  return __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size) {
  note();
  return __real_realloc(block, size);
}

/* A disk that takes its time, as long as a test wants it to, but not beyond the stop; and
 * one that refuses, after which there are no threads any more. */
static atomic_bool slow, refusing;
static atomic_uint held_up, refused, not_begun;

void __real_metering_stop(struct loop *loop);
void __wrap_metering_stop(struct loop *loop);

void __wrap_metering_stop(struct loop *loop) {
  __real_metering_stop(loop);
  slow = false;
}

enum pg_error __real_files_replace(struct files *files, const char *name,
                                   const char *data, size_t len, struct pg_fault *fault);
enum pg_error __wrap_files_replace(struct files *files, const char *name,
                                   const char *data, size_t len, struct pg_fault *fault);

enum pg_error __wrap_files_replace(struct files *files, const char *name,
                                   const char *data, size_t len, struct pg_fault *fault) {
  bool metrics = strcmp(name, "portguard.prom") == 0;
  held_up += slow && metrics;
  while (slow && metrics)
    usleep(1000);
  if (refusing && metrics) {
    refused++;
    return pg_fail(fault, PG_E_IO, "somebody has it open");
  }
  return __real_files_replace(files, name, data, len, fault);
}

int __real_uv_queue_work(uv_loop_t *loop, uv_work_t *work, uv_work_cb run,
                         uv_after_work_cb after);
int __wrap_uv_queue_work(uv_loop_t *loop, uv_work_t *work, uv_work_cb run,
                         uv_after_work_cb after);

int __wrap_uv_queue_work(uv_loop_t *loop, uv_work_t *work, uv_work_cb run,
                         uv_after_work_cb after) {
  if (!refusing || refused == 0)
    return __real_uv_queue_work(loop, work, run, after);
  not_begun++;
  return UV_ENOMEM;
}

static const struct fake_row web = {80, 500};

static int start_metered(void **state) {
  return start_configured(
      state, 1, &web,
      "{\"version\":1,\"metrics\":{\"enabled\":true,\"interval_s\":3600}}", NULL);
}

static bool file_has(const struct service *s, const char *words) {
  static char text[65536];
  char path[128];
  snprintf(path, sizeof path, "%s/portguard.prom", s->state);
  FILE *file = fopen(path, "r");
  if (file == NULL)
    return false;
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  return strstr(text, words) != NULL;
}

static void wait_for(const struct service *s, const char *words) {
  for (unsigned waited = 0; !file_has(s, words); waited += 10) {
    if (waited > EVENT_MS)
      fail_msg("the file never had: %s", words);
    usleep(10000);
  }
}

static unsigned samples_of(struct service *s) {
  fake_lock(&s->machine);
  unsigned samples = s->machine.samples;
  s->machine.version--; /* fake_unlock counts up: nothing has changed */
  fake_unlock(&s->machine);
  return samples;
}

static void wait_samples(struct service *s, unsigned count) {
  unsigned before = samples_of(s);
  while (samples_of(s) < before + count)
    usleep(10000);
}

static void a_quiet_tick_allocates_nothing_while_metrics_are_wanted(void **state) {
  struct service *s = *state;
  wait_for(s, "portguard_port_state{port=\"80\",state=\"in_use\"} 1\n");
  wait_samples(s, 3);
  loop_thread = (uintptr_t)s->thread;
  counting = true;
  wait_samples(s, 10);
  counting = false;
  assert_int_equal(allocations, 0);
}

/* The counter itself: what is no quiet tick allocates. */
static void a_change_is_written_within_the_hour(void **state) {
  struct service *s = *state;
  static const struct fake_row rows[] = {{80, 500}, {443, 600}};
  wait_for(s, "portguard_up 1\n");
  loop_thread = (uintptr_t)s->thread;
  counting = true;
  set_rows(s, 2, rows);
  wait_for(s, "portguard_port_changes_total{port=\"443\",change=\"taken\"} 1\n");
  counting = false;
  assert_true(allocations > 0);
  assert_true(file_has(s, "portguard_port_state{port=\"443\",state=\"in_use\"} 1\n"));
}

/* The next time is an hour away. */
static void what_happens_while_it_is_written_is_not_forgotten(void **state) {
  struct service *s = *state;
  static const struct fake_row rows[] = {{80, 500}, {443, 600}}, others[] = {{443, 600}};
  wait_for(s, "portguard_up 1\n");
  slow = true;
  set_rows(s, 2, rows);
  expect(s, PG_EVENT_PORT_TAKEN, "443");
  wait_samples(s, 2 * PG_METRICS_SOON_MS / 100); /* it hangs by then */
  set_rows(s, 1, others);
  expect(s, PG_EVENT_PORT_RELEASED, "80");
  slow = false;
  wait_for(s, "portguard_port_changes_total{port=\"80\",change=\"released\"} 1\n");
}

/* The disk holds a writing up until the service stops. */
static void a_stop_during_a_writing_leaves_a_file_that_says_so(void **state) {
  struct service *s = *state;
  static const struct fake_row rows[] = {{80, 500}, {443, 600}};
  wait_for(s, "portguard_up 1\n");
  held_up = 0;
  slow = true;
  set_rows(s, 2, rows);
  for (unsigned waited = 0; held_up == 0; waited += 10) {
    assert_true(waited < EVENT_MS);
    usleep(10000);
  }
  loop_stop(s->loop, "the test ends");
  expect(s, PG_EVENT_STOPPED, NULL);
  assert_true(file_has(s, "portguard_up 0\n"));
}

/* The first attempt is refused, and for the next there is no thread. */
static void a_stop_does_not_wait_an_hour_for_what_cannot_be_begun(void **state) {
  struct service *s = *state;
  wait_for(s, "portguard_up 1\n");
  refused = not_begun = 0;
  refusing = true;
  loop_stop(s->loop, "the test ends");
  expect(s, PG_EVENT_STOPPED, NULL);
  refusing = false;
  assert_int_equal(refused, 1);
  assert_true(not_begun > 0);
}

static int begin(void **state) {
  allocations = 0;
  return start_metered(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(
          a_quiet_tick_allocates_nothing_while_metrics_are_wanted, begin, stop),
      cmocka_unit_test_setup_teardown(what_happens_while_it_is_written_is_not_forgotten,
                                      begin, stop),
      cmocka_unit_test_setup_teardown(a_stop_during_a_writing_leaves_a_file_that_says_so,
                                      begin, stop),
      cmocka_unit_test_setup_teardown(
          a_stop_does_not_wait_an_hour_for_what_cannot_be_begun, begin, stop),
      cmocka_unit_test_setup_teardown(a_change_is_written_within_the_hour, begin, stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
