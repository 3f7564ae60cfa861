/* The local ports that connections use. Windows only. */
#ifndef PG_WIN_CONNECTIONS_H
#define PG_WIN_CONNECTIONS_H

#include "service/snapshot/snapshot.h"

/* Adds the rows of the TCP table that are no listeners and whose port has none in
 * |snapshot|, whose listeners were added before: nobody asks about others. A family
 * that cannot be read makes the source FAILED; the rows of the other one stand.
 * Sampling lane only. Errors: PG_E_NOMEM. */
enum pg_error win_connections_add(struct pg_snapshot *snapshot, int64_t now,
                                  int64_t now_mono);

#endif
