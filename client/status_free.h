/* What is to be known of a port nobody listens on: who uses it all the same, who may
 * take it, and what was looked at. */
#ifndef PG_STATUS_FREE_H
#define PG_STATUS_FREE_H

#include "client/render.h"

/* Of a free port, after an empty line; nothing when there is nothing to say. */
void status_free(struct render *render, const cJSON *result);
/* Connections, reservations and services that may take the port. */
void status_around(struct render *render, const cJSON *result);

#endif
