/* What administrators ask for, from the plan to the result that was looked at twice. One
 * action is under way at a time, in a lane of its own; others wait their turn. Once its
 * turn has come it is finished, whether its client waits or not. Loop thread only. */
#ifndef PG_ACTIONS_H
#define PG_ACTIONS_H

#include "common/limits.h"
#include "service/action/plan.h"
#include "service/action/undo.h"
#include "service/control/request.h"

#include <uv.h>

struct errand;
struct loop;

#define PG_ACTION_KIND_LIST(X)             \
  X(STOP, "stop", "service.stop")          \
  X(DISABLE, "disable", "service.disable") \
  X(RESTORE, "restore", "service.restore") \
  X(FREE, "free", "port.free")             \
  X(LISTEN_ADD, "add", "iplisten.add")     \
  X(LISTEN_DELETE, "delete", "iplisten.delete")

enum action_kind {
#define X(name, text, verb) ACTION_##name,
  PG_ACTION_KIND_LIST(X)
#undef X
};

struct action_wish {
  enum action_kind kind;
  uint16_t port;       /* of FREE, and what an errand is about */
  const char *name;    /* of a service, or an address; else NULL */
  const cJSON *expect; /* what was shown; NULL: nothing was */
  bool stop_dependents, dry_run;
  struct errand *errand; /* NULL: an administrator wishes it, and no rules do */
};

enum action_state {
  ACTION_WAITING,   /* for its turn, or for a fresh look at the machine */
  ACTION_RUNNING,   /* the worker has the plan */
  ACTION_VERIFYING, /* the port, or the service, is looked at again */
  ACTION_DONE,
};

struct action {
  struct action *next; /* in the queue */
  unsigned users;      /* its request, and the queue */
  struct action_wish wish;
  char name[4 * PG_SERVICE_NAME_CHARS];
  struct pg_text expect; /* as JSON; the request may be gone when its turn comes */
  char user[PG_USER_CHARS];
  enum action_state state;
  int64_t asked_mono;
  struct plan plan;
  struct pg_text told; /* JSON: what is left to whoever asked */
  struct pg_text cautions;
  /* What came of it. An |error| without steps taken is the request's own error. */
  enum pg_error error;
  struct pg_fault fault;
  bool failed; /* steps were taken, and it is not as it was wished */
  bool saved;  /* the state was written */
  char summary[PG_AUDIT_CHARS];
  /* The worker's: what state.json says before, again when nothing was done after all, and
   * when a restoration went well. */
  struct undo noted;
  struct pg_text before, unchanged, after;
  /* Under the queue's lock: the steps that began and ended so far. */
  struct action_news {
    uint32_t step;
    enum pg_outcome outcome;
  } *news;
  size_t news_count, news_told;
  /* Looking again. */
  int64_t look_since, looking_since;
  unsigned looks;
};

#define ACTIONS_WAITING 8

struct actions {
  struct action *first; /* the one whose turn it is */
  size_t count;         /* of those that administrators ask for */
  bool busy;            /* the worker has it */
  uv_work_t work;
  uv_async_t news;
  uv_timer_t again; /* for the second look */
  uv_mutex_t lock;
  struct undo undo;
  bool opened;
};

enum pg_error actions_open(struct loop *loop, struct pg_fault *fault);
/* What waits is given up; what runs goes on. */
void actions_stop(struct loop *loop);
bool actions_are_idle(const struct loop *loop);
void actions_free(struct loop *loop);

/* A new one, for action_release. Takes over |wish->errand| on every path. Errors:
 * PG_E_BUSY when too many wait (errands are as few as services), PG_E_NOMEM. */
enum pg_error actions_ask(struct loop *loop, const struct action_wish *wish,
                          const char *user, struct action **out, struct pg_fault *fault);
/* Takes whatever step can be taken: when something was published, or time has passed. A
 * dry run has no turn to wait for. */
void actions_step(struct loop *loop);
void actions_step_dry(struct loop *loop, struct action *action);
/* The next piece of news as a value; false: there is none yet. */
bool actions_progress(struct loop *loop, struct action *action, struct pg_json *json);
void action_release(struct action *action);
/* The result object of an action that is done, or of a dry run. */
void action_write(const struct action *action, struct pg_json *json);
/* What came of it, in words. */
const char *action_summary(const struct action *action);
const char *action_kind_name(enum action_kind kind);

/* action_plan.c: makes the plan of |action| from the loop's snapshot, and what there is
 * to say beside it. Errors: those of a plan. */
enum pg_error action_make_plan(struct loop *loop, struct action *action,
                               struct pg_fault *fault);
/* action_look.c: whether all is as it was wished, in a snapshot taken after the action;
 * if not, why, in action->summary. */
bool action_went_well(const struct loop *loop, struct action *action);
/* Every service that the plan was to stop has been stopped. */
bool action_stopped_all(const struct action *action);
/* The words for it, in action->summary. */
void action_praise(struct action *action);

/* action_verbs.c */
extern const struct control_work action_works[];
extern const struct control_param action_service_params[4], action_port_params[4],
    action_restore_params[3], action_address_params[3];
bool action_ready(void *context, const struct control_ask *ask);
enum pg_error action_answer(void *context, const struct control_ask *ask,
                            struct pg_json *json, struct pg_fault *fault);

#endif
