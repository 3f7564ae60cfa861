/* The rules of a time zone as data, so that schedules can be reckoned, and tested, for
 * any zone. A zone covers a year and more around the time it was made for; beyond that
 * its last offset holds. */
#ifndef PG_ZONE_H
#define PG_ZONE_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZONE_SPAN_DAYS 400 /* to either side */
#define ZONE_CHANGES 32    /* Morocco, with the most, has four a year */

struct zone_change {
  int64_t at_ms; /* Unix milliseconds; from here on clocks show UTC + offset_s */
  int32_t offset_s;
};

struct zone {
  int32_t first_offset_s; /* before the first change */
  size_t count;
  struct zone_change changes[ZONE_CHANGES]; /* rising */
};

/* Seconds east of UTC that clocks show at a time. */
typedef int32_t zone_offset_at(void *context, int64_t unix_ms);
/* The zone of this machine around a time. Asks the system some 900 times, a
 * millisecond or so: not for every tick. posix_zone.c, win_zone.c */
void zone_read(int64_t around_ms, struct zone *zone);
/* The same for whatever |offset_at| says. Two changes in one day are taken for one. */
void zone_build(zone_offset_at *offset_at, void *context, int64_t around_ms,
                struct zone *zone);

bool zone_equal(const struct zone *a, const struct zone *b);
/* What clocks there show at a time, written down as though it were UTC. */
int64_t zone_local(const struct zone *zone, int64_t unix_ms);
/* The first instant, not before |not_before|, at which clocks there show |local_ms| or
 * later. For a time that a jump left out that is the end of the jump, and of a
 * time that comes twice it is the first. */
int64_t zone_instant(const struct zone *zone, int64_t local_ms, int64_t not_before);

/* A time as people type it: local time of the zone around it unless it says otherwise.
 * |read_zone| is zone_read outside of tests. PG_E_PARAMS quotes what was found. */
enum pg_error zone_parse_time(const char *text,
                              void (*read_zone)(int64_t around_ms, struct zone *zone),
                              int64_t *unix_ms, struct pg_fault *fault);

#endif
