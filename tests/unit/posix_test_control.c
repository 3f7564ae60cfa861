/* The connections of one pipe, with peers on socket pairs and verbs made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/control/conn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_NS UINT64_C(8000000000)
#define LONG_NS UINT64_C(30000000)

#define REQUEST(method) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\"}\n"
#define ASKERS 20

struct bench {
  uv_loop_t loop;
  struct control *control;
  int peers[2 * PG_CONN_MAX];
  size_t peer_count;
  unsigned longs;               /* long answers so far */
  unsigned before[PG_CONN_MAX]; /* of each short answer: long ones until then */
  size_t shorts;
  /* The work of the verb "work". */
  unsigned begun, ended, step, told;
  bool refuses, done;
  /* Who is said to be there. */
  bool stranger;
  struct control_caller denied;
  char denied_verb[32];
  bool closed;
};

static bool always(void *context, const struct control_ask *ask) {
  (void)context, (void)ask;
  return true;
}

static enum pg_error answer_ping(void *context, const struct control_ask *ask,
                                 struct pg_json *json, struct pg_fault *fault) {
  struct bench *b = context;
  (void)ask, (void)fault;
  if (b->shorts < PG_CONN_MAX)
    b->before[b->shorts++] = b->longs;
  pg_json_str(json, "pong");
  return PG_OK;
}

static enum pg_error answer_long(void *context, const struct control_ask *ask,
                                 struct pg_json *json, struct pg_fault *fault) {
  struct bench *b = context;
  (void)ask, (void)fault;
  b->longs++;
  for (uint64_t begun = uv_hrtime(); uv_hrtime() - begun < LONG_NS;)
    continue; /* this is work, and keeps the loop from everything else */
  pg_json_str(json, "done");
  return PG_OK;
}

static enum pg_error answer_huge(void *context, const struct control_ask *ask,
                                 struct pg_json *json, struct pg_fault *fault) {
  static char piece[PG_MIB];
  (void)context, (void)ask, (void)fault;
  memset(piece, 'x', sizeof piece);
  pg_json_array(json);
  while (!json->out->failed)
    pg_json_text(json, piece, sizeof piece);
  pg_json_end_array(json);
  return PG_OK;
}

static enum pg_error begin_work(void *context, struct control_ask *ask,
                                const struct control_caller *caller,
                                struct pg_fault *fault) {
  struct bench *b = context;
  ask->job = b;
  b->begun++;
  return b->refuses ? pg_fail(fault, PG_E_REFUSED, "not for %s", caller->user) : PG_OK;
}

static bool work_progress(void *context, struct control_ask *ask, struct pg_json *json) {
  struct bench *b = context;
  assert_ptr_equal(ask->job, b);
  if (b->told == b->step)
    return false;
  pg_json_int(json, ++b->told);
  return true;
}

static void end_work(void *context, struct control_ask *ask) {
  struct bench *b = context;
  (void)ask;
  b->ended++;
}

static bool work_is_done(void *context, const struct control_ask *ask) {
  (void)ask;
  return ((struct bench *)context)->done;
}

static const struct control_work work = {begin_work, work_progress, end_work, 60000,
                                         NULL};

/* Tells "tick" and a number for every step, and has no end. */
static const char *watch_method(void *context, struct control_ask *ask) {
  struct bench *b = context;
  (void)ask;
  return b->told < b->step ? "tick" : NULL;
}

static const struct control_work watch = {begin_work, work_progress, end_work,
                                          CONTROL_FOR_EVER, watch_method};

static bool never(void *context, const struct control_ask *ask) {
  (void)context, (void)ask;
  return false;
}

static const struct control_verb verbs[] = {
    {"watch", PG_ROLE_READER, NULL, 0, never, answer_ping, &watch},
    {"work", PG_ROLE_ADMIN, NULL, 0, work_is_done, answer_ping, &work},
    {"ping", PG_ROLE_READER, NULL, 0, NULL, answer_ping, NULL},
    {"short", PG_ROLE_READER, NULL, 0, always, answer_ping, NULL},
    {"long", PG_ROLE_READER, NULL, 0, always, answer_long, NULL},
    {"huge", PG_ROLE_READER, NULL, 0, always, answer_huge, NULL},
};

