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
  recorder->timer.data = recorder->late.data = recorder->work.data = loop;
  if (recorder->files == NULL)
    return PG_OK;
  recorder->filling = history_batch_new();
  recorder->held = calloc(UINT16_MAX + 1u, sizeof(struct held *));
  if (recorder->filling == NULL || recorder->held == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  return PG_OK;
}

static void free_held(struct held **held) {
  for (size_t port = 0; held != NULL && port <= UINT16_MAX; port++)
    for (struct held *it = held[port], *next; it != NULL; it = next) {
      next = it->next;
      free(it);
    }
  free(held);
}

void recorder_release(struct recorder_ask *ask) {
  if (--ask->users > 0)
    return;
  pg_text_free(&ask->text);
  free(ask);
}

/* The first question has been answered, or never will be. */
static void end_ask(struct recorder *recorder) {
  struct recorder_ask *ask = recorder->asks;
  recorder->asks = ask->next;
  ask->done = true;
  recorder_release(ask);
}

void recorder_free(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  history_close(recorder->store);
  history_batch_free(recorder->filling);
  history_batch_free(recorder->writing);
  recorder_forget_open(recorder);
  while (recorder->asks != NULL)
    end_ask(recorder);
  recorder_last_forget_all(loop);
  free_held(recorder->held);
}

bool recorder_is_idle(const struct loop *loop) {
  return !loop->recorder.busy;
}

/* --- the worker --- */

static void add_open(void *context, uint16_t port, const char *holder, int64_t since) {
  struct recorder *recorder = context;
  size_t size = strlen(holder) + 1;
  struct recorder_open *open = malloc(sizeof *open + size);
  if (open == NULL)
    return; /* it stays open in the database, until the next start */
  open->port = port;
  open->since = since;
  memcpy(open->identity, holder, size);
  open->next = recorder->open;
  recorder->open = open;
}

static enum pg_error open_store(struct recorder *recorder) {
  history_close(recorder->store); /* one that was found damaged is set aside */
  recorder->store = NULL;
  enum pg_error error = history_open(recorder->files, recorder->now, &recorder->store,
                                     &recorder->notice, &recorder->fault);
  if (error == PG_OK)
    error = history_session(recorder->store, recorder->boot_ms, &recorder->same_boot,
                            &recorder->fault);
  if (error == PG_OK)
    error = history_open_tenancies(recorder->store, add_open, recorder, &recorder->fault);
  if (error == PG_OK)
    return PG_OK;
  history_close(recorder->store);
  recorder->store = NULL;
  return error;
}

static enum pg_error answer(struct recorder *recorder) {
  struct recorder_ask *ask = recorder->asks;
  struct pg_json json;
  pg_json_start(&json, &ask->text);
  pg_json_object(&json);
  ask->error = ask->look(ask, recorder->store, &json, &ask->fault);
  pg_json_end_object(&json);
  if (ask->error == PG_OK && ask->text.failed)
    ask->error =
        pg_fail(&ask->fault, PG_E_TOOBIG,
                "the answer is too long: ask for a shorter time or fewer entries");
  /* A question that cannot be answered says nothing of what can be written. */
  return PG_OK;
}

static enum pg_error prune(struct recorder *recorder) {
  bool same_boot = false;
  int64_t keep_ms = recorder->keep_days * INT64_C(86400000);
  enum pg_error error = history_prune(recorder->store, recorder->now, keep_ms,
                                      recorder->max_mib * (uint64_t)PG_MIB,
                                      &recorder->prune_on, &recorder->fault);
  /* The clock that says when this machine was booted is not that of the wall, and the
   * two drift apart: what is noted is kept near. */
  if (error == PG_OK)
    error =
        history_session(recorder->store, recorder->boot_ms, &same_boot, &recorder->fault);
  return error;
}

static void run(uv_work_t *work) {
  struct recorder *recorder = &((struct loop *)work->data)->recorder;
  memset(&recorder->fault, 0, sizeof recorder->fault);
  memset(&recorder->notice, 0, sizeof recorder->notice);
  switch (recorder->job) {
  case RECORDER_OPEN:
    recorder->error = open_store(recorder);
    break;
  case RECORDER_WRITE:
    recorder->error = history_write(recorder->store, recorder->writing, &recorder->fault);
    break;
  case RECORDER_ASK:
    recorder->error = answer(recorder);
    break;
  case RECORDER_PRUNE:
    recorder->error = prune(recorder);
    break;
  }
  recorder->bytes = recorder->store != NULL ? history_bytes(recorder->store) : 0;
}

/* --- what came of it --- */

static void note_failure(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  bool news = !recorder->failing;
  recorder->failing = true;
  recorder_last_forget_all(loop);
  backoff_fail(&recorder->backoff, clock_mono());
  if (news)
    report_history(loop, true, recorder->fault.message, 0);
}

static void note_success(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  if (recorder->failing)
    report_history(loop, false, NULL, clock_mono() - recorder->backoff.since);
  recorder->failing = false;
  backoff_clear(&recorder->backoff);
}

/* What was written is forgotten; what could not be is written again, before what has
 * come since. */
static void after_write(struct recorder *recorder) {
  size_t count = 0;
  if (recorder->error != PG_OK)
    return;
  (void)history_batch_rows(recorder->writing, &count);
  recorder->written += count;
  history_batch_free(recorder->writing);
  recorder->writing = NULL;
}

