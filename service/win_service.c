/* Life under the service control manager. */
#include <winsock2.h>
#include <windows.h>

#include "service/platform.h"

#include "common/limits.h"
#include "common/win_error.h"
#include "service/files/files.h"
#include "service/policy/settings.h"
#include "service/win_group_policy.h"
#include "service/win_names.h"
#include "service/win_package.h"
#include "service/win_privileges.h"
#include "service/win_setup.h"

#include <stdio.h>
#include <stdlib.h>

/* What the SCM is told to expect; both are far more than is needed. Stopping waits for a
 * service that is being stopped (PG_STOP_MS) at worst. */
#define START_HINT_MS 10000
#define STOP_HINT_MS (PG_STOP_MS + 15000)

#define ACCEPTED                                                                \
  (SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PRESHUTDOWN | \
   SERVICE_ACCEPT_PARAMCHANGE)

/* Service-specific exit codes, as the SCM's event 7024 shows them. */
enum service_exit {
  SERVICE_EXIT_OK = 0,
  SERVICE_EXIT_SOURCES = 1, /* this machine cannot be looked at */
  SERVICE_EXIT_LOOP = 2,    /* no memory, or libuv could not start */
};

/* The handler runs on the dispatcher's thread, everything else on the service's.
 * |lock| holds them apart: |loop| is NULL whenever it must not be stopped, and
 * nothing is reported after STOPPED. */
static struct {
  SRWLOCK lock;
  SERVICE_STATUS_HANDLE handle;
  SERVICE_STATUS status;
  struct loop *loop;
} service = {.lock = SRWLOCK_INIT};

static void report_locked(DWORD state, DWORD hint) {
  SERVICE_STATUS *status = &service.status;
  if (status->dwCurrentState == SERVICE_STOPPED)
    return;
  bool pending = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
  status->dwCheckPoint = pending ? status->dwCheckPoint + 1 : 0;
  status->dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status->dwCurrentState = state;
  status->dwControlsAccepted = state == SERVICE_RUNNING ? ACCEPTED : 0;
  status->dwWaitHint = pending ? hint : 0;
  SetServiceStatus(service.handle, status);
}

static void report(DWORD state, DWORD hint) {
  AcquireSRWLockExclusive(&service.lock);
  report_locked(state, hint);
  ReleaseSRWLockExclusive(&service.lock);
}

static void report_stopped(enum service_exit code) {
  AcquireSRWLockExclusive(&service.lock);
  service.status.dwWin32ExitCode = code ? ERROR_SERVICE_SPECIFIC_ERROR : NO_ERROR;
  service.status.dwServiceSpecificExitCode = code;
  report_locked(SERVICE_STOPPED, 0);
  ReleaseSRWLockExclusive(&service.lock);
}

static void stop(const char *why) {
  AcquireSRWLockExclusive(&service.lock);
  if (service.loop) {
    report_locked(SERVICE_STOP_PENDING, STOP_HINT_MS);
    loop_stop(service.loop, why);
  }
  ReleaseSRWLockExclusive(&service.lock);
}

static void reload(void) {
  AcquireSRWLockExclusive(&service.lock);
  if (service.loop)
    loop_reload(service.loop);
  ReleaseSRWLockExclusive(&service.lock);
}

