/* What a change is in one line, for who watches and for the history. Pure. */
#ifndef PG_CHANGE_WORDS_H
#define PG_CHANGE_WORDS_H

#include "common/text.h"
#include "service/eventlog/eventlog.h"

/* Of the strings of an event (docs/events.md), which are escaped already. Adds nothing
 * for what is remembered nowhere but in the Event Log:
 * the service itself, but its start and end, and control. */
void change_words(struct pg_text *out, const struct pg_event *event);

#endif
