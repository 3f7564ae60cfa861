/* Services that portguard never stops and never advises to stop: Windows, its
 * network or its security stands on them. */
#ifndef PG_PROTECTED_H
#define PG_PROTECTED_H

#include <stdbool.h>

/* Exact name, without regard to case. */
bool pg_service_is_protected(const char *name);

#endif
