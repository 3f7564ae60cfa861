/* The orders of the tables of network.h. All total, like those of seal.c. */
#include "service/snapshot/seal_network.h"

#include "common/sort.h"
#include "common/text.h"

#include <string.h>

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_text(const char *a, const char *b) {
  return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

/* Without regard to case first, so that one URL in two spellings is side by side. */
static int compare_urls(const char *a, const char *b) {
  int order = pg_casecmp(a, b);
  return order != 0 ? order : strcmp(a, b);
}

int pg_reservation_compare(const void *left, const void *right) {
  const struct pg_reservation *a = left, *b = right;
  int order = compare_urls(a->url, b->url);
  return order != 0 ? order : compare_text(a->sddl, b->sddl);
}

int pg_listen_entry_compare(const void *left, const void *right) {
  const struct pg_listen_entry *a = left, *b = right;
  return strcmp(a->text, b->text);
}

int pg_certificate_compare(const void *left, const void *right) {
  const struct pg_certificate *a = left, *b = right;
  int order = compare_urls(a->endpoint, b->endpoint);
  if (order == 0)
    order = compare_text(a->hash, b->hash);
  if (order == 0)
    order = compare_text(a->store, b->store);
  return order != 0 ? order : compare_text(a->app_id, b->app_id);
}

int pg_excluded_range_compare(const void *left, const void *right) {
  const struct pg_excluded_range *a = left, *b = right;
  int order = COMPARE(a->family, b->family);
  if (order == 0)
    order = COMPARE(a->first, b->first);
  if (order == 0)
    order = COMPARE(a->last, b->last);
  return order != 0 ? order : COMPARE(a->administered, b->administered);
}

int pg_port_proxy_compare(const void *left, const void *right) {
  const struct pg_port_proxy *a = left, *b = right;
  int order = COMPARE(a->kind, b->kind);
  if (order == 0)
    order = compare_urls(a->listen_address, b->listen_address);
  if (order == 0)
    order = COMPARE(a->listen_port, b->listen_port);
  if (order == 0)
    order = compare_urls(a->connect_address, b->connect_address);
  return order != 0 ? order : COMPARE(a->connect_port, b->connect_port);
}

static int compare_registrations(const void *left, const void *right) {
  const struct pg_registration *a = left, *b = right;
  int order = compare_urls(a->url, b->url);
  return order != 0 ? order : COMPARE(a->queue, b->queue);
}

static int compare_connections(const void *left, const void *right) {
  const struct pg_connection *a = left, *b = right;
  int order = COMPARE(a->port, b->port);
  if (order == 0)
    order = pg_address_compare(&a->address, &b->address);
  if (order == 0)
    order = COMPARE(a->state, b->state);
  return order != 0 ? order : COMPARE(a->pid, b->pid);
}

bool seal_network(struct pg_network *n) {
  return pg_sort(n->reservations, n->reservation_count, sizeof *n->reservations,
                 pg_reservation_compare) &&
         pg_sort(n->listen_list, n->listen_count, sizeof *n->listen_list,
                 pg_listen_entry_compare) &&
         pg_sort(n->certificates, n->certificate_count, sizeof *n->certificates,
                 pg_certificate_compare) &&
         pg_sort(n->ranges, n->range_count, sizeof *n->ranges,
                 pg_excluded_range_compare) &&
         pg_sort(n->proxies, n->proxy_count, sizeof *n->proxies, pg_port_proxy_compare) &&
         pg_sort(n->connections, n->connection_count, sizeof *n->connections,
                 compare_connections);
}

bool seal_registrations(struct pg_snapshot *snapshot) {
  size_t count = 0;
  for (size_t i = 0; i < snapshot->queue_count; i++)
    count += snapshot->queues[i].url_count;
  if (count == 0)
    return true;
  struct pg_registration *rows = pg_arena_alloc(snapshot->arena, count, sizeof *rows);
  if (rows == NULL)
    return false;
  size_t next = 0;
  for (size_t i = 0; i < snapshot->queue_count; i++) {
    const struct pg_http_queue *queue = &snapshot->queues[i];
    for (size_t j = 0; j < queue->url_count; j++)
      rows[next++] =
          (struct pg_registration){queue->urls[j].text, queue->urls[j].port, (uint32_t)i};
  }
  if (!pg_sort(rows, count, sizeof *rows, compare_registrations))
    return false;
  /* The same URL twice: the first queue has it. */
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (kept == 0 || !pg_case_equal(rows[kept - 1].url, rows[i].url))
      rows[kept++] = rows[i];
  snapshot->registrations = rows;
  snapshot->registration_count = kept;
  return true;
}
