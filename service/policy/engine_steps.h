/* One step of the engine, between engine_step.c, which finds out which rules are
 * concerned with a service, and engine_decide.c, which decides what comes of it. */
#ifndef PG_ENGINE_STEPS_H
#define PG_ENGINE_STEPS_H

#include "service/policy/engine_state.h"

struct step {
  struct policy *policy;
  const struct policy_view *view;
  const struct policy_clock *clock;
  policy_tell *tell;
  void *context;
  const struct listed *listed; /* holders and these are in one order */
  size_t place;                /* of pairs, likewise */
};

void step_wake_at(struct step *step, int64_t mono);
void step_tell(struct step *step, const struct policy_decision *decision);
/* When what a row says was last seen to be so. */
int64_t step_verified(const struct step *step, const struct policy_holder *row);

/* |parties|, not none, are all about one service. */
void decide_parties(struct step *step, struct party *parties, size_t count);

#endif
