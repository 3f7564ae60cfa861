/* Rules at work in a running service, on a machine made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "posix_loop_case.h"

#include "common/limits.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALL(method, params) \
  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" params "}}\n"
#define LINE_BYTES 16384
#define DOUBT_MS 30000
#define SHOWN_MS 30000

/* A rule for port 80 and the machine's service that acts at once, and what else. */
#define RULE(more)                                                           \
  "{\"version\":1,\"rules\":[{\"name\":\"keep\",\"ports\":[80],\"services\"" \
  ":[\"webdemo\"],\"confirm_s\":0,\"cooldown_s\":1" more "}]}"
#define ENFORCE ",\"mode\":\"enforce\""

static const struct fake_row socket_on_80 = {80, 500}, http_on_80 = {80, 4};

static int start_rule(void **state, const char *configuration) {
  return start_configured(state, 1, &socket_on_80, configuration, NULL);
}

static int start_enforcing(void **state) {
  return start_rule(state, RULE(ENFORCE));
}

static void check(const char *line, const char *words) {
  if (strstr(line, words) == NULL)
    fail_msg("%s is not in %s", words, line);
}

static const char *control(struct service *s, const char *request) {
  static char line[LINE_BYTES];
  int fd = say_control(s, request);
  read_line(fd, line, sizeof line);
  close(fd);
  return line;
}

static const char *show(struct service *s) {
  static char line[LINE_BYTES];
  ask(s, CALL("policy.show", ""), line, sizeof line);
  return line;
}

/* Until what is shown has these words. Where looks take long, that may be some of them.
 */
static void wait_shown(struct service *s, const char *words) {
  const uint64_t end = uv_hrtime() + SHOWN_MS * UINT64_C(1000000);
  while (uv_hrtime() < end) {
    if (strstr(show(s), words) != NULL)
      return;
    usleep(10000); /* between two questions; the condition is what is waited for */
  }
  fail_msg("%s is not in %s", words, show(s));
}

/* The service starts again and takes the port. */
static void take_again(struct service *s, const struct fake_row *row) {
  fake_lock(&s->machine);
  s->machine.stopped = false;
  s->machine.rows[0] = *row;
  s->machine.row_count = 1;
  fake_unlock(&s->machine);
}

static void wait_looks(struct service *s, unsigned looks) {
  fake_lock(&s->machine);
  unsigned from = s->machine.samples;
  while (s->machine.samples < from + looks)
    assert_int_equal(uv_cond_timedwait(&s->machine.changed, &s->machine.lock,
                                       EVENT_MS * UINT64_C(1000000)),
                     0);
  fake_unlock(&s->machine);
}

static unsigned stops(struct service *s) {
  fake_lock(&s->machine);
  unsigned count = s->machine.stops;
  fake_unlock(&s->machine);
  return count;
}

static void read_state(const struct service *s, char *out, size_t size) {
  char path[128];
  snprintf(path, sizeof path, "%s/state.json", s->state);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  out[fread(out, 1, size - 1, file)] = '\0';
  fclose(file);
}

static void a_listed_service_is_stopped_and_the_port_seen_free(void **state) {
  struct service *s = *state;
  char file[4096];
  const struct fake_event *event = expect(s, PG_EVENT_RULE_STOPPED, "keep");
  assert_string_equal(event->second, "WebDemo");
  assert_string_equal(event->third, "80");
  check(event->last,
        "\"rules\":[\"keep\"],\"service\":\"WebDemo\",\"port\":80,\"pid\":500,"
        "\"result\":\"port 80 is free\",\"stopped\":[\"WebDemo\"]");
  expect(s, PG_EVENT_RULE_FREED, "keep");
  assert_int_equal(stops(s), 1);
  read_state(s, file, sizeof file);
  check(file, "\"service\":\"WebDemo\",\"was_running\":true");
  check(file, "\"by\":\"rule keep\"");
  check(file, "\"rule\":\"keep\",\"service\":\"WebDemo\",\"port\":80");
  assert_int_equal(fake_count(&s->machine, PG_EVENT_CONTROL_DONE), 0);
}

static int start_http(void **state) {
  return start_configured(state, 1, &http_on_80, RULE(ENFORCE), NULL);
}

