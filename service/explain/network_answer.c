/* The network configuration in a status answer: what of it is about the port. An array
 * that is null was not read, so nothing is claimed about it. */
#include "service/explain/internal.h"

/* False: null was written. */
static bool open_list(struct pg_json *json, const char *key, bool known) {
  pg_json_key(json, key);
  if (known)
    pg_json_array(json);
  else
    pg_json_null(json);
  return known;
}

void explain_write_reservation(struct pg_json *json, const struct pg_reservation *row) {
  pg_json_object(json);
  pg_json_key_str(json, "url", row->url);
  pg_json_key_str(json, "sddl", row->sddl);
  pg_json_key(json, "accounts");
  pg_json_array(json);
  for (size_t i = 0; i < row->account_count; i++)
    pg_json_str(json, row->accounts[i]);
  pg_json_end_array(json);
  pg_json_end_object(json);
}

static void key_reservations(struct pg_json *json, const struct pg_snapshot *snapshot,
                             uint16_t port) {
  const struct pg_reservation *row;
  if (!open_list(json, "reservations",
                 snapshot_was_read(snapshot, PG_SOURCE_RESERVATIONS)))
    return;
  for (size_t at = 0; (row = snapshot_next_reservation(snapshot, port, &at)) != NULL;)
    explain_write_reservation(json, row);
  pg_json_end_array(json);
}

static void key_listen_list(struct pg_json *json, const struct pg_snapshot *snapshot) {
  const struct pg_network *network = &snapshot->network;
  if (!open_list(json, "ip_listen_list",
                 snapshot_was_read(snapshot, PG_SOURCE_LISTEN_LIST)))
    return;
  for (size_t i = 0; i < network->listen_count; i++)
    pg_json_str(json, network->listen_list[i].text);
  pg_json_end_array(json);
}

void explain_write_range(struct pg_json *json, const struct pg_excluded_range *range) {
  pg_json_object(json);
  pg_json_key_str(json, "family", pg_family_name(range->family));
  pg_json_key_int(json, "first", range->first);
  pg_json_key_int(json, "last", range->last);
  pg_json_key_bool(json, "administered", range->administered);
  pg_json_end_object(json);
}

static void key_ranges(struct pg_json *json, const struct pg_snapshot *snapshot,
                       uint16_t port) {
  const struct pg_excluded_range *range;
  bool known = snapshot_was_read(snapshot, PG_SOURCE_EXCLUDED4) ||
               snapshot_was_read(snapshot, PG_SOURCE_EXCLUDED6);
  if (!open_list(json, "excluded_ranges", known))
    return;
  for (size_t at = 0; (range = explain_next_range(snapshot, port, &at)) != NULL;)
    explain_write_range(json, range);
  pg_json_end_array(json);
}

static void write_connection(struct pg_json *json, const struct pg_snapshot *snapshot,
                             const struct pg_connection *row) {
  char address[PG_ENDPOINT_CHARS];
  const struct pg_process *process = snapshot_process(snapshot, row->pid);
  pg_json_object(json);
  pg_json_key_str(json, "address",
                  pg_address_format(&row->address, address, sizeof address));
  pg_json_key_str(json, "state", pg_tcp_state_name(row->state));
  pg_json_key_int(json, "pid", row->pid);
  pg_json_key_str(json, "process", process != NULL ? process->name : NULL);
  pg_json_end_object(json);
}

/* Those of a port with a listener are the listener's, and no news. */
static void key_connections(struct pg_json *json, const struct pg_snapshot *snapshot,
                            uint16_t port) {
  const struct pg_connection *rows;
  size_t count = snapshot_connections_of(snapshot, port, &rows);
  bool known = snapshot_port(snapshot, port) == NULL &&
               snapshot_was_read(snapshot, PG_SOURCE_CONNECTIONS);
  if (!open_list(json, "connections", known))
    return;
  for (size_t i = 0; i < count; i++)
    write_connection(json, snapshot, &rows[i]);
  pg_json_end_array(json);
}

static void add_checked(struct pg_json *json, const struct pg_snapshot *snapshot,
                        enum pg_source source, const char *words) {
  if (snapshot_was_read(snapshot, source))
    pg_json_str(json, words);
}

static void add_checked_ranges(struct pg_json *json, const struct pg_snapshot *snapshot) {
  bool both = snapshot_was_read(snapshot, PG_SOURCE_EXCLUDED4) &&
              snapshot_was_read(snapshot, PG_SOURCE_EXCLUDED6);
  if (both) {
    pg_json_str(json, "excluded port ranges");
    return;
  }
  add_checked(json, snapshot, PG_SOURCE_EXCLUDED4, "excluded port ranges on IPv4");
  add_checked(json, snapshot, PG_SOURCE_EXCLUDED6, "excluded port ranges on IPv6");
}

/* What was looked at before it is said that nothing is there. */
static void key_checked(struct pg_json *json, const struct pg_snapshot *snapshot,
                        uint16_t port) {
  pg_json_key(json, "checked");
  pg_json_array(json);
  if (snapshot_port(snapshot, port) == NULL) {
    add_checked(json, snapshot, PG_SOURCE_TCP4, "listeners on IPv4");
    add_checked(json, snapshot, PG_SOURCE_TCP6, "listeners on IPv6");
    add_checked_ranges(json, snapshot);
    add_checked(json, snapshot, PG_SOURCE_RESERVATIONS, "URL reservations");
    add_checked(json, snapshot, PG_SOURCE_CONNECTIONS, "connections");
    add_checked(json, snapshot, PG_SOURCE_SERVICES, "services that start by themselves");
  }
  pg_json_end_array(json);
}

void explain_key_network(struct pg_json *json, const struct pg_snapshot *snapshot,
                         uint16_t port) {
  key_reservations(json, snapshot, port);
  key_listen_list(json, snapshot);
  key_ranges(json, snapshot, port);
  key_connections(json, snapshot, port);
  key_checked(json, snapshot, port);
}

void explain_write_proxy(struct pg_json *json, const struct pg_port_proxy *proxy) {
  pg_json_object(json);
  pg_json_key_str(json, "kind", pg_proxy_kind_name(proxy->kind));
  pg_json_key_str(json, "listen_address", proxy->listen_address);
  pg_json_key_int(json, "listen_port", proxy->listen_port);
  pg_json_key_str(json, "connect_address", proxy->connect_address);
  pg_json_key_int(json, "connect_port", proxy->connect_port);
  pg_json_end_object(json);
}
