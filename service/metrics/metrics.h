/* What the service tells a monitoring system: the one list of metrics, and how they are
 * written in Prometheus' text format (version 0.0.4), which windows_exporter's textfile
 * collector reads. Pure. docs/monitoring.md has the same list, and a test compares them.
 *
 * The names are a contract like the IDs of events: dashboards and alerts rest on them.
 * One is added, never given another meaning. Labels hold neither paths, which have the
 * names of users in them, nor command lines, nor accounts. */
#ifndef PG_METRICS_H
#define PG_METRICS_H

#include "common/limits.h"
#include "common/text.h"

#include <stdint.h>

/* enum name, name, type, labels, help. How many different values a label has is bounded:
 * each is one more time series, kept for weeks, for every machine. */
#define PG_METRIC_LIST(X)                                                            \
  X(UP, "portguard_up", GAUGE, "",                                                   \
    "1 while the service runs, 0 once it has been stopped in order.")                \
  X(BUILD, "portguard_build_info", GAUGE, "version",                                 \
    "The version of the service, in a label; always 1.")                             \
  X(START_TIME, "portguard_start_time_seconds", GAUGE, "",                           \
    "When the service started, in seconds since 1970.")                              \
  X(WRITTEN_TIME, "portguard_metrics_timestamp_seconds", GAUGE, "",                  \
    "When these lines were written, in seconds since 1970.")                         \
  X(WRITTEN_INTERVAL, "portguard_metrics_interval_seconds", GAUGE, "",               \
    "How often they are written.")                                                   \
  X(SAMPLE_TIME, "portguard_last_sample_timestamp_seconds", GAUGE, "",               \
    "When the machine was last looked at, in seconds since 1970.")                   \
  X(INTERVAL, "portguard_sample_interval_seconds", GAUGE, "",                        \
    "How often the machine is looked at.")                                           \
  X(GUARDED, "portguard_guarded_ports", GAUGE, "", "How many ports are guarded.")    \
  X(LEFT_OUT, "portguard_guarded_ports_left_out", GAUGE, "",                         \
    "How many of them are too many for this file.")                                  \
  X(PORT_STATE, "portguard_port_state", GAUGE, "port,state",                         \
    "1 for the state that the guarded port is in, 0 for the others.")                \
  X(PORT_HOLDERS, "portguard_port_holders", GAUGE, "port",                           \
    "How many hold the guarded port.")                                               \
  X(HOLDER, "portguard_holder_info", GAUGE, "port,kind,confidence,service,process",  \
    "Who holds the guarded port, in labels; always 1.")                              \
  X(PORT_CHANGES, "portguard_port_changes_total", COUNTER, "port,change",            \
    "How often the guarded port was taken, released, or got another holder.")        \
  X(CHANGES, "portguard_changes_total", COUNTER, "event,change",                     \
    "Changes of any port, of the network configuration and by rules, by event ID.")  \
  X(ACTIONS, "portguard_actions_total", COUNTER, "action,by,result",                 \
    "Actions that rules or administrators asked for.")                               \
  X(RULES, "portguard_rules", GAUGE, "mode", "How many rules there are.")            \
  X(RULE_SUSPENDED, "portguard_rule_suspended", GAUGE, "rule",                       \
    "How many services the rule is suspended for, because they keep coming back.")   \
  X(RULE_PAUSED, "portguard_rule_paused", GAUGE, "rule",                             \
    "1 while an administrator has paused the rule.")                                 \
  X(CONFIG_REJECTED, "portguard_config_rejected", GAUGE, "",                         \
    "1 while what config.json or Group Policy says is wrong, and so not in force.")  \
  X(PART_UNAVAILABLE, "portguard_part_unavailable", GAUGE, "part",                   \
    "1 while that part of the service cannot be had.")                               \
  X(SOURCE_FAILING, "portguard_source_failing", GAUGE, "source",                     \
    "1 while Windows does not answer that question.")                                \
  X(SOURCE_FAILURES, "portguard_source_failures_total", COUNTER, "source",           \
    "How often the source began to fail.")                                           \
  X(TICKS, "portguard_ticks_total", COUNTER, "", "How often it was time to look.")   \
  X(QUIET_TICKS, "portguard_quiet_ticks_total", COUNTER, "",                         \
    "Looks that found the listener table as it was.")                                \
  X(FAILED_SAMPLES, "portguard_failed_samples_total", COUNTER, "",                   \
    "Looks that came to nothing for want of memory.")                                \
  X(SAMPLE_DURATION, "portguard_sample_duration_seconds", SUMMARY, "",               \
    "How long a look takes; quantiles of the last 1024.")                            \
  X(EVENTS_WRITTEN, "portguard_events_written_total", COUNTER, "",                   \
    "Events handed to the Event Log.")                                               \
  X(EVENTS_SUPPRESSED, "portguard_events_suppressed_total", COUNTER, "",             \
    "Events held back by flood protection.")                                         \
  X(EVENTS_LOST, "portguard_events_lost_total", COUNTER, "",                         \
    "Events that the Event Log did not take.")                                       \
  X(REQUESTS, "portguard_requests_total", COUNTER, "result", "Requests of clients.") \
  X(CONNECTIONS, "portguard_connections_total", COUNTER, "result",                   \
    "Connections of clients.")                                                       \
  X(OPEN_CONNECTIONS, "portguard_open_connections", GAUGE, "",                       \
    "Connections of clients that are open.")                                         \
  X(WATCHERS, "portguard_watchers", GAUGE, "", "Clients that watch for changes.")    \
  X(HISTORY_FAILING, "portguard_history_failing", GAUGE, "",                         \
    "1 while the history cannot be written.")                                        \
  X(HISTORY_WRITTEN, "portguard_history_rows_written_total", COUNTER, "",            \
    "Rows of the history that are on the disk.")                                     \
  X(HISTORY_LOST, "portguard_history_rows_lost_total", COUNTER, "",                  \
    "Rows of the history that came faster than they could be written.")              \
  X(HISTORY_BYTES, "portguard_history_size_bytes", GAUGE, "",                        \
    "The size of the history on the disk.")                                          \
  X(WRITE_FAILURES, "portguard_metrics_write_failures_total", COUNTER, "",           \
    "How often these lines could not be written.")                                   \
  X(MEMORY, "portguard_resident_memory_bytes", GAUGE, "",                            \
    "Memory of the service's process.")                                              \
  X(HANDLES, "portguard_open_handles", GAUGE, "", "Handles of the service's process.")

