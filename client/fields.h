/* Members of an answer, read with tolerance: what is missing or of another type
 * is "not said", so that a newer service can be shown by an older client. */
#ifndef PG_FIELDS_H
#define PG_FIELDS_H

#include <cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* |object| may be NULL everywhere. */
const char *field_text(const cJSON *object, const char *key);    /* or NULL */
const cJSON *field_object(const cJSON *object, const char *key); /* or NULL */
const cJSON *field_array(const cJSON *object, const char *key);  /* or NULL */
/* It is this text. */
bool field_says(const cJSON *object, const char *key, const char *text);
bool field_is(const cJSON *object, const char *key, bool value);
/* An integer that a double holds exactly, else |missing|. */
int64_t field_int(const cJSON *object, const char *key, int64_t missing);
double field_number(const cJSON *object, const char *key, double missing);
/* Unix milliseconds, PG_TIME_UNKNOWN when not said. */
int64_t field_time(const cJSON *object, const char *key);
bool field_integral(const cJSON *number, int64_t *value);

#endif
