/* Stands in for netsh.exe, which Wine only has as a stub. Answers in the shape of the
 * real one; registry values (records.h) ask for something else.
 *
 * `netsh http show servicestate view=requestq`: from the records of programs that
 * really hold a URL (webdemo.exe). The environment variable PG_DOUBLE_NETSH, or the
 * value "mode":
 *
 *   a, b, c   the three generations of the text; c is the default
 *   hang      half an answer, then nothing for ever
 *   garbage   bytes that make no sense
 *   nothing   exit code 0 and no output, as Wine's stub
 *   fail      an error message and exit code 1
 *   forge     queue names that pretend to be other lines of the answer, so that
 *             the service named by the value "victim" seems to hold the port
 *
 * `netsh int ipv4|ipv6 show excludedportrange protocol=tcp`: the ranges in the value
 * "ranges4" or "ranges6" ("8016-8115 50000-50059*"). The value "ranges":
 *
 *   normal    the default
 *   german    the same in another language
 *   cut       ends within the last row
 *   hang, garbage, nothing, fail  as above */
#include <winsock2.h>
#include <windows.h>
#include <shellapi.h>

#include "tests/doubles/records.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define URLS_MAX 16
#define QUEUES_MAX 64

struct queue {
  wchar_t name[DOUBLE_TEXT];
  wchar_t urls[URLS_MAX][DOUBLE_TEXT];
  size_t url_count;
  DWORD pid;
};

/* --- output, in the code page the real one uses --- */

static void put(const wchar_t *wide) {
  char bytes[8192];
  UINT page = GetConsoleOutputCP();
  int len = WideCharToMultiByte(page ? page : GetOEMCP(), 0, wide, -1, bytes,
                                sizeof bytes, NULL, NULL);
  if (len > 1)
    fwrite(bytes, 1, (size_t)len - 1, stdout);
}

static void put_label(const wchar_t *label, const wchar_t *value) {
  put(label);
  put(value);
  put(L"\n");
}

static void put_number(const wchar_t *label, size_t number) {
  wchar_t digits[24];
  _snwprintf(digits, 24, L"%u", (unsigned)number);
  put_label(label, digits);
}

/* --- the records --- */

static bool read_text(HKEY key, const wchar_t *name, wchar_t *out) {
  DWORD bytes = DOUBLE_TEXT * sizeof *out;
  return RegGetValueW(key, NULL, name, RRF_RT_REG_SZ, NULL, out, &bytes) == ERROR_SUCCESS;
}

static bool read_setting(const wchar_t *name, wchar_t *out) {
  DWORD bytes = DOUBLE_TEXT * sizeof *out;
  return RegGetValueW(HKEY_LOCAL_MACHINE, DOUBLE_KEY, name, RRF_RT_REG_SZ, NULL, out,
                      &bytes) == ERROR_SUCCESS;
}

static bool is_alive(DWORD pid) {
  HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);
  bool alive = process && WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
  if (process)
    CloseHandle(process);
  return alive;
}

static bool read_queue(HKEY queues, const wchar_t *id, struct queue *queue) {
  wchar_t pid[DOUBLE_TEXT], url[16];
  HKEY key = NULL;
  memset(queue, 0, sizeof *queue);
  if (RegOpenKeyExW(queues, id, 0, KEY_READ, &key) != ERROR_SUCCESS)
    return false;
  if (read_text(key, L"Pid", pid))
    queue->pid = wcstoul(pid, NULL, 10);
  if (!read_text(key, L"Name", queue->name))
    queue->name[0] = L'\0';
  for (unsigned i = 0; i < URLS_MAX; i++) {
    _snwprintf(url, 16, L"Url%u", i);
    if (!read_text(key, url, queue->urls[queue->url_count]))
      break;
    /* HTTP.sys shows registrations in upper case. */
    CharUpperW(queue->urls[queue->url_count++]);
  }
  RegCloseKey(key);
  return queue->pid != 0 && is_alive(queue->pid);
}

/* --- services --- */

union services {
  ENUM_SERVICE_STATUS_PROCESSW list[1];
  BYTE bytes[256 * 1024];
};
static union services services;
static DWORD service_count;

static void read_services(void) {
  DWORD needed = 0, resume = 0;
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ENUMERATE_SERVICE);
  EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_ACTIVE,
                        services.bytes, sizeof services, &needed, &service_count, &resume,
                        NULL);
  CloseServiceHandle(manager);
}

static DWORD pid_of(const wchar_t *service) {
  for (DWORD i = 0; i < service_count; i++)
    if (_wcsicmp(services.list[i].lpServiceName, service) == 0)
      return services.list[i].ServiceStatusProcess.dwProcessId;
  return 0;
}

