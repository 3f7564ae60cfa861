/* The lanes of the slow readings: netsh's text of HTTP.sys, the network
 * configuration, the names of accounts. Each has one job in flight; what it brought is
 * taken over between two samples. */
#include "common/limits.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

bool readings_are_idle(const struct loop *loop) {
  return !loop->netsh.lane.busy && !loop->networks.lane.busy && !loop->accounts.lane.busy;
}

static bool may_start(const struct loop *loop, const struct reading_lane *lane) {
  return !lane->busy && !lane->ended && !loop->stopping;
}

static void start(struct loop *loop, struct reading_lane *lane, uv_work_cb run,
                  uv_after_work_cb after) {
  lane->work.data = loop;
  lane->busy = uv_queue_work(&loop->uv, &lane->work, run, after) == 0;
}

static void end(struct loop *loop, struct reading_lane *lane) {
  lane->busy = false;
  lane->ended = true;
  readings_take(loop);
  loop->samples.idle(loop);
}

/* --- HTTP.sys --- */

static void run_http(uv_work_t *work) {
  struct loop *loop = work->data;
  loop->options.source.read_http(loop->options.source.context, &loop->netsh.reading);
}

static void after_http(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  (void)status; /* never cancelled: jobs are waited for */
  end(loop, &loop->netsh.lane);
}

void readings_start_http(struct loop *loop) {
  struct http_lane *netsh = &loop->netsh;
  if (!may_start(loop, &netsh->lane) || loop->options.source.read_http == NULL)
    return;
  memset(&netsh->reading, 0, sizeof netsh->reading);
  netsh->reading.begun_mono = clock_mono();
  netsh->reading.deadline_ms = PG_NETSH_MS;
  start(loop, &netsh->lane, run_http, after_http);
}

static bool adopt_http(struct loop *loop) {
  struct http_lane *netsh = &loop->netsh;
  if (!netsh->lane.ended)
    return false;
  netsh->lane.ended = false;
  free(loop->http.text);
  loop->http = netsh->reading;
  netsh->reading.text = NULL;
  if (loop->http.text == NULL && !loop->http.stopped)
    backoff_fail(&loop->http_backoff, clock_mono());
  else
    backoff_clear(&loop->http_backoff);
  return true;
}

/* --- the network configuration --- */

static void run_network(uv_work_t *work) {
  struct loop *loop = work->data;
  struct network_lane *networks = &loop->networks;
  const struct source *source = &loop->options.source;
  networks->reading = snapshot_new();
  if (networks->reading == NULL)
    return;
  networks->reading->network_mono = networks->order.now_mono;
  if (source->read_network(source->context, networks->reading, &networks->order))
    return;
  snapshot_unref(networks->reading);
  networks->reading = NULL;
}

static void after_network(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  (void)status;
  end(loop, &loop->networks.lane);
}

void readings_start_network(struct loop *loop) {
  struct network_lane *networks = &loop->networks;
  if (!may_start(loop, &networks->lane) || loop->options.source.read_network == NULL)
    return;
  networks->order = (struct network_order){
      .now = clock_wall(), .now_mono = clock_mono(), .deadline_ms = PG_NETSH_MS};
  start(loop, &networks->lane, run_network, after_network);
}

bool readings_network_changed(struct loop *loop) {
  const struct source *source = &loop->options.source;
  return source->network_changed != NULL && !loop->networks.lane.busy &&
         source->network_changed(source->context);
}

static bool some_source_failed(const struct pg_snapshot *reading) {
  for (int i = 0; i < PG_SOURCE_COUNT; i++)
    if (reading->sources[i].state == PG_SOURCE_FAILED)
      return true;
  return false;
}

