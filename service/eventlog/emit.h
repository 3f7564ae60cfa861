/* The one way an event leaves the loop: the limiter is asked, then the sink
 * writes. Loop thread only. */
#ifndef PG_EMIT_H
#define PG_EMIT_H

#include "common/error.h"
#include "service/eventlog/eventlog.h"
#include "service/eventlog/limiter.h"

struct emitter {
  struct event_sink sink;
  struct limiter *limiter;
  uint64_t written;    /* handed to the sink; what it lost is emitter_lost() */
  uint64_t suppressed; /* held back so far */
};

/* Takes over |sink| on every path. Errors: PG_E_NOMEM. */
enum pg_error emitter_open(struct emitter *emitter, const struct event_sink *sink);
void emitter_close(struct emitter *emitter);

/* |key| tells the events of one ID apart: the port of 1100-1103, the number of
 * the source (enum pg_source) of 1004 and 1005, 0 for all others. |guarded| is
 * for ports. 1000-1003 and 1006-1008 are never held back. The strings are
 * borrowed for the call; |event->level| is usually pg_event_level(id, guarded).
 *
 *   struct pg_event event = {PG_EVENT_PORT_TAKEN, level, 4,
 *                            {"80", names, addresses, json}};
 *   emit(&emitter, &event, 80, true, now_mono);
 */
void emit(struct emitter *emitter, const struct pg_event *event, uint16_t key,
          bool guarded, int64_t now_mono);

/* Takes out one ended run of suppressed events, for the caller to write as 1006
 * with the state as it now is; false when there is none. |out->port| is the
 * |key| given to emit(). Call until false, on every tick; before 1001 with
 * now_mono + PG_EVENT_WINDOW_MS, which ends the windows that are still open. */
bool emitter_take_summary(struct emitter *emitter, int64_t now_mono,
                          struct limiter_summary *out);
/* When the next summary will be there (monotonic ms, may be past), or -1. */
int64_t emitter_next(const struct emitter *emitter);

/* Events the sink could not write. */
uint64_t emitter_lost(const struct emitter *emitter);

#endif
