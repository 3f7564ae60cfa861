/* The history's disk is full, hangs, or loses what it had: the watching goes on, what is
 * held is bounded, what is lost is counted, and afterwards the tenancies are true. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "tests/unit/history_case.h"
#include "tests/unit/recorder_case.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

CASE_CLOCKS

#define HOUR_S 3600
#define CAUGHT_S 60 /* what takes longer has no end */

/* --- a disk that can be told to hang --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool hangs, hung;

/* SQLite's own calls end up here: the program's symbols come before the library's. */
int fdatasync(int fd) {
  pthread_mutex_lock(&lock);
  while (hangs) {
    hung = true;
    pthread_cond_broadcast(&changed);
    pthread_cond_wait(&changed, &lock);
  }
  pthread_mutex_unlock(&lock);
  return (int)syscall(SYS_fdatasync, fd);
}

static void set_hanging(bool value) {
  pthread_mutex_lock(&lock);
  hangs = value;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void set_full(bool full) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = full ? 1 : RLIM_INFINITY;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* --- what the tests look at --- */

static int64_t health(const struct loop *loop, const char *key, char *text, size_t size) {
  struct pg_text out;
  struct pg_json json;
  char quoted[40];
  pg_text_init(&out, PG_MIB);
  pg_json_start(&json, &out);
  pg_json_object(&json);
  recorder_write(loop, &json);
  pg_json_end_object(&json);
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  const char *found = strstr(pg_text_str(&out), quoted);
  assert_non_null(found);
  int64_t number = strtoll(found + strlen(quoted), NULL, 10);
  if (text != NULL)
    snprintf(text, size, "%s", found + strlen(quoted));
  pg_text_free(&out);
  return number;
}

static void hold(struct case_machine *machine, unsigned first, unsigned count) {
  *machine = (struct case_machine){.count = 0};
  for (unsigned i = 0; i < count; i++) {
    machine->listeners[i].port = (uint16_t)(80 + first + i);
    machine->listeners[i].program = (first + i) % CASE_PROGRAMS;
    machine->count++;
  }
}

struct openings {
  unsigned count;
  int64_t since[65536];
};

static void note_open(void *context, uint16_t port, const char *holder, int64_t since) {
  struct openings *openings = context;
  (void)holder;
  assert_int_equal(openings->since[port], 0);
  openings->since[port] = since;
  openings->count++;
}

/* Who holds what in the database, and in |machine|. */
static struct openings *check_open(const struct case_machine *machine) {
  static struct openings openings;
  struct history *history = history_case_open();
  memset(&openings, 0, sizeof openings);
  assert_int_equal(history_open_tenancies(history, note_open, &openings, NULL), PG_OK);
  history_close(history);
  assert_int_equal(openings.count, machine->count);
  for (size_t i = 0; i < machine->count; i++)
    assert_int_not_equal(openings.since[machine->listeners[i].port], 0);
  return &openings;
}

/* No tenancy of a port and holder begins before the one before has ended. */
static void check_no_overlap(void) {
  static int64_t begun[65536];
  const struct history_question all = {0};
  const struct pg_json_limits limits = {.bytes = PG_ANSWER_MAX, .depth = PG_JSON_DEPTH};
  struct history *history = history_case_open();
  const char *text = history_case_ask(history, &all);
  const cJSON *row;
  cJSON *tree = NULL;
  assert_int_equal(pg_json_read(text, strlen(text), &limits, &tree, NULL), PG_OK);
  for (size_t port = 0; port <= UINT16_MAX; port++)
    begun[port] = INT64_MAX;
  cJSON_ArrayForEach(row, pg_json_member(tree, "tenancies")) {
    int port = (int)pg_json_member(row, "port")->valuedouble;
    int64_t from = 0, to = INT64_MAX;
    const char *end = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "to"));
    assert_true(pg_time_parse(cJSON_GetStringValue(pg_json_member(row, "from")), &from));
    assert_true(end == NULL || pg_time_parse(end, &to));
    assert_true(to <= begun[port]); /* newest first; each port has one holder here */
    begun[port] = from;
  }
  cJSON_Delete(tree);
  history_close(history);
}

/* --- full --- */

