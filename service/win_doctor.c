#include <winsock2.h>
#include <windows.h>

#include "service/doctor_look.h"

#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"

#include <stdlib.h>
#include <wchar.h>

#define NETSH L"\\netsh.exe"

int64_t doctor_free_bytes(const char *folder) {
  ULARGE_INTEGER available;
  wchar_t *wide = win_wide(folder);
  bool told = wide != NULL && GetDiskFreeSpaceExW(wide, &available, NULL, NULL);
  free(wide);
  return told && available.QuadPart < INT64_MAX ? (int64_t)available.QuadPart : -1;
}

enum pg_error doctor_find_netsh(struct pg_fault *fault) {
  wchar_t path[MAX_PATH + sizeof NETSH / sizeof *NETSH];
  char words[WIN_ERROR_CHARS], shown[160];
  UINT len = GetSystemDirectoryW(path, MAX_PATH);
  if (len == 0 || len >= MAX_PATH)
    return pg_fail(fault, PG_E_WINDOWS, "%s",
                   win_error(words, sizeof words, "GetSystemDirectoryW", GetLastError()));
  wmemcpy(path + len, NETSH, sizeof NETSH / sizeof *NETSH);
  if (GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES)
    return PG_OK;
  char *text = win_utf8(path);
  (void)pg_fail(fault, PG_E_NOTFOUND, "there is no %s",
                pg_escape(shown, sizeof shown, text != NULL ? text : "netsh.exe"));
  pg_fault_hint(fault, "sfc /scannow");
  free(text);
  return PG_E_NOTFOUND;
}
