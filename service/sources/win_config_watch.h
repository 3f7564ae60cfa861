/* Windows' own notice that the network configuration has changed: HTTP.sys's
 * parameters and the port proxies in the registry. Excluded port ranges have none; a
 * reading every PG_NETWORK_REFRESH_MS finds those, and whatever could not be
 * watched. Windows only. */
#ifndef PG_WIN_CONFIG_WATCH_H
#define PG_WIN_CONFIG_WATCH_H

#include <stdbool.h>

#define WIN_WATCHED_KEYS 2

struct win_config_watch {
  struct win_watched_key {
    void *key;   /* HKEY, or NULL */
    void *event; /* HANDLE, NULL: none could be made, and nothing is ever told */
    bool armed;
  } keys[WIN_WATCHED_KEYS];
};

void win_config_watch_open(struct win_config_watch *watch);
void win_config_watch_close(struct win_config_watch *watch);

/* Call before the configuration is read, so that a change during the reading is told
 * afterwards. A key that does not exist is waited for at its parent. Any thread. */
void win_config_watch_arm(struct win_config_watch *watch);
/* Whether something has changed since it was armed last. Does not block and does not
 * forget. Any thread, but never while it is being armed. */
bool win_config_watch_changed(const struct win_config_watch *watch);

#endif
