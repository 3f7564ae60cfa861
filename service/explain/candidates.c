/* Who may stand behind a listener of the kernel that HTTP.sys has no URL for: services
 * that need HTTP.sys, and those of the dictionary that use the port. */
#include "service/explain/attribution.h"
#include "service/explain/internal.h"

#include "common/sort.h"

#include <string.h>

static void add(void *context, const struct pg_service *service) {
  struct candidate_pool *pool = context;
  if (service->type == PG_TYPE_KERNEL_DRIVER ||
      service->type == PG_TYPE_FILE_SYSTEM_DRIVER)
    return;
  if (pool->count < CANDIDATES_MAX)
    pool->services[pool->count++] = service;
}

/* The services are in the order of their names. */
static int by_name(const void *left, const void *right) {
  const struct pg_service *a = *(const struct pg_service *const *)left;
  const struct pg_service *b = *(const struct pg_service *const *)right;
  return (a > b) - (a < b);
}

static bool fill(struct candidate_pool *pool, const struct pg_snapshot *snapshot) {
  const struct pg_service *http = snapshot_service(snapshot, "HTTP");
  size_t kept = 0;
  if (http != NULL)
    snapshot_running_dependents(snapshot, http, add, pool);
  for (size_t i = 0; i < snapshot->service_count; i++) {
    const struct pg_service *service = &snapshot->services[i];
    if (snapshot_runs(service) && dictionary_of_service(service->name) != NULL)
      add(pool, service);
  }
  if (!pg_sort(pool->services, pool->count, sizeof *pool->services, by_name))
    return false;
  for (size_t i = 0; i < pool->count; i++)
    if (kept == 0 || pool->services[kept - 1] != pool->services[i])
      pool->services[kept++] = pool->services[i];
  pool->count = kept;
  pool->filled = true;
  return true;
}

enum rank { ITS_PORT, ANY_PORT, NOT_KNOWN, RANKS, OTHER_PORTS };

static enum rank rank_of(const struct pg_service *service, uint16_t port) {
  const struct dictionary_entry *entry = dictionary_of_service(service->name);
  if (entry == NULL)
    return NOT_KNOWN;
  if (dictionary_any_port(entry))
    return ANY_PORT;
  return dictionary_has_port(entry, port) ? ITS_PORT : OTHER_PORTS;
}

enum pg_error candidates_add(struct candidate_pool *pool, struct pg_snapshot *snapshot,
                             uint16_t port, struct pg_holder *holder) {
  const struct pg_service *fit[CANDIDATES_MAX];
  size_t count = 0;
  if (!pool->filled && !fill(pool, snapshot))
    return PG_E_NOMEM;
  for (enum rank rank = ITS_PORT; rank < RANKS; rank++) /* the likelier first */
    for (size_t i = 0; i < pool->count; i++)
      if (rank_of(pool->services[i], port) == rank)
        fit[count++] = pool->services[i];
  if (count == 0)
    return PG_OK;
  if (count != pool->last_count || memcmp(fit, pool->last, count * sizeof *fit) != 0) {
    const struct pg_service **list = pg_arena_alloc(snapshot->arena, count, sizeof *list);
    if (list == NULL)
      return PG_E_NOMEM;
    memcpy(list, fit, count * sizeof *list);
    pool->last = list;
    pool->last_count = count;
  }
  holder->candidates = pool->last;
  holder->candidate_count = count;
  holder->evidence |= PG_EV_CANDIDATES;
  return PG_OK;
}
