/* A report comes, whatever is wrong with the history, and holds nobody up. */
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
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPORT CALL("report", "")
#define LINE_MAX_BYTES (256u * 1024u)

/* --- the database, as the test wants it --- */

enum pg_error __real_history_ports(struct history *history,
                                   const struct history_ports *question,
                                   struct pg_fault *fault);
enum pg_error __wrap_history_ports(struct history *history,
                                   const struct history_ports *question,
                                   struct pg_fault *fault);

enum pg_error __wrap_history_ports(struct history *history,
                                   const struct history_ports *question,
                                   struct pg_fault *fault) {
  bool fails = fake_database_enter();
  enum pg_error error = __real_history_ports(history, question, fault);
  return fails ? fake_database_fail(fault) : error;
}

/* --- cases --- */

static char line[LINE_MAX_BYTES];

static int start_with_http_sys(void **state) {
  static const struct fake_row row = {80, 4};
  fake_database_set(false, false);
  return start_remembering(state, 1, &row);
}

static int stop_all(void **state) {
  fake_database_set(false, false);
  return stop(state);
}

static void a_report_has_what_is_remembered(void **state) {
  struct service *s = *state;
  ask(s, REPORT, line, sizeof line);
  check(line, "\"complete\":true");
  check(line, "\"identity\":\"http.sys:WebDemo\"");
  check(line, "\"quiet_ports\":[443]");
  check(line, "\"warnings\":[]}}");
}

static void a_failing_database_is_told_and_the_report_comes(void **state) {
  struct service *s = *state;
  fake_database_set(false, true);
  ask(s, REPORT, line, sizeof line);
  check(line, "\"complete\":false");
  check(line, "\"tenancies\":[],\"entries\":[],\"truncated\":false");
  check(line, "nothing is told of the past: the disk is not itself today");
  check(line, "WebDemo (Web Demo)");
}

static void a_hanging_database_is_waited_for_only_so_long(void **state) {
  struct service *s = *state;
  uint64_t begun = uv_hrtime();
  fake_database_set(true, false);
  ask(s, REPORT, line, sizeof line);
  unsigned took_ms = (unsigned)((uv_hrtime() - begun) / 1000000u);
  assert_in_range(took_ms, PG_REPORT_HISTORY_MS, PG_REPORT_WAIT_MS);
  check(line, "\"complete\":false");
  check(line, "nothing is told of the past: it could not be read in time");
  check(line, "\"quiet_ports\":[443]");
}

static void others_are_answered_while_the_database_hangs(void **state) {
  struct service *s = *state;
  char other[8192];
  fake_database_set(true, false);
  int fd = connect_to(s);
  assert_true(send(fd, REPORT, strlen(REPORT), 0) > 0);
  fake_database_wait();
  ask(s, PING, other, sizeof other);
  check(other, "pong");
  ask(s, CALL("list", ""), other, sizeof other);
  check(other, "\"port\":80");
  fake_database_set(false, false);
  read_line(fd, line, sizeof line);
  check(line, "\"complete\":true");
  close(fd);
}

/* Those before may not have noticed yet that nobody waits for them. */
static void ask_until_there_is_room(struct service *s) {
  uint64_t begun = uv_hrtime();
  do
    ask(s, REPORT, line, sizeof line);
  while (strstr(line, "-32002") != NULL &&
         uv_hrtime() - begun < EVENT_MS * UINT64_C(1000000));
  check(line, "\"complete\":true");
}

static void who_leaves_while_it_is_made_costs_nothing(void **state) {
  struct service *s = *state;
  for (int i = 0; i < 2 * PG_REPORT_MAKING; i++) {
    fake_database_set(true, false);
    int fd = connect_to(s);
    assert_true(send(fd, REPORT, strlen(REPORT), 0) > 0);
    fake_database_wait();
    close(fd);
    fake_database_set(false, false);
    ask_until_there_is_room(s);
  }
}

static void more_than_fit_at_a_time_are_refused(void **state) {
  struct service *s = *state;
  int fds[PG_REPORT_PER_USER];
  fake_database_set(true, false);
  for (int i = 0; i < PG_REPORT_PER_USER; i++) {
    fds[i] = connect_to(s);
    assert_true(send(fds[i], REPORT, strlen(REPORT), 0) > 0);
  }
  fake_database_wait();
  /* Both have been read when a later request has been answered. */
  ask(s, PING, line, sizeof line);
  ask(s, REPORT, line, sizeof line);
  check(line, "-32002");
  check(line, "other reports are being made");
  fake_database_set(false, false);
  for (int i = 0; i < PG_REPORT_PER_USER; i++) {
    read_line(fds[i], line, sizeof line);
    check(line, "\"complete\":true");
  }
  ask_until_there_is_room(s);
  for (int i = 0; i < PG_REPORT_PER_USER; i++)
    close(fds[i]);
}

static void the_service_stops_while_the_database_is_asked(void **state) {
  struct service *s = *state;
  fake_database_set(true, false);
  int fd = connect_to(s);
  assert_true(send(fd, REPORT, strlen(REPORT), 0) > 0);
  fake_database_wait();
  loop_stop(s->loop, "the test ends");
  fake_database_set(false, false);
  close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_with_http_sys, stop_all)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_report_has_what_is_remembered),
      TEST(a_failing_database_is_told_and_the_report_comes),
      TEST(a_hanging_database_is_waited_for_only_so_long),
      TEST(others_are_answered_while_the_database_hangs),
      TEST(who_leaves_while_it_is_made_costs_nothing),
      TEST(more_than_fit_at_a_time_are_refused),
      TEST(the_service_stops_while_the_database_is_asked),
  };
  signal(SIGPIPE, SIG_IGN); /* as the program does */
  fake_database_start();
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  fake_database_end();
  return failed;
}
