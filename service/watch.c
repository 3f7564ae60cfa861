/* What a tick asks for and what a new snapshot sets off. */
#include "service/explain/explain.h"
#include "service/state.h"

void watch_freshness(struct loop *loop, struct freshness *known) {
  bool has_netsh = loop->options.source.read_http != NULL;
  *known = (struct freshness){
      .snapshot = loop->current,
      .tcp = loop->tcp_mono,
      .details = loop->details_mono,
      .http = loop->current != NULL ? loop->current->http_mono : 0,
      .http_askable = has_netsh && backoff_may_try(&loop->http_backoff, clock_mono()),
      .http_failed = loop->http_backoff.failures > 0,
      .http_refresh_ms =
          loop->policing.quick_http ? PG_HTTP_ENFORCE_MS : PG_HTTP_REFRESH_MS,
      .kernel_changed = loop->kernel_changed,
      .network = loop->networks.order.now_mono > loop->network_touched
                     ? loop->networks.order.now_mono
                     : 0,
      .network_askable = loop->options.source.read_network != NULL &&
                         backoff_may_try(&loop->network_backoff, clock_mono()),
      .network_failed = loop->network_backoff.failures > 0,
      .live = loop->options.source.read_network != NULL,
  };
}

static bool is_detail(enum pg_source source) {
  return source == PG_SOURCE_PROCESSES || source == PG_SOURCE_SERVICES ||
         source == PG_SOURCE_SERVICE_TAGS;
}

/* Whether one of the failing sources may be tried again. A source that fails
 * is not hammered; one that is fine is read when something points at it. */
static bool retry_details(struct loop *loop, int64_t now) {
  for (int i = 0; i < PG_SOURCE_COUNT; i++)
    if (is_detail((enum pg_source)i) && loop->sources[i].failing &&
        backoff_may_try(&loop->sources[i].backoff, now))
      return true;
  return false;
}

/* The slow sources, each in a lane of its own. */
static void ask_slow_sources(struct loop *loop, int64_t now) {
  struct freshness known;
  watch_freshness(loop, &known);
  known.network_changed = readings_network_changed(loop);
  if (freshness_tick_wants_http(&known, &loop->survey, now))
    readings_start_http(loop);
  if (freshness_tick_wants_network(&known, now))
    readings_start_network(loop);
}

void watch_tick(struct loop *loop) {
  int64_t now = clock_mono();
  bool table_waits = !backoff_may_try(&loop->sources[PG_SOURCE_TCP4].backoff, now) ||
                     !backoff_may_try(&loop->sources[PG_SOURCE_TCP6].backoff, now);
  loop->ticks++;
  if (!table_waits) {
    struct sample_wish wish = {.details = retry_details(loop, now)};
    lanes_sample(loop, &wish);
  }
  ask_slow_sources(loop, now);
}

static void note_source(struct loop *loop, enum pg_source source) {
  const struct pg_source_status *status = &loop->current->sources[source];
  struct backoff *backoff = &loop->sources[source].backoff;
  int64_t now = clock_mono();
  if (status->state == PG_SOURCE_FAILED) {
    bool news = !loop->sources[source].failing;
    loop->sources[source].failing = true;
    loop->sources[source].failures += news;
    backoff_fail(backoff, now);
    if (news)
      report_source(loop, source, true, status->error, 0);
  } else if (loop->sources[source].failing) {
    loop->sources[source].failing = false;
    report_source(loop, source, false, NULL, now - backoff->since);
    backoff_clear(backoff);
  }
}

/* Those before and those after, without a copy when there is only one of them, as of a
 * port that is taken or released. NULL: nobody. */
static const char *join(struct pg_text *both, const char *before, const char *after) {
  if (before == NULL || after == NULL)
    return before != NULL ? before : after;
  pg_text_str_add(both, before);
  pg_text_char(both, '\n');
  pg_text_str_add(both, after);
  return both->failed ? after : pg_text_str(both);
}

static void on_change(void *context, const struct pg_change *change) {
  struct loop *loop = context;
  if (loop->recorder.files == NULL) {
    report_change(loop, change);
    return;
  }
  struct pg_text both;
  pg_text_init(&both, PG_REQUEST_MAX);
  recorder_concerning(loop, join(&both,
                                 change->before != NULL ? change->before->reported : NULL,
                                 change->after != NULL ? change->after->reported : NULL));
  report_change(loop, change);
  recorder_concerning(loop, NULL);
  recorder_change(loop, change);
  pg_text_free(&both);
}

/* Compares with the last snapshot whose table was read: a table that could not
 * be read is not a machine without listeners. The first one is the baseline. */
static void compare(struct loop *loop) {
  bool readable = snapshot_table_read(loop->current);
  if (!loop->announced && (!readable || !loop->survey.pending)) {
    loop->announced = true;
    report_started(loop);
  }
  if (!readable || !loop->announced)
    return;
  if (loop->base != NULL)
    diff_snapshots(loop->base, loop->current, on_change, loop);
  else
    recorder_baseline(loop);
  snapshot_unref(loop->base);
  loop->base = snapshot_ref(loop->current);
}

/* Whether |source| can be compared in the current snapshot. Nobody asks netsh before the
 * kernel has its first listener: until then nothing is registered. */
static bool is_known(const struct loop *loop, enum pg_source source) {
  const struct pg_snapshot *current = loop->current;
  if (source == PG_SOURCE_HTTP_STATE &&
      current->sources[source].state == PG_SOURCE_ABSENT)
    return !loop->survey.kernel && snapshot_table_read(current);
  return snapshot_was_read(current, source);
}

/* URLs that came and went, reservations, listen list … are compared source by source,
 * each with the last snapshot that knew it: a source that failed has not lost
 * everything. The first reading is the baseline. */
static void compare_network(struct loop *loop) {
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    enum pg_source source = (enum pg_source)i;
    struct pg_snapshot **seen = &loop->seen[i];
    if (!diff_network_has(source) || !is_known(loop, source))
      continue;
    /* Of one reading the first snapshot is kept: it still has the processes that
     * registered then. */
    if (*seen != NULL && diff_network_is_copy(*seen, loop->current, source))
      continue;
    if (*seen != NULL)
      diff_network(*seen, loop->current, source, report_network_change, loop);
    snapshot_unref(*seen);
    *seen = snapshot_ref(loop->current);
  }
}

static void survey(struct loop *loop) {
  uint64_t before = loop->survey.kernel_set;
  freshness_survey(loop->current, loop->options.settings, &loop->survey);
  if (loop->survey.kernel_set != before)
    loop->kernel_changed = loop->current->sampled_mono;
}

void watch_settings_changed(struct loop *loop) {
  if (loop->current != NULL)
    freshness_survey(loop->current, loop->options.settings, &loop->survey);
}

void watch_publish(struct loop *loop, struct pg_snapshot *made) {
  if (made != NULL) {
    snapshot_unref(loop->current);
    loop->current = made;
    loop->generation++;
    survey(loop);
    for (int i = 0; i < PG_SOURCE_COUNT; i++)
      note_source(loop, (enum pg_source)i);
    compare(loop);
    compare_network(loop);
    report_summaries(loop);
    ask_slow_sources(loop, clock_mono());
  }
  policing_look(loop);
  actions_step(loop);
  endpoints_wake(loop);
  readings_take(loop); /* what was brought while the sample ran */
}
