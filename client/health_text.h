/* The answer of `health` as people read it. */
#ifndef PG_HEALTH_TEXT_H
#define PG_HEALTH_TEXT_H

#include "client/render.h"

void health_text(struct render *render, const cJSON *result);

#endif
