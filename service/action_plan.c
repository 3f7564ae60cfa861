/* What an action is about, from the names and ports of the request to a plan. */
#include "common/protocol.h"
#include "common/text.h"
#include "service/explain/dictionary.h"
#include "service/explain/explain.h"
#include "service/policing.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

/* --- what is only told --- */

static const char *why_not(const struct pg_holder *holder) {
  switch (holder->kind) {
  case PG_HOLDER_PORTPROXY:
    return "a port proxy holds it: delete its rule";
  case PG_HOLDER_WSL_RELAY:
    return "it listens for a server in WSL: stop it there";
  case PG_HOLDER_CONTAINER_RELAY:
    return "it listens for a container: stop the container";
  case PG_HOLDER_PROCESS:
    return "it is a program, not a service: end it in its own way";
  case PG_HOLDER_EXCLUDED_RANGE:
    return "Windows keeps the port in an excluded range";
  case PG_HOLDER_SERVICE:
  case PG_HOLDER_SHARED_SERVICE:
  case PG_HOLDER_HTTP_SYS:
  case PG_HOLDER_DRIVER:
  case PG_HOLDER_UNKNOWN:
    break;
  }
  return "it is not known for sure who holds it";
}

/* |holder| NULL: nobody in particular. */
static void tell_of(struct action *action, const struct pg_holder *holder,
                    const char *words) {
  struct pg_json json;
  struct pg_text title;
  pg_text_init(&title, 2048);
  if (holder != NULL && holder->service != NULL)
    pg_text_printf(&title, "%s: ", holder->service->name);
  else if (holder != NULL && holder->process != NULL)
    pg_text_printf(&title, "%s (PID %lu): ", holder->process->name,
                   (unsigned long)holder->pid);
  pg_text_str_add(&title, words);
  if (action->told.len > 0)
    pg_text_char(&action->told, ',');
  pg_json_start(&json, &action->told);
  pg_json_object(&json);
  pg_json_key_str(&json, "title", pg_text_str(&title));
  pg_json_key(&json, "by_hand");
  pg_json_array(&json);
  pg_json_end_array(&json);
  pg_json_end_object(&json);
  pg_text_free(&title);
}

static void caution(struct action *action, const struct pg_service *service) {
  const struct dictionary_entry *entry = dictionary_of_service(service->name);
  struct pg_text line;
  struct pg_json json;
  if (entry == NULL || entry->advice == ADVICE_SAFE)
    return;
  pg_text_init(&line, 2048);
  pg_text_printf(&line, "%s: %s", entry->known_as, entry->words);
  if (action->cautions.len > 0)
    pg_text_char(&action->cautions, ',');
  pg_json_start(&json, &action->cautions);
  pg_json_str(&json, pg_text_str(&line));
  pg_text_free(&line);
}

/* --- freeing a port --- */

/* Only what is certain is stopped; of what is better left alone it is only told. */
static bool may_be_stopped(struct action *action, const struct pg_holder *holder) {
  const struct pg_service *service = holder->service;
  const struct dictionary_entry *entry =
      service != NULL ? dictionary_of_service(service->name) : NULL;
  if (service == NULL || holder->kind == PG_HOLDER_PORTPROXY ||
      holder->confidence != PG_CONFIDENCE_CERTAIN) {
    tell_of(action, holder, why_not(holder));
    return false;
  }
  if (entry != NULL && entry->advice == ADVICE_LEAVE) {
    tell_of(action, holder, entry->words);
    return false;
  }
  return true;
}

struct names {
  const char **list;
  size_t count;
};

/* NULL list: no memory. All of them or none: half of a plan frees nothing. */
static void holders_to_stop(struct loop *loop, struct action *action,
                            struct names *names) {
  const struct pg_snapshot *snapshot = loop->current;
  const struct pg_port *port = snapshot_port(snapshot, action->wish.port);
  bool all = true;
  size_t count = port != NULL ? port->holder_count : 0;
  names->count = 0;
  names->list = calloc(count + 1, sizeof *names->list);
  for (size_t i = 0; names->list != NULL && i < count; i++) {
    const struct pg_holder *holder = &snapshot->holders[port->first_holder + i];
    if (holder->repeats)
      continue;
    if (may_be_stopped(action, holder))
      names->list[names->count++] = holder->service->name;
    else
      all = false;
  }
  if (!all)
    names->count = 0;
}

