#include "common/limits.h"
#include "common/sort.h"
#include "common/text.h"
#include "service/policy/engine_steps.h"

#include <stdlib.h>

/* A wall clock that is corrected moves by less; one that is set, by more. */
#define DRIFT_MS 1000

/* One that concerns a single rule. */
static void tell_of_rule(struct step *step, enum policy_kind kind, size_t rule,
                         const struct pair *pair, int64_t lasts_ms) {
  const struct pg_rule *one = &step->policy->settings->rules[rule];
  step_tell(step,
            &(struct policy_decision){.kind = kind,
                                      .rules = &one,
                                      .rule_count = 1,
                                      .service = pair != NULL ? pair->service : NULL,
                                      .port = pair != NULL ? pair->port : 0,
                                      .lasts_ms = lasts_ms});
}

void step_wake_at(struct step *step, int64_t mono) {
  if (mono < step->policy->next)
    step->policy->next = mono;
}

void step_tell(struct step *step, const struct policy_decision *decision) {
  step->tell(step->context, decision);
}

int64_t step_verified(const struct step *step, const struct policy_holder *row) {
  return row->http_mono < step->view->sampled_mono ? row->http_mono
                                                   : step->view->sampled_mono;
}

/* --- what the time alone changes --- */

static bool has_ended(int64_t *until, int64_t mono) {
  if (*until == NO_TIME || mono < *until)
    return false;
  *until = NO_TIME;
  return true;
}

static void refresh_span(struct step *step, const struct pg_rule *rule,
                         struct rule_state *state) {
  const struct policy_clock *clock = step->clock;
  bool was_open = state->span.open;
  if (rule->window_count > 0 && clock->wall_ms == 0)
    state->span = (struct schedule_span){false, NO_TIME, NO_TIME};
  else if (clock->wall_ms < state->span.since || clock->wall_ms >= state->span.until)
    state->span = schedule_at(rule, clock->zone, clock->wall_ms);
  if (state->span.open && !was_open)
    state->opened = clock->mono_ms;
  if (state->span.until != SCHEDULE_ALWAYS_WILL && state->span.until > clock->wall_ms)
    step_wake_at(step, clock->mono_ms + (state->span.until - clock->wall_ms));
}

static void refresh_rules(struct step *step) {
  struct policy *policy = step->policy;
  int64_t mono = step->clock->mono_ms;
  if (!zone_equal(&policy->zone, step->clock->zone)) {
    policy->zone = *step->clock->zone;
    for (size_t i = 0; i < rule_count(policy); i++)
      policy->rules[i].span.since = policy->rules[i].span.until = NO_TIME;
  }
  if (has_ended(&policy->paused, mono))
    step_tell(step, &(struct policy_decision){.kind = POLICY_RESUMED});
  if (policy->paused != NO_TIME)
    step_wake_at(step, policy->paused);
  for (size_t i = 0; i < rule_count(policy); i++) {
    struct rule_state *state = &policy->rules[i];
    refresh_span(step, &policy->settings->rules[i], state);
    if (has_ended(&state->paused, mono))
      tell_of_rule(step, POLICY_RESUMED, i, NULL, 0);
    if (state->paused != NO_TIME)
      step_wake_at(step, state->paused);
  }
}

static void suspend(struct step *step, struct pair *pair, const struct pg_rule *rule) {
  int64_t length = suspension_length(rule, pair->suspensions++);
  pair->suspended = step->clock->mono_ms + length;
  tell_of_rule(step, POLICY_SUSPENDED, pair->rule, pair, length);
}

static void refresh_pair(struct step *step, struct pair *pair) {
  const struct pg_rule *rule = &step->policy->settings->rules[pair->rule];
  int64_t mono = step->clock->mono_ms;
  pair_drop_old_strikes(pair, rule, mono);
  if (has_ended(&pair->suspended, mono)) {
    pair->calm = mono;
    pair->disabled = false;
    pair->strike_count = 0; /* also those that a longer window would count again */
    tell_of_rule(step, POLICY_RESUMED, pair->rule, pair, 0);
  }
  if (pair->suspended == NO_TIME && pair_is_spent(step->policy, pair))
    suspend(step, pair, rule);
  if (pair->suspended != NO_TIME)
    step_wake_at(step, pair->suspended);
  else if (pair->acting == NOT_ACTING &&
           pair->calm + rule->window_s * INT64_C(1000) <= mono) {
    pair->suspensions = 0;
    pair->disabled = false;
  }
}

static void refresh_pairs(struct step *step) {
  struct policy *policy = step->policy;
  /* What was read before this is in no view any more. */
  int64_t oldest = step->view->sampled_mono - 2 * PG_HTTP_REFRESH_MS;
  size_t kept = 0;
  for (size_t i = 0; i < policy->pair_count; i++) {
    struct pair *pair = policy->pairs[i];
    refresh_pair(step, pair);
    if (pair_is_blank(pair, oldest))
      free(pair);
    else
      policy->pairs[kept++] = pair;
  }
  policy->pair_count = kept;
}

/* --- which rules are concerned with a service --- */

/* Of the |count| rows of one service the one that counts for a rule: a port proxy
 * before all others, since it forbids to act, then what is certain. */
static const struct policy_holder *
row_for(const struct pg_rule *rule, const struct policy_holder *rows, size_t count) {
  const struct policy_holder *best = NULL;
  for (size_t i = 0; i < count; i++) {
    if (!ports_have(&rule->ports, rows[i].port))
      continue;
    if (rows[i].portproxy)
      return &rows[i];
    if (best == NULL || (rows[i].certain && !best->certain))
      best = &rows[i];
  }
  return best;
}

