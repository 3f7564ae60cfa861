/* Sorting and indexing: after this a snapshot is only read. */
#include "common/sort.h"
#include "common/text.h"
#include "service/snapshot/seal_network.h"
#include "service/snapshot/snapshot.h"

#include <string.h>

/* Every order below is total, so that equal machines give equal snapshots
 * whatever order their sources answered in. */
#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int by_endpoint(const void *left, const void *right) {
  const struct pg_listener *a = left, *b = right;
  int order = COMPARE(a->port, b->port);
  if (order == 0)
    order = pg_address_compare(&a->address, &b->address);
  if (order == 0)
    order = COMPARE(a->pid, b->pid);
  if (order == 0)
    order = COMPARE(a->tag, b->tag);
  return order != 0 ? order : COMPARE(a->created_at, b->created_at);
}

static int by_pid(const void *left, const void *right) {
  const struct pg_process *a = left, *b = right;
  int order = COMPARE(a->pid, b->pid);
  if (order == 0)
    order = COMPARE(a->started_at, b->started_at);
  return order != 0 ? order : strcmp(a->name, b->name);
}

static int by_name(const void *left, const void *right) {
  const struct pg_service *a = left, *b = right;
  int order = pg_casecmp(a->name, b->name);
  if (order == 0)
    order = strcmp(a->name, b->name);
  return order != 0 ? order : COMPARE(a->pid, b->pid);
}

static int by_tag(const void *left, const void *right) {
  const struct pg_service_tag *a = left, *b = right;
  int order = COMPARE(a->pid, b->pid);
  if (order == 0)
    order = COMPARE(a->tag, b->tag);
  return order != 0 ? order : strcmp(a->service, b->service);
}

/* The rows behind the pointers are sorted by name already, so their addresses
 * are that order. */
static int by_service_pid(const void *left, const void *right) {
  const struct pg_service *a = *(const struct pg_service *const *)left;
  const struct pg_service *b = *(const struct pg_service *const *)right;
  int order = COMPARE(a->pid, b->pid);
  return order != 0 ? order : COMPARE(a, b);
}

static int by_port_and_queue(const void *left, const void *right) {
  const struct pg_url_ref *a = left, *b = right;
  int order = COMPARE(a->port, b->port);
  return order != 0 ? order : COMPARE(a->queue, b->queue);
}

static bool index_services(struct pg_snapshot *snapshot) {
  size_t count = 0;
  for (size_t i = 0; i < snapshot->service_count; i++)
    count += snapshot->services[i].pid != 0;
  if (count == 0)
    return true;

  const struct pg_service **index =
      pg_arena_alloc(snapshot->arena, count, sizeof(const struct pg_service *));
  if (index == NULL)
    return false;
  snapshot->services_by_pid = index;
  for (size_t i = 0; i < snapshot->service_count; i++) {
    if (snapshot->services[i].pid != 0)
      *index++ = &snapshot->services[i];
  }
  snapshot->services_by_pid_count = count;
  return pg_sort(snapshot->services_by_pid, count, sizeof(const struct pg_service *),
                 by_service_pid);
}

static size_t remove_repeats(struct pg_url_ref *refs, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (kept > 0 && by_port_and_queue(&refs[kept - 1], &refs[i]) == 0)
      continue;
    refs[kept++] = refs[i];
  }
  return kept;
}

static bool index_urls(struct pg_snapshot *snapshot) {
  size_t count = 0;
  for (size_t i = 0; i < snapshot->queue_count; i++)
    count += snapshot->queues[i].url_count;
  if (count == 0)
    return true;

  struct pg_url_ref *refs = pg_arena_alloc(snapshot->arena, count, sizeof *refs);
  if (refs == NULL)
    return false;
  size_t next = 0;
  for (size_t i = 0; i < snapshot->queue_count; i++) {
    const struct pg_http_queue *queue = &snapshot->queues[i];
    for (size_t j = 0; j < queue->url_count; j++) {
      refs[next++] =
          (struct pg_url_ref){.port = queue->urls[j].port, .queue = (uint32_t)i};
    }
  }
  if (!pg_sort(refs, count, sizeof *refs, by_port_and_queue))
    return false;
  snapshot->url_refs = refs;
  snapshot->url_ref_count = remove_repeats(refs, count);
  return true;
}

static size_t count_ports(const struct pg_snapshot *snapshot) {
  size_t count = 0;
  for (size_t i = 0; i < snapshot->listener_count; i++) {
    count += i == 0 || snapshot->listeners[i].port != snapshot->listeners[i - 1].port;
  }
  return count;
}

static bool build_ports(struct pg_snapshot *snapshot) {
  size_t count = count_ports(snapshot);
  if (count == 0)
    return true;

  struct pg_port *ports = pg_arena_alloc(snapshot->arena, count, sizeof *ports);
  if (ports == NULL)
    return false;
  snapshot->ports = ports;
  snapshot->port_count = count;
  struct pg_port *port = NULL;
  for (size_t i = 0; i < snapshot->listener_count; i++) {
    const struct pg_listener *listener = &snapshot->listeners[i];
    if (port == NULL || port->port != listener->port) {
      port = port == NULL ? ports : port + 1;
      port->port = listener->port;
      port->first_listener = i;
    }
    port->listener_count++;
    if (!port->kernel_owned)
      port->kernel_owned = snapshot_kernel_owned(snapshot, listener->pid);
  }
  return true;
}

static int by_needed(const void *left, const void *right) {
  const struct pg_edge *a = left, *b = right;
  int order = COMPARE(a->needed, b->needed);
  return order != 0 ? order : COMPARE(a->by, b->by);
}

/* Who needs whom, from every service's own list of what it depends on. */
static bool index_dependencies(struct pg_snapshot *snapshot) {
  size_t most = 0;
  for (size_t i = 0; i < snapshot->service_count; i++)
    most += snapshot->services[i].depends_on_count;
  if (most == 0)
    return true;
  snapshot->edges = pg_arena_alloc(snapshot->arena, most, sizeof *snapshot->edges);
  if (snapshot->edges == NULL)
    return false;
  for (size_t i = 0; i < snapshot->service_count; i++) {
    const struct pg_service *service = &snapshot->services[i];
    for (size_t k = 0; k < service->depends_on_count; k++) {
      const struct pg_service *needed =
          snapshot_service(snapshot, service->depends_on[k]);
      if (needed != NULL)
        snapshot->edges[snapshot->edge_count++] =
            (struct pg_edge){(uint32_t)(needed - snapshot->services), (uint32_t)i};
    }
  }
  return pg_sort(snapshot->edges, snapshot->edge_count, sizeof *snapshot->edges,
                 by_needed);
}

static bool sort_tables(struct pg_snapshot *s) {
  return pg_sort(s->listeners, s->listener_count, sizeof *s->listeners, by_endpoint) &&
         pg_sort(s->processes, s->process_count, sizeof *s->processes, by_pid) &&
         pg_sort(s->services, s->service_count, sizeof *s->services, by_name) &&
         pg_sort(s->tags, s->tag_count, sizeof *s->tags, by_tag);
}

enum pg_error snapshot_seal(struct pg_snapshot *snapshot) {
  bool ok = sort_tables(snapshot) && index_services(snapshot) &&
            index_dependencies(snapshot) && index_urls(snapshot) &&
            seal_registrations(snapshot) && seal_network(&snapshot->network) &&
            build_ports(snapshot);
  return ok ? PG_OK : PG_E_NOMEM;
}
