/* A change in one line. */
#ifndef PG_CHANGE_TEXT_H
#define PG_CHANGE_TEXT_H

#include "client/render.h"

/* "2026-03-02 12:26:31  TCP 80     TAKEN     HTTP.sys holds port 80 for W3SVC", of the
 * params of a `change` notification. One line, however long. */
void change_text(struct render *render, const cJSON *change);
/* The same of an entry of the history, "  12:26:31  TAKEN     …", wrapped; |port|: with
 * the port. The day is left to the caller. */
void change_entry(struct render *render, const cJSON *entry, bool port);

#endif
