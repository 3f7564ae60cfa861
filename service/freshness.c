#include "service/freshness.h"

#include "common/limits.h"

static unsigned need_http(const struct freshness *known, int64_t asked) {
  bool old = known->http == 0 || known->http < asked - PG_DETAIL_AGE_MS;
  return known->http_askable && old ? NEED_HTTP : NEED_NOTHING;
}

/* However young the text is: one from before the port was taken says nothing. */
static unsigned need_http_for(const struct freshness *known, const struct pg_port *port,
                              int64_t asked) {
  if (port->pending && known->http_askable)
    return NEED_HTTP;
  return need_http(known, asked);
}

static unsigned need_details(const struct freshness *known, int64_t asked) {
  bool old = known->details == 0 || known->details < asked - PG_DETAIL_AGE_MS;
  return old ? NEED_DETAILS : NEED_NOTHING;
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
    return need;
  need |= need_details(known, asked);
  if (at->kernel_owned)
    need |= need_http_for(known, at, asked);
  return need;
}

unsigned freshness_for_all(const struct freshness *known, int64_t asked) {
  unsigned need = need_sample(known, asked, PG_MAX_AGE_MS) | need_details(known, asked);
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
  return need_sample(known, asked, PG_DETAIL_AGE_MS);
}

void freshness_survey(const struct pg_snapshot *snapshot,
                      const struct pg_settings *settings, struct freshness_survey *out) {
  *out = (struct freshness_survey){0};
  for (size_t i = 0; i < snapshot->port_count; i++) {
    const struct pg_port *port = &snapshot->ports[i];
    if (!port->kernel_owned)
      continue;
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
  return survey->guarded_kernel && known->http < now - PG_HTTP_REFRESH_MS;
}
