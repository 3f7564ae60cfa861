#include "common/text.h"
#include "common/timestamp.h"
#include "service/policy/engine_state.h"

#include <stdlib.h>
#include <string.h>

/* One more than are allowed: the last one may be taken back. */
static size_t room_for_strikes(const struct pg_rule *rule) {
  return (size_t)rule->max_strikes + 1;
}

struct key {
  const char *service;
  size_t rule;
};

static int compare(const struct pair *pair, const struct key *key) {
  int order = pg_casecmp(pair->service, key->service);
  return order != 0 ? order : (pair->rule > key->rule) - (pair->rule < key->rule);
}

size_t pair_place(const struct policy *policy, const char *service, size_t rule) {
  struct key key = {service, rule};
  size_t first = 0, end = policy->pair_count;
  while (first < end) {
    size_t middle = first + (end - first) / 2;
    if (compare(policy->pairs[middle], &key) < 0)
      first = middle + 1;
    else
      end = middle;
  }
  return first;
}

bool pair_is(const struct policy *policy, size_t place, const char *service,
             size_t rule) {
  struct key key = {service, rule};
  return place < policy->pair_count && compare(policy->pairs[place], &key) == 0;
}

static bool make_room(struct policy *policy) {
  if (policy->pair_count < policy->pair_room)
    return true;
  size_t room = policy->pair_room > 0 ? 2 * policy->pair_room : 16;
  struct pair **pairs = realloc(policy->pairs, room * sizeof(struct pair *));
  if (pairs == NULL)
    return false;
  policy->pairs = pairs;
  policy->pair_room = room;
  return true;
}

/* The strikes and both names are in one piece with it. */
static struct pair *pair_new(const char *service, const char *template_name,
                             size_t strikes) {
  size_t service_size = strlen(service) + 1;
  size_t template_size = template_name != NULL ? strlen(template_name) + 1 : 0;
  size_t names_at = sizeof(struct pair) + strikes * sizeof(struct strike);
  struct pair *pair = calloc(1, names_at + service_size + template_size);
  if (pair == NULL)
    return NULL;
  char *names = (char *)pair + names_at;
  memcpy(names, service, service_size);
  pair->service = names;
  if (template_name != NULL) {
    memcpy(names + service_size, template_name, template_size);
    pair->template_name = names + service_size;
  }
  pair->seen = pair->blind = pair->cooldown = pair->suspended = pair->calm = NO_TIME;
  return pair;
}

struct pair *pair_insert(struct policy *policy, size_t place, const char *service,
                         const char *template_name, size_t rule) {
  size_t strikes = room_for_strikes(&policy->settings->rules[rule]);
  struct pair *pair =
      make_room(policy) ? pair_new(service, template_name, strikes) : NULL;
  if (pair == NULL)
    return NULL;
  pair->rule = rule;
  memmove(policy->pairs + place + 1, policy->pairs + place,
          (policy->pair_count - place) * sizeof(struct pair *));
  policy->pairs[place] = pair;
  policy->pair_count++;
  return pair;
}

static void drop_first_strikes(struct pair *pair, size_t count) {
  pair->strike_count -= count;
  memmove(pair->strikes, pair->strikes + count,
          pair->strike_count * sizeof(struct strike));
}

void pair_strike(struct pair *pair, const struct pg_rule *rule,
                 const struct strike *strike) {
  if (pair->strike_count == room_for_strikes(rule))
    drop_first_strikes(pair, 1);
  pair->strikes[pair->strike_count++] = *strike;
}

int64_t strike_time(const struct strike *strike, const struct policy_clock *clock) {
  if (strike->restored)
    return strike->wall;
  return clock->wall_ms != 0 ? clock->wall_ms - (clock->mono_ms - strike->mono)
                             : PG_TIME_UNKNOWN;
}

/* It is the last one, unless a resume has come between. */
void pair_take_strike_back(struct pair *pair) {
  if (pair->strike_count > 0)
    pair->strike_count--;
}

void pair_drop_old_strikes(struct pair *pair, const struct pg_rule *rule, int64_t mono) {
  size_t old = 0;
  if (pair->acting != NOT_ACTING)
    return; /* the last one may yet be taken back */
  while (old < pair->strike_count &&
         pair->strikes[old].mono + rule->window_s * INT64_C(1000) <= mono)
    old++;
  if (old > 0)
    drop_first_strikes(pair, old);
}

void pair_forget_strikes(struct pair *pair) {
  pair->strike_count = 0;
  pair->suspensions = 0;
  pair->suspended = NO_TIME;
  pair->disabled = false;
}

void pair_end_tenancy(struct pair *pair) {
  pair->seen = NO_TIME;
  pair->told_would = pair->told_refused = false;
}

bool pair_is_blank(const struct pair *pair, int64_t oldest) {
  return pair->seen == NO_TIME && pair->acting == NOT_ACTING && pair->blind < oldest &&
         pair->cooldown < oldest && pair->suspended == NO_TIME &&
         pair->suspensions == 0 && pair->strike_count == 0;
}

bool rule_lists(const struct pg_rule *rule, const char *service,
                const char *template_name) {
  for (size_t i = 0; i < rule->service_count; i++)
    if (pg_case_equal(rule->services[i], service) ||
        (template_name != NULL && pg_case_equal(rule->services[i], template_name)))
      return true;
  return false;
}

size_t rule_of_pair(const struct policy *policy, const char *name, const char *service,
                    const char *template_name) {
  for (size_t i = 0; i < rule_count(policy); i++) {
    const struct pg_rule *rule = &policy->settings->rules[i];
    if (strcmp(rule->name, name) == 0)
      return rule_lists(rule, service, template_name) ? i : rule_count(policy);
  }
  return rule_count(policy);
}

static void copy_memory(struct pair *to, const struct pair *from,
                        const struct pg_rule *rule) {
  size_t room = room_for_strikes(rule);
  size_t count = from->strike_count < room ? from->strike_count : room;
  struct pair names = *to;
  *to = *from;
  to->service = names.service;
  to->template_name = names.template_name;
  to->rule = names.rule;
  to->strike_count = count;
  memcpy(to->strikes, from->strikes + from->strike_count - count,
         count * sizeof(struct strike));
  if (!ports_have(&rule->ports,
                  to->port)) /* it held what is none of its ports any more */
    pair_end_tenancy(to);
}

enum pg_error pairs_take_over(struct policy *to, const struct policy *from) {
  for (size_t i = 0; i < from->pair_count; i++) {
    const struct pair *old = from->pairs[i];
    size_t rule = rule_of_pair(to, from->settings->rules[old->rule].name, old->service,
                               old->template_name);
    if (rule == rule_count(to))
      continue;
    struct pair *pair = pair_insert(to, pair_place(to, old->service, rule), old->service,
                                    old->template_name, rule);
    if (pair == NULL)
      return PG_E_NOMEM;
    copy_memory(pair, old, &to->settings->rules[rule]);
  }
  return PG_OK;
}

void pairs_free(struct policy *policy) {
  for (size_t i = 0; i < policy->pair_count; i++)
    free(policy->pairs[i]);
  free(policy->pairs);
  policy->pairs = NULL;
  policy->pair_count = policy->pair_room = 0;
}
