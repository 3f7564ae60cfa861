/* When a rule is open. docs/policy.md explains windows to users. Pure. */
#ifndef PG_SCHEDULE_H
#define PG_SCHEDULE_H

#include "service/policy/settings.h"
#include "service/policy/zone.h"

#define SCHEDULE_ALWAYS_WAS INT64_MIN
#define SCHEDULE_ALWAYS_WILL INT64_MAX

/* The whole time, in Unix milliseconds, during which a schedule is open, or closed,
 * without a break: windows that touch are one. */
struct schedule_span {
  bool open;
  int64_t since; /* SCHEDULE_ALWAYS_WAS */
  int64_t until; /* not included; SCHEDULE_ALWAYS_WILL */
};

/* The span that |unix_ms| is in. A rule without windows is always open. A window opens
 * at the first instant of its day at or after |from|, and closes at the first instant
 * after that at or after |to|; when a jump of the clocks leaves nothing of it, it is
 * open from the end of the jump for as long as it usually is. On a date that clocks
 * leave out altogether no window opens. */
struct schedule_span schedule_at(const struct pg_rule *rule, const struct zone *zone,
                                 int64_t unix_ms);

#endif
