/* A program that holds a URL with HTTP.sys, as a Windows service or in a console.
 * It registers and listens; requests are left in the queue.
 *
 *   webdemo install NAME DISPLAY_NAME URL [QUEUE]
 *   webdemo uninstall NAME
 *   webdemo run URL [QUEUE]        prints "ready"; until its input ends or Ctrl+C
 *
 * While it holds the URL it keeps a record for the netsh double (records.h). */
#include <winsock2.h>
#include <windows.h>
#include <shellapi.h>
#include <http.h>

#include "tests/doubles/records.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define STOP_MS 10000

struct site {
  const wchar_t *url, *queue_name;
  HANDLE queue;
  HTTP_SERVER_SESSION_ID session;
  HTTP_URL_GROUP_ID group;
};

static int failed(const char *function, DWORD error) {
  fprintf(stderr, "webdemo: %s: error %lu\n", function, (unsigned long)error);
  return error ? (int)error : 1;
}

/* --- the record --- */

static void record_key(wchar_t *out, size_t chars) {
  _snwprintf(out, chars, DOUBLE_QUEUES L"\\%lu", (unsigned long)GetCurrentProcessId());
}

static void set_text(HKEY key, const wchar_t *name, const wchar_t *text) {
  RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text,
                 (DWORD)((wcslen(text) + 1) * sizeof *text));
}

static DWORD write_record(const struct site *site) {
  wchar_t path[128], pid[16];
  HKEY key = NULL;
  record_key(path, 128);
  LONG error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, REG_OPTION_VOLATILE,
                               KEY_SET_VALUE, NULL, &key, NULL);
  if (error != ERROR_SUCCESS)
    return (DWORD)error;
  _snwprintf(pid, 16, L"%lu", (unsigned long)GetCurrentProcessId());
  set_text(key, L"Name", site->queue_name ? site->queue_name : L"");
  set_text(key, L"Url0", site->url);
  set_text(key, L"Pid", pid); /* last: it makes the record count */
  RegCloseKey(key);
  return NO_ERROR;
}

static void remove_record(void) {
  wchar_t path[128];
  record_key(path, 128);
  RegDeleteKeyW(HKEY_LOCAL_MACHINE, path);
}

/* --- HTTP.sys --- */

static DWORD bind_queue(struct site *site) {
  HTTP_BINDING_INFO binding = {{1}, site->queue};
  return HttpSetUrlGroupProperty(site->group, HttpServerBindingProperty, &binding,
                                 sizeof binding);
}

static DWORD open_site(struct site *site, const char **step) {
  HTTPAPI_VERSION version = HTTPAPI_VERSION_2;
  *step = "HttpInitialize";
  DWORD error = HttpInitialize(version, HTTP_INITIALIZE_SERVER, NULL);
  if (error)
    return error;
  *step = "HttpCreateRequestQueue";
  error = HttpCreateRequestQueue(version, site->queue_name, NULL, 0, &site->queue);
  if (!error) {
    *step = "HttpCreateServerSession";
    error = HttpCreateServerSession(version, &site->session, 0);
  }
  if (!error) {
    *step = "HttpCreateUrlGroup";
    error = HttpCreateUrlGroup(site->session, &site->group, 0);
  }
  if (!error) {
    *step = "HttpSetUrlGroupProperty";
    error = bind_queue(site);
  }
  if (!error) {
    *step = "HttpAddUrlToUrlGroup";
    error = HttpAddUrlToUrlGroup(site->group, site->url, 0, 0);
  }
  if (!error) {
    *step = "the record";
    error = write_record(site);
  }
  return error;
}

static void close_site(struct site *site) {
  remove_record();
  if (site->group) {
    HttpRemoveUrlFromUrlGroup(site->group, site->url, 0);
    HttpCloseUrlGroup(site->group);
  }
  if (site->session)
    HttpCloseServerSession(site->session);
  if (site->queue)
    HttpCloseRequestQueue(site->queue);
  HttpTerminate(HTTP_INITIALIZE_SERVER, NULL);
}

/* --- as a service --- */

static struct site site;
static SERVICE_STATUS_HANDLE status_handle;
static HANDLE stop_event;

