#include "client/status_free.h"

#include "client/fields.h"
#include "client/holders.h"
#include "client/status_holders.h"
#include "client/status_past.h"

#define ROWS_SHOWN 8 /* of one kind; --json has them all */

/* One line for each row of |key|, the first behind |label|. */
static void
each_row(struct render *render, const char *label, const cJSON *result, const char *key,
         void (*words)(struct pg_text *out, const cJSON *row, const cJSON *result)) {
  const cJSON *rows = field_array(result, key);
  int count = cJSON_GetArraySize(rows), shown = 0;
  const cJSON *row;
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  cJSON_ArrayForEach(row, rows) {
    pg_text_clear(&line);
    if (shown == ROWS_SHOWN)
      pg_text_printf(&line, "and %d more (--json)", count - shown);
    else
      words(&line, row, result);
    if (line.len > 0)
      render_label(render, shown == 0 ? label : "", &line);
    if (shown++ == ROWS_SHOWN)
      break;
  }
  pg_text_free(&line);
}

static bool is_ipv6(const cJSON *range) {
  return field_says(range, "family", "ipv6");
}

static bool same_ports(const cJSON *a, const cJSON *b) {
  return field_int(a, "first", -1) == field_int(b, "first", -1) &&
         field_int(a, "last", -1) == field_int(b, "last", -1) &&
         field_is(a, "administered", true) == field_is(b, "administered", true);
}

/* Most ranges are there for both families: one line tells of both. */
static void range_words(struct pg_text *out, const cJSON *range, const cJSON *result) {
  const cJSON *ranges = field_array(result, "excluded_ranges");
  const char *families = is_ipv6(range) ? "IPv6" : "IPv4";
  for (const cJSON *at = ranges->child; at != range; at = at->next)
    if (same_ports(at, range))
      return;
  for (const cJSON *at = range->next; at != NULL; at = at->next)
    if (same_ports(at, range) && is_ipv6(at) != is_ipv6(range))
      families = "IPv4 and IPv6";
  int64_t first = field_int(range, "first", 0), last = field_int(range, "last", 0);
  if (first == last)
    pg_text_printf(out, "%lld alone", (long long)first);
  else
    pg_text_printf(out, "%lld-%lld", (long long)first, (long long)last);
  pg_text_printf(out, ", excluded port range on %s (%s)", families,
                 field_is(range, "administered", true) ? "administered" : "dynamic");
}

static void connection_words(struct pg_text *out, const cJSON *connection,
                             const cJSON *result) {
  const char *state = field_text(connection, "state");
  const char *process = field_text(connection, "process");
  int64_t pid = field_int(connection, "pid", 0);
  render_endpoint(out, field_text(connection, "address"), field_int(result, "port", 0));
  if (state != NULL) {
    pg_text_str_add(out, ", ");
    status_state_words(out, state);
  }
  if (process != NULL || pid > 0)
    pg_text_str_add(out, ", ");
  render_outside(out, process);
  if (pid > 0)
    pg_text_printf(out, process != NULL ? " (PID %lld)" : "PID %lld", (long long)pid);
}

static void reservation_words(struct pg_text *out, const cJSON *reservation,
                              const cJSON *result) {
  const cJSON *accounts = field_array(reservation, "accounts");
  (void)result;
  render_outside(out, field_text(reservation, "url"));
  pg_text_str_add(out, cJSON_GetArraySize(accounts) > 0 ? " for " : "");
  render_outside_list(out, accounts);
}

static void taker_words(struct pg_text *out, const cJSON *taker, const cJSON *result) {
  const char *name = field_text(taker, "service");
  const char *why = field_text(taker, "why");
  const char *start = status_start_words(field_text(taker, "start_type"));
  (void)result;
  holder_service_name(out, name, field_text(taker, "display_name"));
  pg_text_str_add(out, ", stopped");
  if (why != NULL) {
    pg_text_str_add(out, ": ");
    render_outside(out, why);
  } else if (start != NULL) {
    pg_text_printf(out, ", %s", start);
  }
}

static void checked(struct render *render, const cJSON *result) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  render_outside_list(&line, field_array(result, "checked"));
  if (line.len > 0)
    render_label(render, "Checked", &line);
  pg_text_free(&line);
}

void status_around(struct render *render, const cJSON *result) {
  each_row(render, "Connections", result, "connections", connection_words);
  each_row(render, "Reserved", result, "reservations", reservation_words);
  if (cJSON_GetArraySize(field_array(result, "reservations")) > 0)
    render_label_str(render, "",
                     "the right to register these URLs with HTTP.sys; it does not hold "
                     "the port");
  each_row(render, "May take it", result, "may_be_taken_by", taker_words);
}

void status_free(struct render *render, const cJSON *result) {
  static const char *const keys[] = {"excluded_ranges", "connections", "reservations",
                                     "may_be_taken_by", "checked"};
  int count = status_has_past(result);
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
    count += cJSON_GetArraySize(field_array(result, keys[i]));
  if (count == 0)
    return;
  pg_text_char(render->out, '\n');
  status_past(render, result);
  each_row(render, "Range", result, "excluded_ranges", range_words);
  status_around(render, result);
  checked(render, result);
}
