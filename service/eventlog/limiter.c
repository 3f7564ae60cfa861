#include "service/eventlog/limiter.h"

#include "common/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const uint16_t ids[] = {
#define X(name, number, category, level, strings, title) number,
    PG_EVENT_LIST(X)
#undef X
};
#define ID_COUNT (sizeof ids / sizeof ids[0])

/* Everything is allocated once: a storm of events must not grow the service.
 * As many buckets again as others may use are kept back for guarded ports. */
#define POOL (2u * PG_EVENT_KEYS)
/* Behind the pool, two per ID: what ordinary and guarded ports share when
 * their part of the pool is used up. */
#define BUCKETS (POOL + 2 * ID_COUNT)
#define SLOTS 1024u
#define NONE 0xffffu

static_assert(BUCKETS < NONE, "buckets are numbered with 16 bits");
static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are picked with a mask");

struct bucket {
  int64_t started;     /* of the window, while |open| */
  uint32_t suppressed; /* in the open window */
  uint32_t pending;    /* in ended windows, waiting for the summary */
  uint16_t id, port;
  uint16_t chain; /* next in the hash slot, or in the free list */
  uint16_t next_open, next_due;
  uint8_t written;
  bool open;     /* in the queue of open windows */
  bool due;      /* in the queue of summaries */
  bool reserved; /* counts against the guarded part of the pool */
};

/* All windows are equally long, so the order in which they began is the order
 * in which they end: a queue is enough to find the next one. */
struct queue {
  uint16_t first, last;
};

struct limiter {
  struct queue open, due;
  uint16_t free;
  uint16_t ordinary;     /* pool buckets taken by ports that are not guarded */
  uint16_t holding_back; /* open windows with suppressed events */
  uint16_t slots[SLOTS];
  struct bucket buckets[BUCKETS];
};

static_assert(sizeof(struct limiter) <= 80 * PG_KIB, "the service is meant to be small");

struct limiter *limiter_new(void) {
  struct limiter *limiter = calloc(1, sizeof *limiter);
  if (!limiter)
    return NULL;
  limiter->open.first = limiter->open.last = NONE;
  limiter->due.first = limiter->due.last = NONE;
  for (unsigned i = 0; i < SLOTS; i++)
    limiter->slots[i] = NONE;
  for (unsigned i = 0; i < POOL; i++)
    limiter->buckets[i].chain = (uint16_t)(i + 1 < POOL ? i + 1 : NONE);
  for (unsigned i = 0; i < 2 * ID_COUNT; i++)
    limiter->buckets[POOL + i].id = ids[i / 2];
  return limiter;
}

void limiter_free(struct limiter *limiter) {
  free(limiter);
}

static bool is_shared(uint16_t index) {
  return index >= POOL;
}

static uint16_t *slot_of(struct limiter *limiter, uint16_t id, uint16_t port) {
  /* The low bits spread the ports a scan opens one after the other. */
  return &limiter->slots[(port + id * 167u) & (SLOTS - 1)];
}

static uint16_t find(struct limiter *limiter, uint16_t id, uint16_t port) {
  uint16_t i = *slot_of(limiter, id, port);
  while (i != NONE && (limiter->buckets[i].id != id || limiter->buckets[i].port != port))
    i = limiter->buckets[i].chain;
  return i;
}

static uint16_t take_bucket(struct limiter *limiter, uint16_t id, uint16_t port,
                            bool guarded) {
  uint16_t i = limiter->free;
  if (i == NONE || (!guarded && limiter->ordinary == PG_EVENT_KEYS))
    return NONE;
  struct bucket *bucket = &limiter->buckets[i];
  uint16_t *slot = slot_of(limiter, id, port);
  limiter->free = bucket->chain;
  memset(bucket, 0, sizeof *bucket);
  bucket->id = id;
  bucket->port = port;
  bucket->reserved = guarded;
  bucket->chain = *slot;
  *slot = i;
  if (!guarded)
    limiter->ordinary++;
  return i;
}

static void give_back(struct limiter *limiter, uint16_t i) {
  struct bucket *bucket = &limiter->buckets[i];
  if (is_shared(i))
    return;
  uint16_t *link = slot_of(limiter, bucket->id, bucket->port);
  while (*link != i)
    link = &limiter->buckets[*link].chain;
  *link = bucket->chain;
  if (!bucket->reserved)
    limiter->ordinary--;
  bucket->chain = limiter->free;
  limiter->free = i;
}

