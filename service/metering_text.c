/* What the metrics say of the service itself. */
#include "common/version.h"
#include "service/metrics/metrics.h"
#include "service/platform.h"
#include "service/state.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void begin(const struct loop *loop, bool up, struct pg_text *out) {
  const char *version[] = {PG_VERSION};
  metric_single(out, METRIC_UP, up, 0);
  metric_begin(out, METRIC_BUILD);
  metric_sample(out, METRIC_BUILD, version, 1, 0);
  metric_single(out, METRIC_START_TIME, loop->metering.started_at, METRIC_MILLI);
  metric_single(out, METRIC_WRITTEN_TIME, clock_wall(), METRIC_MILLI);
}

void metering_render_stopped(const struct loop *loop, struct pg_text *out) {
  begin(loop, false, out);
}

/* "port_taken" */
static const char *small_letters(const char *name, char out[32]) {
  size_t len = 0;
  for (; len < 31 && name[len] != '\0'; len++)
    out[len] = (char)tolower((unsigned char)name[len]);
  out[len] = '\0';
  return out;
}

static void write_changes(const struct metering *metering, struct pg_text *out) {
  char number[8], name[32];
  metric_begin(out, METRIC_CHANGES);
  for (size_t i = 0; i < PG_EVENTS; i++) {
    if (!pg_event_is_change(pg_event_at(i)))
      continue;
    (void)snprintf(number, sizeof number, "%d", (int)pg_event_at(i));
    const char *values[] = {number, small_letters(pg_event_name_at(i), name)};
    metric_sample(out, METRIC_CHANGES, values, (int64_t)metering->events[i], 0);
  }
}

static void write_results(const struct metering *metering, enum action_kind kind, int who,
                          struct pg_text *out) {
  static const char *const by[METERED_BY] = {"administrator", "rule"};
  static const char *const results[] = {
#define X(name, text) text,
      METERED_RESULT_LIST(X)
#undef X
  };
  for (int result = 0; result < METERED_RESULTS; result++) {
    const char *values[] = {action_kind_name(kind), by[who], results[result]};
    metric_sample(out, METRIC_ACTIONS, values,
                  (int64_t)metering->actions[kind][who][result], 0);
  }
}

static void write_actions(const struct metering *metering, struct pg_text *out) {
  metric_begin(out, METRIC_ACTIONS);
  for (int kind = 0; kind < METERED_ACTIONS; kind++)
    write_results(metering, (enum action_kind)kind, METERED_BY_ADMINISTRATOR, out);
  write_results(metering, ACTION_STOP, METERED_BY_RULE, out); /* rules do nothing else */
  write_results(metering, ACTION_DISABLE, METERED_BY_RULE, out);
}

static void write_modes(const struct pg_settings *settings, struct pg_text *out) {
  int64_t counts[PG_RULE_MODES] = {0};
  for (size_t i = 0; i < settings->rule_count; i++)
    counts[settings->rules[i].mode]++;
  metric_begin(out, METRIC_RULES);
  for (int mode = 0; mode < PG_RULE_MODES; mode++) {
    const char *values[] = {pg_rule_mode_name((enum pg_rule_mode)mode)};
    metric_sample(out, METRIC_RULES, values, counts[mode], 0);
  }
}

static void write_rules(const struct loop *loop, struct pg_text *out) {
  const struct pg_settings *settings = loop->options.settings;
  const struct policy *policy = loop->policing.policy;
  int64_t now = clock_mono();
  write_modes(settings, out);
  metric_begin(out, METRIC_RULE_SUSPENDED);
  for (size_t i = 0; i < settings->rule_count; i++)
    metric_sample(out, METRIC_RULE_SUSPENDED, &settings->rules[i].name,
                  (int64_t)policy_tally(policy, i, now).suspended, 0);
  metric_begin(out, METRIC_RULE_PAUSED);
  for (size_t i = 0; i < settings->rule_count; i++)
    metric_sample(out, METRIC_RULE_PAUSED, &settings->rules[i].name,
                  policy_tally(policy, i, now).paused, 0);
}

static void write_part(struct pg_text *out, const char *part, bool unavailable) {
  metric_sample(out, METRIC_PART_UNAVAILABLE, &part, unavailable, 0);
}

static void write_parts(const struct loop *loop, struct pg_text *out) {
  metric_begin(out, METRIC_PART_UNAVAILABLE);
  for (int i = 0; i < ENDPOINTS; i++)
    if (loop->endpoints[i].name != NULL)
      write_part(out, loop->endpoints[i].part, loop->endpoints[i].listener == NULL);
  write_part(out, "state folder",
             loop->state.failing || loop->options.no_files.code != PG_OK);
}

