/* The answer of `http queues` as people read it. */
#ifndef PG_HTTP_TEXT_H
#define PG_HTTP_TEXT_H

#include "client/render.h"

void http_queues_text(struct render *render, const cJSON *result);

#endif
