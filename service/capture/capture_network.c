#include "service/capture/capture_network.h"

#include "common/limits.h"
#include "service/sources/source.h"

#include <string.h>

#define WORD(name, text) " " text
#define PROXY_WORDS "one of:" PG_PROXY_KIND_LIST(WORD)

/* --- reading --- */

static void read_reservation(struct pg_fields *in, struct pg_snapshot *snapshot,
                             size_t index) {
  struct pg_reservation *row = &snapshot->network.reservations[index];
  row->url = pg_fields_text(in, "url", PG_NEEDED);
  row->sddl = pg_fields_text(in, "sddl", PG_OPTIONAL);
  row->accounts = pg_fields_texts(in, "accounts", &row->account_count);
}

static void read_certificate(struct pg_fields *in, struct pg_snapshot *snapshot,
                             size_t index) {
  struct pg_certificate *row = &snapshot->network.certificates[index];
  row->endpoint = pg_fields_text(in, "endpoint", PG_NEEDED);
  row->hash = pg_fields_text(in, "hash", PG_OPTIONAL);
  row->store = pg_fields_text(in, "store", PG_OPTIONAL);
  row->app_id = pg_fields_text(in, "app_id", PG_OPTIONAL);
}

static void read_proxy(struct pg_fields *in, struct pg_snapshot *snapshot, size_t index) {
  struct pg_port_proxy *row = &snapshot->network.proxies[index];
  const char *kind = pg_fields_borrow(in, "kind", PG_NEEDED);
  row->kind = pg_proxy_kind_from_name(kind);
  if (kind != NULL && row->kind == PG_PROXY_UNKNOWN)
    pg_fields_wrong(in, "kind", pg_json_member(in->object, "kind"), PROXY_WORDS);
  row->listen_address = pg_fields_text(in, "listen_address", PG_NEEDED);
  row->listen_port =
      (uint16_t)pg_fields_number(in, "listen_port", 1, UINT16_MAX, PG_NEEDED);
  row->connect_address = pg_fields_text(in, "connect_address", PG_NEEDED);
  row->connect_port =
      (uint16_t)pg_fields_number(in, "connect_port", 1, UINT16_MAX, PG_NEEDED);
}

static void read_connection(struct pg_fields *in, struct pg_snapshot *snapshot,
                            size_t index) {
  struct pg_connection *row = &snapshot->network.connections[index];
  const char *state = pg_fields_borrow(in, "state", PG_NEEDED);
  capture_address(in, &row->address);
  row->state = pg_tcp_state_from_name(state);
  if (state != NULL && row->state == PG_TCP_UNKNOWN)
    pg_fields_wrong(in, "state", pg_json_member(in->object, "state"),
                    "a state of a connection, like established");
  row->port = (uint16_t)pg_fields_number(in, "local_port", 1, UINT16_MAX, PG_NEEDED);
  row->pid = pg_fields_number(in, "pid", 0, UINT32_MAX, PG_NEEDED);
}

static bool reservation_room(struct pg_snapshot *snapshot, size_t count) {
  return snapshot_reservations(snapshot, count) != NULL;
}

static bool certificate_room(struct pg_snapshot *snapshot, size_t count) {
  return snapshot_certificates(snapshot, count) != NULL;
}

static bool proxy_room(struct pg_snapshot *snapshot, size_t count) {
  return snapshot_proxies(snapshot, count) != NULL;
}

static bool connection_room(struct pg_snapshot *snapshot, size_t count) {
  return snapshot_connections(snapshot, count) != NULL;
}

static void read_rows(struct pg_fields *in, struct pg_snapshot *snapshot,
                      const struct capture_table *table, enum pg_source source) {
  if (capture_rows(in, snapshot, table))
    snapshot_source_read(snapshot, source, snapshot->sampled_at);
}

static void read_listen_list(struct pg_fields *in, struct pg_snapshot *snapshot) {
  size_t count;
  if (pg_fields_list(in, "ip_listen_list", PG_OPTIONAL, &count) == NULL)
    return;
  const char *const *texts = pg_fields_texts(in, "ip_listen_list", &count);
  struct pg_listen_entry *rows = snapshot_listen_list(snapshot, count);
  if (rows == NULL || (texts == NULL && count > 0)) {
    pg_fields_no_memory(in);
    return;
  }
  for (size_t i = 0; in->error == PG_OK && i < count; i++)
    rows[i].text = texts[i];
  snapshot_source_read(snapshot, PG_SOURCE_LISTEN_LIST, snapshot->sampled_at);
}