static bool adopt_network(struct loop *loop) {
  struct network_lane *networks = &loop->networks;
  struct pg_snapshot *reading = networks->reading;
  if (!networks->lane.ended)
    return false;
  networks->lane.ended = false;
  networks->reading = NULL;
  if (reading == NULL || some_source_failed(reading))
    backoff_fail(&loop->network_backoff, clock_mono());
  else
    backoff_clear(&loop->network_backoff);
  if (reading == NULL)
    return false; /* no memory: the one before is better than none */
  snapshot_unref(loop->network);
  loop->network = reading;
  loop->accounts.at = 0;
  return true;
}

/* --- accounts --- */

static void run_account(uv_work_t *work) {
  struct loop *loop = work->data;
  struct account_lane *accounts = &loop->accounts;
  const struct source *source = &loop->options.source;
  accounts->told = source->look_up_account(source->context, accounts->sid, accounts->name,
                                           sizeof accounts->name);
}

static void after_account(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  (void)status;
  end(loop, &loop->accounts.lane);
}

/* Goes on from the reservation where the last search ended: their number is not
 * ours to say, and this is the loop thread. */
static bool find_unknown_sid(struct loop *loop) {
  struct account_lane *accounts = &loop->accounts;
  const struct pg_network *network = &loop->network->network;
  for (; accounts->at < network->reservation_count; accounts->at++) {
    struct pg_network one = {.reservations = network->reservations + accounts->at,
                             .reservation_count = 1};
    if (account_names_missing(loop->names, &one, accounts->sid, sizeof accounts->sid))
      return true;
  }
  return false;
}

/* Somebody who asked for something comes before names that are only shown. */
static bool find_wanted_sid(struct loop *loop) {
  struct account_lane *accounts = &loop->accounts;
  const char *wanted = audit_wanted(loop);
  accounts->for_audit =
      wanted != NULL && pg_copy(accounts->sid, sizeof accounts->sid, wanted);
  return accounts->for_audit || (loop->network != NULL && find_unknown_sid(loop));
}

static void start_account(struct loop *loop) {
  struct account_lane *accounts = &loop->accounts;
  if (!may_start(loop, &accounts->lane) || loop->options.source.look_up_account == NULL ||
      !find_wanted_sid(loop))
    return;
  accounts->name[0] = '\0';
  start(loop, &accounts->lane, run_account, after_account);
}

static void adopt_account(struct loop *loop) {
  struct account_lane *accounts = &loop->accounts;
  if (!accounts->lane.ended)
    return;
  accounts->lane.ended = false;
  if (!accounts->told)
    accounts->at += !accounts->for_audit; /* the next network reading begins anew */
  else if (account_names_add(loop->names, accounts->sid, accounts->name) == PG_OK)
    accounts->news = true;
  else
    accounts->at = SIZE_MAX; /* no room for more: they are shown as SIDs */
  if (accounts->for_audit)
    audit_looked_up(loop);
}

void readings_look_up(struct loop *loop) {
  start_account(loop);
}

/* Names go into a snapshot when the last of them is known, or along with whatever
 * else builds one. */
static bool names_are_news(struct loop *loop) {
  struct account_lane *accounts = &loop->accounts;
  bool ready = accounts->news && !accounts->lane.busy;
  if (ready)
    accounts->news = false;
  return ready;
}

/* --- all of them --- */

struct sample_wish readings_adopt(struct loop *loop) {
  struct sample_wish wish = {0};
  /* Services and processes are read again with the text, since it may name new ones. */
  wish.details = adopt_http(loop);
  bool network = adopt_network(loop);
  adopt_account(loop);
  start_account(loop);
  wish.rebuild = names_are_news(loop) || wish.details || network;
  return wish;
}

void readings_take(struct loop *loop) {
  struct sample_wish wish;
  if (loop->samples.busy || loop->stopping)
    return;
  wish = readings_adopt(loop);
  if (wish.rebuild)
    lanes_sample(loop, &wish);
}

void readings_free(struct loop *loop) {
  free(loop->netsh.reading.text);
  free(loop->http.text);
  snapshot_unref(loop->networks.reading);
  snapshot_unref(loop->network);
  account_names_free(loop->names);
  loop->netsh.reading.text = loop->http.text = NULL;
}
