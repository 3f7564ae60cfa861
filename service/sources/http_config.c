#include "service/sources/http_config.h"

#include "common/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES (4u * PG_KIB)
#define LIST_BYTES_MAX (64u * PG_MIB)
/* How often a list may differ from its last reading before it is given up. */
#define READINGS 4
#define NO_ROOM "there is no memory for HTTP.sys's configuration"

/* Reading one list. */
struct reading {
  const struct http_list *list;
  const char *(*words)(char *out, size_t size, uint32_t code);
  void *buffer;
  uint32_t size;
  char why[160]; /* "" as long as nothing is wrong */
};

/* --- records --- */

static bool make_room(struct http_records *records) {
  if (records->count < records->capacity)
    return true;
  size_t capacity = records->capacity == 0 ? 64 : 2 * records->capacity;
  struct http_record *rows = pg_arena_alloc(records->arena, capacity, sizeof *rows);
  if (rows == NULL)
    return false;
  if (records->count > 0)
    memcpy(rows, records->rows, records->count * sizeof *rows);
  records->rows = rows;
  records->capacity = capacity;
  return true;
}

static bool keep(struct pg_arena *arena, const char **out, const char *text) {
  *out = pg_arena_str(arena, text);
  return text == NULL || *out != NULL;
}

bool http_records_add(struct http_records *records, const struct http_record *record) {
  if (records->arena == NULL || !make_room(records))
    return false;
  struct http_record *row = &records->rows[records->count];
  bool ok = keep(records->arena, &row->key, record->key);
  for (size_t i = 0; ok && i < HTTP_VALUES; i++)
    ok = keep(records->arena, &row->values[i], record->values[i]);
  records->count += ok;
  return ok;
}

