#include "service/durations.h"

#include "common/sort.h"

#include <stddef.h>
#include <string.h>

void durations_add(struct durations *durations, int64_t us) {
  uint32_t kept = us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
  durations->us[durations->count++ % DURATIONS_WINDOW] = kept;
  durations->sum_us += kept;
}

static int compare(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static uint32_t of_hundred(const uint32_t *sorted, uint32_t count, uint32_t percent) {
  uint32_t rank = (count * percent + 99) / 100;
  return sorted[rank - 1];
}

bool durations_sum_up(const struct durations *durations, struct durations_summary *out) {
  uint32_t sorted[DURATIONS_WINDOW];
  uint32_t count =
      durations->count < DURATIONS_WINDOW ? (uint32_t)durations->count : DURATIONS_WINDOW;
  memset(out, 0, sizeof *out);
  if (count == 0)
    return true;
  memcpy(sorted, durations->us, count * sizeof *sorted);
  if (!pg_sort(sorted, count, sizeof *sorted, compare))
    return false;
  out->window = count;
  out->p50_us = of_hundred(sorted, count, 50);
  out->p99_us = of_hundred(sorted, count, 99);
  out->max_us = sorted[count - 1];
  return true;
}
