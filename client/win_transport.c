/* A named pipe, with overlapped calls only, so that every one has a deadline. */
#include "client/platform.h"
#include "client/transport.h"
#include "common/protocol.h"
#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"

#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include <stdlib.h>
#include <string.h>

struct transport {
  HANDLE pipe;
  HANDLE done; /* the event of the one call in flight */
};

static enum pg_error failed(struct pg_fault *fault, const char *function, DWORD code) {
  char words[WIN_ERROR_CHARS];
  pg_fail(fault, PG_E_WINDOWS, "%s", win_error(words, sizeof words, function, code));
  if (fault != NULL)
    fault->win32 = code;
  return PG_E_WINDOWS;
}

static DWORD remaining(int64_t deadline) {
  int64_t left = deadline - client_mono_ms();
  if (left <= 0)
    return 0;
  return left < 0x7fffffff ? (DWORD)left : 0x7fffffff;
}

static enum pg_error all_busy(const char *name, struct pg_fault *fault) {
  char shown[128];
  pg_fail(fault, PG_E_BUSY, "every connection of the service is in use (%s)",
          pg_escape(shown, sizeof shown, name));
  pg_fault_hint(fault, "portguardctl health --timeout 30s");
  return PG_E_BUSY;
}

static enum pg_error open_failed(const char *name, DWORD code, struct pg_fault *fault) {
  char shown[128];
  pg_escape(shown, sizeof shown, name);
  if (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND)
    return pg_fail(fault, PG_E_NOTFOUND,
                   "the service is not running: there is no pipe %s", shown);
  if (code != ERROR_ACCESS_DENIED)
    return failed(fault, shown, code);
  pg_fail(fault, PG_E_DENIED, "access to the pipe %s denied", shown);
  pg_fault_hint(fault, "whoami /groups");
  return PG_E_DENIED;
}

/* Identification only: a false server may learn who asks, and no more. */
static HANDLE open_once(const wchar_t *name) {
  return CreateFileW(
      name, PG_PIPE_CLIENT_ACCESS, 0, NULL, OPEN_EXISTING,
      FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
}

/* Whether WaitNamedPipe saw a free instance or lost it to another client, only
 * opening can tell: so its answer matters at the deadline alone. */
static enum pg_error open_pipe(const char *name, const wchar_t *wide, int64_t deadline,
                               HANDLE *pipe, struct pg_fault *fault) {
  for (;;) {
    *pipe = open_once(wide);
    if (*pipe != INVALID_HANDLE_VALUE)
      return PG_OK;
    DWORD code = GetLastError();
    if (code != ERROR_PIPE_BUSY)
      return open_failed(name, code, fault);
    DWORD left = remaining(deadline);
    if (left == 0) /* to WaitNamedPipe it would mean the server's default */
      return all_busy(name, fault);
    if (!WaitNamedPipeW(wide, left) && GetLastError() == ERROR_SEM_TIMEOUT)
      return all_busy(name, fault);
  }
}

static enum pg_error not_the_service(PSID owner, struct pg_fault *fault) {
  char *sid = NULL;
  if (!ConvertSidToStringSidA(owner, &sid))
    sid = NULL;
  pg_fail(
      fault, PG_E_UNREACHABLE,
      "the pipe belongs to %s, not to SYSTEM: it is not the service's, nothing was sent",
      sid != NULL ? sid : "an unknown account");
  pg_fault_hint(fault, "sc.exe query " PG_SERVICE_NAME);
  LocalFree(sid);
  return PG_E_UNREACHABLE;
}

/* Only SYSTEM can give a pipe to SYSTEM, so its owner tells the service from
 * anyone who took the name first. */
static enum pg_error check_owner(HANDLE pipe, struct pg_fault *fault) {
  PSECURITY_DESCRIPTOR descriptor = NULL;
  PSID owner = NULL;
  DWORD code = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner,
                               NULL, NULL, NULL, &descriptor);
  if (code != ERROR_SUCCESS)
    return failed(fault, "cannot find out who serves the pipe: GetSecurityInfo", code);
  enum pg_error err = PG_OK;
  if (owner == NULL || !IsWellKnownSid(owner, WinLocalSystemSid))
    err = not_the_service(owner, fault);
  LocalFree(descriptor);
  return err;
}

