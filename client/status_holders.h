/* The middle of a status answer: who holds the port, and how sure that is. */
#ifndef PG_STATUS_HOLDERS_H
#define PG_STATUS_HOLDERS_H

#include "client/render.h"

void status_holders(struct render *render, const cJSON *result);
/* The sentences of |holder|'s evidence behind |label|. */
void status_evidence(struct render *render, const char *label, const cJSON *holder);
/* "starts automatically" for "auto"; NULL for what it does not know. */
const char *status_start_words(const char *start_type);
/* A state of the protocol as words: "time wait". */
void status_state_words(struct pg_text *out, const char *state);

#endif
