/* What happens on one connection. Requests are answered in order, one at a
 * time; every state has a deadline that the peer's bytes do not move. */
#include "service/control/conn.h"

#include "common/protocol.h"

#include <string.h>

/* An idle connection keeps no more input memory than this. */
#define IN_KEPT 4096

/* An answer that takes longer than this to write is the only one of its turn of the
 * loop; the next ones wait for theirs, while samples, events and short requests
 * go on. */
#define LONG_TURN_NS 20000000u
#define NEXT_TURN_MS 1 /* 0 could come round in the same turn */

static void read_lines(struct conn *conn);
static void answer_if_ready(struct conn *conn);
static void write_piece(struct conn *conn);

static int64_t wait_of(const struct control_ask *ask) {
  const struct control_work *work = ask->verb->work;
  return work != NULL ? work->wait_ms : PG_SLOW_WAIT_MS;
}

#define NEVER INT64_MAX

bool conn_is_endless(const struct conn *conn) {
  const struct control_verb *verb = conn->ask.verb;
  return verb != NULL && verb->work != NULL && verb->work->wait_ms == CONTROL_FOR_EVER &&
         (conn->state == CONN_WAITING || conn->telling);
}

static int64_t deadline_of(const struct conn *conn) {
  if (conn_is_endless(conn))
    return NEVER;
  switch (conn->state) {
  case CONN_READING:
    if (!conn->asked_before)
      return conn->opened + PG_FIRST_REQUEST_MS;
    return conn->line_since + (conn->in.len > 0 ? PG_LINE_MS : PG_IDLE_MS);
  case CONN_WAITING:
    return conn->ask.asked_mono + wait_of(&conn->ask);
  case CONN_DRAINING:
    return conn->drain_since +
           PG_DRAIN_MS_PER_MIB * (int64_t)(conn->out.len / PG_MIB + 1);
  case CONN_CLOSING:
    break;
  }
  return 0;
}

static void on_deadline(uv_timer_t *timer);

/* A timer that goes off too early looks again; moving it with every request would
 * cost more than that. */
static void arm(struct conn *conn) {
  int64_t due = deadline_of(conn), left = due - control_now(conn->control);
  if (conn->postponed)
    return;
  if (due == NEVER || (conn->armed != 0 && conn->armed <= due))
    return;
  conn->armed = due;
  uv_timer_start(&conn->timer, on_deadline, left > 0 ? (uint64_t)left : 0, 0);
}

static void on_deadline(uv_timer_t *timer) {
  struct conn *conn = timer->data;
  conn->armed = 0;
  if (control_now(conn->control) < deadline_of(conn))
    arm(conn);
  else if (conn->state == CONN_WAITING)
    conn_wake(conn);
  else
    conn_close(conn);
}

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  struct conn *conn = handle->data;
  (void)suggested;
  *buffer = uv_buf_init(conn->control->scratch, sizeof conn->control->scratch);
}

void conn_forget_request(struct conn *conn) {
  struct control_ask *ask = &conn->ask;
  if (ask->begun)
    ask->verb->work->end(conn->control->options.context, ask);
  request_free(ask);
}

/* A big answer's memory is not kept for the small ones that follow. */
static void clear_out(struct conn *conn) {
  if (conn->out.cap > PG_ANSWER_PIECE)
    pg_text_free(&conn->out);
  pg_text_clear(&conn->out);
}

static void after_answer(struct conn *conn) {
  if (conn->telling) {
    conn->telling = false;
    clear_out(conn);
    conn->state = CONN_WAITING;
    return;
  }
  conn_forget_request(conn);
  if (conn->close_after) {
    conn_close(conn);
    return;
  }
  clear_out(conn);
  conn->state = CONN_READING;
  conn->line_since = control_now(conn->control);
}

static void on_written(uv_write_t *write, int status) {
  struct conn *conn = write->data;
  if (conn->state == CONN_CLOSING)
    return;
  if (status != 0) {
    conn_close(conn);
    return;
  }
  if (conn->sent < conn->out.len) {
    write_piece(conn);
    return;
  }
  after_answer(conn);
  if (conn->state == CONN_WAITING)
    answer_if_ready(conn);
  if (conn->state == CONN_READING)
    read_lines(conn);
}

