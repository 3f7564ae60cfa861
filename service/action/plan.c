#include "service/action/plan.h"

#include "common/arena.h"
#include "common/limits.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "service/action/order.h"
#include "service/action/undo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAN_ARENA_MAX (16u * PG_MIB)
#define NAMED_MAX 5 /* dependents that a refusal names */

enum pg_error plan_refuse(struct pg_fault *fault, enum pg_safety rule, const char *format,
                          ...) {
  char words[sizeof fault->message];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(words, sizeof words, format, args);
  va_end(args);
  pg_fail(fault, PG_E_REFUSED, "%s", words);
  pg_fault_rule(fault, pg_safety_name(rule));
  return PG_E_REFUSED;
}

void plan_free(struct plan *plan) {
  pg_arena_free(plan->arena);
  memset(plan, 0, sizeof *plan);
}

static enum pg_error no_memory(struct pg_fault *fault) {
  return pg_fail(fault, PG_E_NOMEM, "out of memory");
}

/* --- making one --- */

static enum pg_error need_services(const struct pg_snapshot *snapshot,
                                   struct pg_fault *fault) {
  if (snapshot_was_read(snapshot, PG_SOURCE_SERVICES))
    return PG_OK;
  pg_fail(fault, PG_E_WINDOWS, "the services could not be read");
  pg_fault_hint(fault, "portguardctl health");
  return PG_E_WINDOWS;
}

static enum pg_error begin(struct plan *plan, size_t steps, size_t targets,
                           struct pg_fault *fault) {
  plan->arena = pg_arena_new(PLAN_ARENA_MAX);
  if (plan->arena == NULL)
    return no_memory(fault);
  plan->steps = pg_arena_alloc(plan->arena, steps, sizeof *plan->steps);
  plan->targets = pg_arena_alloc(plan->arena, targets + 1, sizeof *plan->targets);
  return plan->steps != NULL && plan->targets != NULL ? PG_OK : no_memory(fault);
}

static struct plan_step *add_step(struct plan *plan, enum pg_step what,
                                  const char *name) {
  struct plan_step *step = &plan->steps[plan->count++];
  step->what = what;
  step->name = pg_arena_str(plan->arena, name);
  return step;
}

static void add_target(struct plan *plan, const char *name) {
  plan->targets[plan->target_count++] = pg_arena_str(plan->arena, name);
}

/* Every text is there: one look at the end is enough. */
static enum pg_error finish(const struct plan *plan, struct pg_fault *fault) {
  bool whole = true;
  for (size_t i = 0; i < plan->count; i++)
    whole = whole && plan->steps[i].name != NULL;
  for (size_t i = 0; i < plan->target_count; i++)
    whole = whole && plan->targets[i] != NULL;
  return whole ? PG_OK : no_memory(fault);
}

/* --- stopping --- */

struct stopping {
  struct plan *plan;
  const struct pg_snapshot *snapshot;
  const struct plan_wish *wish;
  const struct pg_service **targets;
  size_t target_count;
  unsigned char *seen; /* one per service of the snapshot */
  struct pg_text dependents;
  size_t dependent_count;
};

/* In words that go on behind the service's name. */
static const char *why_not(enum pg_safety rule) {
  switch (rule) {
  case PG_SAFETY_PORTGUARD:
    return "it is portguard itself";
  case PG_SAFETY_PROTECTED:
    return "Windows needs it, and portguard never stops it";
  case PG_SAFETY_DRIVER:
    return "it is a driver, and portguard stops none";
  case PG_SAFETY_PORT_PROXY:
    return "it listens for a port proxy: delete its rule, and the service may stay";
  case PG_SAFETY_NONE:
  case PG_SAFETY_DEPENDENTS:
  case PG_SAFETY_PLAN_CHANGED:
    break;
  }
  return "it is not stopped";
}

static enum pg_error may_stop(const struct pg_snapshot *snapshot,
                              const struct pg_service *service, const char *needs,
                              struct pg_fault *fault) {
  char shown[128], target[128];
  enum pg_safety rule = pg_service_safety(service->name, service->type);
  if (rule == PG_SAFETY_NONE && snapshot_serves_proxies(snapshot, service))
    rule = PG_SAFETY_PORT_PROXY;
  if (rule == PG_SAFETY_NONE)
    return PG_OK;
  return plan_refuse(
      fault, rule, "%s%s%s: %s", pg_escape(shown, sizeof shown, service->name),
      needs != NULL ? ", which would stop with " : "",
      pg_escape(target, sizeof target, needs != NULL ? needs : ""), why_not(rule));
}

