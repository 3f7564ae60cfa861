#include "service/policy/zone.h"

#include <windows.h>

#define TICKS_PER_S INT64_C(10000000)           /* of 100 ns */
#define EPOCH_TICKS INT64_C(116444736000000000) /* from 1601 to 1970 */

/* Each year may have rules of its own. They are looked up in the registry, so the
 * year at hand is kept. */
struct year_rules {
  WORD year; /* 0: none yet */
  TIME_ZONE_INFORMATION rules;
};

static int64_t ticks(const FILETIME *time) {
  return (int64_t)((uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime);
}

static bool local_time(struct year_rules *kept, WORD year, const SYSTEMTIME *there,
                       SYSTEMTIME *here) {
  if (kept->year != year && !GetTimeZoneInformationForYear(year, NULL, &kept->rules))
    return false;
  kept->year = year;
  return SystemTimeToTzSpecificLocalTime(&kept->rules, there, here) != 0;
}

/* Which year's rules hold is a matter of the local date: near New Year that may be
 * another year than at Greenwich. */
static int32_t offset_here(void *context, int64_t unix_ms) {
  struct year_rules *kept = context;
  int64_t utc = unix_ms / 1000 * TICKS_PER_S + EPOCH_TICKS;
  FILETIME time = {(DWORD)(utc & 0xFFFFFFFF), (DWORD)(utc >> 32)}, shown;
  SYSTEMTIME there, here;
  if (!FileTimeToSystemTime(&time, &there) ||
      !local_time(kept, there.wYear, &there, &here) ||
      (here.wYear != there.wYear && !local_time(kept, here.wYear, &there, &here)) ||
      !SystemTimeToFileTime(&here, &shown))
    return 0;
  return (int32_t)((ticks(&shown) - utc) / TICKS_PER_S);
}

void zone_read(int64_t around_ms, struct zone *zone) {
  struct year_rules kept = {0};
  zone_build(offset_here, &kept, around_ms, zone);
}
