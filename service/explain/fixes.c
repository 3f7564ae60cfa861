/* What to do about it, best first: stop the service, or end the process by hand. */
#include "common/protected.h"
#include "common/text.h"
#include "service/explain/internal.h"

#include <string.h>

#define LINE_MAX_BYTES 4096
/* Advice for so many owners one by one; nobody reads more. */
#define OWNERS_MAX 64

/* How a service name is written on a Windows command line, or false for one
 * that no quoting makes safe to paste. */
static bool add_name(struct pg_text *line, const char *name) {
  static const char plain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$-";
  if (strspn(name, plain) == strlen(name)) {
    pg_text_str_add(line, name);
    return true;
  }
  /* In PowerShell '$' and '`' work inside quotes, and these three are quotes. */
  if (strpbrk(name, "\"%!^&|<>$`\r\n") != NULL || strstr(name, "\xE2\x80\x9C") != NULL ||
      strstr(name, "\xE2\x80\x9D") != NULL || strstr(name, "\xE2\x80\x9E") != NULL)
    return false;
  pg_text_printf(line, "\"%s\"", name);
  return true;
}

static void command(struct pg_json *json, const char *verb,
                    const struct pg_service *service, const char *tail) {
  struct pg_text line;
  pg_text_init(&line, LINE_MAX_BYTES);
  pg_text_str_add(&line, verb);
  if (add_name(&line, service->name)) {
    pg_text_str_add(&line, tail);
    pg_json_str(json, pg_text_str(&line));
  } else {
    pg_json_str(json, "services.msc");
  }
  pg_text_free(&line);
}

/* Windows falls with them, or starts them again at once. */
static bool may_end(const struct pg_holder *holder) {
  static const char *const never[] = {
      "System",      "Registry",       "smss.exe",     "csrss.exe",
      "wininit.exe", "lsm.exe",        "winlogon.exe", "lsass.exe",
      "svchost.exe", "winedevice.exe", "w3wp.exe",     "services.exe",
  };
  if (holder->process == NULL || holder->service != NULL || holder->candidate_count > 0)
    return false;
  if ((holder->evidence & PG_EV_SEVERAL_PROCESSES) != 0)
    return false; /* which of them is not known */
  if (holder->kind != PG_HOLDER_PROCESS && holder->kind != PG_HOLDER_HTTP_SYS)
    return false;
  for (size_t i = 0; i < sizeof never / sizeof *never; i++)
    if (pg_case_equal(holder->process->name, never[i]))
      return false;
  return true;
}

static void look_for_protected(void *context, const struct pg_service *dependent) {
  bool *found = context;
  *found = *found || pg_service_is_protected(dependent->name);
}

/* Neither a protected service, nor one that would take a protected one with it. */
static bool may_stop(const struct pg_snapshot *snapshot, const struct pg_holder *holder) {
  const struct pg_service *service = holder->service;
  bool takes_protected = false;
  if (service == NULL || pg_service_is_protected(service->name))
    return false;
  if (service->type == PG_TYPE_KERNEL_DRIVER ||
      service->type == PG_TYPE_FILE_SYSTEM_DRIVER)
    return false;
  size_t count =
      explain_running_dependents(snapshot, service, look_for_protected, &takes_protected);
  return count != EXPLAIN_DEPENDENTS_UNKNOWN && !takes_protected;
}

static void add_dependent(void *context, const struct pg_service *dependent) {
  struct pg_text *text = context;
  pg_text_printf(text, "%s%s", text->len > 0 ? ", " : "", dependent->name);
}

/* The running services that go down with it, or "". */
static void dependents_of(const struct pg_snapshot *snapshot,
                          const struct pg_service *service, struct pg_text *out) {
  pg_text_init(out, LINE_MAX_BYTES);
  explain_running_dependents(snapshot, service, add_dependent, out);
}

/* What speaks for a second look before a step is taken, as one line. */
static void add_caution(struct pg_text *caution, const char *format, ...) PG_PRINTF(2, 3);
static void add_caution(struct pg_text *caution, const char *format, ...) {
  va_list args;
  if (caution->len > 0)
    pg_text_str_add(caution, "; ");
  va_start(args, format);
  pg_text_vprintf(caution, format, args);
  va_end(args);
}

