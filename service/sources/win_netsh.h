/* The one child process of the service: netsh, which is the only way to ask
 * HTTP.sys who registered what. Windows only. */
#ifndef PG_WIN_NETSH_H
#define PG_WIN_NETSH_H

#include "service/sources/source.h"

/* Runs `netsh http show servicestate view=requestq` unless the HTTP service does
 * not run, and fills |reading| but for its times. Netsh lane only; returns
 * within |deadline_ms| and a moment. */
void win_netsh_read(struct http_reading *reading);

#endif
