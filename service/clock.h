/* The two clocks. Only the loop's own files read them; everything else gets the
 * time as an argument. */
#ifndef PG_CLOCK_H
#define PG_CLOCK_H

#include <stdint.h>

int64_t clock_mono(void);   /* monotonic milliseconds: ages and deadlines */
int64_t clock_uptime(void); /* milliseconds since this machine was booted */
int64_t clock_wall(void);   /* Unix milliseconds, 0 when it cannot be read: for people */

#endif
