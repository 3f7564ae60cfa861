/* Windows' own notice that something below HKEY_LOCAL_MACHINE has changed. Windows
 * only. */
#ifndef PG_WIN_REGISTRY_WATCH_H
#define PG_WIN_REGISTRY_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#define WIN_WATCHED_KEYS 4

struct win_watched_place {
  const wchar_t *path;
  bool whole; /* everything below it, values too; else the names of its subkeys */
};

/* All zero: nothing is watched. */
struct win_registry_watch {
  struct win_watched_key {
    void *key;   /* HKEY, NULL: not watched */
    void *event; /* HANDLE */
  } keys[WIN_WATCHED_KEYS];
};

/* Watches |count| places, at most WIN_WATCHED_KEYS, from here on, and forgets what was
 * told before; each stands before the ones above it. Call before they are read, so that a
 * change during the reading is told afterwards. A key that does not exist is told of when
 * it appears, if the one above it is watched too. Any thread, whose end does not matter.
 */
void win_registry_watch_arm(struct win_registry_watch *watch,
                            const struct win_watched_place *places, size_t count);
/* Whether something has changed since it was armed last. Does not block and does not
 * forget. Any thread, but never while it is being armed. */
bool win_registry_watch_changed(const struct win_registry_watch *watch);
void win_registry_watch_close(struct win_registry_watch *watch);

#endif
