/* From something that happened to the Event Log. events.h is the one list of
 * IDs; messages.mc is its twin for Windows, and a test holds them together. */
#ifndef PG_EVENTLOG_H
#define PG_EVENTLOG_H

#include "service/eventlog/events.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PG_EVENT_STRINGS_MAX 8

/* One event, ready to be written. Strings are escaped already; the last one is
 * the JSON line. They are borrowed for the call. */
struct pg_event {
  enum pg_event_id id;
  enum pg_event_level level;
  size_t string_count;
  const char *strings[PG_EVENT_STRINGS_MAX];
};

/* Where events go: the Event Log on Windows (win_sink.c), one JSON line per
 * event on stderr elsewhere and under `run` (line_sink.c). |write| never fails
 * to its caller: what cannot be written is counted. */
struct event_sink {
  void *context;
  void (*write)(void *context, const struct pg_event *event);
  void (*close)(void *context);
  uint64_t (*lost)(void *context); /* how many could not be written; may be NULL */
};

void line_sink_open(struct event_sink *sink);
/* False when the source cannot be registered; then the line sink is used. */
bool win_sink_open(struct event_sink *sink);

#endif
