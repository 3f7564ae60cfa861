/* Programs that listen here for a server that runs elsewhere on this machine. To end
 * them helps nobody: that server, or what runs it, is what to stop. */
#include "service/explain/internal.h"

#include "common/text.h"

#include <string.h>

static const struct explain_relay relays[] = {
    {"wslrelay.exe", PG_HOLDER_WSL_RELAY, "the relay of WSL", "WSL",
     "a server inside a Linux distribution"},
    {"wslhost.exe", PG_HOLDER_WSL_RELAY, "the relay of WSL", "WSL",
     "a server inside a Linux distribution"},
    {"com.docker.backend.exe", PG_HOLDER_CONTAINER_RELAY, "the relay of Docker Desktop",
     "Docker", "a container"},
    {"com.docker.vpnkit.exe", PG_HOLDER_CONTAINER_RELAY, "the relay of Docker Desktop",
     "Docker", "a container"},
    {"com.docker.proxy.exe", PG_HOLDER_CONTAINER_RELAY, "the relay of Docker Desktop",
     "Docker", "a container"},
    {"vpnkit.exe", PG_HOLDER_CONTAINER_RELAY, "the relay of Docker Desktop", "Docker",
     "a container"},
    {"docker-proxy.exe", PG_HOLDER_CONTAINER_RELAY, "the relay of Docker", "Docker",
     "a container"},
};

/* Anybody may call a program wslrelay.exe. Where it lies in these folders, below the
 * drive, an administrator put it. */
static bool is_below(const char *path, const char *folder) {
  return path[0] != '\0' && path[1] == ':' &&
         pg_casecmp_n(path + 2, folder, strlen(folder)) == 0;
}

bool explain_is_windows_own(const struct pg_process *process) {
  return process->path != NULL && (is_below(process->path, "\\Windows\\System32\\") ||
                                   is_below(process->path, "\\Windows\\SysWOW64\\"));
}

bool explain_is_installed(const struct pg_process *process) {
  return explain_is_windows_own(process) ||
         (process->path != NULL && is_below(process->path, "\\Program Files\\"));
}

/* Docker Desktop can also be installed for one user. */
static bool may_be_installed(const struct pg_process *process) {
  static const char folder[] = "\\AppData\\Local\\Programs\\DockerDesktop\\";
  const char *at = process->path;
  for (; at != NULL && *at != '\0'; at++)
    if (pg_casecmp_n(at, folder, strlen(folder)) == 0)
      return true;
  return process->path == NULL;
}

const struct explain_relay *explain_relay_of(const struct pg_process *process) {
  if (process == NULL || (!explain_is_installed(process) && !may_be_installed(process)))
    return NULL;
  for (size_t i = 0; i < sizeof relays / sizeof *relays; i++)
    if (pg_case_equal(process->name, relays[i].image))
      return &relays[i];
  return NULL;
}