static uint16_t shared_bucket(uint16_t id, bool guarded) {
  for (unsigned i = 0; i < ID_COUNT; i++)
    if (ids[i] == id)
      return (uint16_t)(POOL + 2 * i + (guarded ? 1 : 0));
  return NONE;
}

static void push_open(struct limiter *limiter, uint16_t i) {
  limiter->buckets[i].next_open = NONE;
  if (limiter->open.first == NONE)
    limiter->open.first = i;
  else
    limiter->buckets[limiter->open.last].next_open = i;
  limiter->open.last = i;
}

static void push_due(struct limiter *limiter, uint16_t i) {
  limiter->buckets[i].next_due = NONE;
  if (limiter->due.first == NONE)
    limiter->due.first = i;
  else
    limiter->buckets[limiter->due.last].next_due = i;
  limiter->due.last = i;
}

static uint32_t add_capped(uint32_t a, uint32_t b) {
  return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

static void end_window(struct limiter *limiter, uint16_t i) {
  struct bucket *bucket = &limiter->buckets[i];
  bucket->open = false;
  if (bucket->suppressed) {
    limiter->holding_back--;
    bucket->pending = add_capped(bucket->pending, bucket->suppressed);
    bucket->suppressed = 0;
    if (!bucket->due)
      push_due(limiter, i);
    bucket->due = true;
  }
  if (!bucket->due)
    give_back(limiter, i);
}

static void end_windows(struct limiter *limiter, int64_t now_mono) {
  while (limiter->open.first != NONE) {
    uint16_t i = limiter->open.first;
    if (now_mono - limiter->buckets[i].started < PG_EVENT_WINDOW_MS)
      return;
    limiter->open.first = limiter->buckets[i].next_open;
    end_window(limiter, i);
  }
}

static struct bucket *bucket_for(struct limiter *limiter, uint16_t id, uint16_t port,
                                 bool guarded, int64_t now_mono) {
  uint16_t i = find(limiter, id, port);
  if (i == NONE)
    i = take_bucket(limiter, id, port, guarded);
  if (i == NONE)
    i = shared_bucket(id, guarded);
  if (i == NONE)
    return NULL;
  struct bucket *bucket = &limiter->buckets[i];
  if (!bucket->open) {
    bucket->open = true;
    bucket->started = now_mono;
    bucket->written = 0;
    push_open(limiter, i);
  }
  return bucket;
}

bool limiter_allow(struct limiter *limiter, enum pg_event_id id, uint16_t port,
                   bool guarded, int64_t now_mono) {
  end_windows(limiter, now_mono);
  struct bucket *bucket = bucket_for(limiter, (uint16_t)id, port, guarded, now_mono);
  if (!bucket)
    return false; /* an ID that is not in the list */
  if (bucket->written < PG_EVENTS_PER_KEY) {
    bucket->written++;
    return true;
  }
  if (!bucket->suppressed)
    limiter->holding_back++;
  bucket->suppressed = add_capped(bucket->suppressed, 1);
  return false;
}

bool limiter_take_summary(struct limiter *limiter, int64_t now_mono,
                          struct limiter_summary *out) {
  end_windows(limiter, now_mono);
  uint16_t i = limiter->due.first;
  if (i == NONE)
    return false;
  struct bucket *bucket = &limiter->buckets[i];
  limiter->due.first = bucket->next_due;
  bucket->due = false;
  out->id = (enum pg_event_id)bucket->id;
  out->port = bucket->port;
  out->many_ports = is_shared(i);
  out->suppressed = bucket->pending;
  bucket->pending = 0;
  if (!bucket->open)
    give_back(limiter, i);
  return true;
}

int64_t limiter_next(const struct limiter *limiter) {
  if (limiter->due.first != NONE)
    return 0;
  if (!limiter->holding_back)
    return -1;
  uint16_t i = limiter->open.first;
  while (!limiter->buckets[i].suppressed)
    i = limiter->buckets[i].next_open;
  return limiter->buckets[i].started + PG_EVENT_WINDOW_MS;
}
