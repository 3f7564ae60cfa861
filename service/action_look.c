/* Looking again: an action counts when the machine says so, twice. */
#include "common/text.h"
#include "service/explain/explain.h"
#include "service/state.h"

#include <string.h>

static bool fail(struct action *action, const char *format, const char *words) {
  char shown[PG_AUDIT_CHARS];
  (void)snprintf(action->summary, sizeof action->summary, format,
                 (unsigned)action->wish.port, pg_escape(shown, sizeof shown, words));
  return false;
}

/* "Stopped, but taken again by X" is a failure, and X is what is wanted to be known. */
static bool port_is_free(const struct loop *loop, struct action *action) {
  const struct pg_snapshot *snapshot = loop->current;
  const struct pg_port *port = snapshot_port(snapshot, action->wish.port);
  struct pg_text names;
  bool table = snapshot_table_read(snapshot);
  /* Excluded ranges that could not be read were no obstacle before either. */
  if (table && strcmp(explain_wildcard(snapshot, action->wish.port), "no") != 0)
    return true;
  if (!table)
    return fail(action, "port %u: %s", "the listeners could not be read");
  if (port == NULL)
    return fail(action, "port %u is not free: %s", "Windows keeps it from being bound");
  pg_text_init(&names, PG_AUDIT_CHARS);
  explain_holder_names(snapshot, port, &names);
  fail(action, "port %u was taken again, or is held still, by %s", pg_text_str(&names));
  pg_text_free(&names);
  return false;
}

static bool is_stopped(const struct loop *loop, struct action *action, const char *name) {
  const struct pg_service *service = snapshot_service(loop->current, name);
  if (service == NULL || service->state == PG_STATE_STOPPED)
    return true;
  char shown[160];
  (void)snprintf(action->summary, sizeof action->summary,
                 "%s was stopped, and runs again (PID %lu)",
                 pg_escape(shown, sizeof shown, name), (unsigned long)service->pid);
  return false;
}

static bool targets_are_stopped(const struct loop *loop, struct action *action) {
  for (size_t i = 0; i < action->plan.target_count; i++)
    if (!is_stopped(loop, action, action->plan.targets[i]))
      return false;
  return true;
}

bool action_stopped_all(const struct action *action) {
  size_t stops = 0;
  for (size_t i = 0; i < action->plan.count; i++) {
    if (action->plan.steps[i].what != PG_STEP_STOP)
      continue;
    if (action->plan.steps[i].outcome != PG_OUTCOME_DONE)
      return false;
    stops++;
  }
  return stops > 0;
}

bool action_went_well(const struct loop *loop, struct action *action) {
  switch (action->wish.kind) {
  case ACTION_FREE:
    return port_is_free(loop, action);
  case ACTION_STOP:
  case ACTION_DISABLE:
    return targets_are_stopped(loop, action) &&
           (action->wish.errand == NULL || port_is_free(loop, action));
  case ACTION_RESTORE:    /* the worker saw them run */
  case ACTION_LISTEN_ADD: /* Windows said so */
  case ACTION_LISTEN_DELETE:
    return true;
  }
  return false;
}

void action_praise(struct action *action) {
  char shown[160];
  const char *name =
      action->plan.target_count > 0 ? action->plan.targets[0] : action->name;
  pg_escape(shown, sizeof shown, name);
  if (action->wish.kind == ACTION_FREE || action->wish.errand != NULL) {
    (void)snprintf(action->summary, sizeof action->summary, "port %u is free",
                   (unsigned)action->wish.port);
    return;
  }
  switch (action->wish.kind) {
  case ACTION_FREE: /* above */
    break;
  case ACTION_STOP:
    (void)snprintf(action->summary, sizeof action->summary, "%s is stopped", shown);
    break;
  case ACTION_DISABLE:
    (void)snprintf(action->summary, sizeof action->summary,
                   "%s is stopped, and does not start any more", shown);
    break;
  case ACTION_RESTORE:
    (void)snprintf(action->summary, sizeof action->summary, "%s is as it was before",
                   shown);
    break;
  case ACTION_LISTEN_ADD:
    (void)snprintf(action->summary, sizeof action->summary,
                   "%s is on the IP listen list of HTTP.sys", shown);
    break;
  case ACTION_LISTEN_DELETE:
    (void)snprintf(action->summary, sizeof action->summary,
                   "%s is off the IP listen list of HTTP.sys", shown);
    break;
  }
}
