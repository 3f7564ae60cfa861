#include "common/text.h"
#include "common/timestamp.h"
#include "service/policy/engine_state.h"

#include <string.h>

#define WHY_MAX 512

/* What a rule has to do with a service that holds a port at a time. */
#define PART_LIST(X)                \
  X(OTHER_PORT, "other_port")       \
  X(OTHER_SERVICE, "other_service") \
  X(CLOSED, "closed")               \
  X(PAUSED, "paused")               \
  X(SUSPENDED, "suspended")         \
  X(OBSERVES, "observes")           \
  X(ACTS, "acts")

enum part {
#define X(name, text) PART_##name,
  PART_LIST(X)
#undef X
};

static const char *part_name(enum part part) {
  static const char *const names[] = {
#define X(name, text) text,
      PART_LIST(X)
#undef X
  };
  return names[part];
}

struct trial {
  const struct policy *policy;
  const struct policy_question *question;
  const struct policy_clock *clock;
  int64_t at_mono; /* the monotonic clock at the time in question */
  struct merged merged;
  size_t in_play;
  uint32_t confirm_s;
};

static const struct pair *pair_of(const struct trial *trial, size_t rule) {
  const char *service = trial->question->service;
  size_t place = service != NULL ? pair_place(trial->policy, service, rule) : 0;
  return service != NULL && pair_is(trial->policy, place, service, rule)
             ? trial->policy->pairs[place]
             : NULL;
}

/* Without a wall clock rules with a schedule are closed. */
static struct schedule_span span_of(const struct trial *trial, size_t rule) {
  if (trial->question->at_ms == PG_TIME_UNKNOWN &&
      trial->policy->settings->rules[rule].window_count > 0)
    return (struct schedule_span){false, SCHEDULE_ALWAYS_WAS, SCHEDULE_ALWAYS_WILL};
  return schedule_at(&trial->policy->settings->rules[rule], trial->question->zone,
                     trial->question->at_ms);
}

static enum part part_of(const struct trial *trial, size_t i) {
  const struct policy_question *question = trial->question;
  const struct pg_rule *rule = &trial->policy->settings->rules[i];
  const struct pair *pair = pair_of(trial, i);
  if (!ports_have(&rule->ports, question->port))
    return PART_OTHER_PORT;
  if (question->service != NULL &&
      !rule_lists(rule, question->service, question->template_name))
    return PART_OTHER_SERVICE;
  if (!span_of(trial, i).open)
    return PART_CLOSED;
  if (trial->at_mono < rule_paused_until(trial->policy, i))
    return PART_PAUSED;
  if (pair != NULL && trial->at_mono < pair->suspended)
    return PART_SUSPENDED;
  if (rule->mode == PG_MODE_OBSERVE || question->no_action != NULL)
    return PART_OBSERVES;
  return PART_ACTS;
}

/* Whether strikes so far would still make it disable. */
static bool disables(const struct trial *trial, size_t i) {
  const struct pg_rule *rule = &trial->policy->settings->rules[i];
  const struct pair *pair = pair_of(trial, i);
  if (pair == NULL || pair->strike_count < rule->max_strikes)
    return rule->action == PG_ACTION_DISABLE;
  int64_t oldest = pair->strikes[pair->strike_count - rule->max_strikes].mono;
  return rule->action == PG_ACTION_DISABLE ||
         (pair_disables(pair, rule) &&
          trial->at_mono < oldest + rule->window_s * INT64_C(1000));
}

static int64_t wall_of(const struct trial *trial, int64_t mono) {
  return trial->clock->wall_ms + (mono - trial->clock->mono_ms);
}

/* As a clock of the zone shows it: "2026-03-02 18:00", with seconds unless they are 0. */
static const char *local_time(const struct zone *zone, int64_t unix_ms,
                              char out[PG_TIME_CHARS]) {
  (void)pg_time_format(zone_local(zone, unix_ms), out);
  out[strlen("2026-03-02")] = ' ';
  out[strlen("2026-03-02 18:00:00")] = '\0';
  char *seconds = out + strlen("2026-03-02 18:00");
  if (strcmp(seconds, ":00") == 0)
    *seconds = '\0';
  return out;
}

/* Behind words, unless there is no wall clock by which to say it. */
static void add_time(const struct trial *trial, const char *words, int64_t wall_ms,
                     struct pg_text *why) {
  char time[PG_TIME_CHARS];
  if (trial->clock->wall_ms != 0)
    pg_text_printf(why, "%s %s", words, local_time(trial->question->zone, wall_ms, time));
}

static void add_span_end(const struct trial *trial, size_t rule, const char *words,
                         struct pg_text *why) {
  struct schedule_span span = span_of(trial, rule);
  if (span.until != SCHEDULE_ALWAYS_WILL)
    add_time(trial, words, span.until, why);
}

