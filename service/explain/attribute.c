/* Who holds each port: the step between a sealed snapshot and everything that
 * is said about it. */
#include "common/timestamp.h"
#include "service/explain/attribution.h"
#include "service/explain/internal.h"

struct attribution {
  struct pg_snapshot *snapshot;
  const struct pg_snapshot *previous;
  bool http_expected;
  size_t previous_at; /* merge position in previous->ports */
  struct proxy_index proxies;
  struct candidate_pool candidates;
};

/* Of a process with several services, the one its socket's tag names. */
static void choose_by_tag(const struct pg_snapshot *snapshot,
                          const struct pg_listener *listener, struct pg_holder *holder) {
  const char *name = NULL;
  if (listener->tag != 0)
    name = snapshot_tag_service(snapshot, listener->pid, listener->tag);
  const struct pg_service *service =
      name != NULL ? snapshot_service(snapshot, name) : NULL;
  if (service != NULL && service->pid == listener->pid) {
    holder->service = service;
    holder->confidence = PG_CONFIDENCE_CERTAIN;
    holder->evidence |= PG_EV_TAG;
  } else {
    holder->confidence = PG_CONFIDENCE_LIKELY;
    holder->evidence |= PG_EV_SEVERAL_IN_PROCESS;
  }
}

/* The process itself, unless its name is that of a relay. */
static void attribute_image(const struct pg_snapshot *snapshot,
                            struct pg_holder *holder) {
  const struct explain_relay *relay = explain_relay_of(holder->process);
  holder->kind = PG_HOLDER_PROCESS;
  if (relay != NULL) {
    holder->kind = relay->kind;
    holder->known_as = relay->known_as;
    holder->evidence |= PG_EV_RELAY;
    if (!explain_is_installed(holder->process))
      holder->confidence = PG_CONFIDENCE_LIKELY;
  }
  if (!snapshot_was_read(snapshot, PG_SOURCE_SERVICES)) {
    holder->evidence |= PG_EV_SERVICES_UNKNOWN;
    holder->confidence = PG_CONFIDENCE_LIKELY;
  }
}

/* A process cannot be younger than its socket: either Windows gave the PID to
 * another one, or the clock was stepped back. Named, but never certain. */
static void doubt_reused_pid(const struct pg_listener *listener,
                             struct pg_holder *holder) {
  if (holder->process == NULL || listener->created_at == PG_TIME_UNKNOWN ||
      holder->process->started_at <= listener->created_at)
    return;
  holder->evidence |= PG_EV_PID_REUSED;
  if (holder->confidence == PG_CONFIDENCE_CERTAIN)
    holder->confidence = PG_CONFIDENCE_LIKELY;
}

/* |holder| is empty before. */
static void attribute_process(const struct pg_snapshot *snapshot,
                              const struct pg_listener *listener,
                              struct pg_holder *holder) {
  const struct pg_service *const *services = NULL;
  size_t count = snapshot_services_of(snapshot, listener->pid, &services);

  holder->first_listener = (size_t)(listener - snapshot->listeners);
  holder->pid = listener->pid;
  holder->process = snapshot_process(snapshot, listener->pid);
  holder->evidence = PG_EV_LISTENS;
  holder->confidence = PG_CONFIDENCE_CERTAIN;
  if (count == 1) {
    holder->kind = PG_HOLDER_SERVICE;
    holder->service = services[0];
    holder->evidence |= PG_EV_SERVICE_PID;
  } else if (count > 1) {
    holder->kind = PG_HOLDER_SHARED_SERVICE;
    holder->candidates = services;
    holder->candidate_count = count;
    choose_by_tag(snapshot, listener, holder);
  } else if (holder->process != NULL) {
    attribute_image(snapshot, holder);
  } else {
    /* An inherited socket outlives the process that made it. */
    holder->kind = PG_HOLDER_UNKNOWN;
    holder->confidence = PG_CONFIDENCE_UNKNOWN;
    if (snapshot_was_read(snapshot, PG_SOURCE_PROCESSES))
      holder->evidence |= PG_EV_PROCESS_GONE;
  }
  doubt_reused_pid(listener, holder);
}

