/* What changed between two snapshots. Pure. */
#ifndef PG_DIFF_H
#define PG_DIFF_H

#include "service/snapshot/snapshot.h"

#define PG_CHANGE_LIST(X)      \
  X(TAKEN, "port_taken")       \
  X(RELEASED, "port_released") \
  X(HOLDER, "holder_changed")  \
  X(ADDRESSES, "addresses_changed")

enum pg_change_kind {
#define X(name, text) PG_CHANGE_##name,
  PG_CHANGE_LIST(X)
#undef X
};

const char *pg_change_name(enum pg_change_kind kind);

/* |before| is in the older snapshot, |after| in the newer; NULL where the port
 * had no listener (but see diff_snapshots for one that vanished while pending).
 * Valid while both snapshots are held. */
struct pg_change {
  enum pg_change_kind kind;
  uint16_t port;
  const struct pg_port *before, *after;
};

/* Calls |each| for every change, in port order. Only |reported| decides who held
 * a port; ADDRESSES means that the same holders listen on others. A port whose
 * attribution is pending is not reported; one that vanished while pending is reported as
 * taken (|after| is then the older snapshot's record) and then released, so that nothing
 * is lost.
 *
 * A listener whose table (tcp.ipv4, tcp.ipv6) FAILED in the other snapshot makes
 * no change of its port: not seen is not gone. What happens during a failure is
 * therefore seen only by comparing with the last snapshot that was whole. */
void diff_snapshots(const struct pg_snapshot *before, const struct pg_snapshot *after,
                    void (*each)(void *context, const struct pg_change *change),
                    void *context);

#endif
