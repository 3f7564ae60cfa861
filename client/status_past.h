/* What a status answer remembers of its port: since when over restarts, who had it last,
 * and what else has happened to it. */
#ifndef PG_STATUS_PAST_H
#define PG_STATUS_PAST_H

#include "client/render.h"

/* Whether there is anything that the rest of the answer does not tell. */
bool status_has_past(const cJSON *result);
void status_past(struct render *render, const cJSON *result);

#endif
