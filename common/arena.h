/* Memory that is given back all at once. One arena belongs to one snapshot. */
#ifndef PG_ARENA_H
#define PG_ARENA_H

#include <stddef.h>

struct pg_arena;

/* NULL when there is no memory. |max| bounds what it will ever hold. */
struct pg_arena *pg_arena_new(size_t max);
void pg_arena_free(struct pg_arena *arena);
/* Zeroed, aligned for any type; NULL when there is no memory or the ceiling
 * is reached. A count times size that overflows is NULL too. */
void *pg_arena_alloc(struct pg_arena *arena, size_t count, size_t size);
/* A terminated copy of |len| bytes. */
char *pg_arena_text(struct pg_arena *arena, const char *data, size_t len);
char *pg_arena_str(struct pg_arena *arena, const char *string); /* NULL stays NULL */

#endif
