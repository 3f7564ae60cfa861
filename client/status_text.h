/* The answer of `status` as people read it. */
#ifndef PG_STATUS_TEXT_H
#define PG_STATUS_TEXT_H

#include "client/render.h"

/* |result| is the result object of one port. */
void status_text(struct render *render, const cJSON *result);
/* "TCP 80  IN USE", the beginning of every answer about one port. Returns how many
 * columns that takes. */
size_t status_subject(struct render *render, const cJSON *result);

#endif
