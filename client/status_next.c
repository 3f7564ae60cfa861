#include "client/status_next.h"

#include "client/fields.h"
#include "client/holders.h"
#include "common/protected.h"

#include <string.h>

#define NEXT "Next  "
#define INDENT 6 /* where the text behind it begins */

/* A name that a shell takes for one word, and net for no option. */
static bool is_plain(const char *name) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                              "0123456789_.$-";
  return name[0] != '\0' && name[0] != '-' && name[strspn(name, plain)] == '\0';
}

/* The service advises to stop none of these; IP Helper, which listens for others,
 * neither. */
static bool may_stop(const char *name) {
  return name != NULL && !pg_service_is_protected(name) &&
         !pg_case_equal(name, "iphlpsvc");
}

/* The first candidate to try. NULL: none of them may be stopped. */
static const char *may_stop_first(const cJSON *holder) {
  const cJSON *candidate;
  cJSON_ArrayForEach(candidate, field_array(holder, "candidates")) {
    const char *name = cJSON_GetStringValue(candidate);
    if (may_stop(name))
      return name;
  }
  return NULL;
}

/* --- the situations --- */

static bool known_driver(const cJSON *result, const cJSON *holder) {
  (void)result;
  return holder_is(holder, "driver") && field_text(holder, "known_as") != NULL;
}

/* Not even likely, or no service told from a program, since something was not read:
 * that may be read the next time. */
static bool not_read(const cJSON *result, const cJSON *holder) {
  return field_is(result, "complete", false) && !holder_is_certain(holder) &&
         (!holder_is_likely(holder) || may_stop_first(holder) == NULL);
}

static bool driver_of_candidates(const cJSON *result, const cJSON *holder) {
  (void)result;
  return holder_is(holder, "driver") && may_stop_first(holder) != NULL;
}

static bool one_of_several(const cJSON *result, const cJSON *holder) {
  (void)result;
  return may_stop_first(holder) != NULL;
}

static bool unknown_driver(const cJSON *result, const cJSON *holder) {
  (void)result;
  return holder_is(holder, "driver");
}

static bool process_gone(const cJSON *result, const cJSON *holder) {
  (void)result;
  return holder_is(holder, "unknown");
}

/* A program or service that is known, and that no fix is there to stop. */
static bool part_of_windows(const cJSON *result, const cJSON *holder) {
  (void)result;
  return holder_is(holder, "process") || holder_is(holder, "service") ||
         holder_is(holder, "shared_service");
}

static bool anything_else(const cJSON *result, const cJSON *holder) {
  (void)result;
  (void)holder;
  return true;
}

/* |command| stands behind |words|; "net stop" goes on with the first candidate.
 * NULL: there is none to type. The first that fits counts. */
static const struct situation {
  bool (*fits)(const cJSON *result, const cJSON *holder);
  const char *words, *command, *more;
} situations[] = {
    {known_driver, "Windows itself needs it: give your server another port", NULL, NULL},
    {not_read, "ask again in a minute; what failed is said by", "portguardctl health",
     NULL},
    {driver_of_candidates,
     "stop one of these at a time and look again (as administrator)", "net stop", NULL},
    {one_of_several, "stop one of these at a time and look again (as administrator)",
     "net stop", "never end the process: every service in it would stop"},
    {unknown_driver,
     "stop software that has a driver (VPN, virus scanner, storage) and look again, or "
     "give your server another port",
     NULL, NULL},
    {process_gone,
     "end the program that started it, which may have handed the port on; else restart "
     "the machine",
     NULL, NULL},
    {part_of_windows,
     "Windows may need it to run: leave it and give your server another port", NULL,
     NULL},
    {anything_else, "stop what holds it in its own way, or give your server another port",
     NULL, NULL},
};

static const struct situation *situation_of(const cJSON *result, const cJSON *holder) {
  const struct situation *at = situations;
  while (!at->fits(result, holder))
    at++;
  return at;
}

/* Windows' own window takes the name that is none for a shell. */
static void command_for(struct pg_text *out, const struct situation *situation,
                        const cJSON *holder) {
  if (strcmp(situation->command, "net stop") != 0) {
    pg_text_str_add(out, situation->command);
    return;
  }
  const char *name = may_stop_first(holder);
  if (is_plain(name))
    pg_text_printf(out, "net stop %s", name);
  else
    pg_text_str_add(out, "services.msc");
}

static void next_lines(struct render *render, const char *label,
                       const struct situation *situation, const cJSON *holder) {
  struct pg_text line, command;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_init(&command, RENDER_LINE_MAX);
  pg_text_str_add(&line, situation->words);
  pg_text_printf(render->out, "%-*s", INDENT, label);
  if (situation->command == NULL) {
    render_wrapped(render, INDENT, INDENT, pg_text_str(&line));
  } else {
    pg_text_char(&line, ':');
    command_for(&command, situation, holder);
    size_t width = INDENT + line.len + 2 + pg_utf8_columns(pg_text_str(&command));
    if (width <= render->columns)
      pg_text_str_add(render->out, pg_text_str(&line));
    else
      render_wrapped(render, INDENT, INDENT, pg_text_str(&line));
    render_command(render, width <= render->columns ? 2 : INDENT, pg_text_str(&command));
  }
  if (situation->more != NULL) {
    pg_text_printf(render->out, "%*s", INDENT, "");
    render_wrapped(render, INDENT, INDENT, situation->more);
  }
  pg_text_free(&command);
  pg_text_free(&line);
}

static bool said_before(const cJSON *result, const cJSON *holders, const cJSON *holder,
                        const struct situation *situation) {
  for (const cJSON *at = holders->child; at != holder; at = at->next)
    if (situation_of(result, at) == situation)
      return true;
  return false;
}

bool status_has_next(const cJSON *result) {
  return field_says(result, "state", "in_use") &&
         cJSON_GetArraySize(field_array(result, "fixes")) == 0 &&
         cJSON_GetArraySize(field_array(result, "holders")) > 0;
}

void status_next(struct render *render, const cJSON *result) {
  const cJSON *holders = field_array(result, "holders"), *holder;
  const char *label = NEXT;
  cJSON_ArrayForEach(holder, holders) {
    const struct situation *situation = situation_of(result, holder);
    if (said_before(result, holders, holder, situation))
      continue;
    next_lines(render, label, situation, holder);
    label = "";
  }
}