static enum pg_error plan_services(struct loop *loop, struct action *action,
                                   const char *const *services, size_t count,
                                   struct pg_fault *fault) {
  struct plan_wish wish = {
      .services = services,
      .service_count = count,
      .disable = action->wish.kind == ACTION_DISABLE,
      .stop_dependents = action->wish.stop_dependents,
  };
  enum pg_error error = plan_stop(&action->plan, loop->current, &wish, fault);
  for (size_t i = 0; error == PG_OK && i < action->plan.target_count; i++) {
    const struct pg_service *service =
        snapshot_service(loop->current, action->plan.targets[i]);
    if (service != NULL)
      caution(action, service);
  }
  return error;
}

static enum pg_error plan_free_port(struct loop *loop, struct action *action,
                                    struct pg_fault *fault) {
  struct names names;
  unsigned port = action->wish.port;
  if (!snapshot_table_read(loop->current)) {
    pg_fail(fault, PG_E_WINDOWS, "the listeners could not be read");
    pg_fault_hint(fault, "portguardctl health");
    return PG_E_WINDOWS;
  }
  holders_to_stop(loop, action, &names);
  if (names.list == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  enum pg_error error = plan_services(loop, action, names.list, names.count, fault);
  bool reserved =
      strcmp(explain_state(loop->current, action->wish.port), "reserved") == 0;
  if (reserved)
    tell_of(action, NULL, "Windows keeps the port in an excluded port range");
  const char *words = names.count > 0        ? "To free port %u:"
                      : action->told.len > 0 ? "portguard does not free port %u"
                                             : "nothing listens on port %u";
  (void)snprintf(action->summary, sizeof action->summary, words, port);
  free(names.list);
  return error;
}

/* --- the others --- */

static enum pg_error plan_service(struct loop *loop, struct action *action,
                                  const char *const *name, struct pg_fault *fault) {
  enum pg_error error =
      action->wish.errand != NULL ? errand_check(loop, action, fault) : PG_OK;
  return error == PG_OK ? plan_services(loop, action, name, 1, fault) : error;
}

static enum pg_error plan_way_back(struct loop *loop, struct action *action,
                                   struct pg_fault *fault) {
  const struct undo_record *record = undo_find(&loop->actions.undo, action->name);
  char shown[160];
  if (record == NULL)
    return pg_fail(
        fault, PG_E_NOTFOUND,
        "nothing is known of \"%s\": portguard neither stopped nor disabled it",
        pg_escape(shown, sizeof shown, action->name));
  return plan_restore(&action->plan, loop->current, record, fault);
}

static void summarize(struct action *action, const char *what, const char *nothing) {
  char shown[160];
  const char *name =
      action->plan.target_count > 0 ? action->plan.targets[0] : action->name;
  (void)snprintf(action->summary, sizeof action->summary,
                 action->plan.count > 0 ? "To %s %s:" : "%s%s",
                 action->plan.count > 0 ? what : pg_escape(shown, sizeof shown, name),
                 action->plan.count > 0 ? pg_escape(shown, sizeof shown, name) : nothing);
}

enum pg_error action_make_plan(struct loop *loop, struct action *action,
                               struct pg_fault *fault) {
  const char *const name = action->name;
  enum pg_error error = PG_OK;
  plan_free(&action->plan);
  pg_text_clear(&action->told);
  pg_text_clear(&action->cautions);
  switch (action->wish.kind) {
  case ACTION_STOP:
    error = plan_service(loop, action, &name, fault);
    summarize(action, "stop", " does not run");
    break;
  case ACTION_DISABLE:
    error = plan_service(loop, action, &name, fault);
    summarize(action, "disable", " is disabled already, and does not run");
    break;
  case ACTION_RESTORE:
    error = plan_way_back(loop, action, fault);
    summarize(action, "restore", " is as it was already");
    break;
  case ACTION_FREE:
    error = plan_free_port(loop, action, fault);
    break;
  case ACTION_LISTEN_ADD:
    error = plan_listen_list(&action->plan, PG_STEP_LISTEN_ADD, name, fault);
    summarize(action, "change the IP listen list of HTTP.sys by", "");
    break;
  case ACTION_LISTEN_DELETE:
    error = plan_listen_list(&action->plan, PG_STEP_LISTEN_DELETE, name, fault);
    summarize(action, "change the IP listen list of HTTP.sys by", "");
    break;
  }
  return error;
}
