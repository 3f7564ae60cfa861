#include "service/snapshot/stopping.h"

#include "common/protected.h"
#include "common/protocol.h"
#include "common/text.h"
#include "service/snapshot/dependents.h"

#include <string.h>

const char *pg_safety_name(enum pg_safety rule) {
  static const char *const names[] = {NULL,
#define X(name, text) text,
                                      PG_SAFETY_LIST(X)
#undef X
  };
  return names[rule];
}

enum pg_safety pg_service_safety(const char *name, enum pg_service_type type) {
  if (pg_case_equal(name, PG_SERVICE_NAME))
    return PG_SAFETY_PORTGUARD;
  if (pg_service_is_protected(name))
    return PG_SAFETY_PROTECTED;
  if (type == PG_TYPE_KERNEL_DRIVER || type == PG_TYPE_FILE_SYSTEM_DRIVER)
    return PG_SAFETY_DRIVER;
  return PG_SAFETY_NONE;
}

struct looking {
  enum pg_safety rule;
  const struct pg_service *against;
};

static void look_at(void *context, const struct pg_service *service) {
  struct looking *looking = context;
  if (looking->rule != PG_SAFETY_NONE)
    return;
  looking->rule = pg_service_safety(service->name, service->type);
  looking->against = service;
}

enum pg_safety snapshot_veto(const struct pg_snapshot *snapshot,
                             const struct pg_service *service, bool listens,
                             const struct pg_service **against) {
  struct looking looking = {PG_SAFETY_NONE, NULL};
  *against = service;
  if (listens && pg_case_equal(service->name, "iphlpsvc"))
    return PG_SAFETY_PORT_PROXY;
  look_at(&looking, service);
  size_t count = snapshot_running_dependents(snapshot, service, look_at, &looking);
  if (count == SNAPSHOT_DEPENDENTS_UNKNOWN && looking.rule == PG_SAFETY_NONE)
    looking = (struct looking){PG_SAFETY_DEPENDENTS, NULL};
  *against = looking.against;
  return looking.rule;
}

static bool listens_on(const struct pg_snapshot *snapshot, uint32_t pid, uint16_t port) {
  const struct pg_port *found = snapshot_port(snapshot, port);
  for (size_t i = 0; found != NULL && i < found->listener_count; i++)
    if (snapshot->listeners[found->first_listener + i].pid == pid)
      return true;
  return false;
}

bool snapshot_serves_proxies(const struct pg_snapshot *snapshot,
                             const struct pg_service *service) {
  const struct pg_network *network = &snapshot->network;
  if (service->pid == 0 || !pg_case_equal(service->name, "iphlpsvc"))
    return false;
  for (size_t i = 0; i < network->proxy_count; i++)
    if (listens_on(snapshot, service->pid, network->proxies[i].listen_port))
      return true;
  return false;
}

size_t snapshot_configured_len(const struct pg_service *service) {
  const char *end = service->user_instance ? strrchr(service->name, '_') : NULL;
  return end != NULL ? (size_t)(end - service->name) : strlen(service->name);
}
