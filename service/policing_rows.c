#include "service/policing_rows.h"

#include "common/arena.h"
#include "common/limits.h"

#define ROWS_ARENA_MAX (64u * PG_MIB)

bool policing_is_certain(const struct pg_port *port, const struct pg_holder *holder) {
  return holder->confidence == PG_CONFIDENCE_CERTAIN && port->complete && !port->pending;
}

/* Somebody holds it of whom nothing is known, perhaps who held it before. */
static bool is_unsure(const struct pg_snapshot *snapshot, const struct pg_port *port) {
  bool unsure = !port->complete || port->pending;
  for (size_t i = 0; i < port->holder_count && !unsure; i++)
    unsure =
        snapshot->holders[port->first_holder + i].confidence == PG_CONFIDENCE_UNKNOWN;
  return unsure;
}

static const char *doubt_of(const struct pg_port *port, const struct pg_holder *holder) {
  if ((holder->evidence & PG_EV_COUNTS_DISAGREE) != 0)
    return "netsh's text contradicts itself about the queue, which a made-up queue name "
           "can cause";
  if (holder->kind == PG_HOLDER_DRIVER)
    return "it may stand behind a driver that holds the port, or not";
  if ((holder->evidence & PG_EV_SEVERAL_IN_PROCESS) != 0)
    return "its process runs several services, and nothing tells them apart";
  if ((holder->evidence & PG_EV_HTTP_UNKNOWN) != 0)
    return "who registered with HTTP.sys could not be read";
  if (!port->complete || port->pending)
    return "what is known of the port is not complete";
  return NULL;
}

struct maker {
  const struct pg_snapshot *snapshot;
  const struct pg_settings *settings;
  int64_t http_mono;
  struct policing_rows rows;
};

/* A row of each holder's service, or of all those that it may be. */
static size_t services_of(const struct pg_holder *holder) {
  return holder->service != NULL ? 1 : holder->candidate_count;
}

static size_t rows_of(const struct maker *maker, const struct pg_port *port) {
  size_t count = 0;
  for (size_t i = 0; i < port->holder_count; i++)
    count += services_of(&maker->snapshot->holders[port->first_holder + i]);
  return count;
}

static bool make_room(struct maker *maker) {
  const struct pg_snapshot *snapshot = maker->snapshot;
  struct policing_rows *rows = &maker->rows;
  size_t room = 1;
  for (size_t i = 0; i < snapshot->port_count; i++)
    if (settings_guards(maker->settings, snapshot->ports[i].port))
      room += rows_of(maker, &snapshot->ports[i]);
  rows->arena = pg_arena_new(ROWS_ARENA_MAX);
  if (rows->arena == NULL)
    return false;
  rows->holders = pg_arena_alloc(rows->arena, room, sizeof *rows->holders);
  rows->put_off = pg_arena_alloc(rows->arena, room, sizeof *rows->put_off);
  rows->unsure =
      pg_arena_alloc(rows->arena, snapshot->port_count + 1, sizeof *rows->unsure);
  return rows->holders != NULL && rows->put_off != NULL && rows->unsure != NULL;
}

static bool add_row(struct maker *maker, const struct pg_port *port,
                    const struct pg_holder *holder, const struct pg_service *service) {
  const struct pg_snapshot *snapshot = maker->snapshot;
  const struct pg_process *process = snapshot_process(snapshot, service->pid);
  bool own = holder->service == service;
  bool http = holder->kind == PG_HOLDER_HTTP_SYS || holder->kind == PG_HOLDER_DRIVER;
  struct policy_holder *row = &maker->rows.holders[maker->rows.count++];
  *row = (struct policy_holder){
      .service = service->name,
      .process_started_at = process != NULL ? process->started_at : 0,
      .http_mono = http ? maker->http_mono : INT64_MAX,
      .pid = service->pid,
      .port = port->port,
      .certain = own && policing_is_certain(port, holder),
      .portproxy = own && holder->kind == PG_HOLDER_PORTPROXY,
  };
  row->doubt = row->certain ? NULL : doubt_of(port, holder);
  if (!service->user_instance)
    return true;
  row->template_name =
      pg_arena_text(maker->rows.arena, service->name, snapshot_configured_len(service));
  return row->template_name != NULL;
}

static bool add_holder(struct maker *maker, const struct pg_port *port,
                       const struct pg_holder *holder) {
  if (holder->service != NULL)
    return add_row(maker, port, holder, holder->service);
  for (size_t i = 0; i < holder->candidate_count; i++)
    if (!add_row(maker, port, holder, holder->candidates[i]))
      return false;
  return true;
}

static bool add_port(struct maker *maker, const struct pg_port *port) {
  if (!settings_guards(maker->settings, port->port))
    return true;
  if (is_unsure(maker->snapshot, port))
    maker->rows.unsure[maker->rows.unsure_count++] = port->port;
  for (size_t i = 0; i < port->holder_count; i++)
    if (!add_holder(maker, port, &maker->snapshot->holders[port->first_holder + i]))
      return false;
  return true;
}

void policing_rows_free(struct policing_rows *rows) {
  pg_arena_free(rows->arena);
  *rows = (struct policing_rows){0};
}

bool policing_rows_make(struct policing_rows *rows, const struct pg_snapshot *snapshot,
                        const struct pg_settings *settings, int64_t http_mono) {
  struct maker maker = {snapshot, settings, http_mono, {0}};
  bool made = make_room(&maker);
  for (size_t i = 0; made && i < snapshot->port_count; i++)
    made = add_port(&maker, &snapshot->ports[i]);
  if (!made || !policy_sort_holders(maker.rows.holders, maker.rows.count)) {
    policing_rows_free(&maker.rows);
    return false;
  }
  policing_rows_free(rows);
  *rows = maker.rows;
  return true;
}
