/* bench_recorder: what the history adds to a tick of the service. Two loops of one
 * program, one with a history and one without, look at the same machine in turns; the
 * clocks are the program's own. Makes history.db in a folder of the working directory. */
#include "common/limits.h"
#include "service/capture/capture.h"
#include "service/platform.h"
#include "service/state.h"
#include "tests/bench/figures.h"
#include "tests/bench/machine.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TICK_MS 250
#define WARM_UP 20
#define SECONDS 150    /* of changing ticks, of each loop */
#define SECOND 4       /* ticks */
#define QUIET_TURNS 40 /* of each loop */
#define QUIET_TICKS 250
#define STORM 10000 /* changes */
#define STORM_PERCENT 8
#define LARGE_MACHINE 1000 /* listeners */
#define MOVED_PERCENT 5
#define LARGE 65536

static const char folder[] = "bench-recorder";
static int64_t now_ms = 1000000;

/* The linker leaves the service's own out. */
int64_t clock_wall(void) {
  return INT64_C(1772445600000) + now_ms;
}

int64_t clock_mono(void) {
  return now_ms;
}

int64_t clock_uptime(void) {
  return now_ms;
}

/* --- memory asked for, on any thread --- */

static atomic_ulong allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size) {
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  return __real_realloc(memory, size);
}

/* --- two services, turned by hand --- */

struct side {
  struct loop *loop;
  struct pg_snapshot *seen; /* what the next look sees; NULL: nothing new */
  double loop_us, all_us;   /* CPU of the last tick: of the loop's thread, of all */
};

enum { WITHOUT, WITH, SIDES };

static double cpu_us(clockid_t clock) {
  struct timespec used = {0};
  (void)clock_gettime(clock, &used);
  return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

static enum sample_outcome look(void *context, const struct sample_order *order,
                                struct pg_snapshot **out) {
  struct side *side = context;
  (void)order;
  *out = side->seen;
  side->seen = NULL;
  return *out != NULL ? SAMPLE_NEW : SAMPLE_SAME;
}

static void ignore(void *context, const struct pg_event *event) {
  (void)context, (void)event;
}

static bool side_open(struct side *side, bool remembers) {
  struct loop_options options = {.source = {.context = side, .sample = look},
                                 .sink = {.write = ignore},
                                 .settings = settings_default(),
                                 .development = true};
  struct pg_fault fault = {0};
  *side = (struct side){0};
  if ((remembers && files_open(folder, &options.history_files, &fault) != PG_OK) ||
      loop_open(&options, &side->loop, &fault) != PG_OK) {
    fprintf(stderr, "bench_recorder: %s\n", fault.message);
    return false;
  }
  return endpoints_open(side->loop) == PG_OK;
}

static void side_close(struct side *side) {
  if (side->loop == NULL)
    return;
  loop_stop(side->loop, "the measurement ends");
  uv_run(&side->loop->uv, UV_RUN_DEFAULT);
  (void)uv_loop_close(&side->loop->uv);
  loop_close(side->loop);
  side->loop = NULL;
}

/* What a tick of the service does, until what it set off has been dealt with. */
static void turn(struct side *side, bool waits_for_disk) {
  struct loop *loop = side->loop;
  watch_tick(loop);
  state_tick(loop);
  recorder_tick(loop);
  while (loop->samples.busy || (waits_for_disk && loop->recorder.busy))
    uv_run(&loop->uv, UV_RUN_ONCE);
  uv_run(&loop->uv, UV_RUN_NOWAIT);
}

static void tick(struct side *side) {
  double loop = cpu_us(CLOCK_THREAD_CPUTIME_ID), all = cpu_us(CLOCK_PROCESS_CPUTIME_ID);
  turn(side, true);
  side->loop_us = cpu_us(CLOCK_THREAD_CPUTIME_ID) - loop;
  side->all_us = cpu_us(CLOCK_PROCESS_CPUTIME_ID) - all;
}

/* The machine of |text| is what the next look sees. Reading it leaves thousands of small
 * pieces of memory, which glibc puts together when somebody next asks for a large one:
 * that is not to be within the tick. */
static bool show(struct side *side, const struct pg_text *text) {
  struct pg_fault fault = {0};
  if (!text->failed &&
      capture_read(pg_text_str(text), text->len, now_ms, &side->seen, &fault) == PG_OK) {
    void *volatile large = malloc(LARGE); /* not left out by the compiler */
    free(large);
    return true;
  }
  fprintf(stderr, "bench_recorder: no capture: %s\n", fault.message);
  return false;
}

static bool settle(struct side *side) {
  for (int i = 0; i < WARM_UP; i++) {
    now_ms += TICK_MS;
    turn(side, true);
  }
  return side->loop->announced && side->loop->recorder.lost == 0;
}

static void remove_folder(void) {
  static const char *const left[] = {"/history.db", "/history.db-wal", ""};
  for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
    char path[64];
    (void)snprintf(path, sizeof path, "%s%s", folder, left[i]);
    (void)remove(path);
  }
}

