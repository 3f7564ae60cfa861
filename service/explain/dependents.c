/* The dependency graph, from every service's own list: this also works where
 * EnumDependentServices does not. */
#include "service/explain/internal.h"

/* Real graphs are a few links deep with a handful of edges each. The budget ends
 * circles and graphs made to be slow, which a capture from elsewhere may hold. */
#define STEPS_MAX 2000

static bool reaches(const struct pg_snapshot *snapshot, const struct pg_service *from,
                    const struct pg_service *to, unsigned *steps) {
  for (size_t i = 0; i < from->depends_on_count; i++) {
    if (*steps == 0)
      return false;
    --*steps;
    const struct pg_service *next = snapshot_service(snapshot, from->depends_on[i]);
    if (next == NULL)
      continue;
    if (next == to || reaches(snapshot, next, to, steps))
      return true;
  }
  return false;
}

bool explain_depends_on(const struct pg_snapshot *snapshot, const struct pg_service *from,
                        const struct pg_service *to) {
  unsigned steps = STEPS_MAX;
  return from != to && reaches(snapshot, from, to, &steps);
}

size_t explain_running_dependents(
    const struct pg_snapshot *snapshot, const struct pg_service *service,
    void (*each)(void *context, const struct pg_service *dependent), void *context) {
  size_t count = 0;
  for (size_t i = 0; i < snapshot->service_count; i++) {
    const struct pg_service *other = &snapshot->services[i];
    if (other->state == PG_STATE_STOPPED || other->state == PG_STATE_UNKNOWN)
      continue;
    if (!explain_depends_on(snapshot, other, service))
      continue;
    count++;
    if (each != NULL)
      each(context, other);
  }
  return count;
}
