#include "service/history/batch.h"

#include "common/arena.h"
#include "common/limits.h"

#include <stdlib.h>

#define ROWS_FIRST 64

struct history_batch {
  struct pg_arena *texts;
  struct history_row *rows;
  size_t count, room;
};

struct history_batch *history_batch_new(void) {
  struct history_batch *batch = calloc(1, sizeof *batch);
  if (batch == NULL)
    return NULL;
  batch->texts = pg_arena_new(PG_HISTORY_BATCH_MAX);
  if (batch->texts == NULL) {
    free(batch);
    return NULL;
  }
  return batch;
}

void history_batch_free(struct history_batch *batch) {
  if (batch == NULL)
    return;
  pg_arena_free(batch->texts);
  free(batch->rows);
  free(batch);
}

static bool make_room(struct history_batch *batch) {
  if (batch->count < batch->room)
    return true;
  if (batch->count >= PG_HISTORY_BATCH_ROWS)
    return false;
  size_t room = batch->room > 0 ? batch->room * 2 : ROWS_FIRST;
  struct history_row *rows = realloc(batch->rows, room * sizeof *rows);
  if (rows == NULL)
    return false;
  batch->rows = rows;
  batch->room = room;
  return true;
}

/* False: there was a text and no room for it. */
static bool copy(struct pg_arena *texts, const char **text) {
  const char *given = *text;
  *text = pg_arena_str(texts, given);
  return *text != NULL || given == NULL;
}

bool history_batch_add(struct history_batch *batch, const struct history_row *row) {
  struct history_row made = *row;
  if (!make_room(batch) || !copy(batch->texts, &made.holder) ||
      !copy(batch->texts, &made.data) || !copy(batch->texts, &made.how) ||
      !copy(batch->texts, &made.summary))
    return false;
  batch->rows[batch->count++] = made;
  return true;
}

const struct history_row *history_batch_rows(const struct history_batch *batch,
                                             size_t *count) {
  *count = batch->count;
  return batch->rows;
}
