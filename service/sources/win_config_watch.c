#include "service/sources/win_config_watch.h"

#include <windows.h>

/* Windows 8 and later: the notice outlives the thread that asked for it. */
#ifndef REG_NOTIFY_THREAD_AGNOSTIC
#define REG_NOTIFY_THREAD_AGNOSTIC 0x10000000
#endif

#define SERVICES L"SYSTEM\\CurrentControlSet\\Services"

/* The parents, for a key that does not exist yet or goes: not all systems tell of that
 * at the key itself. Of them only the names of their own subkeys: the settings of all
 * services change far too often. */
static const struct {
  const wchar_t *path;
  bool whole; /* everything below it */
} places[WIN_WATCHED_KEYS] = {
    {SERVICES L"\\HTTP\\Parameters", true},
    {SERVICES L"\\HTTP", false},
    {SERVICES L"\\PortProxy", true},
    {SERVICES, false},
};

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
 * and a notice that comes late must not be taken for the next one. */
void win_config_watch_arm(struct win_config_watch *watch) {
  win_config_watch_close(watch);
  for (int i = 0; i < WIN_WATCHED_KEYS; i++)
    open_key(&watch->keys[i], places[i].path, places[i].whole);
}

bool win_config_watch_changed(const struct win_config_watch *watch) {
  bool changed = false;
  for (int i = 0; i < WIN_WATCHED_KEYS && !changed; i++)
    changed = watch->keys[i].event &&
              WaitForSingleObject(watch->keys[i].event, 0) == WAIT_OBJECT_0;
  return changed;
}

void win_config_watch_close(struct win_config_watch *watch) {
  for (int i = 0; i < WIN_WATCHED_KEYS; i++)
    close_key(&watch->keys[i]);
}
