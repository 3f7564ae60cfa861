#include "common/limits.h"
#include "common/text.h"
#include "service/policy/engine_steps.h"
#include "service/snapshot/stopping.h"

/* Rules that decide together about one service. */
struct group {
  const struct party *parties;
  size_t count;
  const struct policy_holder *row; /* the one they go by */
  int64_t ready;                   /* when all of them allow it */
};

static struct merged merge_parties(const struct group *group) {
  struct merged merged = merge_nothing();
  for (size_t i = 0; i < group->count; i++) {
    const struct party *party = &group->parties[i];
    merge(&merged, party->rule, pair_disables(party->pair, party->rule));
  }
  return merged;
}

static struct policy_decision decision_of(struct step *step, enum policy_kind kind,
                                          const struct group *group) {
  struct merged merged = merge_parties(group);
  for (size_t i = 0; i < group->count; i++)
    step->policy->names[i] = group->parties[i].rule;
  return (struct policy_decision){.kind = kind,
                                  .rules = step->policy->names,
                                  .rule_count = group->count,
                                  .service = group->row->service,
                                  .port = group->row->port,
                                  .pid = group->row->pid,
                                  .process_started_at = group->row->process_started_at,
                                  .action = merged.action,
                                  .dependents = merged.dependents};
}

static void need_sample(struct step *step, const struct group *group) {
  struct policy_decision decision = decision_of(step, POLICY_NEED_SAMPLE, group);
  step->policy->waits_for_sample = true;
  step_tell(step, &decision);
}

/* Why nothing may be done although all rules allow it, or NULL. */
static const char *objection(const struct policy_holder *row) {
  if (row->portproxy)
    return "it holds the port for a port proxy";
  if (row->certain)
    return NULL;
  return row->doubt != NULL ? row->doubt : "it is not certain who holds the port";
}

/* Each rule logs that once while the service holds on: what it would do by itself, in
 * enforce mode. */
static void observe(struct step *step, const struct party *party,
                    const struct group *group) {
  struct policy_decision decision = decision_of(step, POLICY_WOULD_ACT, group);
  if (pair_disables(party->pair, party->rule))
    decision.action = PG_ACTION_DISABLE;
  decision.reason = objection(group->row);
  if (decision.reason == NULL && party->rule->mode == PG_MODE_ENFORCE)
    decision.reason = step->view->no_action;
  party->pair->told_would = true;
  step_tell(step, &decision);
}

static void refuse(struct step *step, const struct group *group, const char *reason) {
  struct policy_decision decision = decision_of(step, POLICY_REFUSED, group);
  bool told = true;
  for (size_t i = 0; i < group->count; i++) {
    told &= group->parties[i].pair->told_refused;
    group->parties[i].pair->told_refused = true;
  }
  decision.safety =
      group->row->portproxy ? pg_safety_name(PG_SAFETY_PORT_PROXY) : "uncertain";
  decision.reason = reason;
  if (!told)
    step_tell(step, &decision);
}

static void act(struct step *step, const struct group *group) {
  struct policy_decision decision = decision_of(step, POLICY_ACT, group);
  if (!under_way_begin(step->policy, decision.service))
    return; /* no memory: nothing is done about it */
  for (size_t i = 0; i < group->count; i++) {
    const struct party *party = &group->parties[i];
    pair_strike(party->pair, party->rule, &(struct strike){.mono = step->clock->mono_ms});
    party->pair->acting = decision.action == PG_ACTION_DISABLE ? DISABLING : STOPPING;
  }
  step_tell(step, &decision);
}

/* Whether it is time, and what is known was seen since then. A doubt is given a while to
 * pass before anything is said about it; then it is said even if no newer look comes. */
static bool is_ripe(struct step *step, const struct group *group) {
  int64_t now = step->clock->mono_ms, patience = group->ready + PG_DOUBT_MS;
  const struct policy_holder *row = group->row;
  if (now < group->ready) {
    step_wake_at(step, group->ready);
    return false;
  }
  bool seen_since = step_verified(step, row) >= group->ready;
  if (!seen_since)
    need_sample(step, group);
  if (row->certain || row->portproxy)
    return seen_since;
  if (now < patience)
    step_wake_at(step, patience);
  return now >= patience;
}

static void observe_each(struct step *step, const struct party *parties, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const struct party *party = &parties[i];
    struct group alone = {party, 1, party->row, pair_ready(step->policy, party->pair)};
    if (!party->pair->told_would && is_ripe(step, &alone))
      observe(step, party, &alone);
  }
}

/* Rules of several ports may each know the service from another row: what an
 * enforcing one goes by counts, the worst objection and the best knowledge first. */
static bool goes_before(const struct party *party, const struct party *best) {
  bool enforces = party->rule->mode == PG_MODE_ENFORCE;
  if (enforces != (best->rule->mode == PG_MODE_ENFORCE))
    return enforces;
  if (party->row->portproxy != best->row->portproxy)
    return party->row->portproxy;
  return party->row->certain && !best->row->certain;
}

static void enforce(struct step *step, const struct party *parties, size_t count) {
  struct group group = {parties, count, NULL, INT64_MIN};
  const struct party *best = parties;
  for (size_t i = 0; i < count; i++) {
    int64_t own = pair_ready(step->policy, parties[i].pair);
    group.ready = own > group.ready ? own : group.ready;
    best = goes_before(&parties[i], best) ? &parties[i] : best;
  }
  group.row = best->row;
  if (!is_ripe(step, &group))
    return;
  const char *reason = objection(group.row);
  if (reason != NULL)
    refuse(step, &group, reason);
  else
    act(step, &group);
}

/* Leaves the parties whose rules are in play; false: none is. A rule that is closed,
 * paused or suspended does not act, and does not keep others from it. */
static bool in_play(struct step *step, struct party *parties, size_t *count) {
  size_t kept = 0;
  for (size_t i = 0; i < *count; i++)
    switch (pair_phase(step->policy, parties[i].pair, step->clock->mono_ms)) {
    case PHASE_ACTING:
    case PHASE_PAUSED:
    case PHASE_SUSPENDED:
    case PHASE_IDLE:
    case PHASE_CLOSED:
      break;
    case PHASE_CONFIRMING:
    case PHASE_COOLING:
    case PHASE_DUE:
      parties[kept++] = parties[i];
      break;
    }
  *count = kept;
  return kept > 0;
}

void decide_parties(struct step *step, struct party *parties, size_t count) {
  bool enforces = false;
  if (is_under_way(step->policy, parties->row->service) ||
      !in_play(step, parties, &count))
    return;
  for (size_t i = 0; i < count; i++)
    enforces |= parties[i].rule->mode == PG_MODE_ENFORCE;
  if (enforces && step->view->no_action == NULL)
    enforce(step, parties, count);
  else
    observe_each(step, parties, count);
}