static bool is_target(const struct stopping *run, const struct pg_service *service) {
  for (size_t i = 0; i < run->target_count; i++)
    if (run->targets[i] == service)
      return true;
  return false;
}

static void add_stop(struct stopping *run, const struct pg_service *service,
                     const char *needs) {
  const struct pg_process *process = snapshot_process(run->snapshot, service->pid);
  struct plan_step *step = add_step(run->plan, PG_STEP_STOP, service->name);
  step->display = pg_arena_str(run->plan->arena, service->display_name);
  step->needs = pg_arena_str(run->plan->arena, needs);
  step->pid = service->pid;
  step->started_at = process != NULL ? process->started_at : PG_TIME_UNKNOWN;
}

static enum pg_error stop_one(struct stopping *run, const struct pg_service *service,
                              const struct pg_service *target, struct pg_fault *fault) {
  unsigned char *seen = &run->seen[service - run->snapshot->services];
  const char *sake = is_target(run, service) ? NULL : target->name;
  if (*seen)
    return PG_OK;
  *seen = 1;
  enum pg_error error = may_stop(run->snapshot, service, sake, fault);
  if (error != PG_OK)
    return error;
  add_stop(run, service, sake);
  if (sake != NULL && run->dependent_count++ < NAMED_MAX)
    pg_text_printf(&run->dependents, "%s%s", run->dependents.len > 0 ? ", " : "",
                   service->name);
  return PG_OK;
}

/* Everything that needs |target| before itself, each once. */
static enum pg_error stop_target(struct stopping *run, const struct pg_service *target,
                                 struct pg_fault *fault) {
  size_t count = 0;
  uint32_t *order = order_of_stopping(run->snapshot, &target, 1, &count);
  enum pg_error error = order != NULL ? PG_OK : no_memory(fault);
  for (size_t i = 0; error == PG_OK && i < count; i++)
    error = stop_one(run, &run->snapshot->services[order[i]], target, fault);
  free(order);
  return error;
}

static enum pg_error refuse_dependents(const struct stopping *run,
                                       struct pg_fault *fault) {
  char shown[256], target[128];
  pg_escape(shown, sizeof shown, pg_text_str(&run->dependents));
  pg_escape(target, sizeof target, run->targets[0]->name);
  plan_refuse(fault, PG_SAFETY_DEPENDENTS,
              "running services need %s and would stop: %s%s", target, shown,
              run->dependent_count > NAMED_MAX ? " and more" : "");
  pg_fault_hint(fault, "repeat it with --dependents stop");
  return PG_E_REFUSED;
}

/* Itself, or the template of one user's instance of it. */
static const struct pg_service *configured(const struct pg_snapshot *snapshot,
                                           const struct pg_service *service) {
  char name[PG_SERVICE_NAME_CHARS];
  size_t len = snapshot_configured_len(service);
  if (len >= sizeof name)
    return service;
  memcpy(name, service->name, len);
  name[len] = '\0';
  const struct pg_service *template = snapshot_service(snapshot, name);
  return template != NULL ? template : service;
}

/* Before anything stops: what is disabled does not come back meanwhile. */
static enum pg_error add_disable(struct stopping *run, const struct pg_service *target,
                                 struct pg_fault *fault) {
  const struct pg_service *service = configured(run->snapshot, target);
  char shown[160];
  if (service->start_type == PG_START_DISABLED)
    return PG_OK;
  if (service->start_type == PG_START_UNKNOWN)
    return pg_fail(fault, PG_E_WINDOWS,
                   "Windows does not say how %s starts, so there would be no way back",
                   pg_escape(shown, sizeof shown, service->name));
  struct plan_step *step = add_step(run->plan, PG_STEP_DISABLE, service->name);
  step->display = pg_arena_str(run->plan->arena, service->display_name);
  step->start_type = service->start_type;
  step->delayed = service->delayed;
  return PG_OK;
}

