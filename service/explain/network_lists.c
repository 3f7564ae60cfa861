/* What is configured in HTTP.sys, as `http.reservations`, `http.iplisten` and
 * `http.certificates` show it. */
#include "common/protocol.h"
#include "service/explain/internal.h"

static void write_reservations(struct pg_json *json, const struct pg_network *network) {
  for (size_t i = 0; i < network->reservation_count; i++)
    explain_write_reservation(json, &network->reservations[i]);
}

static void write_listen_list(struct pg_json *json, const struct pg_network *network) {
  for (size_t i = 0; i < network->listen_count; i++)
    pg_json_str(json, network->listen_list[i].text);
}

static void write_certificates(struct pg_json *json, const struct pg_network *network) {
  for (size_t i = 0; i < network->certificate_count; i++) {
    const struct pg_certificate *row = &network->certificates[i];
    pg_json_object(json);
    pg_json_key_str(json, "endpoint", row->endpoint);
    pg_json_key_str(json, "hash", row->hash);
    pg_json_key_str(json, "store", row->store);
    pg_json_key_str(json, "app_id", row->app_id);
    pg_json_end_object(json);
  }
}

struct list {
  const char *key;
  enum pg_source source;
  void (*write)(struct pg_json *json, const struct pg_network *network);
};

static void write_list(struct pg_json *json, const struct pg_snapshot *snapshot,
                       const struct explain_times *times, const struct list *list) {
  bool read = snapshot_was_read(snapshot, list->source);
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  explain_key_stamps(json, times, false);
  pg_json_key_bool(json, "complete", read);
  pg_json_key(json, list->key);
  if (read) {
    pg_json_array(json);
    list->write(json, &snapshot->network);
    pg_json_end_array(json);
  } else {
    pg_json_null(json);
  }
  pg_json_key(json, "warnings");
  pg_json_array(json);
  if (!read)
    explain_source_warning(json, snapshot, list->source);
  else if (list->source == PG_SOURCE_RESERVATIONS)
    explain_reservation_warnings(json, snapshot, 0);
  pg_json_end_array(json);
  pg_json_end_object(json);
}

void explain_reservations(struct pg_json *json, const struct pg_snapshot *snapshot,
                          const struct explain_times *times) {
  static const struct list list = {"reservations", PG_SOURCE_RESERVATIONS,
                                   write_reservations};
  write_list(json, snapshot, times, &list);
}

void explain_listen_list(struct pg_json *json, const struct pg_snapshot *snapshot,
                         const struct explain_times *times) {
  static const struct list list = {"ip_listen_list", PG_SOURCE_LISTEN_LIST,
                                   write_listen_list};
  write_list(json, snapshot, times, &list);
}

void explain_certificates(struct pg_json *json, const struct pg_snapshot *snapshot,
                          const struct explain_times *times) {
  static const struct list list = {"certificates", PG_SOURCE_CERTIFICATES,
                                   write_certificates};
  write_list(json, snapshot, times, &list);
}
