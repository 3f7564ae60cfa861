/* An answer for a person who has no client at hand: `portguardsvc explain`. */
#ifndef PG_ANSWER_LINES_H
#define PG_ANSWER_LINES_H

#include "common/json.h"

/* |json| is the result of `status` or `list`; its lines are added to |out|, with the
 * words of others escaped. Errors: PG_E_TOOBIG when the answer did not fit into
 * |json|, PG_E_NOMEM. */
enum pg_error answer_lines(const struct pg_text *json, struct pg_text *out,
                           struct pg_fault *fault);

#endif
