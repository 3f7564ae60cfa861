/* What `status` tells of a port's past. The database is asked once, and what it said is
 * kept until something is written about the port: most questions cost it nothing. */
#include "common/limits.h"
#include "service/history/store.h"
#include "service/state.h"

#include <stdlib.h>

struct last_ask {
  struct recorder_ask base;
  uint16_t port;
};

/* --- the worker --- */

static void key_holder(struct pg_json *json, const struct history_last *last) {
  pg_json_key(json, "last_holder");
  if (last->until == 0) {
    pg_json_null(json);
    return;
  }
  pg_json_object(json);
  pg_json_key_str(json, "identity", pg_text_str(&last->identity));
  pg_json_key(json, "holder");
  if (last->holder.len > 0)
    pg_json_raw(json, last->holder.data, last->holder.len);
  else
    pg_json_null(json);
  pg_json_key_time(json, "from", last->from);
  pg_json_key_time(json, "to", last->until);
  pg_json_key_str(json, "how", last->how);
  pg_json_end_object(json);
}

static void key_change(struct pg_json *json, const struct history_last *last) {
  pg_json_key(json, "last_change");
  if (last->changed == 0) {
    pg_json_null(json);
    return;
  }
  pg_json_object(json);
  pg_json_key_time(json, "at", last->changed);
  pg_json_key_int(json, "event", last->event);
  pg_json_key_str(json, "summary", pg_text_str(&last->summary));
  pg_json_end_object(json);
}

static enum pg_error look(struct recorder_ask *ask, struct history *store,
                          struct pg_json *json, struct pg_fault *fault) {
  struct history_last last;
  enum pg_error error = history_last(store, ((struct last_ask *)ask)->port, &last, fault);
  if (error == PG_OK) {
    pg_json_key_time(json, "since", last.since);
    key_holder(json, &last);
    key_change(json, &last);
  }
  history_last_free(&last);
  return error;
}

/* --- what is kept --- */

static void drop(struct recorder_last *last) {
  recorder_release(last->ask);
  *last = (struct recorder_last){0};
}

/* What is still being asked is dropped when it comes. */
static void forget(struct recorder_last *last) {
  if (last->ask == NULL)
    return;
  if (last->ask->done)
    drop(last);
  else
    last->stale = true;
}

static struct recorder_last *find(struct recorder *recorder, uint16_t port) {
  for (size_t i = 0; i < PG_HISTORY_LASTS; i++)
    if (recorder->lasts[i].ask != NULL && recorder->lasts[i].port == port)
      return &recorder->lasts[i];
  return NULL;
}

/* A free place, or that of which nobody has asked for the longest time. NULL: all of
 * them wait for the database. */
static struct recorder_last *find_place(struct recorder *recorder) {
  struct recorder_last *oldest = NULL;
  for (size_t i = 0; i < PG_HISTORY_LASTS; i++) {
    struct recorder_last *last = &recorder->lasts[i];
    if (last->ask == NULL)
      return last;
    if (last->ask->done && (oldest == NULL || last->used < oldest->used))
      oldest = last;
  }
  if (oldest != NULL)
    drop(oldest);
  return oldest;
}

void recorder_last_forget(struct loop *loop, uint16_t port) {
  struct recorder_last *last = find(&loop->recorder, port);
  if (last != NULL)
    forget(last);
}

void recorder_last_forget_all(struct loop *loop) {
  for (size_t i = 0; i < PG_HISTORY_LASTS; i++)
    forget(&loop->recorder.lasts[i]);
}

/* --- waiting for the database --- */

static void on_late(uv_timer_t *timer);

/* When the next question has taken too long. */
static void arm(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  int64_t now = clock_mono(), next = INT64_MAX;
  for (size_t i = 0; i < PG_HISTORY_LASTS; i++) {
    const struct recorder_last *last = &recorder->lasts[i];
    int64_t left = last->begun + PG_HISTORY_LAST_MS - now;
    if (last->ask != NULL && !last->ask->done && left > 0 && left < next)
      next = left;
  }
  if (next != INT64_MAX)
    uv_timer_start(&recorder->late, on_late, (uint64_t)next, 0);
}

static void on_late(uv_timer_t *timer) {
  struct loop *loop = timer->data;
  if (loop->finished)
    return;
  /* In this order: a question whose time runs out in between is answered now, the other
   * way round it would neither be answered nor waited for. */
  arm(loop);
  endpoints_wake(loop);
}

/* NULL: it cannot be asked now. */
static struct recorder_last *look_up(struct loop *loop, uint16_t port) {
  struct recorder *recorder = &loop->recorder;
  struct recorder_last *last = find_place(recorder);
  struct last_ask *own = last != NULL ? calloc(1, sizeof *own) : NULL;
  if (own == NULL)
    return NULL;
  own->base.look = look;
  own->port = port;
  if (recorder_ask(loop, &own->base, NULL) != PG_OK)
    return NULL;
  *last = (struct recorder_last){&own->base, clock_mono(), 0, port, false};
  if (!uv_is_active((uv_handle_t *)&recorder->late))
    arm(loop);
  return last;
}

/* One that was never asked is done as well, when the service ends. */
static bool went_well(const struct recorder_last *last) {
  return last->ask->done && !last->stale && last->ask->error == PG_OK &&
         last->ask->text.len > 0;
}

/* Whether the answer is one to this question: what failed before is tried again. */
static bool is_answer(const struct recorder_last *last, int64_t asked_mono) {
  return went_well(last) || (!last->stale && last->begun >= asked_mono);
}

static bool is_remembering(const struct recorder *recorder) {
  return recorder->files != NULL && recorder->reconciled && !recorder->failing;
}

bool recorder_last_ready(struct loop *loop, uint16_t port, int64_t asked_mono) {
  struct recorder *recorder = &loop->recorder;
  int64_t now = clock_mono();
  if (!is_remembering(recorder) || now - asked_mono >= PG_SLOW_WAIT_MS)
    return true;
  struct recorder_last *last = find(recorder, port);
  if (last != NULL && last->ask->done && !is_answer(last, asked_mono)) {
    drop(last);
    last = NULL;
  }
  if (last == NULL)
    last = look_up(loop, port);
  if (last == NULL)
    return true;
  last->used = ++recorder->last_uses;
  return last->ask->done || now - last->begun >= PG_HISTORY_LAST_MS;
}

const struct pg_text *recorder_last(struct loop *loop, uint16_t port) {
  const struct recorder_last *last = find(&loop->recorder, port);
  bool told = last != NULL && went_well(last) && is_remembering(&loop->recorder);
  return told ? &last->ask->text : NULL;
}
