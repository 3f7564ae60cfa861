/* What administrators ask a running service for, on a machine made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "posix_loop_case.h"

#include "common/text.h"
#include "service/files/files.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FREE_80 CALL("port.free", "\"port\":80")
#define STOP CALL("service.stop", "\"name\":\"webdemo\"")
#define DISABLE CALL("service.disable", "\"name\":\"webdemo\"")
#define LINE_MAX_BYTES 16384

static const struct fake_row http_on_80 = {80, 4};

static int start_held(void **state) {
  return start_with(state, 1, &http_on_80, NULL);
}

/* The answer; what is told before it is in |told|, a line each, when that is wanted. */
static const char *answer(int fd, struct pg_text *told) {
  static char line[LINE_MAX_BYTES];
  for (;;) {
    read_line(fd, line, sizeof line);
    if (strstr(line, "\"method\":\"progress\"") == NULL)
      break;
    if (told != NULL)
      pg_text_printf(told, "%s\n", line);
  }
  close(fd);
  return line;
}

static const char *call(struct service *s, const char *request) {
  return answer(say_control(s, request), NULL);
}

static void a_dry_run_plans_and_does_nothing(void **state) {
  struct service *s = *state;
  const char *line = call(s, CALL("port.free", "\"port\":80,\"dry_run\":true"));
  check(line, "\"services\":[\"WebDemo\"]");
  check(line,
        "\"steps\":[{\"do\":\"stop\",\"service\":\"WebDemo\",\"display_name\":\"Web "
        "Demo\",\"reason\":null,\"outcome\":null,\"words\":null}]");
  check(line, "\"undo\":[\"portguardctl restore WebDemo\"]");
  check(line, "\"outcome\":null");
  assert_int_equal(s->machine.stops, 0);
  assert_int_equal(fake_count(&s->machine, PG_EVENT_CONTROL_DONE), 0);
}

/* The file is there only while something is to be given back or remembered. */
static void assert_no_state(const struct service *s) {
  char path[128];
  snprintf(path, sizeof path, "%s/state.json", s->state);
  assert_int_equal(access(path, F_OK), -1);
}

static void a_port_is_freed_looked_at_and_told(void **state) {
  struct service *s = *state;
  struct pg_text told;
  char file[4096];
  pg_text_init(&told, 65536);
  const char *line = answer(
      say_control(s, CALL("port.free", "\"port\":80,\"expect\":[\"WebDemo\"]")), &told);
  check(line, "\"outcome\":\"done\"");
  check(line, "\"summary\":\"port 80 is free\"");
  check(pg_text_str(&told), "\"do\":\"stop\",\"service\":\"WebDemo\"");
  check(pg_text_str(&told), "\"outcome\":\"done\"");
  pg_text_free(&told);
  assert_int_equal(s->machine.stops, 1);
  const struct fake_event *event = expect(s, PG_EVENT_CONTROL_DONE, NULL);
  assert_string_equal(event->second, "port.free 80");
  assert_string_equal(event->third, "done: port 80 is free");
  read_state(s, file, sizeof file);
  check(file, "\"service\":\"WebDemo\",\"was_running\":true");
}

static void what_was_stopped_is_restored_and_forgotten(void **state) {
  struct service *s = *state;
  check(call(s, STOP), "\"summary\":\"WebDemo is stopped\"");
  check(call(s, STOP), "\"summary\":\"WebDemo does not run\"");
  check(call(s, CALL("service.restore", "\"name\":\"WEBDEMO\"")),
        "\"summary\":\"WebDemo is as it was before\"");
  assert_false(s->machine.stopped);
  assert_no_state(s);
  check(call(s, CALL("service.restore", "\"name\":\"WebDemo\"")), "\"code\":-32004");
}

static void disabling_notes_the_start_type(void **state) {
  struct service *s = *state;
  char file[4096];
  check(call(s, CALL("service.disable", "\"name\":\"WebDemo\"")),
        "WebDemo is stopped, and does not start any more");
  read_state(s, file, sizeof file);
  check(file, "\"configured\":\"WebDemo\",\"start_type\":\"auto\"");
}

static void refuse_to_stop(struct fake_machine *machine) {
  machine->stop_refuses = true;
}

static int start_refusing(void **state) {
  return start_with(state, 1, &http_on_80, refuse_to_stop);
}

