#include "common/json.h"
#include "common/limits.h"
#include "service/policy/group_policy.h"

#include <string.h>

static void read_lines(const cJSON *list, struct group_policy_value *value) {
  const cJSON *line;
  value->type = GROUP_POLICY_TYPE_LINES;
  cJSON_ArrayForEach(line, list) {
    if (!cJSON_IsString(line)) {
      value->type = GROUP_POLICY_TYPE_BINARY;
      return;
    }
    pg_text_str_add(&value->text, line->valuestring);
    pg_text_char(&value->text, '\n');
  }
}

static void read_value(const cJSON *member, struct group_policy_value *value) {
  double number = cJSON_IsNumber(member) ? member->valuedouble : -1;
  value->there = true;
  value->type = GROUP_POLICY_TYPE_BINARY;
  if (number >= 0 && number <= UINT32_MAX && number == (uint32_t)number) {
    value->type = GROUP_POLICY_TYPE_NUMBER;
    value->number = (uint32_t)number;
  } else if (cJSON_IsString(member)) {
    value->type = GROUP_POLICY_TYPE_TEXT;
    pg_text_str_add(&value->text, member->valuestring);
  } else if (cJSON_IsArray(member)) {
    read_lines(member, value);
  }
}

void group_policy_read_text(const char *text, size_t len,
                            struct group_policy_values *out) {
  static const struct pg_json_limits limits = {.bytes = 2u * PG_CONFIG_MAX,
                                               .depth = PG_CONFIG_DEPTH};
  cJSON *tree = NULL;
  const cJSON *member;
  if (pg_json_read_by_line(text, len, &limits, &tree, &out->unreadable) != PG_OK)
    return;
  cJSON_ArrayForEach(member, tree) {
    enum group_policy_item item = GROUP_POLICY_ITEMS;
    if (member->string != NULL)
      item = group_policy_find(member->string);
    if (item != GROUP_POLICY_ITEMS)
      read_value(member, &out->at[item]);
  }
  cJSON_Delete(tree);
}
