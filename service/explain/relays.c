/* Programs that listen here for a server that runs elsewhere on this machine. To end
 * them helps nobody: that server, or what runs it, is what to stop. */
#include "service/explain/internal.h"

#include "common/text.h"

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

const struct explain_relay *explain_relay_of(const struct pg_process *process) {
  for (size_t i = 0; process != NULL && i < sizeof relays / sizeof *relays; i++)
    if (pg_case_equal(process->name, relays[i].image))
      return &relays[i];
  return NULL;
}
