/* Making a snapshot, filling it, and its end. seal.c makes it readable. */
#include "service/snapshot/snapshot.h"

#include <stdlib.h>
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

struct pg_listener *snapshot_listeners(struct pg_snapshot *snapshot, size_t count) {
  size_t have = snapshot->listener_count;
  struct pg_listener *rows =
      grow(snapshot, snapshot->listeners, have, count, sizeof *rows);
  if (rows == NULL)
    return NULL;
  snapshot->listeners = rows;
  snapshot->listener_count = have + count;
  return rows + have;
}

struct pg_process *snapshot_processes(struct pg_snapshot *snapshot, size_t count) {
  size_t have = snapshot->process_count;
  struct pg_process *rows =
      grow(snapshot, snapshot->processes, have, count, sizeof *rows);
  if (rows == NULL)
    return NULL;
  snapshot->processes = rows;
  snapshot->process_count = have + count;
  return rows + have;
}

struct pg_service *snapshot_services(struct pg_snapshot *snapshot, size_t count) {
  size_t have = snapshot->service_count;
  struct pg_service *rows = grow(snapshot, snapshot->services, have, count, sizeof *rows);
  if (rows == NULL)
    return NULL;
  snapshot->services = rows;
  snapshot->service_count = have + count;
  return rows + have;
}

struct pg_service_tag *snapshot_tags(struct pg_snapshot *snapshot, size_t count) {
  size_t have = snapshot->tag_count;
  struct pg_service_tag *rows = grow(snapshot, snapshot->tags, have, count, sizeof *rows);
  if (rows == NULL)
    return NULL;
  snapshot->tags = rows;
  snapshot->tag_count = have + count;
  return rows + have;
}
