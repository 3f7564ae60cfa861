#include "service/reporting.h"

#include "common/limits.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "service/caller.h"
#include "service/reporting_write.h"
#include "service/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARG_PORTS, ARG_SINCE };

const struct control_param reporting_params[REPORTING_PARAMS] = {
    [ARG_PORTS] = {"ports", 0, PG_REPORT_PORTS, false, CONTROL_PORTS, NULL},
    [ARG_SINCE] = {"since", 1, PG_TIME_CHARS, false, CONTROL_TEXT, NULL},
};

enum report_state {
  REPORT_LOOKS,   /* no look is new enough */
  REPORT_ASKS,    /* the history has been asked */
  REPORT_QUEUED,  /* or being written */
  REPORT_WRITTEN, /* or it failed */
  REPORT_ANSWERED,
};

struct report_job {
  struct report_job *next;
  char user[PG_USER_CHARS];
  enum report_state state;
  bool gone; /* nobody waits for it, and the worker still has it */
  bool named;
  struct report_choice choice;
  struct report_question *question; /* NULL: there is no history */
  int64_t asks_until;               /* monotonic: then without the history */
  struct report_sources sources;
  struct pg_snapshot *snapshot;
  struct pg_fault fault; /* what is wrong with the history */
  struct pg_text text;
};

/* --- life --- */

static void on_timer(uv_timer_t *timer) {
  struct loop *loop = timer->data;
  bool any = false;
  for (struct report_job *job = loop->reporting.jobs; job != NULL; job = job->next)
    any = any || job->state == REPORT_ASKS;
  if (!any)
    uv_timer_stop(timer);
  endpoints_wake(loop);
}

void reporting_start(struct loop *loop) {
  uv_timer_init(&loop->uv, &loop->reporting.timer);
  loop->reporting.timer.data = loop->reporting.work.data = loop;
}

void reporting_close(struct loop *loop) {
  uv_close((uv_handle_t *)&loop->reporting.timer, NULL);
}

bool reporting_is_idle(const struct loop *loop) {
  return loop->reporting.writing == NULL;
}

/* What is large of it. */
static void give_back(struct report_job *job) {
  if (job->question != NULL)
    recorder_release(&job->question->base);
  job->question = NULL;
  snapshot_unref(job->snapshot);
  job->snapshot = NULL;
  pg_text_free(&job->text);
}

static void free_job(struct loop *loop, struct report_job *job) {
  struct report_job **at = &loop->reporting.jobs;
  while (*at != job)
    at = &(*at)->next;
  *at = job->next;
  give_back(job);
  free(job);
}

/* --- the lane --- */

static void run(uv_work_t *work) {
  struct report_job *job = ((struct loop *)work->data)->reporting.writing;
  report_write(&job->sources, &job->text);
}

static void write_next(struct loop *loop);

static void after(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  struct report_job *job = loop->reporting.writing;
  (void)status; /* never cancelled: it is waited for */
  loop->reporting.writing = NULL;
  if (job->state == REPORT_QUEUED)
    job->state = REPORT_WRITTEN;
  else
    give_back(job); /* it was late */
  if (job->gone)
    free_job(loop, job);
  write_next(loop);
  if (!loop->finished)
    endpoints_wake(loop);
  loop->samples.idle(loop);
}

static void write_next(struct loop *loop) {
  struct reporting *reporting = &loop->reporting;
  struct report_job *job = reporting->jobs;
  while (job != NULL && job->state != REPORT_QUEUED)
    job = job->next;
  if (job == NULL || reporting->writing != NULL || loop->stopping)
    return;
  reporting->writing = job;
  if (uv_queue_work(&loop->uv, &reporting->work, run, after) != 0)
    reporting->writing = NULL; /* it is tried again with the next */
}

/* --- one report --- */

/* The most that one user, and all of them, may have made at the same time: each holds a
 * look at the machine and the text that becomes of it. */
