#include "client/history_text.h"

#include "client/change_text.h"
#include "client/fields.h"
#include "client/holders.h"
#include "client/table.h"
#include "common/limits.h"
#include "common/timestamp.h"

#include <string.h>

#define LIMIT_DEFAULT 100 /* the service's */

/* --- what it is about --- */

/* "Who held port 80", "When W3SVC held port 80", "What W3SVC held" */
static void add_who(struct pg_text *out, const struct history_asked *asked) {
  const char *first = asked->holder == NULL ? "Who"
                      : asked->port != 0    ? "When "
                                            : "What ";
  pg_text_str_add(out, first);
  render_outside(out, asked->holder);
  pg_text_str_add(out, " held");
  if (asked->port != 0)
    pg_text_printf(out, " port %u", (unsigned)asked->port);
  else if (asked->holder == NULL)
    pg_text_str_add(out, " which port");
}

/* "Nothing is remembered of W3SVC and port 80" */
static void add_nothing(struct pg_text *out, const struct history_asked *asked) {
  bool port = asked->port != 0, holder = asked->holder != NULL;
  pg_text_str_add(out, "Nothing is remembered");
  pg_text_str_add(out, port || holder ? " of " : "");
  render_outside(out, asked->holder);
  pg_text_str_add(out, port && holder ? " and " : "");
  if (port)
    pg_text_printf(out, "port %u", (unsigned)asked->port);
}

/* " since 2026-03-01 09:00:00", " until …" */
static void add_bounds(const struct render *render, struct pg_text *out,
                       const cJSON *result) {
  static const char *const keys[] = {"since", "until"};
  struct pg_text point;
  pg_text_init(&point, RENDER_LINE_MAX);
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    pg_text_clear(&point);
    if (render_time(render, &point, field_time(result, keys[i])))
      pg_text_printf(out, " %s %s", keys[i], pg_text_str(&point));
  }
  pg_text_free(&point);
}

static void title(struct render *render, const cJSON *result,
                  const struct history_asked *asked,
                  void (*words)(struct pg_text *out, const struct history_asked *asked),
                  const char *end) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  words(&line, asked);
  add_bounds(render, &line, result);
  pg_text_str_add(&line, end);
  render_wrapped(render, 0, 2, pg_text_str(&line));
  pg_text_free(&line);
}

/* --- who held it --- */

/* To the minute: the changes below have the second. */
static void time_cell(const struct render *render, struct table *table,
                      struct pg_text *cell, int64_t at) {
  struct client_time local;
  pg_text_clear(cell);
  if (at != PG_TIME_UNKNOWN && render->local_time(at, &local))
    pg_text_printf(cell, "%04d-%02d-%02d %02d:%02d", local.year, local.month, local.day,
                   local.hour, local.minute);
  table_cell(table, pg_text_str(cell));
}

static void until_cell(const struct render *render, struct table *table,
                       struct pg_text *cell, const cJSON *tenancy) {
  int64_t to = field_time(tenancy, "to");
  if (tenancy_is_unseen(tenancy))
    table_cell(table, "not seen");
  else if (to == PG_TIME_UNKNOWN)
    table_cell(table, "still held");
  else
    time_cell(render, table, cell, to);
}

static void duration_cell(const struct render *render, struct table *table,
                          struct pg_text *cell, const cJSON *tenancy) {
  int64_t from = field_time(tenancy, "from"), to = field_time(tenancy, "to");
  int64_t end = to != PG_TIME_UNKNOWN ? to : render->now;
  pg_text_clear(cell);
  if (from != PG_TIME_UNKNOWN && end >= from && !tenancy_is_unseen(tenancy))
    render_duration(cell, end - from);
  table_cell(table, pg_text_str(cell));
}

/* What an identity says behind its kind: a service, the path of a program, a name. */
static const char *name_of(const cJSON *tenancy) {
  const char *identity = field_text(tenancy, "identity");
  const char *colon = identity != NULL ? strchr(identity, ':') : NULL;
  return colon != NULL ? colon + 1 : identity;
}

