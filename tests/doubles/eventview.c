/* eventview.exe MESSAGE_FILE LOG_FILE [brief]: Event Viewer where there is none.
 * Wine keeps no events, but with WINEDEBUG=fixme+advapi,+eventlog it says on stderr
 * what ReportEvent was given. This reads that (LOG_FILE, "-" is standard input)
 * and prints each event as `Level  ID  message`, with the message rendered from
 * the message table in MESSAGE_FILE by FormatMessage, as Event Viewer does; with
 * "brief", its first line only. Wine cuts long strings; they end in "...". */
#include <windows.h>
#include <shellapi.h>

#include "common/win_utf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES (256 * 1024)
#define STRINGS_MAX 16
#define PENDING_MAX 16 /* threads that write events at the same time */

/* One event whose strings are still to come; lines of threads interleave. */
struct pending {
  char thread[16];
  unsigned type, id, wanted, got;
  wchar_t *strings[STRINGS_MAX];
};

static struct pending pending[PENDING_MAX];
static HMODULE messages;
static bool brief;

/* --- rendering --- */

static const char *level_name(unsigned type) {
  switch (type) {
  case EVENTLOG_ERROR_TYPE:
    return "Error";
  case EVENTLOG_WARNING_TYPE:
    return "Warning";
  case EVENTLOG_INFORMATION_TYPE:
    return "Information";
  default:
    return "?";
  }
}

/* One output line per message line that is not empty, indented after the first. */
static void print_lines(const char *text) {
  bool first = true;
  while (*text && (first || !brief)) {
    size_t len = strcspn(text, "\r\n");
    if (len > 0) {
      printf("%s%.*s\n", first ? "" : "    ", (int)len, text);
      first = false;
    }
    text += len + strspn(text + len, "\r\n");
  }
  if (first)
    puts("(an empty message)");
}

static void print_event(const struct pending *event) {
  wchar_t *wide = NULL;
  DWORD_PTR arguments[STRINGS_MAX + 1] = {0};
  for (unsigned i = 0; i < event->got; i++)
    arguments[i] = (DWORD_PTR)event->strings[i];
  for (unsigned i = event->got; i < STRINGS_MAX; i++)
    arguments[i] = (DWORD_PTR)L"(missing)";
  DWORD len = FormatMessageW(
      FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_HMODULE |
          FORMAT_MESSAGE_ARGUMENT_ARRAY,
      messages, event->id, 0, (wchar_t *)(void *)&wide, 0, (va_list *)(void *)arguments);
  char *text = len > 0 ? win_utf8(wide) : NULL;
  printf("%-11s  %4u  ", level_name(event->type), event->id);
  if (text)
    print_lines(text);
  else
    printf("(no message with this ID: error %lu)\n", (unsigned long)GetLastError());
  fflush(stdout);
  free(text);
  LocalFree(wide);
}

static void finish(struct pending *event) {
  print_event(event);
  for (unsigned i = 0; i < event->got; i++)
    free(event->strings[i]);
  memset(event, 0, sizeof *event);
}

/* --- reading Wine's lines --- */

static struct pending *pending_of(const char *thread, bool make) {
  for (size_t i = 0; i < PENDING_MAX; i++)
    if (strcmp(pending[i].thread, thread) == 0 && thread[0])
      return &pending[i];
  for (size_t i = 0; make && i < PENDING_MAX; i++)
    if (!pending[i].thread[0]) {
      snprintf(pending[i].thread, sizeof pending[i].thread, "%s", thread);
      return &pending[i];
    }
  return NULL;
}

/* (handle,type,category,id,sid,strings,…: every number in hexadecimal */
static void read_call(const char *thread, const char *arguments) {
  unsigned type = 0, category = 0, id = 0, strings = 0;
  while (*arguments == '(' || *arguments == ' ')
    arguments++;
  if (sscanf(arguments, "%*[^,],%x,%x,%x,%*[^,],%x", &type, &category, &id, &strings) !=
      4)
    return;
  struct pending *event = pending_of(thread, false);
  if (event)
    finish(event); /* one whose strings never came */
  event = pending_of(thread, true);
  if (!event)
    return;
  event->type = type;
  event->id = id;
  event->wanted = strings < STRINGS_MAX ? strings : STRINGS_MAX;
  if (event->wanted == 0)
    finish(event);
}

static wchar_t escaped_char(const char **at) {
  const char *s = *at;
  char digits[5];
  *at = s + 1;
  switch (*s) {
  case 'n':
    return L'\n';
  case 'r':
    return L'\r';
  case 't':
    return L'\t';
  case '"':
  case '\\':
    return (wchar_t)*s;
  default:
    snprintf(digits, sizeof digits, "%.4s", s);
    *at = s + strlen(digits);
    return (wchar_t)strtoul(digits, NULL, 16);
  }
}

/* What stands between the quotes of L"…"; a "..." behind them means it was cut. */
static wchar_t *unquote(const char *s) {
  wchar_t *out = malloc((strlen(s) + 4) * sizeof *out);
  size_t len = 0;
  if (!out)
    return NULL;
  while (*s && *s != '"')
    if (*s == '\\' && s[1]) {
      s++;
      out[len++] = escaped_char(&s);
    } else {
      out[len++] = (wchar_t)(unsigned char)*s++;
    }
  out[len] = L'\0';
  if (strncmp(s, "\"...", 4) == 0)
    wcscpy(out + len, L"...");
  return out;
}

static void read_string(const char *thread, const char *text) {
  struct pending *event = pending_of(thread, false);
  if (!event || event->got >= event->wanted)
    return;
  event->strings[event->got] = unquote(text);
  if (event->strings[event->got] && ++event->got == event->wanted)
    finish(event);
}

/* 0024:fixme:advapi:ReportEventW (…): stub
 * 0024:warn:eventlog:ReportEventW L"…" */
static void read_line(const char *line) {
  static const char function[] = ":ReportEventW ";
  char thread[16] = "";
  const char *at = strstr(line, function);
  size_t digits = strspn(line, "0123456789abcdefABCDEF");
  if (!at || digits == 0 || digits >= sizeof thread)
    return;
  memcpy(thread, line, digits);
  at += sizeof function - 1;
  if (strncmp(at, "L\"", 2) == 0)
    read_string(thread, at + 2);
  else
    read_call(thread, at);
}

static int read_log(FILE *log) {
  static char line[LINE_BYTES];
  while (fgets(line, sizeof line, log))
    read_line(line);
  for (size_t i = 0; i < PENDING_MAX; i++)
    if (pending[i].thread[0])
      finish(&pending[i]);
  return 0;
}

int main(void) {
  int argc = 0;
  wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
  if (!argv || argc < 3 || argc > 4 || (argc == 4 && wcscmp(argv[3], L"brief") != 0)) {
    fputs("usage: eventview MESSAGE_FILE LOG_FILE [brief]\n", stderr);
    return 64;
  }
  brief = argc == 4;
  messages = LoadLibraryExW(argv[1], NULL, LOAD_LIBRARY_AS_DATAFILE);
  if (!messages) {
    fprintf(stderr, "eventview: no message file: error %lu\n",
            (unsigned long)GetLastError());
    return 1;
  }
  FILE *log = wcscmp(argv[2], L"-") == 0 ? stdin : _wfopen(argv[2], L"rb");
  if (!log) {
    fprintf(stderr, "eventview: cannot read the log: error %lu\n",
            (unsigned long)GetLastError());
    return 1;
  }
  return read_log(log);
}