static void report(DWORD state, DWORD error) {
  SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                           .dwCurrentState = state,
                           .dwWin32ExitCode = error};
  if (state == SERVICE_RUNNING)
    status.dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN;
  else if (state != SERVICE_STOPPED)
    status.dwWaitHint = STOP_MS;
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
  report(SERVICE_STOP_PENDING, NO_ERROR);
  SetEvent(stop_event);
  return NO_ERROR;
}

static wchar_t *service_name;

static void WINAPI service_main(DWORD argc, wchar_t **argv) {
  const char *step = "";
  (void)argc;
  (void)argv;
  status_handle = RegisterServiceCtrlHandlerExW(service_name, on_control, NULL);
  report(SERVICE_START_PENDING, NO_ERROR);
  DWORD error = open_site(&site, &step);
  if (error) {
    (void)failed(step, error);
  } else {
    report(SERVICE_RUNNING, NO_ERROR);
    WaitForSingleObject(stop_event, INFINITE);
  }
  close_site(&site);
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

/* --- in a console --- */

static DWORD WINAPI wait_for_input(void *unused) {
  (void)unused;
  while (getchar() != EOF)
    ;
  SetEvent(stop_event);
  return 0;
}

static BOOL WINAPI on_console_event(DWORD event) {
  (void)event;
  SetEvent(stop_event);
  return TRUE;
}

static int run(void) {
  const char *step = "";
  stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
  DWORD error = open_site(&site, &step);
  if (!error) {
    puts("ready");
    fflush(stdout);
    SetConsoleCtrlHandler(on_console_event, TRUE);
    CloseHandle(CreateThread(NULL, 0, wait_for_input, NULL, 0, NULL));
    WaitForSingleObject(stop_event, INFINITE);
  }
  close_site(&site);
  return error ? failed(step, error) : 0;
}

/* --- install and uninstall --- */

static int install(const wchar_t *name, const wchar_t *display, const wchar_t *url,
                   const wchar_t *queue) {
  wchar_t image[MAX_PATH], command[2 * DOUBLE_TEXT];
  GetModuleFileNameW(NULL, image, MAX_PATH);
  _snwprintf(command, 2 * DOUBLE_TEXT, L"\"%ls\" service \"%ls\" \"%ls\"%ls%ls%ls", image,
             name, url, queue ? L" \"" : L"", queue ? queue : L"", queue ? L"\"" : L"");
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE);
  SC_HANDLE service = CreateServiceW(
      manager, name, display, SERVICE_QUERY_STATUS, SERVICE_WIN32_OWN_PROCESS,
      SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL, NULL, NULL);
  if (!service)
    return failed("CreateServiceW", GetLastError());
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return 0;
}

static int uninstall(const wchar_t *name) {
  SERVICE_STATUS status;
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  SC_HANDLE service = OpenServiceW(manager, name, SERVICE_STOP | DELETE);
  if (!service)
    return failed("OpenServiceW", GetLastError());
  ControlService(service, SERVICE_CONTROL_STOP, &status);
  DWORD error = DeleteService(service) ? NO_ERROR : GetLastError();
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return error ? failed("DeleteService", error) : 0;
}

static int usage(void) {
  fputs("usage: webdemo install NAME DISPLAY_NAME URL [QUEUE]\n"
        "       webdemo uninstall NAME\n"
        "       webdemo run URL [QUEUE]\n",
        stderr);
  return 64;
}

int main(void) {
  int argc = 0;
  wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
  const wchar_t *verb = argv && argc > 1 ? argv[1] : L"";
  if (wcscmp(verb, L"install") == 0 && (argc == 5 || argc == 6))
    return install(argv[2], argv[3], argv[4], argc == 6 ? argv[5] : NULL);
  if (wcscmp(verb, L"uninstall") == 0 && argc == 3)
    return uninstall(argv[2]);
  if (wcscmp(verb, L"run") == 0 && (argc == 3 || argc == 4)) {
    site.url = argv[2];
    site.queue_name = argc == 4 ? argv[3] : NULL;
    return run();
  }
  if (wcscmp(verb, L"service") == 0 && (argc == 4 || argc == 5)) {
    site.url = argv[3];
    site.queue_name = argc == 5 ? argv[4] : NULL;
    return serve(argv[2]);
  }
  return usage();
}
