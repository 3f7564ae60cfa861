#include "service/policy/group_policy.h"

#include "common/limits.h"
#include "service/policy/config.h"
#include "service/policy/config_parts.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define BETWEEN_PORTS ",; \t\r\n"

static const struct {
  const char *name, *types;
} items[] = {
#define X(name, text, types) {text, types},
    GROUP_POLICY_LIST(X)
#undef X
};
#define WORD(name, text) text,
static const char *const modes[] = {PG_POLICY_MODE_LIST(WORD)};

/* --- values --- */

void group_policy_start(struct group_policy_values *values) {
  memset(values, 0, sizeof *values);
  for (int i = 0; i < GROUP_POLICY_ITEMS; i++)
    pg_text_init(&values->at[i].text, 2u * PG_CONFIG_MAX);
}

void group_policy_free(struct group_policy_values *values) {
  for (int i = 0; i < GROUP_POLICY_ITEMS; i++)
    pg_text_free(&values->at[i].text);
}

static bool equal_value(const struct group_policy_value *left,
                        const struct group_policy_value *right) {
  return left->there == right->there && left->type == right->type &&
         left->number == right->number &&
         strcmp(pg_text_str(&left->text), pg_text_str(&right->text)) == 0;
}

bool group_policy_equal(const struct group_policy_values *left,
                        const struct group_policy_values *right) {
  bool equal = strcmp(left->unreadable.message, right->unreadable.message) == 0;
  for (int i = 0; equal && i < GROUP_POLICY_ITEMS; i++)
    equal = equal_value(&left->at[i], &right->at[i]);
  return equal;
}

const char *group_policy_name(enum group_policy_item item) {
  return items[item].name;
}

enum group_policy_item group_policy_find(const char *name) {
  int i = 0;
  while (i < GROUP_POLICY_ITEMS && !pg_case_equal(items[i].name, name))
    i++;
  return (enum group_policy_item)i;
}

bool group_policy_replaces_file(const struct group_policy_values *values) {
  return values->unreadable.code != PG_OK || values->at[GROUP_POLICY_CONFIGURATION].there;
}

/* --- types --- */

static const char *type_name(uint32_t type) {
  static const struct {
    uint32_t type;
    const char *name;
  } names[] = {
#define X(name, number, text) {number, text},
      GROUP_POLICY_TYPE_LIST(X)
#undef X
  };
  for (size_t i = 0; i < COUNT(names); i++)
    if (names[i].type == type)
      return names[i].name;
  return "a type of value that portguard does not know";
}

static bool may_have(enum group_policy_item item, uint32_t type) {
  switch (item) {
  case GROUP_POLICY_GUARDED_PORTS:
    return type == GROUP_POLICY_TYPE_LINES || type == GROUP_POLICY_TYPE_TEXT;
  case GROUP_POLICY_INTERVAL:
    return type == GROUP_POLICY_TYPE_NUMBER;
  case GROUP_POLICY_MODE:
    return type == GROUP_POLICY_TYPE_TEXT;
  case GROUP_POLICY_CONFIGURATION:
    return type == GROUP_POLICY_TYPE_LINES;
  case GROUP_POLICY_ITEMS:
    break;
  }
  return false;
}

static enum pg_error check_types(const struct group_policy_values *values,
                                 struct pg_fault *fault) {
  for (int i = 0; i < GROUP_POLICY_ITEMS; i++) {
    const struct group_policy_value *value = &values->at[i];
    const char *name = items[i].name;
    if (!value->there || may_have((enum group_policy_item)i, value->type))
      continue;
    pg_fail(fault, PG_E_FORMAT, "%s: found %s, expected %s", name, type_name(value->type),
            items[i].types);
    pg_fault_param(fault, name);
    return PG_E_FORMAT;
  }
  return PG_OK;
}

/* --- single values --- */

/* As the file would have it: a number when it is one, so that both are read alike. */
static cJSON *port_of(const char *word) {
  uint32_t number = 0;
  bool is_number = word[0] != '0' && pg_parse_u32(word, &number);
  return is_number ? cJSON_CreateNumber(number) : cJSON_CreateString(word);
}

/* False: no memory. */
static bool add_ports(cJSON *object, const char *name, const char *text) {
  cJSON *list = cJSON_AddArrayToObject(object, name);
  struct pg_text word;
  bool good = list != NULL;
  pg_text_init(&word, PG_CONFIG_MAX * 2u);
  for (const char *at = text; good && *(at += strspn(at, BETWEEN_PORTS)) != '\0';) {
    size_t len = strcspn(at, BETWEEN_PORTS);
    pg_text_clear(&word);
    pg_text_add(&word, at, len);
    cJSON *port = word.failed ? NULL : port_of(pg_text_str(&word));
    good = port != NULL && cJSON_AddItemToArray(list, port);
    at += len;
  }
  pg_text_free(&word);
  return good;
}

static bool add_value(cJSON *object, const struct group_policy_values *values,
                      enum group_policy_item item) {
  const struct group_policy_value *value = &values->at[item];
  const char *name = items[item].name;
  if (!value->there)
    return true;
  switch (item) {
  case GROUP_POLICY_GUARDED_PORTS:
    return add_ports(object, name, pg_text_str(&value->text));
  case GROUP_POLICY_INTERVAL:
    return cJSON_AddNumberToObject(object, name, value->number) != NULL;
  case GROUP_POLICY_MODE:
    return cJSON_AddStringToObject(object, name, pg_text_str(&value->text)) != NULL;
  case GROUP_POLICY_CONFIGURATION:
  case GROUP_POLICY_ITEMS:
    break;
  }
  return true;
}

/* Rules that are switched off are none to the engine, so that nothing of it can act; that
 * they are there is kept for people, and their ports stay guarded. */
