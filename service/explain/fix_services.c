/* Fixes that stop a service, keep it from starting or give it another port. */
#include "service/explain/fix.h"

#include "common/command.h"
#include "service/snapshot/stopping.h"

#include <string.h>

#define DEPENDENTS_TEXT 4096
#define RESTARTED_MAX 16 /* dependents that undoing starts again by name */

static enum pg_safety veto_of(const struct pg_snapshot *snapshot,
                              const struct pg_holder *holder) {
  const struct pg_service *against;
  return snapshot_veto(snapshot, holder->service, holder->kind != PG_HOLDER_HTTP_SYS,
                       &against);
}

static bool may_stop(const struct pg_snapshot *snapshot, const struct pg_holder *holder) {
  return holder->service != NULL && veto_of(snapshot, holder) == PG_SAFETY_NONE;
}

static const struct dictionary_entry *entry_of(const struct pg_holder *holder) {
  return holder->service != NULL ? dictionary_of_service(holder->service->name) : NULL;
}

static bool is_left_alone(const struct pg_holder *holder) {
  const struct dictionary_entry *entry = entry_of(holder);
  return entry != NULL && entry->advice == ADVICE_LEAVE;
}

static const char *title_of(const struct pg_service *service) {
  return service->display_name != NULL ? service->display_name : service->name;
}

struct dependents {
  struct pg_text names; /* those that go down with it, for people; "" when none */
  const struct pg_service *first[RESTARTED_MAX];
  size_t count, total;
};

static void add_dependent(void *context, const struct pg_service *dependent) {
  struct dependents *all = context;
  pg_text_printf(&all->names, "%s%s", all->names.len > 0 ? ", " : "", dependent->name);
  all->total++;
  if (all->count < RESTARTED_MAX)
    all->first[all->count++] = dependent;
}

static void dependents_of(const struct pg_snapshot *snapshot,
                          const struct pg_service *service, struct dependents *out) {
  *out = (struct dependents){0};
  pg_text_init(&out->names, DEPENDENTS_TEXT);
  snapshot_running_dependents(snapshot, service, add_dependent, out);
}

/* PowerShell would take what follows a '$' for a variable, and so stop the
 * service of another instance. */
static void add_shell_caution(struct fix *fix, const struct pg_service *service) {
  if (strchr(service->name, '$') != NULL)
    fix_caution(fix,
                "use the Command Prompt: PowerShell takes the $ in %s for a variable",
                service->name);
}

static void add_advice(struct fix *fix, const struct pg_holder *holder) {
  const struct dictionary_entry *entry = entry_of(holder);
  if (entry != NULL && entry->advice != ADVICE_SAFE)
    fix_caution(fix, "%s: %s", entry->known_as, entry->words);
}

#define WITH_DEPENDENTS " --dependents stop"

/* What stopping and disabling do, and what there is to say before. |verb|: portguardctl's
 * own for it; NULL: that of the whole fix stands already. */
static void add_stop(struct fix *fix, const struct pg_snapshot *snapshot,
                     const struct pg_holder *holder, const char *verb) {
  const struct pg_service *service = holder->service;
  struct dependents dependents;
  dependents_of(snapshot, service, &dependents);
  bool any = dependents.count > 0;
  fix->elevated = true;
  if (verb != NULL)
    fix_own_command(fix, verb, service->name, any ? WITH_DEPENDENTS : "");
  pg_service_command(&fix->by_hand, "net stop ", service->name, any ? " /y" : "");
  pg_service_command(&fix->undo, "net start ", service->name, "");
  for (size_t i = 0; i < dependents.count; i++)
    pg_service_command(&fix->undo, "net start ", dependents.first[i]->name, "");
  fix_doubt(fix, holder);
  if (dependents.total > dependents.count)
    fix_caution(fix, "the undo starts only the first %d of them again", RESTARTED_MAX);
  if (any)
    fix_caution(fix, "these running services need %s and stop with it: %s", service->name,
                pg_text_str(&dependents.names));
  add_shell_caution(fix, service);
  add_advice(fix, holder);
  pg_text_free(&dependents.names);
}

void fix_stop_each(struct fix_run *run) {
  const struct pg_holder *holder;
  for (size_t at = 0; (holder = fix_next_owner(run, &at)) != NULL;) {
    struct fix fix;
    if (is_left_alone(holder) != run->leave || !may_stop(run->snapshot, holder))
      continue;
    fix_begin(&fix, "stop-service", "Stop %s", title_of(holder->service));
    fix.frees_port = fix_is_enough(run, holder);
    add_stop(&fix, run->snapshot, holder, "stop");
    fix_end(run, &fix);
  }
}

/* "auto", as sc has it; NULL: there is nothing to disable, or no way back. */
static const char *start_word(const struct pg_service *service) {
  if (service->start_type == PG_START_MANUAL)
    return "demand";
  if (service->start_type != PG_START_AUTO)
    return NULL;
  return service->delayed ? "delayed-auto" : "auto";
}

