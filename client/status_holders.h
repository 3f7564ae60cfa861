/* The middle of a status answer: who holds the port, and how sure that is. */
#ifndef PG_STATUS_HOLDERS_H
#define PG_STATUS_HOLDERS_H

#include "client/render.h"

void status_holders(struct render *render, const cJSON *result);
/* The sentences of |holder|'s evidence behind |label|. */
void status_evidence(struct render *render, const char *label, const cJSON *holder);

#endif
