/* What could not be read, and what that means for the answer. */
#include "common/text.h"
#include "service/explain/internal.h"

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

static bool shares_process(const struct pg_snapshot *snapshot,
                           const struct pg_port *port) {
  for (size_t i = 0; i < port->holder_count; i++) {
    const struct pg_holder *holder = &snapshot->holders[port->first_holder + i];
    if (holder->kind == PG_HOLDER_SHARED_SERVICE && holder->service == NULL)
      return true;
  }
  return false;
}

/* The text was read, and still does not tell. */
static bool http_is_doubted(const struct pg_snapshot *snapshot,
                            const struct pg_port *port) {
  if (!snapshot_was_read(snapshot, PG_SOURCE_HTTP_STATE))
    return false;
  for (size_t i = 0; i < port->holder_count; i++)
    if ((snapshot->holders[port->first_holder + i].evidence & PG_EV_HTTP_UNKNOWN) != 0)
      return true;
  return false;
}

/* A source is missed only where it would have said something about the port. */
static bool matters(const struct pg_snapshot *snapshot, const struct pg_port *port,
                    enum pg_source source) {
  switch (source) {
  case PG_SOURCE_TCP4:
  case PG_SOURCE_TCP6:
    return true;
  case PG_SOURCE_PROCESSES:
  case PG_SOURCE_SERVICES:
    return port != NULL;
  case PG_SOURCE_SERVICE_TAGS:
    return port != NULL && shares_process(snapshot, port);
  case PG_SOURCE_HTTP_STATE:
    return port != NULL && port->kernel_owned && explain_known_driver(port->port) == NULL;
  case PG_SOURCE_RESERVATIONS:
  case PG_SOURCE_LISTEN_LIST:
  case PG_SOURCE_CERTIFICATES:
  case PG_SOURCE_EXCLUDED4:
  case PG_SOURCE_EXCLUDED6:
  case PG_SOURCE_PORT_PROXIES:
  case PG_SOURCE_CONNECTIONS:
    return false;
  case PG_SOURCE_COUNT:
    break;
  }
  return false;
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

static void doubt_warning(struct pg_json *json, bool pending) {
  pg_json_str(json, pending ? "http.service_state: netsh has not answered yet; who asked "
                              "HTTP.sys for the port is not known"
                            : "http.service_state: netsh's text is cut or contradicts "
                              "itself; who asked HTTP.sys for the port is not known");
}

void explain_warnings(struct pg_json *json, const struct pg_snapshot *snapshot,
                      const struct pg_port *port) {
  pg_json_array(json);
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    enum pg_source source = (enum pg_source)i;
    if (!snapshot_was_read(snapshot, source) && matters(snapshot, port, source))
      explain_source_warning(json, snapshot, source);
  }
  if (port != NULL && http_is_doubted(snapshot, port))
    doubt_warning(json, port->pending);
  pg_json_end_array(json);
}

static bool matters_to_any(const struct pg_snapshot *snapshot, enum pg_source source) {
  if (matters(snapshot, NULL, source))
    return true;
  for (size_t i = 0; i < snapshot->port_count; i++)
    if (matters(snapshot, &snapshot->ports[i], source))
      return true;
  return false;
}

void explain_list_warnings(struct pg_json *json, const struct pg_snapshot *snapshot) {
  pg_json_array(json);
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    enum pg_source source = (enum pg_source)i;
    if (!snapshot_was_read(snapshot, source) && matters_to_any(snapshot, source))
      explain_source_warning(json, snapshot, source);
  }
  const struct pg_port *doubted = NULL;
  for (size_t i = 0; i < snapshot->port_count && doubted == NULL; i++)
    if (http_is_doubted(snapshot, &snapshot->ports[i]))
      doubted = &snapshot->ports[i];
  if (doubted != NULL)
    doubt_warning(json, doubted->pending);
  pg_json_end_array(json);
}
