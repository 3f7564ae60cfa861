#include "service/policy/zone.h"

#include <time.h>

static int32_t offset_here(void *context, int64_t unix_ms) {
  time_t seconds = (time_t)(unix_ms / 1000);
  struct tm shown;
  (void)context;
  return localtime_r(&seconds, &shown) != NULL ? (int32_t)shown.tm_gmtoff : 0;
}

void zone_read(int64_t around_ms, struct zone *zone) {
  zone_build(offset_here, NULL, around_ms, zone);
}
