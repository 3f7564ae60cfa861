/* The one child process of the service: netsh, which is the only way to ask
 * HTTP.sys who registered what, and the only one to learn which port ranges are
 * excluded. Windows only. */
#ifndef PG_WIN_NETSH_H
#define PG_WIN_NETSH_H

#include "service/sources/source.h"

#include <wchar.h>

/* netsh.exe by its full path: the search path belongs to whoever can change it. Any
 * thread. False: Windows does not tell its system folder, GetLastError() says why. */
#define WIN_NETSH_PATH_CHARS 276
bool win_netsh_path(wchar_t out[WIN_NETSH_PATH_CHARS]);

/* Runs `netsh http show servicestate view=requestq` unless the HTTP service does
 * not run, and fills |reading| but for its times. Netsh lane only; returns
 * within |deadline_ms| and a moment. */
void win_netsh_read(struct http_reading *reading);

/* Runs `netsh int ipv4 show excludedportrange protocol=tcp` and the same for IPv6, and
 * adds what they print; a run that fails makes its source FAILED. Both share the
 * order's deadline. Network lane only. Errors: PG_E_NOMEM. */
enum pg_error win_netsh_add_ranges(struct pg_snapshot *snapshot,
                                   const struct network_order *order);

#endif
