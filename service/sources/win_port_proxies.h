/* The rules of `netsh interface portproxy`, from the registry: no API tells them.
 * Windows only. */
#ifndef PG_WIN_PORT_PROXIES_H
#define PG_WIN_PORT_PROXIES_H

#include "service/snapshot/snapshot.h"

/* Adds them to |snapshot|. No key means no rules. A value that is no rule is left
 * out and makes the source FAILED with words that quote it; the other rules stand.
 * Network lane only. Errors: PG_E_NOMEM. */
enum pg_error win_port_proxies_add(struct pg_snapshot *snapshot, int64_t now);

#endif
