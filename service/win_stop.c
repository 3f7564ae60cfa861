#include "service/win_stop.h"

#include <stdbool.h>
#include <string.h>

struct waiting {
  SERVICE_NOTIFYW notify;
  volatile bool stopped;
};

/* Outlives a wait that was given up: the SCM may still deliver into it. */
static struct waiting waiting;

static void CALLBACK on_stopped(void *parameter) {
  SERVICE_NOTIFYW *notify = parameter;
  struct waiting *w = notify->pContext;
  w->stopped = true;
}

/* Tells once, at once when it is stopped already; delivered as an APC to this
 * thread while it sleeps alertably. */
static DWORD ask_to_be_told(SC_HANDLE service) {
  memset(&waiting, 0, sizeof waiting);
  waiting.notify.dwVersion = SERVICE_NOTIFY_STATUS_CHANGE;
  waiting.notify.pfnNotifyCallback = on_stopped;
  waiting.notify.pContext = &waiting;
  return NotifyServiceStatusChangeW(service, SERVICE_NOTIFY_STOPPED, &waiting.notify);
}

static uint32_t wait_for_stop(uint32_t deadline_ms) {
  ULONGLONG end = GetTickCount64() + deadline_ms;
  while (!waiting.stopped) {
    ULONGLONG now = GetTickCount64();
    if (now >= end)
      return ERROR_TIMEOUT;
    SleepEx((DWORD)(end - now), TRUE);
  }
  return NO_ERROR;
}

uint32_t win_stop_and_wait(SC_HANDLE service, uint32_t deadline_ms) {
  SERVICE_STATUS status;
  if (!ControlService(service, SERVICE_CONTROL_STOP, &status)) {
    DWORD error = GetLastError();
    if (error == ERROR_SERVICE_NOT_ACTIVE)
      return NO_ERROR;
    /* Stopping or starting already: it will arrive, or it will not. */
    if (error != ERROR_SERVICE_CANNOT_ACCEPT_CTRL)
      return error;
  }
  DWORD error = ask_to_be_told(service);
  return error ? error : wait_for_stop(deadline_ms);
}
