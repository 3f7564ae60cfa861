/* Flood protection and flapping, as pure state machines over a clock that is
 * an argument. Loop thread only. */
#ifndef PG_LIMITER_H
#define PG_LIMITER_H

#include "service/eventlog/events.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limiter;

/* A suppressed run whose window has ended: the material of event 1006. */
struct limiter_summary {
  enum pg_event_id id;
  uint16_t port; /* 0: not a port, or the shared bucket of many ports */
  bool many_ports;
  uint32_t suppressed;
};

struct limiter *limiter_new(void);
void limiter_free(struct limiter *limiter);

/* May this event be written now? At most PG_EVENTS_PER_KEY per (ID, port) in
 * PG_EVENT_WINDOW_MS. Guarded ports always have a bucket of their own; beyond
 * PG_EVENT_KEYS pairs all others share one bucket per ID, so that memory and
 * log stay bounded whatever a local user opens. */
bool limiter_allow(struct limiter *limiter, enum pg_event_id id, uint16_t port,
                   bool guarded, int64_t now_mono);
/* Takes out one ended window that suppressed something; false when none has. */
bool limiter_take_summary(struct limiter *limiter, int64_t now_mono,
                          struct limiter_summary *out);
/* When the next window with suppressed events ends, or -1. */
int64_t limiter_next(const struct limiter *limiter);

struct flap_watch;
struct flap_watch *flap_new(void);
void flap_free(struct flap_watch *watch);
/* Tells of a taken or released port. True once when it passes
 * PG_FLAP_CHANGES in PG_FLAP_WINDOW_MS, and again only after the port was calm
 * for a whole window. *count is the changes seen in the window. */
bool flap_note(struct flap_watch *watch, uint16_t port, int64_t now_mono,
               uint32_t *count);

#endif
