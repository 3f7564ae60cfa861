/* Writing HTML. Markup is what this program's own constants say; every other text goes
 * through html_text, whether it becomes words or the value of an attribute. */
#ifndef PG_HTML_H
#define PG_HTML_H

#include "common/text.h"

/* The one escaper: & < > " ' become references. For words of this program, and for words
 * from outside that were made fit to be shown (pg_text_escaped) before. */
void html_text(struct pg_text *out, const char *text);
/* The same of a text that is being made; one that failed makes |out| fail. */
void html_words(struct pg_text *out, const struct pg_text *words);
/* Words from outside: first made fit to be shown, at most PG_SHOWN_CHARS of them, then
 * escaped. NULL adds nothing. */
void html_outside(struct pg_text *out, const char *text);
/* A line to be copied: the same, but whole. */
void html_command(struct pg_text *out, const char *text);
/* Markup and numbers: no text from outside may be among the arguments. */
void html_markup(struct pg_text *out, const char *format, ...) PG_PRINTF(2, 3);

#endif