static void behind_http_sys_as_well(void **state) {
  struct service *s = *state;
  expect(s, PG_EVENT_RULE_STOPPED, "keep");
  expect(s, PG_EVENT_RULE_FREED, "keep");
  take_again(s, &http_on_80);
  expect(s, PG_EVENT_RULE_STOPPED, "keep");
}

static int start_striking(void **state) {
  return start_rule(state, RULE(ENFORCE ",\"max_strikes\":2"));
}

static void who_keeps_coming_back_is_left_alone_for_a_while(void **state) {
  struct service *s = *state;
  expect(s, PG_EVENT_RULE_FREED, "keep");
  take_again(s, &socket_on_80);
  expect(s, PG_EVENT_RULE_FREED, "keep");
  const struct fake_event *event = expect(s, PG_EVENT_RULE_SUSPENDED, "keep");
  check(event->last, "\"service\":\"WebDemo\",\"port\":80,\"for_s\":600");
  take_again(s, &socket_on_80);
  wait_shown(s, "\"state\":\"suspended\",\"port\":80,\"strikes\":2");
  wait_looks(s, 3);
  assert_int_equal(stops(s), 2);
  check(control(s, CALL("policy.resume", "\"rule\":\"keep\"")), "\"rule\":\"keep\"");
  event = expect(s, PG_EVENT_RULE_RESUMED, "keep");
  assert_int_equal(strncmp(event->second, "resumed by uid:", 15), 0);
  expect(s, PG_EVENT_RULE_FREED, "keep");
}

static int start_disabling(void **state) {
  return start_rule(state, RULE(ENFORCE ",\"action\":\"disable\""));
}

static void a_start_type_that_was_disabled_is_told(void **state) {
  struct service *s = *state;
  const struct fake_event *event = expect(s, PG_EVENT_RULE_DISABLED, "keep");
  check(event->last, "\"was\":\"auto\",\"configured\":\"WebDemo\"");
  expect(s, PG_EVENT_RULE_STOPPED, "keep");
}

static int start_observing(void **state) {
  return start_rule(state, RULE(""));
}

static void who_only_observes_says_once_what_it_would_do(void **state) {
  struct service *s = *state;
  const struct fake_event *event = expect(s, PG_EVENT_RULE_WOULD_ACT, "keep");
  check(event->last, "\"action\":\"stop\",\"reason\":\"it only observes\"");
  wait_looks(s, 5);
  assert_int_equal(fake_count(&s->machine, PG_EVENT_RULE_WOULD_ACT), 1);
  assert_int_equal(stops(s), 0);
}

static int start_quiet(void **state) {
  return start_configured(state, 0, &socket_on_80, RULE(ENFORCE), NULL);
}

static void one_that_refuses_is_told_and_tried_again_after_the_cooldown(void **state) {
  struct service *s = *state;
  fake_lock(&s->machine);
  s->machine.stop_refuses = true;
  fake_unlock(&s->machine);
  set_rows(s, 1, &socket_on_80);
  const struct fake_event *event = expect(s, PG_EVENT_RULE_FAILED, "keep");
  check(event->last, "\"error\":\"WebDemo: it refuses to stop (1052)\"");
  wait_shown(s, "\"state\":\"cooling_down\",\"port\":80,\"strikes\":1");
  expect(s, PG_EVENT_RULE_FAILED, "keep");
}

static void one_that_comes_back_at_once_is_told_as_it_is(void **state) {
  struct service *s = *state;
  fake_lock(&s->machine);
  s->machine.comes_back = true;
  fake_unlock(&s->machine);
  set_rows(s, 1, &socket_on_80);
  const struct fake_event *event = expect(s, PG_EVENT_RULE_STOPPED, "keep");
  check(event->last, "\"result\":\"WebDemo was stopped, and runs again (PID 500)\"");
  assert_int_equal(fake_count(&s->machine, PG_EVENT_RULE_FREED), 0);
}

static void what_cannot_be_noted_is_not_done(void **state) {
  struct service *s = *state;
  char path[128];
  snprintf(path, sizeof path, "%s/state.json", s->state);
  unlink(path);
  assert_int_equal(mkdir(path, 0700), 0);
  set_rows(s, 1, &socket_on_80);
  const struct fake_event *event = expect(s, PG_EVENT_RULE_FAILED, "keep");
  check(event->last, "nothing was done: how it was before cannot be noted");
  assert_int_equal(stops(s), 0);
  assert_int_equal(rmdir(path), 0);
}

