/* The status pipe: opened at start, and again with back-off while somebody else
 * has its name. A squatter must not switch the watching off. */
#include "service/state.h"

static const char part[] = "status pipe";

static void on_connected(void *context, const struct listener_client *client) {
  struct loop *loop = context;
  control_adopt(loop->endpoint.control, client);
}

static void on_released(void *context) {
  struct loop *loop = context;
  if (loop->endpoint.listener != NULL)
    listener_released(loop->endpoint.listener);
}

static void try_open(struct loop *loop);

static void on_retry(uv_timer_t *timer) {
  try_open(timer->data);
}

static void try_open(struct loop *loop) {
  struct endpoint *endpoint = &loop->endpoint;
  struct pg_fault fault = {0};
  struct listener_options options = {
      .loop = &loop->uv,
      .name = loop->options.pipe_name,
      .access = loop->options.access,
      .connected = on_connected,
      .context = loop,
  };
  bool failing = endpoint->backoff.failures > 0;
  int64_t now = clock_mono();
  if (listener_open(&options, &endpoint->listener, &fault) == PG_OK) {
    if (failing)
      report_part_back(loop, part);
    backoff_clear(&endpoint->backoff);
    return;
  }
  backoff_fail(&endpoint->backoff, now);
  if (!failing)
    report_part(loop, part, &fault);
  uv_timer_start(&endpoint->retry, on_retry, (uint64_t)(endpoint->backoff.next - now), 0);
}

enum pg_error endpoint_open(struct loop *loop) {
  struct endpoint *endpoint = &loop->endpoint;
  struct control_options options = {
      .loop = &loop->uv,
      .verbs = loop_verbs,
      .verb_count = loop_verb_count,
      .role = PG_ROLE_READER,
      .context = loop,
      .released = on_released,
  };
  uv_timer_init(&loop->uv, &endpoint->retry);
  endpoint->retry.data = loop;
  endpoint->control = control_new(&options);
  if (endpoint->control == NULL)
    return PG_E_NOMEM;
  if (loop->options.pipe_name != NULL)
    try_open(loop);
  return PG_OK;
}

static void on_control_closed(void *context) {
  struct loop *loop = context;
  control_free(loop->endpoint.control);
  loop->endpoint.control = NULL;
  loop->endpoint.closed(loop);
}

/* The listener goes first, so that nobody new comes in; then the connections. */
static void on_listener_closed(void *context) {
  struct loop *loop = context;
  loop->endpoint.listener = NULL;
  if (loop->endpoint.control == NULL)
    loop->endpoint.closed(loop);
  else
    control_close(loop->endpoint.control, on_control_closed, loop);
}

void endpoint_close(struct loop *loop, void (*closed)(struct loop *loop)) {
  struct endpoint *endpoint = &loop->endpoint;
  endpoint->closed = closed;
  uv_close((uv_handle_t *)&endpoint->retry, NULL);
  if (endpoint->listener != NULL)
    listener_close(endpoint->listener, on_listener_closed, loop);
  else
    on_listener_closed(loop);
}
