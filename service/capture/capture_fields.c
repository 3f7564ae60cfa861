#include "service/capture/capture_fields.h"

#include "common/timestamp.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PATH_CHARS 128
#define INDEX_CHARS 24 /* "[18446744073709551615]" */

static const char *path_of(const struct capture_in *in, const char *key, char *out,
                           size_t size) {
  const char *dot = in->place[0] != '\0' && key[0] != '\0' ? "." : "";
  snprintf(out, size, "%s%s%s", in->place, dot, key);
  return out;
}

void capture_wrong(struct capture_in *in, const char *key, const cJSON *found,
                   const char *expected) {
  char path[PATH_CHARS], what[PG_JSON_FOUND_CHARS];
  if (in->error != PG_OK)
    return;

  in->error = pg_fail(in->fault, PG_E_FORMAT, "%s: found %s, expected %s",
                      path_of(in, key, path, sizeof path),
                      pg_json_found(found, what, sizeof what), expected);
  pg_fault_param(in->fault, path);
}

static void missing(struct capture_in *in, const char *key) {
  char path[PATH_CHARS];
  in->error =
      pg_fail(in->fault, PG_E_FORMAT, "%s: missing, and a capture cannot be without it",
              path_of(in, key, path, sizeof path));
  pg_fault_param(in->fault, path);
}

void capture_no_memory(struct capture_in *in) {
  if (in->error != PG_OK)
    return;
  in->error = pg_fail(in->fault, PG_E_NOMEM, "not enough memory for this capture");
}

const cJSON *capture_member(struct capture_in *in, const char *key,
                            enum capture_need need) {
  if (in->error != PG_OK)
    return NULL;

  const cJSON *member = pg_json_member(in->object, key);
  if (member != NULL && !cJSON_IsNull(member))
    return member;
  if (need == CAPTURE_NEEDED)
    missing(in, key);
  return NULL;
}

const cJSON *capture_list(struct capture_in *in, const char *key, enum capture_need need,
                          size_t *count) {
  const cJSON *list = capture_member(in, key, need);

  *count = 0;
  if (list == NULL)
    return NULL;
  if (!cJSON_IsArray(list)) {
    capture_wrong(in, key, list, "an array");
    return NULL;
  }
  for (const cJSON *row = list->child; row != NULL; row = row->next)
    ++*count;
  return list;
}

/* Goes on with element |index| of |list|, which must be an object. */
static bool enter_row(struct capture_in *in, const char *list, size_t index,
                      const cJSON *row) {
  if (in->error != PG_OK)
    return false;
  snprintf(in->place, sizeof in->place, "%s[%lu]", list, (unsigned long)index);
  in->object = row;
  if (!cJSON_IsObject(row))
    capture_wrong(in, "", row, "an object");
  return in->error == PG_OK;
}

bool capture_enter(struct capture_in *in, const char *key, const cJSON *object) {
  if (!cJSON_IsObject(object))
    capture_wrong(in, key, object, "an object");
  if (in->error != PG_OK)
    return false;
  snprintf(in->place, sizeof in->place, "%s", key);
  in->object = object;
  return true;
}

void capture_leave(struct capture_in *in, const cJSON *top) {
  in->place[0] = '\0';
  in->object = top;
}

uint32_t capture_number(struct capture_in *in, const char *key, uint32_t min,
                        uint32_t max, enum capture_need need) {
  const cJSON *member = capture_member(in, key, need);
  if (member == NULL)
    return 0;

  double value = cJSON_IsNumber(member) ? member->valuedouble : -1;
  if (value >= min && value <= max && value == floor(value))
    return (uint32_t)value;
  char range[32];
  snprintf(range, sizeof range, "%" PRIu32 "-%" PRIu32, min, max);
  capture_wrong(in, key, member, range);
  return 0;
}

int64_t capture_time(struct capture_in *in, const char *key) {
  int64_t unix_ms = PG_TIME_UNKNOWN;
  const cJSON *member = capture_member(in, key, CAPTURE_OPTIONAL);
  if (member == NULL)
    return unix_ms;
  if (!cJSON_IsString(member) || !pg_time_parse(member->valuestring, &unix_ms)) {
    capture_wrong(in, key, member, "a UTC time like \"2026-03-02T12:26:31Z\"");
    return PG_TIME_UNKNOWN;
  }
  return unix_ms;
}

