#include "client/fields.h"
#include "client/health_text.h"
#include "client/policy_text.h"
#include "client/verbs.h"

#include <stdio.h>
#include <string.h>

static void reloaded_text(struct render *render, const cJSON *result) {
  char rules[24];
  health_configuration(render, result);
  snprintf(rules, sizeof rules, "%lld", (long long)field_int(result, "rules", 0));
  render_label_str(render, "Rules", rules);
  health_guarded(render, result);
  render_notes(render, result);
}

/* What is not given is left to the service. */
static void write_params(const struct options *options, struct pg_text *out) {
  struct pg_json json;
  pg_json_start(&json, out);
  pg_json_object(&json);
  if (options->argument_count > 0)
    pg_json_key_str(&json, "rule", options->arguments[0]);
  if (options->for_s > 0)
    pg_json_key_int(&json, "for_s", options->for_s);
  if (options->port > 0)
    pg_json_key_int(&json, "port", options->port);
  if (options->service != NULL)
    pg_json_key_str(&json, "service", options->service);
  if (options->at != NULL)
    pg_json_key_str(&json, "at", options->at);
  pg_json_end_object(&json);
}

static enum pg_error ask(struct client *client, const char *method, cJSON **result,
                         struct pg_fault *fault) {
  struct pg_text params;
  pg_text_init(&params, PG_REQUEST_MAX);
  write_params(client->options, &params);
  enum pg_error err = call_ask(&client->call, method, &params, result, fault);
  pg_text_free(&params);
  return err;
}

static int ask_and_show(struct client *client, const char *method,
                        void (*text)(struct render *render, const cJSON *result)) {
  bool controls = (client->options->verb->options & VERB_CONTROLS) != 0;
  struct pg_fault fault;
  cJSON *result = NULL;
  memset(&fault, 0, sizeof fault);
  enum pg_error err =
      controls ? client_connect_control(client, &fault) : client_connect(client, &fault);
  if (err == PG_OK)
    err = ask(client, method, &result, &fault);
  if (err != PG_OK)
    return client_report(client->options->json, &fault);
  int code = client_show(client, result, text);
  cJSON_Delete(result);
  return code;
}

int verb_policy_show(struct client *client) {
  return ask_and_show(client, "policy.show", policy_show_text);
}

int verb_policy_test(struct client *client) {
  return ask_and_show(client, "policy.test", policy_test_text);
}

int verb_policy_pause(struct client *client) {
  return ask_and_show(client, "policy.pause", policy_pause_text);
}

int verb_policy_resume(struct client *client) {
  return ask_and_show(client, "policy.resume", policy_resume_text);
}

int verb_policy_reload(struct client *client) {
  return ask_and_show(client, "policy.reload", reloaded_text);
}
