#include "service/metering.h"

#include "common/timestamp.h"
#include "service/files/files.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

#define PART "metrics file"

/* --- the worker --- */

static void run(uv_work_t *work) {
  struct loop *loop = work->data;
  struct metering *metering = &loop->metering;
  struct files *files = loop->options.metrics_files;
  switch (metering->job) {
  case METERING_REMOVE:
    metering->error = files_remove(files, METERING_FILE, &metering->fault);
    if (metering->error == PG_E_NOTFOUND)
      metering->error = PG_OK;
    break;
  case METERING_WRITE:
  case METERING_MARK:
    metering->error = files_replace(files, METERING_FILE, metering->text.data,
                                    metering->text.len, &metering->fault);
    break;
  }
}

/* --- what came of it --- */

static void fail(struct loop *loop, const struct pg_fault *fault) {
  struct metering *metering = &loop->metering;
  metering->trouble = *fault;
  if (!metering->failing)
    report_part(loop, PART, fault);
  metering->failing = true;
}

static void go_well(struct loop *loop) {
  struct metering *metering = &loop->metering;
  metering->tries = 0;
  if (metering->failing)
    report_part_back(loop, PART);
  metering->failing = false;
  metering->left = metering->job != METERING_REMOVE;
  metering->marked = metering->job == METERING_MARK;
  if (metering->job == METERING_WRITE) {
    metering->writes++;
    metering->written_at = clock_wall();
  }
}

static int64_t interval_of(const struct loop *loop) {
  return INT64_C(1000) * loop->options.settings->metrics_s;
}

static void be_due(struct metering *metering, int64_t time) {
  if (time < metering->due)
    metering->due = time;
}

static void note_outcome(struct loop *loop) {
  struct metering *metering = &loop->metering;
  bool again = metering->again;
  metering->again = false;
  metering->due = metering->begun + interval_of(loop);
  if (metering->error == PG_OK) {
    go_well(loop);
    if (again)
      be_due(metering, metering->begun + PG_METRICS_SOON_MS);
    if (metering->stopping) /* it was begun before, and is not the last word */
      be_due(metering, clock_mono());
    return;
  }
  metering->failures++;
  metering->tries++;
  if (metering->tries >= PG_METRICS_TRIES)
    fail(loop, &metering->fault);
  be_due(metering,
         clock_mono() + (metering->failing ? PG_METRICS_LATER_MS : PG_METRICS_AGAIN_MS));
}

/* --- when --- */

static void begin(struct loop *loop, enum metering_job job);

static bool is_to_do(const struct loop *loop, enum metering_job job) {
  const struct metering *metering = &loop->metering;
  bool wanted = loop->options.settings->metrics;
  if (loop->options.metrics_files == NULL)
    return false;
  switch (job) {
  case METERING_WRITE:
    return wanted;
  case METERING_MARK:
    return wanted && !metering->marked && metering->tries < PG_METRICS_TRIES;
  case METERING_REMOVE:
    return !wanted && metering->left && metering->tries < PG_METRICS_TRIES;
  }
  return false;
}

static void on_timer(uv_timer_t *timer);

static void wait_for(struct loop *loop, int64_t time) {
  int64_t now = clock_mono();
  uv_timer_start(&loop->metering.timer, on_timer, (uint64_t)(time > now ? time - now : 1),
                 0);
}

static void go_on(struct loop *loop) {
  struct metering *metering = &loop->metering;
  enum metering_job job = metering->stopping                ? METERING_MARK
                          : loop->options.settings->metrics ? METERING_WRITE
                                                            : METERING_REMOVE;
  if (metering->busy || metering->over)
    return;
  bool to_do = is_to_do(loop, job);
  bool now = clock_mono() >= metering->due;
  if (to_do && now)
    begin(loop, job);
  if (metering->busy)
    return;
  /* What could not even be begun is no reason for a stop to wait. */
  if (to_do && (!metering->stopping || !now)) {
    wait_for(loop, metering->due);
  } else if (metering->stopping) {
    metering->over = true;
    uv_close((uv_handle_t *)&metering->timer, NULL);
  }
}

static void on_timer(uv_timer_t *timer) {
  struct loop *loop = timer->data;
  go_on(loop);
  loop->samples.idle(loop); /* a stop may have waited for this */
}

static void after(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  (void)status; /* never cancelled: it is waited for */
  loop->metering.busy = false;
  note_outcome(loop);
  go_on(loop);
  loop->samples.idle(loop);
}

/* Without memory for the text, or a thread, it is tried when its time comes again. */
static void begin(struct loop *loop, enum metering_job job) {
  struct metering *metering = &loop->metering;
  pg_text_clear(&metering->text);
  if (job == METERING_WRITE)
    metering_render(loop, &metering->text);
  else if (job == METERING_MARK)
    metering_render_stopped(loop, &metering->text);
  metering->job = job;
  metering->begun = clock_mono();
  metering->due = metering->begun + interval_of(loop);
  memset(&metering->fault, 0, sizeof metering->fault);
  metering->work.data = loop;
  metering->busy = !metering->text.failed &&
                   uv_queue_work(&loop->uv, &metering->work, run, after) == 0;
}

