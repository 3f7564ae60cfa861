/* Copying rows from one snapshot into the arena of another. For copy_details.c and
 * copy_network.c only. */
#ifndef PG_SNAPSHOT_COPY_H
#define PG_SNAPSHOT_COPY_H

#include "service/snapshot/snapshot.h"

/* |ok| starts true and remembers that memory ran out, so that a whole table is
 * copied in one go and looked at once, at its end. */
struct snapshot_copy {
  struct pg_snapshot *to;
  bool ok;
};

/* NULL stays NULL and is no failure. */
const char *snapshot_copy_text(struct snapshot_copy *copy, const char *from);
/* NULL when |count| is 0. */
const char *const *snapshot_copy_texts(struct snapshot_copy *copy,
                                       const char *const *from, size_t count);
void snapshot_copy_status(struct snapshot_copy *copy, const struct pg_snapshot *from,
                          enum pg_source source);

#endif