static void an_hour_of_a_full_disk_is_survived_and_what_is_lost_is_counted(void **state) {
  struct case_machine machine;
  struct loop *loop = case_begin();
  char words[200];
  (void)state;
  hold(&machine, 0, 20);
  case_look(loop, &machine);
  case_settle(loop);
  set_full(true);
  for (unsigned s = 0; s < HOUR_S; s += 5) {
    hold(&machine, s * 20 % 2000, 40); /* others each time */
    case_pass(5000);
    case_look(loop, &machine);
    (void)case_work(loop);
  }
  assert_true(health(loop, "lost", NULL, 0) > 0);
  health(loop, "error", words, sizeof words);
  assert_non_null(strstr(words, "cannot be written"));
  size_t rows = 0;
  (void)history_batch_rows(loop->recorder.filling, &rows);
  assert_true(rows <= PG_HISTORY_BATCH_ROWS);
  set_full(false);
  case_pass(PG_BACKOFF_MAX_MS);
  case_settle(loop);
  health(loop, "state", words, sizeof words);
  assert_memory_equal(words, "\"recording\"", 11);
  assert_false(loop->recorder.unsure);
  case_stop(loop);
  (void)check_open(&machine);
  check_no_overlap();
}

static void a_full_disk_does_not_keep_the_service_from_stopping(void **state) {
  struct case_machine machine;
  struct loop *loop = case_begin();
  (void)state;
  hold(&machine, 0, 3);
  case_settle(loop);
  case_look(loop, &machine);
  set_full(true);
  case_stop(loop);
  set_full(false);
  machine.count = 0;
  (void)check_open(&machine); /* it is a good one, without what did not fit */
}

static void what_waits_for_room_is_written_once_there_is_some(void **state) {
  struct case_machine machine;
  struct loop *loop = case_begin();
  (void)state;
  hold(&machine, 0, 3);
  case_settle(loop);
  set_full(true);
  case_look(loop, &machine);
  int64_t since = case_wall;
  case_settle(loop);
  set_full(false);
  case_pass(PG_BACKOFF_MAX_MS);
  case_settle(loop);
  assert_int_equal(health(loop, "lost", NULL, 0), 0);
  case_stop(loop);
  assert_int_equal(check_open(&machine)->since[80], since);
}

/* --- hanging --- */

static void wait_until_it_hangs(void) {
  pthread_mutex_lock(&lock);
  while (!hung)
    pthread_cond_wait(&changed, &lock);
  hung = false;
  pthread_mutex_unlock(&lock);
}

/* Ten seconds of it are the limit; they pass for the loop's timer, not for the test. */
static void a_hanging_disk_holds_up_a_stop_for_so_long_and_no_longer(void **state) {
  struct case_machine machine;
  struct loop *loop = case_begin();
  char words[200];
  (void)state;
  hold(&machine, 0, 3);
  case_look(loop, &machine);
  case_settle(loop);
  set_hanging(true);
  hold(&machine, 1, 3);
  case_look(loop, &machine);
  case_pass(PG_HISTORY_WRITE_MS);
  recorder_tick(loop);
  wait_until_it_hangs();
  case_pass(PG_HISTORY_STOP_MS);
  health(loop, "error", words, sizeof words);
  assert_memory_equal(words, "\"the disk does not answer\"", 26);
  loop_stop(loop, "the test ends");
  while (!loop->stopping)
    uv_run(&loop->uv, UV_RUN_ONCE);
  assert_true(uv_is_active((uv_handle_t *)&loop->recorder.patience));
  assert_int_equal(uv_timer_get_repeat(&loop->recorder.patience), 0);
  assert_true(uv_timer_get_due_in(&loop->recorder.patience) <= PG_HISTORY_STOP_MS);
  uv_timer_start(&loop->recorder.patience, loop->recorder.patience.timer_cb, 0, 0);
  uv_run(&loop->uv, UV_RUN_DEFAULT);
  assert_true(loop->recorder.left); /* the process would end here */
  assert_true(loop->recorder.busy);
  assert_int_equal(loop->endpoints_open, 0);
  set_hanging(false);
  uv_run(&loop->uv, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop->uv), 0);
  loop_close(loop);
}

/* --- damaged --- */

static void spoil(const char *name) {
  char junk[4096];
  struct stat seen;
  int fd = open(history_case_path(name), O_WRONLY);
  assert_true(fd >= 0);
  assert_int_equal(fstat(fd, &seen), 0);
  memset(junk, 0x5A, sizeof junk);
  for (off_t at = sizeof junk; at < seen.st_size; at += (off_t)sizeof junk)
    assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
  close(fd);
}

/* More than the pages that SQLite keeps in memory. */
static void make_large(struct loop *loop) {
  static char data[4000];
  memset(data, ' ', sizeof data - 1);
  data[0] = '{';
  data[sizeof data - 2] = '}';
  for (int i = 0; i < 2000; i++)
    recorder_add_row(loop, &(struct history_row){.what = HISTORY_CHANGE,
                                                 .at = T0 + i,
                                                 .port = 7,
                                                 .data = data,
                                                 .summary = "an old one"});
  case_settle(loop);
}

