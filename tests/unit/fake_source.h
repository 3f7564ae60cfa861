/* A machine made by hand, for whole-service tests: listeners, one process, one
 * service and HTTP.sys text that a test changes while the loop runs. Every event is
 * also appended to the file that PG_EVENT_LINES names, as a line of JSON. */
#ifndef PG_FAKE_SOURCE_H
#define PG_FAKE_SOURCE_H

#include "service/action/actor.h"
#include "service/eventlog/eventlog.h"
#include "service/sources/source.h"

#include <stdbool.h>
#include <uv.h>

#define FAKE_ROWS 16
#define FAKE_EVENTS 2048

struct fake_row {
  uint16_t port;
  uint32_t pid;
};

struct fake_machine {
  uv_mutex_t lock;
  uv_cond_t changed;
  /* The machine. Change it between fake_lock and fake_unlock. */
  struct fake_row rows[FAKE_ROWS];
  size_t row_count;
  bool tcp_fails, services_fail;
  unsigned sample_ms;    /* how long a look takes */
  const char *ipv6;      /* the address of all rows; NULL: 0.0.0.0 */
  const char *http_text; /* NULL: the netsh run fails */
  bool http_hangs;       /* until it is set back */
  /* The network configuration. Without |has_network| the machine has none to read, as
   * a capture; set it before the loop starts. NULL: the source fails. */
  bool has_network, network_hangs, network_changed;
  const char *reserved_url, *reserved_sddl, *listen_entry, *ranges, *account;
  bool account_hangs;
  unsigned connected_port; /* a connection uses it; 0: none */
  /* Of the service: what an actor did to it. */
  bool stopped, stop_refuses, stop_hangs, comes_back;
  unsigned stops;   /* asked for so far */
  unsigned version; /* fake_unlock counts it up */
  /* What was seen. */
  unsigned samples, http_runs, network_runs, account_runs;
  struct fake_event {
    enum pg_event_id id;
    char first[64], second[512], third[256], last[1024];
  } events[FAKE_EVENTS];
  size_t event_count;
  unsigned sampled_version; /* worker only */
};

void fake_open(struct fake_machine *machine, struct source *source,
               struct event_sink *sink);
/* After fake_open: gives |source| the network configuration if the machine has one. */
void fake_add_network(struct fake_machine *machine, struct source *source);
/* Stops and starts the machine's service. */
struct actor fake_actor(struct fake_machine *machine);
void fake_close(struct fake_machine *machine);
void fake_lock(struct fake_machine *machine);
void fake_unlock(struct fake_machine *machine);
/* Waits up to |ms| for an event of |id| whose first string is |first| (NULL: any),
 * from the event number *|from| on; *|from| is then behind it. NULL: it did not
 * come. */
const struct fake_event *fake_wait_event(struct fake_machine *machine, size_t *from,
                                         enum pg_event_id id, const char *first,
                                         unsigned ms);
/* How many events of |id| there were so far. */
size_t fake_count(struct fake_machine *machine, enum pg_event_id id);

#endif
