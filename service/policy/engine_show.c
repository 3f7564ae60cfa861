#include "common/timestamp.h"
#include "service/policy/engine_state.h"

#include <stdio.h>

static void write_services(struct pg_json *json, const struct pg_rule *rule) {
  pg_json_key(json, "services");
  pg_json_array(json);
  for (size_t i = 0; i < rule->service_count; i++)
    pg_json_str(json, rule->services[i]);
  pg_json_end_array(json);
}

static void write_clock_time(struct pg_json *json, const char *key, unsigned minutes) {
  char shown[16];
  (void)snprintf(shown, sizeof shown, "%02u:%02u", minutes / 60, minutes % 60);
  pg_json_key_str(json, key, shown);
}

static void write_window(struct pg_json *json, const struct pg_window *window) {
  pg_json_object(json);
  pg_json_key(json, "days");
  pg_json_array(json);
  for (int day = 0; day < PG_DAYS; day++)
    if (window->days >> day & 1)
      pg_json_str(json, pg_day_name((enum pg_day)day));
  pg_json_end_array(json);
  write_clock_time(json, "from", window->from);
  write_clock_time(json, "to", window->to);
  pg_json_end_object(json);
}

/* The rule as config.json has it, every default written out. */
static void write_rule(struct pg_json *json, const struct pg_settings *settings,
                       const struct pg_rule *rule) {
  pg_json_key_str(json, "name", rule->name);
  pg_json_key_str(json, "mode", pg_rule_mode_name(rule->mode));
  pg_json_key_str(json, "mode_source", pg_origin_name(settings_mode_origin(settings)));
  pg_json_key_str(json, "written_mode", pg_rule_mode_name(rule->written_mode));
  pg_json_key(json, "ports");
  ports_write(&rule->ports, json);
  write_services(json, rule);
  pg_json_key_str(json, "action", pg_rule_action_name(rule->action));
  pg_json_key_str(json, "dependents", pg_rule_dependents_name(rule->dependents));
  pg_json_key(json, "schedule");
  pg_json_array(json);
  for (size_t i = 0; i < rule->window_count; i++)
    write_window(json, &rule->windows[i]);
  pg_json_end_array(json);
  pg_json_key_int(json, "confirm_s", rule->confirm_s);
  pg_json_key_int(json, "cooldown_s", rule->cooldown_s);
  pg_json_key_int(json, "max_strikes", rule->max_strikes);
  pg_json_key_int(json, "window_s", rule->window_s);
  pg_json_key_str(json, "on_strikes", pg_rule_strikes_name(rule->on_strikes));
}

static void write_span(struct pg_json *json, const struct pg_rule *rule,
                       const struct policy_clock *clock) {
  struct schedule_span span = {false, SCHEDULE_ALWAYS_WAS, SCHEDULE_ALWAYS_WILL};
  if (rule->window_count == 0 || clock->wall_ms != 0)
    span = schedule_at(rule, clock->zone, clock->wall_ms);
  pg_json_key_bool(json, "open", span.open);
  pg_json_key_time(json, "since",
                   span.since != SCHEDULE_ALWAYS_WAS ? span.since : PG_TIME_UNKNOWN);
  pg_json_key_time(json, "until",
                   span.until != SCHEDULE_ALWAYS_WILL ? span.until : PG_TIME_UNKNOWN);
}

/* Durations run on the monotonic clock; people want to know when they end. */
static void write_end(struct pg_json *json, const char *key, int64_t until,
                      const struct policy_clock *clock) {
  bool lasts = until != NO_TIME && until > clock->mono_ms && clock->wall_ms != 0;
  pg_json_key_time(json, key,
                   lasts ? clock->wall_ms + (until - clock->mono_ms) : PG_TIME_UNKNOWN);
}

static size_t strikes_that_count(const struct pair *pair, const struct pg_rule *rule,
                                 int64_t mono) {
  size_t count = 0;
  for (size_t i = 0; i < pair->strike_count; i++)
    count += pair->strikes[i].mono + rule->window_s * INT64_C(1000) > mono;
  return count;
}

/* When they were, the last max_strikes of them. They rise, so the old ones are first. */
static void write_strike_times(struct pg_json *json, const struct pair *pair,
                               const struct pg_rule *rule,
                               const struct policy_clock *clock) {
  size_t count = strikes_that_count(pair, rule, clock->mono_ms);
  char shown[PG_TIME_CHARS];
  if (count > rule->max_strikes)
    count = rule->max_strikes;
  pg_json_key(json, "strikes_at");
  pg_json_array(json);
  for (size_t i = pair->strike_count - count; i < pair->strike_count; i++) {
    int64_t at = strike_time(&pair->strikes[i], clock);
    if (at != PG_TIME_UNKNOWN)
      pg_json_str(json, pg_time_format(at, shown));
  }
  pg_json_end_array(json);
}

static void write_pair(const struct policy *policy, const struct pair *pair,
                       struct pg_json *json, const struct policy_clock *clock) {
  const struct pg_rule *rule = &policy->settings->rules[pair->rule];
  enum phase phase = pair_phase(policy, pair, clock->mono_ms);
  pg_json_object(json);
  pg_json_key_str(json, "service", pair->service);
  pg_json_key_str(json, "state", phase_name(phase));
  pg_json_key(json, "port");
  if (pair->seen != NO_TIME)
    pg_json_int(json, pair->port);
  else
    pg_json_null(json);
  pg_json_key_int(json, "strikes",
                  (int64_t)strikes_that_count(pair, rule, clock->mono_ms));
  write_end(json, "cooldown_until", pair->cooldown, clock);
  write_end(json, "suspended_until", pair->suspended, clock);
  pg_json_key_int(json, "suspensions", pair->suspensions);
  write_strike_times(json, pair, rule, clock);
  pg_json_end_object(json);
}

/* Pairs are in the order of services: each rule picks out its own. */
static void write_pairs(const struct policy *policy, size_t rule, struct pg_json *json,
                        const struct policy_clock *clock) {
  pg_json_key(json, "watched");
  pg_json_array(json);
  for (size_t i = 0; i < policy->pair_count; i++)
    if (policy->pairs[i]->rule == rule)
      write_pair(policy, policy->pairs[i], json, clock);
  pg_json_end_array(json);
}

void policy_show_pause(const struct policy *policy, struct pg_json *json,
                       const struct policy_clock *clock) {
  write_end(json, "paused_until", policy->paused, clock);
}

void policy_show(const struct policy *policy, struct pg_json *json,
                 const struct policy_clock *clock) {
  pg_json_array(json);
  for (size_t i = 0; i < rule_count(policy); i++) {
    const struct pg_rule *rule = &policy->settings->rules[i];
    pg_json_object(json);
    write_rule(json, policy->settings, rule);
    write_span(json, rule, clock);
    write_end(json, "paused_until", rule_paused_until(policy, i), clock);
    write_pairs(policy, i, json, clock);
    pg_json_end_object(json);
  }
  pg_json_end_array(json);
}

struct policy_tally policy_tally(const struct policy *policy, size_t rule,
                                 int64_t mono_ms) {
  struct policy_tally tally = {.paused = mono_ms < rule_paused_until(policy, rule)};
  for (size_t i = 0; i < policy->pair_count; i++)
    tally.suspended +=
        policy->pairs[i]->rule == rule && mono_ms < policy->pairs[i]->suspended;
  return tally;
}
