#include "service/policy/schedule.h"

#define MS_PER_MINUTE INT64_C(60000)
#define MS_PER_DAY (24 * 60 * MS_PER_MINUTE)
/* Every window opens once a week, or in two when its day is left out once. */
#define DAYS_AROUND 15

struct opening {
  int64_t from, to;
};

/* 1970-01-01 was a Thursday. */
static unsigned weekday(int64_t day) {
  return (unsigned)(((day + PG_DAY_THU) % PG_DAYS + PG_DAYS) % PG_DAYS);
}

static bool day_exists(const struct zone *zone, int64_t midnight) {
  int64_t first = zone_instant(zone, midnight, INT64_MIN);
  return zone_local(zone, first) < midnight + MS_PER_DAY;
}

/* What |window| makes of the local |day|, counted from 1970; false: nothing. */
static bool opens_on(const struct pg_window *window, const struct zone *zone, int64_t day,
                     struct opening *opening) {
  int64_t midnight = day * MS_PER_DAY;
  int64_t length = (window->to - window->from) * MS_PER_MINUTE;
  if ((window->days >> weekday(day) & 1) == 0 || !day_exists(zone, midnight))
    return false;
  if (length < 0)
    length += MS_PER_DAY;
  int64_t local = midnight + window->from * MS_PER_MINUTE;
  opening->from = zone_instant(zone, local, INT64_MIN);
  opening->to = zone_instant(zone, local + length, opening->from);
  if (opening->to == opening->from)
    opening->to += length;
  return true;
}

/* Makes an open span longer by an opening that overlaps or touches it, and a closed
 * one shorter by the openings around it. Returns whether the span is another now. */
static bool fit(struct schedule_span *span, int64_t now, const struct opening *opening) {
  struct schedule_span old = *span;
  if (span->open) {
    if (opening->from > span->until || opening->to < span->since)
      return false;
    if (opening->from < span->since)
      span->since = opening->from;
    if (opening->to > span->until)
      span->until = opening->to;
  } else if (opening->from <= now && now < opening->to) {
    *span = (struct schedule_span){true, opening->from, opening->to};
  } else if (opening->to <= now && opening->to > span->since) {
    span->since = opening->to;
  } else if (opening->from > now && opening->from < span->until) {
    span->until = opening->from;
  }
  return span->open != old.open || span->since != old.since || span->until != old.until;
}

static bool fit_day(struct schedule_span *span, const struct pg_rule *rule,
                    const struct zone *zone, int64_t now, int64_t day, bool backwards) {
  struct opening opening;
  bool moved = false;
  for (size_t i = 0; i < rule->window_count; i++) {
    size_t next = backwards ? rule->window_count - 1 - i : i;
    if (opens_on(&rule->windows[next], zone, day, &opening))
      moved |= fit(span, now, &opening);
  }
  return moved;
}

/* From today outwards, and on each day as the span grows, so that few rounds are enough:
 * each window that touches the one before would want one of its own. */
static bool fit_days(struct schedule_span *span, const struct pg_rule *rule,
                     const struct zone *zone, int64_t now, int64_t today) {
  bool moved = false;
  for (int64_t i = 0; i <= DAYS_AROUND; i++)
    moved |= fit_day(span, rule, zone, now, today + i, false);
  for (int64_t i = 0; i <= DAYS_AROUND; i++)
    moved |= fit_day(span, rule, zone, now, today - i, true);
  return moved;
}

struct schedule_span schedule_at(const struct pg_rule *rule, const struct zone *zone,
                                 int64_t unix_ms) {
  struct schedule_span span = {rule->window_count == 0, SCHEDULE_ALWAYS_WAS,
                               SCHEDULE_ALWAYS_WILL};
  if (span.open)
    return span;
  int64_t today = zone_local(zone, unix_ms) / MS_PER_DAY;
  while (fit_days(&span, rule, zone, unix_ms, today))
    continue;
  /* Open as far as can be seen from here. */
  int64_t sight = (DAYS_AROUND - 1) * MS_PER_DAY;
  if (span.since < unix_ms - sight)
    span.since = SCHEDULE_ALWAYS_WAS;
  if (span.until > unix_ms + sight)
    span.until = SCHEDULE_ALWAYS_WILL;
  return span;
}