static void a_service_that_refuses_is_an_error_of_windows(void **state) {
  struct service *s = *state;
  const char *line = call(s, FREE_80);
  check(line, "\"code\":-32006,\"message\":\"WebDemo: it refuses to stop (1052)\"");
  const struct fake_event *event = expect(s, PG_EVENT_CONTROL_DONE, NULL);
  assert_string_equal(event->third, "failed: WebDemo: it refuses to stop (1052)");
  /* Nothing was stopped, so there is nothing to restore. */
  assert_no_state(s);
  check(call(s, CALL("service.restore", "\"name\":\"WebDemo\"")), "\"code\":-32004");
}

static void come_back(struct fake_machine *machine) {
  machine->comes_back = true;
}

static int start_coming_back(void **state) {
  return start_with(state, 1, &http_on_80, come_back);
}

static void what_comes_back_is_an_honest_failure(void **state) {
  struct service *s = *state;
  const char *line = call(s, FREE_80);
  check(line, "\"outcome\":\"failed\"");
  check(line, "\"summary\":\"port 80 was taken again, or is held still, by WebDemo (Web "
              "Demo) through HTTP.sys\"");
  check(call(s, STOP), "WebDemo was stopped, and runs again (PID 500)");
}

static void what_was_shown_is_what_is_done_or_nothing(void **state) {
  struct service *s = *state;
  check(call(s, CALL("port.free", "\"port\":80,\"expect\":[\"Other\"]")),
        "\"code\":-32005");
  const char *line = call(s, CALL("port.free", "\"port\":80,\"expect\":[]"));
  check(line, "\"rule\":\"plan-changed\"");
  assert_int_equal(s->machine.stops, 0);
  const struct fake_event *event = expect(s, PG_EVENT_CONTROL_DONE, NULL);
  assert_int_equal(strncmp(event->third, "refused: ", 9), 0);
}

static void protected_services_and_strangers_are_refused(void **state) {
  struct service *s = *state;
  check(call(s, CALL("service.stop", "\"name\":\"Nobody\"")), "\"code\":-32004");
  check(call(s, CALL("service.stop", "\"name\":\"\"")), "\"code\":-32602");
  assert_int_equal(s->machine.stops, 0);
}

static const struct fake_row nginx_on_80 = {80, 600};

static int start_with_nginx(void **state) {
  return start_with(state, 1, &nginx_on_80, NULL);
}

static void what_is_no_service_is_told_and_not_touched(void **state) {
  struct service *s = *state;
  const char *line = call(s, FREE_80);
  check(line, "\"outcome\":\"told\"");
  check(line, "\"steps\":[]");
  check(line, "nginx.exe (PID 600): it is a program, not a service");
  check(call(s, CALL("port.free", "\"port\":81")),
        "\"summary\":\"nothing listens on port 81\"");
  assert_int_equal(s->machine.stops, 0);
}

static void unread_table(struct fake_machine *machine) {
  machine->tcp_fails = true;
}

static int start_blind(void **state) {
  return start_with(state, 1, &http_on_80, unread_table);
}

static void nothing_is_planned_on_a_table_that_was_not_read(void **state) {
  struct service *s = *state;
  check(call(s, FREE_80),
        "\"code\":-32006,\"message\":\"the listeners could not be read\"");
  assert_int_equal(s->machine.stops, 0);
}

static void hang(struct fake_machine *machine) {
  machine->stop_hangs = true;
}

static int start_hanging(void **state) {
  return start_with(state, 1, &http_on_80, hang);
}

static void two_administrators_have_one_action_after_the_other(void **state) {
  struct service *s = *state;
  int first = say_control(s, FREE_80);
  wait_for_stops(s, 1);
  int second = say_control(s, STOP);
  /* The loop goes on meanwhile, and so does a dry run. */
  check(call(s, CALL("service.stop", "\"name\":\"WebDemo\",\"dry_run\":true")),
        "\"services\":[\"WebDemo\"]");
  let_it_stop(s);
  check(answer(first, NULL), "\"summary\":\"port 80 is free\"");
  check(answer(second, NULL), "\"summary\":\"WebDemo does not run\"");
  assert_int_equal(s->machine.stops, 1);
}