/* The timer does it, never the caller: events are written in the midst of decisions,
 * when what the text tells of cannot be asked. */
static void hurry(struct loop *loop) {
  struct metering *metering = &loop->metering;
  metering->again = metering->busy;
  if (!loop->announced || metering->stopping || metering->busy || metering->tries > 0 ||
      !loop->options.settings->metrics || loop->options.metrics_files == NULL)
    return;
  be_due(metering, metering->begun + PG_METRICS_SOON_MS);
  wait_for(loop, metering->due);
}

/* --- what happens --- */

static bool is_important(struct metering *metering, enum pg_event_id id, uint16_t key) {
  bool counted = metered_ports_count(&metering->ports, id, key);
  switch (pg_event_category(id)) {
  case PG_CATEGORY_SERVICE:
  case PG_CATEGORY_POLICY:
    return true;
  case PG_CATEGORY_PORT:
    return counted;
  case PG_CATEGORY_NETWORK:
  case PG_CATEGORY_CONTROL:
    break;
  }
  return false;
}

void metering_event(struct loop *loop, enum pg_event_id id, uint16_t key) {
  struct metering *metering = &loop->metering;
  size_t place = pg_event_place(id);
  if (place < PG_EVENTS)
    metering->events[place]++;
  if (is_important(metering, id, key))
    hurry(loop);
}

void metering_action(struct loop *loop, const struct action *action) {
  int by = action->wish.errand != NULL ? METERED_BY_RULE : METERED_BY_ADMINISTRATOR;
  enum metered_result result = METERED_DONE;
  if (action->error == PG_E_REFUSED)
    result = METERED_REFUSED;
  else if (action->error != PG_OK || action->failed)
    result = METERED_FAILED;
  loop->metering.actions[action->wish.kind][by][result]++;
}

/* --- its life --- */

void metering_open(struct loop *loop) {
  struct metering *metering = &loop->metering;
  pg_text_init(&metering->text, PG_METRICS_MAX);
  uv_timer_init(&loop->uv, &metering->timer);
  metering->timer.data = loop;
  metering->started_at = clock_wall();
  metering->begun = clock_mono() - PG_METRICS_SOON_MS;
  metering->due = clock_mono() + PG_METRICS_FIRST_MS;
  metering->left = true; /* by an earlier run */
  metered_ports_guard(&metering->ports, &loop->options.settings->guarded);
  wait_for(loop, metering->due);
}

static void check_folder(struct loop *loop) {
  struct pg_fault fault = loop->options.no_metrics;
  if (loop->options.metrics_files != NULL)
    return;
  if (fault.code == PG_OK) {
    pg_fail(&fault, PG_E_IO, "metrics are wanted, and there is no folder for them");
    pg_fault_hint(&fault, "portguardsvc run --state DIR");
  }
  fail(loop, &fault);
}

void metering_settings_changed(struct loop *loop) {
  struct metering *metering = &loop->metering;
  metered_ports_guard(&metering->ports, &loop->options.settings->guarded);
  metering->tries = 0;
  metering->again = metering->busy;
  if (loop->options.settings->metrics)
    check_folder(loop);
  else if (loop->options.metrics_files == NULL)
    metering->failing = false;
  if (loop->announced && !metering->busy && !metering->over) {
    metering->due = clock_mono();
    wait_for(loop, metering->due);
  }
}

void metering_stop(struct loop *loop) {
  struct metering *metering = &loop->metering;
  metering->stopping = true;
  metering->due = clock_mono();
  /* Where nothing could be written before, a single attempt is enough. */
  metering->tries = metering->failing ? PG_METRICS_TRIES - 1 : 0;
  go_on(loop);
}

bool metering_is_idle(const struct loop *loop) {
  return !loop->metering.busy && (loop->metering.over || !loop->metering.stopping);
}

void metering_free(struct loop *loop) {
  pg_text_free(&loop->metering.text);
  metered_ports_free(&loop->metering.ports);
}

void metering_write(const struct loop *loop, struct pg_json *json) {
  const struct metering *metering = &loop->metering;
  const struct pg_settings *settings = loop->options.settings;
  struct files *files = loop->options.metrics_files;
  char *path = files != NULL ? files_path_of(files, METERING_FILE) : NULL;
  pg_json_key(json, "metrics");
  pg_json_object(json);
  pg_json_key_bool(json, "enabled", settings->metrics);
  pg_json_key_int(json, "interval_s", settings->metrics_s);
  pg_json_key_str(json, "file", settings->metrics ? path : NULL);
  pg_json_key_time(json, "written_at",
                   metering->written_at != 0 ? metering->written_at : PG_TIME_UNKNOWN);
  pg_json_key_int(json, "writes", (int64_t)metering->writes);
  pg_json_key_int(json, "failures", (int64_t)metering->failures);
  pg_json_key_str(json, "error", metering->failing ? metering->trouble.message : NULL);
  pg_json_end_object(json);
  free(path);
}
