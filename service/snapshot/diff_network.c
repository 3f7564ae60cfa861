/* Sorted tables, walked side by side. */
#include "service/snapshot/diff_network.h"

#include "common/text.h"
#include "service/snapshot/seal_network.h"

struct table {
  const char *rows;
  size_t count, size;
  int (*compare)(const void *left, const void *right);
};

/* Queues are numbered anew in every text, and netsh may spell a URL otherwise. */
static int compare_registered_urls(const void *left, const void *right) {
  const struct pg_registration *a = left, *b = right;
  return pg_casecmp(a->url, b->url);
}

/* The rows of one family: they are together. */
static struct table ranges_of(const struct pg_network *network, enum pg_family family) {
  size_t first = 0, end = 0;
  while (first < network->range_count && network->ranges[first].family < family)
    first++;
  for (end = first; end < network->range_count && network->ranges[end].family == family;)
    end++;
  return (struct table){(const char *)(network->ranges + first), end - first,
                        sizeof *network->ranges, pg_excluded_range_compare};
}

#define TABLE(array, length, order)                           \
  (struct table) {                                            \
    (const char *)(array), (length), sizeof *(array), (order) \
  }

static struct table table_of(const struct pg_snapshot *snapshot, enum pg_source source) {
  const struct pg_network *n = &snapshot->network;
  switch (source) {
  case PG_SOURCE_HTTP_STATE:
    return TABLE(snapshot->registrations, snapshot->registration_count,
                 compare_registered_urls);
  case PG_SOURCE_RESERVATIONS:
    return TABLE(n->reservations, n->reservation_count, pg_reservation_compare);
  case PG_SOURCE_LISTEN_LIST:
    return TABLE(n->listen_list, n->listen_count, pg_listen_entry_compare);
  case PG_SOURCE_CERTIFICATES:
    return TABLE(n->certificates, n->certificate_count, pg_certificate_compare);
  case PG_SOURCE_EXCLUDED4:
    return ranges_of(n, PG_IPV4);
  case PG_SOURCE_EXCLUDED6:
    return ranges_of(n, PG_IPV6);
  case PG_SOURCE_PORT_PROXIES:
    return TABLE(n->proxies, n->proxy_count, pg_port_proxy_compare);
  case PG_SOURCE_TCP4:
  case PG_SOURCE_TCP6:
  case PG_SOURCE_PROCESSES:
  case PG_SOURCE_SERVICES:
  case PG_SOURCE_SERVICE_TAGS:
  case PG_SOURCE_CONNECTIONS:
  case PG_SOURCE_COUNT:
    break;
  }
  return (struct table){0};
}

/* NULL behind the last one. */
static const void *row_at(const struct table *table, size_t index) {
  return index < table->count ? table->rows + index * table->size : NULL;
}

bool diff_network_has(enum pg_source source) {
  return source == PG_SOURCE_HTTP_STATE || pg_source_is_network(source);
}

bool diff_network_is_copy(const struct pg_snapshot *before,
                          const struct pg_snapshot *after, enum pg_source source) {
  if (source == PG_SOURCE_HTTP_STATE)
    return before->http_mono == after->http_mono;
  return before->network_mono == after->network_mono;
}

static bool is_shadow(enum pg_source source, const void *row) {
  bool is_range = source == PG_SOURCE_EXCLUDED4 || source == PG_SOURCE_EXCLUDED6;
  return is_range && pg_range_is_single(row);
}

struct walk {
  enum pg_source source;
  void (*each)(void *context, const struct pg_network_change *change);
  void *context;
};

static void tell(const struct walk *walk, const struct pg_snapshot *snapshot, bool added,
                 const void *row) {
  struct pg_network_change change = {walk->source, added, row, snapshot};
  if (!is_shadow(walk->source, row))
    walk->each(walk->context, &change);
}

void diff_network(const struct pg_snapshot *before, const struct pg_snapshot *after,
                  enum pg_source source,
                  void (*each)(void *context, const struct pg_network_change *change),
                  void *context) {
  struct walk walk = {source, each, context};
  struct table left = table_of(before, source), right = table_of(after, source);
  if (diff_network_is_copy(before, after, source))
    return;
  size_t l = 0, r = 0;
  while (l < left.count || r < right.count) {
    const void *old = row_at(&left, l), *new = row_at(&right, r);
    int order = old == NULL ? 1 : new == NULL ? -1 : left.compare(old, new);
    if (order < 0)
      tell(&walk, before, false, old);
    if (order > 0)
      tell(&walk, after, true, new);
    l += order <= 0;
    r += order >= 0;
  }
}
