/* The parameters of a request against those of its verb. Pure. */
#ifndef PG_PARAMS_H
#define PG_PARAMS_H

#include "service/control/request.h"

/* |params|: the member of that name, NULL when there is none. Unknown parameters, wrong
 * types and values out of range are refused: PG_E_PARAMS with |fault->param|. What is
 * read leads into |params|. */
enum pg_error params_read(const struct control_verb *verb, const cJSON *params,
                          struct control_arg args[CONTROL_ARGS_MAX],
                          struct pg_fault *fault);

#endif
