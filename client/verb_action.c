/* stop, disable, restore and free: first the plan is shown and asked about, then exactly
 * that is done, or nothing. */
#include "client/action_text.h"
#include "client/fields.h"
#include "client/platform.h"
#include "client/verbs.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_CHARS 16

struct action {
  const char *method;
  const char *param; /* what its argument is: "port", "name" or "address" */
  uint16_t port;     /* 0: the argument as it is */
};

/* |plan| NULL: whatever is found. */
static void write_params(const struct client *client, const struct action *action,
                         const cJSON *plan, bool dry_run, struct pg_text *out) {
  const struct options *options = client->options;
  struct pg_json json;
  pg_json_start(&json, out);
  pg_json_object(&json);
  if (action->port != 0)
    pg_json_key_int(&json, action->param, action->port);
  else
    pg_json_key_str(&json, action->param, options->arguments[0]);
  if (options->dependents != NULL)
    pg_json_key_str(&json, "dependents", options->dependents);
  if (dry_run)
    pg_json_key_bool(&json, "dry_run", true);
  const cJSON *services = field_array(plan, "services");
  if (services != NULL) {
    pg_json_key(&json, "expect");
    client_write_json(&json, services);
  }
  pg_json_end_object(&json);
}

static enum pg_error ask(struct client *client, const struct action *action,
                         const cJSON *plan, bool dry_run, cJSON **result,
                         struct pg_fault *fault) {
  struct pg_text params;
  *result = NULL;
  pg_text_init(&params, PG_REQUEST_MAX);
  write_params(client, action, plan, dry_run, &params);
  enum pg_error err = call_ask(&client->call, action->method, &params, result, fault);
  pg_text_free(&params);
  return err;
}

static void show_progress(void *context, const cJSON *params) {
  struct pg_text line;
  (void)context;
  pg_text_init(&line, RENDER_LINE_MAX);
  struct render render = {.out = &line,
                          .columns = RENDER_COLUMNS,
                          .now = client_wall_ms(),
                          .local_time = client_local_time};
  action_progress_text(&render, params);
  fputs(pg_text_str(&line), stderr);
  fflush(stderr); /* Windows keeps it back when it is no console */
  pg_text_free(&line);
}

static bool says_yes(void) {
  char answer[ANSWER_CHARS];
  fputs("Do this? [y/N] ", stderr);
  fflush(stderr);
  return fgets(answer, sizeof answer, stdin) != NULL &&
         (answer[0] == 'y' || answer[0] == 'Y');
}

/* The plan has been shown. False: it is not to be done, and |*code| is the exit code. */
static bool may_go_on(const struct client *client, const cJSON *plan, int *code) {
  struct pg_fault fault;
  memset(&fault, 0, sizeof fault);
  *code = 0;
  if (cJSON_GetArraySize(field_array(plan, "steps")) == 0) {
    *code = action_is_done(plan) ? 0 : pg_error_exit(PG_E_WINDOWS);
    return false;
  }
  if (client->options->json || !client_can_ask()) {
    pg_fail(&fault, PG_E_USAGE,
            "nobody can be asked here: nothing was done without --yes");
    pg_fault_hint(&fault, "portguardctl %s %s --yes", client->options->verb->name,
                  client->options->arguments[0]);
    *code = client_report(client->options->json, &fault);
    return false;
  }
  if (says_yes())
    return true;
  client_say("nothing was done");
  return false;
}

/* Somebody may have taken his time, which is not the service's: it has hung up. */
static enum pg_error connect_again(struct client *client, struct pg_fault *fault) {
  call_close(&client->call);
  client->deadline = client_mono_ms() + (int64_t)client->options->timeout_ms;
  return client_connect_control(client, fault);
}

static int carry_out(struct client *client, const struct action *action,
                     const cJSON *plan) {
  struct pg_fault fault;
  cJSON *result = NULL;
  memset(&fault, 0, sizeof fault);
  enum pg_error err = plan != NULL ? connect_again(client, &fault) : PG_OK;
  client->call.progress = show_progress;
  if (err == PG_OK)
    err = ask(client, action, plan, false, &result, &fault);
  if (err != PG_OK)
    return client_report(client->options->json, &fault);
  int code = client_show(client, result, action_done_text);
  if (code == 0 && !action_is_done(result))
    code = pg_error_exit(PG_E_WINDOWS);
  cJSON_Delete(result);
  return code;
}

static int act(struct client *client, struct action *action) {
  const struct options *options = client->options;
  struct pg_fault fault;
  cJSON *plan = NULL;
  int code = 0;
  memset(&fault, 0, sizeof fault);
  enum pg_error err = PG_OK;
  if (options->verb->takes == VERB_TAKES_A_PORT)
    err = options_port(options, 0, &action->port, &fault);
  if (err == PG_OK)
    err = client_connect_control(client, &fault);
  if (err == PG_OK && options->yes && !options->dry_run)
    return carry_out(client, action, NULL);
  if (err == PG_OK)
    err = ask(client, action, NULL, true, &plan, &fault);
  if (err != PG_OK)
    return client_report(options->json, &fault);
  if (!options->json || options->dry_run)
    code = client_show(client, plan, action_plan_text);
  if (code == 0 && !options->dry_run && may_go_on(client, plan, &code))
    code = carry_out(client, action, plan);
  cJSON_Delete(plan);
  return code;
}

int verb_stop(struct client *client) {
  return act(client, &(struct action){"service.stop", "name", 0});
}

int verb_disable(struct client *client) {
  return act(client, &(struct action){"service.disable", "name", 0});
}

int verb_restore(struct client *client) {
  return act(client, &(struct action){"service.restore", "name", 0});
}

int verb_free(struct client *client) {
  return act(client, &(struct action){"port.free", "port", 0});
}

int verb_listen_add(struct client *client) {
  return act(client, &(struct action){"iplisten.add", "address", 0});
}

int verb_listen_delete(struct client *client) {
  return act(client, &(struct action){"iplisten.delete", "address", 0});
}
