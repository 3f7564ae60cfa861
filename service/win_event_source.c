#include <winsock2.h>
#include <windows.h>

#include "service/win_event_source.h"

#include "service/win_names.h"

#include <stdlib.h>

#define LOG_KEY L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\PortGuard"
#define CATEGORIES 5 /* messages 1 to 5 of messages.mc */
#define TYPES (EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE)

static DWORD set_text(HKEY key, const wchar_t *name, const wchar_t *text) {
  DWORD bytes = (DWORD)((wcslen(text) + 1) * sizeof *text);
  return (DWORD)RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text, bytes);
}

static DWORD set_number(HKEY key, const wchar_t *name, DWORD number) {
  return (DWORD)RegSetValueExW(key, name, 0, REG_DWORD, (const BYTE *)&number,
                               sizeof number);
}

uint32_t win_event_source_add(const wchar_t *image) {
  HKEY key = NULL;
  LONG opened = RegCreateKeyExW(HKEY_LOCAL_MACHINE, LOG_KEY, 0, NULL, 0, KEY_SET_VALUE,
                                NULL, &key, NULL);
  if (opened != ERROR_SUCCESS)
    return (uint32_t)opened;
  DWORD error = set_text(key, L"EventMessageFile", image);
  if (!error)
    error = set_text(key, L"CategoryMessageFile", image);
  if (!error)
    error = set_number(key, L"CategoryCount", CATEGORIES);
  if (!error)
    error = set_number(key, L"TypesSupported", TYPES);
  RegCloseKey(key);
  return error;
}

static bool has_text(HKEY key, const wchar_t *name, const wchar_t *text) {
  DWORD bytes = WIN_PATH_CHARS * sizeof(wchar_t);
  wchar_t *found = malloc(bytes);
  bool has =
      found &&
      RegGetValueW(key, NULL, name, RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND,
                   NULL, found, &bytes) == ERROR_SUCCESS &&
      CompareStringOrdinal(found, -1, text, -1, TRUE) == CSTR_EQUAL;
  free(found);
  return has;
}

static bool has_number(HKEY key, const wchar_t *name, DWORD number) {
  DWORD found = 0, bytes = sizeof found;
  return RegGetValueW(key, NULL, name, RRF_RT_REG_DWORD, NULL, &found, &bytes) ==
             ERROR_SUCCESS &&
         found == number;
}

bool win_event_source_is(const wchar_t *image) {
  HKEY key = NULL;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, LOG_KEY, 0, KEY_QUERY_VALUE, &key) !=
      ERROR_SUCCESS)
    return false;
  bool is = has_text(key, L"EventMessageFile", image) &&
            has_text(key, L"CategoryMessageFile", image) &&
            has_number(key, L"CategoryCount", CATEGORIES) &&
            has_number(key, L"TypesSupported", TYPES);
  RegCloseKey(key);
  return is;
}

uint32_t win_event_source_remove(void) {
  LONG error = RegDeleteKeyW(HKEY_LOCAL_MACHINE, LOG_KEY);
  return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : (uint32_t)error;
}