static void write_piece(struct conn *conn) {
  size_t left = conn->out.len - conn->sent;
  unsigned piece = (unsigned)(left < PG_ANSWER_PIECE ? left : PG_ANSWER_PIECE);
  uv_buf_t buffer = uv_buf_init(conn->out.data + conn->sent, piece);
  conn->write.data = conn;
  conn->sent += piece;
  if (uv_write(&conn->write, (uv_stream_t *)conn->pipe, &buffer, 1, on_written) != 0)
    conn_close(conn);
}

/* Saves a turn of the loop. Not for who pipelines: others have their turn between
 * two of its answers. */
static bool write_at_once(struct conn *conn) {
  if (conn->in.len > 0 || conn->out.len > PG_ANSWER_PIECE)
    return false;
  uv_buf_t buffer = uv_buf_init(conn->out.data, (unsigned)conn->out.len);
  int sent = uv_try_write((uv_stream_t *)conn->pipe, &buffer, 1);
  conn->sent = sent > 0 ? (size_t)sent : 0;
  return conn->sent == conn->out.len;
}

static void drain(struct conn *conn) {
  conn->state = CONN_DRAINING;
  /* By the clock itself: the time an answer took to write is not the peer's. */
  conn->drain_since = (int64_t)(uv_hrtime() / 1000000u);
  conn->sent = 0;
  if (write_at_once(conn)) {
    after_answer(conn);
  } else {
    arm(conn);
    write_piece(conn);
  }
}

static void start_answer(struct conn *conn, struct pg_json *json) {
  pg_text_clear(&conn->out);
  pg_json_start(json, &conn->out);
  pg_json_object(json);
  pg_json_key_str(json, "jsonrpc", "2.0");
  pg_json_key(json, "id");
  request_id_write(json, &conn->id);
}

static void finish_answer(struct conn *conn, struct pg_json *json) {
  pg_json_end_object(json);
  pg_text_char(&conn->out, '\n');
}

static void answer_error(struct conn *conn, const struct pg_fault *fault) {
  struct pg_json json;
  conn->control->counts.refused++;
  start_answer(conn, &json);
  pg_json_key(&json, "error");
  pg_protocol_error(&json, fault);
  finish_answer(conn, &json);
  if (conn->out.failed)
    conn_close(conn); /* not even memory for an error */
  else
    drain(conn);
}

/* What this peer, on whatever connection, was sent and has not read. */
static size_t unread(const struct conn *conn) {
  size_t bytes = 0;
  for (const struct conn *it = conn->control->first; it != NULL; it = it->next)
    if (it->state == CONN_DRAINING && strcmp(it->user, conn->user) == 0)
      bytes += it->out.len;
  return bytes;
}

/* Called where nothing of a long answer that failed is needed any more: the error
 * that follows may wait in |out| for as long as the peer likes. */
static void forget_answer(struct conn *conn) {
  if (conn->out.cap > PG_ANSWER_PIECE)
    pg_text_free(&conn->out);
}

static enum pg_error too_big(const struct conn *conn, struct pg_fault *fault) {
  if (conn->out.max == PG_ANSWER_MAX)
    return pg_fail(fault, PG_E_TOOBIG, "the answer does not fit into %u MiB",
                   PG_ANSWER_MAX / PG_MIB);
  pg_fail(fault, PG_E_BUSY, "other answers to this user wait to be read, %u MiB and more",
          PG_UNREAD_MAX / PG_MIB);
  pg_fault_hint(fault, "portguardctl health");
  return PG_E_BUSY;
}

static void note_turn(struct conn *conn, uint64_t begun) {
  if (uv_hrtime() - begun < LONG_TURN_NS)
    return;
  conn->control->spent_at = control_now(conn->control);
  conn->served = ++conn->control->turns;
}

static void answer(struct conn *conn) {
  struct pg_json json;
  struct pg_fault fault = {0};
  uint64_t begun = uv_hrtime();
  conn->out.max = unread(conn) < PG_UNREAD_MAX ? PG_ANSWER_MAX : PG_UNREAD_SMALL;
  start_answer(conn, &json);
  pg_json_key(&json, "result");
  enum pg_error error =
      conn->ask.verb->answer(conn->control->options.context, &conn->ask, &json, &fault);
  finish_answer(conn, &json);
  note_turn(conn, begun);
  if (error == PG_OK && conn->out.failed)
    error = too_big(conn, &fault);
  if (error != PG_OK) {
    forget_answer(conn);
    answer_error(conn, &fault);
    return;
  }
  conn->control->counts.answered++;
  drain(conn);
}

