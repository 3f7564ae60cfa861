#include "client/degraded.h"
#include "client/fields.h"
#include "client/guarded.h"
#include "client/status_text.h"
#include "client/verbs.h"
#include "common/limits.h"

#include <stdio.h>
#include <string.h>

/* Nobody knows the guarded ports of a service that is not there: the ones it
 * guards unless it is told otherwise stand in. */
static enum pg_error default_ports(struct client *client, struct port_list *ports,
                                   struct pg_fault *fault) {
  if (client->absent) {
    port_list_add(ports, 80);
    port_list_add(ports, 443);
    return PG_OK;
  }
  cJSON *health = NULL;
  enum pg_error err = call_ask(&client->call, "health", NULL, &health, fault);
  if (err == PG_OK)
    err = port_list_guarded(ports, health, fault);
  cJSON_Delete(health);
  if (err != PG_OK)
    return err;
  if (ports->count == 0)
    client_say("no port is guarded; portguardctl list shows every listening port");
  if (ports->more)
    client_say("only the first %d guarded ports are asked about", PG_CLIENT_PORTS);
  return PG_OK;
}

static enum pg_error ask_port(struct client *client, uint16_t port, cJSON **result,
                              struct pg_fault *fault) {
  if (client->absent)
    return degraded_ask(client, port, result, fault);
  enum pg_error err = call_ask_port(&client->call, "status", port, -1, result, fault);
  if (err == PG_OK && field_text(*result, "state") == NULL) {
    cJSON_Delete(*result);
    *result = NULL;
    err = pg_fail(fault, PG_E_FORMAT, "the answer for port %u has no state", port);
    pg_fault_hint(fault, "portguardctl version");
  }
  return err;
}

/* An error of the service about one port does not keep the others from being
 * asked; a connection that is no use any more does. The first failure gives the
 * exit code. */
static int show_ports(struct client *client, const struct port_list *ports) {
  int code = 0;
  bool shown = false;
  for (size_t i = 0; i < ports->count; i++) {
    struct pg_fault fault;
    cJSON *result = NULL;
    int now;
    memset(&fault, 0, sizeof fault);
    if (ask_port(client, ports->ports[i], &result, &fault) == PG_OK) {
      if (shown && !client->options->json)
        putchar('\n');
      shown = true;
      now = client_show(client, result, status_text);
      cJSON_Delete(result);
    } else {
      now = client_report(client->options->json, &fault);
    }
    code = code == 0 ? now : code;
    if (now != 0 && (client->absent || client->call.broken))
      break;
  }
  return code;
}

int verb_status(struct client *client) {
  struct port_list ports = {.count = 0};
  struct pg_fault fault;
  memset(&fault, 0, sizeof fault);
  enum pg_error err = port_list_read(&ports, client->options, &fault);
  if (err == PG_OK)
    err = client_connect(client, &fault);
  if (client->absent)
    err = PG_OK;
  if (err == PG_OK && client->options->argument_count == 0)
    err = default_ports(client, &ports, &fault);
  if (err != PG_OK)
    return client_report(client->options->json, &fault);
  return show_ports(client, &ports);
}
