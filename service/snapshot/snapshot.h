/* What one look at the machine found. Built by one worker, sealed, then
 * immutable: any thread may read it while it holds a reference. Everything a
 * snapshot points to lives in its own arena and goes with its last reference.
 *
 * Life:  snapshot_new -> sources add rows -> snapshot_seal (sort, index)
 *        -> explain_attribute (who holds each port) -> published by the loop.
 *
 * Strings are UTF-8 as the source gave them (not escaped: they are data from
 * outside). Times are Unix milliseconds, PG_TIME_UNKNOWN when not known. */
#ifndef PG_SNAPSHOT_H
#define PG_SNAPSHOT_H

#include "common/arena.h"
#include "common/error.h"
#include "service/snapshot/address.h"
#include "service/snapshot/network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* enum name, name in captures' source_errors, events and health */
#define PG_SOURCE_LIST(X)                      \
  X(TCP4, "tcp.ipv4")                          \
  X(TCP6, "tcp.ipv6")                          \
  X(PROCESSES, "processes")                    \
  X(SERVICES, "services")                      \
  X(SERVICE_TAGS, "service_tags")              \
  X(HTTP_STATE, "http.service_state")          \
  X(RESERVATIONS, "http.url_reservations")     \
  X(LISTEN_LIST, "http.ip_listen_list")        \
  X(CERTIFICATES, "http.certificate_bindings") \
  X(EXCLUDED4, "excluded_port_ranges.ipv4")    \
  X(EXCLUDED6, "excluded_port_ranges.ipv6")    \
  X(PORT_PROXIES, "port_proxies")              \
  X(CONNECTIONS, "tcp.connections")

enum pg_source {
#define X(name, text) PG_SOURCE_##name,
  PG_SOURCE_LIST(X)
#undef X
      PG_SOURCE_COUNT
};

const char *pg_source_name(enum pg_source source);

enum pg_source_state {
  PG_SOURCE_ABSENT, /* nobody asked, or the capture does not carry it */
  PG_SOURCE_READ,
  PG_SOURCE_FAILED,
};

struct pg_source_status {
  enum pg_source_state state;
  const char *error; /* why it failed, one line; NULL unless FAILED */
  int64_t read_at;   /* wall clock of the reading that is in here */
};

#define PG_SERVICE_STATE_LIST(X)          \
  X(STOPPED, "stopped")                   \
  X(START_PENDING, "start_pending")       \
  X(STOP_PENDING, "stop_pending")         \
  X(RUNNING, "running")                   \
  X(CONTINUE_PENDING, "continue_pending") \
  X(PAUSE_PENDING, "pause_pending")       \
  X(PAUSED, "paused")
#define PG_START_TYPE_LIST(X) \
  X(BOOT, "boot")             \
  X(SYSTEM, "system")         \
  X(AUTO, "auto")             \
  X(MANUAL, "manual")         \
  X(DISABLED, "disabled")
#define PG_SERVICE_TYPE_LIST(X)               \
  X(OWN_PROCESS, "own_process")               \
  X(SHARE_PROCESS, "share_process")           \
  X(USER_OWN_PROCESS, "user_own_process")     \
  X(USER_SHARE_PROCESS, "user_share_process") \
  X(KERNEL_DRIVER, "kernel_driver")           \
  X(FILE_SYSTEM_DRIVER, "file_system_driver")

/* UNKNOWN is 0 in each of them: what the source did not say. */
enum pg_service_state {
  PG_STATE_UNKNOWN,
#define X(name, text) PG_STATE_##name,
  PG_SERVICE_STATE_LIST(X)
#undef X
};
enum pg_start_type {
  PG_START_UNKNOWN,
#define X(name, text) PG_START_##name,
  PG_START_TYPE_LIST(X)
#undef X
};
enum pg_service_type {
  PG_TYPE_UNKNOWN,
#define X(name, text) PG_TYPE_##name,
  PG_SERVICE_TYPE_LIST(X)
#undef X
};

/* The word of the capture format, or NULL for UNKNOWN. The _from_ functions
 * answer UNKNOWN for a word that is not in the list. */
const char *pg_service_state_name(enum pg_service_state state);
const char *pg_start_type_name(enum pg_start_type type);
const char *pg_service_type_name(enum pg_service_type type);
enum pg_service_state pg_service_state_from_name(const char *name);
enum pg_start_type pg_start_type_from_name(const char *name);
enum pg_service_type pg_service_type_from_name(const char *name);

struct pg_listener {
  struct pg_address address;
  uint16_t port;
  uint32_t pid;
  uint32_t tag;       /* SCM service tag, 0 when unknown */
  int64_t created_at; /* when the socket was created */
};

struct pg_process {
  uint32_t pid;
  const char *name; /* "svchost.exe", never NULL */
  const char *path; /* NULL when Windows did not tell */
  int64_t started_at;
};

