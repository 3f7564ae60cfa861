/* What the policy engine is shown of a snapshot: who holds the ports that matter, how
 * well that is known, and which ports nobody can be sure of. Pure. */
#ifndef PG_POLICING_ROWS_H
#define PG_POLICING_ROWS_H

#include "service/explain/explain.h"
#include "service/policy/engine.h"

/* Names lead into the snapshot. */
struct policing_rows {
  struct pg_arena *arena;
  struct policy_holder *holders;
  size_t count;
  uint16_t *unsure;
  size_t unsure_count;
  const char **put_off; /* room for one service of each row */
};

/* |http_mono|: when the netsh text in it was begun to be read.
 * False: no memory, and |rows| is as it was. */
bool policing_rows_make(struct policing_rows *rows, const struct pg_snapshot *snapshot,
                        const struct pg_settings *settings, int64_t http_mono);
void policing_rows_free(struct policing_rows *rows);
/* Known well enough to act on. */
bool policing_is_certain(const struct pg_port *port, const struct pg_holder *holder);

#endif