static bool is_ready(struct conn *conn) {
  const struct control_verb *verb = conn->ask.verb;
  return verb->ready == NULL || verb->ready(conn->control->options.context, &conn->ask);
}

static void on_turn(uv_timer_t *timer);

static void postpone(struct conn *conn) {
  if (!conn->postponed)
    conn->control->postponed++;
  conn->postponed = true;
  conn->armed = 0;
  uv_timer_start(&conn->timer, on_turn, NEXT_TURN_MS, 0);
}

/* What is answered from nothing needs no turn. */
static bool must_wait_its_turn(const struct conn *conn) {
  const struct control *control = conn->control;
  bool spent = control->spent_at == control_now(control) || control->postponed > 0;
  return conn->ask.verb->ready != NULL && spent;
}

/* Adds a notification. False: there is nothing new. */
static bool add_progress(struct conn *conn) {
  const struct control_work *work = conn->ask.verb->work;
  void *context = conn->control->options.context;
  const char *method =
      work->method != NULL ? work->method(context, &conn->ask) : "progress";
  size_t before = conn->out.len;
  struct pg_json json;
  if (method == NULL)
    return false;
  pg_json_start(&json, &conn->out);
  pg_json_object(&json);
  pg_json_key_str(&json, "jsonrpc", "2.0");
  pg_json_key_str(&json, "method", method);
  pg_json_key(&json, "params");
  if (!work->progress(context, &conn->ask, &json)) {
    conn->out.len = before;
    return false;
  }
  finish_answer(conn, &json);
  return true;
}

/* Sends the news there is of the work, as much as makes one piece. False: there is
 * none. */
static bool send_progress(struct conn *conn) {
  if (conn->ask.verb->work == NULL || conn->ended)
    return false;
  pg_text_clear(&conn->out);
  while (conn->out.len < PG_WATCH_PIECE && !conn->out.failed)
    if (!add_progress(conn))
      break;
  if (conn->out.len == 0 && !conn->out.failed)
    return false;
  if (conn->out.failed) {
    conn_close(conn);
    return true;
  }
  conn->telling = true;
  drain(conn);
  return true;
}

static void answer_if_ready(struct conn *conn) {
  while (conn->state == CONN_WAITING && !is_ready(conn))
    if (!send_progress(conn)) {
      arm(conn);
      return;
    }
  if (conn->state != CONN_WAITING)
    return;
  if (must_wait_its_turn(conn))
    postpone(conn);
  else
    answer(conn);
}

/* Every postponed connection comes by in every turn; the first of them gives the
 * turn to whoever is next, and the others are too late. */
static void on_turn(uv_timer_t *timer) {
  struct conn *conn = timer->data;
  struct control *control = conn->control;
  if (control->spent_at != control_now(control)) {
    struct conn *next = control_next_turn(control);
    next->postponed = false;
    control->postponed--;
    answer(next);
    if (next->state == CONN_READING)
      read_lines(next);
  }
  if (conn->postponed)
    postpone(conn);
}

void conn_wake(struct conn *conn) {
  if (conn->state != CONN_WAITING || conn->postponed)
    return;
  answer_if_ready(conn);
  if (conn->state == CONN_READING)
    read_lines(conn);
}

static enum pg_error identify(struct conn *conn, struct control_caller *caller,
                              struct pg_fault *fault) {
  const struct control_options *options = &conn->control->options;
  memcpy(caller->user, conn->user, sizeof caller->user);
  caller->role = PG_ROLE_NONE;
  if (options->identify != NULL)
    return options->identify(options->owner, conn->pipe, caller, fault);
  caller->role = options->role;
  return PG_OK;
}

static enum pg_error begin(struct conn *conn, const struct control_caller *caller,
                           struct pg_fault *fault) {
  struct control_ask *ask = &conn->ask;
  const struct control_work *work = ask->verb->work;
  if (work == NULL)
    return PG_OK;
  enum pg_error error = work->begin(conn->control->options.context, ask, caller, fault);
  ask->begun = error == PG_OK;
  return error;
}

