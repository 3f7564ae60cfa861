#include "service/sources/win_netsh.h"

#include "common/limits.h"
#include "common/win_utf.h"
#include "service/sources/win_child.h"
#include "service/sources/win_services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define ARGUMENTS L"http show servicestate view=requestq"

/* netsh by its full path: the search path belongs to whoever can change it. */
static bool netsh_path(wchar_t *out, size_t chars) {
  wchar_t folder[MAX_PATH];
  UINT len = GetSystemDirectoryW(folder, MAX_PATH);
  return len > 0 && len < MAX_PATH && swprintf(out, chars, L"%ls\\netsh.exe", folder) > 0;
}

/* A child without a window has a console of its own, which starts in the OEM
 * code page; netsh writes in that. */
static char *from_oem(const char *text, size_t len, size_t *out_len) {
  UINT page = GetOEMCP();
  int chars = MultiByteToWideChar(page, 0, text, (int)len, NULL, 0);
  wchar_t *wide = chars > 0 ? malloc((size_t)chars * sizeof *wide) : NULL;
  char *utf8 = NULL;
  if (wide && MultiByteToWideChar(page, 0, text, (int)len, wide, chars) == chars) {
    for (int i = 0; i < chars; i++)
      if (wide[i] == L'\0')
        wide[i] = L'?'; /* or the rest would be lost */
    utf8 = win_utf8_n(wide, (size_t)chars);
  }
  free(wide);
  *out_len = utf8 ? strlen(utf8) : 0;
  return utf8;
}

static bool is_blank(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (!strchr(" \t\r\n", text[i]) || text[i] == '\0')
      return false;
  return true;
}

static void take_output(struct http_reading *reading, const struct win_child *child) {
  if (is_blank(child->output, child->len)) {
    snprintf(reading->error, sizeof reading->error,
             "netsh printed nothing (exit code %lu)", (unsigned long)child->exit_code);
  } else if (child->exit_code != 0) {
    snprintf(reading->error, sizeof reading->error, "netsh ended with exit code %lu",
             (unsigned long)child->exit_code);
  } else {
    reading->text = from_oem(child->output, child->len, &reading->len);
    if (!reading->text)
      snprintf(reading->error, sizeof reading->error, "netsh: out of memory");
  }
}

static void run_netsh(struct http_reading *reading) {
  struct win_child child;
  wchar_t program[MAX_PATH + 16], command_line[MAX_PATH + 64];
  if (!netsh_path(program, sizeof program / sizeof program[0])) {
    snprintf(reading->error, sizeof reading->error, "the system folder has no path");
    return;
  }
  swprintf(command_line, sizeof command_line / sizeof command_line[0],
           L"\"%ls\" " ARGUMENTS, program);
  win_child_run(program, command_line, PG_NETSH_TEXT_MAX, reading->deadline_ms, &child);
  if (child.error[0])
    snprintf(reading->error, sizeof reading->error, "netsh: %.*s",
             (int)(sizeof reading->error - sizeof "netsh: "), child.error);
  else
    take_output(reading, &child);
  free(child.output);
}

void win_netsh_read(struct http_reading *reading) {
  bool told = false;
  reading->text = NULL;
  reading->len = 0;
  reading->error[0] = '\0';
  /* Asking HTTP.sys while it is stopped might start it. */
  reading->stopped =
      !win_service_runs(L"HTTP", &told, reading->error, sizeof reading->error);
  if (!told) {
    reading->stopped = false;
    return;
  }
  if (!reading->stopped)
    run_netsh(reading);
}
