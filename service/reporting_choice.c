#include "service/reporting_choice.h"

#include "service/explain/explain.h"

#include <stdio.h>

static void tell(struct report_choice *choice, uint16_t port, bool guarded) {
  choice->marks[port] = REPORT_TOLD;
  choice->guarded[choice->count] = guarded;
  choice->ports[choice->count++] = port;
}

void report_choice_name(struct report_choice *choice, uint16_t port, bool guarded) {
  if (choice->marks[port] != REPORT_TOLD && choice->count < PG_REPORT_PORTS)
    tell(choice, port, guarded);
}

static void mark_range(struct report_choice *choice, uint32_t first, uint32_t last) {
  enum report_mark mark = REPORT_RESERVED;
  for (uint32_t port = first; port <= last; port++) {
    if (choice->marks[port] != REPORT_QUIET)
      continue;
    choice->marks[port] = (uint8_t)mark;
    mark = REPORT_LIKE;
  }
}

/* Ranges are sorted by where they begin, so that no port is come by twice. As the state
 * of a port, only those of IPv4 count. */
static void mark_reserved(struct report_choice *choice,
                          const struct pg_snapshot *snapshot) {
  uint32_t from = 1;
  for (size_t i = 0; i < snapshot->network.range_count; i++) {
    const struct pg_excluded_range *range = &snapshot->network.ranges[i];
    if (range->family != PG_IPV4 || !explain_range_refuses(range))
      continue;
    mark_range(choice, range->first > from ? range->first : from, range->last);
    if (range->last >= from)
      from = range->last + 1u;
  }
}

void report_choice_look(struct report_choice *choice, const struct pg_snapshot *snapshot,
                        const struct pg_settings *settings) {
  for (size_t i = 0; i < settings->guarded.count; i++) {
    const struct pg_port_range *range = &settings->guarded.ranges[i];
    for (uint32_t port = range->first; port <= range->last; port++)
      choice->marks[port] = REPORT_QUIET;
  }
  for (size_t i = 0; i < snapshot->port_count; i++) {
    uint8_t *mark = &choice->marks[snapshot->ports[i].port];
    *mark = *mark == REPORT_QUIET ? REPORT_HELD : *mark;
  }
  if (snapshot_table_read(snapshot))
    mark_reserved(choice, snapshot);
}

static bool may_be_remembered(enum report_mark mark) {
  return mark > REPORT_BESIDE && mark < REPORT_REMEMBERED;
}

uint16_t report_choice_next(const struct report_choice *choice, uint32_t from) {
  for (uint32_t port = from; port <= UINT16_MAX; port++)
    if (may_be_remembered(choice->marks[port]))
      return (uint16_t)port;
  return 0;
}

void report_choice_remember(struct report_choice *choice, uint16_t port) {
  if (may_be_remembered(choice->marks[port]))
    choice->marks[port] = REPORT_REMEMBERED;
}

void report_choice_end(struct report_choice *choice) {
  static const enum report_mark wanted[] = {REPORT_HELD, REPORT_REMEMBERED,
                                            REPORT_RESERVED};
  size_t room = PG_REPORT_PORTS;
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    for (uint32_t port = 1; port <= UINT16_MAX; port++) {
      if (choice->marks[port] != wanted[i])
        continue;
      choice->marks[port] = room > 0 ? REPORT_TOLD : REPORT_LEFT_OUT;
      room -= room > 0;
    }
  for (uint32_t port = 1; port <= UINT16_MAX; port++)
    if (choice->marks[port] == REPORT_TOLD)
      tell(choice, (uint16_t)port, true);
}

size_t report_choice_count(const struct report_choice *choice, enum report_mark mark) {
  size_t count = 0;
  for (uint32_t port = 1; port <= UINT16_MAX; port++)
    count += choice->marks[port] == mark;
  return count;
}

static void write_run(struct pg_json *json, uint32_t first, uint32_t last) {
  char text[16];
  (void)snprintf(text, sizeof text, "%u-%u", (unsigned)first, (unsigned)last);
  if (first == last)
    pg_json_int(json, first);
  else
    pg_json_str(json, text);
}

void report_choice_write(const struct report_choice *choice, enum report_mark mark,
                         struct pg_json *json) {
  pg_json_array(json);
  for (uint32_t port = 1; port <= UINT16_MAX; port++) {
    uint32_t first = port;
    if (choice->marks[port] != mark)
      continue;
    while (port < UINT16_MAX && choice->marks[port + 1] == mark)
      port++;
    write_run(json, first, port);
  }
  pg_json_end_array(json);
}
