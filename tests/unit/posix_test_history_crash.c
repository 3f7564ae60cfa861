/* The service dies, or the disk takes no more: what was acknowledged is there. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "tests/unit/history_case.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEATHS 50
#define ROWS_PER_BATCH 5
#define DEADLINE_MS 20000

static unsigned seed = 20260302;

static unsigned random_below(unsigned limit) {
  seed = seed * 1103515245u + 12345u;
  return (seed >> 8) % limit;
}

/* --- kill -9 --- */

static bool write_numbered(struct history *history, uint32_t number) {
  struct history_batch *batch = history_batch_new();
  bool written = batch != NULL;
  for (int i = 0; i < ROWS_PER_BATCH && written; i++) {
    char data[200];
    snprintf(data, sizeof data, "{\"batch\":%u,\"row\":%d,\"x\":\"%0100d\"}", number, i,
             i);
    const struct history_row row = {HISTORY_CHANGE, T0 + number, 1100, 80, "service:A",
                                    data,           NULL,        NULL, 0};
    written = history_batch_add(batch, &row);
  }
  written = written && history_write(history, batch, NULL) == PG_OK;
  history_batch_free(batch);
  return written;
}

/* In the child: writes and acknowledges until it is killed, or nobody listens. */
static void write_for_ever(uint32_t from, int out) {
  struct history *history = NULL;
  struct pg_fault notice;
  bool more;
  if (history_open(history_case_files(), T0, &history, &notice, NULL) != PG_OK)
    _exit(1);
  for (uint32_t number = from;; number++) {
    if (!write_numbered(history, number))
      _exit(2);
    if (write(out, &number, sizeof number) != (ssize_t)sizeof number)
      _exit(3);
    if (number % 16 == 0 && /* shortening is interrupted as well */
        history_prune(history, T0, 0, 100 * PG_MIB, &more, NULL) != PG_OK)
      _exit(4);
  }
}

/* Reads acknowledgements until |wanted| of them are there; the last of them. Then, and
 * a random time after it, the child is killed; what it still said counts as well. */
static uint32_t kill_after(pid_t child, int in, unsigned wanted, uint32_t before) {
  uint32_t number = before;
  struct pollfd ready = {.fd = in, .events = POLLIN};
  for (unsigned i = 0; i < wanted; i++) {
    assert_int_equal(poll(&ready, 1, DEADLINE_MS), 1);
    assert_int_equal(read(in, &number, sizeof number), sizeof number);
  }
  for (volatile unsigned spin = random_below(3000000); spin > 0; spin--) {
  }
  assert_int_equal(kill(child, SIGKILL), 0);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status)); /* and did not give up by itself */
  while (read(in, &number, sizeof number) == (ssize_t)sizeof number) {
  }
  return number;
}

static unsigned occurrences(const char *text, const char *what) {
  unsigned count = 0;
  for (; (text = strstr(text, what)) != NULL; text += strlen(what))
    count++;
  return count;
}

/* Every acknowledged batch is there and whole, and no batch is there in part. */
static uint32_t check_all(struct history *history, uint32_t acknowledged) {
  const struct history_question all = {0};
  const char *text = history_case_ask(history, &all);
  uint32_t present = 0;
  for (uint32_t number = 1;; number++, present++) {
    char what[40];
    snprintf(what, sizeof what, "{\"batch\":%u,", number);
    unsigned found = occurrences(text, what);
    if (found == 0)
      break;
    assert_int_equal(found, ROWS_PER_BATCH);
  }
  if (present < acknowledged)
    fail_msg("%u batches were acknowledged, %u are there", acknowledged, present);
  return present;
}

static void nothing_acknowledged_is_missing_after_it_was_killed(void **state) {
  uint32_t done = 0;
  (void)state;
  for (int i = 0; i < DEATHS; i++) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
      close(ends[0]);
      write_for_ever(done + 1, ends[1]);
    }
    close(ends[1]);
    uint32_t acknowledged = kill_after(child, ends[0], random_below(12), done);
    close(ends[0]);
    struct history *history = history_case_open(); /* without a notice */
    done = check_all(history, acknowledged);
    history_close(history);
  }
  assert_true(done >= DEATHS);
}