/* Holders come in the order of the pairs: it is nearly always the next one. */
static struct pair *pair_for(struct step *step, const struct policy_holder *row,
                             size_t rule) {
  struct policy *policy = step->policy;
  if (!pair_is(policy, step->place, row->service, rule))
    step->place = pair_place(policy, row->service, rule);
  if (!pair_is(policy, step->place, row->service, rule) &&
      pair_insert(policy, step->place, row->service, row->template_name, rule) == NULL)
    return NULL; /* no memory: nothing is done about it */
  return policy->pairs[step->place++];
}

static size_t add_party(struct step *step, size_t rule, const struct policy_holder *rows,
                        size_t count, size_t parties) {
  const struct pg_rule *with = &step->policy->settings->rules[rule];
  const struct policy_holder *row = row_for(with, rows, count);
  struct pair *pair = row != NULL ? pair_for(step, row, rule) : NULL;
  if (pair == NULL || pair->step == step->policy->step)
    return parties;
  if (step_verified(step, row) < pair->blind) {
    step->policy->waits_for_sample = true;
    return parties;
  }
  pair->step = step->policy->step;
  pair->port = row->port;
  if (pair->seen == NO_TIME)
    pair->seen = step->view->sampled_mono;
  step->policy->parties[parties] = (struct party){pair, with, row};
  return parties + 1;
}

static bool listed_before(const void *row, const void *name) {
  return pg_casecmp(((const struct listed *)row)->service, name) < 0;
}

/* The parties to |count| rows of one service; how many. */
static size_t gather(struct step *step, const struct policy_holder *rows, size_t count) {
  const struct policy *policy = step->policy;
  const struct listed *end = policy->listed + policy->listed_count;
  const char *template_name = rows->template_name;
  size_t parties = 0;
  while (step->listed < end && listed_before(step->listed, rows->service))
    step->listed++;
  for (; step->listed < end && pg_case_equal(step->listed->service, rows->service);
       step->listed++)
    parties = add_party(step, step->listed->rule, rows, count, parties);
  if (template_name == NULL)
    return parties;
  const struct listed *at =
      policy->listed + pg_lower_bound(policy->listed, policy->listed_count, sizeof *at,
                                      template_name, listed_before);
  for (; at < end && pg_case_equal(at->service, template_name); at++)
    parties = add_party(step, at->rule, rows, count, parties);
  return parties;
}

/* What the rules make of the |count| rows of one service. */
static void decide(struct step *step, const struct policy_holder *rows, size_t count) {
  size_t parties = gather(step, rows, count);
  if (parties > 0)
    decide_parties(step, step->policy->parties, parties);
}

static bool port_before(const void *row, const void *port) {
  return *(const uint16_t *)row < *(const uint16_t *)port;
}

static bool is_unsure(const struct policy_view *view, uint16_t port) {
  size_t at = pg_lower_bound(view->unsure_ports, view->unsure_count, sizeof port, &port,
                             port_before);
  return at < view->unsure_count && view->unsure_ports[at] == port;
}

/* Who was not seen has let go, unless that could not be seen. */
static void end_tenancies(struct step *step) {
  for (size_t i = 0; i < step->policy->pair_count; i++) {
    struct pair *pair = step->policy->pairs[i];
    if (pair->step != step->policy->step && pair->acting == NOT_ACTING &&
        !is_unsure(step->view, pair->port))
      pair_end_tenancy(pair);
  }
}

void policy_step(struct policy *policy, const struct policy_view *view,
                 const struct policy_clock *clock, policy_tell *tell_whom,
                 void *context) {
  struct step step = {.policy = policy,
                      .view = view,
                      .clock = clock,
                      .tell = tell_whom,
                      .context = context,
                      .listed = policy->listed};
  policy->step++;
  policy->next = POLICY_NEVER;
  policy->waits_for_sample = false;
  policy->last_sampled = view->sampled_mono;
  policy->last_drift = clock->wall_ms - clock->mono_ms;
  refresh_rules(&step);
  refresh_pairs(&step);
  for (size_t i = 0, end; policy->listed != NULL && i < view->count; i = end) {
    for (end = i + 1; end < view->count && pg_case_equal(view->holders[end].service,
                                                         view->holders[i].service);)
      end++;
    decide(&step, view->holders + i, end - i);
  }
  end_tenancies(&step);
}

int64_t policy_next(const struct policy *policy) {
  return policy->next;
}

bool policy_due(const struct policy *policy, const struct policy_view *view,
                const struct policy_clock *clock) {
  int64_t moved = clock->wall_ms - clock->mono_ms - policy->last_drift;
  return clock->mono_ms >= policy->next || moved > DRIFT_MS || moved < -DRIFT_MS ||
         (policy->waits_for_sample && view->sampled_mono > policy->last_sampled) ||
         !zone_equal(&policy->zone, clock->zone);
}

static int compare_holders(const void *left, const void *right) {
  const struct policy_holder *a = left, *b = right;
  int order = pg_casecmp(a->service, b->service);
  return order != 0 ? order : (a->port > b->port) - (a->port < b->port);
}

bool policy_sort_holders(struct policy_holder *holders, size_t count) {
  return pg_sort(holders, count, sizeof *holders, compare_holders);
}
