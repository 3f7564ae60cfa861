/* Growing text with a ceiling, and what is done to text everywhere: escaping,
 * comparing, reading numbers. UTF-8 throughout. */
#ifndef PG_TEXT_H
#define PG_TEXT_H

#include "common/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A failed append (ceiling reached, or no memory) sets |failed| and later
 * appends do nothing: callers build the whole text and look once at the end.
 * |data| is always terminated once anything was appended; use pg_text_str(). */
struct pg_text {
  char *data;
  size_t len;
  size_t cap;
  size_t max; /* largest |len| allowed */
  bool failed;
};

void pg_text_init(struct pg_text *text, size_t max);
void pg_text_free(struct pg_text *text);
void pg_text_clear(struct pg_text *text); /* keeps the memory, forgets |failed| */
const char *pg_text_str(const struct pg_text *text); /* "" when empty */
void pg_text_add(struct pg_text *text, const char *data, size_t len);
void pg_text_str_add(struct pg_text *text, const char *string);
void pg_text_char(struct pg_text *text, char c);
void pg_text_printf(struct pg_text *text, const char *format, ...) PG_PRINTF(2, 3);
void pg_text_vprintf(struct pg_text *text, const char *format, va_list args);

/* The one escaper for text from outside on a screen or in the Event Log:
 * C0 and C1 controls, bidi and zero-width characters, '%' and '<' become
 * "<HEX>"; bytes that are not UTF-8 become U+FFFD; after |max_chars| characters
 * an ellipsis "..." ends it. '%' because Event Viewer expands %n again; '<' so
 * that nothing can pass for an escape. */
void pg_text_escaped(struct pg_text *text, const char *string, size_t max_chars);
/* The same into a fixed buffer, for messages. Returns |buffer|. Cut on a
 * character boundary. */
const char *pg_escape(char *buffer, size_t size, const char *string);

/* Decodes one character. Returns its length in bytes, or 0 when |s| does not
 * start with valid UTF-8 (overlong forms and surrogates are invalid). */
size_t pg_utf8_decode(const char *s, size_t len, uint32_t *codepoint);
bool pg_utf8_valid(const char *s, size_t len);
/* True for what must never reach a terminal or a log as it is. */
bool pg_codepoint_is_unsafe(uint32_t codepoint);
/* How many characters there are in |s|. */
size_t pg_utf8_chars(const char *s);
/* How many columns |s| takes on a terminal: none for accents that stand on another
 * character, two for wide ones. */
size_t pg_utf8_columns(const char *s);

/* ASCII only, as service names and URL schemes are compared. */
int pg_casecmp(const char *a, const char *b);
bool pg_case_equal(const char *a, const char *b);
int pg_casecmp_n(const char *a, const char *b, size_t n);

/* Whole-string decimal, no sign, no space, no leading '+'. */
bool pg_parse_u32(const char *text, uint32_t *value);
/* 1-65535, or PG_E_PARAMS with the words: port "80a": expected 1-65535 */
enum pg_error pg_parse_port(const char *text, uint16_t *port, struct pg_fault *fault);
/* "30", "30s", "2m", "1h", "1d" into milliseconds; 1 s to |max_days|, of which at most
 * PG_DURATION_DAYS fit. */
#define PG_DURATION_DAYS 49
enum pg_error pg_parse_duration(const char *text, uint32_t max_days, uint32_t *ms,
                                struct pg_fault *fault);
/* The same in seconds, of which PG_SECONDS_DAYS fit. */
#define PG_SECONDS_DAYS 49710
enum pg_error pg_parse_seconds(const char *text, uint32_t max_days, uint32_t *s,
                               struct pg_fault *fault);

/* Bounded copy that always terminates; returns false when it had to cut. */
bool pg_copy(char *out, size_t size, const char *in);

#endif
