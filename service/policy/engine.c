#include "service/policy/engine.h"

#include "common/limits.h"
#include "common/sort.h"
#include "common/text.h"
#include "service/policy/engine_state.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES (4 * PG_RULE_NAME_CHARS)

/* --- actions under way --- */

/* The link to it; one to NULL when there is none. */
static struct under_way **under_way_find(struct policy *policy, const char *service) {
  struct under_way **link = &policy->under_way;
  while (*link != NULL && !pg_case_equal((*link)->service, service))
    link = &(*link)->next;
  return link;
}

bool is_under_way(const struct policy *policy, const char *service) {
  const struct under_way *at = policy->under_way;
  while (at != NULL && !pg_case_equal(at->service, service))
    at = at->next;
  return at != NULL;
}

bool under_way_begin(struct policy *policy, const char *service) {
  size_t size = strlen(service) + 1;
  struct under_way *begun = malloc(sizeof *begun + size);
  if (begun == NULL)
    return false;
  memcpy(begun->service, service, size);
  begun->next = policy->under_way;
  policy->under_way = begun;
  return true;
}

static void under_way_end(struct under_way **link) {
  struct under_way *ended = *link;
  *link = ended->next;
  free(ended);
}

/* --- life --- */

struct policy *policy_new(int64_t mono_ms) {
  struct policy *policy = calloc(1, sizeof *policy);
  if (policy == NULL)
    return NULL;
  policy->started = mono_ms;
  policy->paused = policy->last_sampled = NO_TIME;
  policy->next = mono_ms;
  return policy;
}

static void free_tables(struct policy *policy) {
  pairs_free(policy);
  free(policy->rules);
  free(policy->listed);
  free(policy->parties);
  free(policy->names);
}

void policy_free(struct policy *policy) {
  if (policy == NULL)
    return;
  while (policy->under_way != NULL)
    under_way_end(&policy->under_way);
  free_tables(policy);
  free(policy);
}

/* --- other rules --- */

static int compare_listed(const void *left, const void *right) {
  const struct listed *a = left, *b = right;
  int order = pg_casecmp(a->service, b->service);
  return order != 0 ? order : (a->rule > b->rule) - (a->rule < b->rule);
}

static bool list_services(struct policy *policy) {
  for (size_t i = 0; i < rule_count(policy); i++)
    policy->listed_count += policy->settings->rules[i].service_count;
  policy->listed = calloc(policy->listed_count + 1, sizeof *policy->listed);
  if (policy->listed == NULL)
    return false;
  struct listed *next = policy->listed;
  for (size_t i = 0; i < rule_count(policy); i++)
    for (size_t s = 0; s < policy->settings->rules[i].service_count; s++)
      *next++ = (struct listed){policy->settings->rules[i].services[s], i};
  return pg_sort(policy->listed, policy->listed_count, sizeof *policy->listed,
                 compare_listed);
}

static bool make_tables(struct policy *policy) {
  size_t count = rule_count(policy) + 1;
  policy->rules = calloc(count, sizeof *policy->rules);
  policy->parties = calloc(count, sizeof *policy->parties);
  policy->names = calloc(count, sizeof *policy->names);
  if (policy->rules == NULL || policy->parties == NULL || policy->names == NULL)
    return false;
  for (size_t i = 0; i < count; i++)
    policy->rules[i] = (struct rule_state){{false, NO_TIME, NO_TIME}, NO_TIME, NO_TIME};
  return list_services(policy);
}

/* A rule that was open and still is has not opened again: |span| as a whole is
 * reckoned anew, and only that it was open is remembered. */
static void take_over_rules(struct policy *to, const struct policy *from) {
  for (size_t i = 0; i < rule_count(to); i++)
    for (size_t old = 0; old < rule_count(from); old++)
      if (strcmp(to->settings->rules[i].name, from->settings->rules[old].name) == 0) {
        to->rules[i] = from->rules[old];
        to->rules[i].span.since = to->rules[i].span.until = NO_TIME;
      }
}

enum pg_error policy_reset(struct policy *policy, const struct pg_settings *settings) {
  struct policy fresh = *policy;
  fresh.settings = settings;
  fresh.rules = NULL;
  fresh.listed = NULL;
  fresh.parties = NULL;
  fresh.names = NULL;
  fresh.pairs = NULL;
  fresh.listed_count = fresh.pair_count = fresh.pair_room = 0;
  if (!make_tables(&fresh) || pairs_take_over(&fresh, policy) != PG_OK) {
    free_tables(&fresh);
    return PG_E_NOMEM;
  }
  take_over_rules(&fresh, policy);
  fresh.next = policy->started; /* that is, now */
  free_tables(policy);
  *policy = fresh;
  return PG_OK;
}