struct pg_service {
  const char *name;
  const char *display_name; /* NULL when the source had none */
  uint32_t pid;             /* 0 when it has no process */
  enum pg_service_state state;
  enum pg_start_type start_type;
  enum pg_service_type type;
  const char *const *depends_on; /* names, and "+group" entries */
  size_t depends_on_count;
  const char *group; /* load order group, or NULL */
  bool delayed, triggered, user_instance;
};

/* One dependency of one service on another, as indices into |services|. */
struct pg_edge {
  uint32_t needed, by;
};

/* What the tag API answered: the service of this thread tag in this process. */
struct pg_service_tag {
  uint32_t pid, tag;
  const char *service;
};

struct pg_url {
  const char *text; /* as HTTP.sys has it; scheme and host in lower case */
  uint16_t port;
};

/* One top-level block of `netsh http show servicestate view=requestq`. */
struct pg_http_queue {
  const char *name; /* NULL for an unnamed queue */
  const uint32_t *pids;
  size_t pid_count;
  uint32_t controller;         /* 0: none was named */
  const char *const *services; /* generation C, as listed, not yet checked */
  size_t service_count;
  const char *tagged_service; /* generation C, or NULL */
  const struct pg_url *urls;
  size_t url_count;
  /* The block's own counts of processes and URLs agree with what was parsed.
   * A program chooses its queue's name and may try to forge lines; what
   * disagrees is never `certain`. */
  bool counts_agree;
};

/* One port with at least one listener. Sorted by port. */
struct pg_holder;
struct pg_port {
  uint16_t port;
  bool kernel_owned; /* some listener belongs to the kernel */
  bool complete;     /* every source that matters here was read */
  /* The netsh text is older than this kernel-owned listener and a newer one is
   * on its way: the port is not reported to anyone until it is there. */
  bool pending;
  size_t first_listener, listener_count; /* into snapshot->listeners */
  size_t first_holder, holder_count;     /* into snapshot->holders, by explain */
  /* Monotonic milliseconds when the kernel-owned listener was first seen. */
  int64_t kernel_since;
  /* Who held it as last reported: the sorted identities of its holders, one
   * per line ("service:W3SVC"), NULL while nothing has been reported. Carried
   * on from the previous snapshot while this one cannot know better. */
  const char *reported;
};

struct pg_snapshot {
  struct pg_arena *arena;
  int64_t sampled_at;       /* wall clock */
  int64_t sampled_mono;     /* monotonic milliseconds */
  int64_t details_mono;     /* when processes and services were read */
  int64_t http_mono;        /* when the netsh reading began, 0: never */
  int64_t network_mono;     /* when that of the network configuration began, 0: never */
  int64_t connections_mono; /* when the connections were read, 0: not for this one */
  const char *os;           /* "Windows 10.0.20348", or NULL */
  struct pg_source_status sources[PG_SOURCE_COUNT];

  /* All sorted when sealed: listeners by port, family, address, pid;
   * processes by pid; services by name without regard to case; tags by pid and
   * tag. |services_by_pid| holds those with a process, by pid, then name. */
  struct pg_listener *listeners;
  size_t listener_count;
  struct pg_process *processes;
  size_t process_count;
  struct pg_service *services;
  size_t service_count;
  const struct pg_service **services_by_pid;
  size_t services_by_pid_count;
  struct pg_edge *edges; /* by |needed|, then |by|; names that no service has are out */
  size_t edge_count;
  struct pg_service_tag *tags;
  size_t tag_count;

  const char *http_text; /* verbatim, broken UTF-8 replaced; NULL: not read */
  size_t http_text_len;
  struct pg_http_queue *queues;
  size_t queue_count;
  /* Indices of every URL by port: (port, queue) pairs, sorted. */
  struct pg_url_ref *url_refs;
  size_t url_ref_count;
  /* Every URL once, by its text without regard to case. */
  struct pg_registration *registrations;
  size_t registration_count;

  struct pg_network network;

  struct pg_port *ports;
  size_t port_count;
  struct pg_holder *holders;
  size_t holder_count;
  struct pg_holder *queue_holders; /* one per queue, by explain */

  /* A plain number on purpose. While a worker builds a snapshot it has the only
   * reference and tells nobody; from the hand-over on, only the loop thread
   * takes and gives back references. A worker that reads a published snapshot
   * borrows a pointer the loop holds a reference for until the work is done. */
  int refs;
};

struct pg_url_ref {
  uint16_t port;
  uint32_t queue; /* index into queues */
};

/* An empty one with one reference, or NULL. Sources are ABSENT. The last unref
 * frees it and everything it points to. See |refs| for the threads. */
struct pg_snapshot *snapshot_new(void);
struct pg_snapshot *snapshot_ref(struct pg_snapshot *snapshot);
void snapshot_unref(struct pg_snapshot *snapshot); /* NULL is fine */

void snapshot_source_read(struct pg_snapshot *snapshot, enum pg_source source,
                          int64_t read_at);
