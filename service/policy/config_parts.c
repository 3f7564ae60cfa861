#include "service/policy/config_parts.h"

#include <stdio.h>
#include <string.h>

#define EXPECTED_CHARS 256

/* "one of: a, b, c", cut where it would be too long to read. */
static const char *choice(const char *const *words, size_t count,
                          char out[EXPECTED_CHARS]) {
  struct pg_text text;
  pg_text_init(&text, EXPECTED_CHARS - 1);
  pg_text_str_add(&text, "one of: ");
  for (size_t i = 0; i < count; i++)
    pg_text_printf(&text, "%s%s", i > 0 ? ", " : "", words[i]);
  (void)pg_copy(out, EXPECTED_CHARS, pg_text_str(&text));
  pg_text_free(&text);
  return out;
}

static bool is_among(const char *word, const char *const *words, size_t count,
                     size_t *index) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(word, words[i]) != 0)
      continue;
    *index = i;
    return true;
  }
  return false;
}

void config_keys(struct pg_fields *in, const char *const *known, size_t count) {
  char key[PG_PLACE_CHARS], words[EXPECTED_CHARS + 32], allowed[EXPECTED_CHARS];
  size_t index;
  if (in->error != PG_OK)
    return;
  for (const cJSON *member = in->object->child; member != NULL; member = member->next) {
    pg_escape(key, sizeof key, member->string);
    if (!is_among(member->string, known, count, &index)) {
      snprintf(words, sizeof words, "an unknown key, expected %s",
               choice(known, count, allowed));
      pg_fields_complain(in, key, words);
    } else if (cJSON_IsNull(member)) {
      pg_fields_complain(in, key,
                         "found null, expected a value: without the key it has its "
                         "default");
    }
  }
}

uint32_t config_number(struct pg_fields *in, const char *key, uint32_t min, uint32_t max,
                       uint32_t otherwise) {
  if (pg_json_member(in->object, key) == NULL)
    return otherwise;
  return pg_fields_number(in, key, min, max, PG_OPTIONAL);
}

size_t config_word_of(struct pg_fields *in, const char *key, const cJSON *value,
                      const char *const *words, size_t count) {
  char allowed[EXPECTED_CHARS];
  size_t index = 0;
  if (!cJSON_IsString(value) || !is_among(value->valuestring, words, count, &index))
    pg_fields_wrong(in, key, value, choice(words, count, allowed));
  return index;
}

size_t config_word(struct pg_fields *in, const char *key, const char *const *words,
                   size_t count) {
  const cJSON *value = pg_fields_member(in, key, PG_OPTIONAL);
  return value != NULL ? config_word_of(in, key, value, words, count) : 0;
}

const char *config_element(const char *key, size_t index, char out[PG_PLACE_CHARS]) {
  snprintf(out, PG_PLACE_CHARS, "%s[%lu]", key, (unsigned long)index);
  return out;
}

const cJSON *config_filled(struct pg_fields *in, const char *key, size_t *count) {
  const cJSON *list = pg_fields_list(in, key, PG_NEEDED, count);
  if (list == NULL || *count > 0)
    return list;
  pg_fields_complain(in, key, "found an empty array, expected at least one element");
  return NULL;
}
