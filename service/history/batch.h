/* What is to be remembered, on its way to the disk. The loop thread fills a batch and
 * hands it to the history lane, which only reads it. */
#ifndef PG_HISTORY_BATCH_H
#define PG_HISTORY_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum history_what {
  HISTORY_CHANGE, /* what an event says */
  HISTORY_BEGIN,  /* a holder has a port */
  HISTORY_END,    /* and has it no more */
  HISTORY_ACTION  /* an action, with its plan and what came of it */
};

struct history_row {
  enum history_what what;
  int64_t at;    /* wall clock, ms */
  int event;     /* CHANGE, ACTION: ID in the Event Log, or 0 */
  uint16_t port; /* 0: it is about none */
  /* BEGIN, END: identity of one holder, "service:W3SVC" or "process:C:\nginx\nginx.exe".
   * CHANGE, ACTION: of all whom it concerns, one per line as in pg_port.reported, so
   * that it is found when somebody asks about one of them; or NULL. */
  const char *holder;
  const char *data;    /* a JSON object on one line; END: NULL */
  const char *how;     /* END: "released", "replaced", "unknown" */
  const char *summary; /* CHANGE, ACTION: in one line, for people; or NULL */
  int64_t shown;       /* CHANGE: its ID in `watch`, or 0 */
};

struct history_batch;

struct history_batch *history_batch_new(void); /* NULL without memory */
void history_batch_free(struct history_batch *batch);
/* Copies |row|. False: no memory, or one of PG_HISTORY_BATCH_MAX and
 * PG_HISTORY_BATCH_ROWS is reached; what was in it stays. */
bool history_batch_add(struct history_batch *batch, const struct history_row *row);
const struct history_row *history_batch_rows(const struct history_batch *batch,
                                             size_t *count);

#endif
