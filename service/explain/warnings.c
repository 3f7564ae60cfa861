/* What could not be read, and what else there is to know about a port. */
#include "service/explain/internal.h"

#include "common/sort.h"
#include "common/text.h"

#include <string.h>

#define WARNING_MAX 2048
#define NAMED_MAX 4   /* connections in one warning */
#define ENTRIES_MAX 8 /* warnings about the listen list, and about reservations */

static void doubt_warning(struct pg_json *json, bool pending) {
  pg_json_str(json, pending ? "http.service_state: netsh has not answered yet; who asked "
                              "HTTP.sys for the port is not known"
                            : "http.service_state: netsh's text is cut or contradicts "
                              "itself; who asked HTTP.sys for the port is not known");
}

static void warn(struct pg_json *json, const char *format, ...) PG_PRINTF(2, 3);
static void warn(struct pg_json *json, const char *format, ...) {
  struct pg_text text;
  va_list args;
  pg_text_init(&text, WARNING_MAX);
  va_start(args, format);
  pg_text_vprintf(&text, format, args);
  va_end(args);
  pg_json_str(json, pg_text_str(&text));
  pg_text_free(&text);
}

/* --- HTTP.sys's IP listen list --- */

static bool listener_before(const void *row, const void *key) {
  return pg_address_compare(&((const struct pg_listener *)row)->address, key) < 0;
}

/* A listener of the kernel on this very address; the zone does not matter. The
 * listeners of a port are in the order of their addresses. */
static bool kernel_listens_on(const struct pg_snapshot *snapshot,
                              const struct pg_port *port,
                              const struct pg_address *address) {
  const struct pg_listener *rows = &snapshot->listeners[port->first_listener];
  struct pg_address wanted = *address;
  wanted.scope = 0;
  size_t at =
      pg_lower_bound(rows, port->listener_count, sizeof *rows, &wanted, listener_before);
  for (; at < port->listener_count; at++) {
    if (rows[at].address.family != wanted.family ||
        memcmp(rows[at].address.bytes, wanted.bytes, sizeof wanted.bytes) != 0)
      return false;
    if (snapshot_kernel_owned(snapshot, rows[at].pid))
      return true;
  }
  return false;
}

/* True: a warning about |entry| was written. */
static bool warn_of_entry(struct pg_json *json, const struct pg_snapshot *snapshot,
                          const struct pg_port *port,
                          const struct pg_listen_entry *entry) {
  if (!entry->is_address) {
    warn(json, "HTTP.sys's IP listen list holds \"%s\", which is no address",
         entry->text);
    return true;
  }
  const struct pg_address any = {.family = entry->address.family};
  if (kernel_listens_on(snapshot, port, &entry->address))
    return false;
  if (kernel_listens_on(snapshot, port, &any))
    warn(json,
         "HTTP.sys's IP listen list holds %s, yet HTTP.sys listens on every address: the "
         "list may only count once the services that use HTTP.sys are started anew",
         entry->text);
  else
    warn(json,
         "HTTP.sys's IP listen list holds %s, but HTTP.sys does not listen there on port "
         "%u: is it the address of a network interface that is gone?",
         entry->text, (unsigned)port->port);
  return true;
}

static void warn_of_listen_list(struct pg_json *json, const struct pg_snapshot *snapshot,
                                const struct pg_port *port) {
  const struct pg_network *network = &snapshot->network;
  size_t said = 0;
  if (!explain_is_http(port))
    return;
  for (size_t i = 0; i < network->listen_count && said < ENTRIES_MAX; i++)
    said += warn_of_entry(json, snapshot, port, &network->listen_list[i]);
}

/* Nobody listens, although a URL was there when netsh was last asked. */
static void warn_of_unheard(struct pg_json *json, const struct pg_snapshot *snapshot,
                            uint16_t port) {
  const struct pg_network *network = &snapshot->network;
  const struct pg_url_ref *refs;
  if (network->listen_count == 0 || snapshot_urls_of(snapshot, port, &refs) == 0)
    return;
  const struct pg_http_queue *queue = &snapshot->queues[refs->queue];
  size_t at = 0;
  while (queue->urls[at].port != port)
    at++;
  warn(json,
       "%s is registered with HTTP.sys, which does not listen on port %u: its IP listen "
       "list holds %s%s: does a network interface have that address?",
       queue->urls[at].text, (unsigned)port, network->listen_list[0].text,
       network->listen_count > 1 ? " and others" : " alone");
}

