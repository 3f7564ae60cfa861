/* This machine as a source: the listener tables on every tick, everything else
 * when something points at it. */
#include "service/sources/source.h"

#include "common/os_name.h"
#include "service/sources/win_accounts.h"
#include "service/sources/win_config_watch.h"
#include "service/sources/win_connections.h"
#include "service/sources/win_http_config.h"
#include "service/sources/win_netsh.h"
#include "service/sources/win_port_proxies.h"
#include "service/sources/win_processes.h"
#include "service/sources/win_services.h"
#include "service/sources/win_tags.h"
#include "service/sources/win_tcp.h"

#include <stdlib.h>

/* How long the configuration of a service (start type, dependencies) is taken
 * from the previous snapshot. Its state and PID are always read. */
#define CONFIG_AGE_MS 10000

struct live {
  struct win_tcp tcp4, tcp6;
  bool unpublished; /* a change was seen, but no snapshot could be made of it */
  bool configs_read;
  int64_t configs_mono;
  struct win_registry_watch watch; /* armed by the network lane, asked by the loop */
  char os[PG_OS_CHARS];
};

static bool read_tables(struct live *live) {
  bool changed4 = win_tcp_read(&live->tcp4) == WIN_TCP_CHANGED;
  bool changed6 = win_tcp_read(&live->tcp6) == WIN_TCP_CHANGED;
  return changed4 || changed6;
}

static bool services_are_known(const struct pg_snapshot *snapshot) {
  return snapshot && snapshot_was_read(snapshot, PG_SOURCE_SERVICES);
}

/* A new netsh text may name processes that nobody looked at yet. */
static bool http_is_news(const struct sample_order *order) {
  return order->http && order->http->begun_mono != 0 &&
         (!order->previous || order->http->begun_mono != order->previous->http_mono);
}

static enum pg_error add_services(struct live *live, struct pg_snapshot *snapshot,
                                  const struct sample_order *order) {
  bool fresh = !live->configs_read || !services_are_known(order->previous) ||
               order->now_mono - live->configs_mono >= CONFIG_AGE_MS;
  enum pg_error code =
      win_services_add(snapshot, order->now, fresh ? NULL : order->previous);
  if (!code && fresh) {
    live->configs_read = true;
    live->configs_mono = order->now_mono;
  }
  return code;
}

/* Services first: the netsh parser believes only names that the SCM knows, and
 * the PIDs of both tell which processes to look at. */
static enum pg_error add_details(struct live *live, struct pg_snapshot *snapshot,
                                 const struct sample_order *order) {
  enum pg_error code = add_services(live, snapshot, order);
  if (!code)
    code = source_add_http(snapshot, order->http);
  if (!code)
    code = win_processes_add(snapshot, order->now);
  if (!code)
    code = win_tags_add(snapshot, order->now, &live->tcp4, &live->tcp6);
  snapshot->details_mono = order->now_mono;
  return code;
}

static enum pg_error copy_details(struct pg_snapshot *snapshot,
                                  const struct sample_order *order) {
  enum pg_error code = snapshot_copy_details(snapshot, order->previous);
  return code ? code : source_add_http(snapshot, order->http);
}

/* The network configuration as it was read last. The accounts are named anew: their
 * names may have been found out since. */
static enum pg_error add_network(struct pg_snapshot *snapshot,
                                 const struct sample_order *order) {
  if (!order->network)
    return PG_OK;
  enum pg_error code = snapshot_copy_network(snapshot, order->network);
  return code ? code : source_finish_network(snapshot, order->accounts);
}

static enum pg_error build(struct live *live, struct pg_snapshot *snapshot,
                           const struct sample_order *order, bool details) {
  snapshot->sampled_at = order->now;
  snapshot->sampled_mono = order->now_mono;
  snapshot->os = pg_arena_str(snapshot->arena, live->os);
  enum pg_error code = win_tcp_add(&live->tcp4, snapshot, order->now);
  if (!code)
    code = win_tcp_add(&live->tcp6, snapshot, order->now);
  if (!code)
    code = details ? add_details(live, snapshot, order) : copy_details(snapshot, order);
  if (!code)
    code = add_network(snapshot, order);
  if (!code && order->connections)
    code = win_connections_add(snapshot, order->now, order->now_mono);
  return code ? code : snapshot_seal(snapshot);
}

static enum sample_outcome live_sample(void *context, const struct sample_order *order,
                                       struct pg_snapshot **out) {
  struct live *live = context;
  *out = NULL;
  bool changed = read_tables(live) || live->unpublished || !order->previous;
  if (!changed && !order->details && !order->rebuild && !order->connections)
    return SAMPLE_SAME;

  bool details = changed || order->details || http_is_news(order);
  struct pg_snapshot *snapshot = snapshot_new();
  if (!snapshot || build(live, snapshot, order, details) != PG_OK) {
    snapshot_unref(snapshot);
    live->unpublished = changed;
    return SAMPLE_FAILED;
  }
  live->unpublished = false;
  *out = snapshot;
  return SAMPLE_NEW;
}

static void live_read_http(void *context, struct http_reading *reading) {
  (void)context;
  win_netsh_read(reading);
}

static bool live_read_network(void *context, struct pg_snapshot *into,
                              const struct network_order *order) {
  struct live *live = context;
  win_config_watch_arm(&live->watch);
  enum pg_error code = win_http_config_add(into, order->now);
  if (!code)
    code = win_port_proxies_add(into, order->now);
  if (!code)
    code = win_netsh_add_ranges(into, order);
  return code == PG_OK;
}

static bool live_network_changed(void *context) {
  const struct live *live = context;
  return win_registry_watch_changed(&live->watch);
}

static bool live_look_up_account(void *context, const char *sid, char *name,
                                 size_t size) {
  (void)context;
  return win_account_name(sid, name, size);
}

static void live_close(void *context) {
  struct live *live = context;
  win_tcp_free(&live->tcp4);
  win_tcp_free(&live->tcp6);
  win_registry_watch_close(&live->watch);
  free(live);
}

enum pg_error live_source_open(struct source *source, struct pg_fault *fault) {
  struct live *live = calloc(1, sizeof *live);
  if (!live)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  win_tcp_init(&live->tcp4, PG_IPV4);
  win_tcp_init(&live->tcp6, PG_IPV6);
  pg_os_name(live->os, sizeof live->os);
  source->context = live;
  source->sample = live_sample;
  source->read_http = live_read_http;
  source->read_network = live_read_network;
  source->network_changed = live_network_changed;
  source->look_up_account = live_look_up_account;
  source->close = live_close;
  return PG_OK;
}
