/* Sorting the tables of network.h, for seal.c, and their orders, for whoever
 * compares two snapshots. Rows that differ in nothing compare as 0. */
#ifndef PG_SEAL_NETWORK_H
#define PG_SEAL_NETWORK_H

#include "service/snapshot/snapshot.h"

/* False: no memory. */
bool seal_network(struct pg_network *network);
bool seal_registrations(struct pg_snapshot *snapshot);

/* Of two rows behind pointers to void, as qsort has them. */
int pg_reservation_compare(const void *left, const void *right);
int pg_listen_entry_compare(const void *left, const void *right);
int pg_certificate_compare(const void *left, const void *right);
int pg_excluded_range_compare(const void *left, const void *right);
int pg_port_proxy_compare(const void *left, const void *right);

#endif
