#include "client/fields.h"
#include "client/history_text.h"
#include "client/pager.h"
#include "client/verbs.h"
#include "common/json.h"

#include <string.h>

static void key_text(struct pg_json *json, const char *key, const char *value) {
  if (value != NULL)
    pg_json_key_str(json, key, value);
}

/* Times go as they were typed: the service knows this machine's zone. */
static void write_params(const struct history_asked *asked, struct pg_text *out) {
  struct pg_json json;
  pg_json_start(&json, out);
  pg_json_object(&json);
  if (asked->port != 0)
    pg_json_key_int(&json, "port", asked->port);
  key_text(&json, "since", asked->since);
  key_text(&json, "until", asked->until);
  key_text(&json, "holder", asked->holder);
  if (asked->limit != 0)
    pg_json_key_int(&json, "limit", asked->limit);
  pg_json_end_object(&json);
}

static enum pg_error ask(struct client *client, const struct history_asked *asked,
                         cJSON **result, struct pg_fault *fault) {
  struct pg_text params;
  enum pg_error err = client_connect(client, fault);
  if (err != PG_OK)
    return err;
  pg_text_init(&params, PG_REQUEST_MAX);
  write_params(asked, &params);
  err = call_ask(&client->call, "history", &params, result, fault);
  pg_text_free(&params);
  return err;
}

static int show(struct client *client, const struct history_asked *asked,
                const cJSON *result) {
  struct pg_text out;
  if (client->options->json)
    return client_show(client, result, NULL);
  pg_text_init(&out, CLIENT_OUTPUT_MAX);
  struct render render = client_screen(client, &out);
  history_text(&render, result, asked);
  int code =
      client->options->no_pager ? client_print(client, &out) : pager_print(client, &out);
  pg_text_free(&out);
  return code;
}

int verb_history(struct client *client) {
  const struct options *options = client->options;
  struct history_asked asked = {.since = options->since,
                                .until = options->until,
                                .holder = options->holder,
                                .limit = options->limit};
  struct pg_fault fault;
  cJSON *result = NULL;
  memset(&fault, 0, sizeof fault);
  enum pg_error err =
      options->argument_count > 0 ? options_port(options, 0, &asked.port, &fault) : PG_OK;
  if (err == PG_OK)
    err = ask(client, &asked, &result, &fault);
  call_close(&client->call); /* who reads in a pager needs no place in the service */
  if (err == PG_OK && field_array(result, "tenancies") == NULL)
    err = pg_fail(&fault, PG_E_FORMAT, "the answer has no tenancies");
  int code =
      err == PG_OK ? show(client, &asked, result) : client_report(options->json, &fault);
  cJSON_Delete(result);
  return code;
}
