/* The last changes, and how far each subscriber has heard them. Pure: no clock, no loop.
 * Whoever does not listen costs nothing but its own place: what it missed falls out of
 * the ring, and it is told how much that was. Loop thread only. */
#ifndef PG_WATCHERS_H
#define PG_WATCHERS_H

#include "common/error.h"
#include "common/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watch_ring;
struct watcher;

/* IDs count from |start| on, which another run of the service must not share: whole and
 * at most PG_ID_MAX for as long as it runs. NULL: no memory. */
struct watch_ring *watch_ring_new(int64_t start);
/* When the last subscriber has gone. NULL is fine. */
void watch_ring_free(struct watch_ring *ring);

struct watch_change {
  int event;            /* ID in the Event Log, 0: it is not in there */
  uint16_t first, last; /* the ports it is about; 0: none in particular */
  const char *at;       /* as the protocol writes points in time */
  const char *data;     /* the event's JSON object; NULL: it could not be written */
  const char *summary;  /* one line for people */
};

/* Copies. The oldest fall out when there are more than PG_WATCH_BACKLOG, or their texts
 * are longer than PG_WATCH_BYTES. Without memory it is as if it had fallen out already.
 */
void watch_ring_add(struct watch_ring *ring, const struct watch_change *change);
int64_t watch_ring_newest(const struct watch_ring *ring);
size_t watch_ring_watchers(const struct watch_ring *ring);
size_t watch_ring_bytes(const struct watch_ring *ring);

struct watch_wish {
  const char *user;      /* who subscribes */
  const uint16_t *ports; /* up to PG_WATCH_PORTS; none: all changes */
  size_t port_count;
  bool since;       /* go on behind |since_id|, else what comes from now on */
  int64_t since_id; /* an ID of an earlier subscription, also of another run */
};

/* Errors: PG_E_BUSY with PG_WATCH_MAX subscribers, or PG_WATCH_PER_USER of this user,
 * PG_E_NOMEM. */
enum pg_error watcher_new(struct watch_ring *ring, const struct watch_wish *wish,
                          struct watcher **out, struct pg_fault *fault);
void watcher_free(struct watcher *watcher);

/* What it is to be told next: "watching" first, then "change", or "overflow" when changes
 * have fallen out that it did not hear; NULL: nothing. */
const char *watcher_next(struct watcher *watcher);
/* Writes the params of that, and goes on. Only after watcher_next said that there is
 * something. */
void watcher_tell(struct watcher *watcher, struct pg_json *json);

#endif
