#include "client/save.h"

#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum pg_error failed(const char *path, const char *function,
                            struct pg_fault *fault) {
  char shown[256], words[WIN_ERROR_CHARS];
  DWORD code = GetLastError();
  pg_fail(fault, PG_E_IO, "cannot write \"%s\": %s", pg_escape(shown, sizeof shown, path),
          win_error(words, sizeof words, function, code));
  if (fault != NULL)
    fault->win32 = code;
  return PG_E_IO;
}

/* Answers NULL, or the function that failed; GetLastError says why. */
static const char *write_all(HANDLE file, const char *data, size_t len) {
  while (len > 0) {
    DWORD written = 0;
    DWORD piece = len < 0x100000 ? (DWORD)len : 0x100000;
    if (!WriteFile(file, data, piece, &written, NULL))
      return "WriteFile";
    data += written;
    len -= written;
  }
  return FlushFileBuffers(file) ? NULL : "FlushFileBuffers";
}

/* CREATE_NEW: a file that is there already is not ours to write into. */
static enum pg_error save_through(const char *path, const wchar_t *target,
                                  const wchar_t *temporary, const char *data, size_t len,
                                  struct pg_fault *fault) {
  HANDLE file = CreateFileW(temporary, GENERIC_WRITE, 0, NULL, CREATE_NEW,
                            FILE_ATTRIBUTE_NORMAL, NULL);
  if (file == INVALID_HANDLE_VALUE)
    return failed(path, "CreateFileW", fault);
  const char *function = write_all(file, data, len);
  enum pg_error err = function != NULL ? failed(path, function, fault) : PG_OK;
  CloseHandle(file);
  if (err == PG_OK &&
      !MoveFileExW(temporary, target, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
    err = failed(path, "MoveFileExW", fault);
  if (err != PG_OK)
    (void)DeleteFileW(temporary);
  return err;
}

enum pg_error save_file(const char *path, const char *data, size_t len,
                        struct pg_fault *fault) {
  size_t size = strlen(path) + 40;
  char *temporary = malloc(size);
  wchar_t *wide = NULL, *target = win_wide(path);
  enum pg_error err = PG_E_NOMEM;
  if (temporary != NULL) {
    (void)snprintf(temporary, size, "%s.%lx-%llx", path, GetCurrentProcessId(),
                   (unsigned long long)GetTickCount64());
    wide = win_wide(temporary);
  }
  if (wide != NULL && target != NULL)
    err = save_through(path, target, wide, data, len, fault);
  else
    pg_fail(fault, PG_E_NOMEM, "out of memory");
  free(wide);
  free(target);
  free(temporary);
  return err;
}
