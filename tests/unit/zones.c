#include "tests/unit/zones.h"

#include "common/timestamp.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#define HOUR 3600
#define S INT64_C(1000)

const struct zone zone_utc = {0, 0, {{0, 0}}};
const struct zone zone_kolkata = {5 * HOUR + 1800, 0, {{0, 0}}};
/* 2026-03-29T01:00:00Z and 2026-10-25T01:00:00Z */
const struct zone zone_berlin = {
    HOUR, 2, {{1774746000 * S, 2 * HOUR}, {1792890000 * S, HOUR}}};
/* 2026-04-04T15:00:00Z and 2026-10-03T15:30:00Z */
const struct zone zone_lord_howe = {
    11 * HOUR, 2, {{1775314800 * S, 10 * HOUR + 1800}, {1791041400 * S, 11 * HOUR}}};
/* 2026-03-29T01:00:00Z and 2026-10-25T01:00:00Z */
const struct zone zone_nuuk = {
    -2 * HOUR, 2, {{1774746000 * S, -HOUR}, {1792890000 * S, -2 * HOUR}}};
/* 2011-12-30T10:00:00Z */
const struct zone zone_apia = {-10 * HOUR, 1, {{1325239200 * S, 14 * HOUR}}};

int64_t utc(const char *text) {
  int64_t ms = 0;
  assert_true(pg_time_parse(text, &ms));
  return ms;
}

int64_t local(const struct zone *zone, const char *text) {
  int64_t ms = 0;
  bool is_local = false;
  assert_true(pg_time_parse_typed(text, &ms, &is_local));
  assert_true(is_local);
  return zone_instant(zone, ms, INT64_MIN);
}
