/* The verbs `install` and `uninstall`. Both may be repeated: install updates what
 * is there, uninstall of nothing says so. */
#include <winsock2.h>
#include <windows.h>

#include "service/platform.h"

#include "common/protocol.h"
#include "common/win_error.h"
#include "service/action/actor.h"
#include "service/files/files.h"
#include "service/win_event_source.h"

#include <stdio.h>
#include <string.h>

#define WIDE_TEXT(text) L##text
#define WIDE(text) WIDE_TEXT(text)
#define SERVICE_NAME WIDE(PG_SERVICE_NAME)
#define DISPLAY_NAME WIDE(PG_DISPLAY_NAME)

#define DESCRIPTION                                                                 \
  L"Watches which programs hold TCP ports and explains who must let go of one: "    \
  L"portguardctl status 80. Writes to the Application log when a port is taken or " \
  L"released."

#define STOP_MS 30000
#define PRESHUTDOWN_MS 10000
#define RESET_PERIOD_S (24u * 60u * 60u)

/* All that is left of LocalSystem's privileges. Not in the list, on purpose:
 * SeDebugPrivilege: image names need PROCESS_QUERY_LIMITED_INFORMATION only, which
 * every process grants to SYSTEM; SeImpersonatePrivilege: a caller of the
 * control pipe is impersonated for identification only, to look at its token;
 * backup, restore, driver loading, and the rest: nothing here uses them. */
#define PRIVILEGES L"SeChangeNotifyPrivilege\0"

#define PATH_CHARS 32768

static int failed(const char *function, DWORD error) {
  char words[WIN_ERROR_CHARS];
  fprintf(stderr, "portguardsvc: %s\n", win_error(words, sizeof words, function, error));
  if (error == ERROR_ACCESS_DENIED) {
    fputs("hint: open a command prompt with \"Run as administrator\" and try again\n",
          stderr);
    return pg_error_exit(PG_E_DENIED);
  }
  if (error == ERROR_SERVICE_MARKED_FOR_DELETE)
    fputs("hint: close the Services window and everything else that has the service "
          "open, then try again\n",
          stderr);
  return pg_error_exit(PG_E_WINDOWS);
}

/* The path in quotes: without them Windows would try C:\Program.exe first. */
static bool own_image(wchar_t *path, wchar_t *quoted) {
  DWORD len = GetModuleFileNameW(NULL, path, PATH_CHARS);
  if (len == 0 || len >= PATH_CHARS)
    return false;
  quoted[0] = L'"';
  memcpy(quoted + 1, path, len * sizeof *path);
  quoted[len + 1] = L'"';
  quoted[len + 2] = L'\0';
  return true;
}

/* --- what a new or an existing service is set to --- */

static void set(SC_HANDLE service, DWORD level, void *info, const char *what) {
  char words[WIN_ERROR_CHARS];
  if (ChangeServiceConfig2W(service, level, info))
    return;
  /* It runs without: an older Windows, or a stand-in for one, knows not all. */
  fprintf(stderr, "warning: this system does not take %s (%s)\n", what,
          win_error(words, sizeof words, "ChangeServiceConfig2W", GetLastError()));
}

static void set_recovery(SC_HANDLE service) {
  SC_ACTION actions[] = {
      {SC_ACTION_RESTART, 1000}, {SC_ACTION_RESTART, 5000}, {SC_ACTION_RESTART, 60000}};
  SERVICE_FAILURE_ACTIONSW recovery = {
      .dwResetPeriod = RESET_PERIOD_S, .cActions = 3, .lpsaActions = actions};
  SERVICE_FAILURE_ACTIONS_FLAG also_on_errors = {TRUE};
  set(service, SERVICE_CONFIG_FAILURE_ACTIONS, &recovery, "recovery actions");
  set(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_on_errors,
      "recovery after an error exit");
}

static void set_details(SC_HANDLE service) {
  static wchar_t description[] = DESCRIPTION, privileges[] = PRIVILEGES;
  SERVICE_DESCRIPTIONW text = {description};
  SERVICE_SID_INFO sid = {SERVICE_SID_TYPE_UNRESTRICTED};
  SERVICE_REQUIRED_PRIVILEGES_INFOW required = {privileges};
  SERVICE_PRESHUTDOWN_INFO preshutdown = {PRESHUTDOWN_MS};
  set(service, SERVICE_CONFIG_DESCRIPTION, &text, "a description");
  set_recovery(service);
  set(service, SERVICE_CONFIG_SERVICE_SID_INFO, &sid, "a service SID");
  set(service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &required,
      "a list of required privileges");
  set(service, SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown, "a preshutdown time");
}

