/* The whole service over a Unix socket, fed from a machine made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "posix_loop_case.h"

#include "common/limits.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void what_is_there_at_start_is_baseline_and_not_news(void **state) {
  struct service *s = *state;
  const struct fake_event *started = expect(s, PG_EVENT_STARTED, NULL);
  assert_non_null(strstr(started->last, "\"listening_ports\":1"));
  assert_int_equal(fake_count(&s->machine, PG_EVENT_PORT_TAKEN), 0);
}

static int start_with_nginx(void **state) {
  static const struct fake_row row = {8080, 600};
  return start_with(state, 1, &row, NULL);
}

static void a_taken_port_is_reported_with_the_service_behind_http_sys(void **state) {
  static const struct fake_row row = {80, 4};
  struct service *s = *state;
  expect(s, PG_EVENT_STARTED, NULL);
  set_rows(s, 1, &row);
  const struct fake_event *taken = expect(s, PG_EVENT_PORT_TAKEN, "80");
  assert_string_equal(taken->second, "WebDemo (Web Demo) through HTTP.sys");
  assert_non_null(strstr(taken->last, "\"service\":\"WebDemo\""));
  set_rows(s, 0, &row);
  expect(s, PG_EVENT_PORT_RELEASED, "80");
}

/* Event Viewer would take "%4" for the fourth string of the event. */
static void the_zone_of_an_address_is_escaped_in_events(void **state) {
  static const struct fake_row row = {8080, 600};
  struct service *s = *state;
  expect(s, PG_EVENT_STARTED, NULL);
  fake_lock(&s->machine);
  s->machine.ipv6 = "fe80::1%4";
  fake_unlock(&s->machine);
  set_rows(s, 1, &row);
  const struct fake_event *taken = expect(s, PG_EVENT_PORT_TAKEN, "8080");
  assert_string_equal(taken->third, "[fe80::1<25>4]:8080");
  assert_non_null(strstr(taken->last, "[fe80::1\\u00254]:8080"));
}

static void a_new_holder_of_the_same_port_is_a_change_of_holder(void **state) {
  static const struct fake_row rows[] = {{8080, 600}, {8080, 700}};
  struct service *s = *state;
  expect(s, PG_EVENT_STARTED, NULL);
  set_rows(s, 1, &rows[0]);
  expect(s, PG_EVENT_PORT_TAKEN, "8080");
  set_rows(s, 1, &rows[1]);
  const struct fake_event *changed = expect(s, PG_EVENT_HOLDER_CHANGED, "8080");
  assert_string_equal(changed->second, "nginx.exe (PID 600)");
}

static void a_hanging_netsh_delays_no_answer_by_more_than_two_seconds(void **state) {
  static const struct fake_row row = {80, 4};
  struct service *s = *state;
  char line[8192];
  expect(s, PG_EVENT_STARTED, NULL);
  fake_lock(&s->machine);
  s->machine.http_hangs = true;
  fake_unlock(&s->machine);
  set_rows(s, 1, &row);
  uint64_t begun = uv_hrtime();
  ask(s, STATUS_80, line, sizeof line);
  uint64_t took = (uv_hrtime() - begun) / 1000000u;
  assert_true(took < 2500);
  assert_non_null(strstr(line, "\"state\":\"in_use\""));
  assert_non_null(strstr(line, "\"complete\":false"));
  /* The next one is answered when the text is there, and in full. */
  fake_lock(&s->machine);
  s->machine.http_hangs = false;
  fake_unlock(&s->machine);
  expect(s, PG_EVENT_PORT_TAKEN, "80");
  ask(s, STATUS_80, line, sizeof line);
  assert_non_null(strstr(line, "\"complete\":true"));
  assert_non_null(strstr(line, "WebDemo"));
}

struct asker {
  uv_thread_t thread;
  int fd;
};

static void keep_asking(void *context) {
  struct asker *asker = context;
  static const char free_port[] =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":{\"port\":81,"
      "\"max_age_ms\":0}}\n";
  char answers[4096];
  do {
    if (send(asker->fd, free_port, strlen(free_port), MSG_NOSIGNAL) < 0)
      return;
  } while (recv(asker->fd, answers, sizeof answers, 0) > 0);
}