static void a_pause_holds_until_it_is_ended(void **state) {
  struct service *s = *state;
  check(control(s, CALL("policy.pause", "\"for_s\":3600")),
        "\"rule\":null,\"paused_until\":\"");
  const struct fake_event *event = expect(s, PG_EVENT_CONTROL_DONE, NULL);
  assert_string_equal(event->second, "policy.pause");
  event = expect(s, PG_EVENT_RULE_RESUMED, "all rules");
  assert_int_equal(strncmp(event->second, "paused for 3600 s by uid:", 25), 0);
  set_rows(s, 1, &socket_on_80);
  wait_shown(s, "\"state\":\"paused\",\"port\":80");
  wait_looks(s, 3);
  assert_int_equal(stops(s), 0);
  check(control(s, CALL("policy.resume", "")), "\"rule\":null");
  expect(s, PG_EVENT_RULE_STOPPED, "keep");
}

/* Looks take long here: what was seen last is not so any more. */
static void what_is_acted_on_has_just_been_seen(void **state) {
  struct service *s = *state;
  check(control(s, CALL("policy.pause", "\"for_s\":3600")), "\"paused_until\":\"");
  fake_lock(&s->machine);
  s->machine.sample_ms = PG_DETAIL_AGE_MS + 100;
  fake_unlock(&s->machine);
  set_rows(s, 1, &socket_on_80);
  wait_shown(s, "\"state\":\"paused\",\"port\":80");
  set_rows(s, 0, &socket_on_80);
  check(control(s, CALL("policy.resume", "")), "\"rule\":null");
  wait_shown(s, "\"state\":\"idle\",\"port\":null,\"strikes\":0");
  assert_int_equal(stops(s), 0);
}

static void a_short_pause_ends_by_itself(void **state) {
  struct service *s = *state;
  (void)control(s, CALL("policy.pause", "\"rule\":\"keep\",\"for_s\":1"));
  expect(s, PG_EVENT_RULE_RESUMED, "keep");
  set_rows(s, 1, &socket_on_80);
  const struct fake_event *event = expect(s, PG_EVENT_RULE_RESUMED, "keep");
  assert_string_equal(event->second, "the pause has ended");
  expect(s, PG_EVENT_RULE_STOPPED, "keep");
}

static void nobody_can_pause_a_rule_that_is_not_there(void **state) {
  struct service *s = *state;
  check(control(s, CALL("policy.pause", "\"rule\":\"x\",\"for_s\":1")),
        "\"code\":-32004");
  check(control(s, CALL("policy.resume", "\"rule\":\"x\"")), "\"code\":-32004");
  check(control(s, CALL("policy.pause", "")), "\"param\":\"for_s\"");
  check(control(s, CALL("policy.pause", "\"for_s\":0")), "\"param\":\"for_s\"");
  assert_int_equal(fake_count(&s->machine, PG_EVENT_RULE_RESUMED), 0);
}

static int start_suspended(void **state) {
  return start_configured(
      state, 1, &socket_on_80, RULE(ENFORCE),
      "{\"version\":1,\"undo\":[],\"policy\":{\"rules\":[],\"services\":[{\"rule\":"
      "\"keep\",\"service\":\"WebDemo\",\"port\":80,\"suspended_ms\":500000,"
      "\"suspensions\":1,\"disabled\":false,\"strikes_ms\":[400000,500000]}]}}");
}

static void what_an_earlier_run_remembered_still_holds(void **state) {
  struct service *s = *state;
  wait_shown(s, "\"state\":\"suspended\",\"port\":80,\"strikes\":2");
  wait_looks(s, 3);
  assert_int_equal(stops(s), 0);
}

#define TWO_SERVICES                                                           \
  "{\"version\":1,\"rules\":[{\"name\":\"keep\",\"ports\":[80],\"services\":[" \
  "\"another\""                                                                \
  ",\"webdemo\"],\"confirm_s\":0,\"cooldown_s\":1,\"mode\":\"enforce\"}]}"

/* Of the first nothing is left to remember, and the second has struck too often. */
static int start_with_one_to_forget(void **state) {
  return start_configured(
      state, 1, &socket_on_80, TWO_SERVICES,
      "{\"version\":1,\"undo\":[],\"policy\":{\"rules\":[],\"services\":[{\"rule\":"
      "\"keep\",\"service\":\"Another\",\"port\":80,\"strikes_ms\":[]},{\"rule\":"
      "\"keep\",\"service\":\"WebDemo\",\"port\":80,\"strikes_ms\":[400000,400000,"
      "400000]}]}}");
}

