#include "common/win_registry_watch.h"

#include <windows.h>

/* Windows 8 and later: the notice outlives the thread that asked for it. */
#ifndef REG_NOTIFY_THREAD_AGNOSTIC
#define REG_NOTIFY_THREAD_AGNOSTIC 0x10000000
#endif

static void close_key(struct win_watched_key *watched) {
  if (watched->key)
    RegCloseKey(watched->key);
  if (watched->event)
    CloseHandle(watched->event);
  watched->key = watched->event = NULL;
}

static void open_key(struct win_watched_key *watched, const wchar_t *path, bool whole) {
  DWORD filter = REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_THREAD_AGNOSTIC;
  HKEY key = NULL;
  if (whole)
    filter |= REG_NOTIFY_CHANGE_LAST_SET;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_NOTIFY, &key) != ERROR_SUCCESS)
    return;
  watched->key = key;
  watched->event = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (!watched->event ||
      RegNotifyChangeKeyValue(key, whole, filter, watched->event, TRUE) != ERROR_SUCCESS)
    close_key(watched);
}

/* Each time from the beginning, the events included: closing a key tells its event,
 * and a notice that comes late must not be taken for the next one. From the outside in:
 * a key that is made meanwhile is told of by the one above it, or is found. */
void win_registry_watch_arm(struct win_registry_watch *watch,
                            const struct win_watched_place *places, size_t count) {
  win_registry_watch_close(watch);
  for (size_t i = count < WIN_WATCHED_KEYS ? count : WIN_WATCHED_KEYS; i-- > 0;)
    open_key(&watch->keys[i], places[i].path, places[i].whole);
}

bool win_registry_watch_changed(const struct win_registry_watch *watch) {
  bool changed = false;
  for (int i = 0; i < WIN_WATCHED_KEYS && !changed; i++)
    changed = watch->keys[i].event &&
              WaitForSingleObject(watch->keys[i].event, 0) == WAIT_OBJECT_0;
  return changed;
}

void win_registry_watch_close(struct win_registry_watch *watch) {
  for (int i = 0; i < WIN_WATCHED_KEYS; i++)
    close_key(&watch->keys[i]);
}
