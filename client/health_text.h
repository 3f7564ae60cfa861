/* The answer of `health` as people read it. */
#ifndef PG_HEALTH_TEXT_H
#define PG_HEALTH_TEXT_H

#include "client/render.h"

/* Parts of it: which file the settings are from, and the guarded ports. */
void health_configuration(struct render *render, const cJSON *result);
void health_guarded(struct render *render, const cJSON *result);
void health_text(struct render *render, const cJSON *result);

#endif
