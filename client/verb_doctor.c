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

/* Whoever cannot be reached over the one pipe, because somebody else has its name, may
 * still answer administrators over the other. */
static void connect_somehow(struct client *client, struct client_facts *facts) {
  struct pg_fault other;
  memset(&other, 0, sizeof other);
  bool has_control = client->options->control != NULL || client_default_control() != NULL;
  if (client_connect(client, &facts->connection) == PG_OK || !has_control)
    return;
  call_close(&client->call);
  if (client_connect_control(client, &other) != PG_OK)
    return;
  memset(&facts->connection, 0, sizeof facts->connection);
  facts->over_control = true;
}

static bool asks_the_product(const struct client *client) {
  return client->options->pipe == NULL && client->options->control == NULL;
}

/* A JSON object, also where nothing was said. */
static cJSON *join(const struct pg_doctor_finding *findings, const cJSON *told) {
  struct pg_text text;
  struct pg_json json;
  bool healthy = !field_is(told, "healthy", false);
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
  if (unasked->code != PG_OK && unasked->code != PG_E_METHOD)
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

/* Connecting is not enough: it has to answer. */
static void ask(struct client *client, struct client_facts *facts, cJSON **version,
                cJSON **told, struct pg_fault *unasked) {
  connect_somehow(client, facts);
  *unasked = facts->connection;
  if (unasked->code == PG_OK)
    (void)call_ask(&client->call, "version", NULL, version, unasked);
  if (unasked->code == PG_OK)
    (void)call_ask(&client->call, "doctor", NULL, told, unasked);
  if (unasked->code != PG_E_METHOD)
    facts->connection = *unasked;
  facts->version = *version;
}

static int examine(struct client *client, const char *program, bool there) {
  struct pg_doctor_finding findings[PG_CHECK_COUNT];
  struct client_facts facts;
  struct pg_fault unasked;
  cJSON *version = NULL, *told = NULL;
  memset(findings, 0, sizeof findings);
  memset(&facts, 0, sizeof facts);
  facts.client_version = PG_VERSION;
  facts.program = program;
  facts.program_there = there;
  if (asks_the_product(client))
    client_doctor_service(&facts.service);
  ask(client, &facts, &version, &told, &unasked);
  if (unasked.code == PG_E_USAGE)
    return client_report(client->options->json, &unasked);
  client_doctor_check(&facts, findings);
  if (told == NULL)
    client_doctor_skip(&unasked, findings);
  int code = show(client, findings, told, &unasked);
  cJSON_Delete(version);
  cJSON_Delete(told);
  return code;
}

int verb_doctor(struct client *client) {
  bool there = false;
  char *program = one_off_program(&there);
  int code = examine(client, program, there);
  free(program);
  return code;
}