static void start_asking_while_a_look_is_taken(struct service *s, struct asker *asker) {
  fake_lock(&s->machine);
  for (unsigned before = s->machine.samples; s->machine.samples == before;)
    uv_cond_wait(&s->machine.changed, &s->machine.lock);
  fake_unlock(&s->machine);
  asker->fd = connect_to(s);
  assert_int_equal(uv_thread_create(&asker->thread, keep_asking, asker), 0);
}

/* One of two has always asked while a look for the other was taken, and needs the
 * next: there is no pause between them. */
static void clients_that_keep_asking_do_not_keep_netsh_from_being_heard(void **state) {
  static const struct fake_row row = {80, 4};
  struct service *s = *state;
  struct asker askers[2];
  expect(s, PG_EVENT_STARTED, NULL);
  fake_lock(&s->machine);
  s->machine.sample_ms = 20;
  fake_unlock(&s->machine);
  for (size_t i = 0; i < 2; i++)
    start_asking_while_a_look_is_taken(s, &askers[i]);
  set_rows(s, 1, &row);
  const struct fake_event *taken =
      fake_wait_event(&s->machine, &s->seen, PG_EVENT_PORT_TAKEN, "80", EVENT_MS);
  for (size_t i = 0; i < 2; i++) {
    shutdown(askers[i].fd, SHUT_RDWR);
    uv_thread_join(&askers[i].thread);
    close(askers[i].fd);
  }
  assert_non_null(taken);
}

static void a_failing_netsh_is_reported_once_and_its_recovery_too(void **state) {
  static const struct fake_row row = {80, 4};
  struct service *s = *state;
  char line[8192];
  expect(s, PG_EVENT_STARTED, NULL);
  fake_lock(&s->machine);
  s->machine.http_text = NULL;
  fake_unlock(&s->machine);
  set_rows(s, 1, &row);
  const struct fake_event *failed =
      expect(s, PG_EVENT_SOURCE_FAILED, "http.service_state");
  assert_string_equal(failed->second, "netsh is not itself today");
  ask(s, STATUS_80, line, sizeof line);
  assert_non_null(strstr(line, "\"complete\":false"));
  assert_non_null(strstr(line, "netsh is not itself today"));
  fake_lock(&s->machine);
  s->machine.http_text = queue_of_500;
  fake_unlock(&s->machine);
  expect(s, PG_EVENT_SOURCE_RECOVERED, "http.service_state");
  const struct fake_event *known = expect(s, PG_EVENT_HOLDER_CHANGED, "80");
  assert_non_null(strstr(known->last, "WebDemo"));
  assert_int_equal(fake_count(&s->machine, PG_EVENT_SOURCE_FAILED), 1);
  ask(s, CALL("health", ""), line, sizeof line);
  check(line, "\"failing_for_s\":null,\"failures\":1}");
}

static void how_long_looks_take_is_told(void **state) {
  struct service *s = *state;
  char line[8192];
  unsigned before, after;
  expect(s, PG_EVENT_STARTED, NULL);
  fake_lock(&s->machine);
  before = s->machine.samples;
  s->machine.sample_ms = 30;
  fake_unlock(&s->machine);
  do {
    ask(s, STATUS_80, line, sizeof line);
    fake_lock(&s->machine);
    after = s->machine.samples;
    fake_unlock(&s->machine);
  } while (after < 2 * before + 4);
  ask(s, CALL("health", ""), line, sizeof line);
  const char *samples = strstr(line, "\"samples\":{\"count\":");
  assert_non_null(samples);
  const char *median = strstr(samples, "\"p50_ms\":");
  assert_non_null(median);
  assert_true(strtod(median + strlen("\"p50_ms\":"), NULL) >= 30);
}

