/* What is told of the guarded ports: their states, who holds them, and how often that
 * changed. Pure but for what it remembers. Loop thread only. */
#ifndef PG_METERING_PORTS_H
#define PG_METERING_PORTS_H

#include "common/limits.h"
#include "service/eventlog/events.h"
#include "service/policy/settings.h"
#include "service/snapshot/snapshot.h"

/* A counter of each change of a port's holders, by its event. */
#define METERED_CHANGE_LIST(X)           \
  X(TAKEN, PORT_TAKEN, "taken")          \
  X(RELEASED, PORT_RELEASED, "released") \
  X(HOLDER, HOLDER_CHANGED, "holder_changed")

enum metered_change {
#define X(name, event, text) METERED_##name,
  METERED_CHANGE_LIST(X)
#undef X
      METERED_CHANGES
};

struct pg_text;

struct metered_port {
  uint16_t port;
  uint64_t changes[METERED_CHANGES];
};

/* The first PG_METRICS_PORTS of the guarded ports; of how many. Born zeroed. */
struct metered_ports {
  size_t count, guarded;
  struct metered_port rows[PG_METRICS_PORTS];
  /* Names of programs that have been a label's value in this run. Whoever may take a
   * guarded port chooses such a name, and could choose another one every second: each is
   * a time series that somebody else's server keeps for weeks. Names of services are not
   * counted, since only administrators make services. */
  size_t name_count;
  char *names[PG_METRICS_NAMES];
};

/* Other ports are guarded. Counters of those that stay go on. */
void metered_ports_guard(struct metered_ports *ports, const struct pg_ports *guarded);
/* An event about |port|. True: it is one that is counted here. */
bool metered_ports_count(struct metered_ports *ports, enum pg_event_id id, uint16_t port);
void metered_ports_free(struct metered_ports *ports);

/* The metrics with the label "port". |snapshot| NULL: nothing has been seen yet. */
void metered_ports_write(struct metered_ports *ports, const struct pg_snapshot *snapshot,
                         struct pg_text *out);

#endif
