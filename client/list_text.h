/* The answer of `list` as people read it: one line for each port. */
#ifndef PG_LIST_TEXT_H
#define PG_LIST_TEXT_H

#include "client/render.h"

void list_text(struct render *render, const cJSON *result);

#endif
