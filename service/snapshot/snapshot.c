/* Making a snapshot, filling it, and its end. seal.c makes it readable. */
#include "service/snapshot/snapshot.h"

#include <string.h>

/* Room for a netsh text, its repaired copy's queues and a few million rows;
 * beyond that the machine is not one this product can help. */
#define SNAPSHOT_BYTES_MAX ((size_t)512 * 1024 * 1024)

struct pg_snapshot *snapshot_new(void) {
  struct pg_arena *arena = pg_arena_new(SNAPSHOT_BYTES_MAX);
  if (arena == NULL)
    return NULL;

  struct pg_snapshot *snapshot = pg_arena_alloc(arena, 1, sizeof *snapshot);
  if (snapshot == NULL) {
    pg_arena_free(arena);
    return NULL;
  }
  snapshot->arena = arena;
  snapshot->refs = 1;
  return snapshot;
}

struct pg_snapshot *snapshot_ref(struct pg_snapshot *snapshot) {
  snapshot->refs++;
  return snapshot;
}

void snapshot_unref(struct pg_snapshot *snapshot) {
  /* The snapshot itself lies in its arena: nothing may touch it afterwards. */
  if (snapshot != NULL && --snapshot->refs == 0)
    pg_arena_free(snapshot->arena);
}

void snapshot_source_read(struct pg_snapshot *snapshot, enum pg_source source,
                          int64_t read_at) {
  struct pg_source_status *status = &snapshot->sources[source];
  status->state = PG_SOURCE_READ;
  status->error = NULL;
  status->read_at = read_at;
}

void snapshot_source_failed(struct pg_snapshot *snapshot, enum pg_source source,
                            int64_t read_at, const char *error) {
  struct pg_source_status *status = &snapshot->sources[source];
  const char *copy = pg_arena_str(snapshot->arena, error);
  status->state = PG_SOURCE_FAILED;
  status->error = copy != NULL ? copy : "failed, and there is no memory to say why";
  status->read_at = read_at;
}

/* A longer array with the old rows copied over. One row more than asked for, so
 * that room for none is not NULL. */
static void *grow(struct pg_snapshot *snapshot, const void *old, size_t count,
                  size_t more, size_t size) {
  if (more >= SIZE_MAX - count)
    return NULL;
  char *rows = pg_arena_alloc(snapshot->arena, count + more + 1, size);
  if (rows != NULL && count > 0)
    memcpy(rows, old, count * size);
  return rows;
}

/* One adder per table: they differ in the type and in where the rows are. */
#define ADDER(function, type, rows, row_count)                            \
  struct type *function(struct pg_snapshot *snapshot, size_t count) {     \
    size_t have = snapshot->row_count;                                    \
    struct type *grown =                                                  \
        grow(snapshot, snapshot->rows, have, count, sizeof(struct type)); \
    if (grown == NULL)                                                    \
      return NULL;                                                        \
    snapshot->rows = grown;                                               \
    snapshot->row_count = have + count;                                   \
    return grown + have;                                                  \
  }

ADDER(snapshot_listeners, pg_listener, listeners, listener_count)
ADDER(snapshot_processes, pg_process, processes, process_count)
ADDER(snapshot_services, pg_service, services, service_count)
ADDER(snapshot_tags, pg_service_tag, tags, tag_count)
ADDER(snapshot_reservations, pg_reservation, network.reservations,
      network.reservation_count)
ADDER(snapshot_listen_list, pg_listen_entry, network.listen_list, network.listen_count)
ADDER(snapshot_certificates, pg_certificate, network.certificates,
      network.certificate_count)
ADDER(snapshot_ranges, pg_excluded_range, network.ranges, network.range_count)
ADDER(snapshot_proxies, pg_port_proxy, network.proxies, network.proxy_count)
ADDER(snapshot_connections, pg_connection, network.connections, network.connection_count)
