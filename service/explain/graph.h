/* A small directed graph of rows of one snapshot: every row is one node, however
 * often it is reached, and the nodes keep the order in which they were found. */
#ifndef PG_EXPLAIN_GRAPH_H
#define PG_EXPLAIN_GRAPH_H

#include "common/json.h"
#include "common/limits.h"
#include "service/snapshot/snapshot.h"

/* enum name, word; what |row| of such a node points to is said in graph_nodes.c */
#define GRAPH_KIND_LIST(X) \
  X(PORT, "port")          \
  X(LISTENER, "listener")  \
  X(DRIVER, "driver")      \
  X(QUEUE, "queue")        \
  X(URL, "url")            \
  X(PROCESS, "process")    \
  X(RELAY, "relay")        \
  X(SERVICE, "service")    \
  X(PROXY, "proxy")        \
  X(RANGE, "range")        \
  X(CONNECTION, "connection")

enum graph_kind {
#define X(name, text) GRAPH_##name,
  GRAPH_KIND_LIST(X)
#undef X
};

/* From the near end to the far one: port to listener, listener to driver … NEEDS: to
 * the service it depends on; NEEDED_BY: to the one that depends on it. CANDIDATE: one
 * of several services that may be behind it. */
#define GRAPH_EDGE_LIST(X)    \
  X(LISTENER, "listener")     \
  X(DRIVER, "driver")         \
  X(QUEUE, "queue")           \
  X(URL, "url")               \
  X(PROCESS, "process")       \
  X(CONTROLLER, "controller") \
  X(SERVICE, "service")       \
  X(CANDIDATE, "candidate")   \
  X(PROXY, "proxy")           \
  X(RANGE, "range")           \
  X(CONNECTION, "connection") \
  X(NEEDS, "needs")           \
  X(NEEDED_BY, "needed_by")

enum graph_edge_kind {
#define X(name, text) GRAPH_TO_##name,
  GRAPH_EDGE_LIST(X)
#undef X
};

struct graph_node {
  enum graph_kind kind;
  const void *row;
  uint32_t pid;    /* of a process or relay, which may have no row */
  bool holder;     /* must let go before the port is free */
  unsigned passed; /* for whoever walks the graph: which walks were here */
};

struct graph_edge {
  uint32_t from, to;
  enum graph_edge_kind kind;
};

/* Powers of two, never more than half full. */
#define GRAPH_NODE_SLOTS (2 * PG_GRAPH_NODES)
#define GRAPH_EDGE_SLOTS (2 * PG_GRAPH_EDGES)

struct graph {
  const struct pg_snapshot *snapshot;
  uint16_t port;
  const char *driver; /* what the port's driver is called */
  bool truncated;     /* something found no place */
  size_t node_count, edge_count;
  struct graph_node nodes[PG_GRAPH_NODES];
  struct graph_edge edges[PG_GRAPH_EDGES];
  /* By identity: 1 more than an index into |nodes| or |edges|, 0: empty. */
  uint16_t node_slots[GRAPH_NODE_SLOTS], edge_slots[GRAPH_EDGE_SLOTS];
};

#define GRAPH_FULL UINT32_MAX

/* The node of |row| (of a process or relay: of |pid|), which is made when it is not
 * there yet. GRAPH_FULL when there is no place for another. */
uint32_t graph_node(struct graph *graph, enum graph_kind kind, const void *row,
                    uint32_t pid);
/* Once, however often it is asked for; nothing when an end is GRAPH_FULL. */
void graph_edge(struct graph *graph, uint32_t from, uint32_t to,
                enum graph_edge_kind kind);
/* "nodes", "edges" and "truncated". */
void graph_write(struct pg_json *json, const struct graph *graph);

#endif
