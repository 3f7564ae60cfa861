/* The client's own checks, and those of the service if it can be asked. */
#include "client/doctor_checks.h"
#include "client/doctor_text.h"
#include "client/fields.h"
#include "client/one_off.h"
#include "client/verbs.h"
#include "common/protocol.h"
#include "common/version.h"

#include <stdlib.h>
#include <string.h>

static bool asks_the_product(const struct client *client) {
  return client->options->pipe == NULL && client->options->control == NULL;
}

/* A JSON object, also where nothing was said. */
static cJSON *join(const struct pg_doctor_finding *findings, const cJSON *told) {
  struct pg_text text;
  struct pg_json json;
  bool healthy = field_is(told, "healthy", true);
  const struct pg_json_limits limits = {PG_ANSWER_MAX, PG_REQUEST_DEPTH, 0};
  cJSON *joined = NULL;
  pg_text_init(&text, PG_ANSWER_MAX);
  pg_json_start(&json, &text);
  for (int i = 0; i < PG_CHECK_COUNT; i++)
    if (told == NULL || pg_doctor_side((enum pg_doctor_check)i) == PG_DOCTOR_CLIENT)
      healthy = healthy && findings[i].state != PG_DOCTOR_FAILED;
  pg_json_object(&json);
  pg_json_key_int(&json, "schema", PG_SCHEMA_VERSION);
  pg_json_key_bool(&json, "healthy", healthy);
  pg_json_key(&json, "checks");
  pg_json_array(&json);
  for (int i = 0; i < PG_CHECK_COUNT; i++)
    if (told == NULL || pg_doctor_side((enum pg_doctor_check)i) == PG_DOCTOR_CLIENT)
      pg_doctor_write(&json, (enum pg_doctor_check)i, &findings[i]);
  const cJSON *check;
  cJSON_ArrayForEach(check, field_array(told, "checks")) {
    client_write_json(&json, check);
  }
  pg_json_end_array(&json);
  pg_json_end_object(&json);
  if (!text.failed)
    (void)pg_json_read(pg_text_str(&text), text.len, &limits, &joined, NULL);
  pg_text_free(&text);
  return joined;
}

static int exit_code(const cJSON *joined, const struct pg_fault *unasked) {
  if (unasked->code != PG_OK)
    return pg_error_exit(unasked->code);
  return field_is(joined, "healthy", true) ? 0 : pg_error_exit(PG_E_INTERNAL);
}

static int show(const struct client *client, const struct pg_doctor_finding *findings,
                const cJSON *told, const struct pg_fault *unasked) {
  struct pg_fault fault;
  memset(&fault, 0, sizeof fault);
  cJSON *joined = join(findings, told);
  if (joined == NULL) {
    pg_fail(&fault, PG_E_NOMEM, "out of memory");
    return client_report(client->options->json, &fault);
  }
  int code = client_show(client, joined, doctor_text);
  if (code == 0)
    code = exit_code(joined, unasked);
  cJSON_Delete(joined);
  return code;
}

struct answers {
  cJSON *version, *told;
};

/* PG_E_METHOD: the service is an older one, and has said at least its version. */
static void ask_both(struct call *call, struct answers *answers, struct pg_fault *fault) {
  cJSON_Delete(answers->version);
  answers->version = NULL;
  if (call_ask(call, "version", NULL, &answers->version, fault) == PG_OK)
    (void)call_ask(call, "doctor", NULL, &answers->told, fault);
}

static bool has_answered(const struct pg_fault *fault) {
  return fault->code == PG_OK || fault->code == PG_E_METHOD;
}

/* Whoever has the status pipe's name may also be silent: time is left for the other. */
static void ask_over_status(struct client *client, struct answers *answers,
                            bool has_control, struct pg_fault *fault) {
  int64_t now = client_mono_ms(), deadline = client->deadline;
  if (has_control)
    deadline = now + (deadline - now) / 2;
  if (client_open(client, &client->call, deadline, fault) == PG_OK)
    ask_both(&client->call, answers, fault);
}

/* When somebody else has the status pipe's name, the control pipe still answers
 * administrators. */
static void ask(struct client *client, struct client_facts *facts,
                struct answers *answers) {
  bool has_control = client->options->control != NULL || client_default_control() != NULL;
  struct pg_fault other;
  memset(&other, 0, sizeof other);
  ask_over_status(client, answers, has_control, &facts->connection);
  if (has_answered(&facts->connection) || facts->connection.code == PG_E_USAGE ||
      !has_control)
    return;
  call_close(&client->call);
  if (client_connect_control(client, &other) == PG_OK)
    ask_both(&client->call, answers, &other);
  if (!has_answered(&other))
    return;
  facts->connection = other;
  facts->over_control = true;
}

static int examine(struct client *client, const char *program, bool there) {
  struct pg_doctor_finding findings[PG_CHECK_COUNT];
  struct answers answers = {NULL, NULL};
  struct client_facts facts;
  memset(findings, 0, sizeof findings);
  memset(&facts, 0, sizeof facts);
  facts.client_version = PG_VERSION;
  facts.program = program;
  facts.program_there = there;
  if (asks_the_product(client))
    client_doctor_service(&facts.service);
  ask(client, &facts, &answers);
  if (facts.connection.code == PG_E_USAGE)
    return client_report(client->options->json, &facts.connection);
  facts.version = answers.version;
  struct pg_fault unasked = facts.connection;
  if (unasked.code == PG_E_METHOD) /* it has answered */
    facts.connection.code = PG_OK;
  client_doctor_check(&facts, findings);
  if (answers.told == NULL)
    client_doctor_skip(&unasked, findings);
  int code = show(client, findings, answers.told, &unasked);
  cJSON_Delete(answers.version);
  cJSON_Delete(answers.told);
  return code;
}

int verb_doctor(struct client *client) {
  bool there = false;
  char *program = one_off_program(&there);
  int code = examine(client, program, there);
  free(program);
  return code;
}