enum metric {
#define X(name, text, type, labels, help) METRIC_##name,
  PG_METRIC_LIST(X)
#undef X
};

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_SUMMARY };

/* Characters of a value: a rule's name is never cut, whatever is in it, since two that
 * were cut might be equal. */
#define METRIC_SHOWN (8 * PG_RULE_NAME_CHARS)
#define METRIC_MILLI 3 /* |decimals| of milliseconds, for a metric in seconds */
#define METRIC_MICRO 6

/* The two lines before a metric's samples, which come next and together. */
void metric_begin(struct pg_text *out, enum metric metric);
/* One sample. |values|: of its labels in the list's order, any text: it is escaped like
 * everything from outside and then as a label's value; NULL is "". The number is
 * |value| / 10^|decimals|. Two samples of one metric must differ in a label, or whoever
 * reads the file refuses it whole. */
void metric_sample(struct pg_text *out, enum metric metric, const char *const *values,
                   int64_t value, unsigned decimals);
/* Both, for a metric without labels. */
void metric_single(struct pg_text *out, enum metric metric, int64_t value,
                   unsigned decimals);

struct metric_summary {
  bool known; /* there are quantiles */
  uint64_t count, sum_us;
  uint32_t p50_us, p99_us, max_us;
};

/* The whole of a summary, in seconds. */
void metric_quantiles(struct pg_text *out, enum metric metric,
                      const struct metric_summary *summary);

#endif
