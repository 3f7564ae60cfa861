/* The result object of `graph`: from the port to its holders, then the services
 * around them. Nothing here is visited twice, and lists that somebody outside chose
 * the length of are looked at only up to a limit. */
#include "common/protocol.h"
#include "service/explain/graph.h"
#include "service/explain/internal.h"

#include <stdlib.h>

/* Listeners, holders, and one queue's URLs or processes: beyond that nobody reads it,
 * and the holders' services should still find a place. */
#define EACH_MAX 256
#define NAMES_MAX 1024 /* of what one service says it needs */

static size_t at_most(struct graph *graph, size_t count, size_t most) {
  if (count <= most)
    return count;
  graph->truncated = true;
  return most;
}

/* The same while the rows that count are still being looked for. */
static bool take_one(struct graph *graph, size_t *taken) {
  *taken += 1;
  return at_most(graph, *taken, EACH_MAX) == *taken;
}

static void mark_holder(struct graph *graph, uint32_t node) {
  if (node != GRAPH_FULL)
    graph->nodes[node].holder = true;
}

static uint32_t process_node(struct graph *graph, uint32_t pid) {
  return graph_node(graph, GRAPH_PROCESS, NULL, pid);
}

static uint32_t driver_node(struct graph *graph) {
  return graph_node(graph, GRAPH_DRIVER, NULL, 0);
}

/* --- the port's listeners --- */

static const char *driver_name(const struct pg_snapshot *snapshot, uint16_t port) {
  const struct pg_url_ref *refs;
  const char *known = explain_known_driver(port);
  if (known != NULL)
    return known;
  return snapshot_urls_of(snapshot, port, &refs) > 0 ? "HTTP.sys" : "HTTP.sys (likely)";
}

static void add_listeners(struct graph *graph, const struct pg_port *port) {
  size_t count = at_most(graph, port->listener_count, EACH_MAX);
  for (size_t i = 0; i < count; i++) {
    const struct pg_listener *row = &graph->snapshot->listeners[port->first_listener + i];
    uint32_t listener = graph_node(graph, GRAPH_LISTENER, row, 0);
    graph_edge(graph, 0, listener, GRAPH_TO_LISTENER);
    if (snapshot_kernel_owned(graph->snapshot, row->pid))
      graph_edge(graph, listener, driver_node(graph), GRAPH_TO_DRIVER);
    else
      graph_edge(graph, listener, process_node(graph, row->pid), GRAPH_TO_PROCESS);
  }
}

/* --- the port's holders --- */

/* From |node| to who runs there: the service, or those it may be. */
static void add_service(struct graph *graph, uint32_t node,
                        const struct pg_holder *holder) {
  if (holder->service != NULL) {
    uint32_t service = graph_node(graph, GRAPH_SERVICE, holder->service, 0);
    graph_edge(graph, node, service, GRAPH_TO_SERVICE);
    return;
  }
  size_t count = at_most(graph, holder->candidate_count, EACH_MAX);
  for (size_t i = 0; i < count; i++)
    graph_edge(graph, node, graph_node(graph, GRAPH_SERVICE, holder->candidates[i], 0),
               GRAPH_TO_CANDIDATE);
}

/* Every process serves every URL of its queue. */
static void add_url(struct graph *graph, const struct pg_http_queue *queue,
                    uint32_t queue_at, const struct pg_url *row) {
  uint32_t url = graph_node(graph, GRAPH_URL, row, 0);
  graph_edge(graph, queue_at, url, GRAPH_TO_URL);
  size_t pids = at_most(graph, queue->pid_count, EACH_MAX);
  for (size_t i = 0; i < pids; i++)
    graph_edge(graph, url, process_node(graph, queue->pids[i]), GRAPH_TO_PROCESS);
}

static void add_urls(struct graph *graph, const struct pg_http_queue *queue,
                     uint32_t queue_at) {
  size_t taken = 0;
  for (size_t i = 0; i < queue->url_count; i++) {
    if (queue->urls[i].port != graph->port)
      continue;
    if (!take_one(graph, &taken))
      return;
    add_url(graph, queue, queue_at, &queue->urls[i]);
  }
}