void snapshot_source_failed(struct pg_snapshot *snapshot, enum pg_source source,
                            int64_t read_at, const char *error);

/* Before sealing: room for |count| more rows of one kind, zeroed, for the source
 * to fill. Not NULL for a count of 0; NULL when there is no memory. Rows of an
 * earlier call move: fill them before asking again. A source that fills fewer
 * takes the rest off the count in the snapshot. */
struct pg_listener *snapshot_listeners(struct pg_snapshot *snapshot, size_t count);
struct pg_process *snapshot_processes(struct pg_snapshot *snapshot, size_t count);
struct pg_service *snapshot_services(struct pg_snapshot *snapshot, size_t count);
struct pg_service_tag *snapshot_tags(struct pg_snapshot *snapshot, size_t count);
struct pg_reservation *snapshot_reservations(struct pg_snapshot *snapshot, size_t count);
struct pg_listen_entry *snapshot_listen_list(struct pg_snapshot *snapshot, size_t count);
struct pg_certificate *snapshot_certificates(struct pg_snapshot *snapshot, size_t count);
struct pg_excluded_range *snapshot_ranges(struct pg_snapshot *snapshot, size_t count);
struct pg_port_proxy *snapshot_proxies(struct pg_snapshot *snapshot, size_t count);
struct pg_connection *snapshot_connections(struct pg_snapshot *snapshot, size_t count);

/* Copies the details (processes, services, tags of still listening sockets,
 * their statuses and |details_mono|) of |from|, which is sealed, for a sample that
 * read the TCP table only. Call after the listeners were added and before
 * anything else. Errors: PG_E_NOMEM. */
enum pg_error snapshot_copy_details(struct pg_snapshot *snapshot,
                                    const struct pg_snapshot *from);

/* Copies the network configuration (its rows but the connections, its texts, the
 * statuses of its sources and |network_mono|) of |from|, sealed or not, which nobody
 * changes meanwhile. Errors: PG_E_NOMEM. */
enum pg_error snapshot_copy_network(struct pg_snapshot *snapshot,
                                    const struct pg_snapshot *from);

/* Sorts, builds the indices and the ports. Call once, after the last row.
 * Errors: PG_E_NOMEM. */
enum pg_error snapshot_seal(struct pg_snapshot *snapshot);

/* Look-ups in a sealed snapshot; NULL or 0 when there is none. */
const struct pg_port *snapshot_port(const struct pg_snapshot *snapshot, uint16_t port);
const struct pg_process *snapshot_process(const struct pg_snapshot *snapshot,
                                          uint32_t pid);
const struct pg_service *snapshot_service(const struct pg_snapshot *snapshot,
                                          const char *name);
/* The services of one process: *first points at the first of the returned count. */
size_t snapshot_services_of(const struct pg_snapshot *snapshot, uint32_t pid,
                            const struct pg_service *const **first);
const char *snapshot_tag_service(const struct pg_snapshot *snapshot, uint32_t pid,
                                 uint32_t tag);
/* The URL refs of one port: *first points at the first of the returned count. */
size_t snapshot_urls_of(const struct pg_snapshot *snapshot, uint16_t port,
                        const struct pg_url_ref **first);

/* The reservations of one port, which are not sorted by it: the first at or behind
 * *|at|, which is then behind it; NULL when there are no more. */
const struct pg_reservation *snapshot_next_reservation(const struct pg_snapshot *snapshot,
                                                       uint16_t port, size_t *at);
/* The port proxy rules that listen on the port, likewise. */
const struct pg_port_proxy *snapshot_next_proxy(const struct pg_snapshot *snapshot,
                                                uint16_t port, size_t *at);
/* The connections of one port: *first points at the first of the returned count. */
size_t snapshot_connections_of(const struct pg_snapshot *snapshot, uint16_t port,
                               const struct pg_connection **first);

/* The source of the listeners, and of the excluded ranges, of |family|. */
enum pg_source pg_source_of_listeners(enum pg_family family);
enum pg_source pg_source_of_ranges(enum pg_family family);
/* The source is one of the network configuration (see network.h). */
bool pg_source_is_network(enum pg_source source);
/* Somebody tried to read at least one of them. */
bool snapshot_has_network(const struct pg_snapshot *snapshot);

/* The source's rows are there: it neither failed nor is absent. */
bool snapshot_was_read(const struct pg_snapshot *snapshot, enum pg_source source);
/* Both families of the TCP table were read: no listener is missing. */
bool snapshot_table_read(const struct pg_snapshot *snapshot);

/* The one place that decides whether a listener belongs to the kernel. PID 4
 * is System; PID 0 owns no listener on Windows and is what Wine 8 shows for
 * HTTP.sys; "winedevice.exe" is the user-mode home Wine 10 gives to drivers. */
bool snapshot_kernel_owned(const struct pg_snapshot *snapshot, uint32_t pid);

#endif