/* --- install --- */

static SC_HANDLE update(SC_HANDLE manager, const wchar_t *quoted) {
  SC_HANDLE service =
      OpenServiceW(manager, SERVICE_NAME, SERVICE_CHANGE_CONFIG | SERVICE_START);
  if (service &&
      !ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                            SERVICE_ERROR_NORMAL, quoted, NULL, NULL, NULL,
                            L"LocalSystem", NULL, DISPLAY_NAME)) {
    DWORD error = GetLastError();
    CloseServiceHandle(service);
    SetLastError(error);
    service = NULL;
  }
  return service;
}

/* SERVICE_START as well, because setting restarts as recovery asks for it. */
static SC_HANDLE create(SC_HANDLE manager, const wchar_t *quoted, bool *updated) {
  SC_HANDLE service = CreateServiceW(
      manager, SERVICE_NAME, DISPLAY_NAME, SERVICE_CHANGE_CONFIG | SERVICE_START,
      SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, quoted, NULL,
      NULL, NULL, NULL, NULL);
  *updated = !service && GetLastError() == ERROR_SERVICE_EXISTS;
  return *updated ? update(manager, quoted) : service;
}

/* The service would believe nothing that is in there, and could not act. */
static void look_at_folder(void) {
  struct pg_fault fault = {.code = PG_OK};
  if (files_look(NULL, "config.json", &fault) == PG_OK)
    return;
  fprintf(stderr, "warning: %s\n", fault.message);
  if (fault.hint[0] != '\0')
    fprintf(stderr, "hint: %s\n", fault.hint);
}

static int install_in(SC_HANDLE manager, const wchar_t *path, const wchar_t *quoted) {
  bool updated = false;
  SC_HANDLE service = create(manager, quoted, &updated);
  if (!service)
    return failed(updated ? "ChangeServiceConfigW" : "CreateServiceW", GetLastError());
  set_details(service);
  CloseServiceHandle(service);
  DWORD error = win_event_source_add(path);
  if (error)
    return failed("registering the event source", error);
  printf("%s is %s.\n", PG_SERVICE_NAME,
         updated ? "updated; it starts anew with the next restart of the service"
                 : "installed, and starts with Windows");
  printf("To start it now:  net start %s\n", PG_SERVICE_NAME);
  look_at_folder();
  return 0;
}

int platform_install(void) {
  static wchar_t path[PATH_CHARS], quoted[PATH_CHARS + 3];
  if (!own_image(path, quoted))
    return failed("GetModuleFileNameW", GetLastError());
  SC_HANDLE manager =
      OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
  if (!manager)
    return failed("OpenSCManagerW", GetLastError());
  int code = install_in(manager, path, quoted);
  CloseServiceHandle(manager);
  return code;
}

/* --- uninstall --- */

static int remove_event_source(void) {
  DWORD error = win_event_source_remove();
  return error ? failed("removing the event source", error) : 0;
}

/* False: it could not be asked to stop. One that takes longer is removed all the same. */
static bool stop_first(struct pg_fault *fault) {
  struct actor actor;
  actor_open(&actor);
  if (actor.stop(actor.context, PG_SERVICE_NAME, STOP_MS, fault) == PG_OK)
    return true;
  if (fault->win32 != ERROR_TIMEOUT)
    return false;
  fprintf(stderr, "warning: %s; Windows removes it once it has\n", fault->message);
  return true;
}

static int remove_service(SC_HANDLE service) {
  struct pg_fault fault = {.code = PG_OK};
  if (!stop_first(&fault)) {
    fprintf(stderr, "portguardsvc: %s\n", fault.message);
    return pg_error_exit(fault.code);
  }
  if (!DeleteService(service) && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE)
    return failed("DeleteService", GetLastError());
  int code = remove_event_source();
  if (code == 0)
    printf("%s is removed.\n", PG_SERVICE_NAME);
  return code;
}

static int uninstall_from(SC_HANDLE manager) {
  SC_HANDLE service = OpenServiceW(manager, SERVICE_NAME, DELETE);
  if (service) {
    int code = remove_service(service);
    CloseServiceHandle(service);
    return code;
  }
  DWORD error = GetLastError();
  if (error != ERROR_SERVICE_DOES_NOT_EXIST)
    return failed("OpenServiceW", error);
  int code = remove_event_source();
  if (code == 0)
    printf("%s is not installed.\n", PG_SERVICE_NAME);
  return code;
}

int platform_uninstall(void) {
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  if (!manager)
    return failed("OpenSCManagerW", GetLastError());
  int code = uninstall_from(manager);
  CloseServiceHandle(manager);
  return code;
}
