/* Whether a path stays on this machine's own drives. Windows only. */
#ifndef PG_FILES_WIN_LOCAL_H
#define PG_FILES_WIN_LOCAL_H

#include "common/error.h"

/* |path| is "C:\…" without "..". Refuses a drive that is another machine's, and a link in
 * any of its parts, before anything behind them is opened: to follow one there would show
 * this machine's account to whoever it leads to, and wait for them. What is not there is
 * fine. May block, on a drive that does not answer. Errors: PG_E_REFUSED, PG_E_NOMEM. */
enum pg_error win_local_check(const char *path, struct pg_fault *fault);

#endif