static void an_unreadable_table_is_not_a_machine_without_listeners(void **state) {
  static const struct fake_row row = {8080, 600};
  struct service *s = *state;
  char line[8192];
  expect(s, PG_EVENT_STARTED, NULL);
  set_rows(s, 1, &row);
  expect(s, PG_EVENT_PORT_TAKEN, "8080");
  fake_lock(&s->machine);
  s->machine.tcp_fails = true;
  fake_unlock(&s->machine);
  expect(s, PG_EVENT_SOURCE_FAILED, "tcp.ipv4");
  ask(s,
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":{\"port\":8080,"
      "\"max_age_ms\":0}}\n",
      line, sizeof line);
  assert_non_null(strstr(line, "\"state\":\"unknown\""));
  assert_non_null(strstr(line, "\"wildcard_bindable\":\"unknown\""));
  fake_lock(&s->machine);
  s->machine.tcp_fails = false;
  fake_unlock(&s->machine);
  expect(s, PG_EVENT_SOURCE_RECOVERED, "tcp.ipv4");
  assert_int_equal(fake_count(&s->machine, PG_EVENT_PORT_RELEASED), 0);
  assert_int_equal(fake_count(&s->machine, PG_EVENT_PORT_TAKEN), 1);
}

static void a_source_that_comes_and_goes_is_summed_up_with_its_state(void **state) {
  struct service *s = *state;
  char line[8192];
  expect(s, PG_EVENT_STARTED, NULL);
  for (int i = 0; i < 2 * (PG_EVENTS_PER_KEY + 2); i++) {
    bool fails = i % 2 == 0;
    fake_lock(&s->machine);
    s->machine.tcp_fails = fails;
    fake_unlock(&s->machine);
    ask(s, STATUS_80, line, sizeof line);
    assert_non_null(strstr(line, fails ? "\"unknown\"" : "\"free\""));
  }
  loop_stop(s->loop, "the test ends");
  const struct fake_event *summary = expect(s, PG_EVENT_SUPPRESSED, "2");
  assert_string_equal(summary->second, "1004");
  assert_non_null(strstr(summary->last, "\"now\":\"it can be read\""));
  assert_int_equal(fake_count(&s->machine, PG_EVENT_SOURCE_FAILED),
                   2 * PG_EVENTS_PER_KEY); /* both families */
}

static void
without_the_scm_a_service_is_a_process_and_the_answer_incomplete(void **state) {
  static const struct fake_row row = {9000, 500};
  struct service *s = *state;
  char line[8192];
  fake_lock(&s->machine);
  s->machine.services_fail = true;
  fake_unlock(&s->machine);
  set_rows(s, 1, &row);
  expect(s, PG_EVENT_SOURCE_FAILED, "services");
  ask(s,
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":{\"port\":9000,"
      "\"max_age_ms\":0}}\n",
      line, sizeof line);
  assert_non_null(strstr(line, "\"kind\":\"process\""));
  assert_non_null(strstr(line, "\"complete\":false"));
  assert_non_null(strstr(line, "the SCM refuses"));
}

static void a_quiet_machine_is_sampled_and_builds_nothing(void **state) {
  struct service *s = *state;
  char line[8192];
  expect(s, PG_EVENT_STARTED, NULL);
  unsigned before, after;
  fake_lock(&s->machine);
  before = s->machine.samples;
  s->machine.version--; /* fake_unlock counts up: nothing has changed */
  fake_unlock(&s->machine);
  do {
    ask(s, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"health\"}\n", line, sizeof line);
    fake_lock(&s->machine);
    after = s->machine.samples;
    s->machine.version--;
    fake_unlock(&s->machine);
  } while (after < before + 5);
  const char *quiet = strstr(line, "\"quiet_ticks\":");
  assert_non_null(quiet);
  assert_true(strtol(quiet + strlen("\"quiet_ticks\":"), NULL, 10) >= 3);
}

static void flapping_is_named_once(void **state) {
  static const struct fake_row row = {8081, 600};
  struct service *s = *state;
  expect(s, PG_EVENT_STARTED, NULL);
  for (int i = 0; i < 3; i++) {
    set_rows(s, 1, &row);
    expect(s, PG_EVENT_PORT_TAKEN, "8081");
    set_rows(s, 0, &row);
    expect(s, PG_EVENT_PORT_RELEASED, "8081");
  }
  expect(s, PG_EVENT_PORT_FLAPPING, "8081");
  assert_int_equal(fake_count(&s->machine, PG_EVENT_PORT_FLAPPING), 1);
}

