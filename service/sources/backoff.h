/* When to try again what failed: 1 s, 2 s, 4 s … up to a minute. Pure. */
#ifndef PG_BACKOFF_H
#define PG_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: nothing has failed. Times are monotonic milliseconds. */
struct backoff {
  unsigned failures;
  int64_t since; /* the first failure of this run */
  int64_t next;  /* not before */
};

void backoff_fail(struct backoff *backoff, int64_t now);
void backoff_clear(struct backoff *backoff);
bool backoff_may_try(const struct backoff *backoff, int64_t now);

#endif
