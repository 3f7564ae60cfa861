#include <winsock2.h>
#include <windows.h>

#include "service/win_event_source.h"

#define LOG_KEY L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\PortGuard"
#define CATEGORIES 5 /* messages 1 to 5 of messages.mc */

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
  DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
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
    error = set_number(key, L"TypesSupported", types);
  RegCloseKey(key);
  return error;
}

uint32_t win_event_source_remove(void) {
  LONG error = RegDeleteKeyW(HKEY_LOCAL_MACHINE, LOG_KEY);
  return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : (uint32_t)error;
}
