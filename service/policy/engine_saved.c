#include "common/limits.h"
#include "common/timestamp.h"
#include "service/policy/engine_state.h"

#include <stdio.h>
#include <string.h>

#define MS_PER_S INT64_C(1000)
#define DAY_MS 86400000u
#define PAUSE_MAX_MS (PG_PAUSE_MAX_S * 1000u)
#define SUSPENSIONS_MAX 32u
#define PATH_BYTES 64

static_assert(DAY_MS == PG_SUSPEND_MAX_MS, "no saved duration of a pair is longer");

/* --- writing --- */

static void write_remains(struct pg_json *json, const char *key, int64_t until,
                          int64_t mono) {
  if (until != NO_TIME && until > mono)
    pg_json_key_int(json, key, until - mono);
}

static void write_pauses(const struct policy *policy, struct pg_json *json,
                         int64_t mono) {
  pg_json_key(json, "rules");
  pg_json_array(json);
  for (size_t i = 0; i < rule_count(policy); i++) {
    if (policy->rules[i].paused <= mono)
      continue;
    pg_json_object(json);
    pg_json_key_str(json, "name", policy->settings->rules[i].name);
    write_remains(json, "paused_ms", policy->rules[i].paused, mono);
    pg_json_end_object(json);
  }
  pg_json_end_array(json);
}

static bool counts(const struct strike *strike, const struct pg_rule *rule,
                   int64_t mono) {
  return strike->mono + rule->window_s * MS_PER_S > mono;
}

/* Two lists: what they count by, and what people are told. */
static void write_strikes(const struct pair *pair, const struct pg_rule *rule,
                          struct pg_json *json, const struct policy_clock *clock) {
  int64_t window = rule->window_s * MS_PER_S;
  pg_json_key(json, "strikes_ms");
  pg_json_array(json);
  for (size_t i = 0; i < pair->strike_count; i++)
    if (counts(&pair->strikes[i], rule, clock->mono_ms))
      pg_json_int(json, pair->strikes[i].mono + window - clock->mono_ms);
  pg_json_end_array(json);
  pg_json_key(json, "struck_at");
  pg_json_array(json);
  for (size_t i = 0; i < pair->strike_count; i++)
    if (counts(&pair->strikes[i], rule, clock->mono_ms))
      pg_json_int(json, strike_time(&pair->strikes[i], clock));
  pg_json_end_array(json);
}

static void write_pair(const struct pair *pair, const struct pg_rule *rule,
                       struct pg_json *json, const struct policy_clock *clock) {
  int64_t mono = clock->mono_ms;
  bool acting = pair->acting != NOT_ACTING;
  int64_t window = rule->window_s * MS_PER_S;
  int64_t cooldown = acting ? mono + rule->cooldown_s * MS_PER_S : pair->cooldown;
  int64_t calm = acting ? mono : pair->calm;
  pg_json_object(json);
  pg_json_key_str(json, "rule", rule->name);
  pg_json_key_str(json, "service", pair->service);
  if (pair->template_name != NULL)
    pg_json_key_str(json, "template", pair->template_name);
  pg_json_key_int(json, "port", pair->port);
  write_remains(json, "cooldown_ms", cooldown, mono);
  write_remains(json, "suspended_ms", pair->suspended, mono);
  write_remains(json, "calm_ms", calm + window, mono);
  if (pair->suspensions > 0)
    pg_json_key_int(json, "suspensions",
                    pair->suspensions < SUSPENSIONS_MAX ? pair->suspensions
                                                        : SUSPENSIONS_MAX);
  pg_json_key_bool(json, "disabled", pair->disabled || pair->acting == DISABLING);
  write_strikes(pair, rule, json, clock);
  pg_json_end_object(json);
}

void policy_save(const struct policy *policy, struct pg_json *json,
                 const struct policy_clock *clock) {
  int64_t mono_ms = clock->mono_ms;
  pg_json_object(json);
  write_remains(json, "paused_ms", policy->paused, mono_ms);
  write_pauses(policy, json, mono_ms);
  pg_json_key(json, "services");
  pg_json_array(json);
  for (size_t i = 0; i < policy->pair_count; i++) {
    const struct pair *pair = policy->pairs[i];
    if (pair->acting != NOT_ACTING || pair->strike_count > 0 || pair->suspensions > 0 ||
        pair->cooldown > mono_ms)
      write_pair(pair, &policy->settings->rules[pair->rule], json, clock);
  }
  pg_json_end_array(json);
  pg_json_end_object(json);
}

/* --- reading --- */

