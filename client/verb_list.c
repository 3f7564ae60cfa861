#include "client/degraded.h"
#include "client/fields.h"
#include "client/list_text.h"
#include "client/verbs.h"

#include <string.h>

int verb_list(struct client *client) {
  struct pg_fault fault;
  cJSON *result = NULL;
  memset(&fault, 0, sizeof fault);
  enum pg_error err = client_ask(client, "list", &result, &fault);
  if (client->absent)
    err = degraded_ask(client, 0, &result, &fault);
  if (err == PG_OK && field_array(result, "ports") == NULL)
    err = pg_fail(&fault, PG_E_FORMAT, "the answer has no ports");
  int code = err == PG_OK ? client_show(client, result, list_text)
                          : client_report(client->options->json, &fault);
  cJSON_Delete(result);
  return code;
}