static enum pg_error connect_to(struct transport *transport, const char *name,
                                bool any_owner, int64_t deadline,
                                struct pg_fault *fault) {
  wchar_t *wide = win_wide(name);
  if (wide == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  enum pg_error err = open_pipe(name, wide, deadline, &transport->pipe, fault);
  free(wide);
  if (err != PG_OK)
    return err;
  transport->done = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (transport->done == NULL)
    return failed(fault, "CreateEventW", GetLastError());
  return any_owner ? PG_OK : check_owner(transport->pipe, fault);
}

enum pg_error transport_open(const char *name, bool any_owner, int64_t deadline,
                             struct transport **out, struct pg_fault *fault) {
  *out = NULL;
  struct transport *transport = malloc(sizeof *transport);
  if (transport == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  transport->pipe = INVALID_HANDLE_VALUE;
  transport->done = NULL;
  enum pg_error err = connect_to(transport, name, any_owner, deadline, fault);
  if (err != PG_OK) {
    transport_close(transport);
    return err;
  }
  *out = transport;
  return PG_OK;
}

static bool is_closed(DWORD code) {
  return code == ERROR_BROKEN_PIPE || code == ERROR_NO_DATA ||
         code == ERROR_PIPE_NOT_CONNECTED || code == ERROR_HANDLE_EOF;
}

/* Brings a call that was begun to its end: the operation must not outlive the
 * OVERLAPPED and the buffer, so after a cancel it is waited for, which is short. */
static DWORD finish(struct transport *transport, OVERLAPPED *call, BOOL begun,
                    int64_t deadline, DWORD *moved) {
  *moved = 0;
  DWORD code = begun ? ERROR_SUCCESS : GetLastError();
  if (!begun && code != ERROR_IO_PENDING)
    return code;
  bool late = WaitForSingleObject(transport->done, remaining(deadline)) != WAIT_OBJECT_0;
  if (late)
    (void)CancelIoEx(transport->pipe, call);
  if (GetOverlappedResult(transport->pipe, call, moved, TRUE))
    return ERROR_SUCCESS;
  code = GetLastError();
  return late && code == ERROR_OPERATION_ABORTED ? WAIT_TIMEOUT : code;
}

static enum pg_error timed_out(struct pg_fault *fault) {
  pg_fail(fault, PG_E_TIMEOUT, "the service did not answer in time");
  pg_fault_hint(fault, "portguardctl health --timeout 30s");
  return PG_E_TIMEOUT;
}

enum pg_error transport_send(struct transport *transport, const char *data, size_t len,
                             int64_t deadline, struct pg_fault *fault) {
  while (len > 0) {
    OVERLAPPED call;
    DWORD moved = 0;
    DWORD piece = len < 0x10000 ? (DWORD)len : 0x10000;
    memset(&call, 0, sizeof call);
    call.hEvent = transport->done;
    BOOL begun = WriteFile(transport->pipe, data, piece, NULL, &call);
    DWORD code = finish(transport, &call, begun, deadline, &moved);
    if (code == WAIT_TIMEOUT)
      return timed_out(fault);
    if (is_closed(code))
      return pg_fail(fault, PG_E_UNREACHABLE, "the service closed the connection");
    if (code != ERROR_SUCCESS)
      return failed(fault, "cannot send to the service: WriteFile", code);
    data += moved;
    len -= moved;
  }
  return PG_OK;
}

enum pg_error transport_receive(struct transport *transport, char *buffer, size_t size,
                                int64_t deadline, size_t *got, struct pg_fault *fault) {
  OVERLAPPED call;
  DWORD moved = 0, code;
  DWORD room = size < 0x10000 ? (DWORD)size : 0x10000;
  *got = 0;
  do { /* a byte-mode pipe may hand over an empty write */
    memset(&call, 0, sizeof call);
    call.hEvent = transport->done;
    BOOL begun = ReadFile(transport->pipe, buffer, room, NULL, &call);
    code = finish(transport, &call, begun, deadline, &moved);
  } while (code == ERROR_SUCCESS && moved == 0);
  if (code == WAIT_TIMEOUT)
    return timed_out(fault);
  if (code != ERROR_SUCCESS && code != ERROR_MORE_DATA && !is_closed(code))
    return failed(fault, "cannot receive from the service: ReadFile", code);
  *got = moved;
  return PG_OK;
}

void transport_close(struct transport *transport) {
  if (transport == NULL)
    return;
  if (transport->done != NULL)
    CloseHandle(transport->done);
  if (transport->pipe != INVALID_HANDLE_VALUE)
    CloseHandle(transport->pipe);
  free(transport);
}
