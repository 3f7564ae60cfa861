/* Typed, strict reads of the members of a JSON object, with the JSON path of what was
 * wrong in the words: rules[2].confirm_s: found 4000, expected 0-3600. */
#ifndef PG_JSON_FIELDS_H
#define PG_JSON_FIELDS_H

#include "common/arena.h"
#include "common/json.h"

#define PG_PLACE_CHARS 64
#define PG_PATH_CHARS 128

/* Where reading stands. The first thing that is wrong is kept in |error| and
 * |fault|, and every later read does nothing: an object is read in one go and looked
 * at once, at its end. */
struct pg_fields {
  const char *what;       /* is read: "a capture", for the words */
  struct pg_arena *arena; /* copies of texts go here */
  struct pg_fault *fault;
  enum pg_error error;
  const cJSON *object;        /* whose members are read */
  char place[PG_PLACE_CHARS]; /* of that object: "tcp[3]", "" at the top */
};

enum pg_need { PG_OPTIONAL, PG_NEEDED };

/* Member |key| of the current object: found …, expected |expected|. PG_E_FORMAT. */
void pg_fields_wrong(struct pg_fields *in, const char *key, const cJSON *found,
                     const char *expected);
/* The same, said otherwise: PATH: |words|. */
void pg_fields_complain(struct pg_fields *in, const char *key, const char *words);
void pg_fields_no_memory(struct pg_fields *in);

/* The member, NULL when it is missing or null; then a needed one is an error. */
const cJSON *pg_fields_member(struct pg_fields *in, const char *key, enum pg_need need);
/* An array, or NULL. |count| is its length. */
const cJSON *pg_fields_list(struct pg_fields *in, const char *key, enum pg_need need,
                            size_t *count);
/* Goes on with the object |object|, which is member |key| of the top. */
bool pg_fields_enter(struct pg_fields *in, const char *key, const cJSON *object);
/* Goes on with element |index| of |list|, a path from the top. It must be an object. */
bool pg_fields_enter_row(struct pg_fields *in, const char *list, size_t index,
                         const cJSON *row);
void pg_fields_leave(struct pg_fields *in, const cJSON *top);

/* Missing ones are 0, PG_TIME_UNKNOWN, false and NULL. */
uint32_t pg_fields_number(struct pg_fields *in, const char *key, uint32_t min,
                          uint32_t max, enum pg_need need);
int64_t pg_fields_time(struct pg_fields *in, const char *key);
bool pg_fields_flag(struct pg_fields *in, const char *key);
/* In the JSON tree's memory, and copied into the arena. */
const char *pg_fields_borrow(struct pg_fields *in, const char *key, enum pg_need need);
const char *pg_fields_text(struct pg_fields *in, const char *key, enum pg_need need);
/* An array of strings, copied; *count is 0 and NULL returned when missing. */
const char *const *pg_fields_texts(struct pg_fields *in, const char *key, size_t *count);

/* What editors and shells put before a text: a mark that says UTF-8 is skipped, one
 * that says UTF-16 is PG_E_PARSE. */
enum pg_error pg_json_skip_mark(const char **text, size_t *len, struct pg_fault *fault);

#endif