static void write_sources(const struct loop *loop, struct pg_text *out) {
  metric_begin(out, METRIC_SOURCE_FAILING);
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    const char *name = pg_source_name((enum pg_source)i);
    metric_sample(out, METRIC_SOURCE_FAILING, &name, loop->sources[i].failing, 0);
  }
  metric_begin(out, METRIC_SOURCE_FAILURES);
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    const char *name = pg_source_name((enum pg_source)i);
    metric_sample(out, METRIC_SOURCE_FAILURES, &name, (int64_t)loop->sources[i].failures,
                  0);
  }
}

static void write_looks(const struct loop *loop, struct pg_text *out) {
  const struct durations *took = &loop->samples_took;
  struct durations_summary sum;
  bool known = durations_sum_up(took, &sum) && sum.window > 0;
  struct metric_summary summary = {.known = known,
                                   .count = took->count,
                                   .sum_us = took->sum_us,
                                   .p50_us = sum.p50_us,
                                   .p99_us = sum.p99_us,
                                   .max_us = sum.max_us};
  if (loop->sampled_at > 0)
    metric_single(out, METRIC_SAMPLE_TIME, loop->sampled_at, METRIC_MILLI);
  metric_single(out, METRIC_INTERVAL, loop->options.settings->interval_ms, METRIC_MILLI);
  metric_single(out, METRIC_TICKS, (int64_t)loop->ticks, 0);
  metric_single(out, METRIC_QUIET_TICKS, (int64_t)loop->quiet_ticks, 0);
  metric_single(out, METRIC_FAILED_SAMPLES, (int64_t)loop->failed_samples, 0);
  metric_quantiles(out, METRIC_SAMPLE_DURATION, &summary);
}

/* Two samples of one counter. */
static void write_both(struct pg_text *out, enum metric metric, const char *first,
                       uint64_t count, const char *second, uint64_t other) {
  metric_begin(out, metric);
  metric_sample(out, metric, &first, (int64_t)count, 0);
  metric_sample(out, metric, &second, (int64_t)other, 0);
}

static void write_clients(const struct loop *loop, struct pg_text *out) {
  struct control_counts counts = endpoints_counts(loop);
  write_both(out, METRIC_REQUESTS, "answered", counts.answered, "refused",
             counts.refused);
  write_both(out, METRIC_CONNECTIONS, "accepted", counts.accepted, "refused",
             counts.turned_away);
  metric_single(out, METRIC_OPEN_CONNECTIONS, (int64_t)counts.open, 0);
  metric_single(out, METRIC_WATCHERS, (int64_t)watch_ring_watchers(loop->watching.ring),
                0);
}

static void write_keeping(const struct loop *loop, struct pg_text *out) {
  const struct recorder *recorder = &loop->recorder;
  metric_single(out, METRIC_EVENTS_WRITTEN, (int64_t)loop->emitter.written, 0);
  metric_single(out, METRIC_EVENTS_SUPPRESSED, (int64_t)loop->emitter.suppressed, 0);
  metric_single(out, METRIC_EVENTS_LOST, (int64_t)emitter_lost(&loop->emitter), 0);
  metric_single(out, METRIC_HISTORY_FAILING, recorder->failing, 0);
  metric_single(out, METRIC_HISTORY_WRITTEN, (int64_t)recorder->written, 0);
  metric_single(out, METRIC_HISTORY_LOST, (int64_t)recorder->lost, 0);
  metric_single(out, METRIC_HISTORY_BYTES, (int64_t)recorder->bytes, 0);
}

static void write_usage(const struct loop *loop, struct pg_text *out) {
  uint64_t resident = 0, handles = 0;
  platform_usage(&resident, &handles);
  metric_single(out, METRIC_WRITE_FAILURES, (int64_t)loop->metering.failures, 0);
  metric_single(out, METRIC_MEMORY, (int64_t)resident, 0);
  metric_single(out, METRIC_HANDLES, (int64_t)handles, 0);
}

void metering_render(struct loop *loop, struct pg_text *out) {
  begin(loop, true, out);
  metric_single(out, METRIC_WRITTEN_INTERVAL, loop->options.settings->metrics_s, 0);
  metered_ports_write(&loop->metering.ports, loop->current, out);
  write_changes(&loop->metering, out);
  write_actions(&loop->metering, out);
  write_rules(loop, out);
  metric_single(out, METRIC_CONFIG_REJECTED, loop->config.rejected.code != PG_OK, 0);
  write_parts(loop, out);
  write_sources(loop, out);
  write_looks(loop, out);
  write_clients(loop, out);
  write_keeping(loop, out);
  write_usage(loop, out);
}
