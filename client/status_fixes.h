/* The end of a status answer: how to free the port, or what to do when no way is
 * known. */
#ifndef PG_STATUS_FIXES_H
#define PG_STATUS_FIXES_H

#include "client/render.h"

void status_fixes(struct render *render, const cJSON *result);
/* "2 holders: stopping W3SVC alone does not free the port."; nothing with one. */
void status_several(struct pg_text *out, const cJSON *result);
/* What to type: portguard's own commands, else how to do it by hand. */
const cJSON *status_fix_lines(const cJSON *fix);

#endif
