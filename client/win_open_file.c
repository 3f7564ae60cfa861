#include "client/open_file.h"

#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"

#include <windows.h>
#include <objbase.h>
#include <shellapi.h>

#include <stdlib.h>
#include <string.h>

static enum pg_error failed(const char *path, const char *function,
                            struct pg_fault *fault) {
  char shown[256], words[WIN_ERROR_CHARS];
  DWORD code = GetLastError();
  pg_fail(fault, PG_E_WINDOWS, "cannot open \"%s\": %s",
          pg_escape(shown, sizeof shown, path),
          win_error(words, sizeof words, function, code));
  if (fault != NULL)
    fault->win32 = code;
  return PG_E_WINDOWS;
}

/* The whole path, so that the name is no URL and no program found on the way. NULL: no
 * memory. */
static wchar_t *whole_path(const char *path) {
  wchar_t *wide = win_wide(path), *whole = NULL;
  DWORD size = wide != NULL ? GetFullPathNameW(wide, 0, NULL, NULL) : 0;
  if (size > 0)
    whole = calloc(size, sizeof *whole);
  if (whole != NULL && GetFullPathNameW(wide, size, whole, NULL) >= size) {
    free(whole);
    whole = NULL;
  }
  free(wide);
  return whole;
}

/* NOASYNC: this program ends before a thread of its own would be done. */
enum pg_error open_file(const char *path, struct pg_fault *fault) {
  SHELLEXECUTEINFOW what;
  wchar_t *whole = whole_path(path);
  if (whole == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  memset(&what, 0, sizeof what);
  what.cbSize = sizeof what;
  what.fMask = SEE_MASK_NOASYNC | SEE_MASK_FLAG_NO_UI;
  what.lpFile = whole;
  what.nShow = SW_SHOWNORMAL;
  /* Extensions of the shell may need it. */
  HRESULT begun = CoInitializeEx(NULL, COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE);
  enum pg_error err =
      ShellExecuteExW(&what) ? PG_OK : failed(path, "ShellExecuteExW", fault);
  if (SUCCEEDED(begun))
    CoUninitialize();
  free(whole);
  return err;
}
