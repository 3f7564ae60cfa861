#include "service/sources/win_config_watch.h"

#include <string.h>
#include <windows.h>

/* Windows 8 and later: the notice outlives the thread that asked for it. */
#ifndef REG_NOTIFY_THREAD_AGNOSTIC
#define REG_NOTIFY_THREAD_AGNOSTIC 0x10000000
#endif

#define SERVICES L"SYSTEM\\CurrentControlSet\\Services"

/* A parent is watched for its own subkeys only: all of the services' keys change far
 * too often. */
static const struct {
  const wchar_t *key, *parent;
} paths[WIN_WATCHED_KEYS] = {
    {SERVICES L"\\HTTP\\Parameters", SERVICES L"\\HTTP"},
    {SERVICES L"\\PortProxy", SERVICES},
};

void win_config_watch_open(struct win_config_watch *watch) {
  memset(watch, 0, sizeof *watch);
  for (int i = 0; i < WIN_WATCHED_KEYS; i++)
    watch->keys[i].event = CreateEventW(NULL, TRUE, FALSE, NULL);
}

static void close_key(struct win_watched_key *watched) {
  if (watched->key)
    RegCloseKey(watched->key);
  watched->key = NULL;
  watched->armed = false;
}

void win_config_watch_close(struct win_config_watch *watch) {
  for (int i = 0; i < WIN_WATCHED_KEYS; i++) {
    close_key(&watch->keys[i]);
    if (watch->keys[i].event)
      CloseHandle(watch->keys[i].event);
  }
}

static bool arm_at(struct win_watched_key *watched, const wchar_t *path, bool subtree) {
  DWORD filter = REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_THREAD_AGNOSTIC;
  HKEY key = NULL;
  if (subtree)
    filter |= REG_NOTIFY_CHANGE_LAST_SET;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_NOTIFY, &key) != ERROR_SUCCESS)
    return false;
  watched->key = key;
  watched->armed = RegNotifyChangeKeyValue(key, subtree, filter, watched->event, TRUE) ==
                   ERROR_SUCCESS;
  if (!watched->armed)
    close_key(watched);
  return watched->armed;
}

static bool was_told(const struct win_watched_key *watched) {
  return watched->armed && WaitForSingleObject(watched->event, 0) == WAIT_OBJECT_0;
}

void win_config_watch_arm(struct win_config_watch *watch) {
  for (int i = 0; i < WIN_WATCHED_KEYS; i++) {
    struct win_watched_key *watched = &watch->keys[i];
    if (!watched->event || (watched->armed && !was_told(watched)))
      continue;
    /* Opened anew each time: it may be another key by now, or the parent's turn to
     * hand over. Closing tells the event too, so it is set back only then. */
    close_key(watched);
    ResetEvent(watched->event);
    if (!arm_at(watched, paths[i].key, true))
      (void)arm_at(watched, paths[i].parent, false);
  }
}

bool win_config_watch_changed(const struct win_config_watch *watch) {
  bool changed = false;
  for (int i = 0; i < WIN_WATCHED_KEYS; i++)
    changed = changed || was_told(&watch->keys[i]);
  return changed;
}
