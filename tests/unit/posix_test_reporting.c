/* A report comes, whatever is wrong with the history, and holds nobody up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

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

static struct {
  uv_mutex_t lock;
  uv_cond_t changed;
  bool hangs, fails;
  unsigned questions;
} database;

enum pg_error __real_history_ports(struct history *history,
                                   const struct history_ports *question,
                                   struct pg_fault *fault);
enum pg_error __wrap_history_ports(struct history *history,
                                   const struct history_ports *question,
                                   struct pg_fault *fault);

enum pg_error __wrap_history_ports(struct history *history,
                                   const struct history_ports *question,
                                   struct pg_fault *fault) {
  uv_mutex_lock(&database.lock);
  database.questions++;
  uv_cond_broadcast(&database.changed);
  while (database.hangs)
    uv_cond_wait(&database.changed, &database.lock);
  bool fails = database.fails;
  uv_mutex_unlock(&database.lock);
  enum pg_error error = __real_history_ports(history, question, fault);
  return fails ? pg_fail(fault, PG_E_IO, "the disk is not itself today") : error;
}

static void set_database(bool hangs, bool fails) {
  uv_mutex_lock(&database.lock);
  database.hangs = hangs;
  database.fails = fails;
  database.questions = 0;
  uv_cond_broadcast(&database.changed);
  uv_mutex_unlock(&database.lock);
}

static void wait_for_question(void) {
  uv_mutex_lock(&database.lock);
  while (database.questions == 0)
    uv_cond_wait(&database.changed, &database.lock);
  uv_mutex_unlock(&database.lock);
}

/* --- cases --- */

static char line[LINE_MAX_BYTES];

static int start_with_http_sys(void **state) {
  static const struct fake_row row = {80, 4};
  set_database(false, false);
  return start_remembering(state, 1, &row);
}

static int stop_all(void **state) {
  set_database(false, false);
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
  set_database(false, true);
  ask(s, REPORT, line, sizeof line);
  check(line, "\"complete\":false");
  check(line, "\"tenancies\":[],\"entries\":[],\"truncated\":false");
  check(line, "nothing is told of the past: the disk is not itself today");
  check(line, "WebDemo (Web Demo)");
}

static void a_hanging_database_is_waited_for_only_so_long(void **state) {
  struct service *s = *state;
  uint64_t begun = uv_hrtime();
  set_database(true, false);
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
  set_database(true, false);
  int fd = connect_to(s);
  assert_true(send(fd, REPORT, strlen(REPORT), 0) > 0);
  wait_for_question();
  ask(s, PING, other, sizeof other);
  check(other, "pong");
  ask(s, CALL("list", ""), other, sizeof other);
  check(other, "\"port\":80");
  set_database(false, false);
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
    set_database(true, false);
    int fd = connect_to(s);
    assert_true(send(fd, REPORT, strlen(REPORT), 0) > 0);
    wait_for_question();
    close(fd);
    set_database(false, false);
    ask_until_there_is_room(s);
  }
}

static void more_than_fit_at_a_time_are_refused(void **state) {
  struct service *s = *state;
  int fds[PG_REPORT_PER_USER];
  set_database(true, false);
  for (int i = 0; i < PG_REPORT_PER_USER; i++) {
    fds[i] = connect_to(s);
    assert_true(send(fds[i], REPORT, strlen(REPORT), 0) > 0);
  }
  wait_for_question();
  /* Both have been read when a later request has been answered. */
  ask(s, PING, line, sizeof line);
  ask(s, REPORT, line, sizeof line);
  check(line, "-32002");
  check(line, "other reports are being made");
  set_database(false, false);
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
  set_database(true, false);
  int fd = connect_to(s);
  assert_true(send(fd, REPORT, strlen(REPORT), 0) > 0);
  wait_for_question();
  loop_stop(s->loop, "the test ends");
  set_database(false, false);
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
  if (uv_mutex_init(&database.lock) != 0 || uv_cond_init(&database.changed) != 0)
    return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
