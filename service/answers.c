#include "service/answers.h"

#include "common/limits.h"

#include <stdlib.h>

#define SLOTS 16 /* more ports than that are not asked about all the time */
#define KEPT_MAX (16u * PG_KIB)

struct answer_cache {
  struct slot {
    uint64_t generation; /* 0: empty */
    int64_t sampled_at;
    uint16_t port;
    bool http;           /* its ages tell that of the netsh text */
    size_t ages;         /* where in |kept| they belong */
    struct pg_text kept; /* the whole answer but for them */
  } slots[SLOTS];
};

struct answer_cache *answer_cache_new(void) {
  struct answer_cache *cache = calloc(1, sizeof *cache);
  for (size_t i = 0; cache != NULL && i < SLOTS; i++)
    pg_text_init(&cache->slots[i].kept, KEPT_MAX);
  return cache;
}

void answer_cache_free(struct answer_cache *cache) {
  for (size_t i = 0; cache != NULL && i < SLOTS; i++)
    pg_text_free(&cache->slots[i].kept);
  free(cache);
}

static void fill(struct slot *slot, uint64_t generation,
                 const struct pg_snapshot *snapshot, uint16_t port, int64_t sampled_at) {
  const struct pg_port *at = snapshot_port(snapshot, port);
  struct pg_json json;
  pg_text_clear(&slot->kept);
  pg_json_start(&json, &slot->kept);
  pg_json_object(&json);
  explain_status_subject(&json, snapshot, port);
  pg_json_key_time(&json, "sampled_at", sampled_at);
  slot->http = at != NULL && at->kernel_owned;
  slot->ages = slot->kept.len;
  explain_status_body(&json, snapshot, port);
  pg_json_end_object(&json);
  slot->generation = generation;
  slot->port = port;
  slot->sampled_at = sampled_at;
}

void answer_cache_status(struct answer_cache *cache, uint64_t generation,
                         const struct pg_snapshot *snapshot, uint16_t port,
                         const struct explain_times *times, struct pg_json *json) {
  struct slot *slot = &cache->slots[port % SLOTS];
  if (slot->generation != generation || slot->port != port ||
      slot->sampled_at != times->sampled_at)
    fill(slot, generation, snapshot, port, times->sampled_at);
  if (slot->kept.failed) { /* too long to keep */
    explain_status(json, snapshot, port, times);
    return;
  }
  /* Without its braces, and without the comma behind the gap for the ages: those
   * are the writer's. */
  const char *kept = slot->kept.data;
  size_t after = slot->ages + 1;
  pg_json_object(json);
  pg_json_raw(json, kept + 1, slot->ages - 1);
  explain_key_ages(json, times, slot->http);
  pg_json_raw(json, kept + after, slot->kept.len - 1 - after);
  pg_json_end_object(json);
}
