/* From a port to whoever must let go of it. Pure functions of a snapshot. */
#ifndef PG_EXPLAIN_H
#define PG_EXPLAIN_H

#include "common/json.h"
#include "service/snapshot/snapshot.h"

#define PG_HOLDER_KIND_LIST(X)          \
  X(UNKNOWN, "unknown")                 \
  X(PROCESS, "process")                 \
  X(SERVICE, "service")                 \
  X(SHARED_SERVICE, "shared_service")   \
  X(HTTP_SYS, "http.sys")               \
  X(PORTPROXY, "portproxy")             \
  X(WSL_RELAY, "wsl_relay")             \
  X(CONTAINER_RELAY, "container_relay") \
  X(DRIVER, "driver")                   \
  X(EXCLUDED_RANGE, "excluded_range")

enum pg_holder_kind {
#define X(name, text) PG_HOLDER_##name,
  PG_HOLDER_KIND_LIST(X)
#undef X
};

#define PG_CONFIDENCE_LIST(X) \
  X(UNKNOWN, "unknown")       \
  X(LIKELY, "likely")         \
  X(CERTAIN, "certain")

enum pg_confidence {
#define X(name, text) PG_CONFIDENCE_##name,
  PG_CONFIDENCE_LIST(X)
#undef X
};

const char *pg_holder_kind_name(enum pg_holder_kind kind);
const char *pg_confidence_name(enum pg_confidence confidence);

/* Why a holder is what it is said to be, one bit each; the sentences are made
 * when an answer is written (explain/evidence.c). */
enum pg_evidence {
  PG_EV_LISTENS = 1 << 0,            /* PID listens on address */
  PG_EV_QUEUE_URL = 1 << 1,          /* queue registers url */
  PG_EV_SERVICE_PID = 1 << 2,        /* the SCM runs the service in that process */
  PG_EV_TAG = 1 << 3,                /* the socket's service tag */
  PG_EV_TAGGED_LINE = 1 << 4,        /* netsh's Tagged Service line */
  PG_EV_CONTROLLER = 1 << 5,         /* the queue's controller process */
  PG_EV_TOP_OF_CHAIN = 1 << 6,       /* of several, the one that depends on the others */
  PG_EV_SEVERAL_IN_PROCESS = 1 << 7, /* several services, none told apart */
  PG_EV_COUNTS_DISAGREE = 1 << 8,    /* netsh's counts against its lists */
  PG_EV_PID_REUSED = 1 << 9,         /* the process started after the socket */
  PG_EV_PROCESS_GONE = 1 << 10,      /* no process has that PID any more */
  PG_EV_NO_REGISTRATION = 1 << 11,   /* HTTP.sys has no URL for the port */
  PG_EV_HTTP_UNKNOWN = 1 << 12,      /* HTTP.sys's state could not be read */
  PG_EV_NO_PID = 1 << 13,            /* the queue names no process */
  PG_EV_KNOWN_PORT = 1 << 14,        /* a port that one Windows driver always uses */
  PG_EV_SEVERAL_PROCESSES = 1 << 15, /* more than one process is attached to the queue */
  PG_EV_SERVICES_UNKNOWN = 1 << 16,  /* it may run a service: nobody could say */
  PG_EV_PROXY_RULE = 1 << 17,        /* a port proxy rule fits the listener */
  PG_EV_RELAY = 1 << 18,             /* the program's name is that of a relay */
  PG_EV_RANGE = 1 << 19,             /* an excluded port range holds the port */
  PG_EV_CANDIDATES = 1 << 20,        /* services that may stand behind a driver */
};

/* One per request queue, per service or per process. Pointers lead into the
 * same snapshot. */
struct pg_holder {
  enum pg_holder_kind kind;
  enum pg_confidence confidence;
  unsigned evidence;                /* enum pg_evidence bits */
  uint32_t pid;                     /* the process that holds or serves, 0: none */
  const struct pg_process *process; /* of |pid|, may be NULL */
  const struct pg_service *service; /* who must be stopped, may be NULL */
  uint32_t controller_pid;          /* HTTP.sys queues only */
  const struct pg_process *controller;
  const struct pg_http_queue *queue;
  /* When several services share |pid|; of a driver: who may stand behind it. */
  const struct pg_service *const *candidates;
  size_t candidate_count;
  const struct pg_port_proxy *proxy;     /* of a port proxy only */
  const struct pg_excluded_range *range; /* of an excluded range only */
  const char *known_as;  /* of a driver or relay, static text; NULL for all others */
  size_t first_listener; /* into snapshot->listeners: the first that is its */
  bool repeats;          /* an earlier holder of the port has the same owner */
};

/* Fills ports' holders, |complete|, |pending| and |reported|, once, right after
 * sealing. |previous| (may be NULL) gives what was reported so far.
 * |http_expected| says that a newer netsh reading will be asked for: then a
 * kernel-owned listener newer than the text is pending. Errors: PG_E_NOMEM. */
enum pg_error explain_attribute(struct pg_snapshot *snapshot,
                                const struct pg_snapshot *previous, bool http_expected);

