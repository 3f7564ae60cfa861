#include "client/fields.h"

#include "common/json.h"
#include "common/timestamp.h"

#include <string.h>

#define EXACT_MAX 9007199254740992.0 /* 2^53 */

static const cJSON *member(const cJSON *object, const char *key) {
  return cJSON_IsObject(object) ? pg_json_member(object, key) : NULL;
}

const char *field_text(const cJSON *object, const char *key) {
  const cJSON *value = member(object, key);
  return cJSON_IsString(value) ? value->valuestring : NULL;
}

bool field_says(const cJSON *object, const char *key, const char *text) {
  const char *found = field_text(object, key);
  return found != NULL && strcmp(found, text) == 0;
}

const cJSON *field_object(const cJSON *object, const char *key) {
  const cJSON *value = member(object, key);
  return cJSON_IsObject(value) ? value : NULL;
}

const cJSON *field_array(const cJSON *object, const char *key) {
  const cJSON *value = member(object, key);
  return cJSON_IsArray(value) ? value : NULL;
}

bool field_is(const cJSON *object, const char *key, bool value) {
  const cJSON *found = member(object, key);
  return value ? cJSON_IsTrue(found) : cJSON_IsFalse(found);
}

bool field_integral(const cJSON *number, int64_t *value) {
  if (!cJSON_IsNumber(number))
    return false;
  double found = number->valuedouble;
  if (!(found >= -EXACT_MAX && found <= EXACT_MAX))
    return false;
  *value = (int64_t)found;
  return !((double)*value < found) && !((double)*value > found);
}

int64_t field_int(const cJSON *object, const char *key, int64_t missing) {
  int64_t value = 0;
  return field_integral(member(object, key), &value) ? value : missing;
}

double field_number(const cJSON *object, const char *key, double missing) {
  const cJSON *value = member(object, key);
  return cJSON_IsNumber(value) ? value->valuedouble : missing;
}

int64_t field_time(const cJSON *object, const char *key) {
  const char *text = field_text(object, key);
  int64_t unix_ms = PG_TIME_UNKNOWN;
  if (text == NULL || !pg_time_parse(text, &unix_ms))
    return PG_TIME_UNKNOWN;
  return unix_ms;
}
