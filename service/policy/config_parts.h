/* What the objects of a configuration are made of. For config.c and config_rule.c. */
#ifndef PG_CONFIG_PARTS_H
#define PG_CONFIG_PARTS_H

#include "common/json_fields.h"
#include "service/policy/settings.h"

/* Every member of the current object must be one of |known|, and not null: leaving a
 * key out is how to ask for its default. */
void config_keys(struct pg_fields *in, const char *const *known, size_t count);
/* A missing one is |otherwise|. */
uint32_t config_number(struct pg_fields *in, const char *key, uint32_t min, uint32_t max,
                       uint32_t otherwise);
/* The index of the member's word in |words|; a missing one is the first. */
size_t config_word(struct pg_fields *in, const char *key, const char *const *words,
                   size_t count);
/* The same for the string |value|, which the words call |key|. */
size_t config_word_of(struct pg_fields *in, const char *key, const cJSON *value,
                      const char *const *words, size_t count);
/* The path of an element of member |key|: "ports[3]". Returns |out|. */
const char *config_element(const char *key, size_t index, char out[PG_PLACE_CHARS]);
/* An array with something in it, which is needed. */
const cJSON *config_filled(struct pg_fields *in, const char *key, size_t *count);

/* An array of ports and ranges, sorted and merged; a missing one is empty. */
void config_ports(struct pg_fields *in, const char *key, struct pg_ports *out);
/* |settings->guarded| from what is listed and what the rules name. */
void config_guard(struct pg_fields *in, struct pg_settings *settings);

/* The current object as a rule. */
void config_rule(struct pg_fields *in, struct pg_rule *rule);

#endif
