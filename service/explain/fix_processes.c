/* Fixes for programs that are no services, and for relays, where the program that
 * listens is not the one to stop. */
#include "service/explain/fix.h"

#define QUEUE_ENDED_MAX 16

/* Windows falls with them, or starts them again at once. */
static bool may_end_program(const struct pg_process *process) {
  static const char *const never[] = {
      "System",      "Registry",       "smss.exe",     "csrss.exe",
      "wininit.exe", "lsm.exe",        "winlogon.exe", "lsass.exe",
      "svchost.exe", "winedevice.exe", "w3wp.exe",     "services.exe",
  };
  for (size_t i = 0; process != NULL && i < sizeof never / sizeof *never; i++)
    if (pg_case_equal(process->name, never[i]))
      return false;
  return process != NULL;
}

static bool may_end(const struct pg_holder *holder) {
  if (holder->service != NULL || holder->candidate_count > 0)
    return false;
  if ((holder->evidence & PG_EV_SEVERAL_PROCESSES) != 0)
    return false; /* which of them is not known */
  if (holder->kind != PG_HOLDER_PROCESS && holder->kind != PG_HOLDER_HTTP_SYS)
    return false;
  return may_end_program(holder->process);
}

/* All that serve a queue which none of them controls. */
static bool may_end_queue(const struct pg_snapshot *snapshot,
                          const struct pg_holder *holder) {
  const struct pg_service *const *services;
  if ((holder->evidence & PG_EV_SEVERAL_PROCESSES) == 0 ||
      holder->queue->pid_count > QUEUE_ENDED_MAX)
    return false;
  for (size_t i = 0; i < holder->queue->pid_count; i++) {
    uint32_t pid = holder->queue->pids[i];
    if (!may_end_program(snapshot_process(snapshot, pid)) ||
        snapshot_services_of(snapshot, pid, &services) > 0)
      return false;
  }
  return true;
}

#define CLOSE_FIRST                                                                    \
  "close the program in its own way where it has one; what it has not saved is lost, " \
  "and where Windows says that it can only be ended forcefully, repeat it with /F"

static void end_queue(struct fix_run *run, const struct pg_holder *holder) {
  const struct pg_http_queue *queue = holder->queue;
  struct fix fix;
  fix_begin(&fix, "stop-process", "End the %zu processes of the queue", queue->pid_count);
  fix.frees_port = fix_is_enough(run, holder);
  pg_text_str_add(&fix.by_hand, "taskkill");
  for (size_t i = 0; i < queue->pid_count; i++)
    pg_text_printf(&fix.by_hand, " /PID %lu", (unsigned long)queue->pids[i]);
  pg_text_char(&fix.by_hand, '\n');
  fix_doubt(&fix, holder);
  fix_caution(&fix, CLOSE_FIRST);
  fix_end(run, &fix);
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
static size_t add_taskkill(struct fix *fix, const struct fix_run *run,
                           const struct pg_holder *holder) {
  uint32_t last = 0;
  size_t count = 0;
  pg_text_str_add(&fix->by_hand, "taskkill");
  for (size_t i = 0; i < run->port->holder_count; i++) {
    const struct pg_holder *same = &run->snapshot->holders[run->port->first_holder + i];
    if (same->pid == last || !explain_same_owner(same, holder))
      continue;
    last = same->pid;
    count++;
    pg_text_printf(&fix->by_hand, " /PID %lu", (unsigned long)same->pid);
  }
  pg_text_char(&fix->by_hand, '\n');
  return count;
}

void fix_stop_process(struct fix_run *run) {
  const struct pg_holder *holder;
  for (size_t at = 0; (holder = fix_next_owner(run, &at)) != NULL;) {
    struct fix fix;
    if (may_end_queue(run->snapshot, holder))
      end_queue(run, holder);
    if (!may_end(holder))
      continue;
    fix_begin(&fix, "stop-process", "End %s", holder->process->name);
    fix.frees_port = fix_is_enough(run, holder);
    size_t ended = add_taskkill(&fix, run, holder);
    fix_doubt(&fix, holder);
    fix_caution(&fix, CLOSE_FIRST);
    size_t others = others_of_program(run->snapshot, holder->process, ended);
    if (others > 0)
      fix_caution(&fix, "%zu more %s this program and may share the port", others,
                  others > 1 ? "processes run" : "process runs");
    fix_end(run, &fix);
  }
}

/* Who cannot tell services from programs still knows a relay by its name. */
static void doubt_relay(struct fix *fix, const struct pg_holder *holder) {
  if ((holder->evidence & PG_EV_SERVICES_UNKNOWN) == 0)
    fix_doubt(fix, holder);
}

static const struct pg_holder *find_relay(const struct fix_run *run,
                                          enum pg_holder_kind kind) {
  const struct pg_holder *holder;
  for (size_t at = 0; (holder = fix_next_owner(run, &at)) != NULL;)
    if (holder->kind == kind)
      return holder;
  return NULL;
}

void fix_stop_in_wsl(struct fix_run *run) {
  const struct pg_holder *holder = find_relay(run, PG_HOLDER_WSL_RELAY);
  struct fix fix;
  if (holder == NULL)
    return;
  fix_begin(&fix, "stop-in-wsl", "Stop the server inside WSL");
  fix.frees_port = fix_is_enough(run, holder);
  fix_command(&fix.by_hand, "wsl --shutdown");
  doubt_relay(&fix, holder);
  fix_caution(&fix,
              "this stops all distributions and everything in them: try first to stop "
              "the server inside its distribution; never end %s, which only relays",
              explain_relay_of(holder->process)->image);
  fix_end(run, &fix);
}

void fix_stop_container(struct fix_run *run) {
  const struct pg_holder *holder = find_relay(run, PG_HOLDER_CONTAINER_RELAY);
  struct fix fix;
  if (holder == NULL)
    return;
  fix_begin(&fix, "stop-container", "Stop the container that publishes the port");
  fix.frees_port = fix_is_enough(run, holder);
  fix_command(&fix.by_hand, "docker ps --filter publish=%u", (unsigned)run->number);
  fix_command(&fix.by_hand, "docker stop NAME-OR-ID");
  fix_command(&fix.undo, "docker start NAME-OR-ID");
  doubt_relay(&fix, holder);
  fix_caution(&fix,
              "put the name or ID that the first command prints in the place of "
              "NAME-OR-ID; never end %s: Docker stops working without it",
              explain_relay_of(holder->process)->image);
  fix_end(run, &fix);
}
