/* The time axis of a report. Pure, but for the zone it is given. */
#ifndef PG_REPORT_AXIS_H
#define PG_REPORT_AXIS_H

#include "client/platform.h"

#include <stddef.h>

#define AXIS_TICKS 9 /* at most; more do not fit beside each other on a telephone */

typedef bool axis_local_time(int64_t unix_ms, struct client_time *out);

/* What clocks show at a time, written down as though it were UTC. False: it cannot be
 * expressed. */
bool axis_local(axis_local_time *local_time, int64_t unix_ms, int64_t *local_ms);

struct axis {
  int64_t from, to; /* from < to */
  struct axis_tick {
    int64_t at;
    char label[12]; /* "09:00"; at midnight, and of whole days, "2 Mar"; "2027" */
  } ticks[AXIS_TICKS];
  size_t count;
};

/* Ticks where clocks show a round time, also over a change to daylight saving time.
 * Without ticks when times cannot be expressed. */
void axis_make(struct axis *axis, int64_t from, int64_t to, axis_local_time *local_time);
/* 0 at the beginning to 100 at the end; what lies outside is at the nearer one. */
double axis_percent(const struct axis *axis, int64_t at);

#endif
