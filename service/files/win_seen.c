#include "service/files/win_seen.h"

#include "common/win_error.h"
#include "common/win_utf.h"
#include "service/files/trust.h"
#include "service/files/words.h"

#include <sddl.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_CHARS 32768 /* Windows' own limit */
#define DESCRIPTOR_MAX 65536 /* an access list has a 16-bit length */

enum pg_error win_seen_failed(struct pg_fault *fault, const char *path,
                              const char *function) {
  char words[WIN_ERROR_CHARS];
  DWORD code = GetLastError();
  files_unreadable(fault, path, win_error(words, sizeof words, function, code));
  if (fault != NULL)
    fault->win32 = code;
  return PG_E_IO;
}

char *win_seen_self(struct pg_fault *fault) {
  union {
    TOKEN_USER user;
    BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  } info;
  HANDLE token = NULL;
  DWORD needed = 0;
  wchar_t *wide = NULL;
  char *self = NULL;
  bool told = OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) &&
              GetTokenInformation(token, TokenUser, &info, sizeof info, &needed) &&
              ConvertSidToStringSidW(info.user.User.Sid, &wide);
  if (!told)
    win_seen_failed(fault, "the user of this process", "OpenProcessToken");
  else if ((self = win_utf8(wide)) == NULL)
    files_no_memory(fault);
  LocalFree(wide);
  if (token != NULL)
    CloseHandle(token);
  return self;
}

/* Without the prefix that says "take this path as it is". */
static char *without_prefix(const wchar_t *path) {
  static const wchar_t prefix[] = L"\\\\?\\";
  const size_t skip = sizeof prefix / sizeof *prefix - 1;
  return win_utf8(wcsncmp(path, prefix, skip) == 0 ? path + skip : path);
}

static char *final_path(HANDLE handle, const char *path, struct pg_fault *fault) {
  wchar_t *wide = malloc(PATH_MAX_CHARS * sizeof *wide);
  DWORD len = wide != NULL ? GetFinalPathNameByHandleW(handle, wide, PATH_MAX_CHARS,
                                                       VOLUME_NAME_DOS)
                           : 0;
  bool failed = wide != NULL && (len == 0 || len >= PATH_MAX_CHARS);
  if (failed)
    win_seen_failed(fault, path, "GetFinalPathNameByHandleW");
  char *found = wide != NULL && !failed ? without_prefix(wide) : NULL;
  if (found == NULL && !failed)
    files_no_memory(fault);
  free(wide);
  return found;
}

static enum pg_error judge(HANDLE handle, struct trust_windows *seen,
                           struct pg_fault *fault) {
  BY_HANDLE_FILE_INFORMATION info;
  DWORD needed = 0;
  BYTE *descriptor = malloc(DESCRIPTOR_MAX);
  enum pg_error error = PG_OK;
  if (descriptor == NULL)
    return files_no_memory(fault);
  if (!GetFileInformationByHandle(handle, &info))
    error = win_seen_failed(fault, seen->path, "GetFileInformationByHandle");
  else if (!GetKernelObjectSecurity(
               handle, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, descriptor,
               DESCRIPTOR_MAX, &needed))
    error = win_seen_failed(fault, seen->path, "GetKernelObjectSecurity");
  if (error == PG_OK) {
    seen->folder = (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    seen->reparse = (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
    seen->links = info.nNumberOfLinks;
    seen->descriptor = descriptor;
    seen->descriptor_len = needed <= DESCRIPTOR_MAX ? needed : 0;
    error = trust_windows(seen, fault);
  }
  free(descriptor);
  return error;
}

enum pg_error win_seen_judge(HANDLE handle, const char *path, struct pg_fault *fault) {
  struct pg_fault inner = {.code = PG_OK};
  char *self = win_seen_self(&inner);
  char *found = self != NULL ? final_path(handle, path, &inner) : NULL;
  struct trust_windows seen = {.path = path, .final_path = found, .self = self};
  enum pg_error error = found != NULL ? judge(handle, &seen, &inner) : inner.code;
  if (error != PG_OK && fault != NULL)
    *fault = inner;
  free(found);
  free(self);
  return error;
}
