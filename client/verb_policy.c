#include "client/fields.h"
#include "client/health_text.h"
#include "client/verbs.h"

#include <string.h>

static void reloaded_text(struct render *render, const cJSON *result) {
  health_configuration(render, result);
  health_guarded(render, result);
  render_notes(render, result);
}

int verb_policy_reload(struct client *client) {
  struct pg_fault fault;
  cJSON *result = NULL;
  memset(&fault, 0, sizeof fault);
  enum pg_error err = client_connect_control(client, &fault);
  if (err == PG_OK)
    err = call_ask(&client->call, "policy.reload", NULL, &result, &fault);
  if (err != PG_OK)
    return client_report(client->options->json, &fault);
  int code = client_show(client, result, reloaded_text);
  cJSON_Delete(result);
  return code;
}
