/* The network configuration of an earlier reading, for a sample that did not read
 * it: copied, so that every snapshot is whole in its own arena. */
#include "service/snapshot/snapshot.h"

#include <string.h>

struct copy {
  struct pg_snapshot *to;
  bool ok;
};

/* NULL stays NULL and is no failure; a copy that fails is remembered. */
static const char *text(struct copy *copy, const char *from) {
  const char *made = pg_arena_str(copy->to->arena, from);
  copy->ok = copy->ok && (from == NULL || made != NULL);
  return made;
}

static const char *const *texts(struct copy *copy, const char *const *from,
                                size_t count) {
  if (count == 0)
    return NULL;
  const char **made = pg_arena_alloc(copy->to->arena, count, sizeof *made);
  copy->ok = copy->ok && made != NULL;
  for (size_t i = 0; made != NULL && i < count; i++)
    made[i] = text(copy, from[i]);
  return made;
}

static void reservations(struct copy *copy, const struct pg_network *from) {
  struct pg_reservation *rows = snapshot_reservations(copy->to, from->reservation_count);
  copy->ok = copy->ok && rows != NULL;
  for (size_t i = 0; copy->ok && i < from->reservation_count; i++) {
    rows[i] = from->reservations[i];
    rows[i].url = text(copy, rows[i].url);
    rows[i].sddl = text(copy, rows[i].sddl);
    rows[i].accounts = texts(copy, rows[i].accounts, rows[i].account_count);
  }
}

static void listen_list(struct copy *copy, const struct pg_network *from) {
  struct pg_listen_entry *rows = snapshot_listen_list(copy->to, from->listen_count);
  copy->ok = copy->ok && rows != NULL;
  for (size_t i = 0; copy->ok && i < from->listen_count; i++) {
    rows[i] = from->listen_list[i];
    rows[i].text = text(copy, rows[i].text);
  }
}

static void certificates(struct copy *copy, const struct pg_network *from) {
  struct pg_certificate *rows = snapshot_certificates(copy->to, from->certificate_count);
  copy->ok = copy->ok && rows != NULL;
  for (size_t i = 0; copy->ok && i < from->certificate_count; i++) {
    rows[i].endpoint = text(copy, from->certificates[i].endpoint);
    rows[i].hash = text(copy, from->certificates[i].hash);
    rows[i].store = text(copy, from->certificates[i].store);
    rows[i].app_id = text(copy, from->certificates[i].app_id);
  }
}

static void ranges(struct copy *copy, const struct pg_network *from) {
  struct pg_excluded_range *rows = snapshot_ranges(copy->to, from->range_count);
  copy->ok = copy->ok && rows != NULL;
  if (copy->ok && from->range_count > 0)
    memcpy(rows, from->ranges, from->range_count * sizeof *rows);
  for (int i = 0; i < 2; i++)
    copy->to->network.range_text[i] = text(copy, from->range_text[i]);
}

static void proxies(struct copy *copy, const struct pg_network *from) {
  struct pg_port_proxy *rows = snapshot_proxies(copy->to, from->proxy_count);
  copy->ok = copy->ok && rows != NULL;
  for (size_t i = 0; copy->ok && i < from->proxy_count; i++) {
    rows[i] = from->proxies[i];
    rows[i].listen_address = text(copy, rows[i].listen_address);
    rows[i].connect_address = text(copy, rows[i].connect_address);
  }
}

static void statuses(struct copy *copy, const struct pg_snapshot *from) {
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    if (!pg_source_is_network((enum pg_source)i))
      continue;
    copy->to->sources[i] = from->sources[i];
    copy->to->sources[i].error = text(copy, from->sources[i].error);
  }
}

enum pg_error snapshot_copy_network(struct pg_snapshot *snapshot,
                                    const struct pg_snapshot *from) {
  struct copy copy = {snapshot, true};
  reservations(&copy, &from->network);
  listen_list(&copy, &from->network);
  certificates(&copy, &from->network);
  ranges(&copy, &from->network);
  proxies(&copy, &from->network);
  statuses(&copy, from);
  snapshot->network_mono = from->network_mono;
  return copy.ok ? PG_OK : PG_E_NOMEM;
}
