/* Windows' own notice that the network configuration has changed: HTTP.sys's
 * parameters and the port proxies in the registry. Excluded port ranges have none; a
 * reading every PG_NETWORK_REFRESH_MS finds those, and whatever could not be
 * watched. Windows only. */
#ifndef PG_WIN_CONFIG_WATCH_H
#define PG_WIN_CONFIG_WATCH_H

#include "common/win_registry_watch.h"

/* Watches those keys from here on, as win_registry_watch_arm does. */
void win_config_watch_arm(struct win_registry_watch *watch);

#endif