/* Who must let go behind HTTP.sys: the service, else the processes. */
static void add_queue(struct graph *graph, const struct pg_holder *holder) {
  const struct pg_http_queue *queue = holder->queue;
  uint32_t at = graph_node(graph, GRAPH_QUEUE, queue, 0);
  graph_edge(graph, driver_node(graph), at, GRAPH_TO_QUEUE);
  add_urls(graph, queue, at);
  size_t pids = at_most(graph, queue->pid_count, EACH_MAX);
  for (size_t i = 0; i < pids; i++) {
    uint32_t process = process_node(graph, queue->pids[i]);
    add_service(graph, process, holder);
    if (holder->service == NULL)
      mark_holder(graph, process);
  }
  if (holder->controller_pid != 0) {
    uint32_t controller = process_node(graph, holder->controller_pid);
    graph_edge(graph, at, controller, GRAPH_TO_CONTROLLER);
    add_service(graph, controller, holder);
  } else if (pids == 0) {
    add_service(graph, at, holder);
  }
}

/* The rule that IP Helper listens for; it, and not the service, must go. */
static void add_proxy(struct graph *graph, uint32_t from,
                      const struct pg_holder *holder) {
  uint32_t proxy = graph_node(graph, GRAPH_PROXY, holder->proxy, 0);
  graph_edge(graph, from, proxy, GRAPH_TO_PROXY);
  mark_holder(graph, proxy);
}

static void add_owner(struct graph *graph, const struct pg_holder *holder) {
  if (holder->pid == 0)
    return;
  uint32_t process = process_node(graph, holder->pid);
  bool relay = (holder->evidence & PG_EV_RELAY) != 0;
  if (relay && process != GRAPH_FULL)
    graph->nodes[process].kind = GRAPH_RELAY;
  add_service(graph, process, holder);
  if (holder->proxy != NULL)
    add_proxy(graph, process, holder);
  else if (holder->service == NULL)
    mark_holder(graph, process);
}

static void add_holder(struct graph *graph, const struct pg_holder *holder) {
  if (holder->queue != NULL) {
    add_queue(graph, holder);
  } else if (holder->kind == PG_HOLDER_DRIVER) {
    mark_holder(graph, driver_node(graph));
    add_service(graph, driver_node(graph), holder);
  } else {
    add_owner(graph, holder);
  }
  if (holder->service != NULL && holder->proxy == NULL)
    mark_holder(graph, graph_node(graph, GRAPH_SERVICE, holder->service, 0));
}

/* --- a port nobody listens on --- */

static void add_ranges(struct graph *graph) {
  const struct pg_excluded_range *row;
  size_t taken = 0;
  for (size_t at = 0;
       (row = explain_next_range(graph->snapshot, graph->port, &at)) != NULL;) {
    if (!take_one(graph, &taken))
      return;
    uint32_t range = graph_node(graph, GRAPH_RANGE, row, 0);
    graph_edge(graph, 0, range, GRAPH_TO_RANGE);
    if (explain_range_refuses(row))
      mark_holder(graph, range);
  }
}

static void add_connections(struct graph *graph) {
  const struct pg_connection *rows;
  size_t count = snapshot_connections_of(graph->snapshot, graph->port, &rows);
  count = at_most(graph, count, EACH_MAX);
  for (size_t i = 0; i < count; i++) {
    uint32_t connection = graph_node(graph, GRAPH_CONNECTION, &rows[i], 0);
    graph_edge(graph, 0, connection, GRAPH_TO_CONNECTION);
    if (rows[i].pid != 0)
      graph_edge(graph, connection, process_node(graph, rows[i].pid), GRAPH_TO_PROCESS);
  }
}

/* --- the services around the holders --- */

enum { PASSED_UP = 1, PASSED_DOWN = 2 };

/* Nodes that wait to be expanded; each at most once. */
struct walk {
  struct graph *graph;
  unsigned mark;
  enum graph_edge_kind kind;
  size_t count;
  uint32_t list[PG_GRAPH_NODES];
};

static void walk_to(struct walk *walk, uint32_t node) {
  if (node == GRAPH_FULL || (walk->graph->nodes[node].passed & walk->mark) != 0)
    return;
  walk->graph->nodes[node].passed |= walk->mark;
  walk->list[walk->count++] = node;
}