bool capture_flag(struct capture_in *in, const char *key) {
  const cJSON *member = capture_member(in, key, CAPTURE_OPTIONAL);
  if (member != NULL && !cJSON_IsBool(member)) {
    capture_wrong(in, key, member, "true or false");
  }
  return member != NULL && cJSON_IsTrue(member);
}

const char *capture_borrow(struct capture_in *in, const char *key,
                           enum capture_need need) {
  const cJSON *member = capture_member(in, key, need);
  if (member == NULL)
    return NULL;
  if (cJSON_IsString(member))
    return member->valuestring;
  capture_wrong(in, key, member, "a string");
  return NULL;
}

const char *capture_text(struct capture_in *in, const char *key, enum capture_need need) {
  const char *text = capture_borrow(in, key, need);
  const char *copy = pg_arena_str(in->arena, text);
  if (text != NULL && copy == NULL)
    capture_no_memory(in);
  return copy;
}

static const char *copy_element(struct capture_in *in, const char *key, size_t index,
                                const cJSON *value) {
  if (!cJSON_IsString(value)) {
    char place[CAPTURE_PLACE_CHARS];
    snprintf(place, sizeof place, "%s[%lu]", key, (unsigned long)index);
    capture_wrong(in, place, value, "a string");
    return NULL;
  }
  const char *copy = pg_arena_str(in->arena, value->valuestring);
  if (copy == NULL)
    capture_no_memory(in);
  return copy;
}

const char *const *capture_texts(struct capture_in *in, const char *key, size_t *count) {
  const cJSON *list = capture_list(in, key, CAPTURE_OPTIONAL, count);
  if (*count == 0)
    return NULL;

  const char **texts = pg_arena_alloc(in->arena, *count, sizeof *texts);
  if (texts == NULL) {
    capture_no_memory(in);
    return NULL;
  }
  const cJSON *value = list->child;
  for (size_t i = 0; value != NULL; i++, value = value->next) {
    texts[i] = copy_element(in, key, i, value);
  }
  return texts;
}

void capture_address(struct capture_in *in, struct pg_address *address) {
  const char *family = capture_borrow(in, "family", CAPTURE_NEEDED);
  const char *text = capture_borrow(in, "local_address", CAPTURE_NEEDED);
  if (in->error != PG_OK)
    return;

  bool ipv4 = strcmp(family, pg_family_name(PG_IPV4)) == 0;
  if (!ipv4 && strcmp(family, pg_family_name(PG_IPV6)) != 0) {
    capture_wrong(in, "family", pg_json_member(in->object, "family"), "ipv4 or ipv6");
  } else if (!pg_address_parse(ipv4 ? PG_IPV4 : PG_IPV6, text, address)) {
    capture_wrong(in, "local_address", pg_json_member(in->object, "local_address"),
                  ipv4 ? "an IPv4 address" : "an IPv6 address");
  }
}

bool capture_rows(struct capture_in *in, struct pg_snapshot *snapshot,
                  const struct capture_table *table) {
  const cJSON *object = in->object;
  char place[CAPTURE_PLACE_CHARS], list[CAPTURE_PLACE_CHARS - INDEX_CHARS];
  size_t count, index = 0;
  const cJSON *rows = capture_list(in, table->key, table->need, &count);
  if (rows == NULL)
    return false;

  memcpy(place, in->place, sizeof place);
  snprintf(list, sizeof list, "%.*s%s%s", (int)sizeof list / 2, place,
           place[0] != '\0' ? "." : "", table->key);
  if (!table->room(snapshot, count))
    capture_no_memory(in);
  for (const cJSON *row = rows->child; row != NULL; row = row->next, index++) {
    if (!enter_row(in, list, index, row))
      break;
    table->read_row(in, snapshot, index);
  }
  in->object = object;
  memcpy(in->place, place, sizeof place);
  return in->error == PG_OK;
}