static void pipelined_requests_are_answered_in_order(void **state) {
  struct service *s = *state;
  char line[256];
  int fd = connect_to(s);
  for (int i = 0; i < 100; i++) {
    char request[96];
    int len = snprintf(request, sizeof request,
                       "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}\n", i);
    assert_int_equal(send(fd, request, (size_t)len, 0), len);
  }
  for (int i = 0; i < 100; i++) {
    char expected[64];
    read_line(fd, line, sizeof line);
    snprintf(expected, sizeof expected, "{\"jsonrpc\":\"2.0\",\"id\":%d,", i);
    assert_memory_equal(line, expected, strlen(expected));
  }
  close(fd);
}

static void a_bad_request_is_quoted_and_the_next_one_answered(void **state) {
  struct service *s = *state;
  char line[1024];
  int fd = connect_to(s);
  static const char bad[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"stop\"}\n" PING;
  assert_int_equal(send(fd, bad, strlen(bad), 0), (ssize_t)strlen(bad));
  read_line(fd, line, sizeof line);
  assert_non_null(strstr(line, "\"id\":7"));
  assert_non_null(strstr(line, "-32601"));
  assert_non_null(strstr(line, "stop"));
  read_line(fd, line, sizeof line);
  assert_non_null(strstr(line, "pong"));
  close(fd);
}

static void a_peer_that_only_writes_half_still_gets_its_answer(void **state) {
  struct service *s = *state;
  char line[256];
  int fd = connect_to(s);
  assert_true(send(fd, PING, strlen(PING), 0) > 0);
  shutdown(fd, SHUT_WR);
  read_line(fd, line, sizeof line);
  assert_non_null(strstr(line, "pong"));
  read_line(fd, line, sizeof line);
  assert_string_equal(line, "");
  close(fd);
}

static void one_user_cannot_take_every_connection(void **state) {
  struct service *s = *state;
  int fds[PG_CONN_PER_USER];
  char line[1024];
  for (int i = 0; i < PG_CONN_PER_USER; i++) {
    fds[i] = connect_to(s);
    assert_true(send(fds[i], PING, strlen(PING), 0) > 0);
    read_line(fds[i], line, sizeof line);
    assert_non_null(strstr(line, "pong"));
  }
  int extra = connect_to(s);
  read_line(extra, line, sizeof line);
  assert_non_null(strstr(line, "\"id\":null"));
  assert_non_null(strstr(line, "-32002"));
  read_line(extra, line, sizeof line);
  assert_string_equal(line, "");
  close(extra);
  /* A place is free again as soon as somebody leaves. */
  close(fds[0]);
  ask(s, PING, line, sizeof line);
  assert_non_null(strstr(line, "pong"));
  for (int i = 1; i < PG_CONN_PER_USER; i++)
    close(fds[i]);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_is_there_at_start_is_baseline_and_not_news,
                                      start_with_nginx, stop),
      WITH(a_taken_port_is_reported_with_the_service_behind_http_sys),
      WITH(a_new_holder_of_the_same_port_is_a_change_of_holder),
      WITH(a_hanging_netsh_delays_no_answer_by_more_than_two_seconds),
      WITH(clients_that_keep_asking_do_not_keep_netsh_from_being_heard),
      WITH(the_zone_of_an_address_is_escaped_in_events),
      WITH(a_failing_netsh_is_reported_once_and_its_recovery_too),
      WITH(how_long_looks_take_is_told),
      WITH(an_unreadable_table_is_not_a_machine_without_listeners),
      WITH(a_source_that_comes_and_goes_is_summed_up_with_its_state),
      WITH(without_the_scm_a_service_is_a_process_and_the_answer_incomplete),
      WITH(a_quiet_machine_is_sampled_and_builds_nothing),
      WITH(flapping_is_named_once),
      WITH(pipelined_requests_are_answered_in_order),
      WITH(a_bad_request_is_quoted_and_the_next_one_answered),
      WITH(a_peer_that_only_writes_half_still_gets_its_answer),
      WITH(one_user_cannot_take_every_connection),
  };
  signal(SIGPIPE, SIG_IGN); /* as platform_start does */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