static void read_http(struct pg_fields *in, struct pg_snapshot *snapshot) {
  static const struct capture_table reservations = {"url_reservations", PG_OPTIONAL,
                                                    reservation_room, read_reservation};
  static const struct capture_table certificates = {"certificate_bindings", PG_OPTIONAL,
                                                    certificate_room, read_certificate};
  const cJSON *top = in->object;
  const cJSON *http = pg_fields_member(in, "http", PG_OPTIONAL);

  if (http == NULL || !pg_fields_enter(in, "http", http))
    return;
  read_rows(in, snapshot, &reservations, PG_SOURCE_RESERVATIONS);
  read_listen_list(in, snapshot);
  read_rows(in, snapshot, &certificates, PG_SOURCE_CERTIFICATES);
  pg_fields_leave(in, top);
}

static void read_range_text(struct pg_fields *in, struct pg_snapshot *snapshot,
                            enum pg_family family) {
  const char *key = pg_family_name(family);
  const char *text = pg_fields_borrow(in, key, PG_OPTIONAL);
  size_t len = text != NULL ? strlen(text) : 0;
  if (len > PG_NETSH_TEXT_MAX)
    pg_fields_wrong(in, key, pg_json_member(in->object, key), "at most 16 MiB");
  else if (text != NULL &&
           source_add_ranges(snapshot, family, text, len, snapshot->sampled_at) != PG_OK)
    pg_fields_no_memory(in);
}

static void read_ranges(struct pg_fields *in, struct pg_snapshot *snapshot) {
  static const char key[] = "excluded_port_ranges_text";
  const cJSON *top = in->object;
  const cJSON *texts = pg_fields_member(in, key, PG_OPTIONAL);

  if (texts == NULL || !pg_fields_enter(in, key, texts))
    return;
  read_range_text(in, snapshot, PG_IPV4);
  read_range_text(in, snapshot, PG_IPV6);
  pg_fields_leave(in, top);
}

void capture_read_network(struct pg_fields *in, struct pg_snapshot *snapshot) {
  static const struct capture_table proxies = {"port_proxies", PG_OPTIONAL, proxy_room,
                                               read_proxy};
  static const struct capture_table connections = {"connections", PG_OPTIONAL,
                                                   connection_room, read_connection};
  read_http(in, snapshot);
  read_ranges(in, snapshot);
  read_rows(in, snapshot, &proxies, PG_SOURCE_PORT_PROXIES);
  read_rows(in, snapshot, &connections, PG_SOURCE_CONNECTIONS);
  /* 0: nothing was ever read. */
  snapshot->network_mono = snapshot->sampled_mono > 0 ? snapshot->sampled_mono : 1;
  if (snapshot_was_read(snapshot, PG_SOURCE_CONNECTIONS))
    snapshot->connections_mono = snapshot->network_mono;
  if (in->error == PG_OK && source_finish_network(snapshot, NULL) != PG_OK)
    pg_fields_no_memory(in);
}

/* --- writing --- */

bool capture_worth_writing(const struct pg_snapshot *snapshot, enum pg_source source,
                           size_t rows) {
  return rows > 0 || snapshot_was_read(snapshot, source);
}

static void write_texts(struct pg_json *json, const char *key, const char *const *texts,
                        size_t count) {
  pg_json_key(json, key);
  pg_json_array(json);
  for (size_t i = 0; i < count; i++)
    pg_json_str(json, texts[i]);
  pg_json_end_array(json);
}

static void write_reservations(struct pg_json *json, const struct pg_network *network) {
  pg_json_key(json, "url_reservations");
  pg_json_array(json);
  for (size_t i = 0; i < network->reservation_count; i++) {
    const struct pg_reservation *row = &network->reservations[i];
    pg_json_object(json);
    pg_json_key_str(json, "url", row->url);
    pg_json_key_str(json, "sddl", row->sddl);
    write_texts(json, "accounts", row->accounts, row->account_count);
    pg_json_end_object(json);
  }
  pg_json_end_array(json);
}

static void write_listen_list(struct pg_json *json, const struct pg_network *network) {
  pg_json_key(json, "ip_listen_list");
  pg_json_array(json);
  for (size_t i = 0; i < network->listen_count; i++)
    pg_json_str(json, network->listen_list[i].text);
  pg_json_end_array(json);
}