static bool has_room(const struct reporting *reporting, const char *user) {
  size_t all = 0, own = 0;
  for (const struct report_job *job = reporting->jobs; job != NULL; job = job->next) {
    bool making = job->state != REPORT_ANSWERED || job == reporting->writing;
    all += making;
    own += making && strcmp(job->user, user) == 0;
  }
  return all < PG_REPORT_MAKING && own < PG_REPORT_PER_USER;
}

static enum pg_error read_since(const struct control_ask *ask, int64_t now, int64_t *out,
                                struct pg_fault *fault) {
  *out = now - PG_REPORT_DAYS * INT64_C(86400000);
  enum pg_error error = recorder_read_time(ask, ARG_SINCE, "since", out, fault);
  if (error != PG_OK || *out < now)
    return error;
  pg_fail(fault, PG_E_PARAMS, "\"since\" must lie in the past, as 7d");
  pg_fault_hint(fault, "portguardctl report --since 7d -o report.html");
  pg_fault_param(fault, "since");
  return PG_E_PARAMS;
}

static void name_ports(struct report_job *job, const struct control_ask *ask,
                       const struct pg_settings *settings) {
  const cJSON *entry;
  cJSON_ArrayForEach(entry, ask->args[ARG_PORTS].list) {
    uint16_t port = (uint16_t)entry->valuedouble;
    report_choice_name(&job->choice, port, settings_guards(settings, port));
  }
  job->named = job->choice.count > 0;
}

