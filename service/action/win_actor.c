/* The service control manager, and HTTP.sys's listen list. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <http.h>

#include "service/action/actor.h"

#include "common/text.h"
#include "common/timestamp.h"
#include "common/win_error.h"
#include "common/win_utf.h"
#include "service/snapshot/address.h"
#include "service/snapshot/win_scm.h"

#include <stdlib.h>
#include <string.h>

/* How often a service that takes its time is looked at: a tenth of its own hint, as
 * Microsoft's documentation advises, within these. There is a notification as well, but
 * one that was given up may still be delivered into memory that is gone. */
#define POLL_MIN_MS 50
#define POLL_MAX_MS 1000
#define CONFIG_BYTES (8u * 1024u) /* QueryServiceConfigW's own ceiling */
#define PROCESS_END_MS 5000       /* of a service that has said that it has stopped */

static int64_t now_mono(void) {
  return (int64_t)GetTickCount64();
}

static enum pg_error failed(struct pg_fault *fault, const char *name,
                            const char *function, DWORD error) {
  char words[WIN_ERROR_CHARS], shown[160];
  win_error(words, sizeof words, function, error);
  pg_fail(fault, PG_E_WINDOWS, "%s: %s", pg_escape(shown, sizeof shown, name), words);
  if (fault)
    fault->win32 = error;
  return PG_E_WINDOWS;
}

/* NULL with |fault| filled and |*code| set. */
static SC_HANDLE open_service(const char *name, DWORD access, enum pg_error *code,
                              struct pg_fault *fault) {
  SC_HANDLE service = NULL;
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  DWORD error = GetLastError();
  if (!manager) {
    *code = failed(fault, name, "OpenSCManagerW", error);
    return NULL;
  }
  wchar_t *wide = win_wide(name);
  if (wide)
    service = OpenServiceW(manager, wide, access);
  error = wide ? GetLastError() : ERROR_NOT_ENOUGH_MEMORY;
  free(wide);
  CloseServiceHandle(manager);
  if (service)
    return service;
  *code = failed(fault, name, "OpenServiceW", error);
  if (error == ERROR_SERVICE_DOES_NOT_EXIST && fault)
    fault->code = PG_E_NOTFOUND;
  if (error == ERROR_SERVICE_DOES_NOT_EXIST)
    *code = PG_E_NOTFOUND;
  return NULL;
}

static bool ask_status(SC_HANDLE service, SERVICE_STATUS_PROCESS *status) {
  DWORD needed = 0;
  return QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)status,
                              sizeof *status, &needed) != 0;
}

/* --- looking --- */

static int64_t start_of(DWORD pid) {
  HANDLE process =
      pid ? OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid) : NULL;
  if (!process)
    return PG_TIME_UNKNOWN;
  int64_t started_at = win_process_start(process);
  CloseHandle(process);
  return started_at;
}

static enum pg_start_type start_type_of(SC_HANDLE service) {
  DWORD needed = 0;
  QUERY_SERVICE_CONFIGW *config = malloc(CONFIG_BYTES);
  enum pg_start_type type = PG_START_UNKNOWN;
  if (config && QueryServiceConfigW(service, config, CONFIG_BYTES, &needed))
    type = win_scm_start(config->dwStartType);
  free(config);
  return type;
}

static enum pg_error query(void *context, const char *name, struct actor_service *out,
                           struct pg_fault *fault) {
  enum pg_error code = PG_OK;
  SERVICE_STATUS_PROCESS status;
  (void)context;
  memset(out, 0, sizeof *out);
  SC_HANDLE service =
      open_service(name, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG, &code, fault);
  if (!service)
    return code;
  if (ask_status(service, &status)) {
    out->state = win_scm_state(status.dwCurrentState);
    out->pid = status.dwProcessId;
    out->started_at = start_of(status.dwProcessId);
    out->start_type = start_type_of(service);
  } else {
    code = failed(fault, name, "QueryServiceStatusEx", GetLastError());
  }
  CloseServiceHandle(service);
  return code;
}

/* --- stopping and starting --- */

/* One that pauses itself once it has started has started. */
static bool is_there(const SERVICE_STATUS_PROCESS *status, DWORD wanted) {
  return status->dwCurrentState == wanted ||
         (wanted == SERVICE_RUNNING && status->dwCurrentState == SERVICE_PAUSED);
}

/* Until the service is in |wanted|, or cannot get there any more, or the deadline. One
 * that is to stop and runs in another process than |pid| has stopped, and come back. */