static void write_certificates(struct pg_json *json, const struct pg_network *network) {
  pg_json_key(json, "certificate_bindings");
  pg_json_array(json);
  for (size_t i = 0; i < network->certificate_count; i++) {
    const struct pg_certificate *row = &network->certificates[i];
    pg_json_object(json);
    pg_json_key_str(json, "endpoint", row->endpoint);
    pg_json_key_str(json, "hash", row->hash);
    pg_json_key_str(json, "store", row->store);
    pg_json_key_str(json, "app_id", row->app_id);
    pg_json_end_object(json);
  }
  pg_json_end_array(json);
}

static bool has_reservations(const struct pg_snapshot *snapshot) {
  return capture_worth_writing(snapshot, PG_SOURCE_RESERVATIONS,
                               snapshot->network.reservation_count);
}

static bool has_listen_list(const struct pg_snapshot *snapshot) {
  return capture_worth_writing(snapshot, PG_SOURCE_LISTEN_LIST,
                               snapshot->network.listen_count);
}

static bool has_certificates(const struct pg_snapshot *snapshot) {
  return capture_worth_writing(snapshot, PG_SOURCE_CERTIFICATES,
                               snapshot->network.certificate_count);
}

bool capture_has_http(const struct pg_snapshot *snapshot) {
  return has_reservations(snapshot) || has_listen_list(snapshot) ||
         has_certificates(snapshot);
}

void capture_write_http(struct pg_json *json, const struct pg_snapshot *snapshot) {
  if (has_reservations(snapshot))
    write_reservations(json, &snapshot->network);
  if (has_listen_list(snapshot))
    write_listen_list(json, &snapshot->network);
  if (has_certificates(snapshot))
    write_certificates(json, &snapshot->network);
}

static void write_ranges(struct pg_json *json, const struct pg_network *network) {
  if (network->range_text[PG_IPV4] == NULL && network->range_text[PG_IPV6] == NULL)
    return;
  pg_json_key(json, "excluded_port_ranges_text");
  pg_json_object(json);
  pg_json_key_str(json, pg_family_name(PG_IPV4), network->range_text[PG_IPV4]);
  pg_json_key_str(json, pg_family_name(PG_IPV6), network->range_text[PG_IPV6]);
  pg_json_end_object(json);
}

static void write_proxies(struct pg_json *json, const struct pg_network *network) {
  pg_json_key(json, "port_proxies");
  pg_json_array(json);
  for (size_t i = 0; i < network->proxy_count; i++) {
    const struct pg_port_proxy *row = &network->proxies[i];
    pg_json_object(json);
    pg_json_key_str(json, "kind", pg_proxy_kind_name(row->kind));
    pg_json_key_str(json, "listen_address", row->listen_address);
    pg_json_key_int(json, "listen_port", row->listen_port);
    pg_json_key_str(json, "connect_address", row->connect_address);
    pg_json_key_int(json, "connect_port", row->connect_port);
    pg_json_end_object(json);
  }
  pg_json_end_array(json);
}

static void write_connections(struct pg_json *json, const struct pg_network *network) {
  char address[PG_ENDPOINT_CHARS];
  pg_json_key(json, "connections");
  pg_json_array(json);
  for (size_t i = 0; i < network->connection_count; i++) {
    const struct pg_connection *row = &network->connections[i];
    pg_json_object(json);
    pg_json_key_str(json, "family", pg_family_name(row->address.family));
    pg_json_key_str(json, "local_address",
                    pg_address_format(&row->address, address, sizeof address));
    pg_json_key_int(json, "local_port", row->port);
    pg_json_key_str(json, "state", pg_tcp_state_name(row->state));
    pg_json_key_int(json, "pid", row->pid);
    pg_json_end_object(json);
  }
  pg_json_end_array(json);
}

void capture_write_network(struct pg_json *json, const struct pg_snapshot *snapshot) {
  const struct pg_network *network = &snapshot->network;
  write_ranges(json, network);
  if (capture_worth_writing(snapshot, PG_SOURCE_PORT_PROXIES, network->proxy_count))
    write_proxies(json, network);
  if (capture_worth_writing(snapshot, PG_SOURCE_CONNECTIONS, network->connection_count))
    write_connections(json, network);
}
