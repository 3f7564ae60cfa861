#include "service/policy/zone.h"

#include "common/text.h"
#include "common/timestamp.h"

#define MS_PER_S INT64_C(1000)
#define MS_PER_DAY (86400 * MS_PER_S)
#define SHOWN_BYTES 96

/* The offset changed after |before| and not after |after|: since when to the second? */
static int64_t find_change(zone_offset_at *offset_at, void *context, int64_t before,
                           int64_t after) {
  int32_t old = offset_at(context, before);
  while (after - before > MS_PER_S) {
    int64_t middle = before + (after - before) / MS_PER_S / 2 * MS_PER_S;
    if (offset_at(context, middle) == old)
      before = middle;
    else
      after = middle;
  }
  return after;
}

void zone_build(zone_offset_at *offset_at, void *context, int64_t around_ms,
                struct zone *zone) {
  int64_t today = around_ms / MS_PER_DAY;
  int64_t at = (today - ZONE_SPAN_DAYS) * MS_PER_DAY;
  int64_t end = (today + ZONE_SPAN_DAYS) * MS_PER_DAY;
  int32_t offset = zone->first_offset_s = offset_at(context, at);
  zone->count = 0;
  for (; at < end && zone->count < ZONE_CHANGES; at += MS_PER_DAY) {
    int32_t next = offset_at(context, at + MS_PER_DAY);
    if (next == offset)
      continue;
    zone->changes[zone->count].at_ms =
        find_change(offset_at, context, at, at + MS_PER_DAY);
    zone->changes[zone->count++].offset_s = offset = next;
  }
}

bool zone_equal(const struct zone *a, const struct zone *b) {
  if (a->first_offset_s != b->first_offset_s || a->count != b->count)
    return false;
  for (size_t i = 0; i < a->count; i++)
    if (a->changes[i].at_ms != b->changes[i].at_ms ||
        a->changes[i].offset_s != b->changes[i].offset_s)
      return false;
  return true;
}

int64_t zone_local(const struct zone *zone, int64_t unix_ms) {
  int32_t offset = zone->first_offset_s;
  for (size_t i = 0; i < zone->count && zone->changes[i].at_ms <= unix_ms; i++)
    offset = zone->changes[i].offset_s;
  return unix_ms + offset * MS_PER_S;
}

int64_t zone_instant(const struct zone *zone, int64_t local_ms, int64_t not_before) {
  int32_t offset = zone->first_offset_s;
  for (size_t i = 0;; offset = zone->changes[i++].offset_s) {
    int64_t found = local_ms - offset * MS_PER_S;
    if (found < not_before)
      found = not_before;
    if (i > 0 && found < zone->changes[i - 1].at_ms)
      found = zone->changes[i - 1].at_ms;
    if (i == zone->count || found < zone->changes[i].at_ms)
      return found;
  }
}

enum pg_error zone_parse_time(const char *text,
                              void (*read_zone)(int64_t around_ms, struct zone *zone),
                              int64_t *unix_ms, struct pg_fault *fault) {
  char shown[SHOWN_BYTES];
  struct zone zone;
  bool local = false;
  if (!pg_time_parse_typed(text, unix_ms, &local))
    return pg_fail(fault, PG_E_PARAMS,
                   "time \"%s\": expected one like 2026-03-02T09:00, in local time, "
                   "or with Z or +01:00 behind it",
                   pg_escape(shown, sizeof shown, text));
  if (local) {
    read_zone(*unix_ms, &zone);
    *unix_ms = zone_instant(&zone, *unix_ms, INT64_MIN);
  }
  return PG_OK;
}
