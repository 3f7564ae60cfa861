#include "client/fields.h"
#include "client/graph_text.h"
#include "client/verbs.h"

#include <string.h>

static void (*const writers[])(struct render *render, const cJSON *result) = {
    [FORMAT_TEXT] = graph_text,
    [FORMAT_DOT] = graph_dot,
    [FORMAT_MERMAID] = graph_mermaid,
};

int verb_graph(struct client *client) {
  struct pg_fault fault;
  cJSON *result = NULL;
  uint16_t port = 0;
  memset(&fault, 0, sizeof fault);
  enum pg_error err = options_port(client->options, 0, &port, &fault);
  if (err == PG_OK)
    err = client_connect(client, &fault);
  if (err == PG_OK)
    err = call_ask_port(&client->call, "graph", port, -1, &result, &fault);
  if (err == PG_OK && field_array(result, "nodes") == NULL) {
    err = pg_fail(&fault, PG_E_FORMAT, "the answer for port %u has no nodes", port);
    pg_fault_hint(&fault, "portguardctl version");
  }
  int code = err == PG_OK
                 ? client_show(client, result, writers[client->options->format_read])
                 : client_report(client->options->json, &fault);
  cJSON_Delete(result);
  return code;
}
