/* How answers look on a terminal: lines of at most |columns| characters, labels,
 * colour, points in time. Text from outside must have gone through
 * pg_text_escaped before it gets here. */
#ifndef PG_RENDER_H
#define PG_RENDER_H

#include "client/platform.h"
#include "common/text.h"

#include <cJSON.h>

#define RENDER_COLUMNS 80
#define RENDER_LABEL 14 /* where the text behind a label begins */
#define RENDER_LINE_MAX (64u * 1024u)
#define RENDER_LIST_MAX                                           \
  (16u * 1024u * 1024u) /* what a configuration may list, escaped \
                         */

struct render {
  struct pg_text *out;
  bool colour;
  size_t columns;
  int64_t now; /* wall clock */
  bool (*local_time)(int64_t unix_ms, struct client_time *out);
  bool dated; /* no "today": it is read on another day */
};

enum render_style { RENDER_PLAIN, RENDER_BAD, RENDER_GOOD, RENDER_WARN };

/* Colour is an addition: |words| are there without it. */
void render_styled(struct render *render, enum render_style style, const char *words);

/* Goes on in a line of which |used| columns are taken, breaks at blanks (a word
 * longer than a line: anywhere), begins further lines with |indent| blanks and
 * ends the last one. */
void render_wrapped(struct render *render, size_t used, size_t indent, const char *text);
/* "  Listening   text", wrapped; |label| "" goes on under the one before. A
 * |text| that failed makes the output fail. */
void render_label(struct render *render, const char *label, const struct pg_text *text);
void render_label_str(struct render *render, const char *label, const char *text);
/* "- text" under a label. */
void render_bullet(struct render *render, const struct pg_text *text);
/* A line to be copied, of words from outside: never broken. */
void render_command(struct render *render, size_t indent, const char *command);
/* The INCOMPLETE line and the warnings of an answer, after an empty line. */
void render_notes(struct render *render, const cJSON *result);

/* "45 s", "12 min", "3 h 12 min", "4 d 2 h" */
void render_duration(struct pg_text *out, int64_t ms);
/* What somebody has set, so exactly: "2 s", "90 s", "10 min", "24 h" */
void render_seconds(struct pg_text *out, int64_t s);
/* "09:14:07 today", or with the date when it is another day; nothing, and false, when
 * the time is not known. */
bool render_time(const struct render *render, struct pg_text *out, int64_t unix_ms);
/* "since 09:14:07 today (3 h 12 min)", "until 18:00:00 today (5 h 33 min)"; nothing
 * when the time is not known. */
void render_since(const struct render *render, struct pg_text *out, int64_t unix_ms);
void render_until(const struct render *render, struct pg_text *out, int64_t unix_ms);

/* How many bytes of |s| make up at most |columns| characters. */
size_t render_bytes(const char *s, size_t len, size_t columns);

/* Ports and ranges as the protocol has them: "80, 443, 8000-8090" */
void render_ports(struct pg_text *out, const cJSON *ports);
/* "0.0.0.0:80", "[::]:80"; an |address| of NULL is left out. */
void render_endpoint(struct pg_text *out, const char *address, int64_t port);
/* Words from outside, at most PG_SHOWN_CHARS of them; NULL adds nothing. */
void render_outside(struct pg_text *out, const char *text);
/* An array of them, "HTTP, W3SVC"; NULL adds nothing. */
void render_outside_list(struct pg_text *out, const cJSON *texts);

#endif
