#include "service/eventlog/emit.h"

#include <string.h>

enum pg_error emitter_open(struct emitter *emitter, const struct event_sink *sink) {
  memset(emitter, 0, sizeof *emitter);
  emitter->sink = *sink;
  emitter->limiter = limiter_new();
  if (emitter->limiter)
    return PG_OK;
  emitter_close(emitter);
  return PG_E_NOMEM;
}

void emitter_close(struct emitter *emitter) {
  if (emitter->sink.close)
    emitter->sink.close(emitter->sink.context);
  limiter_free(emitter->limiter);
  memset(emitter, 0, sizeof *emitter);
}

/* What nobody outside the service can bring about often, and the summary, which
 * would otherwise need a summary of its own. */
static bool is_exempt(enum pg_event_id id) {
  switch (id) {
  case PG_EVENT_STARTED:
  case PG_EVENT_STOPPED:
  case PG_EVENT_CONFIG_LOADED:
  case PG_EVENT_CONFIG_REJECTED:
  case PG_EVENT_SUPPRESSED:
  case PG_EVENT_PART_UNAVAILABLE:
  case PG_EVENT_PART_AVAILABLE:
  case PG_EVENT_RULE_STOPPED:
  case PG_EVENT_RULE_FAILED:
  case PG_EVENT_RULE_DISABLED:
  case PG_EVENT_RULE_FREED:
  case PG_EVENT_RULE_SUSPENDED:
  case PG_EVENT_RULE_RESUMED:
  case PG_EVENT_RULE_REFUSED:
  case PG_EVENT_CONTROL_DONE:
    return true;
  case PG_EVENT_SOURCE_FAILED:
  case PG_EVENT_SOURCE_RECOVERED:
  case PG_EVENT_PORT_TAKEN:
  case PG_EVENT_PORT_RELEASED:
  case PG_EVENT_HOLDER_CHANGED:
  case PG_EVENT_PORT_FLAPPING:
  case PG_EVENT_RESERVATION_ADDED:
  case PG_EVENT_RESERVATION_REMOVED:
  case PG_EVENT_LISTEN_ADDED:
  case PG_EVENT_LISTEN_REMOVED:
  case PG_EVENT_CERTIFICATE_ADDED:
  case PG_EVENT_CERTIFICATE_REMOVED:
  case PG_EVENT_URL_REGISTERED:
  case PG_EVENT_URL_WITHDRAWN:
  case PG_EVENT_PROXY_ADDED:
  case PG_EVENT_PROXY_REMOVED:
  case PG_EVENT_RULE_WOULD_ACT:
  case PG_EVENT_CONTROL_DENIED:
  case PG_EVENT_RANGE_ADDED:
  case PG_EVENT_RANGE_REMOVED:
    return false;
  }
  return false;
}

/* Sources are few and each must be heard, however many ports are in a storm. */
static bool needs_own_bucket(enum pg_event_id id, bool guarded) {
  return guarded || pg_event_category(id) == PG_CATEGORY_SERVICE;
}

void emit(struct emitter *emitter, const struct pg_event *event, uint16_t key,
          bool guarded, int64_t now_mono) {
  if (!is_exempt(event->id) &&
      !limiter_allow(emitter->limiter, event->id, key,
                     needs_own_bucket(event->id, guarded), now_mono)) {
    emitter->suppressed++;
    return;
  }
  emitter->written++;
  emitter->sink.write(emitter->sink.context, event);
}

bool emitter_take_summary(struct emitter *emitter, int64_t now_mono,
                          struct limiter_summary *out) {
  return limiter_take_summary(emitter->limiter, now_mono, out);
}

int64_t emitter_next(const struct emitter *emitter) {
  return limiter_next(emitter->limiter);
}

uint64_t emitter_lost(const struct emitter *emitter) {
  return emitter->sink.lost ? emitter->sink.lost(emitter->sink.context) : 0;
}
