/* What the files of this station share among themselves. */
#ifndef PG_EXPLAIN_INTERNAL_H
#define PG_EXPLAIN_INTERNAL_H

#include "service/explain/explain.h"

/* queue_holder.c: who stands behind one request queue. */
void explain_queue_holder(const struct pg_snapshot *snapshot,
                          const struct pg_http_queue *queue, struct pg_holder *holder);

/* identity.c: marks the holders that repeat an owner, and returns the sorted,
 * unique identities of the port's holders, one per line, in the snapshot's arena;
 * NULL when there is no memory. */
const char *explain_identities(struct pg_snapshot *snapshot, const struct pg_port *port);

/* dependents.c */
/* |from| needs |to|, directly or through others. */
bool explain_depends_on(const struct pg_snapshot *snapshot, const struct pg_service *from,
                        const struct pg_service *to);
/* Calls |each| for every running service that needs |service|, in the order of
 * their names. Returns how many, or EXPLAIN_DEPENDENTS_UNKNOWN without memory. */
#define EXPLAIN_DEPENDENTS_UNKNOWN SIZE_MAX
size_t explain_running_dependents(
    const struct pg_snapshot *snapshot, const struct pg_service *service,
    void (*each)(void *context, const struct pg_service *dependent), void *context);

/* A holder's first URL on |port|, or NULL. */
const struct pg_url *explain_first_url(const struct pg_holder *holder, uint16_t port);

/* The first holder of each owner, in order; |skip| counts them. NULL when there
 * are no more. */
const struct pg_holder *explain_owner(const struct pg_snapshot *snapshot,
                                      const struct pg_port *port, size_t skip);

/* evidence.c and fixes.c: one array each, written as a value. */
void explain_evidence(struct pg_json *json, const struct pg_snapshot *snapshot,
                      const struct pg_port *port, const struct pg_holder *holder);
void explain_fixes(struct pg_json *json, const struct pg_snapshot *snapshot,
                   const struct pg_port *port);
/* warnings.c: what was missing and what that means for this port. |port| is NULL
 * when nothing listens. */
void explain_warnings(struct pg_json *json, const struct pg_snapshot *snapshot,
                      const struct pg_port *port);

void explain_list_warnings(struct pg_json *json, const struct pg_snapshot *snapshot);
/* One warning about a source that was not read. */
void explain_source_warning(struct pg_json *json, const struct pg_snapshot *snapshot,
                            enum pg_source source);

/* answer.c: pieces of a result object. */
void explain_write_process(struct pg_json *json, uint32_t pid,
                           const struct pg_process *process);
/* Null for PID 0. */
void explain_key_process(struct pg_json *json, const char *key, uint32_t pid,
                         const struct pg_process *process);

/* known.c: of the Windows driver other than HTTP.sys that always holds the port, or
 * NULL; and of a service, by its name without regard to case, or NULL. */
const char *explain_known_driver(uint16_t port);
const char *explain_known_service(const char *name);

/* dependents.c: the first of snapshot->edges whose |needed| is not below this one. */
size_t explain_first_edge(const struct pg_snapshot *snapshot, uint32_t needed);

#endif
