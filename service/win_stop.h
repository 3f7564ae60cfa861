/* Stopping a service and waiting until it has stopped. Windows only. */
#ifndef PG_WIN_STOP_H
#define PG_WIN_STOP_H

#include <stdint.h>
#include <windows.h>

/* |service| needs SERVICE_STOP and SERVICE_QUERY_STATUS. Returns 0 when it is
 * stopped (one that was not running is), ERROR_TIMEOUT after |deadline_ms|, or
 * why the SCM refused. Blocks: never on the loop. */
uint32_t win_stop_and_wait(SC_HANDLE service, uint32_t deadline_ms);

#endif
