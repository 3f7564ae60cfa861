/* The graph's nodes and edges, and how they are written. */
#include "common/text.h"
#include "service/explain/graph.h"
#include "service/explain/internal.h"

#define LABEL_MAX (16u * 1024u)

static_assert(PG_GRAPH_EDGES < UINT16_MAX, "a slot holds an index");
static_assert((GRAPH_NODE_SLOTS & (GRAPH_NODE_SLOTS - 1)) == 0, "slots are masked");
static_assert((GRAPH_EDGE_SLOTS & (GRAPH_EDGE_SLOTS - 1)) == 0, "slots are masked");

static const char *const kind_names[] = {
#define X(name, text) text,
    GRAPH_KIND_LIST(X)
#undef X
};

static const char *const edge_names[] = {
#define X(name, text) text,
    GRAPH_EDGE_LIST(X)
#undef X
};

/* A relay is a process that was recognised. */
static enum graph_kind identity_kind(enum graph_kind kind) {
  return kind == GRAPH_RELAY ? GRAPH_PROCESS : kind;
}

static size_t slot_of(uint64_t a, uint64_t b, size_t slots) {
  uint64_t hash = (a ^ (b << 32) ^ (b >> 32)) * UINT64_C(0x9E3779B97F4A7C15);
  return (size_t)(hash >> 32) & (slots - 1);
}

uint32_t graph_node(struct graph *graph, enum graph_kind kind, const void *row,
                    uint32_t pid) {
  enum graph_kind same = identity_kind(kind);
  uint64_t rest = (uint64_t)pid << 8 | (uint64_t)same;
  size_t slot = slot_of((uint64_t)(uintptr_t)row, rest, GRAPH_NODE_SLOTS);
  for (; graph->node_slots[slot] != 0; slot = (slot + 1) & (GRAPH_NODE_SLOTS - 1)) {
    uint32_t index = graph->node_slots[slot] - 1u;
    const struct graph_node *node = &graph->nodes[index];
    if (identity_kind(node->kind) == same && node->row == row && node->pid == pid)
      return index;
  }
  if (graph->node_count == PG_GRAPH_NODES) {
    graph->truncated = true;
    return GRAPH_FULL;
  }
  graph->nodes[graph->node_count] =
      (struct graph_node){.kind = kind, .row = row, .pid = pid};
  graph->node_slots[slot] = (uint16_t)++graph->node_count;
  return (uint32_t)graph->node_count - 1;
}

void graph_edge(struct graph *graph, uint32_t from, uint32_t to,
                enum graph_edge_kind kind) {
  if (from == GRAPH_FULL || to == GRAPH_FULL)
    return;
  uint64_t ends = (uint64_t)from << 16 | to;
  size_t slot = slot_of(ends, (uint64_t)kind, GRAPH_EDGE_SLOTS);
  for (; graph->edge_slots[slot] != 0; slot = (slot + 1) & (GRAPH_EDGE_SLOTS - 1)) {
    const struct graph_edge *edge = &graph->edges[graph->edge_slots[slot] - 1u];
    if (edge->from == from && edge->to == to && edge->kind == kind)
      return;
  }
  if (graph->edge_count == PG_GRAPH_EDGES) {
    graph->truncated = true;
    return;
  }
  graph->edges[graph->edge_count] = (struct graph_edge){from, to, kind};
  graph->edge_slots[slot] = (uint16_t)++graph->edge_count;
}

/* --- labels --- */

static void label_listener(struct pg_text *out, const struct pg_listener *listener) {
  char text[PG_ENDPOINT_CHARS];
  pg_text_str_add(
      out, pg_endpoint_format(&listener->address, listener->port, text, sizeof text));
}

static void label_proxy(struct pg_text *out, const struct pg_port_proxy *proxy) {
  pg_text_printf(out, "%s: ", pg_proxy_kind_name(proxy->kind));
  explain_proxy_end(proxy->listen_address, proxy->listen_port, out);
  pg_text_str_add(out, " to ");
  explain_proxy_end(proxy->connect_address, proxy->connect_port, out);
}

static void label_range(struct pg_text *out, const struct pg_excluded_range *range) {
  pg_text_printf(out, "%u-%u (%s, %s)", (unsigned)range->first, (unsigned)range->last,
                 range->family == PG_IPV6 ? "IPv6" : "IPv4",
                 range->administered ? "administered" : "dynamic");
}

static void label(struct pg_text *out, const struct graph *graph,
                  const struct graph_node *node) {
  const struct pg_http_queue *queue = node->row;
  const struct pg_url *url = node->row;
  switch (node->kind) {
  case GRAPH_PORT:
    pg_text_printf(out, "TCP %u", (unsigned)graph->port);
    break;
  case GRAPH_LISTENER:
    label_listener(out, node->row);
    break;
  case GRAPH_DRIVER:
    pg_text_str_add(out, graph->driver);
    break;
  case GRAPH_QUEUE:
    pg_text_str_add(out, queue->name != NULL ? queue->name : "(unnamed)");
    break;
  case GRAPH_URL:
    pg_text_str_add(out, url->text);
    break;
  case GRAPH_PROCESS:
  case GRAPH_RELAY:
    explain_process_words(node->pid, snapshot_process(graph->snapshot, node->pid), out);
    break;
  case GRAPH_SERVICE:
    explain_service_words(node->row, out);
    break;
  case GRAPH_PROXY:
    label_proxy(out, node->row);
    break;
  case GRAPH_RANGE:
    label_range(out, node->row);
    break;
  case GRAPH_CONNECTION:
    explain_connection_words(node->row, out);
    break;
  }
}

static void key_node(struct pg_json *json, const char *key, size_t index) {
  struct pg_text id;
  pg_text_init(&id, 16);
  pg_text_printf(&id, "n%zu", index);
  pg_json_key_str(json, key, pg_text_str(&id));
  pg_text_free(&id);
}

static void write_node(struct pg_json *json, const struct graph *graph, size_t index) {
  const struct graph_node *node = &graph->nodes[index];
  struct pg_text text;
  pg_text_init(&text, LABEL_MAX);
  label(&text, graph, node);
  pg_json_object(json);
  key_node(json, "id", index);
  pg_json_key_str(json, "kind", kind_names[node->kind]);
  pg_json_key_str(json, "label", pg_text_str(&text));
  if (node->kind == GRAPH_PROCESS || node->kind == GRAPH_RELAY)
    pg_json_key_int(json, "pid", node->pid);
  if (node->kind == GRAPH_SERVICE) {
    const struct pg_service *service = node->row;
    pg_json_key_str(json, "service", service->name);
    pg_json_key_str(json, "state", pg_service_state_name(service->state));
  }
  pg_json_key_bool(json, "holder", node->holder);
  pg_json_end_object(json);
  pg_text_free(&text);
}

static void write_edge(struct pg_json *json, const struct graph_edge *edge) {
  pg_json_object(json);
  key_node(json, "from", edge->from);
  key_node(json, "to", edge->to);
  pg_json_key_str(json, "kind", edge_names[edge->kind]);
  pg_json_end_object(json);
}

void graph_write(struct pg_json *json, const struct graph *graph) {
  pg_json_key(json, "nodes");
  pg_json_array(json);
  for (size_t i = 0; i < graph->node_count; i++)
    write_node(json, graph, i);
  pg_json_end_array(json);
  pg_json_key(json, "edges");
  pg_json_array(json);
  for (size_t i = 0; i < graph->edge_count; i++)
    write_edge(json, &graph->edges[i]);
  pg_json_end_array(json);
  pg_json_key_bool(json, "truncated", graph->truncated);
}
