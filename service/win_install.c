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
#include "service/win_names.h"
#include "service/win_setup.h"

#include <stdio.h>
#include <string.h>

#define STOP_MS 30000

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

/* |context|: the exit code. A system that does not know a setting, an older Windows or a
 * stand-in for one, is no reason to fail: the service runs without. */
static void not_set(void *context, enum win_setup_item item,
                    const struct pg_fault *fault) {
  int *code = context;
  if (win_setup_unknown(fault)) {
    fprintf(stderr, "warning: this system does not take a %s of a service (%s)\n",
            win_setup_name(item), fault->message);
    return;
  }
  *code = pg_error_exit(fault->code);
  fprintf(stderr, "portguardsvc: the service's %s could not be set: %s\n",
          win_setup_name(item), fault->message);
}

/* --- install --- */

static SC_HANDLE update(SC_HANDLE manager, const wchar_t *quoted) {
  SC_HANDLE service = OpenServiceW(manager, WIN_SERVICE_NAME, SERVICE_CHANGE_CONFIG);
  if (service &&
      !ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                            SERVICE_ERROR_NORMAL, quoted, NULL, NULL, NULL,
                            L"LocalSystem", NULL, WIN_DISPLAY_NAME)) {
    DWORD error = GetLastError();
    CloseServiceHandle(service);
    SetLastError(error);
    service = NULL;
  }
  return service;
}

static SC_HANDLE create(SC_HANDLE manager, const wchar_t *quoted, bool *updated) {
  SC_HANDLE service =
      CreateServiceW(manager, WIN_SERVICE_NAME, WIN_DISPLAY_NAME, SERVICE_CHANGE_CONFIG,
                     SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                     quoted, NULL, NULL, NULL, NULL, NULL);
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

static int install_in(SC_HANDLE manager, const wchar_t *quoted) {
  bool updated = false;
  SC_HANDLE service = create(manager, quoted, &updated);
  if (!service)
    return failed(updated ? "ChangeServiceConfigW" : "CreateServiceW", GetLastError());
  CloseServiceHandle(service);
  int code = 0;
  win_setup_apply(not_set, &code);
  printf("%s is %s.\n", PG_SERVICE_NAME,
         updated ? "updated; it starts anew with the next restart of the service"
                 : "installed, and starts with Windows");
  printf("To start it now:  net start %s\n", PG_SERVICE_NAME);
  look_at_folder();
  return code;
}

int platform_install(void) {
  static wchar_t path[WIN_PATH_CHARS], quoted[WIN_PATH_CHARS + 3];
  if (!win_setup_image(path, quoted))
    return failed("GetModuleFileNameW", GetLastError());
  SC_HANDLE manager =
      OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
  if (!manager)
    return failed("OpenSCManagerW", GetLastError());
  int code = install_in(manager, quoted);
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
    printf("%s is removed. Its configuration, what it noted and its history stay in "
           "%%ProgramData%%\\" PG_SERVICE_NAME ".\n",
           PG_SERVICE_NAME);
  return code;
}

static int uninstall_from(SC_HANDLE manager) {
  SC_HANDLE service = OpenServiceW(manager, WIN_SERVICE_NAME, DELETE);
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