static enum pg_error begin(void *context, struct control_ask *ask,
                           const struct control_caller *caller, struct pg_fault *fault) {
  struct loop *loop = context;
  struct reporting *reporting = &loop->reporting;
  int64_t now = clock_wall(), since = 0;
  enum pg_error error = read_since(ask, now, &since, fault);
  if (error != PG_OK)
    return error;
  if (!has_room(reporting, caller->user))
    return pg_fail(fault, PG_E_BUSY,
                   "other reports are being made: ask again when they "
                   "are there");
  struct report_job *job = calloc(1, sizeof *job);
  if (job == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  (void)pg_copy(job->user, sizeof job->user, caller->user);
  pg_text_init(&job->text, PG_REPORT_MAX);
  job->sources.since = since;
  name_ports(job, ask, loop->options.settings);
  struct report_job **at = &reporting->jobs;
  while (*at != NULL)
    at = &(*at)->next;
  *at = ask->job = job;
  return PG_OK;
}

static void end(void *context, struct control_ask *ask) {
  struct loop *loop = context;
  struct report_job *job = ask->job;
  if (loop->reporting.writing == job)
    job->gone = true;
  else
    free_job(loop, job);
}

const struct control_work reporting_work = {begin, caller_progress, end,
                                            PG_REPORT_WAIT_MS, NULL};

static void ask_history(struct loop *loop, struct report_job *job) {
  struct report_question *question = calloc(1, sizeof *question);
  job->state = REPORT_ASKS;
  job->asks_until = clock_mono() + PG_REPORT_HISTORY_MS;
  if (question == NULL) {
    pg_fail(&job->fault, PG_E_NOMEM, "out of memory");
    return;
  }
  question->base.look = report_ask;
  (void)pg_copy(question->base.user, sizeof question->base.user, job->user);
  question->choice = job->choice;
  question->named = job->named;
  question->since = job->sources.since;
  question->until = job->sources.until + 1; /* what this look has brought as well */
  if (recorder_ask(loop, &question->base, &job->fault) != PG_OK)
    return;
  job->question = question;
  if (!loop->stopping && !uv_is_active((uv_handle_t *)&loop->reporting.timer))
    uv_timer_start(&loop->reporting.timer, on_timer, PG_MAX_AGE_MS, PG_MAX_AGE_MS);
}

/* What the report is made from from now on. */
static bool take_look(struct loop *loop, struct report_job *job) {
  if (verbs_times(loop, &job->sources.times, &job->fault) != PG_OK) {
    job->state = REPORT_WRITTEN;
    return false;
  }
  job->sources.until = clock_wall();
  job->snapshot = snapshot_ref(loop->current);
  job->sources.snapshot = job->snapshot;
  if (!job->named)
    report_choice_look(&job->choice, job->snapshot, loop->options.settings);
  return true;
}

static bool history_is_there(const struct report_job *job) {
  return job->question == NULL || job->question->base.done;
}

/* The history has answered, or will not in time. */
static void queue(struct loop *loop, struct report_job *job) {
  struct report_question *question = job->question;
  if (question != NULL && (!question->base.done || question->base.error != PG_OK)) {
    if (question->base.done)
      job->fault = question->base.fault;
    else
      pg_fail(&job->fault, PG_E_TIMEOUT, "it could not be read in time");
    recorder_release(&question->base);
    job->question = NULL;
  }
  if (job->question == NULL && !job->named) /* nobody is left who would choose */
    report_choice_end(&job->choice);
  job->sources.question = job->question;
  job->sources.choice = job->question != NULL ? &job->question->choice : &job->choice;
  job->state = REPORT_QUEUED;
  write_next(loop);
}

bool reporting_ready(void *context, const struct control_ask *ask) {
  struct loop *loop = context;
  struct report_job *job = ask->job;
  struct freshness known;
  bool late = clock_mono() - ask->asked_mono >= PG_REPORT_WAIT_MS;
  if (job->state == REPORT_LOOKS) {
    watch_freshness(loop, &known);
    unsigned need = freshness_for_all(&known, ask->asked_mono) |
                    freshness_for_capture(&known, ask->asked_mono);
    if (!verbs_fetch(loop, need, ask->asked_mono, PG_MAX_AGE_MS))
      return late;
    if (!take_look(loop, job))
      return true;
    ask_history(loop, job);
  }
  if (job->state == REPORT_ASKS &&
      (history_is_there(job) || clock_mono() >= job->asks_until))
    queue(loop, job);
  return job->state == REPORT_WRITTEN || late;
}

/* --- the answer --- */

static void write_warnings(const struct report_job *job, struct pg_json *json) {
  char words[PG_AUDIT_CHARS + 64];
  size_t left_out = report_choice_count(job->sources.choice, REPORT_LEFT_OUT);
  pg_json_array(json);
  if (job->question == NULL) {
    (void)snprintf(words, sizeof words, "nothing is told of the past: %.500s",
                   job->fault.message);
    pg_json_str(json, words);
  }
  if (left_out > 0) {
    (void)snprintf(words, sizeof words,
                   "a report tells of %d ports; there is something to tell of %zu more: "
                   "name those of interest",
                   PG_REPORT_PORTS, left_out);
    pg_json_str(json, words);
  }
  pg_json_end_array(json);
}

static enum pg_error write_answer(struct loop *loop, const struct control_ask *ask,
                                  const struct report_job *job, struct pg_json *json,
                                  struct pg_fault *fault) {
  if (job->state != REPORT_WRITTEN)
    return pg_fail(fault, PG_E_TIMEOUT, "the report could not be made in time");
  if (job->snapshot == NULL) {
    *fault = job->fault;
    return job->fault.code;
  }
  if (job->text.failed)
    return pg_fail(fault, PG_E_TOOBIG,
                   "the report is longer than %u MiB: name fewer ports, or a later since",
                   PG_REPORT_MAX / PG_MIB);
  pg_json_object(json);
  pg_json_raw(json, job->text.data + 1, job->text.len - 2);
  pg_json_key(json, "policy");
  enum pg_error error = answer_policy_show(loop, ask, json, fault);
  pg_json_key(json, "warnings");
  write_warnings(job, json);
  pg_json_end_object(json);
  return error;
}

/* A client that does not read its answer keeps nobody from having a report made. */
enum pg_error reporting_answer(void *context, const struct control_ask *ask,
                               struct pg_json *json, struct pg_fault *fault) {
  struct loop *loop = context;
  struct report_job *job = ask->job;
  enum pg_error error = write_answer(loop, ask, job, json, fault);
  if (loop->reporting.writing != job)
    give_back(job);
  job->state = REPORT_ANSWERED;
  return error;
}
