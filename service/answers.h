/* Kept status answers: what changes from sample to sample only is written once per
 * sample and port, since a quiet machine is asked the same thing again. */
#ifndef PG_ANSWERS_H
#define PG_ANSWERS_H

#include "common/json.h"
#include "service/explain/explain.h"

struct answer_cache;

struct answer_cache *answer_cache_new(void); /* NULL: no memory */
void answer_cache_free(struct answer_cache *cache);
/* Writes the result object of `status`. |generation| tells one published
 * snapshot from the next. |history| is the object that becomes its member "history";
 * NULL: null. */
void answer_cache_status(struct answer_cache *cache, uint64_t generation,
                         const struct pg_snapshot *snapshot, uint16_t port,
                         const struct explain_times *times, const struct pg_text *history,
                         struct pg_json *json);

#endif
