/* The answer of `status` as people read it. */
#ifndef PG_STATUS_TEXT_H
#define PG_STATUS_TEXT_H

#include "client/render.h"

/* |result| is the result object of one port. */
void status_text(struct render *render, const cJSON *result);

#endif
