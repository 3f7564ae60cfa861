/* Which sources an answer about a port cannot do without: `complete` and the warnings
 * both come from here. */
#include "service/explain/internal.h"

#include "common/text.h"

static const char *consequence(enum pg_source source) {
  switch (source) {
  case PG_SOURCE_TCP4:
    return "listeners on IPv4 are not known";
  case PG_SOURCE_TCP6:
    return "listeners on IPv6 are not known";
  case PG_SOURCE_PROCESSES:
    return "owner processes have no names";
  case PG_SOURCE_SERVICES:
    return "services are not told from plain processes";
  case PG_SOURCE_SERVICE_TAGS:
    return "services that share a process are not told apart";
  case PG_SOURCE_HTTP_STATE:
    return "who asked HTTP.sys for the port is not known";
  case PG_SOURCE_RESERVATIONS:
    return "who may register URLs is not known";
  case PG_SOURCE_LISTEN_LIST:
    return "where HTTP.sys may listen is not known";
  case PG_SOURCE_CERTIFICATES:
    return "certificate bindings are not known";
  case PG_SOURCE_EXCLUDED4:
    return "whether Windows refuses an IPv4 bind is not known";
  case PG_SOURCE_EXCLUDED6:
    return "whether Windows refuses an IPv6 bind is not known";
  case PG_SOURCE_PORT_PROXIES:
    return "port proxies are not told from other listeners of IP Helper";
  case PG_SOURCE_CONNECTIONS:
    return "connections that use the port are not known";
  case PG_SOURCE_COUNT:
    break;
  }
  return "";
}

/* Services share the process, and none is told apart. */
static bool is_undecided(const struct pg_holder *holder) {
  if (holder->kind == PG_HOLDER_PORTPROXY)
    return (holder->evidence & PG_EV_SEVERAL_IN_PROCESS) != 0;
  return holder->kind == PG_HOLDER_SHARED_SERVICE && holder->service == NULL;
}

/* IP Helper listens itself, which it does for port proxies. */
static bool may_be_proxy(const struct pg_snapshot *snapshot,
                         const struct pg_holder *holder) {
  if (holder->kind != PG_HOLDER_SERVICE && holder->kind != PG_HOLDER_SHARED_SERVICE &&
      holder->kind != PG_HOLDER_PORTPROXY)
    return false;
  const struct pg_service *helper = snapshot_service(snapshot, "iphlpsvc");
  return helper != NULL && helper->pid == holder->pid &&
         (holder->service == NULL || holder->service == helper);
}

static bool any_holder(const struct pg_snapshot *snapshot, const struct pg_port *port,
                       bool (*wanted)(const struct pg_snapshot *snapshot,
                                      const struct pg_holder *holder)) {
  for (size_t i = 0; i < port->holder_count; i++)
    if (wanted(snapshot, &snapshot->holders[port->first_holder + i]))
      return true;
  return false;
}

static bool shares_process(const struct pg_snapshot *snapshot,
                           const struct pg_holder *holder) {
  (void)snapshot;
  return is_undecided(holder);
}

static bool is_doubted(const struct pg_snapshot *snapshot,
                       const struct pg_holder *holder) {
  (void)snapshot;
  return (holder->evidence & PG_EV_HTTP_UNKNOWN) != 0;
}

bool explain_is_http(const struct pg_port *port) {
  return port->kernel_owned && explain_known_driver(port->port) == NULL;
}

/* A source is missed only where it would have said something about the port. */
static bool matters(const struct pg_snapshot *snapshot, const struct pg_port *port,
                    enum pg_source source) {
  bool failed = snapshot->sources[source].state == PG_SOURCE_FAILED;
  switch (source) {
  case PG_SOURCE_TCP4:
  case PG_SOURCE_TCP6:
    return true;
  case PG_SOURCE_PROCESSES:
  case PG_SOURCE_SERVICES:
    return port != NULL;
  case PG_SOURCE_SERVICE_TAGS:
    return port != NULL && any_holder(snapshot, port, shares_process);
  case PG_SOURCE_HTTP_STATE:
    return port != NULL && explain_is_http(port);
  case PG_SOURCE_PORT_PROXIES:
    return port != NULL && any_holder(snapshot, port, may_be_proxy);
  case PG_SOURCE_EXCLUDED4:
  case PG_SOURCE_EXCLUDED6:
    return port == NULL;
  /* Beside the point while nobody has asked for them. */
  case PG_SOURCE_RESERVATIONS:
  case PG_SOURCE_CONNECTIONS:
    return port == NULL && failed;
  case PG_SOURCE_LISTEN_LIST:
    return port != NULL && explain_is_http(port) && failed;
  case PG_SOURCE_CERTIFICATES:
  case PG_SOURCE_COUNT:
    break;
  }
  return false;
}

bool explain_misses(const struct pg_snapshot *snapshot, const struct pg_port *port,
                    enum pg_source source) {
  return !snapshot_was_read(snapshot, source) && matters(snapshot, port, source);
}

bool explain_http_is_doubted(const struct pg_snapshot *snapshot,
                             const struct pg_port *port) {
  return snapshot_was_read(snapshot, PG_SOURCE_HTTP_STATE) &&
         any_holder(snapshot, port, is_doubted);
}

bool explain_is_complete(const struct pg_snapshot *snapshot, const struct pg_port *port) {
  for (int i = 0; i < PG_SOURCE_COUNT; i++)
    if (explain_misses(snapshot, port, (enum pg_source)i))
      return false;
  return port == NULL || !explain_http_is_doubted(snapshot, port);
}

bool explain_is_vague(const struct pg_snapshot *snapshot,
                      const struct pg_holder *holder) {
  const struct pg_source_status *sources = snapshot->sources;
  if (holder->confidence == PG_CONFIDENCE_UNKNOWN)
    return true;
  if ((holder->evidence & PG_EV_SERVICES_UNKNOWN) != 0)
    return true;
  if (is_undecided(holder) && !snapshot_was_read(snapshot, PG_SOURCE_SERVICE_TAGS))
    return true;
  return sources[PG_SOURCE_PORT_PROXIES].state == PG_SOURCE_FAILED &&
         may_be_proxy(snapshot, holder);
}

void explain_source_warning(struct pg_json *json, const struct pg_snapshot *snapshot,
                            enum pg_source source) {
  const char *error = snapshot->sources[source].error;
  struct pg_text text;
  pg_text_init(&text, 1024);
  pg_text_printf(&text, "%s: %s; %s", pg_source_name(source),
                 error != NULL ? error : "not available", consequence(source));
  pg_json_str(json, pg_text_str(&text));
  pg_text_free(&text);
}
