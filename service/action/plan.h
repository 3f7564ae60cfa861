/* What an action will do, in which order, or by which rule it is refused. Pure: made from
 * a sealed snapshot, and no pointer leads back into it. */
#ifndef PG_PLAN_H
#define PG_PLAN_H

#include "common/error.h"
#include "common/json.h"
#include "service/snapshot/stopping.h"

struct undo_record;

/* PG_E_REFUSED, with the rule's name in |fault|. */
enum pg_error plan_refuse(struct pg_fault *fault, enum pg_safety rule, const char *format,
                          ...) PG_PRINTF(3, 4);

#define PG_STEP_LIST(X)                       \
  X(DISABLE, "disable")                       \
  X(STOP, "stop")                             \
  X(SET_START, "give back the start type of") \
  X(START, "start")                           \
  X(LISTEN_ADD, "add to the IP listen list")  \
  X(LISTEN_DELETE, "take off the IP listen list")

enum pg_step {
#define X(name, text) PG_STEP_##name,
  PG_STEP_LIST(X)
#undef X
};

#define PG_OUTCOME_LIST(X) \
  X(WAITING, NULL)         \
  X(RUNNING, NULL)         \
  X(DONE, "done")          \
  X(FAILED, "failed")

enum pg_outcome {
#define X(name, text) PG_OUTCOME_##name,
  PG_OUTCOME_LIST(X)
#undef X
};

struct plan_step {
  enum pg_step what;
  const char *name;    /* of a service, or an address */
  const char *display; /* of a service; or NULL */
  const char *needs;   /* the service for whose sake it stops; NULL: its own */
  /* What must still hold when its turn comes; 0 and PG_TIME_UNKNOWN: anything. */
  uint32_t pid;
  int64_t started_at;
  /* Of DISABLE what it was before, of SET_START what it becomes. */
  enum pg_start_type start_type;
  bool delayed;
  enum pg_outcome outcome;
  char words[256]; /* what went wrong; "" */
};

struct plan {
  struct pg_arena *arena;
  struct plan_step *steps;
  size_t count;
  const char **targets; /* the services it is about, as the SCM names them */
  size_t target_count;
};

void plan_free(struct plan *plan); /* it is empty afterwards */

struct plan_wish {
  const char *const *services; /* names, in any case of letters */
  size_t service_count;
  bool disable;         /* else they are only stopped */
  bool stop_dependents; /* else running dependents are a reason to refuse */
};

/* Into an empty |plan|, for plan_free on every path. What does not run is not stopped: a
 * plan without steps is PG_OK. Errors: PG_E_NOTFOUND (no such service), PG_E_REFUSED,
 * PG_E_NOMEM. */
enum pg_error plan_stop(struct plan *plan, const struct pg_snapshot *snapshot,
                        const struct plan_wish *wish, struct pg_fault *fault);
/* The way back of one record. |snapshot| tells what runs already. */
enum pg_error plan_restore(struct plan *plan, const struct pg_snapshot *snapshot,
                           const struct undo_record *record, struct pg_fault *fault);
enum pg_error plan_listen_list(struct plan *plan, enum pg_step what, const char *address,
                               struct pg_fault *fault);

/* The services of the plan are those of |shown|, an array of names. NULL: nothing was
 * shown. Errors: PG_E_REFUSED. */
enum pg_error plan_check(const struct plan *plan, const cJSON *shown,
                         struct pg_fault *fault);

/* "services", "steps" and "undo" of a result, inside an open object. */
void plan_write(const struct plan *plan, struct pg_json *json);
void plan_step_write(const struct plan_step *step, struct pg_json *json);

#endif