/* --- a full disk --- */

static void limit_files(rlim_t bytes) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_is_an_error_until_there_is_room_again(void **state) {
  struct pg_fault fault = {0};
  enum pg_error error = PG_OK;
  struct history_batch *batch = history_batch_new();
  struct history *history = history_case_open();
  const struct history_question all = {0};
  char *data = calloc(1, 50001);
  (void)state;
  (void)signal(SIGXFSZ, SIG_IGN);
  assert_true(write_numbered(history, 1));
  memset(data, ' ', 50000);
  data[0] = '{';
  data[49999] = '}';
  const struct history_row row = {HISTORY_CHANGE, T0, 1, 80, NULL, data, NULL, NULL, 0};
  for (int i = 0; i < 10; i++)
    assert_true(history_batch_add(batch, &row));
  limit_files(200 * 1024);
  error = history_write(history, batch, &fault);
  assert_int_equal(error, PG_E_IO);
  assert_string_not_equal(fault.message, "");
  /* What fits is still written, and what was there can be read. */
  assert_true(write_numbered(history, 2));
  assert_int_equal(check_all(history, 2), 2);
  limit_files(RLIM_INFINITY);
  assert_int_equal(history_write(history, batch, &fault), PG_OK);
  assert_int_equal(occurrences(history_case_ask(history, &all), "\"event\":1,"), 10);
  history_close(history);
  history_batch_free(batch);
  free(data);
  history = history_case_open();
  assert_int_equal(check_all(history, 2), 2);
  history_close(history);
}

/* --- trust --- */

static void files_that_others_may_write_are_not_opened(void **state) {
  static const char *const names[] = {"history.db", "history.db-wal", "history.db-shm",
                                      "history.db-journal"};
  struct history *history = history_case_open();
  (void)state;
  history_close(history);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct pg_fault fault = {0}, notice = {0};
    const char *path = history_case_path(names[i]);
    if (i > 0)
      history_case_put(names[i], "x", 1);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(history_open(history_case_files(), T0, &history, &notice, &fault),
                     PG_E_REFUSED);
    assert_string_equal(fault.rule, FILES_RULE);
    assert_non_null(strstr(fault.hint, "chmod go-w"));
    assert_null(history);
    assert_int_equal(i > 0 ? unlink(path) : chmod(path, 0600), 0);
  }
  history_close(history_case_open());
}

static void a_link_in_its_place_is_not_followed(void **state) {
  struct history *history = NULL;
  struct pg_fault fault = {0}, notice = {0};
  (void)state;
  history_case_put("elsewhere", "", 0);
  assert_int_equal(symlink("elsewhere", history_case_path("history.db")), 0);
  assert_int_equal(history_open(history_case_files(), T0, &history, &notice, &fault),
                   PG_E_REFUSED);
  assert_null(history);
}

static void only_the_owner_may_read_what_is_made(void **state) {
  static const char *const names[] = {"history.db", "history.db-wal"};
  struct history *history = history_case_open();
  mode_t before = umask(0);
  (void)state;
  assert_true(write_numbered(history, 1));
  for (size_t i = 0; i < 2; i++) {
    struct stat stat_now;
    assert_int_equal(stat(history_case_path(names[i]), &stat_now), 0);
    assert_int_equal(stat_now.st_mode & 0777, 0600);
  }
  history_close(history);
  umask(before);
}

#define HISTORY_TEST(name) \
  cmocka_unit_test_setup_teardown(name, history_case_begin, history_case_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      HISTORY_TEST(nothing_acknowledged_is_missing_after_it_was_killed),
      HISTORY_TEST(a_full_disk_is_an_error_until_there_is_room_again),
      HISTORY_TEST(files_that_others_may_write_are_not_opened),
      HISTORY_TEST(a_link_in_its_place_is_not_followed),
      HISTORY_TEST(only_the_owner_may_read_what_is_made),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
