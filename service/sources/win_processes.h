/* Which processes run. Names of all of them come from one Toolhelp snapshot;
 * image path and start time cost an open handle each and are read only for
 * those that could matter. Windows only. */
#ifndef PG_WIN_PROCESSES_H
#define PG_WIN_PROCESSES_H

#include "service/snapshot/snapshot.h"

/* Adds the processes to |snapshot|, after its listeners, services and queues:
 * their PIDs are the ones looked at closely. A path or a start time that Windows
 * does not tell stays NULL or 0. Errors: PG_E_NOMEM; a refusal by Windows is the
 * source's failure and PG_OK. */
enum pg_error win_processes_add(struct pg_snapshot *snapshot, int64_t now);

#endif
