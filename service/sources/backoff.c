#include "service/sources/backoff.h"

#include "common/limits.h"

void backoff_fail(struct backoff *backoff, int64_t now) {
  int64_t wait = PG_BACKOFF_FIRST_MS;
  if (backoff->failures == 0)
    backoff->since = now;
  for (unsigned i = 0; i < backoff->failures && wait < PG_BACKOFF_MAX_MS; i++)
    wait *= 2;
  backoff->failures++;
  backoff->next = now + (wait < PG_BACKOFF_MAX_MS ? wait : PG_BACKOFF_MAX_MS);
}

void backoff_clear(struct backoff *backoff) {
  *backoff = (struct backoff){0};
}

bool backoff_may_try(const struct backoff *backoff, int64_t now) {
  return backoff->failures == 0 || now >= backoff->next;
}