/* --- what became of an action --- */

static void take_outcome(const struct policy *policy, struct pair *pair,
                         enum policy_outcome outcome, int64_t mono) {
  const struct pg_rule *rule = &policy->settings->rules[pair->rule];
  bool disabled = pair->acting == DISABLING;
  pair->acting = NOT_ACTING;
  switch (outcome) {
  case POLICY_FREED:
  case POLICY_TAKEN_AGAIN:
  case POLICY_FAILED:
    break;
  case POLICY_FORBIDDEN:
    disabled = false;
    pair->told_refused = true;
    pair_take_strike_back(pair);
    break;
  case POLICY_PUT_OFF:
    pair_take_strike_back(pair);
    return;
  }
  pair->disabled |= disabled;
  pair->cooldown = mono + rule->cooldown_s * INT64_C(1000);
  if (outcome != POLICY_FORBIDDEN)
    pair->calm = mono;
}

/* The service was stopped: it held nothing any more, for rules as well that had no part
 * in the action, and samples from before that say nothing about now. */
static void start_anew(struct pair *pair, int64_t mono) {
  pair_end_tenancy(pair);
  pair->blind = mono;
}

bool policy_result(struct policy *policy, const char *service,
                   enum policy_outcome outcome, int64_t mono_ms) {
  struct under_way **ended = under_way_find(policy, service);
  size_t parties = 0, told = 0;
  if (*ended == NULL)
    return false;
  under_way_end(ended);
  for (size_t i = pair_place(policy, service, 0);
       i < policy->pair_count && pg_case_equal(policy->pairs[i]->service, service); i++) {
    struct pair *pair = policy->pairs[i];
    if (outcome == POLICY_FREED || outcome == POLICY_TAKEN_AGAIN)
      start_anew(pair, mono_ms);
    if (pair->acting == NOT_ACTING)
      continue;
    parties++;
    told += pair->told_refused;
    take_outcome(policy, pair, outcome, mono_ms);
  }
  policy->next = mono_ms;
  bool told_by_all = parties > 0 && told == parties;
  return outcome != POLICY_PUT_OFF && !(outcome == POLICY_FORBIDDEN && told_by_all);
}

/* --- pauses --- */

static enum pg_error find_rule(const struct policy *policy, const char *name,
                               size_t *rule, struct pg_fault *fault) {
  char shown[SHOWN_BYTES];
  for (size_t i = 0; i < rule_count(policy); i++)
    if (strcmp(policy->settings->rules[i].name, name) == 0) {
      *rule = i;
      return PG_OK;
    }
  (void)pg_fail(fault, PG_E_NOTFOUND, "rule \"%s\": there is no rule of that name",
                pg_escape(shown, sizeof shown, name));
  pg_fault_hint(fault, "portguardctl policy show");
  return PG_E_NOTFOUND;
}

enum pg_error policy_pause(struct policy *policy, const char *rule, int64_t for_ms,
                           int64_t mono_ms, struct pg_fault *fault) {
  size_t found = 0;
  if (rule != NULL && find_rule(policy, rule, &found, fault) != PG_OK)
    return PG_E_NOTFOUND;
  if (rule != NULL)
    policy->rules[found].paused = mono_ms + for_ms;
  else
    policy->paused = mono_ms + for_ms;
  policy->next = mono_ms;
  return PG_OK;
}

static void resume_rule(struct policy *policy, size_t rule) {
  policy->rules[rule].paused = NO_TIME;
  for (size_t i = 0; i < policy->pair_count; i++)
    if (policy->pairs[i]->rule == rule)
      pair_forget_strikes(policy->pairs[i]);
}

/* One rule is resumed while all are paused: the pause of all becomes one of each. */
static void pause_each(struct policy *policy) {
  for (size_t i = 0; i < rule_count(policy); i++)
    policy->rules[i].paused = rule_paused_until(policy, i);
  policy->paused = NO_TIME;
}

enum pg_error policy_resume(struct policy *policy, const char *rule,
                            struct pg_fault *fault) {
  size_t found = 0;
  if (rule != NULL && find_rule(policy, rule, &found, fault) != PG_OK)
    return PG_E_NOTFOUND;
  pause_each(policy);
  for (size_t i = 0; i < rule_count(policy); i++)
    if (rule == NULL || i == found)
      resume_rule(policy, i);
  policy->next = policy->started;
  return PG_OK;
}

bool policy_enforces(const struct policy *policy, uint16_t port) {
  for (size_t i = 0; i < rule_count(policy); i++)
    if (policy->settings->rules[i].mode == PG_MODE_ENFORCE &&
        policy->rules[i].span.open && ports_have(&policy->settings->rules[i].ports, port))
      return true;
  return false;
}