static enum pg_error find_targets(struct stopping *run, struct pg_fault *fault) {
  char shown[160];
  for (size_t i = 0; i < run->wish->service_count; i++) {
    const char *name = run->wish->services[i];
    const struct pg_service *service = snapshot_service(run->snapshot, name);
    if (service == NULL) {
      pg_fail(fault, PG_E_NOTFOUND, "there is no service \"%s\"",
              pg_escape(shown, sizeof shown, name));
      pg_fault_hint(fault, "portguardctl list");
      return PG_E_NOTFOUND;
    }
    enum pg_error error = may_stop(run->snapshot, service, NULL, fault);
    if (error != PG_OK)
      return error;
    run->targets[run->target_count++] = service;
    add_target(run->plan, service->name);
  }
  return PG_OK;
}

static enum pg_error fill_stop(struct stopping *run, struct pg_fault *fault) {
  enum pg_error error = find_targets(run, fault);
  for (size_t i = 0; error == PG_OK && run->wish->disable && i < run->target_count; i++)
    error = add_disable(run, run->targets[i], fault);
  for (size_t i = 0; error == PG_OK && i < run->target_count; i++)
    error = stop_target(run, run->targets[i], fault);
  if (error == PG_OK && run->dependent_count > 0 && !run->wish->stop_dependents)
    error = refuse_dependents(run, fault);
  return error == PG_OK ? finish(run->plan, fault) : error;
}

enum pg_error plan_stop(struct plan *plan, const struct pg_snapshot *snapshot,
                        const struct plan_wish *wish, struct pg_fault *fault) {
  struct stopping run = {.plan = plan, .snapshot = snapshot, .wish = wish};
  size_t services = snapshot->service_count + 1;
  enum pg_error error = need_services(snapshot, fault);
  if (error == PG_OK)
    error = begin(plan, services + wish->service_count, wish->service_count, fault);
  run.targets = calloc(wish->service_count + 1, sizeof(void *));
  run.seen = calloc(services, 1);
  pg_text_init(&run.dependents, NAMED_MAX * (PG_SERVICE_NAME_CHARS * 4 + 2));
  if (error == PG_OK && (run.targets == NULL || run.seen == NULL))
    error = no_memory(fault);
  if (error == PG_OK)
    error = fill_stop(&run, fault);
  pg_text_free(&run.dependents);
  free(run.seen);
  free(run.targets);
  return error;
}

/* --- the way back --- */

static void add_start(struct plan *plan, const struct pg_snapshot *snapshot,
                      const char *name, const char *needs) {
  const struct pg_service *service = snapshot_service(snapshot, name);
  if (service == NULL || service->state == PG_STATE_RUNNING)
    return; /* what was removed since cannot be brought back */
  struct plan_step *step = add_step(plan, PG_STEP_START, name);
  step->needs = pg_arena_str(plan->arena, needs);
  step->display = pg_arena_str(plan->arena, service->display_name);
}

enum pg_error plan_restore(struct plan *plan, const struct pg_snapshot *snapshot,
                           const struct undo_record *record, struct pg_fault *fault) {
  enum pg_error error = need_services(snapshot, fault);
  if (error == PG_OK)
    error = begin(plan, record->dependent_count + 2, 1, fault);
  if (error != PG_OK)
    return error;
  add_target(plan, record->service);
  if (record->configured != NULL && snapshot_service(snapshot, record->configured)) {
    struct plan_step *step = add_step(plan, PG_STEP_SET_START, record->configured);
    step->start_type = record->start_type;
    step->delayed = record->delayed;
  }
  if (record->was_running)
    add_start(plan, snapshot, record->service, NULL);
  /* The other way round than they were stopped. */
  for (size_t i = record->dependent_count; i > 0; i--)
    add_start(plan, snapshot, record->dependents[i - 1], record->service);
  return finish(plan, fault);
}

enum pg_error plan_listen_list(struct plan *plan, enum pg_step what, const char *address,
                               struct pg_fault *fault) {
  enum pg_error error = begin(plan, 1, 0, fault);
  if (error != PG_OK)
    return error;
  add_step(plan, what, address);
  return finish(plan, fault);
}