/* "W3SVC (HTTP.sys)", "nginx.exe", "wslrelay.exe (WSL)" */
static void holder_cell(struct table *table, struct pg_text *cell, const cJSON *tenancy) {
  static const struct {
    const char *kind, *words;
  } through[] = {{"http.sys", " (HTTP.sys)"},
                 {"portproxy", " (port proxy)"},
                 {"wsl_relay", " (WSL)"},
                 {"container_relay", " (container)"}};
  const cJSON *holder = field_object(tenancy, "holder");
  const char *service = field_text(holder, "service");
  const char *process = field_text(holder, "process");
  bool driver = holder_is(holder, "driver");
  const char *name = service != NULL              ? service
                     : process != NULL && !driver ? process
                                                  : name_of(tenancy);
  pg_text_clear(cell);
  render_outside(cell, name != NULL && name[0] != '\0' ? name : "(not known)");
  for (size_t i = 0; i < sizeof through / sizeof *through; i++)
    if (holder_is(holder, through[i].kind))
      pg_text_str_add(cell, through[i].words);
  table_cell(table, pg_text_str(cell));
}

static void end_cell(struct table *table, const cJSON *tenancy) {
  table_outside(table, tenancy_is_unseen(tenancy) ? NULL : field_text(tenancy, "how"),
                "");
}

static void tenancy_row(const struct render *render, struct table *table,
                        struct pg_text *cell, const cJSON *tenancy, bool one_port) {
  if (!one_port) {
    pg_text_clear(cell);
    pg_text_printf(cell, "%lld", (long long)field_int(tenancy, "port", 0));
    table_cell(table, pg_text_str(cell));
  }
  time_cell(render, table, cell, field_time(tenancy, "from"));
  until_cell(render, table, cell, tenancy);
  duration_cell(render, table, cell, tenancy);
  if (one_port)
    end_cell(table, tenancy);
  holder_cell(table, cell, tenancy);
}

/* How it ended is seen from the row above, where the line has no room for it: with
 * several ports. */
static void tenancies(struct render *render, const cJSON *rows, bool one_port) {
  static const char *const of_one[] = {"FROM", "UNTIL", "FOR", "END", "HELD BY"};
  static const char *const of_all[] = {"PORT", "FROM", "UNTIL", "FOR", "HELD BY"};
  struct table table;
  struct pg_text cell;
  bool unseen = false;
  table_start(&table, one_port ? of_one : of_all, 5, 4);
  pg_text_init(&cell, RENDER_LINE_MAX);
  const cJSON *tenancy;
  cJSON_ArrayForEach(tenancy, rows) {
    tenancy_row(render, &table, &cell, tenancy, one_port);
    unseen = unseen || tenancy_is_unseen(tenancy);
  }
  pg_text_free(&cell);
  pg_text_char(render->out, '\n');
  table_finish(&table, render, 2);
  if (unseen)
    pg_text_str_add(render->out,
                    "\n  not seen: it ended while PortGuard was not running\n");
}

/* --- what happened --- */

static void day_line(struct render *render, const cJSON *entry, struct client_time *day) {
  struct client_time local;
  if (!render->local_time(field_time(entry, "at"), &local) ||
      (local.year == day->year && local.month == day->month && local.day == day->day))
    return;
  pg_text_printf(render->out, "\n  %04d-%02d-%02d\n", local.year, local.month, local.day);
  *day = local;
}

static void entries(struct render *render, const cJSON *rows, bool one_port) {
  struct client_time day = {0, 0, 0, 0, 0, 0};
  pg_text_str_add(render->out, "\nWhat happened, newest first:\n");
  const cJSON *entry;
  cJSON_ArrayForEach(entry, rows) {
    day_line(render, entry, &day);
    change_entry(render, entry, !one_port);
  }
}

