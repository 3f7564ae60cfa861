/* The answer when the service is not running: a one-off look with the caller's
 * own rights, marked as what it is. */
#ifndef PG_DEGRADED_H
#define PG_DEGRADED_H

#include "client/client.h"

/* |port| 0 asks for the list. The first answer is announced on standard error.
 * Errors: PG_E_UNREACHABLE when this look failed too. */
enum pg_error degraded_ask(struct client *client, uint16_t port, cJSON **result,
                           struct pg_fault *fault);
/* Turns |result| into an incomplete answer that says why. False when there is no
 * memory. */
bool degraded_mark(cJSON *result);

#endif
