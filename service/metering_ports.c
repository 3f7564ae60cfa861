#include "service/metering_ports.h"

#include "common/text.h"
#include "service/explain/explain.h"
#include "service/metrics/metrics.h"
#include "service/snapshot/stopping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the place of a program's name beyond PG_METRICS_NAMES. No file's name has a '*'. */
#define OTHER_NAMES "*other*"

static const char *const states[] = {"free", "in_use", "reserved", "unknown"};

static const struct {
  enum pg_event_id event;
  const char *text;
} changes[] = {
#define X(name, event, text) {PG_EVENT_##event, text},
    METERED_CHANGE_LIST(X)
#undef X
};

/* --- what is remembered --- */

static struct metered_port *find(struct metered_ports *ports, uint16_t port) {
  for (size_t i = 0; i < ports->count; i++)
    if (ports->rows[i].port == port)
      return &ports->rows[i];
  return NULL;
}

void metered_ports_guard(struct metered_ports *ports, const struct pg_ports *guarded) {
  struct metered_port rows[PG_METRICS_PORTS] = {0};
  size_t count = 0, all = 0;
  for (size_t i = 0; i < guarded->count; i++) {
    const struct pg_port_range *range = &guarded->ranges[i];
    for (uint32_t port = range->first; port <= range->last; port++, all++) {
      if (count == PG_METRICS_PORTS)
        continue;
      const struct metered_port *known = find(ports, (uint16_t)port);
      if (known != NULL)
        rows[count] = *known;
      rows[count++].port = (uint16_t)port;
    }
  }
  memcpy(ports->rows, rows, count * sizeof *rows);
  ports->count = count;
  ports->guarded = all;
}

bool metered_ports_count(struct metered_ports *ports, enum pg_event_id id,
                         uint16_t port) {
  struct metered_port *row = find(ports, port);
  for (size_t i = 0; row != NULL && i < METERED_CHANGES; i++) {
    if (changes[i].event != id)
      continue;
    row->changes[i]++;
    return true;
  }
  return false;
}

void metered_ports_free(struct metered_ports *ports) {
  for (size_t i = 0; i < ports->name_count; i++)
    free(ports->names[i]);
  ports->name_count = 0;
}

static const char *bounded(struct metered_ports *ports, const char *name) {
  for (size_t i = 0; i < ports->name_count; i++)
    if (strcmp(ports->names[i], name) == 0)
      return name;
  size_t size = strlen(name) + 1;
  char *kept = ports->name_count < PG_METRICS_NAMES ? malloc(size) : NULL;
  if (kept == NULL)
    return OTHER_NAMES;
  memcpy(kept, name, size);
  ports->names[ports->name_count++] = kept;
  return name;
}

/* --- what is told --- */

static const char *number_of(uint16_t port, char out[8]) {
  (void)snprintf(out, 8, "%u", (unsigned)port);
  return out;
}

static void write_states(const struct metered_ports *ports,
                         const struct pg_snapshot *snapshot, struct pg_text *out) {
  char number[8];
  metric_begin(out, METRIC_PORT_STATE);
  for (size_t i = 0; i < ports->count; i++) {
    uint16_t port = ports->rows[i].port;
    const char *state = snapshot != NULL ? explain_state(snapshot, port) : "unknown";
    for (size_t s = 0; s < sizeof states / sizeof *states; s++) {
      const char *values[] = {number_of(port, number), states[s]};
      metric_sample(out, METRIC_PORT_STATE, values, strcmp(state, states[s]) == 0, 0);
    }
  }
}

static void write_counts(const struct metered_ports *ports,
                         const struct pg_snapshot *snapshot, struct pg_text *out) {
  char number[8];
  metric_begin(out, METRIC_PORT_HOLDERS);
  for (size_t i = 0; i < ports->count; i++) {
    const char *values[] = {number_of(ports->rows[i].port, number)};
    const struct pg_port *port =
        snapshot != NULL ? snapshot_port(snapshot, ports->rows[i].port) : NULL;
    metric_sample(out, METRIC_PORT_HOLDERS, values,
                  port != NULL ? (int64_t)explain_owner_count(snapshot, port) : 0, 0);
  }
}