/* "in_use", "reserved" (nobody listens, and a dynamic excluded range keeps IPv4 from
 * being bound), "free" or "unknown" (only when the TCP table could not be read). */
const char *explain_state(const struct pg_snapshot *snapshot, uint16_t port);

/* Could a server that binds the wildcard get the port now: "yes", "no",
 * "unknown". A listener on a specific address does not stand in the way. */
const char *explain_wildcard(const struct pg_snapshot *snapshot, uint16_t port);

/* Whether an answer about the port is "complete"; |port| NULL: nobody listens there. */
bool explain_answers_whole(const struct pg_snapshot *snapshot,
                           const struct pg_port *port);
/* Windows refuses a bind in it: dynamic, and not a single port. */
bool explain_range_refuses(const struct pg_excluded_range *range);

/* How many different owners (kind + service or image path) hold the port. */
size_t explain_owner_count(const struct pg_snapshot *snapshot,
                           const struct pg_port *port);

/* The two identities are equal: kind + service or image path. A PID counts only
 * where nothing else is known of both. */
bool explain_same_owner(const struct pg_holder *a, const struct pg_holder *b);

/* One line: "HTTP.sys holds port 80 for W3SVC (World Wide Web Publishing
 * Service)". Names from outside are in it as they are: whoever shows it escapes. */
void explain_summary(const struct pg_snapshot *snapshot, uint16_t port,
                     struct pg_text *out);
/* The holders alone, for an event: "W3SVC (World Wide Web Publishing Service)
 * through HTTP.sys, nginx.exe (PID 5120)". The first few owners, then "and N more". */
void explain_holder_names(const struct pg_snapshot *snapshot, const struct pg_port *port,
                          struct pg_text *out);
/* "0.0.0.0:80, [::]:80"; the first few, then "and N more". */
void explain_addresses(const struct pg_snapshot *snapshot, const struct pg_port *port,
                       struct pg_text *out);

/* The stamps of an answer. A quiet tick verifies a snapshot again without
 * building a new one, so these are not in the snapshot. */
struct explain_times {
  int64_t sampled_at;     /* wall clock of the sample that last verified it */
  int64_t age_ms;         /* how long ago that was, by the monotonic clock */
  int64_t http_age_ms;    /* age of the netsh text, -1 when there is none */
  int64_t network_age_ms; /* of the network configuration, likewise */
};

/* The result objects of `status`, `list` and `http.queues`. All of a status answer
 * but its stamps is touched by no clock, and can be kept for one snapshot: the
 * members before them (subject), after them (body), and those at the end, behind what
 * others know of the port (warnings), without the braces. */
void explain_status(struct pg_json *json, const struct pg_snapshot *snapshot,
                    uint16_t port, const struct explain_times *times);
void explain_status_subject(struct pg_json *json, const struct pg_snapshot *snapshot,
                            uint16_t port);
/* |http|: the answer rests on the netsh text, so its age is told. The ages are
 * the part of the stamps that follows "sampled_at". */
void explain_key_stamps(struct pg_json *json, const struct explain_times *times,
                        bool http);
void explain_key_ages(struct pg_json *json, const struct explain_times *times, bool http);
void explain_status_body(struct pg_json *json, const struct pg_snapshot *snapshot,
                         uint16_t port);
void explain_status_warnings(struct pg_json *json, const struct pg_snapshot *snapshot,
                             uint16_t port);
void explain_list(struct pg_json *json, const struct pg_snapshot *snapshot,
                  const struct explain_times *times);
void explain_queues(struct pg_json *json, const struct pg_snapshot *snapshot,
                    const struct explain_times *times);
/* The "holders" array of a port, without evidence: for events. */
void explain_holders_brief(struct pg_json *json, const struct pg_snapshot *snapshot,
                           const struct pg_port *port);
/* One of them. */
void explain_holder_brief(struct pg_json *json, const struct pg_holder *holder,
                          uint16_t port);
/* The holder's identity, a line of pg_port.reported, is |identity|. */
bool explain_is(const struct pg_holder *holder, const char *identity);
/* One queue's holder for an event: as words ("W3SVC (…)", "likely x.exe (PID 5)"),
 * and as an element of that array. */
void explain_queue_names(const struct pg_snapshot *snapshot,
                         const struct pg_http_queue *queue, struct pg_text *out);
void explain_queue_brief(struct pg_json *json, const struct pg_snapshot *snapshot,
                         const struct pg_http_queue *queue);

/* The result object of `graph`: the port, what it leads to, and the services around
 * the holders, at most PG_GRAPH_NODES of them. */
void explain_graph(struct pg_json *json, const struct pg_snapshot *snapshot,
                   uint16_t port, const struct explain_times *times);

/* The result objects of `http.reservations`, `http.iplisten` and `http.certificates`. */
void explain_reservations(struct pg_json *json, const struct pg_snapshot *snapshot,
                          const struct explain_times *times);
void explain_listen_list(struct pg_json *json, const struct pg_snapshot *snapshot,
                         const struct explain_times *times);
void explain_certificates(struct pg_json *json, const struct pg_snapshot *snapshot,
                          const struct explain_times *times);

#endif
