/* The answer of `status` as people read it. */
#ifndef PG_STATUS_TEXT_H
#define PG_STATUS_TEXT_H

#include "client/render.h"

/* |result| is the result object of one port. */
void status_text(struct render *render, const cJSON *result);
/* Its first line: "IN USE", and who holds the port or why it is as it is. */
const char *status_word(const cJSON *result);
void status_words(struct pg_text *out, const cJSON *result);
/* The labels below it, but for those about holders: where it listens, what reserves the
 * port, who uses it. */
void status_facts(struct render *render, const cJSON *result);
/* "TCP 80  IN USE", the beginning of every answer about one port. Returns how many
 * columns that takes. */
size_t status_subject(struct render *render, const cJSON *result);

#endif
