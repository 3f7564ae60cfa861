/* Who may be connected: adopting, quotas, and giving everything back. */
#include "service/control/control.h"

#include "service/control/conn.h"
#include "service/control/peer.h"

#include <stdlib.h>
#include <string.h>

/* Room for one full read behind a whole request that has not been taken out. */
#define IN_MAX (2u * PG_REQUEST_MAX + 2u)

int64_t control_now(const struct control *control) {
  return (int64_t)uv_now(control->options.loop);
}

struct control *control_new(const struct control_options *options) {
  struct control *control = calloc(1, sizeof *control);
  if (control != NULL)
    control->options = *options;
  return control;
}

void control_free(struct control *control) {
  free(control);
}

void control_count(const struct control *control, struct control_counts *out) {
  if (control == NULL)
    return;
  out->open += control->counts.open;
  out->accepted += control->counts.accepted;
  out->turned_away += control->counts.turned_away;
  out->answered += control->counts.answered;
  out->refused += control->counts.refused;
}

static void finish_closing(struct control *control) {
  if (control->closing && control->first == NULL && control->closed != NULL) {
    void (*closed)(void *) = control->closed;
    control->closed = NULL;
    closed(control->closed_context);
  }
}

static void unlink_conn(struct conn *conn) {
  struct conn **at = &conn->control->first;
  while (*at != conn)
    at = &(*at)->next;
  *at = conn->next;
  conn->control->total--;
}

static void on_closed(uv_handle_t *handle) {
  struct conn *conn = handle->data;
  struct control *control = conn->control;
  if (--conn->handles_open > 0)
    return;
  unlink_conn(conn);
  pg_text_free(&conn->in);
  pg_text_free(&conn->out);
  conn_forget_request(conn);
  request_id_free(&conn->id);
  free(conn->pipe);
  free(conn);
  if (control->options.released != NULL)
    control->options.released(control->options.owner);
  finish_closing(control);
}

void conn_close(struct conn *conn) {
  if (conn->state == CONN_CLOSING)
    return;
  conn->state = CONN_CLOSING;
  conn->control->postponed -= conn->postponed;
  conn->postponed = false;
  if (!conn->turned_away)
    conn->control->counts.open--;
  uv_close((uv_handle_t *)conn->pipe, on_closed);
  uv_close((uv_handle_t *)&conn->timer, on_closed);
}

static uint64_t last_turn_of(const struct control *control, const char *user) {
  uint64_t last = 0;
  for (const struct conn *conn = control->first; conn != NULL; conn = conn->next)
    if (conn->served > last && strcmp(conn->user, user) == 0)
      last = conn->served;
  return last;
}

struct conn *control_next_turn(const struct control *control) {
  struct conn *next = NULL;
  uint64_t least = 0;
  for (struct conn *conn = control->first; conn != NULL; conn = conn->next) {
    if (!conn->postponed)
      continue;
    uint64_t last = last_turn_of(control, conn->user);
    if (next == NULL || last < least || (last == least && conn->served <= next->served)) {
      next = conn;
      least = last;
    }
  }
  return next;
}

static size_t count_conns(const struct control *control, const char *user) {
  size_t count = 0;
  for (const struct conn *conn = control->first; conn != NULL; conn = conn->next)
    if (conn->state != CONN_CLOSING && !conn->turned_away &&
        (user == NULL || strcmp(conn->user, user) == 0))
      count++;
  return count;
}

/* Anybody can make that he cannot be told, by leaving or by closing his process to
 * the service: these together get less, or one user would have two shares. */
static size_t share_of(const char *user) {
  return strcmp(user, PG_USER_UNKNOWN) == 0 ? PG_CONN_UNKNOWN : PG_CONN_PER_USER;
}

static bool over_quota(const struct control *control, const char *user) {
  return count_conns(control, NULL) >= PG_CONN_MAX ||
         count_conns(control, user) >= share_of(user);
}

/* Peers that left but whose end libuv has not reported yet. */
static void reap(struct control *control) {
  for (struct conn *conn = control->first, *next; conn != NULL; conn = next) {
    next = conn->next;
    bool idle = conn->state == CONN_READING && conn->in.len == 0;
    if ((idle || conn_is_endless(conn)) && peer_is_gone(conn->pipe))
      conn_close(conn);
  }
}

static void drop(uv_handle_t *handle) {
  struct control *control = handle->data;
  free(handle);
  if (control->options.released != NULL)
    control->options.released(control->options.owner);
}

static struct conn *conn_new(struct control *control,
                             const struct listener_client *client) {
  struct conn *conn = calloc(1, sizeof *conn);
  if (conn == NULL || uv_timer_init(control->options.loop, &conn->timer) != 0) {
    free(conn);
    return NULL;
  }
  conn->control = control;
  conn->pipe = client->pipe;
  conn->pipe->data = conn;
  conn->timer.data = conn;
  conn->handles_open = 2;
  conn->opened = control_now(control);
  memcpy(conn->user, client->user, sizeof conn->user);
  pg_text_init(&conn->in, IN_MAX);
  pg_text_init(&conn->out, PG_ANSWER_MAX);
  request_id_init(&conn->id);
  conn->next = control->first;
  control->first = conn;
  control->total++;
  return conn;
}

void control_adopt(struct control *control, const struct listener_client *client) {
  struct pg_fault busy = {0};
  if (over_quota(control, client->user))
    reap(control);
  bool refused = over_quota(control, client->user);
  control->counts.accepted++;
  if (refused)
    control->counts.turned_away++;

  /* Turning away costs a connection for a moment; a flood of them costs none. */
  bool flooded = refused && control->total > PG_CONN_MAX + PG_CONN_PER_USER;
  struct conn *conn = control->closing || flooded ? NULL : conn_new(control, client);
  if (conn == NULL) {
    client->pipe->data = control;
    uv_close((uv_handle_t *)client->pipe, drop);
    return;
  }
  conn->turned_away = refused;
  if (refused) {
    pg_fail(&busy, PG_E_BUSY, "too many connections: at most %d in all and %d per user",
            PG_CONN_MAX, PG_CONN_PER_USER);
    pg_fault_hint(&busy, "portguardctl health");
    conn_start(conn, &busy);
  } else {
    control->counts.open++;
    conn_start(conn, NULL);
  }
}

void control_wake(struct control *control) {
  for (struct conn *conn = control->first, *next; conn != NULL; conn = next) {
    next = conn->next;
    conn_wake(conn);
  }
}

void control_close(struct control *control, void (*closed)(void *context),
                   void *context) {
  control->closing = true;
  control->closed = closed;
  control->closed_context = context;
  for (struct conn *conn = control->first, *next; conn != NULL; conn = next) {
    next = conn->next;
    conn_close(conn);
  }
  finish_closing(control);
}