/* "A, B", and how many; |first| is the first of them. */
static size_t services_of(DWORD pid, wchar_t *out, const wchar_t **first) {
  size_t count = 0;
  out[0] = L'\0';
  for (DWORD i = 0; i < service_count; i++) {
    const ENUM_SERVICE_STATUS_PROCESSW *service = &services.list[i];
    if (service->ServiceStatusProcess.dwProcessId != pid)
      continue;
    if (count++ == 0)
      *first = service->lpServiceName;
    else
      wcsncat(out, L", ", DOUBLE_TEXT - wcslen(out) - 1);
    wcsncat(out, service->lpServiceName, DOUBLE_TEXT - wcslen(out) - 1);
  }
  return count;
}

/* --- one block --- */

static void image_of(DWORD pid, wchar_t *out) {
  DWORD chars = DOUBLE_TEXT;
  HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
  if (!process || !QueryFullProcessImageNameW(process, 0, out, &chars))
    wcscpy(out, L"<?>");
  if (process)
    CloseHandle(process);
}

static void put_processes(DWORD pid, wchar_t generation) {
  wchar_t image[DOUBLE_TEXT], line[DOUBLE_TEXT + 64], names[DOUBLE_TEXT];
  const wchar_t *first = NULL;
  put_number(L"    Number of active processes attached: ", 1);
  if (generation == L'a') {
    put(L"    Process IDs:\n");
    put_number(L"        ", pid);
    return;
  }
  image_of(pid, image);
  _snwprintf(line, DOUBLE_TEXT + 64, L"        ID: %lu, image: %ls\n", (unsigned long)pid,
             image);
  put(L"    Processes:\n");
  put(line);
  if (generation == L'c' && services_of(pid, names, &first) > 0) {
    put_label(L"        Services: ", names);
    put_label(L"        Tagged Service: ", first);
  }
}

static void put_urls(const struct queue *queue, const wchar_t *name) {
  put(L"    URL groups:\n"
      L"    URL group ID: FE00000040000001\n"
      L"        State: Active\n");
  put_label(L"        Request queue name: ", name);
  put(L"        Properties:\n"
      L"            Max bandwidth: inherited\n"
      L"            Max connections: inherited\n"
      L"            Timeouts:\n"
      L"                Timeout values inherited\n");
  put_number(L"            Number of registered URLs: ", queue->url_count);
  put(L"            Registered URLs:\n");
  for (size_t i = 0; i < queue->url_count; i++)
    put_label(L"                ", queue->urls[i]);
  put(L"        Server session ID: FF00000020000001\n"
      L"            Version: 2.0\n"
      L"            State: Active\n"
      L"            Properties:\n"
      L"                Max bandwidth: 4294967295\n"
      L"                Timeouts:\n"
      L"                    Entity body timeout (secs): 120\n"
      L"                    Drain entity body timeout (secs): 120\n\n");
}

static void put_block(const struct queue *queue, const wchar_t *name,
                      wchar_t generation) {
  put_label(L"Request queue name: ", name);
  put(L"    Version: 2.0\n"
      L"    State: Active\n"
      L"    Request queue 503 verbosity level: Basic\n"
      L"    Max requests: 1000\n");
  if (generation == L'c')
    put(L"    Active requests: 0\n"
        L"    Queued requests: 0\n"
        L"    Cache hits: 0\n");
  put_processes(queue->pid, generation);
  put_urls(queue, name);
}

/* A queue's name is whatever its creator likes, line breaks included. This one
 * says that another service holds what the queue holds. */
static void forge(const struct queue *queue, wchar_t *name) {
  wchar_t victim[DOUBLE_TEXT], image[DOUBLE_TEXT];
  if (!read_setting(L"victim", victim))
    wcscpy(victim, L"W3SVC");
  DWORD pid = pid_of(victim);
  image_of(pid, image);
  _snwprintf(name, 3 * DOUBLE_TEXT,
             L"Fine\n"
             L"    Number of active processes attached: 1\n"
             L"    Processes:\n"
             L"        ID: %lu, image: %ls\n"
             L"        Services: %ls\n"
             L"        Tagged Service: %ls\n"
             L"    Registered URLs:\n"
             L"        %ls",
             (unsigned long)pid, image, victim, victim,
             queue->url_count ? queue->urls[0] : L"HTTP://+:80/");
}

static void put_queue(const struct queue *queue, wchar_t generation, bool forged) {
  static wchar_t name[3 * DOUBLE_TEXT];
  wcscpy(name, queue->name[0] ? queue->name : L"Request queue is unnamed.");
  if (forged)
    forge(queue, name);
  put_block(queue, name, generation);
}

