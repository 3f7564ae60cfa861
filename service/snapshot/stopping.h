/* What stopping a service would mean: decided here once, for who advises it and for who
 * does it. Pure functions of a sealed snapshot. */
#ifndef PG_STOPPING_H
#define PG_STOPPING_H

#include "service/snapshot/snapshot.h"

/* The safety rules, which no configuration and no administrator's word switches off
 * (but "dependents", which may be told to go first). enum name, data.rule of -32005.
 * docs/policy.md tells users of each. */
#define PG_SAFETY_LIST(X)     \
  X(PORTGUARD, "portguard")   \
  X(PROTECTED, "protected")   \
  X(DRIVER, "driver")         \
  X(PORT_PROXY, "port-proxy") \
  X(DEPENDENTS, "dependents") \
  X(PLAN_CHANGED, "plan-changed")

enum pg_safety {
  PG_SAFETY_NONE, /* nothing speaks against it */
#define X(name, text) PG_SAFETY_##name,
  PG_SAFETY_LIST(X)
#undef X
};

/* NULL for NONE. */
const char *pg_safety_name(enum pg_safety rule);

/* What is known from a service's name and type alone: PORTGUARD, PROTECTED, DRIVER. */
enum pg_safety pg_service_safety(const char *name, enum pg_service_type type);

/* What speaks against stopping |service|: itself, or a running service that would go
 * down with it; *against is that one. |listens| says that it has the port itself and
 * not through HTTP.sys: IP Helper then listens for port proxies, and deleting the rule
 * is the way. Without memory the answer is DEPENDENTS and *against NULL. */
enum pg_safety snapshot_veto(const struct pg_snapshot *snapshot,
                             const struct pg_service *service, bool listens,
                             const struct pg_service **against);

/* IP Helper has a socket of its own on the port of a port proxy rule. */
bool snapshot_serves_proxies(const struct pg_snapshot *snapshot,
                             const struct pg_service *service);

/* One user's instance of a service, "CDPUserSvc_1bf5729", starts as its template says:
 * the length of the name under which the start of |service| is configured. */
size_t snapshot_configured_len(const struct pg_service *service);

#endif