/* --- reservations --- */

void explain_reservation_warnings(struct pg_json *json,
                                  const struct pg_snapshot *snapshot, uint16_t port) {
  const struct pg_network *network = &snapshot->network;
  size_t said = 0;
  for (size_t i = 0; i < network->reservation_count && said < ENTRIES_MAX; i++) {
    const struct pg_reservation *row = &network->reservations[i];
    if (!row->sddl_broken || (port != 0 && row->port != port))
      continue;
    said++;
    warn(json,
         "the security descriptor of the reservation %s is broken: whom it lets register "
         "is not known in full",
         row->url);
  }
}

/* --- excluded ranges that are no reason to call the port reserved --- */

static void warn_of_ipv6(struct pg_json *json, const struct pg_snapshot *snapshot,
                         unsigned port, const struct pg_excluded_range *range) {
  bool ipv4_known = snapshot_was_read(snapshot, PG_SOURCE_EXCLUDED4);
  struct pg_text text;
  pg_text_init(&text, WARNING_MAX);
  pg_text_printf(&text,
                 "%u-%u is an excluded port range on IPv6: Windows refuses a bind to "
                 "[::]:%u (error 10013)",
                 (unsigned)range->first, (unsigned)range->last, port);
  if (ipv4_known)
    pg_text_printf(&text, ", 0.0.0.0:%u can be bound", port);
  pg_json_str(json, pg_text_str(&text));
  pg_text_free(&text);
}

static void warn_of_range(struct pg_json *json, const struct pg_snapshot *snapshot,
                          uint16_t number, const struct pg_excluded_range *range,
                          bool refused4) {
  unsigned first = range->first, last = range->last, port = number;
  bool in_use = snapshot_port(snapshot, number) != NULL;
  bool twin = explain_range_has_twin(snapshot, range);
  const char *family = twin                       ? "IPv4 and IPv6"
                       : range->family == PG_IPV4 ? "IPv4"
                                                  : "IPv6";
  if (twin && range->family == PG_IPV6)
    return;
  if (range->administered && !in_use)
    warn(json,
         "%u-%u is an administered excluded port range on %s: somebody set it aside on "
         "purpose; a server that asks for port %u itself can usually still bind it",
         first, last, family, port);
  else if (pg_range_is_single(range) && !in_use)
    warn(json,
         "Windows lists port %u alone as excluded on %s, which is what a registration "
         "with HTTP.sys looks like, though nobody listens: a bind may fail",
         port, family);
  else if (explain_range_refuses(range) && in_use && range->family == PG_IPV4 &&
           !explain_has_wildcard(snapshot, snapshot_port(snapshot, number)))
    warn(json,
         "port %u is also in the excluded port range %u-%u on %s: beside the addresses "
         "that are listened on, Windows refuses a bind to 0.0.0.0:%u (error 10013)",
         port, first, last, family, port);
  else if (explain_range_refuses(range) && in_use)
    warn(json,
         "port %u is also in the excluded port range %u-%u on %s: once its listeners are "
         "gone, Windows may refuse a bind",
         port, first, last, family);
  else if (explain_range_refuses(range) && range->family == PG_IPV6 && !refused4)
    warn_of_ipv6(json, snapshot, port, range);
}

static void warn_of_ranges(struct pg_json *json, const struct pg_snapshot *snapshot,
                           uint16_t port) {
  const struct pg_excluded_range *range;
  bool refused4 = explain_is_refused(snapshot, port, PG_IPV4);
  for (size_t at = 0; (range = explain_next_range(snapshot, port, &at)) != NULL;)
    warn_of_range(json, snapshot, port, range, refused4);
}

/* --- connections --- */

