/* From a request queue of HTTP.sys to the service or process behind it. */
#include "service/explain/internal.h"

/* More in one process are no chain, and a forged text may name any process. */
#define CHAIN_MAX 16

/* Of several services in one process, the one that needs all the others, as
 * W3SVC needs WAS in IIS's svchost: stopping it is what frees the port. */
static const struct pg_service *top_of_chain(const struct pg_snapshot *snapshot,
                                             const struct pg_service *const *services,
                                             size_t count) {
  for (size_t i = 0; count <= CHAIN_MAX && i < count; i++) {
    size_t j = 0;
    while (j < count &&
           (i == j || snapshot_depends_on(snapshot, services[i], services[j])))
      j++;
    if (j == count)
      return services[i];
  }
  return NULL;
}

/* The service of process |pid|, if that can be told. Several that cannot be
 * told apart are left as candidates. */
static bool service_of_process(const struct pg_snapshot *snapshot, uint32_t pid,
                               struct pg_holder *holder) {
  const struct pg_service *const *services = NULL;
  size_t count = snapshot_services_of(snapshot, pid, &services);
  if (count == 0)
    return false;
  if (count == 1) {
    holder->service = services[0];
    holder->evidence |= PG_EV_SERVICE_PID;
    return true;
  }
  holder->candidates = services;
  holder->candidate_count = count;
  return false;
}

/* The service that controls the queue: application pools of IIS have one, and it
 * is not the worker process that must be stopped. */
static bool service_of_controller(const struct pg_snapshot *snapshot, uint32_t pid,
                                  struct pg_holder *holder) {
  if (pid == 0)
    return false;
  if (!service_of_process(snapshot, pid, holder)) {
    holder->service = top_of_chain(snapshot, holder->candidates, holder->candidate_count);
    if (holder->service == NULL)
      return false;
    holder->evidence |= PG_EV_SERVICE_PID | PG_EV_TOP_OF_CHAIN;
  }
  holder->evidence |= PG_EV_CONTROLLER;
  return true;
}

/* netsh's own words about the service count only when the SCM runs that
 * service in a process of this very queue. */
static bool service_runs_in_queue(const struct pg_http_queue *queue,
                                  const struct pg_service *service) {
  for (size_t i = 0; i < queue->pid_count; i++)
    if (service->pid != 0 && service->pid == queue->pids[i])
      return true;
  return false;
}

static bool service_by_netsh(const struct pg_snapshot *snapshot,
                             const struct pg_http_queue *queue,
                             struct pg_holder *holder) {
  const char *name = queue->tagged_service;
  if (name == NULL && queue->service_count == 1)
    name = queue->services[0];
  const struct pg_service *service =
      name != NULL ? snapshot_service(snapshot, name) : NULL;
  if (service == NULL || !service_runs_in_queue(queue, service))
    return false;
  holder->service = service;
  holder->evidence |= PG_EV_TAGGED_LINE | PG_EV_SERVICE_PID;
  return true;
}

static bool choose_service(const struct pg_snapshot *snapshot,
                           const struct pg_http_queue *queue, struct pg_holder *holder) {
  if (service_of_controller(snapshot, queue->controller, holder))
    return true;
  if (service_by_netsh(snapshot, queue, holder))
    return true;
  for (size_t i = 0; i < queue->pid_count; i++)
    if (service_of_process(snapshot, queue->pids[i], holder))
      return true;
  return false;
}

/* Everything that keeps the attribution from being certain, as evidence. */
static unsigned doubts_about(const struct pg_snapshot *snapshot,
                             const struct pg_holder *holder) {
  bool gone = holder->pid != 0 && holder->process == NULL &&
              snapshot_was_read(snapshot, PG_SOURCE_PROCESSES);
  unsigned doubts = 0;
  if (!holder->queue->counts_agree)
    doubts |= PG_EV_COUNTS_DISAGREE;
  /* Worker processes come and go; who controls them stays. */
  if (gone && (holder->evidence & PG_EV_CONTROLLER) == 0)
    doubts |= PG_EV_PROCESS_GONE;
  if (holder->service == NULL && !snapshot_was_read(snapshot, PG_SOURCE_SERVICES))
    doubts |= PG_EV_SERVICES_UNKNOWN;
  if (holder->candidate_count > 0)
    doubts |= PG_EV_SEVERAL_IN_PROCESS;
  else if (holder->service == NULL && holder->queue->pid_count == 0)
    doubts |= PG_EV_NO_PID;
  return doubts;
}

/* Several processes at a queue that nobody controls: each may be the one that
 * registered, and no service runs in two of them. */
static bool is_shared(const struct pg_holder *holder) {
  return holder->queue->pid_count > 1 && (holder->evidence & PG_EV_CONTROLLER) == 0;
}

void explain_queue_holder(const struct pg_snapshot *snapshot,
                          const struct pg_http_queue *queue, struct pg_holder *holder) {
  static const unsigned seen = PG_EV_LISTENS | PG_EV_QUEUE_URL;
  holder->kind = PG_HOLDER_HTTP_SYS;
  holder->queue = queue;
  holder->evidence = seen;
  holder->controller_pid = queue->controller;
  if (queue->controller != 0)
    holder->controller = snapshot_process(snapshot, queue->controller);
  if (queue->pid_count > 0) {
    holder->pid = queue->pids[0];
    holder->process = snapshot_process(snapshot, holder->pid);
  }
  bool chosen = choose_service(snapshot, queue, holder);
  bool shared = is_shared(holder);
  if (chosen || shared) {
    holder->candidates = NULL;
    holder->candidate_count = 0;
  }
  if (shared) {
    holder->service = NULL;
    holder->evidence = seen | PG_EV_SEVERAL_PROCESSES;
  }
  unsigned doubts = doubts_about(snapshot, holder);
  holder->evidence |= doubts;
  holder->confidence =
      doubts == 0 && !shared ? PG_CONFIDENCE_CERTAIN : PG_CONFIDENCE_LIKELY;
}
