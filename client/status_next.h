/* What to do about a port that is in use and has no fix: nobody is left with a
 * diagnosis alone. */
#ifndef PG_STATUS_NEXT_H
#define PG_STATUS_NEXT_H

#include "client/render.h"

/* Whether it is in use, by somebody, without a fix. */
bool status_has_next(const cJSON *result);
/* "Next  stop one of these at a time and look again:  net stop W3SVC": a situation of
 * several holders is told of once. */
void status_next(struct render *render, const cJSON *result);

#endif