/* --- and how to see more --- */

static void add_word(struct pg_text *out, const char *option, const char *value) {
  bool plain = strpbrk(value, " \\/") == NULL;
  pg_text_printf(out, plain ? " %s %s" : " %s \"%s\"", option, value);
}

/* Of the last row there is: what comes before it is asked for up to the second behind
 * it, lest one of the same second is left out. */
static bool add_until(const struct render *render, struct pg_text *out,
                      const cJSON *result) {
  const cJSON *rows = field_array(result, "entries");
  const char *key = cJSON_GetArraySize(rows) > 0 ? "at" : "to";
  if (cJSON_GetArraySize(rows) == 0)
    rows = field_array(result, "tenancies");
  int64_t last = field_time(cJSON_GetArrayItem(rows, cJSON_GetArraySize(rows) - 1), key);
  struct client_time at;
  if (last == PG_TIME_UNKNOWN || !render->local_time(last + 1000, &at))
    return false;
  pg_text_printf(out, " --until \"%04d-%02d-%02d %02d:%02d:%02d\"", at.year, at.month,
                 at.day, at.hour, at.minute, at.second);
  return true;
}

static void add_command(struct pg_text *out, const struct history_asked *asked) {
  pg_text_str_add(out, "portguardctl history");
  if (asked->port != 0)
    pg_text_printf(out, " %u", (unsigned)asked->port);
}

static void more(struct render *render, const cJSON *result,
                 const struct history_asked *asked) {
  unsigned limit = asked->limit != 0 ? asked->limit : LIMIT_DEFAULT;
  struct pg_text command;
  pg_text_init(&command, RENDER_LINE_MAX);
  add_command(&command, asked);
  if (asked->since != NULL)
    add_word(&command, "--since", asked->since);
  bool known = true;
  if (limit >= PG_HISTORY_ROWS_MAX)
    known = add_until(render, &command, result);
  else if (asked->until != NULL)
    add_word(&command, "--until", asked->until);
  if (asked->holder != NULL)
    add_word(&command, "--holder", asked->holder);
  limit = limit < PG_HISTORY_ROWS_MAX / 10 ? limit * 10 : PG_HISTORY_ROWS_MAX;
  pg_text_printf(&command, " --limit %u", limit);
  pg_text_str_add(render->out, known ? "\nThere is more than is shown. To see it:\n"
                                     : "\nThere is more than is shown.\n");
  if (known)
    render_command(render, 2, pg_text_str(&command));
  pg_text_free(&command);
}

/* What was asked for may have been too little. */
static void nothing(struct render *render, const cJSON *result,
                    const struct history_asked *asked) {
  title(render, result, asked, add_nothing, ".");
  if (asked->since == NULL && asked->until == NULL && asked->holder == NULL)
    return;
  struct pg_text command;
  pg_text_init(&command, RENDER_LINE_MAX);
  add_command(&command, asked);
  pg_text_str_add(render->out, "\nTo see what there is:  ");
  render_command(render, 0, pg_text_str(&command));
  pg_text_free(&command);
}

void history_text(struct render *render, const cJSON *result,
                  const struct history_asked *asked) {
  const cJSON *held = field_array(result, "tenancies");
  const cJSON *happened = field_array(result, "entries");
  bool one_port = asked->port != 0;
  if (cJSON_GetArraySize(held) == 0 && cJSON_GetArraySize(happened) == 0) {
    nothing(render, result, asked);
  } else if (cJSON_GetArraySize(held) == 0) {
    title(render, result, asked, add_who, ": nothing is remembered.");
  } else {
    title(render, result, asked, add_who, ", newest first:");
    tenancies(render, held, one_port);
  }
  if (cJSON_GetArraySize(happened) > 0)
    entries(render, happened, one_port);
  if (field_is(result, "truncated", true))
    more(render, result, asked);
  render_notes(render, result);
}
