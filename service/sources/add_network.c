/* The network configuration, from what a source read to rows of a snapshot. */
#include "service/sources/accounts.h"
#include "service/sources/http_url.h"
#include "service/sources/netsh_ranges.h"
#include "service/sources/repair.h"
#include "service/sources/source.h"

#include <string.h>

enum pg_error source_add_ranges(struct pg_snapshot *snapshot, enum pg_family family,
                                const char *text, size_t len, int64_t read_at) {
  enum pg_source source = pg_source_of_ranges(family);
  char why[120];
  char *copy = source_keep_text(snapshot, text, len);
  if (copy == NULL)
    return PG_E_NOMEM;
  snapshot->network.range_text[family] = copy;
  enum pg_error error = netsh_ranges_parse(snapshot, family, copy, len, why, sizeof why);
  if (error != PG_OK)
    return error;
  if (why[0] != '\0')
    snapshot_source_failed(snapshot, source, read_at, why);
  else
    snapshot_source_read(snapshot, source, read_at);
  return PG_OK;
}

static uint16_t port_of_url(const char *url) {
  const char *host = strstr(url, "://");
  uint16_t port = 0;
  if (host == NULL)
    return 0;
  host += 3;
  http_url_host_end(host, host + strcspn(host, "/"), &port);
  return port;
}

#define NAMES_COMPARED 16

struct naming {
  struct pg_snapshot *snapshot;
  const struct account_names *names;
  const char **list;
  size_t count;
  bool ok;
};

static void count_one(void *context, const char *sid) {
  (void)sid;
  ++*(size_t *)context;
}

static const char *name_of(const struct naming *naming, const char *sid) {
  const char *name = account_well_known(sid);
  if (name == NULL)
    name = account_names_find(naming->names, sid);
  return name != NULL && name[0] != '\0' ? name : sid;
}

/* An account may have an entry for each of its rights. Only the first names are
 * compared, so that a descriptor with very many entries costs no more than that. */
static bool is_listed(const struct naming *naming, const char *name) {
  for (size_t i = 0; i < naming->count && i < NAMES_COMPARED; i++)
    if (strcmp(naming->list[i], name) == 0)
      return true;
  return false;
}

static void name_one(void *context, const char *sid) {
  struct naming *naming = context;
  const char *name = name_of(naming, sid);
  if (!naming->ok || is_listed(naming, name))
    return;
  naming->list[naming->count] = pg_arena_str(naming->snapshot->arena, name);
  naming->ok = naming->list[naming->count] != NULL;
  naming->count++;
}

static bool name_accounts(struct pg_snapshot *snapshot, struct pg_reservation *row,
                          const struct account_names *names) {
  struct naming naming = {snapshot, names, NULL, 0, true};
  size_t most = 0;
  if (row->sddl == NULL)
    return true;
  row->sddl_broken = !accounts_in_sddl(row->sddl, count_one, &most);
  if (most == 0 || row->account_count > 0)
    return true;
  naming.list = pg_arena_alloc(snapshot->arena, most, sizeof *naming.list);
  if (naming.list == NULL)
    return false;
  accounts_in_sddl(row->sddl, name_one, &naming);
  row->accounts = naming.list;
  row->account_count = naming.count;
  return naming.ok;
}

static void read_address(struct pg_listen_entry *entry) {
  enum pg_family family = strchr(entry->text, ':') != NULL ? PG_IPV6 : PG_IPV4;
  entry->is_address = pg_address_parse(family, entry->text, &entry->address);
}

enum pg_error source_finish_network(struct pg_snapshot *snapshot,
                                    const struct account_names *names) {
  struct pg_network *network = &snapshot->network;
  for (size_t i = 0; i < network->reservation_count; i++) {
    network->reservations[i].port = port_of_url(network->reservations[i].url);
    if (!name_accounts(snapshot, &network->reservations[i], names))
      return PG_E_NOMEM;
  }
  for (size_t i = 0; i < network->listen_count; i++)
    read_address(&network->listen_list[i]);
  return PG_OK;
}
