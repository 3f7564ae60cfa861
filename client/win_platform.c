#include <winsock2.h>
#include <ws2tcpip.h>

#include "client/platform.h"

#include "common/protocol.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/win_start.h"
#include "common/win_utf.h"

#include <windows.h>
#include <stdlib.h>
#include <string.h>

void client_start(int *argc, char ***argv) {
  win_start();
  *argv = win_arguments(argc);
}

int64_t client_mono_ms(void) {
  return (int64_t)GetTickCount64();
}

int64_t client_wall_ms(void) {
  FILETIME now;
  GetSystemTimeAsFileTime(&now);
  return pg_time_from_filetime((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
}

#define FILETIME_OF_1970 116444736000000000ull /* 100 ns since 1601 */

/* Not FileTimeToLocalFileTime, which applies today's summer time to every date. */
bool client_local_time(int64_t unix_ms, struct client_time *out) {
  if (unix_ms < 0)
    return false;
  uint64_t ticks = (uint64_t)unix_ms * 10000 + FILETIME_OF_1970;
  FILETIME file = {(DWORD)ticks, (DWORD)(ticks >> 32)};
  SYSTEMTIME utc, local;
  if (!FileTimeToSystemTime(&file, &utc) ||
      !SystemTimeToTzSpecificLocalTime(NULL, &utc, &local))
    return false;
  out->year = local.wYear;
  out->month = local.wMonth;
  out->day = local.wDay;
  out->hour = local.wHour;
  out->minute = local.wMinute;
  out->second = local.wSecond;
  return true;
}

bool client_on_terminal(void) {
  DWORD mode = 0;
  return GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode) != 0;
}

bool client_host_name(char *out, size_t size) {
  wchar_t wide[256];
  DWORD count = sizeof wide / sizeof wide[0];
  if (!GetComputerNameExW(ComputerNameDnsHostname, wide, &count))
    return false;
  char *name = win_utf8(wide);
  bool whole = name != NULL && name[0] != '\0' && pg_copy(out, size, name);
  free(name);
  return whole;
}

bool client_takes_colour(void) {
  HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
  DWORD mode = 0;
  if (!GetConsoleMode(output, &mode))
    return false; /* a file or a pipe */
  return SetConsoleMode(output, mode | ENABLE_PROCESSED_OUTPUT |
                                    ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
}

const char *client_default_pipe(void) {
  return PG_PIPE_STATUS;
}

const char *client_default_control(void) {
  return PG_PIPE_CONTROL;
}

const char *client_elevate_hint(void) {
  return "open an elevated prompt (Run as administrator) and repeat it";
}

bool client_can_ask(void) {
  DWORD mode = 0;
  return GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &mode) &&
         GetConsoleMode(GetStdHandle(STD_ERROR_HANDLE), &mode);
}

const char *client_start_hint(void) {
  return "net start " PG_SERVICE_NAME;
}

/* On a thread of its own. What was written has been flushed, line by line. */
static BOOL WINAPI on_interrupt(DWORD event) {
  if (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT)
    ExitProcess(0);
  return FALSE;
}

void client_end_on_interrupt(void) {
  (void)SetConsoleCtrlHandler(on_interrupt, TRUE);
}

void client_pause(int64_t ms) {
  Sleep(ms > 0 && ms < MAXDWORD ? (DWORD)ms : 0);
}

bool client_address(const char *text, bool *ipv6, uint8_t bytes[16]) {
  *ipv6 = strchr(text, ':') != NULL;
  memset(bytes, 0, 16);
  return inet_pton(*ipv6 ? AF_INET6 : AF_INET, text, bytes) == 1;
}

bool client_pipe_name_ok(const char *name, const char **expected) {
  static const char prefix[] = "\\\\.\\pipe\\";
  size_t len = sizeof prefix - 1;
  *expected = "\\\\.\\pipe\\NAME";
  return pg_casecmp_n(name, prefix, len) == 0 && strlen(name) > len;
}
