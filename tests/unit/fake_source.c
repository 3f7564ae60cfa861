#include "fake_source.h"

#include "common/text.h"
#include "service/eventlog/line_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES (1024 * 1024)

void fake_lock(struct fake_machine *machine) {
  uv_mutex_lock(&machine->lock);
}

void fake_unlock(struct fake_machine *machine) {
  machine->version++;
  uv_cond_broadcast(&machine->changed);
  uv_mutex_unlock(&machine->lock);
}

static void add_rows(const struct fake_machine *machine, struct pg_snapshot *snapshot) {
  struct pg_listener *rows = snapshot_listeners(snapshot, machine->row_count);
  for (size_t i = 0; rows != NULL && i < machine->row_count; i++) {
    if (machine->ipv6 != NULL)
      pg_address_parse(PG_IPV6, machine->ipv6, &rows[i].address);
    else
      pg_address_parse(PG_IPV4, "0.0.0.0", &rows[i].address);
    rows[i].port = machine->rows[i].port;
    rows[i].pid = machine->rows[i].pid;
  }
}

static void add_processes(struct pg_snapshot *snapshot) {
  struct pg_process *rows = snapshot_processes(snapshot, 4);
  if (rows == NULL)
    return;
  rows[0] = (struct pg_process){.pid = 4, .name = "System"};
  rows[1] =
      (struct pg_process){.pid = 500, .name = "web.exe", .path = "C:\\web\\web.exe"};
  rows[2] =
      (struct pg_process){.pid = 600, .name = "nginx.exe", .path = "C:\\n\\nginx.exe"};
  rows[3] = (struct pg_process){.pid = 700, .name = "node.exe"};
}

static void add_services(const struct fake_machine *machine,
                         struct pg_snapshot *snapshot) {
  struct pg_service *rows = snapshot_services(snapshot, 1);
  if (rows == NULL)
    return;
  rows[0] =
      (struct pg_service){.name = "WebDemo",
                          .display_name = "Web Demo",
                          .pid = machine->stopped ? 0 : 500,
                          .state = machine->stopped ? PG_STATE_STOPPED : PG_STATE_RUNNING,
                          .start_type = PG_START_AUTO,
                          .type = PG_TYPE_OWN_PROCESS};
}

static void fill(struct fake_machine *machine, struct pg_snapshot *snapshot,
                 int64_t now) {
  if (machine->tcp_fails) {
    snapshot_source_failed(snapshot, PG_SOURCE_TCP4, now, "the table is broken");
    snapshot_source_failed(snapshot, PG_SOURCE_TCP6, now, "the table is broken");
  } else {
    add_rows(machine, snapshot);
    snapshot_source_read(snapshot, PG_SOURCE_TCP4, now);
    snapshot_source_read(snapshot, PG_SOURCE_TCP6, now);
  }
  add_processes(snapshot);
  snapshot_source_read(snapshot, PG_SOURCE_PROCESSES, now);
  if (machine->services_fail) {
    snapshot_source_failed(snapshot, PG_SOURCE_SERVICES, now, "the SCM refuses");
  } else {
    add_services(machine, snapshot);
    snapshot_source_read(snapshot, PG_SOURCE_SERVICES, now);
  }
  snapshot_source_read(snapshot, PG_SOURCE_SERVICE_TAGS, now);
}

static void add_connections(const struct fake_machine *machine,
                            struct pg_snapshot *snapshot,
                            const struct sample_order *order) {
  struct pg_connection *rows =
      machine->connected_port != 0 ? snapshot_connections(snapshot, 1) : NULL;
  if (rows != NULL) {
    pg_address_parse(PG_IPV4, "127.0.0.1", &rows[0].address);
    rows[0].port = (uint16_t)machine->connected_port;
    rows[0].state = PG_TCP_ESTABLISHED;
    rows[0].pid = 700;
  }
  snapshot->connections_mono = order->now_mono;
  snapshot_source_read(snapshot, PG_SOURCE_CONNECTIONS, order->now);
}

static bool add_network(struct pg_snapshot *snapshot, const struct sample_order *order) {
  if (order->network != NULL && snapshot_copy_network(snapshot, order->network) != PG_OK)
    return false;
  return source_finish_network(snapshot, order->accounts) == PG_OK;
}

static enum sample_outcome fake_sample(void *context, const struct sample_order *order,
                                       struct pg_snapshot **out) {
  struct fake_machine *machine = context;
  *out = NULL;
  uv_mutex_lock(&machine->lock);
  machine->samples++;
  uv_cond_broadcast(&machine->changed);
  unsigned takes = machine->sample_ms;
  bool same = order->previous != NULL && machine->sampled_version == machine->version &&
              !order->details && !order->rebuild && !order->connections;
  if (!same) {
    machine->sampled_version = machine->version;
    *out = snapshot_new();
    if (*out != NULL)
      fill(machine, *out, order->now);
    if (*out != NULL && order->connections)
      add_connections(machine, *out, order);
  }
  uv_mutex_unlock(&machine->lock);
  if (takes > 0)
    uv_sleep(takes);
  if (same)
    return SAMPLE_SAME;
  if (*out == NULL)
    return SAMPLE_FAILED;
  (*out)->sampled_at = order->now;
  (*out)->sampled_mono = (*out)->details_mono = order->now_mono;
  if (source_add_http(*out, order->http) != PG_OK || !add_network(*out, order) ||
      snapshot_seal(*out) != PG_OK) {
    snapshot_unref(*out);
    *out = NULL;
    return SAMPLE_FAILED;
  }
  return SAMPLE_NEW;
}

