#include <winsock2.h>
#include <windows.h>

#include "service/doctor_look.h"

#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"
#include "service/sources/win_netsh.h"
#include "service/win_setup.h"

#include <assert.h>
#include <stdlib.h>

int64_t doctor_free_bytes(const char *folder) {
  ULARGE_INTEGER available;
  wchar_t *wide = win_wide(folder);
  bool told = wide != NULL && GetDiskFreeSpaceExW(wide, &available, NULL, NULL);
  free(wide);
  return told && available.QuadPart < INT64_MAX ? (int64_t)available.QuadPart : -1;
}

static_assert((int)DOCTOR_SETUPS == (int)WIN_SETUP_COUNT, "each has a check of its own");
#define X(name, text, side)                                   \
  static_assert((int)DOCTOR_SETUP_##name == WIN_SETUP_##name, \
                "both lists are in one order");
PG_DOCTOR_SETUP_LIST(X)
#undef X

void doctor_look_setup(struct doctor_setting settings[DOCTOR_SETUPS]) {
  struct pg_fault faults[WIN_SETUP_COUNT];
  win_setup_look(faults);
  for (int i = 0; i < DOCTOR_SETUPS; i++) {
    settings[i].fault = faults[i];
    settings[i].unknown = win_setup_unknown(&faults[i]);
  }
}

enum pg_error doctor_find_netsh(struct pg_fault *fault) {
  wchar_t path[WIN_NETSH_PATH_CHARS];
  char words[WIN_ERROR_CHARS], shown[160];
  if (!win_netsh_path(path))
    return pg_fail(fault, PG_E_WINDOWS, "%s",
                   win_error(words, sizeof words, "GetSystemDirectoryW", GetLastError()));
  if (GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES)
    return PG_OK;
  char *text = win_utf8(path);
  (void)pg_fail(fault, PG_E_NOTFOUND, "there is no %s",
                pg_escape(shown, sizeof shown, text != NULL ? text : "netsh.exe"));
  pg_fault_hint(fault, "sfc /scannow");
  free(text);
  return PG_E_NOTFOUND;
}
