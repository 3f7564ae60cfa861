#include "client/doctor_checks.h"

#include "common/protocol.h"
#include "common/win_error.h"
#include "common/win_utf.h"

#include <windows.h>

#include <stdlib.h>
#include <string.h>

static void failed(struct client_service *out, const char *function) {
  char words[WIN_ERROR_CHARS];
  DWORD code = GetLastError();
  out->known = code == ERROR_SERVICE_DOES_NOT_EXIST ? CLIENT_SERVICE_ABSENT
                                                    : CLIENT_SERVICE_UNREAD;
  (void)pg_fail(&out->fault, PG_E_WINDOWS, "%s",
                win_error(words, sizeof words, function, code));
}

static bool read_state(SC_HANDLE service, struct client_service *out) {
  SERVICE_STATUS_PROCESS status;
  DWORD needed = 0;
  if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status,
                            sizeof status, &needed))
    return false;
  out->state = status.dwCurrentState == SERVICE_STOPPED   ? CLIENT_SERVICE_STOPPED
               : status.dwCurrentState == SERVICE_RUNNING ? CLIENT_SERVICE_RUNNING
                                                          : CLIENT_SERVICE_PENDING;
  out->pid = status.dwProcessId;
  out->exit_code = status.dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR
                       ? status.dwServiceSpecificExitCode
                       : status.dwWin32ExitCode;
  /* What Windows says of a service that has not been started yet. */
  if (out->exit_code == ERROR_SERVICE_NEVER_STARTED)
    out->exit_code = 0;
  return true;
}

#define CONFIG_MAX 8192 /* the most QueryServiceConfigW ever asks for */

static bool read_start_type(SC_HANDLE service, struct client_service *out) {
  DWORD needed = 0;
  QUERY_SERVICE_CONFIGW *config = malloc(CONFIG_MAX);
  bool told = config != NULL && QueryServiceConfigW(service, config, CONFIG_MAX, &needed);
  if (told) {
    out->automatic = config->dwStartType == SERVICE_AUTO_START;
    out->disabled = config->dwStartType == SERVICE_DISABLED;
  }
  DWORD code = GetLastError();
  free(config);
  SetLastError(code);
  return told;
}

static void read_service(SC_HANDLE manager, struct client_service *out) {
  SC_HANDLE service = OpenServiceW(manager, WIN_WIDE(PG_SERVICE_NAME),
                                   SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);
  if (service == NULL) {
    failed(out, "OpenServiceW");
    return;
  }
  out->known = CLIENT_SERVICE_THERE;
  if (!read_state(service, out))
    failed(out, "QueryServiceStatusEx");
  else if (!read_start_type(service, out))
    failed(out, "QueryServiceConfigW");
  CloseServiceHandle(service);
}

void client_doctor_service(struct client_service *out) {
  memset(out, 0, sizeof *out);
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  if (manager == NULL) {
    failed(out, "OpenSCManagerW");
    return;
  }
  read_service(manager, out);
  CloseServiceHandle(manager);
}
