#include "service/explain/fix.h"

#include "common/command.h"

#include <string.h>

#define TITLE_MAX 4096
#define LINES_MAX (64u * 1024u)
#define CAUTION_MAX 8192

void fix_begin(struct fix *fix, const char *kind, const char *title, ...) {
  va_list args;
  *fix = (struct fix){.kind = kind};
  pg_text_init(&fix->title, TITLE_MAX);
  pg_text_init(&fix->commands, LINES_MAX);
  pg_text_init(&fix->by_hand, LINES_MAX);
  pg_text_init(&fix->undo, LINES_MAX);
  pg_text_init(&fix->caution, CAUTION_MAX);
  va_start(args, title);
  pg_text_vprintf(&fix->title, title, args);
  va_end(args);
}

static void write_lines(struct pg_json *json, const char *key,
                        const struct pg_text *lines) {
  const char *at = pg_text_str(lines);
  pg_json_key(json, key);
  pg_json_array(json);
  /* Half of the commands would be worse than none. */
  while (!lines->failed && *at != '\0') {
    size_t len = strcspn(at, "\n");
    pg_json_text(json, at, len);
    at += len + (at[len] == '\n');
  }
  pg_json_end_array(json);
}

static void write_fix(struct pg_json *json, const struct fix *fix) {
  pg_json_object(json);
  pg_json_key_str(json, "title", pg_text_str(&fix->title));
  pg_json_key_str(json, "kind", fix->kind);
  write_lines(json, "commands", &fix->commands);
  write_lines(json, "by_hand", &fix->by_hand);
  pg_json_key_bool(json, "elevated", fix->elevated);
  pg_json_key_bool(json, "frees_port", fix->frees_port);
  write_lines(json, "undo", &fix->undo);
  pg_json_key_str(json, "caution",
                  fix->caution.len > 0 ? pg_text_str(&fix->caution) : NULL);
  pg_json_end_object(json);
}

void fix_end(struct fix_run *run, struct fix *fix) {
  /* Without its commands, which were too long, it does nothing. */
  fix->frees_port = fix->frees_port && !fix->by_hand.failed;
  if (fix->frees_port == run->freeing)
    write_fix(run->json, fix);
  fix_drop(fix);
}

void fix_drop(struct fix *fix) {
  pg_text_free(&fix->title);
  pg_text_free(&fix->commands);
  pg_text_free(&fix->by_hand);
  pg_text_free(&fix->undo);
  pg_text_free(&fix->caution);
}

void fix_caution(struct fix *fix, const char *format, ...) {
  va_list args;
  if (fix->caution.len > 0)
    pg_text_str_add(&fix->caution, "; ");
  va_start(args, format);
  pg_text_vprintf(&fix->caution, format, args);
  va_end(args);
}

void fix_command(struct pg_text *lines, const char *format, ...) {
  va_list args;
  va_start(args, format);
  pg_text_vprintf(lines, format, args);
  va_end(args);
  pg_text_char(lines, '\n');
}

void fix_own_command(struct fix *fix, const char *verb, const char *name,
                     const char *tail) {
  struct pg_text written;
  pg_text_init(&written, LINES_MAX);
  if (pg_service_name_add(&written, name))
    fix_command(&fix->commands, "portguardctl %s %s%s", verb, pg_text_str(&written),
                tail);
  else
    fix->commands.failed = true; /* half of the commands would be worse than none */
  pg_text_free(&written);
}

void fix_doubt(struct fix *fix, const struct pg_holder *holder) {
  if ((holder->evidence & PG_EV_SERVICES_UNKNOWN) != 0)
    fix_caution(fix, "if this program is a service, stop the service instead (the "
                     "services could not be read)");
  else if (holder->confidence != PG_CONFIDENCE_CERTAIN)
    fix_caution(fix, "it is likely, but not certain, that this holds the port: read "
                     "the evidence first");
}

const struct pg_holder *fix_next_owner(const struct fix_run *run, size_t *at) {
  if (run->port == NULL || *at >= FIXES_EACH_MAX)
    return NULL;
  return explain_owner(run->snapshot, run->port, (*at)++);
}

/* The holder of one listener; of several behind HTTP.sys none is the only one. */
static const struct pg_holder *holder_of(const struct fix_run *run,
                                         const struct pg_listener *listener) {
  bool kernel = snapshot_kernel_owned(run->snapshot, listener->pid);
  const struct pg_holder *found = NULL;
  for (size_t i = 0; i < run->port->holder_count; i++) {
    const struct pg_holder *holder = &run->snapshot->holders[run->port->first_holder + i];
    bool driver = holder->kind == PG_HOLDER_HTTP_SYS || holder->kind == PG_HOLDER_DRIVER;
    if (driver != kernel || (!kernel && holder->pid != listener->pid))
      continue;
    if (found != NULL && !explain_same_owner(found, holder))
      return NULL;
    found = holder;
  }
  return found;
}

void fix_find_keeper(struct fix_run *run) {
  const struct pg_listener *first = &run->snapshot->listeners[run->port->first_listener];
  size_t looked = 0;
  for (size_t i = 0; i < run->port->listener_count; i++) {
    if (!pg_address_is_wildcard(&first[i].address))
      continue;
    /* So many sockets on one wildcard are nobody's alone that could be told. */
    const struct pg_holder *holder =
        ++looked <= FIXES_EACH_MAX ? holder_of(run, &first[i]) : NULL;
    bool other =
        run->keeper != NULL && holder != NULL && !explain_same_owner(run->keeper, holder);
    run->wildcard = true;
    run->keeper = other ? NULL : holder;
    if (run->keeper == NULL)
      return;
  }
}

bool fix_stays_refused(const struct fix_run *run) {
  return explain_is_refused(run->snapshot, run->number, PG_IPV4);
}

bool fix_is_enough(const struct fix_run *run, const struct pg_holder *holder) {
  if ((holder->evidence & PG_EV_COUNTS_DISAGREE) != 0 || fix_stays_refused(run))
    return false;
  if (!run->wildcard)
    return run->owners == 1;
  return run->keeper != NULL && explain_same_owner(run->keeper, holder);
}

bool explain_one_is_enough(const struct pg_snapshot *snapshot,
                           const struct pg_port *port) {
  struct fix_run run = {.snapshot = snapshot, .port = port, .number = port->port};
  fix_find_keeper(&run);
  return !run.wildcard || run.keeper != NULL;
}