static void fake_read_http(void *context, struct http_reading *reading) {
  struct fake_machine *machine = context;
  uv_mutex_lock(&machine->lock);
  machine->http_runs++;
  uv_cond_broadcast(&machine->changed);
  while (machine->http_hangs)
    uv_cond_wait(&machine->changed, &machine->lock);
  reading->read_at = 1;
  if (machine->http_text != NULL) {
    reading->len = strlen(machine->http_text);
    reading->text = malloc(reading->len + 1);
    if (reading->text != NULL)
      memcpy(reading->text, machine->http_text, reading->len + 1);
  } else {
    pg_copy(reading->error, sizeof reading->error, "netsh is not itself today");
  }
  uv_mutex_unlock(&machine->lock);
}

static void add_http_config(const struct fake_machine *machine, struct pg_snapshot *into,
                            int64_t now) {
  struct pg_reservation *reservations = snapshot_reservations(into, 1);
  struct pg_listen_entry *entries =
      snapshot_listen_list(into, machine->listen_entry != NULL);
  if (reservations == NULL || entries == NULL)
    return;
  if (machine->listen_entry != NULL)
    entries[0].text = pg_arena_str(into->arena, machine->listen_entry);
  snapshot_source_read(into, PG_SOURCE_LISTEN_LIST, now);
  if (machine->reserved_url == NULL) {
    into->network.reservation_count = 0;
    snapshot_source_failed(into, PG_SOURCE_RESERVATIONS, now, "access is denied");
    return;
  }
  reservations[0].url = pg_arena_str(into->arena, machine->reserved_url);
  reservations[0].sddl = pg_arena_str(into->arena, machine->reserved_sddl);
  snapshot_source_read(into, PG_SOURCE_RESERVATIONS, now);
}

static bool fake_read_network(void *context, struct pg_snapshot *into,
                              const struct network_order *order) {
  struct fake_machine *machine = context;
  uv_mutex_lock(&machine->lock);
  machine->network_runs++;
  machine->network_changed = false;
  uv_cond_broadcast(&machine->changed);
  while (machine->network_hangs)
    uv_cond_wait(&machine->changed, &machine->lock);
  add_http_config(machine, into, order->now);
  if (machine->ranges != NULL)
    (void)source_add_ranges(into, PG_IPV4, machine->ranges, strlen(machine->ranges),
                            order->now);
  else
    snapshot_source_failed(into, PG_SOURCE_EXCLUDED4, order->now, "netsh is broken");
  snapshot_source_read(into, PG_SOURCE_EXCLUDED6, order->now);
  snapshot_source_read(into, PG_SOURCE_PORT_PROXIES, order->now);
  uv_mutex_unlock(&machine->lock);
  return true;
}

static bool fake_network_changed(void *context) {
  struct fake_machine *machine = context;
  uv_mutex_lock(&machine->lock);
  bool changed = machine->network_changed;
  uv_mutex_unlock(&machine->lock);
  return changed;
}

static bool fake_look_up(void *context, const char *sid, char *name, size_t size) {
  struct fake_machine *machine = context;
  (void)sid;
  uv_mutex_lock(&machine->lock);
  machine->account_runs++;
  uv_cond_broadcast(&machine->changed);
  while (machine->account_hangs)
    uv_cond_wait(&machine->changed, &machine->lock);
  bool told = machine->account != NULL;
  pg_copy(name, size, told ? machine->account : "");
  uv_mutex_unlock(&machine->lock);
  return told;
}

void fake_add_network(struct fake_machine *machine, struct source *source) {
  if (!machine->has_network)
    return;
  source->read_network = fake_read_network;
  source->network_changed = fake_network_changed;
  source->look_up_account = fake_look_up;
}

static void keep_string(char *out, size_t size, const struct pg_event *event,
                        size_t index) {
  pg_copy(out, size, index < event->string_count ? event->strings[index] : "");
}

/* The whole event for who compares it with its description: some a rule writes only
 * where services can be stopped, which no program on Linux can. */
static void append_line(const struct pg_event *event) {
  const char *path = getenv("PG_EVENT_LINES");
  FILE *file = path != NULL ? fopen(path, "ab") : NULL;
  if (file == NULL)
    return;
  struct pg_text line;
  pg_text_init(&line, LINE_MAX_BYTES);
  line_sink_format(event, &line);
  (void)fwrite(line.data, 1, line.len, file);
  pg_text_free(&line);
  (void)fclose(file);
}

