/* Plans and what came of them, as text. */
#ifndef PG_ACTION_TEXT_H
#define PG_ACTION_TEXT_H

#include "client/render.h"

/* Whether all of it is done: also when there was nothing to do. */
bool action_is_done(const cJSON *result);
/* What would be done, and what it costs. */
void action_plan_text(struct render *render, const cJSON *result);
/* What was done, step by step, and how to undo it. */
void action_done_text(struct render *render, const cJSON *result);
/* One step that has begun or ended, as a line of its own: the params of a `progress`
 * notification. */
void action_progress_text(struct render *render, const cJSON *params);

#endif
