#include "client/when.h"

#include "common/limits.h"
#include "common/text.h"
#include "common/timestamp.h"

#include <string.h>

enum pg_error when_check(const char *option, const char *value, struct pg_fault *fault) {
  char shown[128];
  uint32_t ago = 0;
  int64_t ms = 0;
  bool local = false;
  bool fits = strlen(value) < PG_TIME_CHARS;
  if (pg_parse_seconds(value, PG_HISTORY_DAYS_MAX, &ago, NULL) == PG_OK)
    return PG_OK;
  if (fits && pg_time_parse_typed(value, &ms, &local))
    return PG_OK;
  pg_fail(fault, PG_E_USAGE,
          "%s \"%s\": expected how long ago, as 24h or 7d, or a time, as 2026-03-01 or "
          "\"2026-03-01 09:00\"",
          option, pg_escape(shown, sizeof shown, value));
  pg_fault_hint(fault, "portguardctl history 80 --since 24h");
  return PG_E_USAGE;
}
