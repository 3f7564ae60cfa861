/* What is configured rather than running: who may register with HTTP.sys and where
 * it listens, excluded port ranges, port proxies; and the local ports that
 * connections use. Rows of a snapshot: see snapshot.h for strings and life.
 *
 * Every table is sorted when the snapshot is sealed, by all of its columns in the
 * order of the struct, so that two tables are compared by walking side by side. */
#ifndef PG_NETWORK_H
#define PG_NETWORK_H

#include "service/snapshot/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A urlacl: the right to register with HTTP.sys. Never a holder. */
struct pg_reservation {
  const char *url;  /* as Windows has it, "http://+:80/x/" */
  const char *sddl; /* who has the right; NULL when the source had none */
  uint16_t port;    /* of |url|; 0: none could be read in it */
  /* Names from |sddl|, as many as there are accounts that may register; a SID
   * whose name is not known is written as it is. */
  const char *const *accounts;
  size_t account_count;
  bool sddl_broken; /* then |accounts| are those before the broken place */
};

/* One entry of HTTP.sys's IP listen list. An empty list: it listens everywhere. */
struct pg_listen_entry {
  const char *text;
  struct pg_address address; /* only when |is_address| */
  bool is_address;
};

struct pg_certificate {
  const char *endpoint; /* "0.0.0.0:443", "[::]:443", with SNI "host.example:443" */
  const char *hash;     /* hexadecimal, NULL when there was none */
  const char *store;    /* "MY", NULL likewise */
  const char *app_id;   /* "{4dc3e181-…}", NULL likewise */
};

/* Ports that Windows keeps from being bound, with nobody listening. */
struct pg_excluded_range {
  enum pg_family family;
  uint16_t first, last;
  bool administered; /* put there on purpose, and usually bindable all the same */
};

/* One dynamic port: what a registration with HTTP.sys looks like in the list. */
bool pg_range_is_single(const struct pg_excluded_range *range);

#define PG_PROXY_KIND_LIST(X) \
  X(V4TOV4, "v4tov4")         \
  X(V4TOV6, "v4tov6")         \
  X(V6TOV4, "v6tov4")         \
  X(V6TOV6, "v6tov6")

enum pg_proxy_kind {
  PG_PROXY_UNKNOWN,
#define X(name, text) PG_PROXY_##name,
  PG_PROXY_KIND_LIST(X)
#undef X
};

const char *pg_proxy_kind_name(enum pg_proxy_kind kind); /* NULL for UNKNOWN */
/* UNKNOWN for NULL and for a word that is none of them. */
enum pg_proxy_kind pg_proxy_kind_from_name(const char *name);

/* A rule of `netsh interface portproxy`; iphlpsvc listens for it. */
struct pg_port_proxy {
  enum pg_proxy_kind kind;
  const char *listen_address; /* "*" for any */
  uint16_t listen_port;
  const char *connect_address; /* may be a host name */
  uint16_t connect_port;
};

/* enum name, word, number in MIB_TCP_STATE */
#define PG_TCP_STATE_LIST(X)         \
  X(CLOSED, "closed", 1)             \
  X(SYN_SENT, "syn_sent", 3)         \
  X(SYN_RECEIVED, "syn_received", 4) \
  X(ESTABLISHED, "established", 5)   \
  X(FIN_WAIT_1, "fin_wait_1", 6)     \
  X(FIN_WAIT_2, "fin_wait_2", 7)     \
  X(CLOSE_WAIT, "close_wait", 8)     \
  X(CLOSING, "closing", 9)           \
  X(LAST_ACK, "last_ack", 10)        \
  X(TIME_WAIT, "time_wait", 11)      \
  X(DELETE_TCB, "delete_tcb", 12)    \
  X(BOUND, "bound", 100)

enum pg_tcp_state {
  PG_TCP_UNKNOWN = 0,
#define X(name, text, number) PG_TCP_##name = number,
  PG_TCP_STATE_LIST(X)
#undef X
};

const char *pg_tcp_state_name(enum pg_tcp_state state);     /* NULL for UNKNOWN */
enum pg_tcp_state pg_tcp_state_from_name(const char *name); /* likewise */

/* A local port in use although nobody listens on it: the near end of a connection,
 * or a socket that is bound and no more. Remote ends are never kept. */
struct pg_connection {
  uint16_t port;
  struct pg_address address;
  enum pg_tcp_state state;
  uint32_t pid;
};

/* A URL that somebody has registered with HTTP.sys now. */
struct pg_registration {
  const char *url;
  uint16_t port;
  uint32_t queue; /* index into the snapshot's queues */
};

/* The tables of a snapshot. Whether each was read is in snapshot->sources. */
struct pg_network {
  struct pg_reservation *reservations;
  size_t reservation_count;
  struct pg_listen_entry *listen_list;
  size_t listen_count;
  struct pg_certificate *certificates;
  size_t certificate_count;
  struct pg_excluded_range *ranges;
  size_t range_count;
  struct pg_port_proxy *proxies;
  size_t proxy_count;
  struct pg_connection *connections;
  size_t connection_count;
  const char *range_text[2]; /* by enum pg_family: netsh's, verbatim; NULL: not read */
};

#endif
