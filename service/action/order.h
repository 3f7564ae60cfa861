/* In which order services stop. */
#ifndef PG_ORDER_H
#define PG_ORDER_H

#include "service/snapshot/snapshot.h"

/* The running ones of |wanted| and every running service that needs one of them, each
 * once and none before a service that needs it; in a circle somebody is first. Returns
 * indices into snapshot->services, *count of them, which the caller frees; NULL: no
 * memory. */
uint32_t *order_of_stopping(const struct pg_snapshot *snapshot,
                            const struct pg_service *const *wanted, size_t wanted_count,
                            size_t *count);

#endif
