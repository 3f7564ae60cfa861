/* A plan, step by step. */
#ifndef PG_CARRY_OUT_H
#define PG_CARRY_OUT_H

#include "service/action/actor.h"
#include "service/action/plan.h"

struct carrier {
  const struct actor *actor;
  /* A step has begun or ended; its |outcome| and |words| are set. May be NULL. */
  void (*told)(void *context, const struct plan *plan, size_t step);
  void *context;
};

/* Takes the steps in order and stops at the first that fails, but goes on starting what
 * is to be started; every step's outcome is in the plan, and |fault| says which one
 * failed first and why. Before a service is stopped, it must still be the process that
 * was planned for: PG_E_REFUSED by "plan-changed". Worker only. Errors: those of the
 * actor, too. */
enum pg_error carry_out(struct plan *plan, const struct carrier *carrier,
                        struct pg_fault *fault);

#endif
