/* The history's lane: opening, writing, asking, tidying up, one job at a time. */
#include "service/recorder.h"

#include "common/limits.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

/* --- life --- */

void recorder_on_timer(uv_timer_t *timer) {
  recorder_tick(timer->data);
}

enum pg_error recorder_open(struct loop *loop, struct pg_fault *fault) {
  struct recorder *recorder = &loop->recorder;
  recorder->files = loop->options.history_files;
  recorder->no_files = loop->options.no_history;
  uv_timer_init(&loop->uv, &recorder->timer);
  uv_timer_init(&loop->uv, &recorder->late);
  uv_timer_init(&loop->uv, &recorder->patience);
  recorder->timer.data = recorder->late.data = loop;
  recorder->patience.data = recorder->work.data = loop;
  if (recorder->files == NULL)
    return PG_OK;
  recorder->filling = history_batch_new();
  recorder->held = calloc(UINT16_MAX + 1u, sizeof(struct held *));
  if (recorder->filling == NULL || recorder->held == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  return PG_OK;
}

void recorder_free(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  history_close(recorder->store);
  history_batch_free(recorder->filling);
  history_batch_free(recorder->writing);
  recorder_forget_open(recorder);
  while (recorder->asks != NULL)
    recorder_end_ask(recorder);
  recorder_last_forget_all(loop);
  recorder_free_held(recorder);
}

bool recorder_is_idle(const struct loop *loop) {
  return !loop->recorder.busy || loop->recorder.left;
}

/* --- the worker --- */

struct opening {
  struct recorder *recorder;
  bool short_of_memory;
};

static void add_open(void *context, uint16_t port, const char *holder, int64_t since) {
  struct opening *opening = context;
  size_t size = strlen(holder) + 1;
  struct recorder_open *open = malloc(sizeof *open + size);
  if (open == NULL) {
    opening->short_of_memory = true;
    return;
  }
  open->port = port;
  open->since = since;
  memcpy(open->identity, holder, size);
  open->next = opening->recorder->open;
  opening->recorder->open = open;
}

static enum pg_error list_open(struct recorder *recorder) {
  struct opening opening = {recorder, false};
  recorder_forget_open(recorder); /* of a database that was closed since */
  enum pg_error error =
      history_open_tenancies(recorder->store, add_open, &opening, &recorder->fault);
  return error == PG_OK && opening.short_of_memory
             ? pg_fail(&recorder->fault, PG_E_NOMEM, "out of memory")
             : error;
}

static enum pg_error open_store(struct recorder *recorder) {
  history_close(recorder->store); /* one that was found damaged is set aside */
  recorder->store = NULL;
  enum pg_error error = history_open(recorder->files, recorder->now, &recorder->store,
                                     &recorder->notice, &recorder->fault);
  if (error == PG_OK)
    error = history_same_boot(recorder->store, recorder->boot_ms, &recorder->same_boot,
                              &recorder->fault);
  if (error == PG_OK)
    error = list_open(recorder);
  if (error == PG_OK)
    return PG_OK;
  history_close(recorder->store);
  recorder->store = NULL;
  return error;
}

static enum pg_error prune(struct recorder *recorder) {
  int64_t keep_ms = recorder->keep_days * INT64_C(86400000);
  return history_prune(recorder->store, recorder->now, keep_ms,
                       recorder->max_mib * (uint64_t)PG_MIB, &recorder->prune_on,
                       &recorder->fault);
}

static enum pg_error carry_out(struct recorder *recorder) {
  switch (recorder->job) {
  case RECORDER_OPEN:
    return open_store(recorder);
  case RECORDER_WRITE:
    return history_write(recorder->store, recorder->writing, &recorder->fault);
  case RECORDER_ASK:
    return recorder_answer_ask(recorder);
  case RECORDER_PRUNE:
    return prune(recorder);
  case RECORDER_COMPARE:
    return list_open(recorder);
  case RECORDER_NOTE:
    return history_note_boot(recorder->store, recorder->boot_ms, &recorder->fault);
  }
  return PG_E_INTERNAL;
}

/* Nothing of the store is called outside of this but history_close, at the very end. */
static void run(uv_work_t *work) {
  struct recorder *recorder = &((struct loop *)work->data)->recorder;
  memset(&recorder->fault, 0, sizeof recorder->fault);
  memset(&recorder->notice, 0, sizeof recorder->notice);
  recorder->error = carry_out(recorder);
  recorder->measured = recorder->store != NULL ? history_bytes(recorder->store) : 0;
}

/* --- what came of it --- */

static void note_failure(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  bool news = !recorder->failing;
  recorder->failing = true;
  recorder->trouble = recorder->fault;
  recorder->over = recorder->stopping;
  recorder_last_forget_all(loop);
  backoff_fail(&recorder->backoff, clock_mono());
  if (news)
    report_history(loop, true, recorder->trouble.message, 0);
}

static void note_success(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  if (recorder->failing)
    report_history(loop, false, NULL, clock_mono() - recorder->backoff.since);
  recorder->failing = false;
  backoff_clear(&recorder->backoff);
}

static bool is_too_large(const struct loop *loop, uint64_t excess) {
  return loop->recorder.bytes >
         loop->options.settings->max_mib * (uint64_t)PG_MIB + excess;
}

/* Of a database that was opened anew because it was damaged nobody knows what it has. */
static void after_open(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  recorder->there = recorder->error == PG_OK;
  if (!recorder->there)
    return;
  recorder->noted = false;
  recorder->unsure = recorder->unsure || recorder->reconciled;
  if (recorder->notice.code == PG_OK)
    return;
  recorder->set_aside = recorder->notice;
  report_history(loop, true, recorder->set_aside.message, 0);
}

/* What was written is forgotten; what could not be is written again, before what has
 * come since. */
static void after_write(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  size_t count = 0;
  if (recorder->error != PG_OK)
    return;
  (void)history_batch_rows(recorder->writing, &count);
  recorder->written += count;
  history_batch_free(recorder->writing);
  recorder->writing = NULL;
  if (is_too_large(loop, 0)) /* it is not waited for until the next look at it */
    recorder->prune_mono = 0;
}

/* Too much is forgotten as fast as it can be, what is merely old now and then. */
static void after_prune(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  int64_t pause = !recorder->prune_on     ? PG_HISTORY_PRUNE_MS
                  : is_too_large(loop, 0) ? 0
                                          : PG_HISTORY_WRITE_MS;
  recorder->prune_mono = clock_mono() + pause;
  /* Two of the clocks that the time of this boot is reckoned from drift apart. */
  recorder->noted = recorder->noted && recorder->prune_on;
}

/* It is compared with what is held now, so nothing may wait to be written. */
static void after_compare(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  if (recorder->error == PG_OK && recorder->first_row == 0)
    recorder_compare(loop);
}

static void take_in(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  switch (recorder->job) {
  case RECORDER_OPEN:
    after_open(loop);
    recorder_last_forget_all(loop);
    break;
  case RECORDER_WRITE:
    after_write(loop);
    break;
  case RECORDER_ASK:
    recorder_end_ask(recorder);
    if (!loop->finished)
      endpoints_wake(loop);
    break;
  case RECORDER_PRUNE:
    after_prune(loop);
    if (!recorder->prune_on)
      recorder_last_forget_all(loop);
    break;
  case RECORDER_COMPARE:
    after_compare(loop);
    break;
  case RECORDER_NOTE:
    recorder->noted = recorder->error == PG_OK;
    break;
  }
}

/* The last handle of all. */
static void end_when_idle(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  if (recorder->stopping && !recorder->busy)
    uv_close((uv_handle_t *)&recorder->patience, NULL);
}

static void after(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  struct recorder *recorder = &loop->recorder;
  (void)status; /* never cancelled: it is waited for */
  recorder->bytes = recorder->measured;
  take_in(loop);
  recorder->damaged = recorder->error == PG_E_FORMAT;
  if (recorder->error != PG_OK)
    note_failure(loop);
  else if (recorder->job != RECORDER_ASK)
    note_success(loop);
  recorder->busy = false; /* not before: what was woken may ask the next question */
  recorder_tick(loop);
  end_when_idle(loop);
  loop->samples.idle(loop);
}

/* --- which job is next --- */

static bool batch_is_due(const struct recorder *recorder, int64_t now) {
  bool waited_for = recorder->asks != NULL || recorder->stopping;
  return recorder->writing != NULL ||
         (recorder->first_row != 0 &&
          (waited_for || now - recorder->first_row >= PG_HISTORY_WRITE_MS));
}

/* Somebody may bring about more than can be forgotten: rather than fill the disk, it is
 * lost, and counted. */
static bool must_shrink(const struct loop *loop) {
  const struct recorder *recorder = &loop->recorder;
  return !recorder->stopping && recorder->prune_on &&
         is_too_large(loop, PG_HISTORY_EXCESS);
}

/* How far apart the clocks are tells that one of them was set. */
static int64_t clocks_apart(void) {
  return clock_wall() - clock_mono();
}

/* The boot is noted when nothing that an earlier one left is open any more. */
static bool note_is_due(const struct recorder *recorder) {
  int64_t moved = clocks_apart() - recorder->drift;
  return recorder->reconciled && !recorder->unsure && recorder->writing == NULL &&
         (!recorder->noted || moved > PG_BOOT_TOLERANCE_MS / 5 ||
          moved < -PG_BOOT_TOLERANCE_MS / 5);
}

static bool compare_is_due(const struct recorder *recorder) {
  return recorder->unsure && recorder->reconciled && recorder->writing == NULL &&
         recorder->first_row == 0;
}

static bool next_job(struct loop *loop, enum recorder_job *job) {
  struct recorder *recorder = &loop->recorder;
  int64_t now = clock_mono();
  bool may_try = backoff_may_try(&recorder->backoff, now);
  bool prune = may_try && !recorder->stopping && now >= recorder->prune_mono;
  if (recorder->over)
    return false;
  *job = RECORDER_OPEN;
  if (!recorder->there || recorder->damaged)
    return may_try && !recorder->stopping;
  *job = RECORDER_WRITE;
  if (batch_is_due(recorder, now) && !must_shrink(loop) &&
      (may_try || recorder->stopping))
    return true;
  *job = RECORDER_ASK; /* in turns with forgetting, so that neither waits for ever */
  /* Before the first look nobody knows what has gone on since the last run. */
  if (recorder->asks != NULL && loop->announced &&
      !(prune && recorder->job == RECORDER_ASK))
    return true;
  *job = RECORDER_PRUNE;
  if (prune)
    return true;
  *job = RECORDER_COMPARE;
  if (may_try && !recorder->stopping && compare_is_due(recorder))
    return true;
  *job = RECORDER_NOTE;
  return (may_try || recorder->stopping) && note_is_due(recorder);
}

/* Another batch begins to be filled. False: no memory; it is tried again. */
static bool take_batch(struct recorder *recorder) {
  if (recorder->writing != NULL)
    return true; /* what could not be written before */
  struct history_batch *fresh = history_batch_new();
  if (fresh == NULL)
    return false;
  recorder->writing = recorder->filling;
  recorder->filling = fresh;
  recorder->first_row = 0;
  return true;
}

static void start(struct loop *loop, enum recorder_job job) {
  struct recorder *recorder = &loop->recorder;
  if (job == RECORDER_WRITE && !take_batch(recorder))
    return;
  recorder->job = job;
  recorder->begun = clock_mono();
  recorder->now = clock_wall();
  recorder->boot_ms = recorder->now - clock_uptime();
  if (job == RECORDER_NOTE)
    recorder->drift = clocks_apart();
  recorder->keep_days = loop->options.settings->keep_days;
  recorder->max_mib = loop->options.settings->max_mib;
  recorder->busy = uv_queue_work(&loop->uv, &recorder->work, run, after) == 0;
}

/* The loop's own clock lags behind: a timer may have gone off a little too early. */
static uint64_t until_due(const struct recorder *recorder) {
  int64_t waited = clock_mono() - recorder->first_row;
  bool early = recorder->first_row != 0 && waited >= 0 && waited < PG_HISTORY_WRITE_MS;
  return (uint64_t)(early ? PG_HISTORY_WRITE_MS - waited : PG_HISTORY_WRITE_MS);
}

void recorder_tick(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  enum recorder_job job = RECORDER_OPEN;
  bool ends = loop->stopping && !recorder->stopping; /* the last events are yet to come */
  if (recorder->files == NULL || recorder->busy || ends)
    return;
  if (recorder->there && !recorder->damaged && !recorder->reconciled)
    recorder_reconcile(loop);
  if (next_job(loop, &job))
    start(loop, job);
  else if ((recorder->first_row != 0 || recorder->prune_on) && !recorder->stopping)
    uv_timer_start(&recorder->timer, recorder_on_timer, until_due(recorder), 0);
}

/* A worker cannot be called back from a disk that does not answer. Everything else is
 * shut down properly; then the process ends without it. */
static void on_impatient(uv_timer_t *timer) {
  struct loop *loop = timer->data;
  struct recorder *recorder = &loop->recorder;
  if (!recorder->busy)
    return;
  recorder->left = true;
  report_history(loop, true, "the disk does not answer: the service stops without it", 0);
  if (recorder->stopping)
    uv_stop(&loop->uv);
  else
    loop->samples.idle(loop);
}

void recorder_expect_stop(struct loop *loop) {
  uv_timer_start(&loop->recorder.patience, on_impatient, PG_HISTORY_STOP_MS, 0);
}

void recorder_stop(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  recorder->stopping = true;
  uv_close((uv_handle_t *)&recorder->timer, NULL);
  uv_close((uv_handle_t *)&recorder->late, NULL);
  if (recorder->left) {
    uv_stop(&loop->uv);
    return;
  }
  while (recorder->asks != NULL) /* nobody waits for them any more */
    recorder_end_ask(recorder);
  recorder_expect_stop(loop); /* the last rows have a time of their own */
  recorder_tick(loop);
  end_when_idle(loop);
}

/* --- what health says --- */

enum recorder_state recorder_state(const struct loop *loop, const char **error) {
  const struct recorder *recorder = &loop->recorder;
  bool stalled = recorder->busy && clock_mono() - recorder->begun >= PG_HISTORY_STOP_MS;
  *error = stalled                   ? "the disk does not answer"
           : recorder->failing       ? recorder->trouble.message
           : recorder->files == NULL ? recorder->no_files.message
                                     : NULL;
  if (*error != NULL && (*error)[0] == '\0')
    *error = NULL;
  if (recorder->files == NULL)
    return RECORDER_IS_OFF;
  return recorder->failing || stalled ? RECORDER_IS_FAILING : RECORDER_IS_RECORDING;
}

void recorder_write(const struct loop *loop, struct pg_json *json) {
  static const char *const states[] = {
#define X(name, text) text,
      RECORDER_STATE_LIST(X)
#undef X
  };
  const struct recorder *recorder = &loop->recorder;
  const char *error = NULL;
  pg_json_key(json, "history");
  pg_json_object(json);
  pg_json_key_str(json, "state", states[recorder_state(loop, &error)]);
  pg_json_key_str(json, "error", error);
  pg_json_key_str(json, "set_aside",
                  recorder->set_aside.code != PG_OK ? recorder->set_aside.message : NULL);
  pg_json_key_int(json, "bytes", (int64_t)recorder->bytes);
  pg_json_key_int(json, "written", (int64_t)recorder->written);
  pg_json_key_int(json, "lost", (int64_t)recorder->lost);
  pg_json_end_object(json);
}