static void say_why_it_acts(const struct trial *trial, size_t i, struct pg_text *why) {
  const struct pg_rule *rule = &trial->policy->settings->rules[i];
  const struct pair *pair = pair_of(trial, i);
  pg_text_printf(
      why, "it would %s the service after %u s",
      pg_rule_action_name(disables(trial, i) ? PG_ACTION_DISABLE : PG_ACTION_STOP),
      (unsigned)rule->confirm_s);
  if (pair != NULL && pair->cooldown > trial->at_mono)
    add_time(trial, ", not before", wall_of(trial, pair->cooldown), why);
  add_span_end(trial, i, "; it is open until", why);
}

static void say_why(const struct trial *trial, size_t i, enum part part,
                    struct pg_text *why) {
  const struct policy_question *question = trial->question;
  switch (part) {
  case PART_OTHER_PORT:
    pg_text_printf(why, "port %u is not one of its ports", question->port);
    break;
  case PART_OTHER_SERVICE:
    pg_text_str_add(why, "it does not list the service");
    break;
  case PART_CLOSED:
    pg_text_str_add(why, "its schedule is closed");
    add_span_end(trial, i, " until", why);
    break;
  case PART_PAUSED:
    pg_text_str_add(why, "it is paused");
    add_time(trial, " until", wall_of(trial, rule_paused_until(trial->policy, i)), why);
    break;
  case PART_SUSPENDED:
    pg_text_str_add(why, "the holder keeps coming back: it is suspended");
    add_time(trial, " until", wall_of(trial, pair_of(trial, i)->suspended), why);
    break;
  case PART_OBSERVES:
    pg_text_str_add(why, question->no_action != NULL
                             ? question->no_action
                             : "it observes: what it would do is logged");
    break;
  case PART_ACTS:
    say_why_it_acts(trial, i, why);
    break;
  }
}

static void write_rule(struct trial *trial, size_t i, struct pg_json *json) {
  const struct pg_rule *rule = &trial->policy->settings->rules[i];
  enum part part = part_of(trial, i);
  struct pg_text why;
  if (part == PART_ACTS || part == PART_OBSERVES) {
    merge(&trial->merged, rule, disables(trial, i));
    trial->in_play++;
    if (rule->confirm_s > trial->confirm_s)
      trial->confirm_s = rule->confirm_s;
  }
  pg_text_init(&why, WHY_MAX);
  say_why(trial, i, part, &why);
  pg_json_object(json);
  pg_json_key_str(json, "name", rule->name);
  pg_json_key_str(json, "part", part_name(part));
  pg_json_key_str(json, "why", pg_text_str(&why));
  pg_json_end_object(json);
  pg_text_free(&why);
}

static bool would_do_something(const struct trial *trial) {
  return trial->in_play > 0 && trial->merged.enforce &&
         trial->question->no_action == NULL;
}

/* The safety rule that would forbid it. */
static enum pg_safety veto(const struct trial *trial) {
  enum pg_safety safety = trial->question->safety;
  bool may_stop =
      safety == PG_SAFETY_DEPENDENTS && trial->merged.dependents == PG_DEPENDENTS_STOP;
  return would_do_something(trial) && !may_stop ? safety : PG_SAFETY_NONE;
}

/* "nothing", "observe", "refused", or what the rules in play do together. */
static const char *result_of(const struct trial *trial) {
  if (trial->in_play == 0)
    return "nothing";
  if (!would_do_something(trial))
    return "observe";
  if (veto(trial) != PG_SAFETY_NONE)
    return "refused";
  return pg_rule_action_name(trial->merged.action);
}

static void write_result(const struct trial *trial, struct pg_json *json) {
  enum pg_safety safety = veto(trial);
  pg_json_key_str(json, "result", result_of(trial));
  if (trial->in_play > 0) {
    pg_json_key_int(json, "confirm_s", trial->confirm_s);
    pg_json_key_str(json, "dependents",
                    pg_rule_dependents_name(trial->merged.dependents));
  }
  pg_json_key_str(json, "safety", pg_safety_name(safety));
  pg_json_key_str(json, "against",
                  safety != PG_SAFETY_NONE ? trial->question->against : NULL);
}

void policy_try(const struct policy *policy, const struct policy_question *question,
                struct pg_json *json, const struct policy_clock *clock) {
  struct trial trial = {.policy = policy,
                        .question = question,
                        .clock = clock,
                        .at_mono = clock->mono_ms + (question->at_ms - clock->wall_ms),
                        .merged = merge_nothing()};
  char local[PG_TIME_CHARS];
  pg_json_key_int(json, "port", question->port);
  pg_json_key_str(json, "service", question->service);
  pg_json_key_time(json, "at", question->at_ms);
  pg_json_key_str(json, "local",
                  question->at_ms != PG_TIME_UNKNOWN
                      ? local_time(question->zone, question->at_ms, local)
                      : NULL);
  pg_json_key(json, "rules");
  pg_json_array(json);
  for (size_t i = 0; i < rule_count(policy); i++)
    write_rule(&trial, i, json);
  pg_json_end_array(json);
  write_result(&trial, json);
}