static void walk_edge(struct walk *walk, uint32_t from,
                      const struct pg_service *service) {
  uint32_t to = graph_node(walk->graph, GRAPH_SERVICE, service, 0);
  if (to == from) /* it names itself */
    return;
  graph_edge(walk->graph, from, to, walk->kind);
  walk_to(walk, to);
}

static void expand_down(struct walk *walk, uint32_t from) {
  const struct pg_snapshot *snapshot = walk->graph->snapshot;
  const struct pg_service *service = walk->graph->nodes[from].row;
  size_t count = at_most(walk->graph, service->depends_on_count, NAMES_MAX);
  for (size_t i = 0; i < count; i++) {
    /* "+group" is a load order group; no service has such a name. */
    const struct pg_service *other = snapshot_service(snapshot, service->depends_on[i]);
    if (other != NULL && service->depends_on[i][0] != '+')
      walk_edge(walk, from, other);
  }
}

static void expand_up(struct walk *walk, uint32_t from) {
  const struct pg_snapshot *snapshot = walk->graph->snapshot;
  const struct pg_service *service = walk->graph->nodes[from].row;
  uint32_t needed = (uint32_t)(service - snapshot->services);
  for (size_t i = snapshot_first_edge(snapshot, needed);
       i < snapshot->edge_count && snapshot->edges[i].needed == needed; i++) {
    if (walk->graph->edge_count == PG_GRAPH_EDGES) {
      walk->graph->truncated = true;
      return;
    }
    walk_edge(walk, from, &snapshot->services[snapshot->edges[i].by]);
  }
}

/* From the services that were found, in one direction only: what else needs RPC is of
 * no interest when the holder needs it too. */
static void walk_services(struct walk *walk, size_t roots, unsigned mark,
                          enum graph_edge_kind kind,
                          void (*expand)(struct walk *walk, uint32_t from)) {
  struct graph *graph = walk->graph;
  walk->mark = mark;
  walk->kind = kind;
  walk->count = 0;
  for (uint32_t i = 0; i < roots; i++)
    if (graph->nodes[i].kind == GRAPH_SERVICE)
      walk_to(walk, i);
  for (size_t i = 0; i < walk->count; i++)
    expand(walk, walk->list[i]);
}

static void add_services(struct walk *walk) {
  size_t roots = walk->graph->node_count;
  walk_services(walk, roots, PASSED_UP, GRAPH_TO_NEEDED_BY, expand_up);
  walk_services(walk, roots, PASSED_DOWN, GRAPH_TO_NEEDS, expand_down);
}

/* --- the whole answer --- */

static void build(struct walk *walk, const struct pg_port *port) {
  struct graph *graph = walk->graph;
  (void)graph_node(graph, GRAPH_PORT, NULL, 0);
  if (port == NULL) {
    add_ranges(graph);
    add_connections(graph);
    return;
  }
  add_listeners(graph, port);
  size_t holders = at_most(graph, port->holder_count, EACH_MAX);
  for (size_t i = 0; i < holders; i++)
    add_holder(graph, &graph->snapshot->holders[port->first_holder + i]);
  add_services(walk);
}

static void write_graph(struct pg_json *json, const struct graph *graph,
                        const struct pg_port *port, const struct explain_times *times) {
  const struct pg_snapshot *snapshot = graph->snapshot;
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  pg_json_key_int(json, "port", graph->port);
  pg_json_key_str(json, "state", explain_state(snapshot, graph->port));
  explain_key_stamps(json, times, port != NULL && port->kernel_owned);
  pg_json_key_bool(json, "complete", explain_answers_whole(snapshot, port));
  graph_write(json, graph);
  pg_json_key(json, "warnings");
  explain_warnings(json, snapshot, graph->port);
  pg_json_end_object(json);
}

void explain_graph(struct pg_json *json, const struct pg_snapshot *snapshot,
                   uint16_t number, const struct explain_times *times) {
  const struct pg_port *port = snapshot_port(snapshot, number);
  struct graph *graph = calloc(1, sizeof *graph);
  struct walk *walk = calloc(1, sizeof *walk);
  if (graph != NULL && walk != NULL) {
    graph->snapshot = snapshot;
    graph->port = number;
    graph->driver = driver_name(snapshot, number);
    walk->graph = graph;
    build(walk, port);
    write_graph(json, graph, port, times);
  } else {
    json->out->failed = true;
  }
  free(walk);
  free(graph);
}