static enum pg_error take_request(struct conn *conn, const char *line, size_t len,
                                  struct pg_fault *fault) {
  const struct control_options *options = &conn->control->options;
  struct control_caller caller;
  conn->asked_before = true;
  conn_forget_request(conn);
  request_id_free(&conn->id);
  request_id_init(&conn->id);
  conn->ask.asked_mono = control_now(conn->control);
  enum pg_error error = identify(conn, &caller, fault);
  /* The request is read all the same: its id is needed, and its verb is wanted. */
  if (error == PG_OK)
    error = request_read(line, len, options->verbs, options->verb_count, caller.role,
                         &conn->ask, &conn->id, fault);
  else
    (void)request_read(line, len, options->verbs, options->verb_count, PG_ROLE_NONE,
                       &conn->ask, &conn->id, NULL);
  if (error == PG_E_DENIED && options->denied != NULL)
    options->denied(options->owner, &caller, conn->ask.named);
  return error == PG_OK ? begin(conn, &caller, fault) : error;
}

static void refuse_long_line(struct conn *conn) {
  struct pg_fault fault = {0};
  pg_fail(&fault, PG_E_REQUEST, "the request line is longer than %u bytes",
          PG_REQUEST_MAX);
  request_id_free(&conn->id);
  request_id_init(&conn->id);
  /* Where the next request would begin is not known any more. */
  conn->close_after = true;
  answer_error(conn, &fault);
}

static void consume(struct pg_text *in, size_t count) {
  in->len -= count;
  memmove(in->data, in->data + count, in->len);
  if (in->len == 0 && in->cap > IN_KEPT)
    pg_text_free(in);
}

/* Takes one line out of the buffer and answers it. What follows it is looked at
 * when that answer has gone out. */
static bool take_line(struct conn *conn) {
  char *end = conn->in.len > 0 ? memchr(conn->in.data, '\n', conn->in.len) : NULL;
  if (end == NULL && conn->in.len > PG_REQUEST_MAX) {
    refuse_long_line(conn);
    return true;
  }
  if (end == NULL)
    return false;
  struct pg_fault fault = {0};
  size_t len = (size_t)(end - conn->in.data);
  enum pg_error error = take_request(conn, conn->in.data, len, &fault);
  consume(&conn->in, len + 1);
  if (error != PG_OK) {
    answer_error(conn, &fault);
  } else {
    conn->state = CONN_WAITING;
    if (conn_is_endless(conn))
      pg_text_clear(&conn->in); /* or a full buffer would hide that the peer leaves */
    answer_if_ready(conn);
  }
  return true;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer);

static void resume(struct conn *conn) {
  if (!conn->paused || conn->ended || conn->in.len > PG_REQUEST_MAX)
    return;
  conn->paused = false;
  if (uv_read_start((uv_stream_t *)conn->pipe, allocate, on_read) != 0)
    conn_close(conn);
}

static void read_lines(struct conn *conn) {
  while (conn->state == CONN_READING && take_line(conn))
    resume(conn);
  if (conn->state != CONN_READING)
    return;
  if (conn->ended)
    conn_close(conn);
  else
    arm(conn);
}

/* A peer that pipelines faster than it is answered waits in its own pipe. */
static void pause_when_full(struct conn *conn) {
  if (conn->in.len <= PG_REQUEST_MAX || conn->state == CONN_CLOSING)
    return;
  uv_read_stop((uv_stream_t *)conn->pipe);
  conn->paused = true;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct conn *conn = stream->data;
  if (conn->state == CONN_CLOSING || count == 0)
    return;
  if (count < 0) {
    conn->ended = true;
    uv_read_stop(stream);
    if (conn->state == CONN_READING || conn_is_endless(conn))
      conn_close(conn);
    return;
  }
  if (conn_is_endless(conn))
    return; /* its turn would never come */
  if (conn->in.len == 0)
    conn->line_since = control_now(conn->control);
  pg_text_add(&conn->in, buffer->base, (size_t)count);
  if (conn->in.failed) {
    conn_close(conn);
    return;
  }
  pause_when_full(conn);
  if (conn->state == CONN_READING)
    read_lines(conn);
}

void conn_start(struct conn *conn, const struct pg_fault *error) {
  if (error != NULL) {
    conn->close_after = true;
    answer_error(conn, error);
    return;
  }
  conn->state = CONN_READING;
  arm(conn);
  if (uv_read_start((uv_stream_t *)conn->pipe, allocate, on_read) != 0)
    conn_close(conn);
}
