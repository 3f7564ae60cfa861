/* What a change is in one line, for who watches. Pure. */
#ifndef PG_CHANGE_WORDS_H
#define PG_CHANGE_WORDS_H

#include "common/text.h"
#include "service/eventlog/eventlog.h"

/* Of the strings of an event (docs/events.md), which are escaped already. Adds nothing
 * for an event that is no change: categories 1 and 5. */
void change_words(struct pg_text *out, const struct pg_event *event);

#endif
