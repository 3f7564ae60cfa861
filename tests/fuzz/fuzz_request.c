/* One request line, any bytes, as the service reads it from a client that it does
 * not trust. */
#include "common/limits.h"
#include "service/control/request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static enum pg_error answer(void *context, const struct control_ask *ask,
                            struct pg_json *json, struct pg_fault *fault) {
  (void)context, (void)ask, (void)json, (void)fault;
  return PG_OK;
}

/* The shape of the service's own table, which needs the whole loop. */
static const struct control_param status_params[] = {
    {"port", 1, 65535, true, CONTROL_NUMBER, NULL},
    {"max_age_ms", 0, 60000, false, CONTROL_NUMBER, NULL}};
static const char *const dependents[] = {"refuse", "stop", NULL};
static const struct control_param stop_params[] = {
    {"name", 1, 256, true, CONTROL_TEXT, NULL},
    {"dependents", 0, 0, false, CONTROL_CHOICE, dependents},
    {"expect", 0, 64, false, CONTROL_TEXTS, NULL},
    {"dry_run", 0, 0, false, CONTROL_FLAG, NULL},
};
static const struct control_param watch_params[] = {
    {"ports", 0, 256, false, CONTROL_PORTS, NULL},
    {"since_id", 0, 0, false, CONTROL_ID, NULL},
};
static const struct control_verb verbs[] = {
    {"ping", PG_ROLE_READER, NULL, 0, NULL, answer, NULL},
    {"status", PG_ROLE_READER, status_params, 2, NULL, answer, NULL},
    {"list", PG_ROLE_READER, NULL, 0, NULL, answer, NULL},
    {"http.queues", PG_ROLE_READER, NULL, 0, NULL, answer, NULL},
    {"watch", PG_ROLE_READER, watch_params, 2, NULL, answer, NULL},
    {"service.stop", PG_ROLE_ADMIN, stop_params, 4, NULL, answer, NULL},
    {"policy.reload", PG_ROLE_ADMIN, NULL, 0, NULL, answer, NULL},
};

static void check(bool holds) {
  if (!holds)
    abort();
}

static void check_ports(const cJSON *list, uint32_t max) {
  const cJSON *entry;
  check(cJSON_GetArraySize(list) <= (int)max);
  cJSON_ArrayForEach(entry, list) {
    double port = cJSON_IsNumber(entry) ? entry->valuedouble : 0;
    check(port >= 1 && port <= 65535 && port == (uint16_t)port);
  }
}

/* What was let through is what the table allows. */
static void check_ask(const struct control_ask *ask, enum pg_role role) {
  const struct control_verb *verb = ask->verb;
  check(control_allowed(role, verb->role));
  for (size_t i = 0; i < verb->param_count; i++) {
    const struct control_param *param = &verb->params[i];
    const struct control_arg *arg = &ask->args[i];
    check(arg->given || !param->required);
    if (!arg->given)
      continue;
    if (param->type == CONTROL_NUMBER)
      check(arg->number >= param->min && arg->number <= param->max);
    if (param->type == CONTROL_TEXT)
      check(strlen(arg->text) >= param->min && strlen(arg->text) <= param->max);
    if (param->type == CONTROL_TEXTS)
      check(cJSON_GetArraySize(arg->list) <= (int)param->max);
    if (param->type == CONTROL_PORTS)
      check_ports(arg->list, param->max);
    if (param->type == CONTROL_ID)
      check(arg->id >= 0 && arg->id <= PG_ID_MAX);
  }
}

/* Whatever the client chose, its id is one line of JSON. */
static void check_id(const struct request_id *id) {
  static const struct pg_json_limits limits = {8 * PG_REQUEST_MAX, 1, 1};
  struct pg_text text;
  struct pg_json json;
  cJSON *tree = NULL;
  pg_text_init(&text, 8 * PG_REQUEST_MAX);
  pg_json_start(&json, &text);
  request_id_write(&json, id);
  check(!text.failed);
  check(pg_json_read(text.data, text.len, &limits, &tree, NULL) == PG_OK);
  check(cJSON_IsString(tree) || cJSON_IsNumber(tree) || cJSON_IsNull(tree));
  for (size_t i = 0; i < text.len; i++)
    check(text.data[i] != '\n');
  cJSON_Delete(tree);
  pg_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const enum pg_role roles[] = {PG_ROLE_READER, PG_ROLE_ADMIN};
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
    struct control_ask ask = {0};
    struct request_id id;
    struct pg_fault fault = {0};
    request_id_init(&id);
    enum pg_error error =
        request_read((const char *)data, size, verbs, sizeof verbs / sizeof *verbs,
                     roles[i], &ask, &id, &fault);
    check((error == PG_OK) == (ask.verb != NULL));
    check(fault.code == error);
    if (error == PG_OK)
      check_ask(&ask, roles[i]);
    else
      check(fault.message[0] != '\0');
    check_id(&id);
    request_free(&ask);
    request_id_free(&id);
  }
  return 0;
}
