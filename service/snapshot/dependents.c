/* The dependency graph, from every service's own list: this also works where
 * EnumDependentServices does not. */
#include "service/snapshot/dependents.h"

#include "common/sort.h"

#include <stdlib.h>

/* Indices into snapshot->services, in the order in which they were reached. */
struct reached {
  unsigned char *seen; /* one per service */
  uint32_t *list;
  size_t count;
};

static bool edge_before(const void *row, const void *key) {
  return ((const struct pg_edge *)row)->needed < *(const uint32_t *)key;
}

size_t snapshot_first_edge(const struct pg_snapshot *snapshot, uint32_t needed) {
  return pg_lower_bound(snapshot->edges, snapshot->edge_count, sizeof *snapshot->edges,
                        &needed, edge_before);
}

static void reach_direct(const struct pg_snapshot *snapshot, uint32_t needed,
                         struct reached *reached) {
  for (size_t i = snapshot_first_edge(snapshot, needed);
       i < snapshot->edge_count && snapshot->edges[i].needed == needed; i++) {
    uint32_t by = snapshot->edges[i].by;
    if (reached->seen[by])
      continue;
    reached->seen[by] = 1;
    reached->list[reached->count++] = by;
  }
}

static void give_back(struct reached *reached) {
  free(reached->seen);
  free(reached->list);
}

/* Everything that needs |service|, directly or through others. False: no memory. */
static bool reach_all(const struct pg_snapshot *snapshot,
                      const struct pg_service *service, struct reached *reached) {
  uint32_t index = (uint32_t)(service - snapshot->services);
  size_t at = snapshot_first_edge(snapshot, index);
  *reached = (struct reached){0};
  if (at == snapshot->edge_count || snapshot->edges[at].needed != index)
    return true;
  reached->seen = calloc(snapshot->service_count, sizeof *reached->seen);
  reached->list = calloc(snapshot->service_count, sizeof *reached->list);
  if (reached->seen == NULL || reached->list == NULL) {
    give_back(reached);
    return false;
  }
  reached->seen[index] = 1; /* a circle does not make it its own dependent */
  reach_direct(snapshot, index, reached);
  for (size_t i = 0; i < reached->count; i++)
    reach_direct(snapshot, reached->list[i], reached);
  return true;
}

bool snapshot_depends_on(const struct pg_snapshot *snapshot,
                         const struct pg_service *from, const struct pg_service *to) {
  struct reached reached;
  if (from == to || !reach_all(snapshot, to, &reached))
    return false;
  bool depends = reached.seen != NULL && reached.seen[from - snapshot->services];
  give_back(&reached);
  return depends;
}

static int by_index(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

bool snapshot_runs(const struct pg_service *service) {
  return service->state != PG_STATE_STOPPED && service->state != PG_STATE_UNKNOWN;
}

size_t snapshot_running_dependents(
    const struct pg_snapshot *snapshot, const struct pg_service *service,
    void (*each)(void *context, const struct pg_service *dependent), void *context) {
  struct reached reached;
  size_t count = 0;
  if (!reach_all(snapshot, service, &reached))
    return SNAPSHOT_DEPENDENTS_UNKNOWN;
  /* By name, as the services are. */
  bool sorted = pg_sort(reached.list, reached.count, sizeof *reached.list, by_index);
  for (size_t i = 0; sorted && i < reached.count; i++) {
    const struct pg_service *other = &snapshot->services[reached.list[i]];
    if (!snapshot_runs(other))
      continue;
    count++;
    if (each != NULL)
      each(context, other);
  }
  give_back(&reached);
  return sorted ? count : SNAPSHOT_DEPENDENTS_UNKNOWN;
}
