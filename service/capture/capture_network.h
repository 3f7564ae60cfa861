/* The part of a capture that tells the network configuration (snapshot/network.h),
 * for capture_read.c and capture_write.c. */
#ifndef PG_CAPTURE_NETWORK_H
#define PG_CAPTURE_NETWORK_H

#include "service/capture/capture_fields.h"

/* At the top of a capture; stays there. */
void capture_read_network(struct pg_fields *in, struct pg_snapshot *snapshot);

/* The members inside "http" (and whether there are any), and those at the top. */
bool capture_has_http(const struct pg_snapshot *snapshot);
void capture_write_http(struct pg_json *json, const struct pg_snapshot *snapshot);
void capture_write_network(struct pg_json *json, const struct pg_snapshot *snapshot);

/* A table that was not read is left out, so that a reader can tell it from an
 * empty one. A failed one is written as far as it came. */
bool capture_worth_writing(const struct pg_snapshot *snapshot, enum pg_source source,
                           size_t rows);

#endif
