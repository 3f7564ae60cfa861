/* A capture is a file from a stranger. Whatever is in it, it is refused with words
 * or explained to the end, and what was read can be written and read again. */
#include "common/limits.h"
#include "service/capture/capture.h"
#include "service/explain/explain.h"

#include <stdlib.h>

#define NOW 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition)
    abort();
}

static void explain_all(const struct pg_snapshot *snapshot) {
  struct explain_times times = {.sampled_at = NOW};
  struct pg_text text;
  struct pg_json json;

  pg_text_init(&text, PG_ANSWER_MAX);
  pg_json_start(&json, &text);
  explain_list(&json, snapshot, &times);
  for (size_t i = 0; i < snapshot->port_count; i++) {
    pg_text_clear(&text);
    pg_json_start(&json, &text);
    explain_status(&json, snapshot, snapshot->ports[i].port, &times);
  }
  pg_text_clear(&text);
  pg_json_start(&json, &text);
  explain_queues(&json, snapshot, &times);
  pg_text_free(&text);
}

static void require_same_network(const struct pg_network *a, const struct pg_network *b) {
  require(a->reservation_count == b->reservation_count);
  require(a->listen_count == b->listen_count);
  require(a->certificate_count == b->certificate_count);
  require(a->range_count == b->range_count);
  require(a->proxy_count == b->proxy_count);
  require(a->connection_count == b->connection_count);
}

static void write_and_read_again(const struct pg_snapshot *snapshot) {
  struct pg_snapshot *again = NULL;
  struct pg_text text;
  struct pg_json json;

  pg_text_init(&text, PG_CAPTURE_MAX);
  pg_json_start(&json, &text);
  capture_write(&json, snapshot);
  require(!text.failed);
  require(capture_read(pg_text_str(&text), text.len, NOW, &again, NULL) == PG_OK);
  require(again->listener_count == snapshot->listener_count);
  require(again->process_count == snapshot->process_count);
  require(again->service_count == snapshot->service_count);
  require(again->queue_count == snapshot->queue_count);
  require(again->url_ref_count == snapshot->url_ref_count);
  require_same_network(&again->network, &snapshot->network);
  for (int i = 0; i < PG_SOURCE_COUNT; i++)
    require(again->sources[i].state == snapshot->sources[i].state);
  snapshot_unref(again);
  pg_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct pg_snapshot *snapshot = NULL;
  struct pg_fault fault = {.code = PG_OK};

  if (capture_read((const char *)data, size, NOW, &snapshot, &fault) != PG_OK) {
    require(snapshot == NULL && fault.message[0] != '\0');
    return 0;
  }
  require(explain_attribute(snapshot, NULL, false) == PG_OK);
  explain_all(snapshot);
  write_and_read_again(snapshot);
  snapshot_unref(snapshot);
  return 0;
}
