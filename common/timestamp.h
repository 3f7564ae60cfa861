/* Points in time as the protocol writes them. Unix milliseconds, UTC. */
#ifndef PG_TIMESTAMP_H
#define PG_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#define PG_TIME_UNKNOWN 0 /* nothing portguard reports happened in 1970 */
#define PG_TIME_CHARS 32

/* "2026-03-02T12:26:31.204Z", or without the fraction when it is zero.
 * Returns |out|. */
const char *pg_time_format(int64_t unix_ms, char out[PG_TIME_CHARS]);
/* Reads what pg_time_format writes (1 to 3 digits of fraction). */
bool pg_time_parse(const char *text, int64_t *unix_ms);
/* Reads what people type: "2026-03-02T09:00" or "2026-03-02 09:00", with or without
 * seconds, and "Z" or "+01:00" behind it; "2026-03-02" is midnight. Without one of these
 * it is |local|: *ms is then what the clocks of some zone show, written down as though it
 * were UTC. */
bool pg_time_parse_typed(const char *text, int64_t *ms, bool *local);
/* FILETIME (100 ns since 1601) into Unix milliseconds; 0 stays unknown. */
int64_t pg_time_from_filetime(uint64_t filetime);

#endif
