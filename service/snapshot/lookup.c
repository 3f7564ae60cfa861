/* Finding things in a sealed snapshot. */
#include "common/sort.h"
#include "common/text.h"
#include "service/snapshot/snapshot.h"

static bool port_before(const void *row, const void *key) {
  return ((const struct pg_port *)row)->port < *(const uint16_t *)key;
}

static bool process_before(const void *row, const void *key) {
  return ((const struct pg_process *)row)->pid < *(const uint32_t *)key;
}

static bool service_before(const void *row, const void *key) {
  return pg_casecmp(((const struct pg_service *)row)->name, key) < 0;
}

static bool service_pid_before(const void *row, const void *key) {
  return (*(const struct pg_service *const *)row)->pid < *(const uint32_t *)key;
}

static bool tag_before(const void *row, const void *key) {
  const struct pg_service_tag *tag = row, *wanted = key;
  return tag->pid < wanted->pid || (tag->pid == wanted->pid && tag->tag < wanted->tag);
}

static bool url_before(const void *row, const void *key) {
  return ((const struct pg_url_ref *)row)->port < *(const uint16_t *)key;
}

static bool connection_before(const void *row, const void *key) {
  return ((const struct pg_connection *)row)->port < *(const uint16_t *)key;
}

/* Where those of the port end: there may be very many, and who asks for one after
 * the other must not count them each time. */
static bool connection_up_to(const void *row, const void *key) {
  return ((const struct pg_connection *)row)->port <= *(const uint16_t *)key;
}

const struct pg_port *snapshot_port(const struct pg_snapshot *snapshot, uint16_t port) {
  size_t at = pg_lower_bound(snapshot->ports, snapshot->port_count,
                             sizeof *snapshot->ports, &port, port_before);
  bool found = at < snapshot->port_count && snapshot->ports[at].port == port;
  return found ? &snapshot->ports[at] : NULL;
}

const struct pg_process *snapshot_process(const struct pg_snapshot *snapshot,
                                          uint32_t pid) {
  size_t at = pg_lower_bound(snapshot->processes, snapshot->process_count,
                             sizeof *snapshot->processes, &pid, process_before);
  bool found = at < snapshot->process_count && snapshot->processes[at].pid == pid;
  return found ? &snapshot->processes[at] : NULL;
}

const struct pg_service *snapshot_service(const struct pg_snapshot *snapshot,
                                          const char *name) {
  size_t at = pg_lower_bound(snapshot->services, snapshot->service_count,
                             sizeof *snapshot->services, name, service_before);
  bool found =
      at < snapshot->service_count && pg_case_equal(snapshot->services[at].name, name);
  return found ? &snapshot->services[at] : NULL;
}

size_t snapshot_services_of(const struct pg_snapshot *snapshot, uint32_t pid,
                            const struct pg_service *const **first) {
  const struct pg_service *const *index = snapshot->services_by_pid;
  size_t count = snapshot->services_by_pid_count;
  size_t at = pg_lower_bound(index, count, sizeof(const struct pg_service *), &pid,
                             service_pid_before);
  size_t end = at;

  while (end < count && index[end]->pid == pid)
    end++;
  *first = end > at ? index + at : NULL;
  return end - at;
}

const char *snapshot_tag_service(const struct pg_snapshot *snapshot, uint32_t pid,
                                 uint32_t tag) {
  struct pg_service_tag key = {.pid = pid, .tag = tag};
  size_t at = pg_lower_bound(snapshot->tags, snapshot->tag_count, sizeof *snapshot->tags,
                             &key, tag_before);
  if (at == snapshot->tag_count)
    return NULL;
  const struct pg_service_tag *found = &snapshot->tags[at];
  return found->pid == pid && found->tag == tag ? found->service : NULL;
}

size_t snapshot_urls_of(const struct pg_snapshot *snapshot, uint16_t port,
                        const struct pg_url_ref **first) {
  const struct pg_url_ref *refs = snapshot->url_refs;
  size_t count = snapshot->url_ref_count;
  size_t at = pg_lower_bound(refs, count, sizeof *refs, &port, url_before);
  size_t end = at;

  while (end < count && refs[end].port == port)
    end++;
  *first = end > at ? refs + at : NULL;
  return end - at;
}

const struct pg_reservation *snapshot_next_reservation(const struct pg_snapshot *snapshot,
                                                       uint16_t port, size_t *at) {
  const struct pg_network *network = &snapshot->network;
  while (*at < network->reservation_count) {
    const struct pg_reservation *row = &network->reservations[(*at)++];
    if (row->port == port)
      return row;
  }
  return NULL;
}

const struct pg_port_proxy *snapshot_next_proxy(const struct pg_snapshot *snapshot,
                                                uint16_t port, size_t *at) {
  const struct pg_network *network = &snapshot->network;
  while (*at < network->proxy_count) {
    const struct pg_port_proxy *row = &network->proxies[(*at)++];
    if (row->listen_port == port)
      return row;
  }
  return NULL;
}

size_t snapshot_connections_of(const struct pg_snapshot *snapshot, uint16_t port,
                               const struct pg_connection **first) {
  const struct pg_connection *rows = snapshot->network.connections;
  size_t count = snapshot->network.connection_count;
  size_t at = pg_lower_bound(rows, count, sizeof *rows, &port, connection_before);
  size_t end = pg_lower_bound(rows, count, sizeof *rows, &port, connection_up_to);

  *first = end > at ? rows + at : NULL;
  return end - at;
}

bool pg_range_is_single(const struct pg_excluded_range *range) {
  return !range->administered && range->first == range->last;
}

bool snapshot_kernel_owned(const struct pg_snapshot *snapshot, uint32_t pid) {
  if (pid == 0 || pid == 4)
    return true;
  const struct pg_process *process = snapshot_process(snapshot, pid);
  return process != NULL && pg_case_equal(process->name, "winedevice.exe");
}

bool snapshot_has_network(const struct pg_snapshot *snapshot) {
  for (int i = 0; i < PG_SOURCE_COUNT; i++)
    if (pg_source_is_network((enum pg_source)i) &&
        snapshot->sources[i].state != PG_SOURCE_ABSENT)
      return true;
  return false;
}

bool snapshot_was_read(const struct pg_snapshot *snapshot, enum pg_source source) {
  return snapshot->sources[source].state == PG_SOURCE_READ;
}

bool snapshot_table_read(const struct pg_snapshot *snapshot) {
  return snapshot_was_read(snapshot, PG_SOURCE_TCP4) &&
         snapshot_was_read(snapshot, PG_SOURCE_TCP6);
}
