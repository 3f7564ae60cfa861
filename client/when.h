/* Points in time as they are typed behind --since and --until. */
#ifndef PG_WHEN_H
#define PG_WHEN_H

#include "common/error.h"

/* Whether |value| is one that the service reads: that long ago, as 24h, or a date, with
 * or without a time. Errors: PG_E_USAGE in words that begin with |option|. */
enum pg_error when_check(const char *option, const char *value, struct pg_fault *fault);

#endif
