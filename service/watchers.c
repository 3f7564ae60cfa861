#include "service/watchers.h"

#include "common/limits.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

struct entry {
  uint16_t first, last;
  char *params; /* as they are sent; NULL: there was no memory */
  size_t len;
};

/* The entry of an ID is at its place modulo the size, so that nothing ever moves. */
struct watch_ring {
  struct entry entries[PG_WATCH_BACKLOG];
  int64_t start, oldest, newest; /* in it: those above |oldest| */
  size_t bytes;
  struct watcher *first;
};

struct watcher {
  struct watch_ring *ring;
  struct watcher *next;
  int64_t heard; /* it has been told of all up to this one, or does not want them */
  bool greeted;
  bool other_run; /* its |since_id| is not one of this run's: nobody knows the rest */
  bool anew;      /* what fell out did so before it came: the ring is all news to it */
  uint16_t ports[PG_WATCH_PORTS];
  size_t port_count;
  char user[];
};

struct watch_ring *watch_ring_new(int64_t start) {
  struct watch_ring *ring = calloc(1, sizeof *ring);
  if (ring != NULL)
    ring->start = ring->oldest = ring->newest = start;
  return ring;
}

void watch_ring_free(struct watch_ring *ring) {
  for (size_t i = 0; ring != NULL && i < PG_WATCH_BACKLOG; i++)
    free(ring->entries[i].params);
  free(ring);
}

static struct entry *entry_of(struct watch_ring *ring, int64_t id) {
  return &ring->entries[id % PG_WATCH_BACKLOG];
}

static void drop_oldest(struct watch_ring *ring) {
  struct entry *entry = entry_of(ring, ++ring->oldest);
  ring->bytes -= entry->len;
  free(entry->params);
  *entry = (struct entry){0};
}

static void key_number(struct pg_json *json, const char *key, int64_t number) {
  pg_json_key(json, key);
  if (number != 0)
    pg_json_int(json, number);
  else
    pg_json_null(json);
}

static void write_params(struct pg_text *out, int64_t id,
                         const struct watch_change *change) {
  struct pg_json json;
  pg_json_start(&json, out);
  pg_json_object(&json);
  pg_json_key_int(&json, "id", id);
  key_number(&json, "event", change->event);
  pg_json_key_str(&json, "at", change->at);
  key_number(&json, "port", change->first);
  pg_json_key(&json, "data");
  if (change->data != NULL)
    pg_json_raw(&json, change->data, strlen(change->data));
  else
    pg_json_null(&json);
  pg_json_key_str(&json, "summary", change->summary);
  pg_json_end_object(&json);
}

/* Takes the text over, without what it has too much room. */
static char *take_text(struct pg_text *text, size_t *len) {
  char *taken = text->failed ? NULL : realloc(text->data, text->len + 1);
  if (taken == NULL) {
    pg_text_free(text);
    *len = 0;
    return NULL;
  }
  *len = text->len;
  return taken;
}

void watch_ring_add(struct watch_ring *ring, const struct watch_change *change) {
  struct pg_text text;
  int64_t id = ring->newest + 1;
  pg_text_init(&text, PG_WATCH_BYTES / 4);
  write_params(&text, id, change);
  if (ring->newest - ring->oldest == PG_WATCH_BACKLOG)
    drop_oldest(ring);
  struct entry *entry = entry_of(ring, id);
  entry->first = change->first;
  entry->last = change->last;
  entry->params = take_text(&text, &entry->len);
  ring->bytes += entry->len;
  ring->newest = id;
  while (ring->bytes > PG_WATCH_BYTES)
    drop_oldest(ring);
  if (entry->params == NULL)
    while (ring->oldest < id)
      drop_oldest(ring);
}

int64_t watch_ring_newest(const struct watch_ring *ring) {
  return ring->newest;
}

size_t watch_ring_bytes(const struct watch_ring *ring) {
  return ring->bytes;
}

/* |user| NULL: of all. */
static size_t count_watchers(const struct watch_ring *ring, const char *user) {
  size_t count = 0;
  for (const struct watcher *at = ring->first; at != NULL; at = at->next)
    count += user == NULL || strcmp(at->user, user) == 0;
  return count;
}

size_t watch_ring_watchers(const struct watch_ring *ring) {
  return count_watchers(ring, NULL);
}

