#include <winsock2.h>
#include <windows.h>
#include <psapi.h>

#include "service/platform.h"

#include "common/protocol.h"
#include "common/text.h"
#include "common/win_start.h"
#include "common/win_utf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long a closing console waits for the loop; Windows itself ends the process
 * after 5 s. */
#define CONSOLE_CLOSE_MS 5000

#define PIPE_PREFIX "\\\\.\\pipe\\"

void platform_start(int *argc, char ***argv) {
  win_start();
  *argv = win_arguments(argc);
}

static void *volatile stopped_by_console;

static BOOL WINAPI on_console_event(DWORD event) {
  /* Taken by the first event: the loop may be gone when the next one comes. */
  struct loop *loop = InterlockedExchangePointer(&stopped_by_console, NULL);
  if (loop)
    loop_stop(loop, event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT
                        ? "Ctrl+C"
                        : "its console was closed");
  /* After the other events the process is ended as soon as this returns; main()
   * returns before the time is over and ends it in order. */
  if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
    WaitForSingleObject(GetCurrentProcess(), CONSOLE_CLOSE_MS);
  return TRUE;
}

void platform_stop_on_signals(struct loop *loop) {
  InterlockedExchangePointer(&stopped_by_console, loop);
  if (loop)
    SetConsoleCtrlHandler(on_console_event, TRUE);
}

/* The name as the kernel will see it: slashes turned, "." and ".." taken out,
 * trailing dots and spaces cut. malloc'ed, or NULL. */
static char *full_name(const char *name) {
  wchar_t full[MAX_PATH];
  wchar_t *wide = win_wide(name);
  DWORD len = wide ? GetFullPathNameW(wide, MAX_PATH, full, NULL) : 0;
  free(wide);
  return len > 0 && len < MAX_PATH ? win_utf8(full) : NULL;
}

bool platform_pipe_name_allowed(const char *name) {
  const size_t prefix = sizeof PIPE_PREFIX - 1;
  char *full = full_name(name);
  bool allowed = full && pg_casecmp_n(full, PIPE_PREFIX, prefix) == 0 && full[prefix] &&
                 !pg_case_equal(full, PG_PIPE_STATUS) &&
                 !pg_case_equal(full, PG_PIPE_CONTROL);
  free(full);
  return allowed;
}

void platform_end(int code) {
  TerminateProcess(GetCurrentProcess(), (UINT)code);
  abort(); /* not reached */
}

void platform_usage(uint64_t *resident_bytes, uint64_t *handles) {
  PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
  DWORD count = 0;
  *resident_bytes = 0;
  *handles = 0;
  if (K32GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory))
    *resident_bytes = memory.WorkingSetSize;
  if (GetProcessHandleCount(GetCurrentProcess(), &count))
    *handles = count;
}
