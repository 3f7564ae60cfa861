/* What `doctor` says, for people. */
#ifndef PG_DOCTOR_TEXT_H
#define PG_DOCTOR_TEXT_H

#include "client/render.h"

/* |result|: {"healthy","checks":[{"name","state","detail","hint"}]} */
void doctor_text(struct render *render, const cJSON *result);

#endif
