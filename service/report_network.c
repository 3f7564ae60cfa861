/* Changes of the network configuration, and of the URLs registered with HTTP.sys, as
 * events 1200 to 1211. */
#include "common/limits.h"
#include "service/explain/explain.h"
#include "service/letter.h"

/* Each writes the sentence parts and the JSON members of one row, and answers the port
 * it is about, 0: none. */
typedef uint16_t (*write_row)(struct letter *letter,
                              const struct pg_network_change *change);

/* Straight from its place: it may be longer than a letter's own texts hold. */
static void escape(struct pg_text *to, const char *string) {
  pg_text_escaped(to, string, PG_SHOWN_CHARS);
}

/* --- HTTP.sys --- */

static void add_accounts(struct letter *letter, const struct pg_reservation *row) {
  struct letter_part part;
  letter_part_open(&part);
  pg_json_array(&part.json);
  for (size_t i = 0; i < row->account_count; i++) {
    pg_json_str(&part.json, row->accounts[i]);
    pg_text_printf(&letter->raw, "%s%s", i > 0 ? ", " : "", row->accounts[i]);
  }
  pg_json_end_array(&part.json);
  (void)letter_part_add(letter, "accounts", &part);
  if (row->account_count > 0)
    letter_escape(letter, &letter->second);
  else
    escape(&letter->second, row->sddl != NULL ? row->sddl : "nobody knows whom");
}

static uint16_t write_reservation(struct letter *letter,
                                  const struct pg_network_change *change) {
  const struct pg_reservation *row = change->row;
  escape(&letter->first, row->url);
  letter_string(letter, "url", row->url);
  letter_string(letter, "sddl", row->sddl);
  add_accounts(letter, row);
  return row->port;
}

static uint16_t write_listen_entry(struct letter *letter,
                                   const struct pg_network_change *change) {
  const struct pg_listen_entry *row = change->row;
  escape(&letter->first, row->text);
  letter_string(letter, "address", row->text);
  return 0;
}

static void add_named(struct pg_text *text, const char *name, const char *value) {
  pg_text_str_add(text, name);
  escape(text, value != NULL ? value : "unknown");
}

static uint16_t write_certificate(struct letter *letter,
                                  const struct pg_network_change *change) {
  const struct pg_certificate *row = change->row;
  escape(&letter->first, row->endpoint);
  add_named(&letter->second, "hash ", row->hash);
  add_named(&letter->second, ", store ", row->store);
  add_named(&letter->second, ", application ", row->app_id);
  letter_string(letter, "endpoint", row->endpoint);
  letter_string(letter, "hash", row->hash);
  letter_string(letter, "store", row->store);
  letter_string(letter, "app_id", row->app_id);
  return 0;
}

static uint16_t write_registration(struct letter *letter,
                                   const struct pg_network_change *change) {
  const struct pg_registration *row = change->row;
  const struct pg_http_queue *queue = &change->snapshot->queues[row->queue];
  struct letter_part part;
  escape(&letter->first, row->url);
  explain_queue_names(change->snapshot, queue, &letter->raw);
  letter_escape(letter, &letter->second);
  letter_string(letter, "url", row->url);
  pg_json_key_int(&letter->writer, "port", row->port);
  letter_string(letter, "queue", queue->name);
  letter_part_open(&part);
  explain_queue_brief(&part.json, change->snapshot, queue);
  (void)letter_part_add(letter, "holder", &part);
  return row->port;
}

/* --- the network --- */

static uint16_t write_proxy(struct letter *letter,
                            const struct pg_network_change *change) {
  const struct pg_port_proxy *row = change->row;
  pg_text_printf(&letter->raw, "%s %s port %u", pg_proxy_kind_name(row->kind),
                 row->listen_address, (unsigned)row->listen_port);
  letter_escape(letter, &letter->first);
  pg_text_printf(&letter->raw, "%s port %u", row->connect_address,
                 (unsigned)row->connect_port);
  letter_escape(letter, &letter->second);
  pg_json_key_str(&letter->writer, "kind", pg_proxy_kind_name(row->kind));
  letter_string(letter, "listen_address", row->listen_address);
  pg_json_key_int(&letter->writer, "listen_port", row->listen_port);
  letter_string(letter, "connect_address", row->connect_address);
  pg_json_key_int(&letter->writer, "connect_port", row->connect_port);
  return row->listen_port;
}

