/* JSON both ways. Reading is strict: our own scan refuses what cJSON lets
 * through, then cJSON builds the tree. Writing is a small streaming writer,
 * because every string that leaves portguard must have controls, bidi and
 * zero-width characters escaped, which cJSON's printer does not do, and because
 * a `list` of 100,000 listeners should not be built twice. */
#ifndef PG_JSON_H
#define PG_JSON_H

#include "common/error.h"
#include "common/text.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- reading --- */

struct pg_json_limits {
  size_t bytes;
  unsigned depth; /* 1 = a scalar or an empty container */
  size_t nodes;   /* values, members counted once; 0 = no limit */
};

/* Accepts exactly one JSON value with optional white space around it. Refused,
 * with the byte offset in the words: anything else, invalid UTF-8, \u0000, lone
 * surrogates, duplicate keys (|fault->param| is the path of their object), numbers
 * that do not fit a double, limits passed.
 * On PG_OK the caller owns *tree (cJSON_Delete). Errors: PG_E_PARSE,
 * PG_E_TOOBIG, PG_E_NOMEM. */
enum pg_error pg_json_read(const char *text, size_t len,
                           const struct pg_json_limits *limits, cJSON **tree,
                           struct pg_fault *fault);
/* The same of a text that a person writes: a place is a line and a column. */
enum pg_error pg_json_read_by_line(const char *text, size_t len,
                                   const struct pg_json_limits *limits, cJSON **tree,
                                   struct pg_fault *fault);

/* The typed read of a member. A missing member leaves *out alone and is PG_OK; one
 * of another type, a fraction or a value out of range is PG_E_PARAMS and quotes
 * what was found. JSON null counts as missing. */
enum pg_error pg_json_u32(const cJSON *object, const char *key, uint32_t min,
                          uint32_t max, uint32_t *out, struct pg_fault *fault);
#define PG_JSON_FOUND_CHARS 104
/* What was found instead, in words that fit a message: "\"80a\"", "an array",
 * "nothing" for null. Returns |out|. */
const char *pg_json_found(const cJSON *value, char *out, size_t size);
/* Exact, case-sensitive member look-up. */
const cJSON *pg_json_member(const cJSON *object, const char *key);

/* --- writing --- */

#define PG_JSON_DEPTH 32

struct pg_json {
  struct pg_text *out;
  unsigned depth;
  bool escape_percent; /* for the Event Log: '%' as \u0025 */
  bool comma[PG_JSON_DEPTH];
};

void pg_json_start(struct pg_json *json, struct pg_text *out);
void pg_json_object(struct pg_json *json); /* opens {  */
void pg_json_array(struct pg_json *json);  /* opens [  */
void pg_json_end_object(struct pg_json *json);
void pg_json_end_array(struct pg_json *json);
void pg_json_key(struct pg_json *json, const char *key);
void pg_json_str(struct pg_json *json, const char *value); /* NULL writes null */
void pg_json_text(struct pg_json *json, const char *value, size_t len);
void pg_json_int(struct pg_json *json, int64_t value);
void pg_json_bool(struct pg_json *json, bool value);
void pg_json_null(struct pg_json *json);
/* A value that is JSON already. */
void pg_json_raw(struct pg_json *json, const char *value, size_t len);
/* key and value in one call */
void pg_json_key_str(struct pg_json *json, const char *key, const char *value);
void pg_json_key_int(struct pg_json *json, const char *key, int64_t value);
void pg_json_key_bool(struct pg_json *json, const char *key, bool value);
void pg_json_key_null(struct pg_json *json, const char *key);
void pg_json_key_time(struct pg_json *json, const char *key,
                      int64_t unix_ms); /* 0: null */

#endif