/* --- a changing tick --- */

struct machine_pair {
  struct pg_text texts[2];
};

static void pair_make(struct machine_pair *pair, size_t listeners, size_t more,
                      unsigned moved) {
  for (int i = 0; i < 2; i++)
    pg_text_init(&pair->texts[i], PG_CAPTURE_MAX);
  machine_capture(&pair->texts[0], listeners, 0);
  machine_capture(&pair->texts[1], listeners + more, moved);
}

static void pair_free(struct machine_pair *pair) {
  for (int i = 0; i < 2; i++)
    pg_text_free(&pair->texts[i]);
}

/* Means of the ticks of a second, in which all is written that came in it. */
struct costs {
  double loop[SIDES][SECONDS], all[SIDES][SECONDS];
};

static bool change_once(struct side *side, const struct pg_text *text) {
  if (!show(side, text))
    return false;
  tick(side);
  return true;
}

/* The one that begins is another one every time. */
static bool change_in_turns(struct side *sides, const struct machine_pair *pair,
                            struct costs *costs) {
  *costs = (struct costs){0};
  for (size_t i = 0; i < SECONDS * SECOND; i++) {
    now_ms += TICK_MS;
    for (size_t s = 0; s < SIDES; s++) {
      size_t which = (s + i / 2) % SIDES;
      if (!change_once(&sides[which], &pair->texts[(i + 1) % 2]))
        return false;
      costs->loop[which][i / SECOND] += sides[which].loop_us / SECOND;
      costs->all[which][i / SECOND] += sides[which].all_us / SECOND;
    }
  }
  return sides[WITH].loop->recorder.lost == 0 && sides[WITH].loop->recorder.written > 0;
}

static bool changing(struct side *sides, const char *name, size_t listeners, size_t more,
                     unsigned moved) {
  static struct costs costs;
  struct machine_pair pair;
  pair_make(&pair, listeners, more, moved);
  bool good = true;
  for (int s = 0; s < SIDES && good; s++)
    good = show(&sides[s], &pair.texts[0]) && settle(&sides[s]);
  int64_t shown = good ? watch_ring_newest(sides[WITH].loop->watching.ring) : 0;
  good = good && change_in_turns(sides, &pair, &costs);
  pair_free(&pair);
  if (!good)
    return false;
  shown = watch_ring_newest(sides[WITH].loop->watching.ring) - shown;
  double without = median(costs.loop[WITHOUT], SECONDS),
         with = median(costs.loop[WITH], SECONDS),
         all_without = median(costs.all[WITHOUT], SECONDS),
         all_with = median(costs.all[WITH], SECONDS);
  printf("  %s\n", name);
  figure("the tick with a history", (all_without + with - without) / all_without, "times",
         AT_MOST, 1.05);
  figure("the loop's part of it alone", with / without, "times", AT_MOST, 1.05);
  figure_detail("the loop %.0f us, without a history %.0f us; %.1f changes", with,
                without, (double)shown / (SECONDS * SECOND));
  figure_detail("all threads %.0f us, without a history %.0f us", all_with, all_without);
  return true;
}

/* --- a quiet tick --- */

struct quiet {
  double loop_ns[SIDES][QUIET_TURNS];
  unsigned long asked[SIDES]; /* for memory */
};

static void stay_quiet(struct side *side, double *ns, unsigned long *asked) {
  unsigned long before = atomic_load(&allocations);
  double begun = cpu_us(CLOCK_THREAD_CPUTIME_ID);
  for (size_t i = 0; i < QUIET_TICKS; i++)
    turn(side, true);
  *ns = (cpu_us(CLOCK_THREAD_CPUTIME_ID) - begun) * 1e3 / QUIET_TICKS;
  *asked += atomic_load(&allocations) - before;
}