/* One user's instance of a service is called by its template: the rest of its name is
 * another one at every logon. */
static const char *service_of(const struct pg_holder *holder,
                              char out[PG_SERVICE_NAME_CHARS]) {
  size_t len = holder->service != NULL ? snapshot_configured_len(holder->service) : 0;
  if (len >= PG_SERVICE_NAME_CHARS) /* no name that Windows would take */
    return holder->service->name;
  if (len > 0)
    memcpy(out, holder->service->name, len);
  out[len] = '\0';
  return out;
}

static void write_holder(struct metered_ports *ports, const struct pg_holder *holder,
                         uint16_t port, struct pg_text *out) {
  char number[8], service[PG_SERVICE_NAME_CHARS];
  const char *values[] = {
      number_of(port, number),
      pg_holder_kind_name(holder->kind),
      pg_confidence_name(holder->confidence),
      service_of(holder, service),
      holder->process != NULL ? bounded(ports, holder->process->name) : NULL,
  };
  metric_sample(out, METRIC_HOLDER, values, 1, 0);
}

/* Whether the line from |last| on is also among those from |first| on. */
static bool is_repeated(const struct pg_text *out, size_t first, size_t last) {
  size_t len = out->len - last;
  for (size_t at = first; at < last;) {
    const char *line = out->data + at;
    size_t line_len = (size_t)(strchr(line, '\n') - line) + 1;
    if (line_len == len && memcmp(line, out->data + last, len) == 0)
      return true;
    at += line_len;
  }
  return false;
}

/* Two holders may look the same without their PIDs and paths; two equal lines would
 * spoil the whole file. */
static size_t write_holders(struct metered_ports *ports,
                            const struct pg_snapshot *snapshot, uint16_t number,
                            size_t room, struct pg_text *out) {
  const struct pg_port *port = snapshot_port(snapshot, number);
  size_t first = out->len, written = 0;
  if (port == NULL)
    return 0;
  for (size_t i = 0; i < port->holder_count && written < room && !out->failed; i++) {
    size_t last = out->len;
    write_holder(ports, &snapshot->holders[port->first_holder + i], number, out);
    if (!out->failed && is_repeated(out, first, last))
      out->data[out->len = last] = '\0';
    else
      written++;
  }
  return written;
}

static void write_all_holders(struct metered_ports *ports,
                              const struct pg_snapshot *snapshot, struct pg_text *out) {
  size_t room = PG_METRICS_HOLDERS;
  metric_begin(out, METRIC_HOLDER);
  for (size_t i = 0; snapshot != NULL && i < ports->count && room > 0; i++)
    room -= write_holders(ports, snapshot, ports->rows[i].port,
                          room < PG_METRICS_PORT_HOLDERS ? room : PG_METRICS_PORT_HOLDERS,
                          out);
}

static void write_changes(const struct metered_ports *ports, struct pg_text *out) {
  char number[8];
  metric_begin(out, METRIC_PORT_CHANGES);
  for (size_t i = 0; i < ports->count; i++) {
    for (size_t c = 0; c < METERED_CHANGES; c++) {
      const char *values[] = {number_of(ports->rows[i].port, number), changes[c].text};
      metric_sample(out, METRIC_PORT_CHANGES, values, (int64_t)ports->rows[i].changes[c],
                    0);
    }
  }
}

void metered_ports_write(struct metered_ports *ports, const struct pg_snapshot *snapshot,
                         struct pg_text *out) {
  metric_single(out, METRIC_GUARDED, (int64_t)ports->guarded, 0);
  metric_single(out, METRIC_LEFT_OUT, (int64_t)(ports->guarded - ports->count), 0);
  write_states(ports, snapshot, out);
  write_counts(ports, snapshot, out);
  write_all_holders(ports, snapshot, out);
  write_changes(ports, out);
}
