#include "service/files/win_local.h"

#include "common/limits.h"
#include "common/text.h"
#include "common/win_utf.h"
#include "service/files/files.h"
#include "service/files/trust.h"
#include "service/files/words.h"

#include <windows.h>

#include <stdlib.h>
#include <string.h>

#define ROOT_CHARS 3 /* C:\ */

static enum pg_error check_drive(const wchar_t *path, struct pg_fault *fault) {
  const wchar_t root[ROOT_CHARS + 1] = {path[0], path[1], path[2]};
  if (GetDriveTypeW(root) != DRIVE_REMOTE)
    return PG_OK;
  pg_fail(fault, PG_E_REFUSED,
          "drive %c: leads to another machine: expected a drive of this one",
          (char)path[0]);
  pg_fault_rule(fault, FILES_RULE);
  return PG_E_REFUSED;
}

/* |path| is cut off behind the part that is looked at. */
static enum pg_error check_part(const wchar_t *path, struct pg_fault *fault) {
  DWORD attributes = GetFileAttributesW(path);
  if (attributes == INVALID_FILE_ATTRIBUTES ||
      (attributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0)
    return PG_OK;
  char *shown = win_utf8(path);
  if (shown == NULL)
    return files_no_memory(fault);
  trust_link(shown, NULL, fault);
  pg_fault_hint(fault, "give a path without links, as C:\\Deploy\\config.json");
  free(shown);
  return PG_E_REFUSED;
}

/* From the root down: so no part is reached through a link. */
enum pg_error win_local_check(const char *path, struct pg_fault *fault) {
  wchar_t *wide = win_wide(path);
  if (wide == NULL)
    return files_no_memory(fault);
  enum pg_error error = wcslen(wide) > ROOT_CHARS
                            ? check_drive(wide, fault)
                            : pg_fail(fault, PG_E_REFUSED, "not the path of a file");
  for (wchar_t *at = wide + ROOT_CHARS; error == PG_OK && at != NULL;) {
    wchar_t *end = wcschr(at, L'\\');
    if (end != NULL)
      *end = L'\0';
    error = check_part(wide, fault);
    if (end != NULL)
      *end = L'\\';
    at = end != NULL ? end + 1 : NULL;
  }
  free(wide);
  return error;
}
