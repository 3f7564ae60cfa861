/* Words of a status answer beside its fixes. */
#ifndef PG_STATUS_ADVICE_H
#define PG_STATUS_ADVICE_H

#include "client/render.h"

/* What is known of the holders, where no fix carries it as its caution. */
void status_advice(struct render *render, const cJSON *result);
/* Advice that circulates and does harm. */
void status_not_recommended(struct render *render, const cJSON *result);

#endif
