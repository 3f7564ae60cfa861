#include <winsock2.h>

#include "service/control/win_pipe_security.h"

#include "common/protocol.h"
#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"

#include <assert.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert((PG_PIPE_CLIENT_ACCESS & FILE_CREATE_PIPE_INSTANCE) == 0,
              "a client that may add instances can pose as the service");

bool win_token_user(HANDLE token, char *out, size_t size) {
  union {
    TOKEN_USER user;
    BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  } info;
  DWORD needed = 0;
  wchar_t *wide = NULL;
  if (!GetTokenInformation(token, TokenUser, &info, sizeof info, &needed) ||
      !ConvertSidToStringSidW(info.user.User.Sid, &wide))
    return false;
  char *text = win_utf8(wide);
  bool fits = text && pg_copy(out, size, text);
  free(text);
  LocalFree(wide);
  return fits;
}

bool win_process_user(HANDLE process, char *out, size_t size) {
  HANDLE token = NULL;
  if (!OpenProcessToken(process, TOKEN_QUERY, &token))
    return false;
  bool told = win_token_user(token, out, size);
  CloseHandle(token);
  return told;
}

static bool sddl_for(enum listener_access access, char *out, size_t size) {
  char user[PG_USER_CHARS];
  switch (access) {
  case LISTENER_STATUS:
    return pg_copy(out, size, WIN_PIPE_SDDL_STATUS);
  case LISTENER_CONTROL:
    return pg_copy(out, size, WIN_PIPE_SDDL_CONTROL);
  case LISTENER_DEVELOPMENT:
    if (!win_process_user(GetCurrentProcess(), user, sizeof user))
      return false;
    snprintf(out, size, WIN_PIPE_SDDL_DEVELOPMENT, user, user, user);
    return true;
  }
  return false;
}

PSECURITY_DESCRIPTOR win_pipe_security(enum listener_access access,
                                       struct pg_fault *fault) {
  char sddl[4 * PG_USER_CHARS], words[WIN_ERROR_CHARS];
  PSECURITY_DESCRIPTOR descriptor = NULL;
  wchar_t *wide = sddl_for(access, sddl, sizeof sddl) ? win_wide(sddl) : NULL;
  bool made = wide && ConvertStringSecurityDescriptorToSecurityDescriptorW(
                          wide, SDDL_REVISION_1, &descriptor, NULL);
  DWORD error = GetLastError();
  free(wide);
  if (made)
    return descriptor;
  win_error(words, sizeof words, "the security descriptor of the pipe", error);
  (void)pg_fail(fault, PG_E_WINDOWS, "%s", words);
  if (fault)
    fault->win32 = error;
  return NULL;
}