/* Whether the text can show that something is not registered: one that is cut or
 * contradicts itself may have hidden it. */
static bool http_is_whole(const struct pg_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->queue_count; i++)
    if (!snapshot->queues[i].counts_agree)
      return false;
  return snapshot_was_read(snapshot, PG_SOURCE_HTTP_STATE);
}

static void attribute_driver(const struct pg_snapshot *snapshot, uint16_t port,
                             struct pg_holder *holder) {
  holder->kind = PG_HOLDER_DRIVER;
  holder->evidence = PG_EV_LISTENS;
  holder->confidence = PG_CONFIDENCE_LIKELY;
  holder->known_as = explain_known_driver(port);
  if (holder->known_as != NULL)
    holder->evidence |= PG_EV_KNOWN_PORT;
  if (http_is_whole(snapshot)) {
    holder->evidence |= PG_EV_NO_REGISTRATION;
  } else if (holder->known_as == NULL) {
    holder->confidence = PG_CONFIDENCE_UNKNOWN;
    holder->evidence |= PG_EV_HTTP_UNKNOWN;
  }
}

static struct pg_holder *next_holder(struct pg_snapshot *snapshot, struct pg_port *port) {
  port->holder_count++;
  return &snapshot->holders[snapshot->holder_count++];
}

static enum pg_error attribute_kernel(struct attribution *run, struct pg_port *port,
                                      const struct pg_listener *listener) {
  struct pg_snapshot *snapshot = run->snapshot;
  const struct pg_url_ref *refs = NULL;
  size_t count = snapshot_urls_of(snapshot, port->port, &refs);
  for (size_t i = 0; i < count; i++) {
    struct pg_holder *holder = next_holder(snapshot, port);
    *holder = snapshot->queue_holders[refs[i].queue];
    holder->first_listener = (size_t)(listener - snapshot->listeners);
  }
  if (count > 0)
    return PG_OK;
  struct pg_holder *holder = next_holder(snapshot, port);
  attribute_driver(snapshot, port->port, holder);
  holder->pid = listener->pid;
  holder->process = snapshot_process(snapshot, listener->pid);
  holder->first_listener = (size_t)(listener - snapshot->listeners);
  if (holder->known_as != NULL)
    return PG_OK;
  return candidates_add(&run->candidates, snapshot, port->port, holder);
}

/* A second listener of a holder that is there already, as of a server on IPv4
 * and IPv6, adds no holder. */
static bool already_held(const struct pg_snapshot *snapshot, const struct pg_port *port,
                         const struct pg_holder *fresh) {
  for (size_t i = 0; i < port->holder_count; i++) {
    const struct pg_holder *old = &snapshot->holders[port->first_holder + i];
    if (old->pid == fresh->pid && old->kind == fresh->kind &&
        old->service == fresh->service)
      return true;
  }
  return false;
}

static enum pg_error attribute_listener(struct attribution *run, struct pg_port *port,
                                        const struct pg_listener *listener) {
  struct pg_snapshot *snapshot = run->snapshot;
  if (snapshot_kernel_owned(snapshot, listener->pid)) {
    bool first = !port->kernel_owned;
    port->kernel_owned = true;
    return first ? attribute_kernel(run, port, listener) : PG_OK;
  }
  struct pg_holder holder = {0};
  attribute_process(snapshot, listener, &holder);
  bool fresh = proxies_attribute(&run->proxies, listener, &holder);
  if (holder.kind != PG_HOLDER_PORTPROXY)
    fresh = !already_held(snapshot, port, &holder);
  if (fresh)
    *next_holder(snapshot, port) = holder;
  return PG_OK;
}

static const struct pg_port *port_before(struct attribution *run, uint16_t port) {
  const struct pg_snapshot *previous = run->previous;
  if (previous == NULL)
    return NULL;
  while (run->previous_at < previous->port_count &&
         previous->ports[run->previous_at].port < port)
    run->previous_at++;
  if (run->previous_at == previous->port_count)
    return NULL;
  const struct pg_port *before = &previous->ports[run->previous_at];
  return before->port == port ? before : NULL;
}

