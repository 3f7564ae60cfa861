/* Replacing a file of the trusted folder whole, giving it another name, removing it. */
#include "common/win_utf.h"
#include "service/files/files.h"
#include "service/files/win_seen.h"
#include "service/files/words.h"

#include <windows.h>

#include <stdlib.h>

#define PIECE (1024 * 1024)

/* Answers NULL, or the function that failed; GetLastError says why. */
static const char *write_all(HANDLE file, const char *data, size_t len) {
  while (len > 0) {
    DWORD written = 0;
    DWORD piece = len < PIECE ? (DWORD)len : PIECE;
    if (!WriteFile(file, data, piece, &written, NULL))
      return "WriteFile";
    data += written;
    len -= written;
  }
  return FlushFileBuffers(file) ? NULL : "FlushFileBuffers";
}

/* A file that was left by a process that died while writing is removed first, so that
 * CREATE_NEW gives a file with the rights that the folder hands down. */
static const char *replace(const wchar_t *temporary, const wchar_t *target,
                           const char *data, size_t len) {
  if (!DeleteFileW(temporary) && GetLastError() != ERROR_FILE_NOT_FOUND)
    return "DeleteFileW";
  HANDLE file = CreateFileW(temporary, GENERIC_WRITE, 0, NULL, CREATE_NEW,
                            FILE_ATTRIBUTE_NORMAL, NULL);
  if (file == INVALID_HANDLE_VALUE)
    return "CreateFileW";
  const char *function = write_all(file, data, len);
  DWORD code = GetLastError();
  CloseHandle(file);
  if (function == NULL &&
      !MoveFileExW(temporary, target,
                   MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) {
    function = "MoveFileExW";
    code = GetLastError();
  }
  if (function != NULL) {
    (void)DeleteFileW(temporary);
    SetLastError(code);
  }
  return function;
}

enum pg_error files_replace(struct files *files, const char *name, const char *data,
                            size_t len, struct pg_fault *fault) {
  char *path = files_path_of(files, name);
  char *beside = path != NULL ? files_join(path, '.', "new") : NULL;
  wchar_t *target = beside != NULL ? win_wide(path) : NULL;
  wchar_t *temporary = target != NULL ? win_wide(beside) : NULL;
  enum pg_error error = temporary != NULL ? PG_OK : files_no_memory(fault);
  const char *function = error == PG_OK ? replace(temporary, target, data, len) : NULL;
  if (function != NULL)
    error = win_seen_failed(fault, path, function);
  free(temporary);
  free(target);
  free(beside);
  free(path);
  return error;
}

enum pg_error files_rename(struct files *files, const char *from, const char *to,
                           struct pg_fault *fault) {
  char *path = files_path_of(files, from);
  char *target = files_path_of(files, to);
  wchar_t *wide = path != NULL ? win_wide(path) : NULL;
  wchar_t *wide_target = target != NULL ? win_wide(target) : NULL;
  enum pg_error error =
      wide != NULL && wide_target != NULL ? PG_OK : files_no_memory(fault);
  if (error == PG_OK &&
      !MoveFileExW(wide, wide_target, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
    error = GetLastError() == ERROR_FILE_NOT_FOUND
                ? files_missing(fault, path)
                : win_seen_failed(fault, path, "MoveFileExW");
  free(wide_target);
  free(wide);
  free(target);
  free(path);
  return error;
}

enum pg_error files_remove(struct files *files, const char *name,
                           struct pg_fault *fault) {
  char *path = files_path_of(files, name);
  wchar_t *wide = path != NULL ? win_wide(path) : NULL;
  enum pg_error error = wide != NULL ? PG_OK : files_no_memory(fault);
  if (error == PG_OK && !DeleteFileW(wide))
    error = GetLastError() == ERROR_FILE_NOT_FOUND
                ? files_missing(fault, path)
                : win_seen_failed(fault, path, "DeleteFileW");
  free(wide);
  free(path);
  return error;
}
