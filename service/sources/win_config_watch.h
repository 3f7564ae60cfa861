/* Windows' own notice that the network configuration has changed: HTTP.sys's
 * parameters and the port proxies in the registry. Excluded port ranges have none; a
 * reading every PG_NETWORK_REFRESH_MS finds those, and whatever could not be
 * watched. Windows only. */
#ifndef PG_WIN_CONFIG_WATCH_H
#define PG_WIN_CONFIG_WATCH_H

#include <stdbool.h>

#define WIN_WATCHED_KEYS 4

/* All zero: nothing is watched. */
struct win_config_watch {
  struct win_watched_key {
    void *key;   /* HKEY, NULL: not watched */
    void *event; /* HANDLE */
  } keys[WIN_WATCHED_KEYS];
};

/* Watches from here on, and forgets what was told before. Call before the
 * configuration is read, so that a change during the reading is told afterwards. A
 * key that does not exist is told of when it appears. Any thread, whose end does not
 * matter. */
void win_config_watch_arm(struct win_config_watch *watch);
/* Whether something has changed since it was armed last. Does not block and does not
 * forget. Any thread, but never while it is being armed. */
bool win_config_watch_changed(const struct win_config_watch *watch);
void win_config_watch_close(struct win_config_watch *watch);

#endif
