/* The network configuration of an earlier reading, for a sample that did not read
 * it: copied, so that every snapshot is whole in its own arena. */
#include "service/snapshot/copy.h"

#include <string.h>

static void reservations(struct snapshot_copy *copy, const struct pg_network *from) {
  struct pg_reservation *rows = snapshot_reservations(copy->to, from->reservation_count);
  copy->ok = copy->ok && rows != NULL;
  for (size_t i = 0; copy->ok && i < from->reservation_count; i++) {
    rows[i] = from->reservations[i];
    rows[i].url = snapshot_copy_text(copy, rows[i].url);
    rows[i].sddl = snapshot_copy_text(copy, rows[i].sddl);
    rows[i].accounts = snapshot_copy_texts(copy, rows[i].accounts, rows[i].account_count);
  }
}

static void listen_list(struct snapshot_copy *copy, const struct pg_network *from) {
  struct pg_listen_entry *rows = snapshot_listen_list(copy->to, from->listen_count);
  copy->ok = copy->ok && rows != NULL;
  for (size_t i = 0; copy->ok && i < from->listen_count; i++) {
    rows[i] = from->listen_list[i];
    rows[i].text = snapshot_copy_text(copy, rows[i].text);
  }
}

static void certificates(struct snapshot_copy *copy, const struct pg_network *from) {
  struct pg_certificate *rows = snapshot_certificates(copy->to, from->certificate_count);
  copy->ok = copy->ok && rows != NULL;
  for (size_t i = 0; copy->ok && i < from->certificate_count; i++) {
    rows[i].endpoint = snapshot_copy_text(copy, from->certificates[i].endpoint);
    rows[i].hash = snapshot_copy_text(copy, from->certificates[i].hash);
    rows[i].store = snapshot_copy_text(copy, from->certificates[i].store);
    rows[i].app_id = snapshot_copy_text(copy, from->certificates[i].app_id);
  }
}

static void ranges(struct snapshot_copy *copy, const struct pg_network *from) {
  struct pg_excluded_range *rows = snapshot_ranges(copy->to, from->range_count);
  copy->ok = copy->ok && rows != NULL;
  if (copy->ok && from->range_count > 0)
    memcpy(rows, from->ranges, from->range_count * sizeof *rows);
  for (int i = 0; i < 2; i++)
    copy->to->network.range_text[i] = snapshot_copy_text(copy, from->range_text[i]);
}

static void proxies(struct snapshot_copy *copy, const struct pg_network *from) {
  struct pg_port_proxy *rows = snapshot_proxies(copy->to, from->proxy_count);
  copy->ok = copy->ok && rows != NULL;
  for (size_t i = 0; copy->ok && i < from->proxy_count; i++) {
    rows[i] = from->proxies[i];
    rows[i].listen_address = snapshot_copy_text(copy, rows[i].listen_address);
    rows[i].connect_address = snapshot_copy_text(copy, rows[i].connect_address);
  }
}

static void statuses(struct snapshot_copy *copy, const struct pg_snapshot *from) {
  for (int i = 0; i < PG_SOURCE_COUNT; i++)
    if (pg_source_is_network((enum pg_source)i))
      snapshot_copy_status(copy, from, (enum pg_source)i);
}

enum pg_error snapshot_copy_network(struct pg_snapshot *snapshot,
                                    const struct pg_snapshot *from) {
  struct snapshot_copy copy = {snapshot, true};
  reservations(&copy, &from->network);
  listen_list(&copy, &from->network);
  certificates(&copy, &from->network);
  ranges(&copy, &from->network);
  proxies(&copy, &from->network);
  statuses(&copy, from);
  snapshot->network_mono = from->network_mono;
  return copy.ok ? PG_OK : PG_E_NOMEM;
}
