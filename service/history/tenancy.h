/* Who has come to hold a port, and who has gone, between two lists of identities as
 * pg_port.reported has them. Pure. */
#ifndef PG_TENANCY_H
#define PG_TENANCY_H

#include <stdbool.h>
#include <stddef.h>

/* Calls |each| for every identity that is in one of the lists only, in their order:
 * |begins| when it is in |after|. NULL and "" are empty lists. An identity is given as
 * |len| bytes, not terminated. */
void tenancy_compare(const char *before, const char *after,
                     void (*each)(void *context, const char *identity, size_t len,
                                  bool begins),
                     void *context);

#endif
