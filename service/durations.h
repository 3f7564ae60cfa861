/* How long the last of many took: a ring, and what can be said of it. Pure. */
#ifndef PG_DURATIONS_H
#define PG_DURATIONS_H

#include <stdbool.h>
#include <stdint.h>

#define DURATIONS_WINDOW 1024

/* Born zeroed. */
struct durations {
  uint64_t count, sum_us;        /* of all so far */
  uint32_t us[DURATIONS_WINDOW]; /* the last ones, microseconds */
};

struct durations_summary {
  uint32_t window; /* how many it is of */
  uint32_t p50_us, p99_us, max_us;
};

/* What is longer than fits (71 minutes), or negative, becomes the nearest that does. */
void durations_add(struct durations *durations, int64_t us);
/* Percentiles by nearest rank: the smallest of them that so many of a hundred do not
 * exceed. It is one of those measured, never one in between. All 0 when there are none.
 * False: no memory. */
bool durations_sum_up(const struct durations *durations, struct durations_summary *out);

#endif