static void fake_write(void *context, const struct pg_event *event) {
  struct fake_machine *machine = context;
  append_line(event);
  uv_mutex_lock(&machine->lock);
  if (machine->event_count < FAKE_EVENTS) {
    struct fake_event *kept = &machine->events[machine->event_count++];
    kept->id = event->id;
    keep_string(kept->first, sizeof kept->first, event, 0);
    keep_string(kept->second, sizeof kept->second, event, 1);
    keep_string(kept->third, sizeof kept->third, event, 2);
    keep_string(kept->last, sizeof kept->last, event, event->string_count - 1);
  }
  uv_cond_broadcast(&machine->changed);
  uv_mutex_unlock(&machine->lock);
}

void fake_open(struct fake_machine *machine, struct source *source,
               struct event_sink *sink) {
  memset(machine, 0, sizeof *machine);
  uv_mutex_init(&machine->lock);
  uv_cond_init(&machine->changed);
  machine->version = 1;
  *source = (struct source){
      .context = machine, .sample = fake_sample, .read_http = fake_read_http};
  *sink = (struct event_sink){.context = machine, .write = fake_write};
}

void fake_close(struct fake_machine *machine) {
  uv_mutex_destroy(&machine->lock);
  uv_cond_destroy(&machine->changed);
}

static const struct fake_event *find(struct fake_machine *machine, size_t *from,
                                     enum pg_event_id id, const char *first) {
  for (size_t i = *from; i < machine->event_count; i++) {
    const struct fake_event *event = &machine->events[i];
    if (event->id != id || (first != NULL && strcmp(event->first, first) != 0))
      continue;
    *from = i + 1;
    return event;
  }
  return NULL;
}

const struct fake_event *fake_wait_event(struct fake_machine *machine, size_t *from,
                                         enum pg_event_id id, const char *first,
                                         unsigned ms) {
  const struct fake_event *event = NULL;
  uint64_t end = uv_hrtime() + (uint64_t)ms * 1000000u;
  uv_mutex_lock(&machine->lock);
  for (;;) {
    event = find(machine, from, id, first);
    uint64_t now = uv_hrtime();
    if (event != NULL || now >= end)
      break;
    uv_cond_timedwait(&machine->changed, &machine->lock, end - now);
  }
  uv_mutex_unlock(&machine->lock);
  return event;
}

size_t fake_count(struct fake_machine *machine, enum pg_event_id id) {
  size_t count = 0;
  uv_mutex_lock(&machine->lock);
  for (size_t i = 0; i < machine->event_count; i++)
    if (machine->events[i].id == id)
      count++;
  uv_mutex_unlock(&machine->lock);
  return count;
}

/* --- the actor --- */

static enum pg_error actor_query(void *context, const char *name,
                                 struct actor_service *out, struct pg_fault *fault) {
  struct fake_machine *machine = context;
  (void)name, (void)fault;
  uv_mutex_lock(&machine->lock);
  *out = (struct actor_service){.state = machine->stopped ? PG_STATE_STOPPED
                                                          : PG_STATE_RUNNING,
                                .pid = machine->stopped ? 0 : 500};
  uv_mutex_unlock(&machine->lock);
  return PG_OK;
}

/* With it go its listeners, and those of HTTP.sys. */
static void let_go(struct fake_machine *machine) {
  size_t kept = 0;
  for (size_t i = 0; i < machine->row_count; i++)
    if (machine->rows[i].pid != 500 && machine->rows[i].pid != 4)
      machine->rows[kept++] = machine->rows[i];
  machine->row_count = kept;
  machine->stopped = true;
}

static enum pg_error actor_stop(void *context, const char *name, uint32_t within_ms,
                                struct pg_fault *fault) {
  struct fake_machine *machine = context;
  (void)name, (void)within_ms;
  uv_mutex_lock(&machine->lock);
  machine->stops++;
  uv_cond_broadcast(&machine->changed);
  while (machine->stop_hangs)
    uv_cond_wait(&machine->changed, &machine->lock);
  bool refuses = machine->stop_refuses;
  if (!refuses && !machine->comes_back)
    let_go(machine);
  fake_unlock(machine);
  return refuses ? pg_fail(fault, PG_E_WINDOWS, "WebDemo: it refuses to stop (1052)")
                 : PG_OK;
}

static enum pg_error actor_start(void *context, const char *name, uint32_t within_ms,
                                 struct pg_fault *fault) {
  struct fake_machine *machine = context;
  (void)name, (void)within_ms, (void)fault;
  fake_lock(machine);
  machine->stopped = false;
  fake_unlock(machine);
  return PG_OK;
}

static enum pg_error actor_set_start(void *context, const char *name,
                                     enum pg_start_type type, bool delayed,
                                     struct pg_fault *fault) {
  (void)context, (void)name, (void)type, (void)delayed, (void)fault;
  return PG_OK;
}

static enum pg_error actor_listen(void *context, const char *address,
                                  struct pg_fault *fault) {
  (void)context, (void)address, (void)fault;
  return PG_OK;
}

struct actor fake_actor(struct fake_machine *machine) {
  return (struct actor){machine,         actor_query,  actor_stop,  actor_start,
                        actor_set_start, actor_listen, actor_listen};
}