static enum pg_error identify(void *context, uv_pipe_t *pipe,
                              struct control_caller *caller, struct pg_fault *fault) {
  struct bench *b = context;
  (void)pipe;
  if (b->stranger)
    return pg_fail(fault, PG_E_DENIED, "nobody knows you");
  caller->role = PG_ROLE_ADMIN;
  return PG_OK;
}

static void note_denied(void *context, const struct control_caller *caller,
                        const char *named) {
  struct bench *b = context;
  b->denied = *caller;
  (void)snprintf(b->denied_verb, sizeof b->denied_verb, "%s", named);
}

static int open_with(void **state, bool identified) {
  struct bench *b = calloc(1, sizeof *b);
  struct control_options options = {.loop = &b->loop,
                                    .verbs = verbs,
                                    .verb_count = sizeof verbs / sizeof *verbs,
                                    .role = PG_ROLE_READER,
                                    .identify = identified ? identify : NULL,
                                    .denied = note_denied,
                                    .context = b,
                                    .owner = b};
  assert_int_equal(uv_loop_init(&b->loop), 0);
  b->control = control_new(&options);
  assert_non_null(b->control);
  *state = b;
  return 0;
}

static int open_bench(void **state) {
  return open_with(state, false);
}

static int open_identified(void **state) {
  return open_with(state, true);
}

static void on_closed(void *context) {
  struct bench *b = context;
  b->closed = true;
}

static int close_bench(void **state) {
  struct bench *b = *state;
  control_close(b->control, on_closed, b);
  uv_run(&b->loop, UV_RUN_DEFAULT);
  assert_true(b->closed);
  control_free(b->control);
  for (size_t i = 0; i < b->peer_count; i++)
    close(b->peers[i]);
  assert_int_equal(uv_loop_close(&b->loop), 0);
  free(b);
  return 0;
}

static int connect_as(struct bench *b, const char *user) {
  int ends[2];
  struct listener_client client = {.pipe = malloc(sizeof *client.pipe)};
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  assert_int_equal(uv_pipe_init(&b->loop, client.pipe, 0), 0);
  assert_int_equal(uv_pipe_open(client.pipe, ends[0]), 0);
  snprintf(client.user, sizeof client.user, "%s", user);
  control_adopt(b->control, &client);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  b->peers[b->peer_count++] = ends[1];
  return ends[1];
}

static void say(int peer, const char *request) {
  assert_int_equal(send(peer, request, strlen(request), 0), (ssize_t)strlen(request));
}

static uint64_t open_connections(const struct bench *b) {
  struct control_counts counts = {0};
  control_count(b->control, &counts);
  return counts.open;
}

static void what_cannot_be_told_apart_gets_less_than_a_user(void **state) {
  struct bench *b = *state;
  for (int i = 0; i < PG_CONN_PER_USER; i++)
    connect_as(b, PG_USER_UNKNOWN);
  assert_int_equal(open_connections(b), PG_CONN_UNKNOWN);
}

static void a_user_who_also_hides_leaves_places_for_others(void **state) {
  struct bench *b = *state;
  for (int i = 0; i < PG_CONN_PER_USER; i++)
    connect_as(b, "uid:1");
  for (int i = 0; i < PG_CONN_PER_USER; i++)
    connect_as(b, PG_USER_UNKNOWN);
  uint64_t taken = open_connections(b);
  connect_as(b, "uid:2");
  assert_int_equal(open_connections(b), taken + 1);
}

