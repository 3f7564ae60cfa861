/* Typed, strict reads of a capture's rows, with the JSON path in the words. For
 * capture_read.c only. */
#ifndef PG_CAPTURE_FIELDS_H
#define PG_CAPTURE_FIELDS_H

#include "common/arena.h"
#include "common/json.h"
#include "service/snapshot/snapshot.h"

#define CAPTURE_PLACE_CHARS 64

/* Where reading stands. The first thing that is wrong is kept in |error| and
 * |fault|, and every later read does nothing: a row is read in one go and looked
 * at once, at its end. */
struct capture_in {
  struct pg_arena *arena; /* copies of texts go here */
  struct pg_fault *fault;
  enum pg_error error;
  const cJSON *object;             /* whose members are read */
  char place[CAPTURE_PLACE_CHARS]; /* of that object: "tcp[3]", "" at the top */
};

enum capture_need { CAPTURE_OPTIONAL, CAPTURE_NEEDED };

/* Member |key| of the current object: found …, expected |expected|. */
void capture_wrong(struct capture_in *in, const char *key, const cJSON *found,
                   const char *expected);
void capture_no_memory(struct capture_in *in);

/* The member, NULL when it is missing or null; then a needed one is an error. */
const cJSON *capture_member(struct capture_in *in, const char *key,
                            enum capture_need need);
/* An array, or NULL. |count| is its length. */
const cJSON *capture_list(struct capture_in *in, const char *key, enum capture_need need,
                          size_t *count);
/* Goes on with the object |object|, which is member |key| of the top. */
bool capture_enter(struct capture_in *in, const char *key, const cJSON *object);
void capture_leave(struct capture_in *in, const cJSON *top);

/* Missing ones are 0, PG_TIME_UNKNOWN, false and NULL. */
uint32_t capture_number(struct capture_in *in, const char *key, uint32_t min,
                        uint32_t max, enum capture_need need);
int64_t capture_time(struct capture_in *in, const char *key);
bool capture_flag(struct capture_in *in, const char *key);
/* In the JSON tree's memory, and copied into the arena. */
const char *capture_borrow(struct capture_in *in, const char *key,
                           enum capture_need need);
const char *capture_text(struct capture_in *in, const char *key, enum capture_need need);
/* An array of strings, copied; *count is 0 and NULL returned when missing. */
const char *const *capture_texts(struct capture_in *in, const char *key, size_t *count);

/* The address in "family" and "local_address". */
void capture_address(struct capture_in *in, struct pg_address *address);

/* One array of objects, or none. */
struct capture_table {
  const char *key;
  enum capture_need need;
  bool (*room)(struct pg_snapshot *snapshot, size_t count); /* false: no memory */
  void (*read_row)(struct capture_in *in, struct pg_snapshot *snapshot, size_t index);
};

/* Reads member |table->key| of the current object, and stays at that object. False
 * when the member is missing or something was wrong. */
bool capture_rows(struct capture_in *in, struct pg_snapshot *snapshot,
                  const struct capture_table *table);

#endif