static uint16_t write_range(struct letter *letter,
                            const struct pg_network_change *change) {
  const struct pg_excluded_range *row = change->row;
  const char *family = pg_family_name(row->family);
  pg_text_printf(&letter->first, "%u-%u", (unsigned)row->first, (unsigned)row->last);
  pg_text_printf(&letter->second, "%s, %s", row->family == PG_IPV4 ? "IPv4" : "IPv6",
                 row->administered ? "administered" : "dynamic");
  letter->last_port = row->last;
  pg_json_key_str(&letter->writer, "family", family);
  pg_json_key_int(&letter->writer, "first", row->first);
  pg_json_key_int(&letter->writer, "last", row->last);
  pg_json_key_bool(&letter->writer, "administered", row->administered);
  return row->first;
}

/* --- the table of both --- */

static const struct {
  enum pg_source source;
  enum pg_event_id added, removed;
  write_row write;
  const char *change, *place;
} kinds[] = {
    {PG_SOURCE_RESERVATIONS, PG_EVENT_RESERVATION_ADDED, PG_EVENT_RESERVATION_REMOVED,
     write_reservation, "reservation", "http reservations"},
    {PG_SOURCE_LISTEN_LIST, PG_EVENT_LISTEN_ADDED, PG_EVENT_LISTEN_REMOVED,
     write_listen_entry, "ip_listen_list", "http iplisten"},
    {PG_SOURCE_CERTIFICATES, PG_EVENT_CERTIFICATE_ADDED, PG_EVENT_CERTIFICATE_REMOVED,
     write_certificate, "certificate", "http certificates"},
    {PG_SOURCE_HTTP_STATE, PG_EVENT_URL_REGISTERED, PG_EVENT_URL_WITHDRAWN,
     write_registration, "registration", "http queues"},
    {PG_SOURCE_PORT_PROXIES, PG_EVENT_PROXY_ADDED, PG_EVENT_PROXY_REMOVED, write_proxy,
     "port_proxy", "list"},
    {PG_SOURCE_EXCLUDED4, PG_EVENT_RANGE_ADDED, PG_EVENT_RANGE_REMOVED, write_range,
     "excluded_range", "status PORT"},
    {PG_SOURCE_EXCLUDED6, PG_EVENT_RANGE_ADDED, PG_EVENT_RANGE_REMOVED, write_range,
     "excluded_range", "status PORT"},
};
#define KINDS (sizeof kinds / sizeof *kinds)

const char *report_network_place(enum pg_event_id id) {
  for (size_t i = 0; i < KINDS; i++)
    if (kinds[i].added == id || kinds[i].removed == id)
      return kinds[i].place;
  return "list";
}

void report_network_change(void *context, const struct pg_network_change *change) {
  struct letter letter;
  size_t kind = 0;
  while (kind < KINDS - 1 && kinds[kind].source != change->source)
    kind++;
  enum pg_event_id id = change->added ? kinds[kind].added : kinds[kind].removed;
  letter_open(&letter, id);
  pg_json_key_str(&letter.writer, "change", kinds[kind].change);
  pg_json_key_bool(&letter.writer, "added", change->added);
  uint16_t port = kinds[kind].write(&letter, change);
  const char *strings[] = {pg_text_str(&letter.first), pg_text_str(&letter.second), NULL};
  size_t count = pg_event_strings(id);
  if (count == 2)
    strings[1] = NULL; /* it has nothing to say beside its name */
  /* A storm on other ports must not hide what happens on a guarded one. */
  const struct loop *loop = context;
  bool guarded = settings_guards(loop->options.settings, port);
  letter_send(context, &letter, id, port, guarded, strings, count);
}