static void after(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  struct recorder *recorder = &loop->recorder;
  (void)status; /* never cancelled: it is waited for */
  switch (recorder->job) {
  case RECORDER_OPEN:
    if (recorder->error == PG_OK && recorder->notice.code != PG_OK)
      report_history(loop, true, recorder->notice.message, 0);
    recorder->reconciled = false;
    recorder_last_forget_all(loop);
    break;
  case RECORDER_WRITE:
    after_write(recorder);
    break;
  case RECORDER_ASK:
    end_ask(recorder);
    if (!loop->finished)
      endpoints_wake(loop);
    break;
  case RECORDER_PRUNE:
    recorder->prune_mono =
        clock_mono() + (recorder->prune_on ? PG_HISTORY_WRITE_MS : PG_HISTORY_PRUNE_MS);
    if (!recorder->prune_on)
      recorder_last_forget_all(loop);
    break;
  }
  recorder->damaged = recorder->error == PG_E_FORMAT;
  if (recorder->error != PG_OK)
    note_failure(loop);
  else if (recorder->job != RECORDER_ASK)
    note_success(loop);
  recorder->busy = false; /* not before: what was woken may ask the next question */
  recorder_tick(loop);
  loop->samples.idle(loop);
}

/* --- which job is next --- */

static bool batch_is_due(const struct recorder *recorder, int64_t now) {
  bool waited_for = recorder->asks != NULL || recorder->stopping;
  return recorder->writing != NULL ||
         (recorder->first_row != 0 &&
          (waited_for || now - recorder->first_row >= PG_HISTORY_WRITE_MS));
}

static bool next_job(struct loop *loop, enum recorder_job *job) {
  struct recorder *recorder = &loop->recorder;
  int64_t now = clock_mono();
  bool may_try = backoff_may_try(&recorder->backoff, now);
  *job = RECORDER_OPEN;
  if (recorder->store == NULL || recorder->damaged)
    return may_try && !recorder->stopping;
  *job = RECORDER_WRITE;
  if (batch_is_due(recorder, now) && (may_try || recorder->stopping))
    return true;
  *job = RECORDER_ASK;
  /* Before the first look nobody knows what has gone on since the last run. */
  if (recorder->asks != NULL && loop->announced)
    return true;
  *job = RECORDER_PRUNE;
  return may_try && !recorder->stopping && now >= recorder->prune_mono;
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
  recorder->now = clock_wall();
  recorder->boot_ms = recorder->now - clock_uptime();
  recorder->keep_days = loop->options.settings->keep_days;
  recorder->max_mib = loop->options.settings->max_mib;
  recorder->busy = uv_queue_work(&loop->uv, &recorder->work, run, after) == 0;
}

void recorder_tick(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  enum recorder_job job = RECORDER_OPEN;
  bool ends = loop->stopping && !recorder->stopping; /* the last events are yet to come */
  if (recorder->files == NULL || recorder->busy || ends)
    return;
  if (recorder->store != NULL && !recorder->damaged && !recorder->reconciled)
    recorder_reconcile(loop);
  if (next_job(loop, &job))
    start(loop, job);
  else if (recorder->first_row != 0 && !recorder->stopping)
    uv_timer_start(&recorder->timer, recorder_on_timer, PG_HISTORY_WRITE_MS, 0);
}

void recorder_stop(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  recorder->stopping = true;
  uv_close((uv_handle_t *)&recorder->timer, NULL);
  uv_close((uv_handle_t *)&recorder->late, NULL);
  recorder_tick(loop);
}

/* --- questions --- */

static enum pg_error is_there(const struct recorder *recorder, struct pg_fault *fault) {
  if (recorder->files != NULL && (recorder->store != NULL || !recorder->failing))
    return PG_OK;
  const char *words =
      recorder->files == NULL ? recorder->no_files.message : recorder->fault.message;
  pg_fail(fault, PG_E_WINDOWS, "there is no history: %.400s",
          words[0] != '\0' ? words : "the service has no folder for it");
  pg_fault_hint(fault, "portguardctl health");
  return PG_E_WINDOWS;
}

enum pg_error recorder_ask(struct loop *loop, struct recorder_ask *ask,
                           struct pg_fault *fault) {
  struct recorder_ask **at = &loop->recorder.asks;
  enum pg_error error = is_there(&loop->recorder, fault);
  pg_text_init(&ask->text, PG_ANSWER_MAX);
  ask->users = 1;
  if (error != PG_OK) {
    recorder_release(ask);
    return error;
  }
  ask->users++;
  while (*at != NULL)
    at = &(*at)->next;
  *at = ask;
  recorder_tick(loop);
  return PG_OK;
}

void recorder_ask_write(const struct recorder_ask *ask, struct pg_json *json) {
  pg_json_raw(json, ask->text.data + 1, ask->text.len - 2);
}

void recorder_write(const struct loop *loop, struct pg_json *json) {
  const struct recorder *recorder = &loop->recorder;
  const char *error = recorder->failing         ? recorder->fault.message
                      : recorder->files == NULL ? recorder->no_files.message
                                                : NULL;
  pg_json_key(json, "history");
  pg_json_object(json);
  pg_json_key_str(json, "state",
                  recorder->files == NULL ? "off"
                  : recorder->failing     ? "failing"
                                          : "recording");
  pg_json_key_str(json, "error", error != NULL && error[0] != '\0' ? error : NULL);
  pg_json_key_int(json, "bytes", (int64_t)recorder->bytes);
  pg_json_key_int(json, "written", (int64_t)recorder->written);
  pg_json_key_int(json, "lost", (int64_t)recorder->lost);
  pg_json_end_object(json);
}
