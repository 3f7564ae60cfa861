#include "service/action/order.h"

#include "service/snapshot/dependents.h"

#include <stdlib.h>

/* Down the edges and not recursive: a capture may hold a very long chain. */
struct walk {
  const struct pg_snapshot *snapshot;
  unsigned char *seen; /* one per service */
  struct place {
    uint32_t service;
    size_t edge; /* the next one of it */
  } *stack;
  size_t depth;
  uint32_t *order;
  size_t count;
};

static void push(struct walk *walk, uint32_t service) {
  if (walk->seen[service])
    return;
  walk->seen[service] = 1;
  walk->stack[walk->depth++] =
      (struct place){service, snapshot_first_edge(walk->snapshot, service)};
}

/* All that needs it comes before it. */
static void visit(struct walk *walk, uint32_t service) {
  const struct pg_snapshot *snapshot = walk->snapshot;
  push(walk, service);
  while (walk->depth > 0) {
    struct place *top = &walk->stack[walk->depth - 1];
    if (top->edge < snapshot->edge_count &&
        snapshot->edges[top->edge].needed == top->service) {
      push(walk, snapshot->edges[top->edge++].by);
      continue;
    }
    if (snapshot_runs(&snapshot->services[top->service]))
      walk->order[walk->count++] = top->service;
    walk->depth--;
  }
}

uint32_t *order_of_stopping(const struct pg_snapshot *snapshot,
                            const struct pg_service *const *wanted, size_t wanted_count,
                            size_t *count) {
  size_t services = snapshot->service_count + 1; /* calloc(0) may answer NULL */
  struct walk walk = {.snapshot = snapshot};
  walk.seen = calloc(services, sizeof *walk.seen);
  walk.stack = calloc(services, sizeof *walk.stack);
  walk.order = calloc(services, sizeof *walk.order);
  if (walk.seen == NULL || walk.stack == NULL || walk.order == NULL) {
    free(walk.order);
    walk.order = NULL;
  } else {
    for (size_t i = 0; i < wanted_count; i++)
      if (snapshot_runs(wanted[i]))
        visit(&walk, (uint32_t)(wanted[i] - snapshot->services));
  }
  free(walk.stack);
  free(walk.seen);
  *count = walk.count;
  return walk.order;
}
