/* What keeps a port from being bound although nobody listens on it. */
#include "service/explain/internal.h"
#include "service/snapshot/seal_network.h"

#include <stdlib.h>

const struct pg_excluded_range *explain_next_range(const struct pg_snapshot *snapshot,
                                                   uint16_t port, size_t *at) {
  const struct pg_network *network = &snapshot->network;
  while (*at < network->range_count) {
    const struct pg_excluded_range *range = &network->ranges[(*at)++];
    if (range->first <= port && port <= range->last)
      return range;
  }
  return NULL;
}

bool explain_range_refuses(const struct pg_excluded_range *range) {
  return !range->administered && !pg_range_is_single(range);
}

bool explain_range_has_twin(const struct pg_snapshot *snapshot,
                            const struct pg_excluded_range *range) {
  const struct pg_network *network = &snapshot->network;
  struct pg_excluded_range twin = *range;
  twin.family = range->family == PG_IPV4 ? PG_IPV6 : PG_IPV4;
  return bsearch(&twin, network->ranges, network->range_count, sizeof twin,
                 pg_excluded_range_compare) != NULL;
}

static bool has_range(const struct pg_snapshot *snapshot, uint16_t port,
                      enum pg_family family,
                      bool (*wanted)(const struct pg_excluded_range *)) {
  const struct pg_excluded_range *range;
  for (size_t at = 0; (range = explain_next_range(snapshot, port, &at)) != NULL;)
    if (range->family == family && wanted(range))
      return true;
  return false;
}

bool explain_is_refused(const struct pg_snapshot *snapshot, uint16_t port,
                        enum pg_family family) {
  return has_range(snapshot, port, family, explain_range_refuses);
}

/* A connection that has ended and only waits does not keep a server from binding. */
const struct pg_connection *explain_next_user(const struct pg_snapshot *snapshot,
                                              uint16_t port, size_t *at) {
  const struct pg_connection *rows;
  size_t count = snapshot_connections_of(snapshot, port, &rows);
  while (*at < count) {
    const struct pg_connection *row = &rows[(*at)++];
    if (row->state != PG_TCP_TIME_WAIT)
      return row;
  }
  return NULL;
}

const char *explain_state(const struct pg_snapshot *snapshot, uint16_t port) {
  if (snapshot_port(snapshot, port) != NULL)
    return "in_use";
  if (!snapshot_table_read(snapshot))
    return "unknown";
  /* 0.0.0.0 can be bound in a range that is IPv6's alone. */
  return explain_is_refused(snapshot, port, PG_IPV4) ? "reserved" : "free";
}

bool explain_has_wildcard(const struct pg_snapshot *snapshot,
                          const struct pg_port *port) {
  for (size_t i = 0; i < port->listener_count; i++)
    if (pg_address_is_wildcard(&snapshot->listeners[port->first_listener + i].address))
      return true;
  return false;
}

const char *explain_wildcard(const struct pg_snapshot *snapshot, uint16_t number) {
  const struct pg_port *port = snapshot_port(snapshot, number);
  size_t at = 0;
  if (port != NULL && explain_has_wildcard(snapshot, port))
    return "no";
  if (!snapshot_table_read(snapshot))
    return "unknown";
  if (explain_is_refused(snapshot, number, PG_IPV4))
    return "no";
  if (port != NULL)
    return "yes";
  if (!snapshot_was_read(snapshot, PG_SOURCE_EXCLUDED4))
    return "unknown";
  bool doubt = has_range(snapshot, number, PG_IPV4, pg_range_is_single) ||
               explain_next_user(snapshot, number, &at) != NULL;
  return doubt ? "unknown" : "yes";
}