static void add_doubt(struct pg_text *caution, const struct pg_holder *holder) {
  if ((holder->evidence & PG_EV_SERVICES_UNKNOWN) != 0)
    add_caution(caution,
                "if this program is a service, stop the service instead (the services "
                "could not be read)");
  else if (holder->confidence != PG_CONFIDENCE_CERTAIN)
    add_caution(caution, "it is likely, but not certain, that this holds the port: read "
                         "the evidence first");
}

/* PowerShell would take what follows a '$' for a variable, and so stop the
 * service of another instance. */
static void add_shell_caution(struct pg_text *caution, const struct pg_service *service) {
  if (strchr(service->name, '$') != NULL)
    add_caution(caution,
                "use the Command Prompt: PowerShell takes the $ in %s for a variable",
                service->name);
}

static void key_caution(struct pg_json *json, struct pg_text *caution) {
  pg_json_key_str(json, "caution", caution->len > 0 ? pg_text_str(caution) : NULL);
  pg_text_free(caution);
}

static void write_flags(struct pg_json *json, bool elevated, bool frees_port) {
  pg_json_key_bool(json, "elevated", elevated);
  pg_json_key_bool(json, "frees_port", frees_port);
}

static void start_fix(struct pg_json *json, const char *title, const char *kind) {
  pg_json_object(json);
  pg_json_key_str(json, "title", title);
  pg_json_key_str(json, "kind", kind);
  /* portguardctl has no verb that acts yet, so none is recommended. */
  pg_json_key(json, "commands");
  pg_json_array(json);
  pg_json_end_array(json);
}

static void stop_service(struct pg_json *json, const struct pg_snapshot *snapshot,
                         const struct pg_holder *holder, bool frees_port) {
  const struct pg_service *service = holder->service;
  struct pg_text title, dependents, caution;
  pg_text_init(&title, LINE_MAX_BYTES);
  pg_text_init(&caution, 2 * LINE_MAX_BYTES);
  dependents_of(snapshot, service, &dependents);
  pg_text_printf(&title, "Stop %s",
                 service->display_name != NULL ? service->display_name : service->name);
  start_fix(json, pg_text_str(&title), "stop-service");
  pg_json_key(json, "by_hand");
  pg_json_array(json);
  command(json, "net stop ", service, dependents.len > 0 ? " /y" : "");
  pg_json_end_array(json);
  write_flags(json, true, frees_port);
  pg_json_key(json, "undo");
  pg_json_array(json);
  command(json, "net start ", service, "");
  pg_json_end_array(json);
  add_doubt(&caution, holder);
  if (dependents.len > 0)
    add_caution(&caution, "these running services need it and stop with it: %s",
                pg_text_str(&dependents));
  add_shell_caution(&caution, service);
  key_caution(json, &caution);
  pg_json_end_object(json);
  pg_text_free(&title);
  pg_text_free(&dependents);
}

static bool same_program(const struct pg_process *a, const struct pg_process *b) {
  if (a->path != NULL && b->path != NULL)
    return pg_case_equal(a->path, b->path);
  return pg_case_equal(a->name, b->name);
}

/* A worker process may share the listener of its parent, and the TCP table names
 * only one of them. */
static size_t others_of_program(const struct pg_snapshot *snapshot,
                                const struct pg_process *process, size_t known) {
  size_t count = 0;
  for (size_t i = 0; i < snapshot->process_count; i++)
    count += same_program(&snapshot->processes[i], process);
  return count > known ? count - known : 0;
}

/* One command for all processes of the owner. Returns how many there are. */
static size_t write_taskkill(struct pg_json *json, const struct pg_snapshot *snapshot,
                             const struct pg_port *port, const struct pg_holder *holder) {
  struct pg_text line;
  uint32_t last = 0;
  size_t count = 0;
  pg_text_init(&line, LINE_MAX_BYTES);
  pg_text_str_add(&line, "taskkill");
  for (size_t i = 0; i < port->holder_count; i++) {
    const struct pg_holder *same = &snapshot->holders[port->first_holder + i];
    if (same->pid == last || !explain_same_owner(same, holder))
      continue;
    last = same->pid;
    count++;
    pg_text_printf(&line, " /PID %lu", (unsigned long)same->pid);
  }
  pg_json_key(json, "by_hand");
  pg_json_array(json);
  if (!line.failed)
    pg_json_str(json, pg_text_str(&line));
  pg_json_end_array(json);
  pg_text_free(&line);
  return count;
}

