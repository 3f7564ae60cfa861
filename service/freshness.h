/* What must be read again before something may be said: pure decisions, so that
 * the loop only carries them out. Times are monotonic milliseconds. */
#ifndef PG_FRESHNESS_H
#define PG_FRESHNESS_H

#include "service/policy/settings.h"
#include "service/snapshot/snapshot.h"

/* What is known, and when its reading began; 0 means never. */
struct freshness {
  const struct pg_snapshot *snapshot; /* NULL before the first sample */
  int64_t tcp, details;               /* last verified */
  int64_t http;                       /* the netsh reading in the snapshot */
  bool http_askable;       /* there is a netsh to ask and it is not backing off */
  bool http_failed;        /* the last reading gave no text */
  int64_t http_refresh_ms; /* how old the text may become on guarded ports */
  /* When a kernel-owned listener was last seen to have come or gone. */
  int64_t kernel_changed;
  int64_t network;      /* when the last network reading began, in a snapshot or not */
  bool network_askable; /* there is a network configuration to read, not backing off */
  bool network_failed;  /* a part of the last reading failed */
  bool network_changed; /* Windows has told of a change since */
  bool live;            /* samples can read the connections when told to */
};

/* What a tick needs to know of a snapshot, worked out once when it is published,
 * so that a quiet tick looks at nothing. */
struct freshness_survey {
  bool kernel;         /* there is a kernel-owned listener at all */
  uint64_t kernel_set; /* differs when the ports of kernel-owned listeners do */
  bool pending;        /* one waits to be attributed */
  bool guarded_kernel; /* there is one on a guarded port */
};

/* Bits of what is missing. */
enum freshness_need {
  NEED_NOTHING = 0,
  NEED_SAMPLE = 1,       /* the listener table */
  NEED_DETAILS = 2,      /* processes and services; implies a sample */
  NEED_HTTP = 4,         /* the netsh text */
  NEED_NETWORK = 8,      /* reservations, listen list, excluded ranges, port proxies … */
  NEED_CONNECTIONS = 16, /* who uses the port without listening; implies a sample */
};

/* For an answer about one port, asked at |asked|: the table may be |max_age|
 * older than the question. */
unsigned freshness_for_port(const struct freshness *known, uint16_t port, int64_t asked,
                            int64_t max_age);
/* For an answer about everything. */
unsigned freshness_for_all(const struct freshness *known, int64_t asked);
/* For the HTTP.sys registrations alone, and for the network configuration alone. */
unsigned freshness_for_http(const struct freshness *known, int64_t asked);
unsigned freshness_for_network(const struct freshness *known, int64_t asked);
/* For a capture: all there is. */
unsigned freshness_for_capture(const struct freshness *known, int64_t asked);

void freshness_survey(const struct pg_snapshot *snapshot,
                      const struct pg_settings *settings, struct freshness_survey *out);

/* Whether the tick itself wants netsh: a kernel-owned listener waits to be
 * attributed, or one has gone since the text was read, or one is on a guarded port
 * and the text is |http_refresh_ms| old, or the last reading failed and it is time
 * to try again. */
bool freshness_tick_wants_http(const struct freshness *known,
                               const struct freshness_survey *survey, int64_t now);
/* Whether it wants the network configuration: never read, told of a change,
 * PG_NETWORK_REFRESH_MS old, failed and time to try again, or read while the HTTP
 * service was stopped, and a kernel-owned listener has come since. However often Windows
 * tells of changes, readings are PG_DETAIL_AGE_MS apart. */
bool freshness_tick_wants_network(const struct freshness *known, int64_t now);

#endif