static void a_suspension_begins_while_another_service_is_forgotten(void **state) {
  struct service *s = *state;
  expect(s, PG_EVENT_RULE_SUSPENDED, "keep");
  wait_shown(s, "\"watched\":[{\"service\":\"WebDemo\",\"state\":\"suspended\"");
  assert_int_equal(stops(s), 0);
}

static int start_with_nonsense(void **state) {
  return start_configured(state, 1, &socket_on_80, RULE(ENFORCE),
                          "{\"version\":1,\"undo\":[],\"policy\":{\"rules\":7}}");
}

static void a_memory_that_cannot_be_read_stops_all_actions_and_is_kept(void **state) {
  struct service *s = *state;
  char file[4096];
  expect(s, PG_EVENT_RULE_WOULD_ACT, "keep");
  check(show(s), "\"no_action\":\"policy.rules: expected a list, found 7\"");
  assert_int_equal(stops(s), 0);
  read_state(s, file, sizeof file);
  check(file, "{\"rules\":7}");
}

static void what_would_happen_is_told_without_doing_it(void **state) {
  static char line[LINE_BYTES];
  struct service *s = *state;
  ask(s, CALL("policy.test", "\"port\":80,\"service\":\"WEBDEMO\""), line, sizeof line);
  check(line, "\"port\":80,\"service\":\"WebDemo\",");
  check(line, "\"part\":\"acts\"");
  check(line, "\"result\":\"stop\"");
  ask(s, CALL("policy.test", "\"port\":81"), line, sizeof line);
  check(line, "\"part\":\"other_port\"");
  check(line, "\"result\":\"nothing\"");
  ask(s, CALL("policy.test", "\"port\":80,\"service\":\"WebDmo\""), line, sizeof line);
  check(line, "\"warnings\":[\"this machine has no service of that name\"]");
  ask(s, CALL("policy.test", "\"port\":80,\"at\":\"2026-03-02T09:00\""), line,
      sizeof line);
  check(line, "\"at\":\"2026-03-02T");
  ask(s, CALL("policy.test", "\"port\":80,\"at\":\"nine\""), line, sizeof line);
  check(line, "\"code\":-32602");
  check(line, "\"param\":\"at\"");
  assert_int_equal(stops(s), 0);
}

static void
a_service_is_not_called_missing_when_services_could_not_be_read(void **state) {
  static char line[LINE_BYTES];
  struct service *s = *state;
  fake_lock(&s->machine);
  s->machine.services_fail = true;
  fake_unlock(&s->machine);
  expect(s, PG_EVENT_SOURCE_FAILED, NULL);
  ask(s, CALL("policy.test", "\"port\":80,\"service\":\"WebDemo\""), line, sizeof line);
  check(line, "\"warnings\":[\"the services could not be read: whether a safety rule");
}

/* No text of netsh: nobody knows who is behind HTTP.sys. */
static void what_is_not_certain_is_not_acted_on(void **state) {
  struct service *s = *state;
  fake_lock(&s->machine);
  s->machine.http_text = "\nSnapshot of HTTP service state (Request Queue View):\n"
                         "-----------------------------------------------------\n"
                         "\n"
                         "Request queue name: DemoPool\n"
                         "    Version: 2.0\n"
                         "    State: Active\n"
                         "    Number of active processes attached: 2\n"
                         "    Process IDs:\n"
                         "        500\n"
                         "    URL groups:\n"
                         "    URL group ID: FE00000040000001\n"
                         "        State: Active\n"
                         "        Request queue name: DemoPool\n"
                         "        Number of registered URLs: 1\n"
                         "        Registered URLs:\n"
                         "            HTTP://+:80/DEMO/\n";
  fake_unlock(&s->machine);
  set_rows(s, 1, &http_on_80);
  const struct fake_event *event =
      fake_wait_event(&s->machine, &s->seen, PG_EVENT_RULE_REFUSED, "keep", DOUBT_MS);
  assert_non_null(event);
  check(event->last, "\"safety\":\"uncertain\",\"reason\":\"netsh's text contradicts");
  assert_int_equal(stops(s), 0);
}

