/* Which services need which. Pure functions of a sealed snapshot. */
#ifndef PG_DEPENDENTS_H
#define PG_DEPENDENTS_H

#include "service/snapshot/snapshot.h"

/* |from| needs |to|, directly or through others. */
bool snapshot_depends_on(const struct pg_snapshot *snapshot,
                         const struct pg_service *from, const struct pg_service *to);
bool snapshot_runs(const struct pg_service *service); /* neither stopped nor unknown */
/* Calls |each| (may be NULL) for every running service that needs |service|, directly
 * or through others, in the order of their names. Returns how many, or
 * SNAPSHOT_DEPENDENTS_UNKNOWN without memory. */
#define SNAPSHOT_DEPENDENTS_UNKNOWN SIZE_MAX
size_t snapshot_running_dependents(
    const struct pg_snapshot *snapshot, const struct pg_service *service,
    void (*each)(void *context, const struct pg_service *dependent), void *context);
/* The first of snapshot->edges whose |needed| is not below this one. */
size_t snapshot_first_edge(const struct pg_snapshot *snapshot, uint32_t needed);

#endif
