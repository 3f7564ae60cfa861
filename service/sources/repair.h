/* What a program printed, made fit to be kept in a snapshot. */
#ifndef PG_REPAIR_H
#define PG_REPAIR_H

#include "service/snapshot/snapshot.h"

/* A terminated copy in the snapshot's arena. A byte that is not UTF-8 (and a NUL)
 * becomes one '?', neither more nor less, so that a lead byte can never swallow the
 * line end behind it and the text keeps its length. NULL: no memory. */
char *source_keep_text(struct pg_snapshot *snapshot, const char *text, size_t len);

#endif