/* The action of an administrator goes first; what the rule wanted is done by then. */
static void rules_and_administrators_have_one_action_after_the_other(void **state) {
  struct service *s = *state;
  fake_lock(&s->machine);
  s->machine.stop_hangs = true;
  fake_unlock(&s->machine);
  int fd = say_control(s, CALL("service.stop", "\"name\":\"WebDemo\""));
  fake_lock(&s->machine);
  while (s->machine.stops == 0)
    uv_cond_wait(&s->machine.changed, &s->machine.lock);
  fake_unlock(&s->machine);
  set_rows(s, 1, &socket_on_80);
  wait_shown(s, "\"state\":\"acting\"");
  fake_lock(&s->machine);
  s->machine.stop_hangs = false;
  fake_unlock(&s->machine);
  static char line[LINE_BYTES];
  read_line(fd, line, sizeof line);
  close(fd);
  wait_shown(s, "\"state\":\"idle\",\"port\":null,\"strikes\":0");
  assert_int_equal(stops(s), 1);
  assert_int_equal(fake_count(&s->machine, PG_EVENT_RULE_STOPPED), 0);
}

/* An administrator's action that will fail, and a rule's behind it. */
static int let_a_rule_wait(struct service *s) {
  fake_lock(&s->machine);
  s->machine.stop_hangs = s->machine.stop_refuses = true;
  fake_unlock(&s->machine);
  int fd = say_control(s, CALL("service.stop", "\"name\":\"WebDemo\""));
  fake_lock(&s->machine);
  while (s->machine.stops == 0)
    uv_cond_wait(&s->machine.changed, &s->machine.lock);
  fake_unlock(&s->machine);
  set_rows(s, 1, &socket_on_80);
  wait_shown(s, "\"state\":\"acting\"");
  return fd;
}

static void let_it_go_on(struct service *s, int fd) {
  static char line[LINE_BYTES];
  fake_lock(&s->machine);
  s->machine.stop_hangs = false;
  fake_unlock(&s->machine);
  read_line(fd, line, sizeof line);
  close(fd);
}

static void a_pause_holds_for_an_action_that_waits_its_turn(void **state) {
  struct service *s = *state;
  int fd = let_a_rule_wait(s);
  check(control(s, CALL("policy.pause", "\"for_s\":3600")), "\"paused_until\":\"");
  let_it_go_on(s, fd);
  wait_shown(s, "\"state\":\"paused\",\"port\":80,\"strikes\":0");
  assert_int_equal(stops(s), 1);
}

#define WITH(test, from) cmocka_unit_test_setup_teardown(test, from, stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH(a_listed_service_is_stopped_and_the_port_seen_free, start_enforcing),
      WITH(behind_http_sys_as_well, start_http),
      WITH(who_keeps_coming_back_is_left_alone_for_a_while, start_striking),
      WITH(a_start_type_that_was_disabled_is_told, start_disabling),
      WITH(who_only_observes_says_once_what_it_would_do, start_observing),
      WITH(one_that_refuses_is_told_and_tried_again_after_the_cooldown, start_quiet),
      WITH(one_that_comes_back_at_once_is_told_as_it_is, start_quiet),
      WITH(what_cannot_be_noted_is_not_done, start_quiet),
      WITH(a_pause_holds_until_it_is_ended, start_quiet),
      WITH(what_is_acted_on_has_just_been_seen, start_quiet),
      WITH(a_short_pause_ends_by_itself, start_quiet),
      WITH(nobody_can_pause_a_rule_that_is_not_there, start_quiet),
      WITH(what_an_earlier_run_remembered_still_holds, start_suspended),
      WITH(a_suspension_begins_while_another_service_is_forgotten,
           start_with_one_to_forget),
      WITH(a_memory_that_cannot_be_read_stops_all_actions_and_is_kept,
           start_with_nonsense),
      WITH(what_would_happen_is_told_without_doing_it, start_quiet),
      WITH(a_service_is_not_called_missing_when_services_could_not_be_read, start_quiet),
      WITH(what_is_not_certain_is_not_acted_on, start_quiet),
      WITH(rules_and_administrators_have_one_action_after_the_other, start_quiet),
      WITH(a_pause_holds_for_an_action_that_waits_its_turn, start_quiet),
  };
  signal(SIGPIPE, SIG_IGN); /* as platform_start does */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
