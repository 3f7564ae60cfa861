/* Time zones made by hand, with the changes of 2026 (and Samoa's of 2011). */
#ifndef PG_TEST_ZONES_H
#define PG_TEST_ZONES_H

#include "service/policy/zone.h"

extern const struct zone zone_utc;
extern const struct zone zone_kolkata;   /* +05:30, no summer time */
extern const struct zone zone_berlin;    /* 02:00 -> 03:00 and 03:00 -> 02:00 */
extern const struct zone zone_lord_howe; /* half an hour */
extern const struct zone zone_nuuk;      /* Saturday 23:00 -> Sunday, and back */
extern const struct zone zone_apia;      /* left out Friday, 2011-12-30 */

/* "2026-03-02T09:00:00Z", and the same without Z as those clocks show it. */
int64_t utc(const char *text);
int64_t local(const struct zone *zone, const char *text);

#endif
