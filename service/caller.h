/* The work of a verb that is done when it is answered, and only wants to know who asks:
 * ask->job is the caller's |user|. */
#ifndef PG_CALLER_H
#define PG_CALLER_H

#include "service/control/request.h"

enum pg_error caller_begin(void *context, struct control_ask *ask,
                           const struct control_caller *caller, struct pg_fault *fault);
bool caller_progress(void *context, struct control_ask *ask, struct pg_json *json);
void caller_end(void *context, struct control_ask *ask);

extern const struct control_work caller_work;

#endif
