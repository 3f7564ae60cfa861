/* What the rows of a capture have in common. For capture_read.c and its neighbours. */
#ifndef PG_CAPTURE_FIELDS_H
#define PG_CAPTURE_FIELDS_H

#include "common/json_fields.h"
#include "service/snapshot/snapshot.h"

/* The address in "family" and "local_address". */
void capture_address(struct pg_fields *in, struct pg_address *address);

/* One array of objects, or none. */
struct capture_table {
  const char *key;
  enum pg_need need;
  bool (*room)(struct pg_snapshot *snapshot, size_t count); /* false: no memory */
  void (*read_row)(struct pg_fields *in, struct pg_snapshot *snapshot, size_t index);
};

/* Reads member |table->key| of the current object, and stays at that object. False
 * when the member is missing or something was wrong. */
bool capture_rows(struct pg_fields *in, struct pg_snapshot *snapshot,
                  const struct capture_table *table);

#endif
