#include "client/pager.h"

#include "common/win_utf.h"

#include <windows.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define VALUE_CHARS 32767 /* the longest variable Windows knows */

/* A variable's value, for free; NULL: it is not set, or is empty. */
static wchar_t *variable(const wchar_t *name) {
  wchar_t *value = malloc((VALUE_CHARS + 1) * sizeof *value);
  DWORD len = value != NULL ? GetEnvironmentVariableW(name, value, VALUE_CHARS + 1) : 0;
  if (len > 0 && len <= VALUE_CHARS)
    return value;
  free(value);
  return NULL;
}

/* Only what somebody has chosen: a console scrolls, and Windows' own more knows neither
 * UTF-8 nor colours. */
bool pager_command(struct pg_text *out) {
  wchar_t *wish = variable(L"PAGER");
  if (wish == NULL)
    return false;
  char *text = win_utf8(wish);
  pg_text_str_add(out, text != NULL ? text : "");
  free(text);
  free(wish);
  return true;
}

static bool is_program(const wchar_t *path) {
  const wchar_t *dot = wcsrchr(path, L'.');
  return dot != NULL && (_wcsicmp(dot, L".exe") == 0 || _wcsicmp(dot, L".com") == 0);
}

/* Along PATH and nowhere else: whoever asks about the history as an administrator must
 * not run what lies in the folder they happen to be in. No scripts, which are run by a
 * shell. */
static bool find(const wchar_t *name, wchar_t path[MAX_PATH]) {
  wchar_t *places = variable(L"PATH");
  DWORD len =
      places != NULL ? SearchPathW(places, name, L".exe", MAX_PATH, path, NULL) : 0;
  free(places);
  return len > 0 && len < MAX_PATH && is_program(path);
}

/* "C:\tools\less.exe" and the arguments as they were typed. */
static wchar_t *command_line(const wchar_t *path, char *const words[]) {
  struct pg_text line;
  char *program = win_utf8(path);
  wchar_t *wide = NULL;
  pg_text_init(&line, VALUE_CHARS);
  if (program != NULL)
    pg_text_printf(&line, "\"%s\"", program);
  for (size_t i = 1; words[i] != NULL; i++)
    pg_text_printf(&line, " %s", words[i]);
  if (program != NULL && !line.failed)
    wide = win_wide(line.data);
  pg_text_free(&line);
  free(program);
  return wide;
}

/* One of this program's standard handles, for the child. */
static HANDLE lend(DWORD which) {
  HANDLE copy = NULL;
  HANDLE self = GetCurrentProcess();
  (void)DuplicateHandle(self, GetStdHandle(which), self, &copy, 0, TRUE,
                        DUPLICATE_SAME_ACCESS);
  return copy;
}

static bool start(char *const words[], HANDLE input, HANDLE *process) {
  wchar_t path[MAX_PATH];
  wchar_t *name = win_wide(words[0]);
  bool found = name != NULL && find(name, path);
  wchar_t *line = found ? command_line(path, words) : NULL;
  STARTUPINFOW startup;
  PROCESS_INFORMATION created;
  memset(&startup, 0, sizeof startup);
  memset(&created, 0, sizeof created);
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = input;
  startup.hStdOutput = lend(STD_OUTPUT_HANDLE);
  startup.hStdError = lend(STD_ERROR_HANDLE);
  bool started = line != NULL && CreateProcessW(path, line, NULL, NULL, TRUE, 0, NULL,
                                                NULL, &startup, &created) != 0;
  if (started)
    CloseHandle(created.hThread);
  *process = created.hProcess;
  CloseHandle(startup.hStdOutput);
  CloseHandle(startup.hStdError);
  free(line);
  free(name);
  return started;
}

/* Until it has all, or does not want any more. */
static void feed(HANDLE output, const struct pg_text *text) {
  size_t done = 0;
  DWORD written = 0;
  while (done < text->len) {
    size_t left = text->len - done;
    DWORD piece = left < 0x10000 ? (DWORD)left : 0x10000;
    if (!WriteFile(output, text->data + done, piece, &written, NULL))
      return;
    done += written;
  }
}

bool pager_run(char *const words[], const struct pg_text *text) {
  SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
  HANDLE input = NULL, output = NULL, process = NULL;
  if (!CreatePipe(&input, &output, &inherit, 0))
    return false;
  (void)SetHandleInformation(output, HANDLE_FLAG_INHERIT, 0);
  if (GetEnvironmentVariableW(L"LESS", NULL, 0) == 0)
    (void)SetEnvironmentVariableW(L"LESS", L"FRX");
  bool started = start(words, input, &process);
  CloseHandle(input);
  if (started) {
    (void)SetConsoleCtrlHandler(NULL, TRUE); /* Ctrl-C is for the pager */
    feed(output, text);
  }
  CloseHandle(output);
  if (started) {
    (void)WaitForSingleObject(process, INFINITE);
    (void)SetConsoleCtrlHandler(NULL, FALSE);
    CloseHandle(process);
  }
  return started;
}