static void switch_off(struct pg_settings *settings) {
  settings->off_rules = settings->rules;
  settings->off_count = settings->rule_count;
  settings->rules = NULL;
  settings->rule_count = 0;
}

static void set_modes(struct pg_fields *in, struct pg_settings *settings,
                      enum pg_rule_mode mode) {
  size_t count = settings->rule_count;
  if (count == 0)
    return;
  struct pg_rule *rules = pg_arena_alloc(in->arena, count, sizeof *rules);
  if (rules == NULL) {
    pg_fields_no_memory(in);
    return;
  }
  memcpy(rules, settings->rules, count * sizeof *rules);
  for (size_t i = 0; i < count; i++)
    rules[i].mode = mode;
  settings->rules = rules;
}

static void override_modes(struct pg_fields *in, struct pg_settings *settings) {
  const char *name = items[GROUP_POLICY_MODE].name;
  if (pg_json_member(in->object, name) == NULL)
    return;
  size_t word = config_word(in, name, modes, COUNT(modes));
  settings->policy_mode = (enum pg_policy_mode)(word + 1); /* the first is "their own" */
  switch (settings->policy_mode) {
  case PG_POLICY_MODE_OWN:
    break;
  case PG_POLICY_MODE_OBSERVE:
    set_modes(in, settings, PG_MODE_OBSERVE);
    break;
  case PG_POLICY_MODE_ENFORCE:
    set_modes(in, settings, PG_MODE_ENFORCE);
    break;
  case PG_POLICY_MODE_OFF:
    switch_off(settings);
    break;
  }
}

static void override(struct pg_fields *in, struct pg_settings *settings) {
  const char *ports = items[GROUP_POLICY_GUARDED_PORTS].name;
  const char *interval = items[GROUP_POLICY_INTERVAL].name;
  if (pg_json_member(in->object, ports) != NULL) {
    config_ports(in, ports, &settings->listed);
    config_guard(in, settings);
    settings->origins[PG_MEMBER_GUARDED_PORTS] = PG_ORIGIN_GROUP_POLICY;
  }
  if (pg_json_member(in->object, interval) != NULL) {
    settings->interval_ms = config_number(in, interval, PG_INTERVAL_MIN_MS,
                                          PG_INTERVAL_MAX_MS, settings->interval_ms);
    settings->origins[PG_MEMBER_INTERVAL_MS] = PG_ORIGIN_GROUP_POLICY;
  }
  override_modes(in, settings);
}

static enum pg_error apply(const struct group_policy_values *values,
                           struct pg_settings *settings, struct pg_fault *fault) {
  cJSON *object = cJSON_CreateObject();
  bool built = object != NULL;
  struct pg_fields in = {
      .what = "Group Policy", .arena = settings->arena, .fault = fault, .object = object};
  for (int i = 0; built && i < GROUP_POLICY_ITEMS; i++)
    built = add_value(object, values, (enum group_policy_item)i);
  if (built)
    override(&in, settings);
  else
    pg_fields_no_memory(&in);
  cJSON_Delete(object);
  return in.error;
}

/* --- the whole --- */

/* The place inside the configuration is in the words. */
static enum pg_error blame_configuration(enum pg_error error, struct pg_fault *fault) {
  const char *name = items[GROUP_POLICY_CONFIGURATION].name;
  char words[sizeof fault->message];
  if (fault == NULL)
    return error;
  (void)pg_copy(words, sizeof words, fault->message);
  pg_fail(fault, error, "%s: %.480s", name, words);
  pg_fault_param(fault, name);
  return error;
}

static enum pg_error read_configuration(const struct pg_text *text,
                                        struct pg_settings **out,
                                        struct pg_fault *fault) {
  enum pg_error error = config_read(pg_text_str(text), text->len, out, fault);
  if (error != PG_OK)
    return blame_configuration(error, fault);
  (*out)->base = PG_ORIGIN_GROUP_POLICY;
  for (int i = 0; i < PG_MEMBERS; i++)
    if ((*out)->origins[i] == PG_ORIGIN_FILE)
      (*out)->origins[i] = PG_ORIGIN_GROUP_POLICY;
  return PG_OK;
}

/* Without the single values. */
static enum pg_error read_base(const struct group_policy_values *values,
                               const struct pg_text *file, struct pg_settings **out,
                               enum pg_origin *culprit, struct pg_fault *fault) {
  if (values->at[GROUP_POLICY_CONFIGURATION].there)
    return read_configuration(&values->at[GROUP_POLICY_CONFIGURATION].text, out, fault);
  *culprit = PG_ORIGIN_FILE;
  if (file != NULL)
    return config_read(pg_text_str(file), file->len, out, fault);
  *out = settings_default();
  return *out != NULL
             ? PG_OK
             : pg_fail(fault, PG_E_NOMEM, "not enough memory for a configuration");
}

enum pg_error group_policy_merge(const struct group_policy_values *values,
                                 const struct pg_text *file, struct pg_settings **out,
                                 enum pg_origin *culprit, struct pg_fault *fault) {
  *out = NULL;
  *culprit = PG_ORIGIN_GROUP_POLICY;
  if (values->unreadable.code != PG_OK) {
    if (fault != NULL)
      *fault = values->unreadable;
    return values->unreadable.code;
  }
  enum pg_error error = check_types(values, fault);
  if (error == PG_OK)
    error = read_base(values, file, out, culprit, fault);
  if (error != PG_OK)
    return error;
  *culprit = PG_ORIGIN_GROUP_POLICY;
  error = apply(values, *out, fault);
  if (error != PG_OK) {
    settings_free(*out);
    *out = NULL;
  }
  return error;
}
