#include "common/limits.h"
#include "service/eventlog/limiter.h"

#include <assert.h>
#include <stdlib.h>

/* Any local user can open every port there is, so only the ports that changed
 * last are watched; the one that has been quiet for longest makes room. */
#define PORTS 1024u
#define SLOTS 1024u
#define TIMES (PG_FLAP_CHANGES + 1)
#define NONE 0xffffu

static_assert(PORTS < NONE, "ports are numbered with 16 bits");
static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are picked with a mask");

struct flapper {
  int64_t times[TIMES]; /* a ring of the latest changes */
  uint16_t port;
  uint16_t chain;        /* next in the hash slot */
  uint16_t older, newer; /* by latest change */
  uint8_t count;         /* of |times| in use */
  uint8_t latest;        /* index into |times| */
  bool told;
};

struct flap_watch {
  uint16_t used, oldest, newest;
  uint16_t slots[SLOTS];
  struct flapper ports[PORTS];
};

static_assert(sizeof(struct flap_watch) <= 80 * PG_KIB,
              "the service is meant to be small");

struct flap_watch *flap_new(void) {
  struct flap_watch *watch = calloc(1, sizeof *watch);
  if (!watch)
    return NULL;
  watch->oldest = watch->newest = NONE;
  for (unsigned i = 0; i < SLOTS; i++)
    watch->slots[i] = NONE;
  return watch;
}

void flap_free(struct flap_watch *watch) {
  free(watch);
}

static uint16_t *slot_of(struct flap_watch *watch, uint16_t port) {
  return &watch->slots[port & (SLOTS - 1)];
}

static uint16_t find(struct flap_watch *watch, uint16_t port) {
  uint16_t i = *slot_of(watch, port);
  while (i != NONE && watch->ports[i].port != port)
    i = watch->ports[i].chain;
  return i;
}

static void unlink_age(struct flap_watch *watch, uint16_t i) {
  const struct flapper *it = &watch->ports[i];
  if (it->older == NONE)
    watch->oldest = it->newer;
  else
    watch->ports[it->older].newer = it->newer;
  if (it->newer == NONE)
    watch->newest = it->older;
  else
    watch->ports[it->newer].older = it->older;
}

static void link_newest(struct flap_watch *watch, uint16_t i) {
  struct flapper *it = &watch->ports[i];
  it->older = watch->newest;
  it->newer = NONE;
  if (watch->newest == NONE)
    watch->oldest = i;
  else
    watch->ports[watch->newest].newer = i;
  watch->newest = i;
}

static uint16_t evict_oldest(struct flap_watch *watch) {
  uint16_t i = watch->oldest;
  uint16_t *link = slot_of(watch, watch->ports[i].port);
  while (*link != i)
    link = &watch->ports[*link].chain;
  *link = watch->ports[i].chain;
  unlink_age(watch, i);
  return i;
}

static uint16_t add(struct flap_watch *watch, uint16_t port) {
  uint16_t i = watch->used < PORTS ? watch->used++ : evict_oldest(watch);
  struct flapper *it = &watch->ports[i];
  uint16_t *slot = slot_of(watch, port);
  it->port = port;
  it->count = 0;
  it->latest = 0;
  it->told = false;
  it->chain = *slot;
  *slot = i;
  link_newest(watch, i);
  return i;
}

static uint32_t changes_in_window(const struct flapper *it, int64_t now_mono) {
  uint32_t changes = 0;
  for (unsigned i = 0; i < it->count; i++)
    if (now_mono - it->times[i] < PG_FLAP_WINDOW_MS)
      changes++;
  return changes;
}

static void remember(struct flapper *it, int64_t now_mono) {
  bool calm = it->count && now_mono - it->times[it->latest] >= PG_FLAP_WINDOW_MS;
  if (calm)
    it->told = false;
  it->latest = (uint8_t)((it->latest + 1u) % TIMES);
  it->times[it->latest] = now_mono;
  if (it->count < TIMES)
    it->count++;
}

bool flap_note(struct flap_watch *watch, uint16_t port, int64_t now_mono,
               uint32_t *count) {
  uint16_t i = find(watch, port);
  if (i == NONE) {
    i = add(watch, port);
  } else {
    unlink_age(watch, i);
    link_newest(watch, i);
  }
  struct flapper *it = &watch->ports[i];
  remember(it, now_mono);
  *count = changes_in_window(it, now_mono);
  if (it->told || *count <= PG_FLAP_CHANGES)
    return false;
  it->told = true;
  return true;
}
