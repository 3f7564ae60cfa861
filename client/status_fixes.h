/* The end of a status answer: how to free the port, or what to do when no way is
 * known. */
#ifndef PG_STATUS_FIXES_H
#define PG_STATUS_FIXES_H

#include "client/render.h"

void status_fixes(struct render *render, const cJSON *result);

#endif
