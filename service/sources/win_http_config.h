/* HTTP.sys's configuration from the API made for it: URL reservations, the IP listen
 * list, certificate bindings. Windows only. */
#ifndef PG_WIN_HTTP_CONFIG_H
#define PG_WIN_HTTP_CONFIG_H

#include "service/snapshot/snapshot.h"

/* Fills the three sources of |snapshot|; see http_config.h for what makes one
 * FAILED. While the HTTP service does not run nothing is asked, because asking might
 * start it, and they stay ABSENT. Network lane only. Errors: PG_E_NOMEM. */
enum pg_error win_http_config_add(struct pg_snapshot *snapshot, int64_t now);

#endif