static void an_action_is_finished_even_if_its_client_leaves(void **state) {
  struct service *s = *state;
  int fd = say_control(s, FREE_80);
  wait_for_stops(s, 1);
  close(fd);
  let_it_stop(s);
  const struct fake_event *event = expect(s, PG_EVENT_CONTROL_DONE, NULL);
  assert_string_equal(event->third, "done: port 80 is free");
}

static void who_waits_when_the_service_stops_is_told(void **state) {
  struct service *s = *state;
  int first = say_control(s, FREE_80);
  wait_for_stops(s, 1);
  int second = say_control(s, STOP);
  /* Its turn has not come; a ping behind it on another connection has been answered. */
  check(call(s, PING), "pong");
  loop_stop(s->loop, "the test stops it");
  let_it_stop(s);
  const struct fake_event *event = expect(s, PG_EVENT_CONTROL_DONE, NULL);
  assert_string_equal(event->second, "port.free 80");
  assert_string_equal(event->third,
                      "done: all steps were taken; the service stops, and has "
                      "not looked again");
  event = expect(s, PG_EVENT_CONTROL_DONE, NULL);
  assert_string_equal(event->third, "failed: the service is stopping");
  close(first);
  close(second);
}

static void control_verbs_on_the_status_pipe_are_denied_and_written_down(void **state) {
  static char line[LINE_MAX_BYTES];
  struct service *s = *state;
  ask(s, STOP, line, sizeof line);
  check(line, "\"code\":-32001");
  const struct fake_event *event = expect(s, PG_EVENT_CONTROL_DENIED, NULL);
  assert_string_equal(event->second, "service.stop");
  assert_int_equal(strncmp(event->first, "unknown (uid:", 13), 0);
  assert_int_equal(s->machine.stops, 0);
}

static void without_a_note_of_how_it_was_nothing_is_done(void **state) {
  struct service *s = *state;
  char path[128];
  snprintf(path, sizeof path, "%s/state.json", s->state);
  assert_int_equal(mkdir(path, 0700), 0);
  check(call(s, FREE_80), "nothing was done: how it was before cannot be noted");
  assert_int_equal(s->machine.stops, 0);
  assert_int_equal(rmdir(path), 0);
}

static void let_files_grow(bool may) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = may ? RLIM_INFINITY : 4;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The limit stands for the disk: some bytes fit, the rest does not. */
static void on_a_full_disk_nothing_is_done_and_what_was_noted_stays(void **state) {
  struct service *s = *state;
  char file[4096], noted[4096];
  check(call(s, STOP), "\"summary\":\"WebDemo is stopped\"");
  read_state(s, noted, sizeof noted);
  check(noted, "\"service\":\"WebDemo\"");
  let_files_grow(false);
  const char *refused = call(s, DISABLE);
  let_files_grow(true);
  check(refused, "nothing was done: how it was before cannot be noted");
  read_state(s, file, sizeof file);
  assert_string_equal(file, noted);
  check(call(s, DISABLE), "WebDemo is stopped, and does not start any more");
}

#define WITH(test, from) cmocka_unit_test_setup_teardown(test, from, stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH(a_dry_run_plans_and_does_nothing, start_held),
      WITH(a_port_is_freed_looked_at_and_told, start_held),
      WITH(what_was_stopped_is_restored_and_forgotten, start_held),
      WITH(disabling_notes_the_start_type, start_held),
      WITH(a_service_that_refuses_is_an_error_of_windows, start_refusing),
      WITH(what_comes_back_is_an_honest_failure, start_coming_back),
      WITH(what_was_shown_is_what_is_done_or_nothing, start_held),
      WITH(protected_services_and_strangers_are_refused, start_held),
      WITH(what_is_no_service_is_told_and_not_touched, start_with_nginx),
      WITH(two_administrators_have_one_action_after_the_other, start_hanging),
      WITH(an_action_is_finished_even_if_its_client_leaves, start_hanging),
      WITH(nothing_is_planned_on_a_table_that_was_not_read, start_blind),
      WITH(who_waits_when_the_service_stops_is_told, start_hanging),
      WITH(control_verbs_on_the_status_pipe_are_denied_and_written_down, start_held),
      WITH(without_a_note_of_how_it_was_nothing_is_done, start_held),
      WITH(on_a_full_disk_nothing_is_done_and_what_was_noted_stays, start_held),
  };
  signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit is to fail, not to kill */
  signal(SIGPIPE, SIG_IGN); /* as platform_start does */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
