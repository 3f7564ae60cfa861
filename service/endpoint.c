/* The two pipes: opened at start, and again with back-off while somebody else has the
 * name. A squatter must not switch the watching off. */
#include "service/control/peer.h"
#include "service/state.h"

static void on_connected(void *context, const struct listener_client *client) {
  struct endpoint *endpoint = context;
  control_adopt(endpoint->control, client);
}

static void on_released(void *owner) {
  struct endpoint *endpoint = owner;
  if (endpoint->listener != NULL)
    listener_released(endpoint->listener);
}

static enum pg_error identify(void *owner, uv_pipe_t *pipe, struct control_caller *caller,
                              struct pg_fault *fault) {
  const struct endpoint *endpoint = owner;
  return peer_identify(pipe, endpoint->access, caller, fault);
}

static void on_denied(void *owner, const struct control_caller *caller,
                      const char *named) {
  struct endpoint *endpoint = owner;
  audit_denied(endpoint->loop, caller->user, named);
}

static void try_open(struct endpoint *endpoint);

static void on_retry(uv_timer_t *timer) {
  try_open(timer->data);
}

static void try_open(struct endpoint *endpoint) {
  struct pg_fault fault = {0};
  struct listener_options options = {
      .loop = &endpoint->loop->uv,
      .name = endpoint->name,
      .access = endpoint->access,
      .connected = on_connected,
      .context = endpoint,
  };
  bool failing = endpoint->backoff.failures > 0;
  int64_t now = clock_mono();
  if (listener_open(&options, &endpoint->listener, &fault) == PG_OK) {
    if (failing)
      report_part_back(endpoint->loop, endpoint->part);
    backoff_clear(&endpoint->backoff);
    return;
  }
  endpoint->trouble = fault;
  backoff_fail(&endpoint->backoff, now);
  if (!failing)
    report_part(endpoint->loop, endpoint->part, &fault);
  uv_timer_start(&endpoint->retry, on_retry, (uint64_t)(endpoint->backoff.next - now), 0);
}

/* The status pipe's own access control says who may read; the control pipe's callers
 * are looked at as well. */
static enum pg_error open_one(struct loop *loop, struct endpoint *endpoint) {
  bool controls = endpoint == &loop->endpoints[ENDPOINT_CONTROL];
  struct control_options options = {
      .loop = &loop->uv,
      .verbs = loop_verbs,
      .verb_count = loop_verb_count,
      .context = loop,
      .role = controls ? PG_ROLE_NONE : PG_ROLE_READER,
      .identify = controls ? identify : NULL,
      .denied = on_denied,
      .released = on_released,
      .owner = endpoint,
  };
  endpoint->loop = loop;
  uv_timer_init(&loop->uv, &endpoint->retry);
  endpoint->retry.data = endpoint;
  loop->endpoints_open++;
  endpoint->control = control_new(&options);
  if (endpoint->control == NULL)
    return PG_E_NOMEM;
  if (endpoint->name != NULL)
    try_open(endpoint);
  return PG_OK;
}

enum pg_error endpoints_open(struct loop *loop) {
  const struct loop_options *options = &loop->options;
  struct endpoint *status = &loop->endpoints[ENDPOINT_STATUS];
  struct endpoint *control = &loop->endpoints[ENDPOINT_CONTROL];
  status->part = "status pipe";
  status->name = options->pipe_name;
  status->access = options->development ? LISTENER_DEVELOPMENT : LISTENER_STATUS;
  control->part = "control pipe";
  control->name = options->control_name;
  control->access = options->development ? LISTENER_DEVELOPMENT : LISTENER_CONTROL;
  /* Both, whatever becomes of the first: closing expects two. */
  enum pg_error error = open_one(loop, status);
  enum pg_error other = open_one(loop, control);
  return error != PG_OK ? error : other;
}

void endpoints_wake(struct loop *loop) {
  for (int i = 0; i < ENDPOINTS; i++)
    if (loop->endpoints[i].control != NULL)
      control_wake(loop->endpoints[i].control);
}

struct control_counts endpoints_counts(const struct loop *loop) {
  struct control_counts counts = {0};
  for (int i = 0; i < ENDPOINTS; i++)
    control_count(loop->endpoints[i].control, &counts);
  return counts;
}

static void one_is_closed(struct loop *loop) {
  if (--loop->endpoints_open == 0)
    loop->endpoints_closed(loop);
}

static void on_control_closed(void *context) {
  struct endpoint *endpoint = context;
  control_free(endpoint->control);
  endpoint->control = NULL;
  one_is_closed(endpoint->loop);
}

/* The listener goes first, so that nobody new comes in; then the connections. */
static void on_listener_closed(void *context) {
  struct endpoint *endpoint = context;
  endpoint->listener = NULL;
  if (endpoint->control == NULL)
    one_is_closed(endpoint->loop);
  else
    control_close(endpoint->control, on_control_closed, endpoint);
}

void endpoints_close(struct loop *loop, void (*closed)(struct loop *loop)) {
  loop->endpoints_closed = closed;
  for (int i = 0; i < ENDPOINTS; i++) {
    struct endpoint *endpoint = &loop->endpoints[i];
    uv_close((uv_handle_t *)&endpoint->retry, NULL);
    if (endpoint->listener != NULL)
      listener_close(endpoint->listener, on_listener_closed, endpoint);
    else
      on_listener_closed(endpoint);
  }
}