struct reader {
  struct policy *policy;
  int64_t mono;
  char place[PATH_BYTES / 2]; /* "services[3]." */
  struct pg_fault *fault;
};

static enum pg_error wrong(const struct reader *reader, const char *key,
                           const cJSON *found, const char *allowed) {
  char shown[PG_JSON_FOUND_CHARS], path[PATH_BYTES];
  (void)snprintf(path, sizeof path, "policy.%s%s", reader->place, key);
  (void)pg_fail(reader->fault, PG_E_FORMAT, "%s: expected %s, found %s", path, allowed,
                pg_json_found(found, shown, sizeof shown));
  pg_fault_param(reader->fault, path);
  return PG_E_FORMAT;
}

static enum pg_error read_u32(const struct reader *reader, const cJSON *object,
                              const char *key, uint32_t max, uint32_t *out) {
  char allowed[32];
  *out = 0;
  if (pg_json_u32(object, key, 0, max, out, NULL) == PG_OK)
    return PG_OK;
  (void)snprintf(allowed, sizeof allowed, "0-%u", (unsigned)max);
  return wrong(reader, key, pg_json_member(object, key), allowed);
}

/* A time that lies what remains from now; NO_TIME when nothing does. */
static enum pg_error read_until(const struct reader *reader, const cJSON *object,
                                const char *key, uint32_t max, int64_t *until) {
  uint32_t remains;
  enum pg_error error = read_u32(reader, object, key, max, &remains);
  *until = remains > 0 ? reader->mono + remains : NO_TIME;
  return error;
}

/* NULL, with the words, when it is another type; missing is fine if |optional|. */
static enum pg_error read_text(const struct reader *reader, const cJSON *object,
                               const char *key, bool optional, const char **out) {
  const cJSON *member = pg_json_member(object, key);
  *out = NULL;
  if (member == NULL && optional)
    return PG_OK;
  if (member == NULL || !cJSON_IsString(member))
    return wrong(reader, key, member, "text");
  *out = member->valuestring;
  return PG_OK;
}

/* When the strike was that *next, if anything, tells of: an earlier version has not said
 * it. */
static enum pg_error read_struck(const struct reader *reader, const cJSON *times,
                                 const cJSON **next, int64_t *wall) {
  const cJSON *at = *next;
  *wall = PG_TIME_UNKNOWN;
  if (times == NULL)
    return PG_OK;
  if (!cJSON_IsArray(times))
    return wrong(reader, "struck_at", times, "a list");
  if (!cJSON_IsNumber(at) || !(at->valuedouble >= 0 && at->valuedouble <= PG_ID_MAX))
    return wrong(reader, "struck_at", at, "a time for each of strikes_ms");
  *wall = (int64_t)at->valuedouble;
  *next = at->next;
  return PG_OK;
}

static enum pg_error read_strikes(const struct reader *reader, const cJSON *object,
                                  struct pair *pair, const struct pg_rule *rule) {
  const cJSON *strikes = pg_json_member(object, "strikes_ms"), *strike;
  int64_t window = rule->window_s * MS_PER_S;
  const cJSON *times = pg_json_member(object, "struck_at");
  const cJSON *at = times != NULL ? times->child : NULL;
  if (!cJSON_IsArray(strikes))
    return wrong(reader, "strikes_ms", strikes, "a list");
  cJSON_ArrayForEach(strike, strikes) {
    double remains = cJSON_IsNumber(strike) ? strike->valuedouble : -1;
    if (!(remains >= 0 && remains <= DAY_MS))
      return wrong(reader, "strikes_ms", strike, "numbers 0-86400000");
    int64_t left = (int64_t)remains < window ? (int64_t)remains : window;
    struct strike made = {.mono = reader->mono + left - window, .restored = true};
    if (pair->strike_count > 0 && made.mono < pair->strikes[pair->strike_count - 1].mono)
      return wrong(reader, "strikes_ms", strike, "rising numbers");
    enum pg_error error = read_struck(reader, times, &at, &made.wall);
    if (error != PG_OK)
      return error;
    pair_strike(pair, rule, &made);
  }
  return PG_OK;
}

