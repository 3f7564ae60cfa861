#include "service/answers.h"

#include "common/limits.h"

#include <stdlib.h>

#define SLOTS 16 /* more ports than that are not asked about all the time */
#define BODY_MAX (16u * PG_KIB)

struct answer_cache {
  struct slot {
    uint64_t generation; /* 0: empty */
    uint16_t port;
    struct pg_text body;
  } slots[SLOTS];
};

struct answer_cache *answer_cache_new(void) {
  struct answer_cache *cache = calloc(1, sizeof *cache);
  for (size_t i = 0; cache != NULL && i < SLOTS; i++)
    pg_text_init(&cache->slots[i].body, BODY_MAX);
  return cache;
}

void answer_cache_free(struct answer_cache *cache) {
  for (size_t i = 0; cache != NULL && i < SLOTS; i++)
    pg_text_free(&cache->slots[i].body);
  free(cache);
}

static void fill(struct slot *slot, uint64_t generation,
                 const struct pg_snapshot *snapshot, uint16_t port) {
  struct pg_json json;
  pg_text_clear(&slot->body);
  pg_json_start(&json, &slot->body);
  pg_json_object(&json);
  explain_status_body(&json, snapshot, port);
  pg_json_end_object(&json);
  slot->generation = generation;
  slot->port = port;
}

void answer_cache_status(struct answer_cache *cache, uint64_t generation,
                         const struct pg_snapshot *snapshot, uint16_t port,
                         const struct explain_times *times, struct pg_json *json) {
  struct slot *slot = &cache->slots[port % SLOTS];
  if (slot->generation != generation || slot->port != port)
    fill(slot, generation, snapshot, port);
  if (slot->body.failed) { /* too long to keep */
    explain_status(json, snapshot, port, times);
    return;
  }
  pg_json_object(json);
  explain_status_head(json, snapshot, port, times);
  pg_json_raw(json, slot->body.data + 1, slot->body.len - 2); /* without its braces */
  pg_json_end_object(json);
}