static enum pg_error look_at_all(struct recorder_ask *ask, struct history *store,
                                 struct pg_json *json, struct pg_fault *fault) {
  const struct history_question all = {.port = 7};
  (void)ask;
  return history_answer(store, &all, json, fault);
}

static struct recorder_ask *put_question_of(struct loop *loop, const char *user) {
  struct recorder_ask *ask = calloc(1, sizeof *ask);
  assert_non_null(ask);
  ask->look = look_at_all;
  (void)pg_copy(ask->user, sizeof ask->user, user);
  assert_int_equal(recorder_ask(loop, ask, NULL), PG_OK);
  return ask;
}

static struct recorder_ask *put_question(struct loop *loop) {
  return put_question_of(loop, "");
}

static void damage_that_a_question_comes_upon_is_mended_as_well(void **state) {
  struct case_machine machine;
  struct loop *loop = case_begin();
  char words[200];
  (void)state;
  hold(&machine, 0, 3);
  case_look(loop, &machine);
  int64_t since = case_wall;
  make_large(loop);
  spoil("history.db");
  struct recorder_ask *ask = put_question(loop);
  case_settle(loop);
  assert_true(ask->done);
  assert_int_equal(ask->error, PG_E_FORMAT);
  recorder_release(ask);
  case_pass(PG_BACKOFF_MAX_MS);
  case_settle(loop);
  health(loop, "state", words, sizeof words);
  assert_memory_equal(words, "\"recording\"", 11);
  health(loop, "set_aside", words, sizeof words);
  assert_non_null(strstr(words, "history.db.damaged-"));
  hold(&machine, 0, 4);
  case_look(loop, &machine);
  case_settle(loop);
  case_stop(loop);
  /* In the new one everybody holds what he held, since he held it. */
  assert_int_equal(check_open(&machine)->since[80], since);
}

/* --- questions that nobody waits for any more --- */

static void who_leaves_takes_its_question_along(void **state) {
  struct loop *loop = case_begin();
  struct case_machine machine;
  (void)state;
  hold(&machine, 0, 3);
  case_look(loop, &machine);
  case_settle(loop);
  set_hanging(true);
  hold(&machine, 1, 3);
  case_look(loop, &machine);
  struct recorder_ask *first = put_question(loop); /* what there is is written first */
  wait_until_it_hangs();
  for (int i = 0; i < 1000; i++)
    recorder_release(put_question(loop));
  assert_ptr_equal(loop->recorder.asks, first);
  assert_null(first->next);
  set_hanging(false);
  case_settle(loop);
  assert_true(first->done);
  recorder_release(first);
  case_stop(loop);
}

static void who_asks_much_keeps_nobody_else_waiting(void **state) {
  static const char *const asking[] = {"uid:1", "uid:1", "uid:1", "uid:1",
                                       "uid:2", "",      "uid:2"};
  static const size_t answered[] = {0, 4, 5, 1, 6, 2, 3};
  enum { COUNT = sizeof asking / sizeof *asking };
  struct recorder_ask *asks[COUNT];
  struct loop *loop = case_begin();
  struct case_machine machine;
  size_t place = 0;
  (void)state;
  hold(&machine, 0, 3);
  case_look(loop, &machine);
  case_settle(loop);
  set_hanging(true);
  hold(&machine, 1, 3);
  case_look(loop, &machine);
  asks[0] = put_question_of(loop, asking[0]); /* what there is is written first */
  wait_until_it_hangs();
  for (size_t i = 1; i < COUNT; i++)
    asks[i] = put_question_of(loop, asking[i]);
  for (const struct recorder_ask *it = loop->recorder.asks; it != NULL; it = it->next)
    assert_ptr_equal(it, asks[answered[place++]]);
  assert_int_equal(place, COUNT);
  set_hanging(false);
  case_settle(loop);
  for (size_t i = 0; i < COUNT; i++) {
    assert_true(asks[i]->done);
    recorder_release(asks[i]);
  }
  case_stop(loop);
}

#define DISK_TEST(name) \
  cmocka_unit_test_setup_teardown(name, history_case_begin, history_case_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      DISK_TEST(an_hour_of_a_full_disk_is_survived_and_what_is_lost_is_counted),
      DISK_TEST(a_full_disk_does_not_keep_the_service_from_stopping),
      DISK_TEST(what_waits_for_room_is_written_once_there_is_some),
      DISK_TEST(a_hanging_disk_holds_up_a_stop_for_so_long_and_no_longer),
      DISK_TEST(damage_that_a_question_comes_upon_is_mended_as_well),
      DISK_TEST(who_leaves_takes_its_question_along),
      DISK_TEST(who_asks_much_keeps_nobody_else_waiting),
  };
  (void)signal(SIGXFSZ, SIG_IGN);
  alarm(CAUGHT_S); /* a stop that never ends fails the test */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