static void stop_process(struct pg_json *json, const struct pg_snapshot *snapshot,
                         const struct pg_port *port, const struct pg_holder *holder,
                         bool frees_port) {
  struct pg_text title, caution;
  pg_text_init(&title, LINE_MAX_BYTES);
  pg_text_init(&caution, LINE_MAX_BYTES);
  pg_text_printf(&title, "End %s", holder->process->name);
  start_fix(json, pg_text_str(&title), "stop-process");
  size_t ended = write_taskkill(json, snapshot, port, holder);
  write_flags(json, false, frees_port);
  pg_json_key(json, "undo");
  pg_json_array(json);
  pg_json_end_array(json);
  add_doubt(&caution, holder);
  add_caution(&caution, "close the program in its own way where it has one; what it has "
                        "not saved is lost");
  size_t others = others_of_program(snapshot, holder->process, ended);
  if (others > 0)
    add_caution(&caution, "%zu more %s this program and may share the port", others,
                others > 1 ? "processes run" : "process runs");
  key_caution(json, &caution);
  pg_json_end_object(json);
  pg_text_free(&title);
}

static void write_stops(struct pg_json *json, const char *verb, const char *tail,
                        const struct pg_snapshot *snapshot, const struct pg_port *port) {
  const struct pg_holder *holder;
  pg_json_array(json);
  for (size_t i = 0; (holder = explain_owner(snapshot, port, i)) != NULL; i++)
    command(json, verb, holder->service, tail);
  pg_json_end_array(json);
}

/* Offered when stopping one of several is not enough. */
static void stop_services(struct pg_json *json, const struct pg_snapshot *snapshot,
                          const struct pg_port *port, size_t owners) {
  const struct pg_holder *holder;
  struct pg_text title, caution;
  pg_text_init(&title, 64);
  pg_text_init(&caution, LINE_MAX_BYTES);
  pg_text_printf(&title, "Stop all %zu services that hold the port", owners);
  start_fix(json, pg_text_str(&title), "stop-services");
  pg_text_free(&title);
  pg_json_key(json, "by_hand");
  write_stops(json, "net stop ", " /y", snapshot, port);
  write_flags(json, true, true);
  pg_json_key(json, "undo");
  write_stops(json, "net start ", "", snapshot, port);
  add_caution(&caution, "/y also stops the services that need them");
  for (size_t i = 0; (holder = explain_owner(snapshot, port, i)) != NULL; i++)
    add_shell_caution(&caution, holder->service);
  key_caution(json, &caution);
  pg_json_end_object(json);
}

/* Only what is certain is offered as one step for all. */
static bool all_may_stop(const struct pg_snapshot *snapshot, const struct pg_port *port) {
  for (size_t i = 0; i < port->holder_count; i++) {
    const struct pg_holder *holder = &snapshot->holders[port->first_holder + i];
    if (holder->confidence != PG_CONFIDENCE_CERTAIN)
      return false;
    if (!holder->repeats && !may_stop(snapshot, holder))
      return false;
  }
  return true;
}

void explain_fixes(struct pg_json *json, const struct pg_snapshot *snapshot,
                   const struct pg_port *port) {
  pg_json_array(json);
  size_t owners = port != NULL ? explain_owner_count(snapshot, port) : 0;
  if (owners > 1 && owners <= OWNERS_MAX && all_may_stop(snapshot, port))
    stop_services(json, snapshot, port, owners);
  for (size_t i = 0; i < owners && i < OWNERS_MAX; i++) {
    const struct pg_holder *holder = explain_owner(snapshot, port, i);
    /* Nothing is promised of a holder that a forged name may have put there. */
    bool alone = owners == 1 && (holder->evidence & PG_EV_COUNTS_DISAGREE) == 0;
    if (may_stop(snapshot, holder))
      stop_service(json, snapshot, holder, alone);
    else if (may_end(holder))
      stop_process(json, snapshot, port, holder, alone);
  }
  pg_json_end_array(json);
}
