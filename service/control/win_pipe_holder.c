#include "service/control/win_pipe_holder.h"

#include "common/text.h"
#include "common/win_utf.h"

#include <stdlib.h>
#include <windows.h>

bool win_pipe_exists(const wchar_t *name) {
  /* 1 ms: 0 would mean the server's own default. Busy is as good as there. */
  return WaitNamedPipeW(name, 1) || GetLastError() == ERROR_SEM_TIMEOUT;
}

/* Connects with no right to data, and anonymously: whoever squats on the name
 * must not get our identity to impersonate. */
static DWORD server_of(const wchar_t *name) {
  ULONG pid = 0;
  HANDLE pipe =
      CreateFileW(name, FILE_READ_ATTRIBUTES | SYNCHRONIZE, 0, NULL, OPEN_EXISTING,
                  SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
  if (pipe == INVALID_HANDLE_VALUE)
    return 0;
  if (!GetNamedPipeServerProcessId(pipe, &pid))
    pid = 0;
  CloseHandle(pipe);
  return pid;
}

static char *image_of(DWORD pid) {
  wchar_t path[1024];
  DWORD chars = sizeof path / sizeof path[0];
  HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
  if (!process)
    return NULL;
  bool told = QueryFullProcessImageNameW(process, 0, path, &chars);
  CloseHandle(process);
  return told ? win_utf8_n(path, chars) : NULL;
}

enum pg_error win_pipe_taken(const wchar_t *name, struct pg_fault *fault) {
  char shown[128], image[200];
  char *text = win_utf8(name);
  DWORD pid = server_of(name);
  char *path = pid ? image_of(pid) : NULL;
  pg_escape(shown, sizeof shown, text ? text : "");
  if (path)
    (void)pg_fail(fault, PG_E_BUSY, "the pipe name %s is taken by process %lu, %s", shown,
                  (unsigned long)pid, pg_escape(image, sizeof image, path));
  else if (pid)
    (void)pg_fail(fault, PG_E_BUSY, "the pipe name %s is taken by process %lu", shown,
                  (unsigned long)pid);
  else
    (void)pg_fail(fault, PG_E_BUSY, "the pipe name %s is taken by another process",
                  shown);
  if (pid)
    pg_fault_hint(fault, "tasklist /svc /fi \"PID eq %lu\"", (unsigned long)pid);
  free(path);
  free(text);
  return PG_E_BUSY;
}
