/* What changed in the network configuration, and which URLs came to HTTP.sys and
 * went, between two snapshots. Pure. */
#ifndef PG_DIFF_NETWORK_H
#define PG_DIFF_NETWORK_H

#include "service/snapshot/snapshot.h"

/* One row that only one of the two snapshots has; a row that differs in any column
 * is one that went and one that came. |row| is of the type of |source|'s table
 * (network.h), |snapshot| the one that it is in. */
struct pg_network_change {
  enum pg_source source;
  bool added;
  const void *row;
  const struct pg_snapshot *snapshot;
};

/* Whether |source| has rows that are compared here: the sources of the network
 * configuration, and HTTP_STATE with its registrations. */
bool diff_network_has(enum pg_source source);

/* Both have the same reading of such a source, of which the later one is a copy. */
bool diff_network_is_copy(const struct pg_snapshot *before,
                          const struct pg_snapshot *after, enum pg_source source);

/* Calls |each| for every change of one such source, in the order of its table. Both
 * snapshots must have read it. One URL that another queue has now is no change: a
 * restarted program is not a new site. A one-port dynamic row of the excluded ranges
 * is only the shadow of an HTTP.sys registration, and passed over. */
void diff_network(const struct pg_snapshot *before, const struct pg_snapshot *after,
                  enum pg_source source,
                  void (*each)(void *context, const struct pg_network_change *change),
                  void *context);

#endif