static void add_user(struct pg_text *text, const struct pg_snapshot *snapshot,
                     const struct pg_connection *row) {
  explain_process_words(row->pid, snapshot_process(snapshot, row->pid), text);
  pg_text_str_add(text, " on ");
  explain_connection_words(row, text);
}

static void warn_of_users(struct pg_json *json, const struct pg_snapshot *snapshot,
                          uint16_t port) {
  const struct pg_connection *row;
  struct pg_text text;
  size_t count = 0;
  pg_text_init(&text, WARNING_MAX);
  pg_text_printf(&text, "nobody listens on port %u, but it is in use: ", (unsigned)port);
  for (size_t at = 0; (row = explain_next_user(snapshot, port, &at)) != NULL;) {
    if (count++ >= NAMED_MAX)
      continue;
    pg_text_str_add(&text, count > 1 ? ", " : "");
    add_user(&text, snapshot, row);
  }
  if (count > NAMED_MAX)
    pg_text_printf(&text, " and %zu more", count - NAMED_MAX);
  pg_text_str_add(&text, "; a bind may fail with error 10048");
  if (count > 0)
    pg_json_str(json, pg_text_str(&text));
  pg_text_free(&text);
}

/* IP Helper listens for every rule: one that nobody listens for comes to life with it. */
static void warn_of_idle_rule(struct pg_json *json, const struct pg_snapshot *snapshot,
                              uint16_t number) {
  size_t at = 0;
  const struct pg_port_proxy *rule = snapshot_next_proxy(snapshot, number, &at);
  struct pg_text words;
  if (rule == NULL)
    return;
  pg_text_init(&words, 4096);
  explain_proxy_words(rule, &words);
  warn(json,
       "the port proxy rule %s is for this port, and nobody listens for it now: IP "
       "Helper (iphlpsvc) does when it runs",
       pg_text_str(&words));
  pg_text_free(&words);
}

static void warn_of_free_port(struct pg_json *json, const struct pg_snapshot *snapshot,
                              uint16_t number) {
  warn_of_idle_rule(json, snapshot, number);
  warn_of_users(json, snapshot, number);
  if (snapshot_table_read(snapshot))
    warn_of_unheard(json, snapshot, number);
}

void explain_warnings(struct pg_json *json, const struct pg_snapshot *snapshot,
                      uint16_t number) {
  const struct pg_port *port = snapshot_port(snapshot, number);
  pg_json_array(json);
  for (int i = 0; i < PG_SOURCE_COUNT; i++)
    if (explain_misses(snapshot, port, (enum pg_source)i))
      explain_source_warning(json, snapshot, (enum pg_source)i);
  if (port != NULL && explain_http_is_doubted(snapshot, port))
    doubt_warning(json, port->pending);
  if (port != NULL)
    warn_of_listen_list(json, snapshot, port);
  else
    warn_of_free_port(json, snapshot, number);
  warn_of_ranges(json, snapshot, number);
  explain_reservation_warnings(json, snapshot, number);
  pg_json_end_array(json);
}

static bool misses_anywhere(const struct pg_snapshot *snapshot, enum pg_source source) {
  if (source == PG_SOURCE_TCP4 || source == PG_SOURCE_TCP6)
    return !snapshot_was_read(snapshot, source);
  for (size_t i = 0; i < snapshot->port_count; i++)
    if (explain_misses(snapshot, &snapshot->ports[i], source))
      return true;
  return false;
}

void explain_list_warnings(struct pg_json *json, const struct pg_snapshot *snapshot) {
  pg_json_array(json);
  for (int i = 0; i < PG_SOURCE_COUNT; i++)
    if (misses_anywhere(snapshot, (enum pg_source)i))
      explain_source_warning(json, snapshot, (enum pg_source)i);
  const struct pg_port *doubted = NULL;
  for (size_t i = 0; i < snapshot->port_count && doubted == NULL; i++)
    if (explain_http_is_doubted(snapshot, &snapshot->ports[i]))
      doubted = &snapshot->ports[i];
  if (doubted != NULL)
    doubt_warning(json, doubted->pending);
  pg_json_end_array(json);
}
