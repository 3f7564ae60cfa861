/* The control verbs that act: from a request to an action, and back. */
#include "common/protocol.h"
#include "service/state.h"

#include <string.h>

enum { ARG_SUBJECT, ARG_DEPENDENTS, ARG_EXPECT, ARG_DRY_RUN };

static const char *const dependents_words[] = {"refuse", "stop", NULL};

#define DEPENDENTS {"dependents", 0, 0, false, CONTROL_CHOICE, dependents_words}
#define EXPECT {"expect", 0, PG_EXPECT_MAX, false, CONTROL_TEXTS, NULL}
#define DRY_RUN {"dry_run", 0, 0, false, CONTROL_FLAG, NULL}
#define NAME {"name", 1, PG_SERVICE_NAME_CHARS * 4 - 1, true, CONTROL_TEXT, NULL}

const struct control_param action_service_params[] = {NAME, DEPENDENTS, EXPECT, DRY_RUN};
const struct control_param action_port_params[] = {
    {"port", 1, 65535, true, CONTROL_NUMBER, NULL}, DEPENDENTS, EXPECT, DRY_RUN};
/* In the same places, so that they are read alike. */
const struct control_param action_restore_params[] = {NAME, DRY_RUN, EXPECT};
const struct control_param action_address_params[] = {
    {"address", 2, PG_ADDRESS_TEXT_MAX, true, CONTROL_TEXT, NULL}, DRY_RUN, EXPECT};

static const struct control_arg *arg_of(const struct control_ask *ask, const char *name) {
  static const struct control_arg none = {0};
  for (size_t i = 0; i < ask->verb->param_count; i++)
    if (strcmp(ask->verb->params[i].name, name) == 0)
      return &ask->args[i];
  return &none;
}

static enum pg_error begin(struct loop *loop, struct control_ask *ask,
                           const struct control_caller *caller, enum action_kind kind,
                           struct pg_fault *fault) {
  struct action *action = NULL;
  struct action_wish wish = {
      .kind = kind,
      .name = ask->args[ARG_SUBJECT].text,
      .port = (uint16_t)ask->args[ARG_SUBJECT].number,
      .expect = arg_of(ask, "expect")->list,
      .stop_dependents = arg_of(ask, "dependents")->number == 1,
      .dry_run = arg_of(ask, "dry_run")->number == 1,
  };
  enum pg_error error = actions_ask(loop, &wish, caller->user, &action, fault);
  ask->job = action;
  return error;
}

static bool progress(void *context, struct control_ask *ask, struct pg_json *json) {
  return actions_progress(context, ask->job, json);
}

static void end(void *context, struct control_ask *ask) {
  (void)context;
  action_release(ask->job);
}

bool action_ready(void *context, const struct control_ask *ask) {
  struct loop *loop = context;
  struct action *action = ask->job;
  actions_step(loop);
  actions_step_dry(loop, action);
  return action->state == ACTION_DONE || clock_mono() - ask->asked_mono >= PG_CONTROL_MS;
}

enum pg_error action_answer(void *context, const struct control_ask *ask,
                            struct pg_json *json, struct pg_fault *fault) {
  struct action *action = ask->job;
  (void)context;
  if (action->state != ACTION_DONE) {
    pg_fail(fault, PG_E_TIMEOUT, "it is not done yet, and goes on");
    pg_fault_hint(fault, "portguardctl list");
    return PG_E_TIMEOUT;
  }
  if (action->error != PG_OK) {
    *fault = action->fault;
    return action->error;
  }
  action_write(action, json);
  return PG_OK;
}

#define X(name, text, verb)                                                 \
  static enum pg_error begin_##name(void *context, struct control_ask *ask, \
                                    const struct control_caller *caller,    \
                                    struct pg_fault *fault) {               \
    return begin(context, ask, caller, ACTION_##name, fault);               \
  }
PG_ACTION_KIND_LIST(X)
#undef X

const struct control_work action_works[] = {
#define X(name, text, verb) \
  [ACTION_##name] = {begin_##name, progress, end, PG_CONTROL_MS, NULL},
    PG_ACTION_KIND_LIST(X)
#undef X
};
