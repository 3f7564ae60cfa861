#include "common/json.h"
#include "common/json_scan.h"
#include "common/sort.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUOTED 96
#define FEW_KEYS 16

/* --- duplicate keys --- */

static enum pg_error duplicate(const char *key, struct pg_fault *fault) {
  char quoted[QUOTED];
  return pg_fail(fault, PG_E_PARSE, "duplicate key \"%s\"",
                 pg_escape(quoted, sizeof quoted, key));
}

static int by_text(const void *left, const void *right) {
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static enum pg_error check_many_keys(const cJSON *object, size_t count,
                                     struct pg_fault *fault) {
  enum pg_error error = PG_OK;
  size_t filled = 0;
  const char **keys = calloc(count, sizeof *keys);
  if (!keys)
    return pg_fail(fault, PG_E_NOMEM, "out of memory while reading JSON");
  for (const cJSON *member = object->child; member && filled < count;
       member = member->next)
    keys[filled++] = member->string;
  if (!pg_sort(keys, filled, sizeof *keys, by_text))
    error = pg_fail(fault, PG_E_NOMEM, "out of memory while reading JSON");
  for (size_t i = 1; !error && i < filled; i++)
    if (strcmp(keys[i - 1], keys[i]) == 0)
      error = duplicate(keys[i], fault);
  free((void *)keys);
  return error;
}

static enum pg_error check_keys(const cJSON *object, struct pg_fault *fault) {
  size_t count = 0;
  for (const cJSON *member = object->child; member; member = member->next)
    count++;
  if (count > FEW_KEYS)
    return check_many_keys(object, count, fault);
  for (const cJSON *member = object->child; member; member = member->next)
    for (const cJSON *other = member->next; other; other = other->next)
      if (strcmp(member->string, other->string) == 0)
        return duplicate(member->string, fault);
  return PG_OK;
}

/* The path of what was wrong is put together from its end, on the way out. */
static void prepend(struct pg_fault *fault, const cJSON *child, size_t index) {
  char path[2 * QUOTED], key[QUOTED / 2];
  if (!fault)
    return;
  const char *dot = fault->param[0] != '\0' && fault->param[0] != '[' ? "." : "";
  if (child->string)
    (void)snprintf(path, sizeof path, "%s%s%s", pg_escape(key, sizeof key, child->string),
                   dot, fault->param);
  else
    (void)snprintf(path, sizeof path, "[%zu]%s%s", index, dot, fault->param);
  pg_fault_param(fault, path);
}

/* Recursion is fine: the scan has bounded the depth. */
static enum pg_error check_tree(const cJSON *value, struct pg_fault *fault) {
  enum pg_error error = cJSON_IsObject(value) ? check_keys(value, fault) : PG_OK;
  size_t index = 0;
  for (const cJSON *child = value->child; !error && child; child = child->next) {
    if (child->child)
      error = check_tree(child, fault);
    if (error)
      prepend(fault, child, index);
    index++;
  }
  return error;
}

static enum pg_error read_text(const char *text, size_t len,
                               const struct pg_json_limits *limits, bool by_line,
                               cJSON **tree, struct pg_fault *fault) {
  *tree = NULL;
  enum pg_error error = pg_json_scan(text, len, limits, by_line, fault);
  if (error)
    return error;
  cJSON *root = cJSON_ParseWithLengthOpts(text, len, NULL, 0);
  if (!root) /* the scan has accepted it, so nothing else is left */
    return pg_fail(fault, PG_E_NOMEM, "out of memory while reading JSON");
  error = check_tree(root, fault);
  if (error)
    cJSON_Delete(root);
  else
    *tree = root;
  return error;
}

enum pg_error pg_json_read(const char *text, size_t len,
                           const struct pg_json_limits *limits, cJSON **tree,
                           struct pg_fault *fault) {
  return read_text(text, len, limits, false, tree, fault);
}

enum pg_error pg_json_read_by_line(const char *text, size_t len,
                                   const struct pg_json_limits *limits, cJSON **tree,
                                   struct pg_fault *fault) {
  return read_text(text, len, limits, true, tree, fault);
}

/* --- typed reads --- */

const cJSON *pg_json_member(const cJSON *object, const char *key) {
  return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

/* The member, or NULL when it is missing or null. */
static const cJSON *present(const cJSON *object, const char *key) {
  const cJSON *member = pg_json_member(object, key);
  return cJSON_IsNull(member) ? NULL : member;
}

const char *pg_json_found(const cJSON *value, char *out, size_t size) {
  char quoted[QUOTED];
  if (value == NULL || cJSON_IsNull(value))
    (void)pg_copy(out, size, "nothing");
  else if (cJSON_IsString(value))
    (void)snprintf(out, size, "\"%s\"",
                   pg_escape(quoted, sizeof quoted, value->valuestring));
  else if (cJSON_IsNumber(value))
    (void)snprintf(out, size, "%.15g", value->valuedouble);
  else if (cJSON_IsBool(value))
    (void)pg_copy(out, size, cJSON_IsTrue(value) ? "true" : "false");
  else
    (void)pg_copy(out, size, cJSON_IsObject(value) ? "an object" : "an array");
  return out;
}

static enum pg_error wrong(const cJSON *value, const char *key, const char *wanted,
                           struct pg_fault *fault) {
  char found[PG_JSON_FOUND_CHARS];
  (void)pg_fail(fault, PG_E_PARAMS, "\"%s\": found %s, expected %s", key,
                pg_json_found(value, found, sizeof found), wanted);
  pg_fault_param(fault, key);
  return PG_E_PARAMS;
}

enum pg_error pg_json_u32(const cJSON *object, const char *key, uint32_t min,
                          uint32_t max, uint32_t *out, struct pg_fault *fault) {
  char range[48];
  const cJSON *member = present(object, key);
  if (!member)
    return PG_OK;
  bool is_number = cJSON_IsNumber(member);
  double value = is_number ? member->valuedouble : 0;
  /* In range first: only then does the conversion to an integer mean anything. */
  if (is_number && value >= min && value <= max && value == (uint32_t)value) {
    *out = (uint32_t)value;
    return PG_OK;
  }
  (void)snprintf(range, sizeof range, "%s%" PRIu32 "-%" PRIu32,
                 is_number ? "" : "a number ", min, max);
  return wrong(member, key, range, fault);
}
