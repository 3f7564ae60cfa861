/* Group Policy in a running service, from a registry that the test makes up: while it is
 * applied anew, its values are gone for a moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "posix_loop_case.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 65536
#define LOOKS_MS 60000

/* What the registry has: read by the lane, written by the test. */
static _Atomic(const char *) ports;    /* NULL: no value */
static atomic_uint reads, silent_read; /* at that read there is no value */

static void read_ports(void *context, struct group_policy_values *out) {
  struct group_policy_value *value = &out->at[GROUP_POLICY_GUARDED_PORTS];
  const char *text = atomic_load(&ports);
  unsigned number = atomic_fetch_add(&reads, 1) + 1;
  (void)context;
  if (text == NULL || number == atomic_load(&silent_read))
    return;
  value->there = true;
  value->type = GROUP_POLICY_TYPE_TEXT;
  pg_text_str_add(&value->text, text);
}

static int begin(void **state) {
  static const struct group_policy_source source = {.read = read_ports};
  atomic_store(&ports, "22");
  atomic_store(&reads, 0);
  atomic_store(&silent_read, 0);
  return start_managed(state, &source);
}

static void wait_for_reads(unsigned count) {
  const uint64_t end = uv_hrtime() + LOOKS_MS * UINT64_C(1000000);
  while (atomic_load(&reads) < count && uv_hrtime() < end)
    usleep(10000); /* the condition is what is waited for */
  assert_true(atomic_load(&reads) >= count);
}

/* The guarded ports of the next event that tells of what is in force. */
static void expect_ports(struct service *s, const char *words) {
  const struct fake_event *event = expect(s, PG_EVENT_CONFIG_LOADED, NULL);
  check(event->last, words);
}

static void what_holds_at_start_counts_at_once(void **state) {
  struct service *s = *state;
  static char line[LINE_BYTES];
  ask(s, CALL("health", ""), line, sizeof line);
  check(line, "\"guarded_ports\":[22]");
  expect_ports(s, "\"guarded_ports\":[22]");
}

/* The second event is the one about the change that lasts: there was none in between. */
static void values_that_are_gone_for_one_look_are_not_given_up(void **state) {
  struct service *s = *state;
  expect_ports(s, "\"guarded_ports\":[22]");
  atomic_store(&silent_read, atomic_load(&reads) + 2);
  wait_for_reads(atomic_load(&silent_read) + 2);
  atomic_store(&ports, "23");
  expect_ports(s, "\"guarded_ports\":[23]");
}

static void values_that_are_gone_for_good_are_given_up(void **state) {
  struct service *s = *state;
  expect_ports(s, "\"guarded_ports\":[22]");
  atomic_store(&ports, NULL);
  expect_ports(s, "\"guarded_ports\":[80,443]");
}

static void whoever_asks_need_not_wait_for_a_second_look(void **state) {
  struct service *s = *state;
  static char line[LINE_BYTES];
  atomic_store(&ports, "23");
  int fd = say_control(s, CALL("policy.reload", ""));
  read_line(fd, line, sizeof line);
  close(fd);
  check(line, "\"guarded_ports\":[23]");
  check(line, "\"source\":\"mixed\"");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(what_holds_at_start_counts_at_once),
      CASE(values_that_are_gone_for_one_look_are_not_given_up),
      CASE(values_that_are_gone_for_good_are_given_up),
      CASE(whoever_asks_need_not_wait_for_a_second_look),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
