#include "service/freshness.h"

#include "common/limits.h"

static bool is_old(int64_t read, int64_t asked) {
  return read == 0 || read < asked - PG_DETAIL_AGE_MS;
}

static unsigned need_http(const struct freshness *known, int64_t asked) {
  return known->http_askable && is_old(known->http, asked) ? NEED_HTTP : NEED_NOTHING;
}

/* However young the text is: one from before the port was taken says nothing. */
static unsigned need_http_for(const struct freshness *known, const struct pg_port *port,
                              int64_t asked) {
  if (port->pending && known->http_askable)
    return NEED_HTTP;
  return need_http(known, asked);
}

/* Only one that is in the snapshot can be answered from. */
static int64_t network_read(const struct freshness *known) {
  return known->snapshot != NULL ? known->snapshot->network_mono : 0;
}

static unsigned need_network(const struct freshness *known, int64_t asked) {
  bool old = is_old(network_read(known), asked);
  return known->network_askable && old ? NEED_NETWORK : NEED_NOTHING;
}

/* What it says of a port somebody listens on hardly changes: the tick's refresh is
 * enough, once there was one. */
static unsigned need_network_once(const struct freshness *known) {
  bool never = network_read(known) == 0;
  return known->network_askable && never ? NEED_NETWORK : NEED_NOTHING;
}

static unsigned need_connections(const struct freshness *known, int64_t asked) {
  int64_t read = known->snapshot != NULL ? known->snapshot->connections_mono : 0;
  return known->live && is_old(read, asked) ? NEED_CONNECTIONS : NEED_NOTHING;
}

static unsigned need_details(const struct freshness *known, int64_t asked) {
  return is_old(known->details, asked) ? NEED_DETAILS : NEED_NOTHING;
}

static unsigned need_sample(const struct freshness *known, int64_t asked,
                            int64_t max_age) {
  if (known->snapshot == NULL)
    return NEED_SAMPLE;
  /* A sample of the same millisecond may have begun before the question. */
  return known->tcp <= asked - max_age ? NEED_SAMPLE : NEED_NOTHING;
}

unsigned freshness_for_port(const struct freshness *known, uint16_t port, int64_t asked,
                            int64_t max_age) {
  unsigned need = need_sample(known, asked, max_age);
  const struct pg_port *at =
      known->snapshot != NULL ? snapshot_port(known->snapshot, port) : NULL;
  if (at == NULL)
    return need | need_network(known, asked) | need_connections(known, asked);
  need |= need_details(known, asked) | need_network_once(known);
  if (at->kernel_owned)
    need |= need_http_for(known, at, asked);
  return need;
}

unsigned freshness_for_all(const struct freshness *known, int64_t asked) {
  unsigned need = need_sample(known, asked, PG_MAX_AGE_MS) | need_details(known, asked) |
                  need_network_once(known);
  for (size_t i = 0; known->snapshot != NULL && i < known->snapshot->port_count; i++)
    if (known->snapshot->ports[i].kernel_owned)
      need |= need_http_for(known, &known->snapshot->ports[i], asked);
  return need;
}

unsigned freshness_for_http(const struct freshness *known, int64_t asked) {
  return need_sample(known, asked, PG_DETAIL_AGE_MS) | need_details(known, asked) |
         need_http(known, asked);
}

unsigned freshness_for_network(const struct freshness *known, int64_t asked) {
  unsigned need = need_network(known, asked);
  return known->snapshot == NULL ? need | NEED_SAMPLE : need;
}

unsigned freshness_for_capture(const struct freshness *known, int64_t asked) {
  return freshness_for_http(known, asked) | need_network(known, asked) |
         need_connections(known, asked);
}

void freshness_survey(const struct pg_snapshot *snapshot,
                      const struct pg_settings *settings, struct freshness_survey *out) {
  *out = (struct freshness_survey){0};
  for (size_t i = 0; i < snapshot->port_count; i++) {
    const struct pg_port *port = &snapshot->ports[i];
    if (!port->kernel_owned)
      continue;
    out->kernel = true;
    out->kernel_set = (out->kernel_set + port->port) * UINT64_C(1099511628211);
    out->pending |= port->pending;
    out->guarded_kernel |= settings_guards(settings, port->port);
  }
}

bool freshness_tick_wants_http(const struct freshness *known,
                               const struct freshness_survey *survey, int64_t now) {
  if (!known->http_askable)
    return false;
  /* A source that failed is tried until it recovers, whoever listens by then: its
   * 1004 wants its 1005. */
  if (survey->pending || known->http_failed)
    return true;
  if (known->http != 0 && known->http < known->kernel_changed)
    return true;
  return survey->guarded_kernel && known->http < now - known->http_refresh_ms;
}

static bool http_was_not_asked(const struct freshness *known) {
  return known->snapshot != NULL && known->snapshot->network_mono != 0 &&
         known->snapshot->sources[PG_SOURCE_RESERVATIONS].state == PG_SOURCE_ABSENT;
}

bool freshness_tick_wants_network(const struct freshness *known, int64_t now) {
  if (!known->network_askable)
    return false;
  if (known->network == 0 || known->network_failed)
    return true;
  /* The HTTP service did not run then, and somebody may have started it since. */
  if (http_was_not_asked(known) && known->network < known->kernel_changed)
    return true;
  int64_t age = now - known->network;
  return age >= PG_NETWORK_REFRESH_MS ||
         (known->network_changed && age >= PG_DETAIL_AGE_MS);
}