static enum pg_error wait_for(SC_HANDLE service, const char *name, DWORD wanted,
                              DWORD pid, int64_t deadline, struct pg_fault *fault) {
  SERVICE_STATUS_PROCESS status;
  char shown[160];
  for (;;) {
    if (!ask_status(service, &status))
      return failed(fault, name, "QueryServiceStatusEx", GetLastError());
    if (is_there(&status, wanted))
      return PG_OK;
    if (wanted == SERVICE_STOPPED && pid && status.dwProcessId &&
        status.dwProcessId != pid)
      return PG_OK;
    if (wanted == SERVICE_RUNNING && status.dwCurrentState == SERVICE_STOPPED)
      return failed(fault, name, "it stopped again while it started",
                    status.dwWin32ExitCode);
    if (now_mono() >= deadline)
      break;
    DWORD wait = status.dwWaitHint / 10;
    wait = wait < POLL_MIN_MS ? POLL_MIN_MS : wait;
    Sleep(wait > POLL_MAX_MS ? POLL_MAX_MS : wait);
  }
  const char *state = pg_service_state_name(win_scm_state(status.dwCurrentState));
  pg_fail(fault, PG_E_WINDOWS, "%s did not %s in time: it is %s still",
          pg_escape(shown, sizeof shown, name),
          wanted == SERVICE_STOPPED ? "stop" : "start", state ? state : "unknown");
  if (fault)
    fault->win32 = ERROR_TIMEOUT;
  return PG_E_WINDOWS;
}

/* A service that is starting, or stopping already, takes no control: it is asked again
 * once that is over. Whether its handler answers in time says nothing about what it will
 * do. */
static enum pg_error ask_to_stop(SC_HANDLE service, const char *name, int64_t deadline,
                                 struct pg_fault *fault) {
  SERVICE_STATUS status = {0};
  for (;;) {
    if (ControlService(service, SERVICE_CONTROL_STOP, &status))
      return PG_OK;
    DWORD error = GetLastError();
    if (error == ERROR_SERVICE_NOT_ACTIVE || error == ERROR_SERVICE_REQUEST_TIMEOUT)
      return PG_OK;
    if (error != ERROR_SERVICE_CANNOT_ACCEPT_CTRL || now_mono() >= deadline)
      return failed(fault, name, "it refuses to stop", error);
    if (status.dwCurrentState == SERVICE_STOP_PENDING)
      return PG_OK;
    Sleep(POLL_MIN_MS);
  }
}

/* The process of a service that has one of its own; NULL: nothing to wait for. */
static HANDLE own_process(const SERVICE_STATUS_PROCESS *status) {
  if (status->dwProcessId == 0 ||
      win_scm_type(status->dwServiceType) != PG_TYPE_OWN_PROCESS)
    return NULL;
  return OpenProcess(SYNCHRONIZE, FALSE, status->dwProcessId);
}

/* Its sockets go with it, a little later than the service says that it has stopped. */
static void wait_for_end(HANDLE process, bool stopped) {
  if (!process)
    return;
  if (stopped)
    (void)WaitForSingleObject(process, PROCESS_END_MS);
  CloseHandle(process);
}

static enum pg_error stop(void *context, const char *name, uint32_t within_ms,
                          struct pg_fault *fault) {
  enum pg_error code = PG_OK;
  int64_t deadline = now_mono() + within_ms;
  (void)context;
  SC_HANDLE service =
      open_service(name, SERVICE_STOP | SERVICE_QUERY_STATUS, &code, fault);
  if (!service)
    return code;
  SERVICE_STATUS_PROCESS before = {0};
  (void)ask_status(service, &before);
  HANDLE process = own_process(&before);
  code = ask_to_stop(service, name, deadline, fault);
  if (code == PG_OK)
    code = wait_for(service, name, SERVICE_STOPPED, before.dwProcessId, deadline, fault);
  wait_for_end(process, code == PG_OK);
  CloseServiceHandle(service);
  return code;
}

/* While Windows starts its own services the database is locked. */
static enum pg_error ask_to_start(SC_HANDLE service, const char *name, int64_t deadline,
                                  struct pg_fault *fault) {
  for (;;) {
    if (StartServiceW(service, 0, NULL))
      return PG_OK;
    DWORD error = GetLastError();
    if (error == ERROR_SERVICE_ALREADY_RUNNING)
      return PG_OK;
    if (error != ERROR_SERVICE_DATABASE_LOCKED || now_mono() >= deadline)
      return failed(fault, name, "StartServiceW", error);
    Sleep(POLL_MIN_MS);
  }
}

/* One that is stopping is started once it has stopped: until then Windows calls it
 * running. */
static enum pg_error let_it_stop(SC_HANDLE service, const char *name, int64_t deadline,
                                 struct pg_fault *fault) {
  SERVICE_STATUS_PROCESS status;
  if (!ask_status(service, &status) || status.dwCurrentState != SERVICE_STOP_PENDING)
    return PG_OK;
  return wait_for(service, name, SERVICE_STOPPED, status.dwProcessId, deadline, fault);
}

static enum pg_error start(void *context, const char *name, uint32_t within_ms,
                           struct pg_fault *fault) {
  enum pg_error code = PG_OK;
  int64_t deadline = now_mono() + within_ms;
  (void)context;
  SC_HANDLE service =
      open_service(name, SERVICE_START | SERVICE_QUERY_STATUS, &code, fault);
  if (!service)
    return code;
  code = let_it_stop(service, name, deadline, fault);
  if (code == PG_OK)
    code = ask_to_start(service, name, deadline, fault);
  if (code == PG_OK)
    code = wait_for(service, name, SERVICE_RUNNING, 0, deadline, fault);
  CloseServiceHandle(service);
  return code;
}

