#include "client/report_axis.h"

#include "common/timestamp.h"

#include <stdio.h>
#include <string.h>

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define MONDAY (4 * DAY) /* 5 January 1970 */

bool axis_local(axis_local_time *local_time, int64_t unix_ms, int64_t *local_ms) {
  struct client_time local;
  char text[80];
  if (!local_time(unix_ms, &local))
    return false;
  (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", local.year,
                 local.month, local.day, local.hour, local.minute, local.second);
  if (!pg_time_parse(text, local_ms))
    return false;
  *local_ms += unix_ms % 1000;
  return true;
}

/* Steps of clocks: fixed ones, then months. */
static const struct step {
  int64_t ms; /* 0: a number of months */
  int months;
} steps[] = {{MINUTE, 0}, {5 * MINUTE, 0}, {15 * MINUTE, 0}, {30 * MINUTE, 0},
             {HOUR, 0},   {3 * HOUR, 0},   {6 * HOUR, 0},    {12 * HOUR, 0},
             {DAY, 0},    {2 * DAY, 0},    {7 * DAY, 0},     {14 * DAY, 0},
             {0, 1},      {0, 3},          {0, 6},           {0, 12},
             {0, 24}};

#define STEPS (sizeof steps / sizeof steps[0])
#define MONTH_MS (30 * DAY)

static int64_t length_of(const struct step *step) {
  return step->ms > 0 ? step->ms : step->months * MONTH_MS;
}

static const struct step *step_for(int64_t span) {
  size_t at = 0;
  while (at + 1 < STEPS && span / length_of(&steps[at]) >= AXIS_TICKS)
    at++;
  return &steps[at];
}

/* --- where clocks show a round time --- */

/* The first day of a month counted from the year 0. */
static int64_t month_begin(int month) {
  char text[80];
  int64_t local = 0;
  (void)snprintf(text, sizeof text, "%04d-%02d-01T00:00:00Z", month / 12, month % 12 + 1);
  return pg_time_parse(text, &local) ? local : INT64_MAX;
}

static int month_of(axis_local_time *local_time, int64_t unix_ms) {
  struct client_time local = {0};
  return local_time(unix_ms, &local) ? local.year * 12 + local.month - 1 : 0;
}

/* The round local time number |n| behind |from|, which clocks show as |local|. */
static int64_t round_time(const struct step *step, axis_local_time *local_time,
                          int64_t from, int64_t local, int n) {
  if (step->ms > 0) {
    int64_t origin = step->ms >= 7 * DAY ? MONDAY : 0;
    return ((local - origin) / step->ms + n) * step->ms + origin;
  }
  int month = month_of(local_time, from) / step->months * step->months;
  return month_begin(month + n * step->months);
}

/* When clocks show |local|: the offset is that of a time nearby, corrected once, so that
 * a tick on the day of a change of the clocks is right. */
static bool instant_of(axis_local_time *local_time, int64_t local, int64_t near_unix,
                       int64_t near_local, int64_t *out) {
  int64_t shown = 0;
  *out = local - (near_local - near_unix);
  for (int i = 0; i < 2; i++) {
    if (!axis_local(local_time, *out, &shown))
      return false;
    *out += local - shown;
  }
  return true;
}

static void add_label(struct axis_tick *tick, const struct step *step, int64_t local,
                      axis_local_time *local_time) {
  static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  struct client_time at = {0};
  (void)local_time(tick->at, &at);
  bool january = step->ms == 0 && at.month == 1;
  if (january)
    (void)snprintf(tick->label, sizeof tick->label, "%d", at.year % 10000);
  else if (local % DAY != 0)
    (void)snprintf(tick->label, sizeof tick->label, "%02d:%02d", at.hour % 100,
                   at.minute % 100);
  else
    (void)snprintf(tick->label, sizeof tick->label, "%d %s", at.day % 100,
                   months[at.month >= 1 && at.month <= 12 ? at.month - 1 : 0]);
}

void axis_make(struct axis *axis, int64_t from, int64_t to, axis_local_time *local_time) {
  const struct step *step = step_for(to - from);
  int64_t local = 0;
  memset(axis, 0, sizeof *axis);
  axis->from = from;
  axis->to = to;
  if (!axis_local(local_time, from, &local))
    return;
  for (int n = 0; axis->count < AXIS_TICKS; n++) {
    struct axis_tick *tick = &axis->ticks[axis->count];
    int64_t round = round_time(step, local_time, from, local, n);
    if (round == INT64_MAX || !instant_of(local_time, round, from, local, &tick->at) ||
        tick->at > to)
      return;
    if (tick->at < from)
      continue;
    add_label(tick, step, round, local_time);
    axis->count++;
  }
}

double axis_percent(const struct axis *axis, int64_t at) {
  if (at <= axis->from)
    return 0;
  if (at >= axis->to)
    return 100;
  return 100.0 * (double)(at - axis->from) / (double)(axis->to - axis->from);
}
