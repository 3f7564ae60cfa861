#include "service/control/params.h"

#include "common/limits.h"

#include <stdio.h>
#include <string.h>

#define EXPECTED_CHARS 96

static void add_choices(char *out, size_t size, const char *const *choices) {
  struct pg_text text;
  pg_text_init(&text, size - 1);
  for (size_t i = 0; choices[i] != NULL; i++)
    pg_text_printf(&text, "%s\"%s\"", i > 0 ? " or " : "", choices[i]);
  (void)pg_copy(out, size, pg_text_str(&text));
  pg_text_free(&text);
}

/* What would be right, for a message. */
static void expected(const struct control_param *param, char *out, size_t size) {
  unsigned long min = param->min, max = param->max;
  switch (param->type) {
  case CONTROL_NUMBER:
    (void)snprintf(out, size, "%lu-%lu", min, max);
    break;
  case CONTROL_TEXT:
    (void)snprintf(out, size, "a text of %lu-%lu bytes", min, max);
    break;
  case CONTROL_TEXTS:
    (void)snprintf(out, size, "a list of at most %lu texts of 1-%d bytes", max,
                   PG_REQUEST_TEXT_MAX);
    break;
  case CONTROL_PORTS:
    (void)snprintf(out, size, "a list of at most %lu ports of 1-65535", max);
    break;
  case CONTROL_ID:
    (void)snprintf(out, size, "0-%lld", (long long)PG_ID_MAX);
    break;
  case CONTROL_CHOICE:
    add_choices(out, size, param->choices);
    break;
  case CONTROL_FLAG:
    (void)snprintf(out, size, "true or false");
    break;
  }
}

static enum pg_error wrong(const struct control_param *param, const cJSON *value,
                           struct pg_fault *fault) {
  char right[EXPECTED_CHARS], found[PG_JSON_FOUND_CHARS];
  expected(param, right, sizeof right);
  if (value == NULL)
    pg_fail(fault, PG_E_PARAMS, "\"%s\" is missing: expected %s", param->name, right);
  else if (cJSON_IsNull(value))
    pg_fail(fault, PG_E_PARAMS, "\"%s\": found null, expected %s", param->name, right);
  else
    pg_fail(fault, PG_E_PARAMS, "\"%s\": found %s, expected %s", param->name,
            pg_json_found(value, found, sizeof found), right);
  pg_fault_param(fault, param->name);
  return PG_E_PARAMS;
}

static bool has_length(const cJSON *value, size_t min, size_t max) {
  size_t len = cJSON_IsString(value) ? strlen(value->valuestring) : SIZE_MAX;
  return len >= min && len <= max;
}

/* In range first: only then does a conversion to an integer mean anything. */
static bool is_whole(const cJSON *value, double min, double max) {
  double number = cJSON_IsNumber(value) ? value->valuedouble : -1;
  return number >= min && number <= max && number == (double)(int64_t)number;
}

static bool is_text_entry(const cJSON *value) {
  return has_length(value, 1, PG_REQUEST_TEXT_MAX);
}

static bool is_port_entry(const cJSON *value) {
  return is_whole(value, 1, UINT16_MAX);
}

static bool read_list(const struct control_param *param, const cJSON *value,
                      struct control_arg *arg, bool (*fits)(const cJSON *)) {
  const cJSON *entry;
  uint32_t count = 0;
  if (!cJSON_IsArray(value))
    return false;
  cJSON_ArrayForEach(entry, value) {
    if (++count > param->max || !fits(entry))
      return false;
  }
  arg->list = value;
  return true;
}

static bool read_choice(const struct control_param *param, const cJSON *value,
                        struct control_arg *arg) {
  for (uint32_t i = 0; cJSON_IsString(value) && param->choices[i] != NULL; i++)
    if (strcmp(param->choices[i], value->valuestring) == 0) {
      arg->number = i;
      return true;
    }
  return false;
}

static bool read_number(const struct control_param *param, const cJSON *value,
                        struct control_arg *arg) {
  if (!is_whole(value, param->min, param->max))
    return false;
  arg->number = (uint32_t)value->valuedouble;
  return true;
}

static bool read_id(const cJSON *value, struct control_arg *arg) {
  if (!is_whole(value, 0, (double)PG_ID_MAX))
    return false;
  arg->id = (int64_t)value->valuedouble;
  return true;
}

static bool read_value(const struct control_param *param, const cJSON *value,
                       struct control_arg *arg) {
  switch (param->type) {
  case CONTROL_NUMBER:
    return read_number(param, value, arg);
  case CONTROL_TEXT:
    arg->text = value->valuestring;
    return has_length(value, param->min, param->max);
  case CONTROL_TEXTS:
    return read_list(param, value, arg, is_text_entry);
  case CONTROL_PORTS:
    return read_list(param, value, arg, is_port_entry);
  case CONTROL_ID:
    return read_id(value, arg);
  case CONTROL_CHOICE:
    return read_choice(param, value, arg);
  case CONTROL_FLAG:
    arg->number = cJSON_IsTrue(value) ? 1 : 0;
    return cJSON_IsBool(value);
  }
  return false;
}

static bool is_param(const struct control_verb *verb, const char *name) {
  for (size_t i = 0; i < verb->param_count; i++)
    if (strcmp(verb->params[i].name, name) == 0)
      return true;
  return false;
}

static enum pg_error check_names(const struct control_verb *verb, const cJSON *params,
                                 struct pg_fault *fault) {
  char shown[80];
  if (params != NULL && !cJSON_IsObject(params))
    return pg_fail(fault, PG_E_PARAMS, "\"params\" must be an object");
  const cJSON *member;
  cJSON_ArrayForEach(member, params) {
    if (is_param(verb, member->string))
      continue;
    pg_escape(shown, sizeof shown, member->string);
    pg_fail(fault, PG_E_PARAMS, "unknown parameter \"%s\"", shown);
    pg_fault_param(fault, shown);
    return PG_E_PARAMS;
  }
  return PG_OK;
}

enum pg_error params_read(const struct control_verb *verb, const cJSON *params,
                          struct control_arg args[CONTROL_ARGS_MAX],
                          struct pg_fault *fault) {
  enum pg_error error = check_names(verb, params, fault);
  for (size_t i = 0; error == PG_OK && i < verb->param_count; i++) {
    const struct control_param *param = &verb->params[i];
    const cJSON *value = params != NULL ? pg_json_member(params, param->name) : NULL;
    args[i].given = value != NULL;
    if (value != NULL ? !read_value(param, value, &args[i]) : param->required)
      error = wrong(param, value, fault);
  }
  return error;
}