static enum pg_error read_memory(const struct reader *reader, const cJSON *object,
                                 struct pair *pair, const struct pg_rule *rule) {
  const cJSON *disabled = pg_json_member(object, "disabled");
  uint32_t suspensions = 0, port = 0;
  int64_t calm = NO_TIME, window = rule->window_s * MS_PER_S;
  enum pg_error error = read_strikes(reader, object, pair, rule);
  if (error == PG_OK)
    error = read_until(reader, object, "cooldown_ms", DAY_MS, &pair->cooldown);
  if (error == PG_OK)
    error = read_until(reader, object, "suspended_ms", DAY_MS, &pair->suspended);
  if (error == PG_OK)
    error = read_until(reader, object, "calm_ms", DAY_MS, &calm);
  if (error == PG_OK)
    error = read_u32(reader, object, "suspensions", SUSPENSIONS_MAX, &suspensions);
  if (error == PG_OK)
    error = read_u32(reader, object, "port", UINT16_MAX, &port);
  if (error == PG_OK && disabled != NULL && !cJSON_IsBool(disabled))
    error = wrong(reader, "disabled", disabled, "true or false");
  if (calm != NO_TIME)
    pair->calm = calm < reader->mono + window ? calm - window : reader->mono;
  pair->suspensions = suspensions;
  pair->port = (uint16_t)port;
  pair->disabled = cJSON_IsTrue(disabled);
  return error;
}

static enum pg_error read_pair(struct reader *reader, const cJSON *object) {
  struct policy *policy = reader->policy;
  const char *name, *service, *template_name;
  enum pg_error error = read_text(reader, object, "rule", false, &name);
  if (error == PG_OK)
    error = read_text(reader, object, "service", false, &service);
  if (error == PG_OK)
    error = read_text(reader, object, "template", true, &template_name);
  if (error != PG_OK)
    return error;
  size_t rule = rule_of_pair(policy, name, service, template_name);
  size_t place = pair_place(policy, service, rule);
  if (rule == rule_count(policy) || pair_is(policy, place, service, rule))
    return PG_OK;
  struct pair *pair = pair_insert(policy, place, service, template_name, rule);
  if (pair == NULL)
    return pg_fail(reader->fault, PG_E_NOMEM, "no memory for the policy's state");
  return read_memory(reader, object, pair, &policy->settings->rules[rule]);
}

static enum pg_error read_pause(struct reader *reader, const cJSON *object) {
  const char *name;
  int64_t paused;
  enum pg_error error = read_text(reader, object, "name", false, &name);
  if (error == PG_OK)
    error = read_until(reader, object, "paused_ms", PAUSE_MAX_MS, &paused);
  for (size_t i = 0; error == PG_OK && i < rule_count(reader->policy); i++)
    if (strcmp(reader->policy->settings->rules[i].name, name) == 0 &&
        reader->policy->rules[i].paused == NO_TIME)
      reader->policy->rules[i].paused = paused;
  return error;
}

static enum pg_error read_each(struct reader *reader, const cJSON *saved, const char *key,
                               enum pg_error (*read)(struct reader *reader,
                                                     const cJSON *object)) {
  const cJSON *list = pg_json_member(saved, key), *object;
  enum pg_error error = PG_OK;
  unsigned index = 0;
  reader->place[0] = '\0';
  if (!cJSON_IsArray(list))
    return wrong(reader, key, list, "a list");
  cJSON_ArrayForEach(object, list) {
    (void)snprintf(reader->place, sizeof reader->place, "%s[%u]", key, index++);
    if (!cJSON_IsObject(object))
      return wrong(reader, "", object, "an object");
    (void)snprintf(reader->place, sizeof reader->place, "%s[%u].", key, index - 1);
    if ((error = read(reader, object)) != PG_OK)
      return error;
  }
  return PG_OK;
}

enum pg_error policy_load(struct policy *policy, const cJSON *saved, int64_t mono_ms,
                          struct pg_fault *fault) {
  struct reader reader = {.policy = policy, .mono = mono_ms, .fault = fault};
  int64_t paused, before = policy->paused;
  pairs_free(policy); /* seen since the start, before there was anything to remember */
  policy->next = mono_ms;
  enum pg_error error = read_until(&reader, saved, "paused_ms", PAUSE_MAX_MS, &paused);
  if (before == NO_TIME)
    policy->paused = paused;
  if (error == PG_OK)
    error = read_each(&reader, saved, "rules", read_pause);
  if (error == PG_OK)
    error = read_each(&reader, saved, "services", read_pair);
  if (error == PG_OK)
    return PG_OK;
  pairs_free(policy);
  policy->paused = before;
  for (size_t i = 0; i < rule_count(policy); i++)
    policy->rules[i].paused = NO_TIME;
  return error;
}

void policy_renew_pause(const struct policy *policy, cJSON *saved, int64_t mono_ms) {
  cJSON_DeleteItemFromObjectCaseSensitive(saved, "paused_ms");
  if (policy->paused != NO_TIME && policy->paused > mono_ms)
    (void)cJSON_AddNumberToObject(saved, "paused_ms", (double)(policy->paused - mono_ms));
}
