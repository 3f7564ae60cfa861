#include "service/watching.h"

/* The clock in microseconds, so that no two runs share an ID: nothing changes a million
 * times a second for as long as a service runs. */
static int64_t first_id(void) {
  return clock_wall() * 1000;
}

bool watching_open(struct loop *loop) {
  loop->watching.ring = watch_ring_new(first_id());
  return loop->watching.ring != NULL;
}

void watching_start(struct loop *loop) {
  uv_timer_init(&loop->uv, &loop->watching.news);
  loop->watching.news.data = loop;
}

void watching_close(struct loop *loop) {
  uv_close((uv_handle_t *)&loop->watching.news, NULL);
}

void watching_free(struct loop *loop) {
  watch_ring_free(loop->watching.ring);
}

static void on_news(uv_timer_t *timer) {
  endpoints_wake(timer->data);
}

int64_t watching_show(struct loop *loop, const struct letter *letter, enum pg_event_id id,
                      uint16_t key) {
  struct watch_change change = {
      .event = (int)id,
      .first = key,
      .last = letter->last_port != 0 ? letter->last_port : key,
      .at = letter->at,
      .data = letter->json.failed ? NULL : pg_text_str(&letter->json),
      .summary = pg_text_str(&letter->summary),
  };
  watch_ring_add(loop->watching.ring, &change);
  /* All that one look brought is told together, when the look has been dealt with. */
  if (!loop->stopping && !uv_is_active((uv_handle_t *)&loop->watching.news))
    uv_timer_start(&loop->watching.news, on_news, 0, 0);
  return watch_ring_newest(loop->watching.ring);
}

enum { ARG_PORTS, ARG_SINCE };

const struct control_param watching_params[WATCHING_PARAMS] = {
    [ARG_PORTS] = {"ports", 0, PG_WATCH_PORTS, false, CONTROL_PORTS, NULL},
    [ARG_SINCE] = {"since_id", 0, 0, false, CONTROL_ID, NULL},
};

static enum pg_error begin(void *context, struct control_ask *ask,
                           const struct control_caller *caller, struct pg_fault *fault) {
  struct loop *loop = context;
  uint16_t ports[PG_WATCH_PORTS];
  struct watcher *watcher = NULL;
  struct watch_wish wish = {
      .user = caller->user,
      .ports = ports,
      .since = ask->args[ARG_SINCE].given,
      .since_id = ask->args[ARG_SINCE].id,
  };
  const cJSON *entry;
  cJSON_ArrayForEach(entry, ask->args[ARG_PORTS].list) {
    ports[wish.port_count++] = (uint16_t)entry->valuedouble;
  }
  enum pg_error error = watcher_new(loop->watching.ring, &wish, &watcher, fault);
  ask->job = watcher;
  return error;
}

static const char *method(void *context, struct control_ask *ask) {
  (void)context;
  return watcher_next(ask->job);
}

static bool progress(void *context, struct control_ask *ask, struct pg_json *json) {
  (void)context;
  watcher_tell(ask->job, json);
  return true;
}

static void end(void *context, struct control_ask *ask) {
  (void)context;
  watcher_free(ask->job);
}

const struct control_work watching_work = {begin, progress, end, CONTROL_FOR_EVER,
                                           method};

bool watching_ready(void *context, const struct control_ask *ask) {
  (void)context, (void)ask;
  return false;
}

/* Not called, since it is never ready. */
enum pg_error watching_answer(void *context, const struct control_ask *ask,
                              struct pg_json *json, struct pg_fault *fault) {
  (void)context, (void)ask, (void)json;
  return pg_fail(fault, PG_E_INTERNAL, "watching has no end");
}
