#include "common/limits.h"
#include "service/policy/engine_state.h"

#define MS_PER_S INT64_C(1000)

const char *phase_name(enum phase phase) {
  static const char *const names[] = {
#define X(name, text) text,
      PHASE_LIST(X)
#undef X
  };
  return names[phase];
}

size_t rule_count(const struct policy *policy) {
  return policy->settings != NULL ? policy->settings->rule_count : 0;
}

static int64_t later(int64_t a, int64_t b) {
  return a > b ? a : b;
}

int64_t rule_paused_until(const struct policy *policy, size_t rule) {
  return later(policy->paused, policy->rules[rule].paused);
}

static int64_t confirmed_at(const struct policy *policy, const struct pair *pair) {
  const struct rule_state *state = &policy->rules[pair->rule];
  int64_t from = later(pair->seen, later(state->opened, policy->started));
  return from + policy->settings->rules[pair->rule].confirm_s * MS_PER_S;
}

int64_t pair_ready(const struct policy *policy, const struct pair *pair) {
  return later(confirmed_at(policy, pair), pair->cooldown);
}

enum phase pair_phase(const struct policy *policy, const struct pair *pair,
                      int64_t mono) {
  if (pair->acting != NOT_ACTING)
    return PHASE_ACTING;
  if (mono < rule_paused_until(policy, pair->rule))
    return PHASE_PAUSED;
  if (mono < pair->suspended)
    return PHASE_SUSPENDED;
  if (pair->seen == NO_TIME)
    return PHASE_IDLE;
  if (!policy->rules[pair->rule].span.open)
    return PHASE_CLOSED;
  if (mono < confirmed_at(policy, pair))
    return PHASE_CONFIRMING;
  return mono < pair->cooldown ? PHASE_COOLING : PHASE_DUE;
}

/* An observing rule may be charged strikes, beside an enforcing one, but disables
 * nothing. When disabling does not keep the holder away either, there is nothing left
 * but to suspend. */
bool pair_is_spent(const struct policy *policy, const struct pair *pair) {
  const struct pg_rule *rule = &policy->settings->rules[pair->rule];
  if (pair->strike_count < rule->max_strikes || pair->acting != NOT_ACTING)
    return false;
  return rule->mode == PG_MODE_OBSERVE || rule->on_strikes == PG_STRIKES_SUSPEND ||
         rule->action == PG_ACTION_DISABLE || pair->disabled;
}

bool pair_disables(const struct pair *pair, const struct pg_rule *rule) {
  return rule->action == PG_ACTION_DISABLE || (rule->on_strikes == PG_STRIKES_DISABLE &&
                                               pair->strike_count >= rule->max_strikes);
}

int64_t suspension_length(const struct pg_rule *rule, unsigned suspensions) {
  int64_t length = rule->window_s * MS_PER_S;
  for (unsigned i = 0; i < suspensions && length < PG_SUSPEND_MAX_MS; i++)
    length *= 2;
  return length < PG_SUSPEND_MAX_MS ? length : PG_SUSPEND_MAX_MS;
}

struct merged merge_nothing(void) {
  return (struct merged){false, PG_ACTION_STOP, PG_DEPENDENTS_STOP};
}

/* What makes an action harsher takes a rule that may act; what makes it milder, any. */
void merge(struct merged *merged, const struct pg_rule *rule, bool disables) {
  bool enforces = rule->mode == PG_MODE_ENFORCE;
  merged->enforce |= enforces;
  if (enforces && disables)
    merged->action = PG_ACTION_DISABLE;
  if (rule->dependents == PG_DEPENDENTS_REFUSE)
    merged->dependents = PG_DEPENDENTS_REFUSE;
}