/* Returns at once: while it runs, the SCM sends nothing to anyone. */
static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context) {
  (void)type;
  (void)data;
  (void)context;
  switch (control) {
  case SERVICE_CONTROL_STOP:
    stop("a stop request");
    return NO_ERROR;
  case SERVICE_CONTROL_SHUTDOWN:
  case SERVICE_CONTROL_PRESHUTDOWN:
    stop("Windows is shutting down");
    return NO_ERROR;
  case SERVICE_CONTROL_PARAMCHANGE:
    reload();
    return NO_ERROR;
  case SERVICE_CONTROL_INTERROGATE:
    return NO_ERROR;
  default:
    return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

static void set_loop(struct loop *loop) {
  AcquireSRWLockExclusive(&service.lock);
  service.loop = loop;
  if (loop)
    report_locked(SERVICE_RUNNING, 0);
  ReleaseSRWLockExclusive(&service.lock);
}

/* --- what an installer leaves to the service --- */

/* For `health`: the first of what could not be set. |context| is that fault. */
static void not_set(void *context, enum win_setup_item item,
                    const struct pg_fault *fault) {
  struct pg_fault *first = context;
  if (win_setup_unknown(fault) || first->code != PG_OK)
    return;
  pg_fail(first, fault->code, "the service's %s could not be set: %s",
          win_setup_name(item), fault->message);
}

static void drop_privileges(struct pg_fault *fault) {
  char words[WIN_ERROR_CHARS];
  uint32_t error = win_privileges_drop();
  if (error != 0)
    pg_fail(fault, PG_E_WINDOWS,
            "privileges it does not need are left to the service: %s",
            win_error(words, sizeof words, "AdjustTokenPrivileges", error));
}

static enum service_exit run(void) {
  static struct pg_fault setup;
  static struct config_import import; /* read once: a service's main runs once */
  struct loop_options options = {.pipe_name = PG_PIPE_STATUS,
                                 .control_name = PG_PIPE_CONTROL,
                                 .config_name = "config.json",
                                 .import = &import,
                                 .setup = &setup};
  struct loop *loop = NULL;
  struct pg_fault fault = {0};
  drop_privileges(&setup);
  win_package_tell_folder(NULL); /* until it has been looked at again */
  win_package_import(&import);
  if (live_source_open(&options.source, &fault) != PG_OK ||
      !win_group_policy_open(&options.group_policy))
    return SERVICE_EXIT_SOURCES;         /* never as if Group Policy had nothing to say */
  options.settings = settings_default(); /* from here on the loop's */
  (void)files_open(NULL, &options.files, &options.no_files);
  win_package_tell_folder(options.files ? files_path(options.files) : NULL);
  /* Each lane has the folder for itself. */
  (void)files_open(NULL, &options.config_files, &options.no_config);
  (void)files_open(NULL, &options.history_files, &options.no_history);
  (void)files_open(NULL, &options.metrics_files, &options.no_metrics);
  if (!win_sink_open(&options.sink))
    line_sink_open(&options.sink);
  if (loop_open(&options, &loop, &fault) != PG_OK)
    return SERVICE_EXIT_LOOP;
  set_loop(loop);
  /* Only now: while services start with Windows, the SCM may keep whoever asks it for
   * something waiting until they have said that they run. */
  win_setup_apply(not_set, &setup);
  bool ended = loop_run(loop);
  report(SERVICE_STOP_PENDING, STOP_HINT_MS);
  set_loop(NULL);
  if (!ended) { /* the SCM is told before there is nobody left to tell it */
    report_stopped(SERVICE_EXIT_OK);
    platform_end(0);
  }
  loop_close(loop);
  free(import.path);
  return SERVICE_EXIT_OK;
}

static void WINAPI service_main(DWORD argc, wchar_t **argv) {
  (void)argc;
  (void)argv;
  service.handle = RegisterServiceCtrlHandlerExW(WIN_SERVICE_NAME, on_control, NULL);
  if (!service.handle)
    return;
  report(SERVICE_START_PENDING, START_HINT_MS);
  report_stopped(run());
}

static int started_by_hand(void) {
  fputs("portguardsvc: without a verb, only the service control manager starts this "
        "program.\n"
        "To install and start the service (as administrator):\n"
        "  portguardsvc install\n"
        "  net start " PG_SERVICE_NAME "\n"
        "hint: portguardsvc --help\n",
        stderr);
  return pg_error_exit(PG_E_USAGE);
}

int platform_service_main(void) {
  static wchar_t name[] = WIN_SERVICE_NAME;
  static const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};
  if (StartServiceCtrlDispatcherW(table))
    return 0;
  DWORD error = GetLastError();
  if (error == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
    return started_by_hand();
  fprintf(stderr, "portguardsvc: StartServiceCtrlDispatcherW: error %lu\n",
          (unsigned long)error);
  return pg_error_exit(PG_E_WINDOWS);
}
