/* A Windows service that behaves as it is told, and may listen on a port of its own.
 *
 *   testsvc install NAME PORT BEHAVIOUR [NEEDS]   PORT 0: it does not listen
 *   testsvc uninstall NAME                        ends its process if it must
 *
 * BEHAVIOUR: normal; refuse (takes no stop); hang (says that it is stopping, until
 * somebody makes a file NAME.go beside this program); slow (takes two seconds to stop);
 * again (starts anew as soon as it has stopped).
 *
 * NAME.log beside it is the service's diary: a word ("listening", "asked" to stop,
 * "stopped") and the milliseconds of one clock in each line. */
#include <winsock2.h>
#include <windows.h>
#include <shellapi.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define SLOW_MS 2000
#define HINT_MS 5000
#define GO_MS 20

static SERVICE_STATUS_HANDLE status_handle;
static HANDLE stop_event;
static wchar_t *service_name, *behaviour;
static unsigned port;

static int failed(const char *function, DWORD error) {
  fprintf(stderr, "testsvc: %s: error %lu\n", function, (unsigned long)error);
  return error ? (int)error : 1;
}

/* Of a file beside this program. */
static const wchar_t *path_of(const wchar_t *name, const wchar_t *ending) {
  static wchar_t path[2 * MAX_PATH];
  wchar_t image[MAX_PATH];
  GetModuleFileNameW(NULL, image, MAX_PATH);
  *wcsrchr(image, L'\\') = L'\0';
  _snwprintf(path, 2 * MAX_PATH, L"%ls\\%ls%ls", image, name, ending);
  return path;
}

/* Who reads it may do so at any time, so each line is written at once and whole. */
static void note(const char *word) {
  LARGE_INTEGER now, second;
  char line[64];
  DWORD written = 0;
  QueryPerformanceCounter(&now);
  QueryPerformanceFrequency(&second);
  int len = snprintf(line, sizeof line, "%s %.1f\n", word,
                     (double)now.QuadPart * 1000 / (double)second.QuadPart);
  HANDLE file = CreateFileW(path_of(service_name, L".log"), FILE_APPEND_DATA,
                            FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS,
                            FILE_ATTRIBUTE_NORMAL, NULL);
  if (file == INVALID_HANDLE_VALUE)
    return;
  WriteFile(file, line, (DWORD)len, &written, NULL);
  CloseHandle(file);
}

static bool is(const wchar_t *word) {
  return wcscmp(behaviour, word) == 0;
}

static void report(DWORD state, DWORD error) {
  SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                           .dwCurrentState = state,
                           .dwWin32ExitCode = error};
  if (state == SERVICE_RUNNING && !is(L"refuse"))
    status.dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN;
  else if (state != SERVICE_STOPPED && state != SERVICE_RUNNING)
    status.dwWaitHint = HINT_MS;
  SetServiceStatus(status_handle, &status);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context) {
  (void)type;
  (void)data;
  (void)context;
  if (control == SERVICE_CONTROL_INTERROGATE)
    return NO_ERROR;
  if (control != SERVICE_CONTROL_STOP && control != SERVICE_CONTROL_SHUTDOWN)
    return ERROR_CALL_NOT_IMPLEMENTED;
  note("asked");
  report(SERVICE_STOP_PENDING, NO_ERROR);
  SetEvent(stop_event);
  return NO_ERROR;
}

/* Wine tells a listener's owner once it has set an option. */
static DWORD listen_on_port(SOCKET *out) {
  WSADATA data;
  DWORD yes = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((u_short)port)};
  int error = WSAStartup(MAKEWORD(2, 2), &data);
  if (error)
    return (DWORD)error;
  *out = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  if (*out == INVALID_SOCKET || bind(*out, (struct sockaddr *)&address, sizeof address) ||
      listen(*out, 8))
    return (DWORD)WSAGetLastError();
  note("listening");
  if (setsockopt(*out, IPPROTO_TCP, TCP_NODELAY, (char *)&yes, sizeof yes))
    return (DWORD)WSAGetLastError();
  return NO_ERROR;
}

/* A process of its own starts the service once this one has gone. */
static void come_again(void) {
  wchar_t image[MAX_PATH], command[2 * MAX_PATH];
  STARTUPINFOW start = {.cb = sizeof start};
  PROCESS_INFORMATION process;
  GetModuleFileNameW(NULL, image, MAX_PATH);
  _snwprintf(command, 2 * MAX_PATH, L"\"%ls\" again \"%ls\"", image, service_name);
  if (!CreateProcessW(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process))
    return;
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
}