static void who_pipelines_more_than_fits_waits_and_is_not_cut_off(void **state) {
  enum { COUNT = 8000 };
  struct bench *b = *state;
  size_t one = strlen(REQUEST("ping")), lines = 0;
  char *all = malloc(COUNT * one);
  static char piece[65536];
  for (size_t i = 0; i < COUNT; i++)
    memcpy(all + i * one, REQUEST("ping"), one);
  int peer = connect_as(b, "uid:1");
  size_t sent = 0;
  ssize_t got = 1;
  for (uint64_t end = uv_hrtime() + WAIT_NS; lines < COUNT && uv_hrtime() < end;) {
    ssize_t now = send(peer, all + sent, COUNT * one - sent, MSG_NOSIGNAL);
    sent += now > 0 ? (size_t)now : 0;
    uv_run(&b->loop, UV_RUN_NOWAIT);
    got = recv(peer, piece, sizeof piece, 0);
    for (ssize_t i = 0; i < got; i++)
      lines += piece[i] == '\n';
    if (got == 0)
      break; /* cut off */
  }
  free(all);
  assert_int_equal(lines, COUNT);
}

static void run_until_answered(struct bench *b, size_t shorts, unsigned longs) {
  for (uint64_t end = uv_hrtime() + WAIT_NS; uv_hrtime() < end;) {
    if (b->shorts >= shorts && b->longs >= longs)
      return;
    uv_run(&b->loop, UV_RUN_NOWAIT);
  }
  fail_msg("%zu short and %u long answers only", b->shorts, b->longs);
}

static void ask_for_long_answers(struct bench *b) {
  for (int i = 0; i < ASKERS; i++)
    say(connect_as(b, "uid:1"), REQUEST("long"));
}

static void long_answers_leave_every_turn_to_short_requests(void **state) {
  struct bench *b = *state;
  ask_for_long_answers(b);
  say(connect_as(b, "uid:2"), REQUEST("ping"));
  run_until_answered(b, 1, ASKERS);
  assert_true(b->before[0] <= 1);
}

static void who_had_no_long_answer_yet_is_next(void **state) {
  struct bench *b = *state;
  ask_for_long_answers(b);
  say(connect_as(b, "uid:2"), REQUEST("short"));
  run_until_answered(b, 1, ASKERS);
  assert_true(b->before[0] <= 2);
}

static void a_connection_that_waits_its_turn_may_be_closed(void **state) {
  struct bench *b = *state;
  ask_for_long_answers(b);
  while (b->longs == 0)
    uv_run(&b->loop, UV_RUN_NOWAIT);
  for (struct conn *conn = b->control->first; conn != NULL; conn = conn->next)
    if (conn->postponed && conn != b->control->first)
      conn_close(conn);
  assert_true(b->control->postponed <= 1);
  uv_run(&b->loop, UV_RUN_NOWAIT);
}