/* --- start types --- */

static enum pg_error set_delayed(SC_HANDLE service, const char *name,
                                 struct pg_fault *fault) {
  SERVICE_DELAYED_AUTO_START_INFO info = {TRUE};
  if (ChangeServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &info))
    return PG_OK;
  return failed(fault, name, "it starts automatically again, but not delayed",
                GetLastError());
}

static enum pg_error set_start(void *context, const char *name, enum pg_start_type type,
                               bool delayed, struct pg_fault *fault) {
  enum pg_error code = PG_OK;
  (void)context;
  SC_HANDLE service = open_service(name, SERVICE_CHANGE_CONFIG, &code, fault);
  if (!service)
    return code;
  if (!ChangeServiceConfigW(service, SERVICE_NO_CHANGE, win_scm_start_number(type),
                            SERVICE_NO_CHANGE, NULL, NULL, NULL, NULL, NULL, NULL, NULL))
    code = failed(fault, name, "ChangeServiceConfigW", GetLastError());
  if (code == PG_OK && delayed)
    code = set_delayed(service, name, fault);
  CloseServiceHandle(service);
  return code;
}

/* --- the listen list --- */

static bool socket_address(const char *address, SOCKADDR_STORAGE *out, USHORT *length) {
  struct pg_address parsed;
  memset(out, 0, sizeof *out);
  if (!pg_address_parse(PG_IPV4, address, &parsed) &&
      !pg_address_parse(PG_IPV6, address, &parsed))
    return false;
  if (parsed.family == PG_IPV4) {
    SOCKADDR_IN *in = (SOCKADDR_IN *)out;
    in->sin_family = AF_INET;
    memcpy(&in->sin_addr, parsed.bytes, sizeof in->sin_addr);
    *length = sizeof *in;
  } else {
    SOCKADDR_IN6 *in = (SOCKADDR_IN6 *)out;
    in->sin6_family = AF_INET6;
    in->sin6_scope_id = parsed.scope;
    memcpy(&in->sin6_addr, parsed.bytes, sizeof in->sin6_addr);
    *length = sizeof *in;
  }
  return true;
}

typedef ULONG(WINAPI *change_configuration)(HANDLE, HTTP_SERVICE_CONFIG_ID, PVOID, ULONG,
                                            LPOVERLAPPED);

/* Asking for its configuration may start a driver that somebody has stopped. */
static enum pg_error need_http(struct pg_fault *fault) {
  struct actor_service http;
  enum pg_error code = query(NULL, "HTTP", &http, fault);
  if (code != PG_OK || http.state == PG_STATE_RUNNING)
    return code;
  pg_fail(fault, PG_E_WINDOWS, "HTTP.sys does not run: its IP listen list is left alone");
  pg_fault_hint(fault, "net start http");
  return PG_E_WINDOWS;
}

/* An address that is there already has been added. */
static enum pg_error outcome_of(ULONG code, const char *address, const char *function,
                                struct pg_fault *fault) {
  char shown[160];
  if (code == NO_ERROR || code == ERROR_ALREADY_EXISTS)
    return PG_OK;
  if (code == ERROR_FILE_NOT_FOUND)
    return pg_fail(fault, PG_E_NOTFOUND, "%s is not in the IP listen list",
                   pg_escape(shown, sizeof shown, address));
  return failed(fault, address, function, code);
}

static enum pg_error change_list(const char *address, change_configuration change,
                                 const char *function, struct pg_fault *fault) {
  HTTPAPI_VERSION version = HTTPAPI_VERSION_2;
  SOCKADDR_STORAGE storage;
  HTTP_SERVICE_CONFIG_IP_LISTEN_PARAM param = {0};
  if (!socket_address(address, &storage, &param.AddrLength))
    return failed(fault, address, "it is no address", ERROR_INVALID_PARAMETER);
  param.pAddress = (SOCKADDR *)&storage;
  enum pg_error error = need_http(fault);
  if (error != PG_OK)
    return error;
  ULONG code = HttpInitialize(version, HTTP_INITIALIZE_CONFIG, NULL);
  if (code != NO_ERROR)
    return failed(fault, address, "HttpInitialize", code);
  code = change(NULL, HttpServiceConfigIPListenList, &param, sizeof param, NULL);
  HttpTerminate(HTTP_INITIALIZE_CONFIG, NULL);
  return outcome_of(code, address, function, fault);
}

static enum pg_error listen_add(void *context, const char *address,
                                struct pg_fault *fault) {
  (void)context;
  return change_list(address, HttpSetServiceConfiguration, "HttpSetServiceConfiguration",
                     fault);
}

static enum pg_error listen_delete(void *context, const char *address,
                                   struct pg_fault *fault) {
  (void)context;
  return change_list(address, HttpDeleteServiceConfiguration,
                     "HttpDeleteServiceConfiguration", fault);
}

void actor_open(struct actor *actor) {
  *actor = (struct actor){NULL, query, stop, start, set_start, listen_add, listen_delete};
}

const char *actor_unable(void) {
  return NULL;
}