static int show(wchar_t generation, bool forged) {
  static struct queue queue;
  wchar_t id[64];
  HKEY queues = NULL;
  read_services();
  put(L"\nSnapshot of HTTP service state (Request Queue View):\n"
      L"-----------------------------------------------------\n\n");
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, DOUBLE_QUEUES, 0, KEY_READ, &queues) !=
      ERROR_SUCCESS)
    return 0;
  for (DWORD i = 0; i < QUEUES_MAX; i++) {
    DWORD chars = sizeof id / sizeof id[0];
    if (RegEnumKeyExW(queues, i, id, &chars, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
      break;
    if (read_queue(queues, id, &queue))
      put_queue(&queue, generation, forged);
  }
  RegCloseKey(queues);
  return 0;
}

/* --- which answer --- */

static int garbage(void) {
  unsigned char noise = 7;
  for (int i = 0; i < 4096; i++) {
    noise = (unsigned char)(noise * 37 + 11);
    putchar(noise);
  }
  return 0;
}

static int hang(const wchar_t *begun) {
  put(begun);
  fflush(stdout);
  WaitForSingleObject(GetCurrentProcess(), INFINITE);
  return 1;
}

/* What both kinds of answer can do wrong; false: |mode| is none of it. */
static bool misbehave(const wchar_t *mode, const wchar_t *begun, int *code) {
  bool bad = true;
  if (wcscmp(mode, L"hang") == 0) {
    *code = hang(begun);
  } else if (wcscmp(mode, L"garbage") == 0) {
    *code = garbage();
  } else if (wcscmp(mode, L"nothing") == 0) {
    *code = 0;
  } else if (wcscmp(mode, L"fail") == 0) {
    put(L"What was asked for cannot be shown: access is denied.\n");
    *code = 1;
  } else {
    bad = false;
  }
  return bad;
}

static int answer_state(void) {
  wchar_t mode[DOUBLE_TEXT];
  int code = 0;
  if (GetEnvironmentVariableW(L"PG_DOUBLE_NETSH", mode, DOUBLE_TEXT) == 0 &&
      !read_setting(L"mode", mode))
    wcscpy(mode, L"c");
  if (misbehave(mode, L"\nSnapshot of HTTP service state (Request Queue View):\n", &code))
    return code;
  if (wcscmp(mode, L"forge") == 0)
    return show(L'c', true);
  return show(mode[0], false);
}

/* --- excluded port ranges --- */

static const struct {
  const wchar_t *head, *foot;
} english = {L"\nProtocol tcp Port Exclusion Ranges\n\n"
             L"Start Port    End Port      \n"
             L"----------    --------      \n",
             L"\n* - Administered port exclusions.\n\n"},
  german = {L"\nAusschlussbereiche f\u00fcr Protokoll tcp-Port\n\n"
            L"Startport     Endport       \n"
            L"----------    --------      \n",
            L"\n* - Verwaltete Portausschl\u00fcsse.\n\n"};

static void put_range(const wchar_t *word, bool cut) {
  wchar_t row[64], *end = NULL;
  unsigned long first = wcstoul(word, &end, 10), last = first;
  if (*end == L'-')
    last = wcstoul(end + 1, &end, 10);
  _snwprintf(row, 64, L"%10lu  %10lu  %ls\n", first, last,
             *end == L'*' ? L"   *" : L"    ");
  if (cut)
    row[16] = L'\0';
  put(row);
}

static int answer_ranges(const wchar_t *setting) {
  wchar_t mode[DOUBLE_TEXT], ranges[DOUBLE_TEXT];
  int code = 0;
  if (!read_setting(L"ranges", mode))
    wcscpy(mode, L"normal");
  if (misbehave(mode, english.head, &code))
    return code;
  bool is_german = wcscmp(mode, L"german") == 0, cut = wcscmp(mode, L"cut") == 0;
  if (!read_setting(setting, ranges))
    ranges[0] = L'\0';
  put(is_german ? german.head : english.head);
  for (const wchar_t *word = ranges; *word; word += wcsspn(word, L" ")) {
    const wchar_t *next = word + wcscspn(word, L" ");
    put_range(word, cut && *next == L'\0');
    word = next;
  }
  if (!cut)
    put(is_german ? german.foot : english.foot);
  return 0;
}

/* --- which command --- */

static const struct {
  const wchar_t *line;
  const wchar_t *setting; /* NULL: the HTTP state */
} commands[] = {
    {L"http show servicestate view=requestq", NULL},
    {L"int ipv4 show excludedportrange protocol=tcp", L"ranges4"},
    {L"int ipv6 show excludedportrange protocol=tcp", L"ranges6"},
};

static void join(int argc, wchar_t **argv, wchar_t *out) {
  out[0] = L'\0';
  for (int i = 1; i < argc; i++) {
    wcsncat(out, argv[i], DOUBLE_TEXT - wcslen(out) - 1);
    if (i + 1 < argc)
      wcsncat(out, L" ", DOUBLE_TEXT - wcslen(out) - 1);
  }
}

int main(void) {
  wchar_t line[DOUBLE_TEXT];
  int argc = 0;
  wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
  join(argv ? argc : 0, argv, line);
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    if (_wcsicmp(line, commands[i].line) == 0)
      return commands[i].setting ? answer_ranges(commands[i].setting) : answer_state();
  put(L"This stand-in for netsh only knows:\n");
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    put_label(L"  ", commands[i].line);
  return 1;
}
