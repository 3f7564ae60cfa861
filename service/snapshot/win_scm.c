#include "service/snapshot/win_scm.h"

#include "common/timestamp.h"

#include <windows.h>

/* Newer than some SDKs' headers: a per-user service's instance for one session. */
#ifndef SERVICE_USERSERVICE_INSTANCE
#define SERVICE_USERSERVICE_INSTANCE 0x80
#endif
#ifndef SERVICE_USER_SERVICE
#define SERVICE_USER_SERVICE 0x40
#endif

enum pg_service_state win_scm_state(uint32_t state) {
  switch (state) {
  case SERVICE_STOPPED:
    return PG_STATE_STOPPED;
  case SERVICE_START_PENDING:
    return PG_STATE_START_PENDING;
  case SERVICE_STOP_PENDING:
    return PG_STATE_STOP_PENDING;
  case SERVICE_RUNNING:
    return PG_STATE_RUNNING;
  case SERVICE_CONTINUE_PENDING:
    return PG_STATE_CONTINUE_PENDING;
  case SERVICE_PAUSE_PENDING:
    return PG_STATE_PAUSE_PENDING;
  case SERVICE_PAUSED:
    return PG_STATE_PAUSED;
  default: /* numbers from outside, not an enum of ours */
    return PG_STATE_UNKNOWN;
  }
}

enum pg_service_type win_scm_type(uint32_t type) {
  bool user = (type & SERVICE_USER_SERVICE) != 0;
  if (type & SERVICE_WIN32_OWN_PROCESS)
    return user ? PG_TYPE_USER_OWN_PROCESS : PG_TYPE_OWN_PROCESS;
  if (type & SERVICE_WIN32_SHARE_PROCESS)
    return user ? PG_TYPE_USER_SHARE_PROCESS : PG_TYPE_SHARE_PROCESS;
  if (type & SERVICE_KERNEL_DRIVER)
    return PG_TYPE_KERNEL_DRIVER;
  if (type & SERVICE_FILE_SYSTEM_DRIVER)
    return PG_TYPE_FILE_SYSTEM_DRIVER;
  return PG_TYPE_UNKNOWN;
}

enum pg_start_type win_scm_start(uint32_t start) {
  switch (start) {
  case SERVICE_BOOT_START:
    return PG_START_BOOT;
  case SERVICE_SYSTEM_START:
    return PG_START_SYSTEM;
  case SERVICE_AUTO_START:
    return PG_START_AUTO;
  case SERVICE_DEMAND_START:
    return PG_START_MANUAL;
  case SERVICE_DISABLED:
    return PG_START_DISABLED;
  default:
    return PG_START_UNKNOWN;
  }
}

bool win_scm_is_instance(uint32_t type) {
  return (type & SERVICE_USERSERVICE_INSTANCE) != 0;
}

uint32_t win_scm_start_number(enum pg_start_type type) {
  switch (type) {
  case PG_START_BOOT:
    return SERVICE_BOOT_START;
  case PG_START_SYSTEM:
    return SERVICE_SYSTEM_START;
  case PG_START_AUTO:
    return SERVICE_AUTO_START;
  case PG_START_MANUAL:
    return SERVICE_DEMAND_START;
  case PG_START_UNKNOWN:
  case PG_START_DISABLED:
    break;
  }
  return SERVICE_DISABLED;
}

bool win_scm_is_delayed(void *service) {
  SERVICE_DELAYED_AUTO_START_INFO info = {FALSE};
  DWORD needed = 0;
  return QueryServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO,
                              (BYTE *)&info, sizeof info, &needed) &&
         info.fDelayedAutostart;
}

int64_t win_process_start(void *process) {
  FILETIME created, exited, kernel, user;
  if (!GetProcessTimes(process, &created, &exited, &kernel, &user))
    return PG_TIME_UNKNOWN;
  return pg_time_from_filetime((uint64_t)created.dwHighDateTime << 32 |
                               created.dwLowDateTime);
}
