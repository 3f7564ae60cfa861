#include "service/sources/win_netsh.h"

#include "common/limits.h"
#include "common/text.h"
#include "common/win_utf.h"
#include "service/sources/win_child.h"
#include "service/sources/win_services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define SHOW_STATE L"http show servicestate view=requestq"
#define SHOW_RANGES4 L"int ipv4 show excludedportrange protocol=tcp"
#define SHOW_RANGES6 L"int ipv6 show excludedportrange protocol=tcp"

/* What came of one run. */
struct output {
  char *text; /* UTF-8, malloc'ed; NULL when |error| says why */
  size_t len;
  char error[160];
};

bool win_netsh_path(wchar_t out[WIN_NETSH_PATH_CHARS]) {
  wchar_t folder[MAX_PATH];
  UINT len = GetSystemDirectoryW(folder, MAX_PATH);
  return len > 0 && len < MAX_PATH &&
         swprintf(out, WIN_NETSH_PATH_CHARS, L"%ls\\netsh.exe", folder) > 0;
}

/* The system's, which netsh has. GetOEMCP would say UTF-8: that is what the manifest of
 * this program (resources/) makes of its own code pages, all of them. */
static UINT oem_page(void) {
  wchar_t text[8] = L"";
  DWORD bytes = sizeof text;
  LONG code = RegGetValueW(HKEY_LOCAL_MACHINE,
                           L"SYSTEM\\CurrentControlSet\\Control\\Nls\\CodePage", L"OEMCP",
                           RRF_RT_REG_SZ, NULL, text, &bytes);
  UINT page = code == ERROR_SUCCESS ? (UINT)wcstoul(text, NULL, 10) : 0;
  return page != 0 && IsValidCodePage(page) ? page : GetOEMCP();
}

/* A child without a window has a console of its own, which starts in the OEM
 * code page; netsh writes in that. */
static char *from_oem(const char *text, size_t len, size_t *out_len) {
  UINT page = oem_page();
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

static void take_output(struct output *output, const struct win_child *child) {
  if (is_blank(child->output, child->len)) {
    snprintf(output->error, sizeof output->error, "netsh printed nothing (exit code %lu)",
             (unsigned long)child->exit_code);
  } else if (child->exit_code != 0) {
    snprintf(output->error, sizeof output->error, "netsh ended with exit code %lu",
             (unsigned long)child->exit_code);
  } else {
    output->text = from_oem(child->output, child->len, &output->len);
    if (!output->text)
      snprintf(output->error, sizeof output->error, "netsh: out of memory");
  }
}

/* |arguments| are among those above, never anybody else's words. */
static void run_netsh(const wchar_t *arguments, uint32_t deadline_ms,
                      struct output *output) {
  struct win_child child;
  wchar_t program[WIN_NETSH_PATH_CHARS], command_line[MAX_PATH + 128];
  memset(output, 0, sizeof *output);
  if (!win_netsh_path(program)) {
    snprintf(output->error, sizeof output->error, "the system folder has no path");
    return;
  }
  swprintf(command_line, sizeof command_line / sizeof command_line[0], L"\"%ls\" %ls",
           program, arguments);
  win_child_run(program, command_line, PG_NETSH_TEXT_MAX, deadline_ms, &child);
  if (child.error[0])
    snprintf(output->error, sizeof output->error, "netsh: %.*s",
             (int)(sizeof output->error - sizeof "netsh: "), child.error);
  else
    take_output(output, &child);
  free(child.output);
}

static void read_state(struct http_reading *reading) {
  struct output output;
  run_netsh(SHOW_STATE, reading->deadline_ms, &output);
  reading->text = output.text;
  reading->len = output.len;
  (void)pg_copy(reading->error, sizeof reading->error, output.error);
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
    read_state(reading);
}

static enum pg_error add_ranges(struct pg_snapshot *snapshot, enum pg_family family,
                                uint32_t deadline_ms, int64_t now) {
  struct output output;
  enum pg_error error = PG_OK;
  run_netsh(family == PG_IPV4 ? SHOW_RANGES4 : SHOW_RANGES6, deadline_ms, &output);
  if (output.text)
    error = source_add_ranges(snapshot, family, output.text, output.len, now);
  else
    snapshot_source_failed(snapshot, pg_source_of_ranges(family), now, output.error);
  free(output.text);
  return error;
}

enum pg_error win_netsh_add_ranges(struct pg_snapshot *snapshot,
                                   const struct network_order *order) {
  ULONGLONG begun = GetTickCount64();
  enum pg_error error = add_ranges(snapshot, PG_IPV4, order->deadline_ms, order->now);
  ULONGLONG spent = GetTickCount64() - begun;
  if (error)
    return error;
  if (spent < order->deadline_ms)
    return add_ranges(snapshot, PG_IPV6, order->deadline_ms - (uint32_t)spent,
                      order->now);
  snapshot_source_failed(snapshot, PG_SOURCE_EXCLUDED6, order->now,
                         "netsh was not asked: the run before it took all the time");
  return PG_OK;
}