static enum pg_error check_room(const struct watch_ring *ring, const char *user,
                                struct pg_fault *fault) {
  if (count_watchers(ring, NULL) < PG_WATCH_MAX &&
      count_watchers(ring, user) < PG_WATCH_PER_USER)
    return PG_OK;
  pg_fail(fault, PG_E_BUSY, "too many watch already: at most %d in all and %d per user",
          PG_WATCH_MAX, PG_WATCH_PER_USER);
  pg_fault_hint(fault, "portguardctl status");
  return PG_E_BUSY;
}

/* Where a subscriber begins. An ID above the newest is another run's, too: the clock may
 * have been set back. */
static void set_start(struct watcher *watcher, const struct watch_wish *wish) {
  const struct watch_ring *ring = watcher->ring;
  watcher->heard = ring->newest;
  if (!wish->since)
    return;
  watcher->other_run = wish->since_id < ring->start || wish->since_id > ring->newest;
  watcher->heard = watcher->other_run ? ring->start : wish->since_id;
  watcher->anew = true;
}

enum pg_error watcher_new(struct watch_ring *ring, const struct watch_wish *wish,
                          struct watcher **out, struct pg_fault *fault) {
  size_t user = strlen(wish->user) + 1;
  *out = NULL;
  enum pg_error error = check_room(ring, wish->user, fault);
  if (error != PG_OK)
    return error;
  struct watcher *watcher = calloc(1, sizeof *watcher + user);
  if (watcher == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  memcpy(watcher->user, wish->user, user);
  watcher->port_count =
      wish->port_count < PG_WATCH_PORTS ? wish->port_count : PG_WATCH_PORTS;
  for (size_t i = 0; i < watcher->port_count; i++)
    watcher->ports[i] = wish->ports[i];
  watcher->ring = ring;
  set_start(watcher, wish);
  watcher->next = ring->first;
  ring->first = watcher;
  *out = watcher;
  return PG_OK;
}

void watcher_free(struct watcher *watcher) {
  struct watcher **at = &watcher->ring->first;
  while (*at != watcher)
    at = &(*at)->next;
  *at = watcher->next;
  free(watcher);
}

static bool wants(const struct watcher *watcher, const struct entry *entry) {
  for (size_t i = 0; i < watcher->port_count; i++)
    if (watcher->ports[i] >= entry->first && watcher->ports[i] <= entry->last)
      return true;
  return watcher->port_count == 0;
}

static bool has_overflowed(const struct watcher *watcher) {
  return watcher->other_run || watcher->heard < watcher->ring->oldest;
}

const char *watcher_next(struct watcher *watcher) {
  struct watch_ring *ring = watcher->ring;
  if (!watcher->greeted)
    return "watching";
  if (has_overflowed(watcher))
    return "overflow";
  while (watcher->heard < ring->newest) {
    if (wants(watcher, entry_of(ring, watcher->heard + 1)))
      return "change";
    watcher->heard++;
  }
  return NULL;
}

/* Who was too slow goes on at the newest: at the oldest it would be too slow again. Who
 * comes back gets what there is. How much another run still had to tell nobody knows. */
static void tell_overflow(struct watcher *watcher, struct pg_json *json) {
  const struct watch_ring *ring = watcher->ring;
  int64_t from = watcher->heard;
  watcher->heard = watcher->anew ? ring->oldest : ring->newest;
  watcher->anew = false;
  pg_json_key_int(json, "id", watcher->heard);
  pg_json_key(json, "missed");
  if (watcher->other_run)
    pg_json_null(json);
  else
    pg_json_int(json, watcher->heard - from);
  watcher->other_run = false;
}

void watcher_tell(struct watcher *watcher, struct pg_json *json) {
  struct watch_ring *ring = watcher->ring;
  if (watcher->greeted && !has_overflowed(watcher)) {
    const struct entry *entry = entry_of(ring, ++watcher->heard);
    pg_json_raw(json, entry->params, entry->len);
    watcher->anew = watcher->anew && watcher->heard < ring->newest;
    return;
  }
  pg_json_object(json);
  if (watcher->greeted)
    tell_overflow(watcher, json);
  else
    pg_json_key_int(json, "id", watcher->heard);
  watcher->greeted = true;
  pg_json_end_object(json);
}
