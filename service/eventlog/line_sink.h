/* The line sink with its parts in the open, for tests. */
#ifndef PG_LINE_SINK_H
#define PG_LINE_SINK_H

#include "common/text.h"
#include "service/eventlog/eventlog.h"

#include <stdio.h>

struct line_sink {
  FILE *file; /* borrowed */
  struct pg_text line;
  uint64_t lost;
};

/* |state| is the caller's and outlives the sink. */
void line_sink_open_on(struct event_sink *sink, struct line_sink *state, FILE *file);

/* {"event":1100,"level":"warning","category":"port","strings":[…],"data":{…}}
 * and a line feed. "strings" are all but the last string, which is JSON already
 * and becomes "data" as it is. */
void line_sink_format(const struct pg_event *event, struct pg_text *out);

#endif
