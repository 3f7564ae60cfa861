/* How the service itself is doing. */
#include "common/protocol.h"
#include "common/version.h"
#include "service/platform.h"
#include "service/state.h"

#include <stdio.h>

static const char *state_name(enum pg_source_state state) {
  switch (state) {
  case PG_SOURCE_ABSENT:
    return "absent";
  case PG_SOURCE_READ:
    return "read";
  case PG_SOURCE_FAILED:
    return "failed";
  }
  return "absent";
}

/* When the source was last read, or 0. */
static int64_t read_mono(const struct loop *loop, enum pg_source source) {
  switch (source) {
  case PG_SOURCE_TCP4:
  case PG_SOURCE_TCP6:
    return loop->tcp_mono;
  case PG_SOURCE_PROCESSES:
  case PG_SOURCE_SERVICES:
  case PG_SOURCE_SERVICE_TAGS:
    return loop->details_mono;
  case PG_SOURCE_HTTP_STATE:
    return loop->current->http_mono;
  case PG_SOURCE_RESERVATIONS:
  case PG_SOURCE_LISTEN_LIST:
  case PG_SOURCE_CERTIFICATES:
  case PG_SOURCE_EXCLUDED4:
  case PG_SOURCE_EXCLUDED6:
  case PG_SOURCE_PORT_PROXIES:
    return loop->current->network_mono;
  case PG_SOURCE_CONNECTIONS:
    return loop->current->connections_mono;
  case PG_SOURCE_COUNT:
    break;
  }
  return 0;
}

static void write_source(struct pg_json *json, struct loop *loop, enum pg_source source) {
  const struct pg_source_status *status = &loop->current->sources[source];
  int64_t now = clock_mono(), read = read_mono(loop, source);
  pg_json_object(json);
  pg_json_key_str(json, "name", pg_source_name(source));
  pg_json_key_str(json, "state", state_name(status->state));
  pg_json_key_str(json, "error", status->error);
  pg_json_key(json, "age_ms");
  if (read != 0)
    pg_json_int(json, now - read);
  else
    pg_json_null(json);
  pg_json_key(json, "failing_for_s");
  if (loop->sources[source].failing)
    pg_json_int(json, (now - loop->sources[source].backoff.since) / 1000);
  else
    pg_json_null(json);
  pg_json_key_int(json, "failures", (int64_t)loop->sources[source].failures);
  pg_json_end_object(json);
}

/* Microseconds as milliseconds: a look at a quiet machine takes less than one. */
static void key_ms(struct pg_json *json, const char *key, bool known, uint32_t us) {
  char text[24];
  int len = snprintf(text, sizeof text, "%u.%03u", us / 1000u, us % 1000u);
  pg_json_key(json, key);
  if (known && len > 0)
    pg_json_raw(json, text, (size_t)len);
  else
    pg_json_null(json);
}

static void key_samples(struct pg_json *json, const struct loop *loop) {
  struct durations_summary took;
  bool known = durations_sum_up(&loop->samples_took, &took) && took.window > 0;
  pg_json_key(json, "samples");
  pg_json_object(json);
  pg_json_key_int(json, "count", (int64_t)loop->samples_took.count);
  pg_json_key_int(json, "window", took.window);
  key_ms(json, "p50_ms", known, took.p50_us);
  key_ms(json, "p99_ms", known, took.p99_us);
  key_ms(json, "max_ms", known, took.max_us);
  pg_json_end_object(json);
}

static void key_usage(struct pg_json *json) {
  uint64_t resident = 0, handles = 0;
  platform_usage(&resident, &handles);
  pg_json_key_int(json, "resident_bytes", (int64_t)resident);
  pg_json_key_int(json, "handles", (int64_t)handles);
}

static void key_counts(struct pg_json *json, const struct loop *loop) {
  struct control_counts counts = endpoints_counts(loop);
  pg_json_key_int(json, "ticks", (int64_t)loop->ticks);
  pg_json_key_int(json, "quiet_ticks", (int64_t)loop->quiet_ticks);
  pg_json_key_int(json, "failed_samples", (int64_t)loop->failed_samples);
  pg_json_key_int(json, "connections", (int64_t)counts.open);
  pg_json_key_int(json, "watching", (int64_t)watch_ring_watchers(loop->watching.ring));
  pg_json_key_int(json, "accepted_connections", (int64_t)counts.accepted);
  pg_json_key_int(json, "refused_connections", (int64_t)counts.turned_away);
  pg_json_key_int(json, "answered_requests", (int64_t)counts.answered);
  pg_json_key_int(json, "refused_requests", (int64_t)counts.refused);
  pg_json_key_int(json, "events_written", (int64_t)loop->emitter.written);
  pg_json_key_int(json, "events_suppressed", (int64_t)loop->emitter.suppressed);
  pg_json_key_int(json, "events_lost", (int64_t)emitter_lost(&loop->emitter));
}

enum pg_error answer_health(void *context, const struct control_ask *ask,
                            struct pg_json *json, struct pg_fault *fault) {
  struct loop *loop = context;
  (void)ask, (void)fault;
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  pg_json_key_str(json, "version", PG_VERSION);
  pg_json_key_int(json, "uptime_s", (clock_mono() - loop->started_mono) / 1000);
  pg_json_key_int(json, "interval_ms", loop->options.settings->interval_ms);
  pg_json_key(json, "guarded_ports");
  ports_write(&loop->options.settings->guarded, json);
  configuration_write(loop, json);
  recorder_write(loop, json);
  metering_write(loop, json);
  pg_json_key(json, "sources");
  pg_json_array(json);
  for (int i = 0; loop->current != NULL && i < PG_SOURCE_COUNT; i++)
    write_source(json, loop, (enum pg_source)i);
  pg_json_end_array(json);
  key_counts(json, loop);
  key_samples(json, loop);
  key_usage(json);
  pg_json_key(json, "warnings");
  pg_json_array(json);
  if (loop->failed_samples > 0)
    pg_json_str(json, "some samples could not be made: the machine is short of memory");
  if (loop->config.rejected.code != PG_OK)
    pg_json_str(json, loop->config.culprit == PG_ORIGIN_GROUP_POLICY
                          ? "what Group Policy says is wrong: what was in force before "
                            "it stays in force"
                          : "the configuration file is wrong: what was in force before "
                            "it stays in force");
  if (loop->options.no_files.code != PG_OK)
    pg_json_str(json,
                "nothing can be stopped or restored: the folder of state.json cannot "
                "be used, see event 1007");
  if (loop->options.setup != NULL && loop->options.setup->code != PG_OK)
    pg_json_str(json, loop->options.setup->message);
  if (loop->options.settings->metrics && loop->metering.failing)
    pg_json_str(json, "the metrics cannot be written, see event 1007: what a monitoring "
                      "system shows is old");
  pg_json_end_array(json);
  pg_json_end_object(json);
  return PG_OK;
}
