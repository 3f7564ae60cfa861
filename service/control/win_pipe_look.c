#include <winsock2.h>

#include "service/control/pipe_look.h"

#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"
#include "service/control/win_pipe_holder.h"
#include "service/control/win_pipe_security.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdlib.h>
#include <string.h>

#define WITHOUT_LABEL \
  (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION)
#define EVERYTHING (WITHOUT_LABEL | LABEL_SECURITY_INFORMATION)

static void failed(struct pipe_look *out, const char *function, DWORD code) {
  char words[WIN_ERROR_CHARS];
  (void)pg_fail(&out->fault, PG_E_WINDOWS, "%s",
                win_error(words, sizeof words, function, code));
  out->fault.win32 = code;
}

/* With no right to data, and anonymously: it may be somebody else's pipe. */
static HANDLE open_to_look(const wchar_t *name) {
  return CreateFileW(name, READ_CONTROL | FILE_READ_ATTRIBUTES | SYNCHRONIZE, 0, NULL,
                     OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
}

/* A system that does not know the label's right, as Wine, is asked for the rest. */
static DWORD read_back(HANDLE pipe, PSECURITY_DESCRIPTOR *descriptor) {
  DWORD code = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, EVERYTHING, NULL, NULL, NULL, NULL,
                               descriptor);
  return code == ERROR_SUCCESS ? code
                               : GetSecurityInfo(pipe, SE_KERNEL_OBJECT, WITHOUT_LABEL,
                                                 NULL, NULL, NULL, NULL, descriptor);
}

static void show(PSECURITY_DESCRIPTOR descriptor, char *out) {
  wchar_t *wide = NULL;
  char *text = NULL;
  if (ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1,
                                                           EVERYTHING, &wide, NULL) ||
      ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1,
                                                           WITHOUT_LABEL, &wide, NULL))
    text = win_utf8(wide);
  (void)pg_copy(out, PIPE_LOOK_CHARS,
                text != NULL ? text : "what cannot be written down");
  free(text);
  LocalFree(wide);
}

static void compare(HANDLE pipe, enum listener_access access, struct pipe_look *out) {
  PSECURITY_DESCRIPTOR found = NULL;
  DWORD code = read_back(pipe, &found);
  if (code != ERROR_SUCCESS) {
    failed(out, "GetSecurityInfo", code);
    return;
  }
  PSECURITY_DESCRIPTOR expected = win_pipe_security(access, &out->fault);
  if (expected != NULL) {
    show(expected, out->expected);
    show(found, out->found);
    out->same = win_pipe_security_same(expected, found);
  }
  LocalFree(expected);
  LocalFree(found);
}

static void taken(const wchar_t *name, struct pg_fault *fault) {
  (void)win_pipe_taken(name, fault);
  fault->code = PG_E_REFUSED;
}

/* Whose pipe that cannot be told is not taken for ours, whatever its rights. */
static void look_at(HANDLE pipe, const wchar_t *name, enum listener_access access,
                    struct pipe_look *out) {
  ULONG pid = 0;
  if (!GetNamedPipeServerProcessId(pipe, &pid))
    failed(out, "GetNamedPipeServerProcessId", GetLastError());
  else if (pid != GetCurrentProcessId())
    taken(name, &out->fault);
  else
    compare(pipe, access, out);
}

void pipe_look(const char *name, enum listener_access access, struct pipe_look *out) {
  wchar_t *wide = win_wide(name);
  memset(out, 0, sizeof *out);
  if (wide == NULL) {
    (void)pg_fail(&out->fault, PG_E_NOMEM, "out of memory");
    return;
  }
  HANDLE pipe = open_to_look(wide);
  DWORD code = GetLastError();
  if (pipe == INVALID_HANDLE_VALUE && code == ERROR_PIPE_BUSY)
    (void)pg_fail(&out->fault, PG_E_BUSY, "every connection of it is in use");
  else if (pipe == INVALID_HANDLE_VALUE && code == ERROR_FILE_NOT_FOUND)
    (void)pg_fail(&out->fault, PG_E_NOTFOUND, "nobody serves its name any more");
  else if (pipe == INVALID_HANDLE_VALUE)
    failed(out, "opening it to look", code);
  else
    look_at(pipe, wide, access, out);
  if (pipe != INVALID_HANDLE_VALUE)
    CloseHandle(pipe);
  free(wide);
}
