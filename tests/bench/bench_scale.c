/* bench_scale: explain and diff on machines of 100 to 100,000 listeners. Reading
 * the captures is not measured. */
#include "common/limits.h"
#include "service/capture/capture.h"
#include "service/explain/explain.h"
#include "service/snapshot/diff.h"
#include "tests/bench/figures.h"
#include "tests/bench/machine.h"

#include <stdio.h>
#include <uv.h>

#define MOVED_PERCENT 5
#define NOW_MONO 1000
#define ROUNDS_MAX 200

/* A capture text, and the snapshots that are made from it. */
struct pair {
  struct pg_text then, now;
  struct pg_snapshot *before;
};

static struct pg_snapshot *read_capture(const struct pg_text *text) {
  struct pg_snapshot *snapshot = NULL;
  struct pg_fault fault = {0};
  if (text->failed ||
      capture_read(pg_text_str(text), text->len, NOW_MONO, &snapshot, &fault) != PG_OK)
    fprintf(stderr, "bench_scale: no capture: %s\n", fault.message);
  return snapshot;
}

static bool pair_make(struct pair *pair, size_t listeners) {
  pg_text_init(&pair->then, PG_CAPTURE_MAX);
  pg_text_init(&pair->now, PG_CAPTURE_MAX);
  machine_capture(&pair->then, listeners, 0);
  machine_capture(&pair->now, listeners, MOVED_PERCENT);
  pair->before = read_capture(&pair->then);
  return pair->before != NULL && explain_attribute(pair->before, NULL, true) == PG_OK;
}

static void pair_free(struct pair *pair) {
  snapshot_unref(pair->before);
  pg_text_free(&pair->then);
  pg_text_free(&pair->now);
}

static void count_change(void *context, const struct pg_change *change) {
  size_t *changes = context;
  (void)change;
  (*changes)++;
}

/* Nanoseconds of one explain and diff, or 0. Attribution fills a snapshot once,
 * so every round has a fresh one. */
static double measure(const struct pair *pair, size_t *changes) {
  struct pg_snapshot *after = read_capture(&pair->now);
  if (after == NULL)
    return 0;
  *changes = 0;
  uint64_t begun = uv_hrtime();
  enum pg_error error = explain_attribute(after, pair->before, true);
  diff_snapshots(pair->before, after, count_change, changes);
  double spent = (double)(uv_hrtime() - begun);
  snapshot_unref(after);
  return error == PG_OK && *changes > 0 ? spent : 0;
}

/* Nanoseconds per listener, the median of |rounds|; 0 when something failed. */
static double per_listener(size_t listeners, size_t rounds) {
  double spent[ROUNDS_MAX];
  size_t changes = 0;
  struct pair pair;
  bool ok = pair_make(&pair, listeners);
  for (size_t i = 0; ok && i < rounds; i++) {
    spent[i] = measure(&pair, &changes);
    ok = spent[i] > 0;
  }
  double result = ok ? median(spent, rounds) / (double)listeners : 0;
  if (ok)
    figure_detail("%7zu listeners: %6.0f ns each, %zu changes", listeners, result,
                  changes);
  pair_free(&pair);
  return result;
}

int main(void) {
  static const struct {
    size_t listeners, rounds;
  } sizes[] = {{100, 200}, {1000, 100}, {10000, 30}, {100000, 9}};
  double cost[4];
  for (size_t i = 0; i < 4; i++) {
    cost[i] = per_listener(sizes[i].listeners, sizes[i].rounds);
    if (cost[i] <= 0)
      return 1;
  }
  figure("explain + diff, 100,000 against 10,000 listeners", 10 * cost[3] / cost[2],
         "times", AT_MOST, 12);
  figure("explain + diff per listener, of 100,000", cost[3] / 1000, "us", AT_MOST, 1);
  return 0;
}
