#include "service/action/carry_out.h"

#include "common/limits.h"
#include "common/text.h"
#include "common/timestamp.h"

/* What runs under the name is what the plan was made for, or has stopped. */
static enum pg_error confirm(const struct plan_step *step, const struct actor *actor,
                             struct pg_fault *fault) {
  struct actor_service now = {0};
  char shown[160];
  enum pg_error error = actor->query(actor->context, step->name, &now, fault);
  if (error != PG_OK || now.state == PG_STATE_STOPPED)
    return error;
  bool same_pid = step->pid == 0 || now.pid == step->pid;
  bool same_start = step->started_at == PG_TIME_UNKNOWN ||
                    now.started_at == PG_TIME_UNKNOWN ||
                    now.started_at == step->started_at;
  if (same_pid && same_start)
    return PG_OK;
  return plan_refuse(fault, PG_SAFETY_PLAN_CHANGED,
                     "%s runs in another process by now (PID %lu)",
                     pg_escape(shown, sizeof shown, step->name), (unsigned long)now.pid);
}

/* The start type is what was noted for the way back. */
static enum pg_error confirm_start(const struct plan_step *step,
                                   const struct actor *actor, struct pg_fault *fault) {
  struct actor_service now = {0};
  char shown[160];
  enum pg_error error = actor->query(actor->context, step->name, &now, fault);
  if (error != PG_OK || now.start_type == PG_START_UNKNOWN ||
      now.start_type == step->start_type)
    return error;
  return plan_refuse(fault, PG_SAFETY_PLAN_CHANGED,
                     "the start type of %s was changed a moment ago: it is %s now",
                     pg_escape(shown, sizeof shown, step->name),
                     pg_start_type_name(now.start_type));
}

/* Somebody has set the start type since it was disabled here: it stays theirs. */
static bool is_theirs(const struct plan_step *step, const struct actor *actor) {
  struct actor_service now = {0};
  return actor->query(actor->context, step->name, &now, NULL) == PG_OK &&
         now.start_type != PG_START_DISABLED && now.start_type != PG_START_UNKNOWN;
}

static enum pg_error take(const struct plan_step *step, const struct actor *actor,
                          struct pg_fault *fault) {
  enum pg_error error = PG_OK;
  switch (step->what) {
  case PG_STEP_DISABLE:
    error = confirm_start(step, actor, fault);
    return error == PG_OK ? actor->set_start(actor->context, step->name,
                                             PG_START_DISABLED, false, fault)
                          : error;
  case PG_STEP_STOP:
    error = confirm(step, actor, fault);
    return error == PG_OK ? actor->stop(actor->context, step->name, PG_STOP_MS, fault)
                          : error;
  case PG_STEP_SET_START:
    return is_theirs(step, actor)
               ? PG_OK
               : actor->set_start(actor->context, step->name, step->start_type,
                                  step->delayed, fault);
  case PG_STEP_START:
    return actor->start(actor->context, step->name, PG_STOP_MS, fault);
  case PG_STEP_LISTEN_ADD:
    return actor->listen_add(actor->context, step->name, fault);
  case PG_STEP_LISTEN_DELETE:
    return actor->listen_delete(actor->context, step->name, fault);
  }
  return pg_fail(fault, PG_E_INTERNAL, "unknown step");
}

static void report(const struct carrier *carrier, const struct plan *plan, size_t step) {
  if (carrier->told != NULL)
    carrier->told(carrier->context, plan, step);
}

enum pg_error carry_out(struct plan *plan, const struct carrier *carrier,
                        struct pg_fault *fault) {
  enum pg_error first = PG_OK;
  for (size_t i = 0; i < plan->count; i++) {
    struct plan_step *step = &plan->steps[i];
    struct pg_fault why = {0};
    /* One that does not start again is no reason to leave the others stopped. */
    if (first != PG_OK && step->what != PG_STEP_START)
      break;
    step->outcome = PG_OUTCOME_RUNNING;
    report(carrier, plan, i);
    enum pg_error error = take(step, carrier->actor, &why);
    step->outcome = error == PG_OK ? PG_OUTCOME_DONE : PG_OUTCOME_FAILED;
    if (error != PG_OK)
      (void)pg_copy(step->words, sizeof step->words, why.message);
    if (error != PG_OK && first == PG_OK) {
      first = error;
      *fault = why;
    }
    report(carrier, plan, i);
  }
  return first;
}
