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
    bool http;            /* its ages tell that of the netsh text */
    size_t ages, history; /* where in |kept| they belong */
    struct pg_text kept;  /* the whole answer but for them */
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
  slot->history = slot->kept.len;
  explain_status_warnings(&json, snapshot, port);
  pg_json_end_object(&json);
  slot->generation = generation;
  slot->port = port;
  slot->sampled_at = sampled_at;
}

static void key_history(struct pg_json *json, const struct pg_text *history) {
  pg_json_key(json, "history");
  if (history != NULL)
    pg_json_raw(json, history->data, history->len);
  else
    pg_json_null(json);
}

static void write_afresh(const struct pg_snapshot *snapshot, uint16_t port,
                         const struct explain_times *times, const struct pg_text *history,
                         struct pg_json *json) {
  const struct pg_port *at = snapshot_port(snapshot, port);
  pg_json_object(json);
  explain_status_subject(json, snapshot, port);
  explain_key_stamps(json, times, at != NULL && at->kernel_owned);
  explain_status_body(json, snapshot, port);
  key_history(json, history);
  explain_status_warnings(json, snapshot, port);
  pg_json_end_object(json);
}

void answer_cache_status(struct answer_cache *cache, uint64_t generation,
                         const struct pg_snapshot *snapshot, uint16_t port,
                         const struct explain_times *times, const struct pg_text *history,
                         struct pg_json *json) {
  struct slot *slot = &cache->slots[port % SLOTS];
  if (slot->generation != generation || slot->port != port ||
      slot->sampled_at != times->sampled_at)
    fill(slot, generation, snapshot, port, times->sampled_at);
  if (slot->kept.failed) { /* too long to keep */
    write_afresh(snapshot, port, times, history, json);
    return;
  }
  /* Without its braces, and without the commas behind the two gaps: those are the
   * writer's. */
  const char *kept = slot->kept.data;
  size_t body = slot->ages + 1, end = slot->history + 1;
  pg_json_object(json);
  pg_json_raw(json, kept + 1, slot->ages - 1);
  explain_key_ages(json, times, slot->http);
  pg_json_raw(json, kept + body, slot->history - body);
  key_history(json, history);
  pg_json_raw(json, kept + end, slot->kept.len - 1 - end);
  pg_json_end_object(json);
}