static void an_answer_that_failed_keeps_no_memory_while_its_error_waits(void **state) {
  struct bench *b = *state;
  int peer = connect_as(b, "uid:1"), least = 1;
  uv_os_fd_t end;
  const struct conn *conn = b->control->first;
  assert_int_equal(uv_fileno((const uv_handle_t *)conn->pipe, &end), 0);
  assert_int_equal(setsockopt(end, SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
  /* Nobody reads, so one of the errors gets stuck. */
  for (int i = 0; i < 64 && conn->state != CONN_DRAINING; i++) {
    say(peer, REQUEST("huge"));
    uv_run(&b->loop, UV_RUN_NOWAIT);
  }
  assert_int_equal(conn->state, CONN_DRAINING);
  assert_true(conn->out.cap <= PG_ANSWER_PIECE);
}

/* Runs the loop until |peer| has got |words|, and answers all it has got. */
static const char *hear(struct bench *b, int peer, const char *words) {
  static char heard[65536];
  size_t len = 0;
  for (uint64_t end = uv_hrtime() + WAIT_NS; uv_hrtime() < end;) {
    uv_run(&b->loop, UV_RUN_NOWAIT);
    ssize_t got = recv(peer, heard + len, sizeof heard - 1 - len, 0);
    len += got > 0 ? (size_t)got : 0;
    heard[len] = '\0';
    if (strstr(heard, words) != NULL)
      return heard;
  }
  fail_msg("\"%s\" is not in what came: %s", words, heard);
  return heard;
}

#define PROGRESS(number) \
  "{\"jsonrpc\":\"2.0\",\"method\":\"progress\",\"params\":" number "}\n"
#define PONG "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"pong\"}\n"

static void work_tells_how_it_goes_and_then_its_answer(void **state) {
  struct bench *b = *state;
  int peer = connect_as(b, "uid:1");
  b->step = 2;
  say(peer, REQUEST("work") REQUEST("ping"));
  assert_string_equal(hear(b, peer, PROGRESS("2")), PROGRESS("1") PROGRESS("2"));
  assert_int_equal(b->shorts, 0); /* the next request waits for this one's answer */
  b->step = 3;
  control_wake(b->control);
  assert_string_equal(hear(b, peer, PROGRESS("3")), PROGRESS("3"));
  assert_int_equal(b->ended, 0);
  b->done = true;
  control_wake(b->control);
  assert_string_equal(hear(b, peer, PONG PONG), PONG PONG);
  assert_int_equal(b->begun, 1);
  assert_int_equal(b->ended, 1);
}

static void work_goes_on_when_its_client_has_left(void **state) {
  struct bench *b = *state;
  int peer = connect_as(b, "uid:1");
  b->step = 1;
  say(peer, REQUEST("work"));
  hear(b, peer, PROGRESS("1"));
  shutdown(peer, SHUT_RDWR);
  for (uint64_t end = uv_hrtime() + WAIT_NS;
       !b->control->first->ended && uv_hrtime() < end;)
    uv_run(&b->loop, UV_RUN_NOWAIT);
  assert_true(b->control->first->ended);
  b->step = 2; /* nobody is there to be told */
  control_wake(b->control);
  assert_int_equal(b->told, 1);
  assert_int_equal(b->ended, 0);
  b->done = true;
  control_wake(b->control);
  for (uint64_t end = uv_hrtime() + WAIT_NS;
       open_connections(b) > 0 && uv_hrtime() < end;)
    uv_run(&b->loop, UV_RUN_NOWAIT);
  assert_int_equal(open_connections(b), 0);
  assert_int_equal(b->ended, 1);
}

static void work_that_is_refused_has_no_end(void **state) {
  struct bench *b = *state;
  int peer = connect_as(b, "uid:1");
  b->refuses = true;
  say(peer, REQUEST("work") REQUEST("ping"));
  assert_non_null(
      strstr(hear(b, peer, PONG), "\"code\":-32005,\"message\":\"not for uid:1\""));
  assert_int_equal(b->ended, 0);
}

#define TICK(number) "{\"jsonrpc\":\"2.0\",\"method\":\"tick\",\"params\":" number "}\n"

static void run_until_closed(struct bench *b) {
  for (uint64_t end = uv_hrtime() + WAIT_NS;
       open_connections(b) > 0 && uv_hrtime() < end;)
    uv_run(&b->loop, UV_RUN_NOWAIT);
  assert_int_equal(open_connections(b), 0);
}

static void what_has_no_end_names_its_own_news(void **state) {
  struct bench *b = *state;
  int peer = connect_as(b, "uid:1");
  b->step = 2;
  say(peer, REQUEST("watch") REQUEST("ping"));
  assert_string_equal(hear(b, peer, TICK("2")), TICK("1") TICK("2"));
  b->step = 3;
  control_wake(b->control);
  assert_string_equal(hear(b, peer, TICK("3")), TICK("3"));
  assert_int_equal(b->shorts, 0); /* nothing more is read from it */
}

static void who_watches_and_leaves_is_closed_at_once(void **state) {
  struct bench *b = *state;
  static char more[2 * PG_REQUEST_MAX];
  int peer = connect_as(b, "uid:1");
  memset(more, 'x', sizeof more);
  b->step = 1;
  say(peer, REQUEST("watch"));
  hear(b, peer, TICK("1"));
  /* Not even what it sent before hides it. */
  (void)send(peer, more, sizeof more, MSG_NOSIGNAL);
  shutdown(peer, SHUT_RDWR);
  run_until_closed(b);
  assert_int_equal(b->ended, 1);
}

/* As if it had been silent for an hour. */
static void who_watches_may_be_silent_for_ever(void **state) {
  struct bench *b = *state;
  int peer = connect_as(b, "uid:1");
  b->step = 1;
  say(peer, REQUEST("watch"));
  hear(b, peer, TICK("1"));
  struct conn *conn = b->control->first;
  conn->opened -= 3600000;
  conn->ask.asked_mono -= 3600000;
  conn->line_since -= 3600000;
  conn->armed = 0;
  conn_wake(conn);
  assert_int_equal(conn->armed, 0);
  uv_run(&b->loop, UV_RUN_NOWAIT);
  assert_int_equal(open_connections(b), 1);
}

/* It is left alone, holds up nobody, and what it is not told stays with its work. */
static void who_watches_and_does_not_read_keeps_little_memory(void **state) {
  struct bench *b = *state;
  int peer = connect_as(b, "uid:1"), least = 1;
  uv_os_fd_t end;
  struct conn *conn = b->control->first;
  assert_int_equal(uv_fileno((const uv_handle_t *)conn->pipe, &end), 0);
  assert_int_equal(setsockopt(end, SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
  say(peer, REQUEST("watch"));
  for (unsigned i = 0; i < 100000; i++) {
    b->step = i;
    control_wake(b->control);
    uv_run(&b->loop, UV_RUN_NOWAIT);
  }
  assert_int_equal(conn->state, CONN_DRAINING);
  assert_true(conn->out.cap <= 4 * PG_WATCH_PIECE);
  assert_true(b->told < 10000);
  /* No deadline was set for it to read: there is the one for its first request. */
  assert_true(conn->armed <= conn->opened + PG_FIRST_REQUEST_MS);
  int other = connect_as(b, "uid:2");
  say(other, REQUEST("ping"));
  assert_string_equal(hear(b, other, PONG), PONG);
  close(peer);
  b->peers[0] = b->peers[--b->peer_count];
  while (open_connections(b) > 1)
    uv_run(&b->loop, UV_RUN_NOWAIT);
  assert_int_equal(b->ended, 1);
}

static void who_is_denied_is_told_to_the_service(void **state) {
  struct bench *b = *state;
  int peer = connect_as(b, "uid:7");
  b->stranger = true;
  say(peer, REQUEST("work"));
  assert_non_null(
      strstr(hear(b, peer, "}\n"), "\"code\":-32001,\"message\":\"nobody knows you\""));
  assert_string_equal(b->denied.user, "uid:7");
  assert_string_equal(b->denied_verb, "work");
  assert_int_equal(b->begun, 0);
}

static void a_reader_is_denied_work(void **state) {
  struct bench *b = *state;
  int peer = connect_as(b, "uid:7");
  say(peer, REQUEST("work"));
  assert_non_null(strstr(hear(b, peer, "}\n"), "\"code\":-32001"));
  assert_string_equal(b->denied_verb, "work");
  assert_int_equal(b->begun, 0);
}

#define IDENTIFIED(test) \
  cmocka_unit_test_setup_teardown(test, open_identified, close_bench)
#define WITH(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH(what_cannot_be_told_apart_gets_less_than_a_user),
      WITH(a_user_who_also_hides_leaves_places_for_others),
      WITH(who_pipelines_more_than_fits_waits_and_is_not_cut_off),
      WITH(long_answers_leave_every_turn_to_short_requests),
      WITH(who_had_no_long_answer_yet_is_next),
      WITH(a_connection_that_waits_its_turn_may_be_closed),
      IDENTIFIED(work_tells_how_it_goes_and_then_its_answer),
      IDENTIFIED(work_goes_on_when_its_client_has_left),
      IDENTIFIED(work_that_is_refused_has_no_end),
      IDENTIFIED(what_has_no_end_names_its_own_news),
      IDENTIFIED(who_watches_and_leaves_is_closed_at_once),
      IDENTIFIED(who_watches_may_be_silent_for_ever),
      IDENTIFIED(who_watches_and_does_not_read_keeps_little_memory),
      IDENTIFIED(who_is_denied_is_told_to_the_service),
      WITH(a_reader_is_denied_work),
      WITH(an_answer_that_failed_keeps_no_memory_while_its_error_waits),
  };
  signal(SIGPIPE, SIG_IGN); /* as platform_start does */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