static void disable(struct fix_run *run, const struct pg_holder *holder) {
  const struct pg_service *service = holder->service;
  char start[32] = " start= ";
  struct pg_text name;
  struct fix fix;
  pg_text_init(&name, DEPENDENTS_TEXT);
  pg_text_add(&name, service->name, snapshot_configured_len(service));
  (void)pg_copy(start + strlen(start), sizeof start - strlen(start), start_word(service));
  fix_begin(&fix, "disable-service", "Disable %s", title_of(service));
  fix.frees_port = fix_is_enough(run, holder);
  /* Not "sc", which is another command in PowerShell. */
  pg_service_command(&fix.by_hand, "sc.exe config ", pg_text_str(&name),
                     " start= disabled");
  pg_service_command(&fix.undo, "sc.exe config ", pg_text_str(&name), start);
  add_stop(&fix, run->snapshot, holder, "disable");
  fix_end(run, &fix);
  pg_text_free(&name);
}

void fix_disable_each(struct fix_run *run) {
  const struct pg_holder *holder;
  for (size_t at = 0; (holder = fix_next_owner(run, &at)) != NULL;)
    if (is_left_alone(holder) == run->leave && may_stop(run->snapshot, holder) &&
        start_word(holder->service) != NULL)
      disable(run, holder);
}

bool fix_is_risky(const struct fix_run *run) {
  const struct pg_holder *holder;
  for (size_t at = 0; (holder = fix_next_owner(run, &at)) != NULL;)
    if (is_left_alone(holder) || (holder->evidence & PG_EV_SERVICES_UNKNOWN) != 0)
      return true;
  return false;
}

void fix_take_another_port(struct fix_run *run) {
  const struct pg_holder *holder;
  for (size_t at = 0; (holder = fix_next_owner(run, &at)) != NULL;) {
    struct fix fix;
    if (!is_left_alone(holder) || entry_of(holder)->change != NULL ||
        veto_of(run->snapshot, holder) == PG_SAFETY_PORT_PROXY)
      continue;
    fix_begin(&fix, "change-binding",
              "Give your own server another port: %s should keep this one",
              entry_of(holder)->known_as);
    fix_end(run, &fix);
    return;
  }
}

/* Only what is certain is offered as one step for all. |*leave|: one of them is better
 * left alone. */
static bool all_may_stop(const struct fix_run *run, bool *leave) {
  *leave = false;
  for (size_t i = 0; i < run->port->holder_count; i++) {
    const struct pg_holder *holder = &run->snapshot->holders[run->port->first_holder + i];
    if (holder->confidence != PG_CONFIDENCE_CERTAIN)
      return false;
    if (!holder->repeats && !may_stop(run->snapshot, holder))
      return false;
    *leave = *leave || is_left_alone(holder);
  }
  return true;
}

/* Running services need one of those that would stop. */
static bool any_needs_one(const struct fix_run *run) {
  const struct pg_holder *holder;
  for (size_t at = 0; (holder = fix_next_owner(run, &at)) != NULL;)
    if (snapshot_running_dependents(run->snapshot, holder->service, NULL, NULL) > 0)
      return true;
  return false;
}

/* Offered when stopping one of several is not enough. */
void fix_stop_all(struct fix_run *run) {
  const struct pg_holder *holder;
  struct fix fix;
  bool leave;
  if (run->owners < 2 || run->owners > FIXES_EACH_MAX || run->keeper != NULL ||
      !all_may_stop(run, &leave) || leave != run->leave)
    return;
  fix_begin(&fix, "stop-services", "Stop all %zu services that hold the port",
            run->owners);
  fix.frees_port = !fix_stays_refused(run);
  /* What is better left alone `free` only tells. */
  if (!leave)
    fix_command(&fix.commands, "portguardctl free %u%s", (unsigned)run->number,
                any_needs_one(run) ? WITH_DEPENDENTS : "");
  for (size_t at = 0; (holder = fix_next_owner(run, &at)) != NULL;)
    add_stop(&fix, run->snapshot, holder, leave ? "stop" : NULL);
  fix_end(run, &fix);
}

void fix_change_binding(struct fix_run *run) {
  const struct pg_holder *holder;
  for (size_t at = 0; (holder = fix_next_owner(run, &at)) != NULL;) {
    const struct dictionary_entry *entry = entry_of(holder);
    struct fix fix;
    if (entry == NULL || entry->change == NULL)
      continue;
    fix_begin(&fix, "change-binding", "%s", entry->change);
    fix.elevated = true;
    fix.frees_port = fix_is_enough(run, holder);
    if (entry->tool != NULL)
      fix_command(&fix.by_hand, "%s", entry->tool);
    fix_doubt(&fix, holder);
    fix_caution(&fix, "%s", entry->cost);
    fix_end(run, &fix);
  }
}