static bool holders_are_vague(const struct pg_snapshot *snapshot,
                              const struct pg_port *port) {
  for (size_t i = 0; i < port->holder_count; i++)
    if (explain_is_vague(snapshot, &snapshot->holders[port->first_holder + i]))
      return true;
  return false;
}

/* A text from before the port was taken cannot show that nobody registered it. */
static void doubt_drivers(struct pg_snapshot *snapshot, const struct pg_port *port) {
  for (size_t i = 0; i < port->holder_count; i++) {
    struct pg_holder *holder = &snapshot->holders[port->first_holder + i];
    if (holder->kind != PG_HOLDER_DRIVER || holder->known_as != NULL)
      continue;
    holder->confidence = PG_CONFIDENCE_UNKNOWN;
    holder->evidence &= ~(unsigned)PG_EV_NO_REGISTRATION;
    holder->evidence |= PG_EV_HTTP_UNKNOWN;
  }
}

/* Decides what this snapshot reports of the port: its own holders, or, while
 * it cannot know them, what was reported before. Otherwise one failed netsh run
 * would be logged as a change of holder, and its recovery as another. */
static enum pg_error settle_port(struct attribution *run, struct pg_port *port) {
  struct pg_snapshot *snapshot = run->snapshot;
  const struct pg_port *before = port_before(run, port->port);

  port->kernel_since = snapshot->sampled_mono;
  if (before != NULL && before->kernel_owned && port->kernel_owned)
    port->kernel_since = before->kernel_since;
  port->pending = port->kernel_owned && run->http_expected &&
                  snapshot->http_mono < port->kernel_since;
  if (port->pending)
    doubt_drivers(snapshot, port);
  port->reported = explain_identities(snapshot, port);
  if (port->reported == NULL)
    return PG_E_NOMEM;
  const char *reported = before != NULL ? before->reported : NULL;
  if (port->pending || (reported != NULL && holders_are_vague(snapshot, port))) {
    port->reported = pg_arena_str(snapshot->arena, reported);
    return reported == NULL || port->reported != NULL ? PG_OK : PG_E_NOMEM;
  }
  return PG_OK;
}

/* No port has more holders than listeners and URL references together, and one
 * for a driver. */
static enum pg_error make_room(struct pg_snapshot *snapshot) {
  size_t most = snapshot->listener_count + snapshot->url_ref_count + snapshot->port_count;
  snapshot->holder_count = 0;
  snapshot->holders =
      pg_arena_alloc(snapshot->arena, most + 1, sizeof *snapshot->holders);
  snapshot->queue_holders = pg_arena_alloc(snapshot->arena, snapshot->queue_count + 1,
                                           sizeof *snapshot->queue_holders);
  bool ok = snapshot->holders != NULL && snapshot->queue_holders != NULL;
  return ok ? PG_OK : PG_E_NOMEM;
}

/* Once for each, here on the worker: many ports, answers and events ask for it. */
static void attribute_queues(struct pg_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->queue_count; i++)
    explain_queue_holder(snapshot, &snapshot->queues[i], &snapshot->queue_holders[i]);
}

static enum pg_error attribute_port(struct attribution *run, struct pg_port *port) {
  struct pg_snapshot *snapshot = run->snapshot;
  enum pg_error error = PG_OK;
  port->kernel_owned = false;
  port->first_holder = snapshot->holder_count;
  port->holder_count = 0;
  for (size_t i = 0; error == PG_OK && i < port->listener_count; i++)
    error = attribute_listener(run, port, &snapshot->listeners[port->first_listener + i]);
  if (error != PG_OK)
    return error;
  port->complete = explain_is_complete(snapshot, port);
  return settle_port(run, port);
}

enum pg_error explain_attribute(struct pg_snapshot *snapshot,
                                const struct pg_snapshot *previous, bool http_expected) {
  struct attribution run = {
      .snapshot = snapshot, .previous = previous, .http_expected = http_expected};
  enum pg_error error = make_room(snapshot);
  if (error == PG_OK) {
    attribute_queues(snapshot);
    error = proxies_open(&run.proxies, snapshot);
  }
  for (size_t p = 0; error == PG_OK && p < snapshot->port_count; p++)
    error = attribute_port(&run, &snapshot->ports[p]);
  proxies_close(&run.proxies);
  return error;
}
