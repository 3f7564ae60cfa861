/* Answers as text that a reader can follow line by line, and the files they are
 * compared with. */
#ifndef PG_GOLDEN_TEXT_H
#define PG_GOLDEN_TEXT_H

#include "common/text.h"

/* |json| with a line per member and two columns per level, its tokens untouched.
 * |json| is what pg_json wrote: no white space outside strings. */
void golden_pretty(const char *json, struct pg_text *out);

/* The file below PG_FIXTURES, without carriage returns: a checkout may have added
 * them. The caller frees it; NULL when there is none. */
char *golden_read(const char *name);

/* Compares |actual| with the file. With PG_ACCEPT=1 in the environment it is
 * written instead: read it before it is committed. */
void golden_compare(const char *name, const char *actual);

#endif
