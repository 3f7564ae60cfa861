#include "common/json_fields.h"

#include "common/timestamp.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *path_of(const struct pg_fields *in, const char *key, char *out,
                           size_t size) {
  const char *dot = in->place[0] != '\0' && key[0] != '\0' ? "." : "";
  snprintf(out, size, "%s%s%s", in->place, dot, key);
  return out;
}

void pg_fields_wrong(struct pg_fields *in, const char *key, const cJSON *found,
                     const char *expected) {
  char path[PG_PATH_CHARS], what[PG_JSON_FOUND_CHARS];
  if (in->error != PG_OK)
    return;

  in->error = pg_fail(in->fault, PG_E_FORMAT, "%s: found %s, expected %s",
                      path_of(in, key, path, sizeof path),
                      pg_json_found(found, what, sizeof what), expected);
  pg_fault_param(in->fault, path);
}

void pg_fields_complain(struct pg_fields *in, const char *key, const char *words) {
  char path[PG_PATH_CHARS];
  if (in->error != PG_OK)
    return;
  in->error = pg_fail(in->fault, PG_E_FORMAT, "%s: %s",
                      path_of(in, key, path, sizeof path), words);
  pg_fault_param(in->fault, path);
}

static void missing(struct pg_fields *in, const char *key) {
  char path[PG_PATH_CHARS];
  in->error = pg_fail(in->fault, PG_E_FORMAT, "%s: missing, and %s cannot be without it",
                      path_of(in, key, path, sizeof path), in->what);
  pg_fault_param(in->fault, path);
}

void pg_fields_no_memory(struct pg_fields *in) {
  if (in->error != PG_OK)
    return;
  in->error = pg_fail(in->fault, PG_E_NOMEM, "not enough memory for %s", in->what);
}

const cJSON *pg_fields_member(struct pg_fields *in, const char *key, enum pg_need need) {
  if (in->error != PG_OK)
    return NULL;

  const cJSON *member = pg_json_member(in->object, key);
  if (member != NULL && !cJSON_IsNull(member))
    return member;
  if (need == PG_NEEDED)
    missing(in, key);
  return NULL;
}

const cJSON *pg_fields_list(struct pg_fields *in, const char *key, enum pg_need need,
                            size_t *count) {
  const cJSON *list = pg_fields_member(in, key, need);

  *count = 0;
  if (list == NULL)
    return NULL;
  if (!cJSON_IsArray(list)) {
    pg_fields_wrong(in, key, list, "an array");
    return NULL;
  }
  for (const cJSON *row = list->child; row != NULL; row = row->next)
    ++*count;
  return list;
}

bool pg_fields_enter_row(struct pg_fields *in, const char *list, size_t index,
                         const cJSON *row) {
  if (in->error != PG_OK)
    return false;
  snprintf(in->place, sizeof in->place, "%s[%lu]", list, (unsigned long)index);
  in->object = row;
  if (!cJSON_IsObject(row))
    pg_fields_wrong(in, "", row, "an object");
  return in->error == PG_OK;
}

bool pg_fields_enter(struct pg_fields *in, const char *key, const cJSON *object) {
  if (!cJSON_IsObject(object))
    pg_fields_wrong(in, key, object, "an object");
  if (in->error != PG_OK)
    return false;
  snprintf(in->place, sizeof in->place, "%s", key);
  in->object = object;
  return true;
}

void pg_fields_leave(struct pg_fields *in, const cJSON *top) {
  in->place[0] = '\0';
  in->object = top;
}

uint32_t pg_fields_number(struct pg_fields *in, const char *key, uint32_t min,
                          uint32_t max, enum pg_need need) {
  const cJSON *member = pg_fields_member(in, key, need);
  if (member == NULL)
    return 0;

  double value = cJSON_IsNumber(member) ? member->valuedouble : -1;
  if (value >= min && value <= max && value == floor(value))
    return (uint32_t)value;
  char range[32];
  snprintf(range, sizeof range, "%" PRIu32 "-%" PRIu32, min, max);
  pg_fields_wrong(in, key, member, range);
  return 0;
}

int64_t pg_fields_time(struct pg_fields *in, const char *key) {
  int64_t unix_ms = PG_TIME_UNKNOWN;
  const cJSON *member = pg_fields_member(in, key, PG_OPTIONAL);
  if (member == NULL)
    return unix_ms;
  if (!cJSON_IsString(member) || !pg_time_parse(member->valuestring, &unix_ms)) {
    pg_fields_wrong(in, key, member, "a UTC time like \"2026-03-02T12:26:31Z\"");
    return PG_TIME_UNKNOWN;
  }
  return unix_ms;
}

bool pg_fields_flag(struct pg_fields *in, const char *key) {
  const cJSON *member = pg_fields_member(in, key, PG_OPTIONAL);
  if (member != NULL && !cJSON_IsBool(member)) {
    pg_fields_wrong(in, key, member, "true or false");
  }
  return member != NULL && cJSON_IsTrue(member);
}

const char *pg_fields_borrow(struct pg_fields *in, const char *key, enum pg_need need) {
  const cJSON *member = pg_fields_member(in, key, need);
  if (member == NULL)
    return NULL;
  if (cJSON_IsString(member))
    return member->valuestring;
  pg_fields_wrong(in, key, member, "a string");
  return NULL;
}

const char *pg_fields_text(struct pg_fields *in, const char *key, enum pg_need need) {
  const char *text = pg_fields_borrow(in, key, need);
  const char *copy = pg_arena_str(in->arena, text);
  if (text != NULL && copy == NULL)
    pg_fields_no_memory(in);
  return copy;
}

static const char *copy_element(struct pg_fields *in, const char *key, size_t index,
                                const cJSON *value) {
  if (!cJSON_IsString(value)) {
    char place[PG_PLACE_CHARS];
    snprintf(place, sizeof place, "%s[%lu]", key, (unsigned long)index);
    pg_fields_wrong(in, place, value, "a string");
    return NULL;
  }
  const char *copy = pg_arena_str(in->arena, value->valuestring);
  if (copy == NULL)
    pg_fields_no_memory(in);
  return copy;
}

const char *const *pg_fields_texts(struct pg_fields *in, const char *key, size_t *count) {
  const cJSON *list = pg_fields_list(in, key, PG_OPTIONAL, count);
  if (*count == 0)
    return NULL;

  const char **texts = pg_arena_alloc(in->arena, *count, sizeof *texts);
  if (texts == NULL) {
    pg_fields_no_memory(in);
    return NULL;
  }
  const cJSON *value = list->child;
  for (size_t i = 0; value != NULL; i++, value = value->next) {
    texts[i] = copy_element(in, key, i, value);
  }
  return texts;
}

enum pg_error pg_json_skip_mark(const char **text, size_t *len, struct pg_fault *fault) {
  if (*len >= 3 && memcmp(*text, "\xEF\xBB\xBF", 3) == 0) {
    *text += 3;
    *len -= 3;
  }
  if (*len < 2 ||
      (memcmp(*text, "\xFF\xFE", 2) != 0 && memcmp(*text, "\xFE\xFF", 2) != 0)) {
    return PG_OK;
  }
  return pg_fail(fault, PG_E_PARSE,
                 "the text is UTF-16, expected UTF-8 (PowerShell's > makes it so)");
}
