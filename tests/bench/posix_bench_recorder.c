/* bench_recorder: what remembering adds to a tick, side by side with the same service
 * without a history: all that the loop's thread does for it, handing it to the worker
 * and hearing of it again included. Then ten thousand changes at once. */
#include "common/limits.h"
#include "service/capture/capture.h"
#include "service/explain/explain.h"
#include "service/state.h"
#include "tests/bench/figures.h"
#include "tests/bench/machine.h"

#include <stdio.h>
#include <time.h>

#define LISTENERS 1000
#define ROUNDS 60
#define TICKS 10 /* of a round */
#define QUIET 200000
#define STORM_LISTENERS 20000 /* on 10,000 ports */
#define NOW_MONO 1000

static const char folder[] = "bench-recorder";

static double cpu_us(clockid_t clock) {
  struct timespec now;
  return clock_gettime(clock, &now) == 0
             ? (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3
             : 0;
}

static void ignore(void *context, const struct pg_event *event) {
  (void)context, (void)event;
}

static struct loop *open_loop(bool remembers) {
  struct loop_options options = {.sink = {.write = ignore}, .development = true};
  struct pg_fault fault = {0};
  struct loop *loop = NULL;
  options.settings = settings_default();
  if (remembers && files_open(folder, &options.history_files, &fault) != PG_OK) {
    fprintf(stderr, "bench_recorder: %s\n", fault.message);
    settings_free(options.settings);
    return NULL;
  }
  if (loop_open(&options, &loop, &fault) != PG_OK || endpoints_open(loop) != PG_OK)
    fprintf(stderr, "bench_recorder: %s\n", fault.message);
  if (loop != NULL)
    state_open(loop);
  return loop;
}

static void close_loop(struct loop *loop) {
  if (loop == NULL)
    return;
  loop_stop(loop, "the bench ends");
  uv_run(&loop->uv, UV_RUN_DEFAULT);
  uv_loop_close(&loop->uv);
  loop_close(loop);
}

/* What has come is written now, as it would be a quarter of a second later. */
static void let_write(struct loop *loop) {
  if (loop->recorder.first_row != 0)
    loop->recorder.first_row = 1;
  recorder_tick(loop);
  uv_run(&loop->uv, UV_RUN_NOWAIT);
  while (loop->recorder.busy)
    uv_run(&loop->uv, UV_RUN_ONCE);
}

/* CPU time in microseconds: this thread's, with and without reading the machine; and
 * the worker's. */
struct spent {
  double whole, own, worker;
};

/* A tick whose table is |text|'s. What it took is added to |spent|. */
static bool tick(struct loop *loop, const struct pg_text *text, struct spent *spent) {
  struct pg_snapshot *made = NULL;
  struct pg_fault fault = {0};
  double begun = cpu_us(CLOCK_THREAD_CPUTIME_ID);
  if (capture_read(pg_text_str(text), text->len, NOW_MONO, &made, &fault) != PG_OK) {
    fprintf(stderr, "bench_recorder: %s\n", fault.message);
    return false;
  }
  double read = cpu_us(CLOCK_THREAD_CPUTIME_ID), all = cpu_us(CLOCK_PROCESS_CPUTIME_ID);
  if (explain_attribute(made, loop->base, false) != PG_OK)
    return false;
  watch_publish(loop, made);
  let_write(loop);
  double ended = cpu_us(CLOCK_THREAD_CPUTIME_ID);
  spent->whole += ended - begun;
  spent->own += ended - read;
  spent->worker += cpu_us(CLOCK_PROCESS_CPUTIME_ID) - all - (ended - read);
  return true;
}

/* Both in turns; 0: without a history, 1: with one. */
static bool measure_changing(struct loop *loops[2], const struct pg_text texts[2],
                             const char *name) {
  double whole[ROUNDS], own[ROUNDS], added[ROUNDS], worker[ROUNDS];
  for (size_t round = 0; round < ROUNDS; round++) {
    struct spent spent[2] = {{0, 0, 0}, {0, 0, 0}};
    for (size_t i = 0; i < 2 * TICKS; i++) {
      size_t which = (i + round) % 2;
      if (!tick(loops[which], &texts[(i / 2 + 1) % 2], &spent[which]))
        return false;
    }
    whole[round] = spent[1].whole / spent[0].whole;
    own[round] = spent[1].own / spent[0].own;
    added[round] = (spent[1].own - spent[0].own) / TICKS;
    worker[round] = (spent[1].worker - spent[0].worker) / TICKS;
  }
  figure(name, median(whole, ROUNDS), "times", AT_MOST, 1.05);
  figure("  the same without reading the machine", median(own, ROUNDS), "times", AT_MOST,
         1.05);
  figure_detail("%.0f us are added; the worker takes %.0f us", median(added, ROUNDS),
                median(worker, ROUNDS));
  return loops[1]->recorder.lost == 0 && loops[1]->recorder.written > 0;
}

static double quiet_ns(struct loop *loop) {
  double begun = cpu_us(CLOCK_THREAD_CPUTIME_ID);
  for (size_t i = 0; i < QUIET; i++)
    recorder_tick(loop);
  return (cpu_us(CLOCK_THREAD_CPUTIME_ID) - begun) * 1e3 / QUIET;
}

/* Two machines, and two services that have looked at the first. */
struct pair {
  struct loop *loops[2];
  struct pg_text texts[2];
};

static bool open_pair(struct pair *pair, size_t listeners, unsigned moved) {
  struct spent spent = {0, 0, 0};
  for (size_t i = 0; i < 2; i++) {
    pair->loops[i] = open_loop(i == 1);
    pg_text_init(&pair->texts[i], PG_CAPTURE_MAX);
    machine_capture(&pair->texts[i], listeners, i == 1 ? moved : 0);
  }
  for (size_t i = 0; i < 2; i++)
    if (pair->loops[i] == NULL || pair->texts[i].failed ||
        !tick(pair->loops[i], &pair->texts[0], &spent))
      return false;
  let_write(pair->loops[1]);
  return true;
}

static void close_pair(struct pair *pair) {
  for (size_t i = 0; i < 2; i++) {
    close_loop(pair->loops[i]);
    pg_text_free(&pair->texts[i]);
  }
}

static bool changing(unsigned moved, const char *name) {
  struct pair pair;
  bool good = open_pair(&pair, LISTENERS, moved) &&
              measure_changing(pair.loops, pair.texts, name);
  if (good && moved > 1)
    figure("a quiet tick, what the history adds", quiet_ns(pair.loops[1]), "ns", AT_MOST,
           200);
  close_pair(&pair);
  return good;
}

static double resident_mib(void) {
  size_t bytes = 0;
  return uv_resident_set_memory(&bytes) == 0 ? (double)bytes / PG_MIB : 0;
}

static bool storm(void) {
  struct pair pair;
  struct spent spent = {0, 0, 0};
  bool good = open_pair(&pair, STORM_LISTENERS, 100);
  uint64_t before = good ? pair.loops[1]->recorder.written : 0;
  double resident = resident_mib();
  uint64_t begun = uv_hrtime();
  good = good && tick(pair.loops[1], &pair.texts[1], &spent);
  double ms = (double)(uv_hrtime() - begun) / 1e6;
  if (good) {
    figure("ten thousand changes in one look, until they are on the disk", ms, "ms",
           AT_MOST, 2000);
    figure_detail(
        "%.0f ms of it on the loop, %llu rows, %llu lost, %.0f MiB grown",
        spent.whole / 1e3, (unsigned long long)(pair.loops[1]->recorder.written - before),
        (unsigned long long)pair.loops[1]->recorder.lost, resident_mib() - resident);
    good = pair.loops[1]->recorder.lost == 0;
  }
  close_pair(&pair);
  return good;
}

static void remove_files(void) {
  static const char *const names[] = {"history.db", "history.db-wal"};
  uv_fs_t request;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[100];
    (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    (void)uv_fs_unlink(NULL, &request, path, NULL);
    uv_fs_req_cleanup(&request);
  }
  (void)uv_fs_rmdir(NULL, &request, folder, NULL);
  uv_fs_req_cleanup(&request);
}

int main(void) {
  bool good = changing(1, "a tick on which 1 port of 100 changes, with history");
  remove_files();
  good = good && changing(20, "a tick on which 20 of 100 change, with history");
  remove_files();
  good = good && storm();
  remove_files();
  return good ? 0 : 1;
}