/* Time stands still, so that nothing is due but the tick itself. */
static bool quiet(struct side *sides) {
  static struct quiet quiet;
  if (!settle(&sides[WITHOUT]) || !settle(&sides[WITH]))
    return false;
  uint64_t written = sides[WITH].loop->recorder.written;
  for (size_t i = 0; i < QUIET_TURNS; i++)
    for (size_t s = 0; s < SIDES; s++) {
      size_t which = (s + i) % SIDES;
      stay_quiet(&sides[which], &quiet.loop_ns[which][i], &quiet.asked[which]);
    }
  double with = median(quiet.loop_ns[WITH], QUIET_TURNS),
         without = median(quiet.loop_ns[WITHOUT], QUIET_TURNS);
  figure("a quiet tick of the loop", with / without, "times", AT_MOST, 1.05);
  figure_detail("%.2f us with a history, %.2f us without", with / 1e3, without / 1e3);
  figure("memory asked for on quiet ticks, more than without",
         (double)quiet.asked[WITH] - (double)quiet.asked[WITHOUT], "times", AT_MOST, 0);
  figure_detail("%lu times in %d ticks", quiet.asked[WITH], QUIET_TURNS * QUIET_TICKS);
  return sides[WITH].loop->recorder.written == written;
}

/* --- a storm --- */

/* What is in use: what is resident would not show that earlier measurements' memory is
 * used again. */
static double used_mib(void) {
  struct mallinfo2 info = mallinfo2();
  return (double)(info.uordblks + info.hblkhd) / PG_MIB;
}

struct storm {
  double seconds;   /* until the loop had dealt with it */
  double grown_mib; /* at most */
  int64_t changes;
};

/* As fast as the loop takes them: it does not wait for the disk. */
static bool blow(struct side *side, const struct machine_pair *pair,
                 struct storm *storm) {
  double before = used_mib();
  int64_t first = watch_ring_newest(side->loop->watching.ring);
  for (size_t i = 0; storm->changes < STORM; i++) {
    if (!show(side, &pair->texts[(i + 1) % 2]))
      return false;
    now_ms += TICK_MS;
    uint64_t begun = uv_hrtime();
    turn(side, false);
    storm->seconds += (double)(uv_hrtime() - begun) / 1e9;
    storm->changes = watch_ring_newest(side->loop->watching.ring) - first;
    double grown = used_mib() - before;
    storm->grown_mib = grown > storm->grown_mib ? grown : storm->grown_mib;
  }
  return true;
}

static bool storm(struct side *side) {
  const struct recorder *recorder = &side->loop->recorder;
  struct machine_pair pair;
  struct storm storm = {0};
  pair_make(&pair, LARGE_MACHINE, 0, STORM_PERCENT);
  bool good = show(side, &pair.texts[0]) && settle(side);
  uint64_t written = recorder->written;
  good = good && blow(side, &pair, &storm);
  uint64_t begun = uv_hrtime();
  good = good && settle(side) && recorder->first_row == 0 && recorder->writing == NULL;
  double later = (double)(uv_hrtime() - begun) / 1e9;
  pair_free(&pair);
  if (!good)
    return false;
  figure("a storm: changes taken in per second", (double)storm.changes / storm.seconds,
         "", AT_LEAST, 10.0 * STORM / 60);
  figure_detail("%lld changes, %llu rows, the last on disk %.2f s later",
                (long long)storm.changes,
                (unsigned long long)(recorder->written - written), later);
  figure("  rows of it that were lost", (double)recorder->lost, "", AT_MOST, 0);
  figure("  memory in use grew by", storm.grown_mib, "MiB", AT_MOST, 48);
  return true;
}

int main(int argc, char **argv) {
  struct side sides[SIDES] = {0};
  platform_start(&argc, &argv);
  bool good =
      side_open(&sides[WITHOUT], false) && side_open(&sides[WITH], true) &&
      changing(sides, "1,000 listeners, a port changes", 1000, 2, 0) &&
      changing(sides, "100 listeners, a port changes", 100, 2, 0) &&
      changing(sides, "1,000 listeners, 25 ports change", 1000, 0, MOVED_PERCENT) &&
      quiet(sides) && storm(&sides[WITH]);
  for (int s = 0; s < SIDES; s++)
    side_close(&sides[s]);
  remove_folder();
  if (!good)
    fprintf(stderr, "bench_recorder: not measured\n");
  return good ? 0 : 1;
}