static void WINAPI service_main(DWORD argc, wchar_t **argv) {
  SOCKET listener = INVALID_SOCKET;
  (void)argc;
  (void)argv;
  status_handle = RegisterServiceCtrlHandlerExW(service_name, on_control, NULL);
  report(SERVICE_START_PENDING, NO_ERROR);
  DWORD error = port ? listen_on_port(&listener) : NO_ERROR;
  if (!error) {
    report(SERVICE_RUNNING, NO_ERROR);
    WaitForSingleObject(stop_event, INFINITE);
    if (is(L"slow"))
      Sleep(SLOW_MS); /* this is what it is told to be */
    while (is(L"hang") && !DeleteFileW(path_of(service_name, L".go")))
      Sleep(GO_MS);
  }
  if (listener != INVALID_SOCKET)
    closesocket(listener);
  note("stopped");
  if (is(L"again"))
    come_again();
  report(SERVICE_STOPPED, error);
}

static int serve(wchar_t *name) {
  const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};
  service_name = name;
  stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (!StartServiceCtrlDispatcherW(table))
    return failed("StartServiceCtrlDispatcherW", GetLastError());
  return 0;
}

/* Until it runs, is disabled or gone. */
static int start_again(const wchar_t *name) {
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  SC_HANDLE service = OpenServiceW(manager, name, SERVICE_START);
  for (int i = 0; service && i < 100; i++) {
    if (StartServiceW(service, 0, NULL))
      break;
    DWORD error = GetLastError();
    if (error != ERROR_SERVICE_ALREADY_RUNNING &&
        error != ERROR_SERVICE_CANNOT_ACCEPT_CTRL &&
        error != ERROR_SERVICE_DATABASE_LOCKED)
      break;
    Sleep(50); /* the service that started us is still going */
  }
  return 0;
}

static int install(const wchar_t *name, const wchar_t *number, const wchar_t *how,
                   const wchar_t *needs) {
  wchar_t image[MAX_PATH], command[3 * MAX_PATH], list[MAX_PATH] = {0};
  GetModuleFileNameW(NULL, image, MAX_PATH);
  _snwprintf(command, 3 * MAX_PATH, L"\"%ls\" service \"%ls\" %ls %ls", image, name,
             number, how);
  if (needs)
    _snwprintf(list, MAX_PATH - 2, L"%ls", needs); /* two zeros end it */
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE);
  SC_HANDLE service =
      CreateServiceW(manager, name, name, SERVICE_QUERY_STATUS, SERVICE_WIN32_OWN_PROCESS,
                     SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, command, NULL, NULL,
                     needs ? list : NULL, NULL, NULL);
  if (!service)
    return failed("CreateServiceW", GetLastError());
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return 0;
}

static void end_process(SC_HANDLE service) {
  SERVICE_STATUS_PROCESS status;
  DWORD needed = 0;
  if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status,
                            sizeof status, &needed) ||
      !status.dwProcessId)
    return;
  HANDLE process =
      OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, status.dwProcessId);
  if (!process)
    return;
  TerminateProcess(process, 1);
  WaitForSingleObject(process, HINT_MS);
  CloseHandle(process);
}

static int uninstall(const wchar_t *name) {
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  SC_HANDLE service = OpenServiceW(manager, name, SERVICE_QUERY_STATUS | DELETE);
  if (!service)
    return failed("OpenServiceW", GetLastError());
  DWORD error = DeleteService(service) ? NO_ERROR : GetLastError();
  end_process(service);
  DeleteFileW(path_of(name, L".log"));
  DeleteFileW(path_of(name, L".go"));
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return error ? failed("DeleteService", error) : 0;
}

static int usage(void) {
  fputs("usage: testsvc install NAME PORT normal|refuse|hang|slow|again [NEEDS]\n"
        "       testsvc uninstall NAME\n",
        stderr);
  return 64;
}

int main(void) {
  int argc = 0;
  wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
  if (argc >= 5 && wcscmp(argv[1], L"service") == 0) {
    port = (unsigned)wcstoul(argv[3], NULL, 10);
    behaviour = argv[4];
    return serve(argv[2]);
  }
  if (argc >= 5 && wcscmp(argv[1], L"install") == 0)
    return install(argv[2], argv[3], argv[4], argc > 5 ? argv[5] : NULL);
  if (argc == 3 && wcscmp(argv[1], L"uninstall") == 0)
    return uninstall(argv[2]);
  if (argc == 3 && wcscmp(argv[1], L"again") == 0)
    return start_again(argv[2]);
  return usage();
}
