#include <winsock2.h>

#include "service/control/peer.h"

#include "common/text.h"
#include "service/control/win_pipe_security.h"

#include <windows.h>
#include <string.h>

static HANDLE handle_of(uv_pipe_t *pipe) {
  uv_os_fd_t handle = INVALID_HANDLE_VALUE;
  return uv_fileno((uv_handle_t *)pipe, &handle) == 0 ? handle : NULL;
}

bool peer_is_gone(uv_pipe_t *pipe) {
  HANDLE handle = handle_of(pipe);
  return !handle || !PeekNamedPipe(handle, NULL, 0, NULL, NULL, NULL);
}

/* The token of whoever wrote what was read last, for looking at only. |*error| is
 * Windows' own. NULL: it cannot be had. */
static HANDLE token_of(HANDLE pipe, DWORD *error) {
  HANDLE token = NULL;
  if (!ImpersonateNamedPipeClient(pipe)) {
    *error = GetLastError();
    return NULL;
  }
  /* As self: who is impersonated for identification may open nothing. */
  if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) {
    *error = GetLastError();
    token = NULL;
  }
  /* On as somebody else nothing here may run. */
  if (!RevertToSelf())
    TerminateProcess(GetCurrentProcess(), ERROR_CANNOT_IMPERSONATE);
  return token;
}

/* Of the group, and not for denying only as in a token that is not elevated. */
static bool is_administrator(HANDLE token) {
  BYTE sid[SECURITY_MAX_SID_SIZE];
  DWORD size = sizeof sid;
  BOOL member = FALSE;
  return CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &size) &&
         CheckTokenMembership(token, sid, &member) && member;
}

static bool runs_the_service(const char *user) {
  char own[PG_USER_CHARS];
  return win_process_user(GetCurrentProcess(), own, sizeof own) && strcmp(own, user) == 0;
}

enum pg_error peer_identify(uv_pipe_t *pipe, enum listener_access access,
                            struct control_caller *caller, struct pg_fault *fault) {
  HANDLE handle = handle_of(pipe);
  DWORD error = ERROR_INVALID_HANDLE;
  HANDLE token = handle ? token_of(handle, &error) : NULL;
  caller->role = PG_ROLE_NONE;
  if (!token) {
    (void)pg_fail(fault, PG_E_DENIED, "Windows does not tell who you are (error %lu)",
                  (unsigned long)error);
    if (fault)
      fault->win32 = error;
    return PG_E_DENIED;
  }
  bool known = win_token_user(token, caller->user, sizeof caller->user);
  bool may = access == LISTENER_DEVELOPMENT ? known && runs_the_service(caller->user)
                                            : is_administrator(token);
  CloseHandle(token);
  if (!known || !may) {
    (void)pg_fail(fault, PG_E_DENIED, "this is for administrators");
    pg_fault_hint(fault, "open an elevated prompt (Run as administrator) and repeat it");
    return PG_E_DENIED;
  }
  caller->role = PG_ROLE_ADMIN;
  return PG_OK;
}