static bool same_text(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_records(const struct http_records *a, const struct http_records *b) {
  bool same = a->count == b->count;
  for (size_t i = 0; same && i < a->count; i++) {
    same = same_text(a->rows[i].key, b->rows[i].key);
    for (size_t k = 0; same && k < HTTP_VALUES; k++)
      same = same_text(a->rows[i].values[k], b->rows[i].values[k]);
  }
  return same;
}

static void start(struct http_records *records) {
  *records = (struct http_records){.arena = pg_arena_new(LIST_BYTES_MAX)};
}

static void drop(struct http_records *records) {
  pg_arena_free(records->arena);
  *records = (struct http_records){0};
}

/* --- one record, one list --- */

/* At least twice as much each time, whatever the API says it needs: one that is
 * never content meets the ceiling soon. */
static bool grow(struct reading *reading, uint32_t needed) {
  uint32_t size = reading->size == 0 ? FIRST_BYTES : 2 * reading->size;
  if (size < needed)
    size = needed;
  if (size > PG_HTTP_RECORD_MAX) {
    snprintf(reading->why, sizeof reading->why,
             "HttpQueryServiceConfiguration asks for more than %u KiB for one record",
             PG_HTTP_RECORD_MAX / PG_KIB);
    return false;
  }
  void *buffer = realloc(reading->buffer, size);
  if (buffer == NULL) {
    snprintf(reading->why, sizeof reading->why, NO_ROOM);
    return false;
  }
  reading->buffer = buffer;
  reading->size = size;
  return true;
}

static uint32_t ask(struct reading *reading, uint32_t token, uint32_t *needed) {
  *needed = 0;
  if (reading->size == 0)
    return HTTP_CONFIG_SMALL;
  /* What is fixed in a record and never written must not be what lay there. */
  memset(reading->buffer, 0, FIRST_BYTES);
  return reading->list->query(token, reading->buffer, reading->size, needed);
}

/* Returns 0 when the record is in the buffer. */
static uint32_t fetch(struct reading *reading, uint32_t token) {
  uint32_t needed = 0, code = ask(reading, token, &needed);
  while ((code == HTTP_CONFIG_SMALL || code == HTTP_CONFIG_MORE_DATA) &&
         grow(reading, needed))
    code = ask(reading, token, &needed);
  return code;
}

static void read_once(struct reading *reading, struct http_records *records) {
  const struct http_list *list = reading->list;
  uint32_t code = 0;
  for (uint32_t token = 0; code == 0 && reading->why[0] == '\0'; token++) {
    if (list->single && token > 0)
      return;
    code = fetch(reading, token);
    if (code == 0 && records->count >= PG_HTTP_RECORDS)
      snprintf(reading->why, sizeof reading->why,
               "HTTP.sys has more than %d entries of this kind", PG_HTTP_RECORDS);
    else if (code == 0 && !list->decode(reading->buffer, reading->size, records))
      snprintf(reading->why, sizeof reading->why, NO_ROOM);
  }
  if (reading->why[0] == '\0' && code != 0 && code != HTTP_CONFIG_END &&
      code != HTTP_CONFIG_MISSING)
    reading->words(reading->why, sizeof reading->why, code);
}

/* A reading that breaks off must not take away what the one before it knew. */
static void read_list(struct reading *reading, struct http_records *records) {
  struct http_records next;
  start(records);
  read_once(reading, records);
  for (int i = 1; i < READINGS && reading->why[0] == '\0'; i++) {
    start(&next);
    read_once(reading, &next);
    if (reading->why[0] != '\0' || same_records(records, &next)) {
      drop(&next);
      return;
    }
    drop(records);
    *records = next;
  }
  if (reading->why[0] == '\0')
    snprintf(reading->why, sizeof reading->why,
             "HttpQueryServiceConfiguration gave another list each of %d times",
             READINGS);
}

/* --- rows --- */

static bool add_reservations(struct pg_snapshot *snapshot,
                             const struct http_records *records) {
  struct pg_reservation *rows = snapshot_reservations(snapshot, records->count);
  bool ok = rows != NULL;
  for (size_t i = 0; ok && i < records->count; i++)
    ok = keep(snapshot->arena, &rows[i].url, records->rows[i].key) &&
         keep(snapshot->arena, &rows[i].sddl, records->rows[i].values[0]);
  return ok;
}

static bool add_listen_list(struct pg_snapshot *snapshot,
                            const struct http_records *records) {
  struct pg_listen_entry *rows = snapshot_listen_list(snapshot, records->count);
  bool ok = rows != NULL;
  for (size_t i = 0; ok && i < records->count; i++)
    ok = keep(snapshot->arena, &rows[i].text, records->rows[i].key);
  return ok;
}

static bool add_certificates(struct pg_snapshot *snapshot,
                             const struct http_records *records) {
  struct pg_certificate *rows = snapshot_certificates(snapshot, records->count);
  bool ok = rows != NULL;
  for (size_t i = 0; ok && i < records->count; i++) {
    const struct http_record *record = &records->rows[i];
    ok = keep(snapshot->arena, &rows[i].endpoint, record->key) &&
         keep(snapshot->arena, &rows[i].hash, record->values[0]) &&
         keep(snapshot->arena, &rows[i].store, record->values[1]) &&
         keep(snapshot->arena, &rows[i].app_id, record->values[2]);
  }
  return ok;
}

static bool add_rows(struct pg_snapshot *snapshot, enum pg_source source,
                     const struct http_records *records) {
  if (source == PG_SOURCE_RESERVATIONS)
    return add_reservations(snapshot, records);
  if (source == PG_SOURCE_LISTEN_LIST)
    return add_listen_list(snapshot, records);
  return add_certificates(snapshot, records);
}

enum pg_error http_config_add(struct pg_snapshot *snapshot, enum pg_source source,
                              const struct http_list *lists, size_t count,
                              const char *(*words)(char *out, size_t size, uint32_t code),
                              int64_t now) {
  bool ok = true;
  snapshot_source_read(snapshot, source, now);
  for (size_t i = 0; ok && i < count; i++) {
    struct reading reading = {.list = &lists[i], .words = words};
    struct http_records records;
    read_list(&reading, &records);
    ok = add_rows(snapshot, source, &records);
    if (reading.why[0] != '\0')
      snapshot_source_failed(snapshot, source, now, reading.why);
    drop(&records);
    free(reading.buffer);
  }
  return ok ? PG_OK : PG_E_NOMEM;
}
