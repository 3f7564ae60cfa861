/* One request line, any bytes, as the service reads it from a client that it does
 * not trust. */
#include "common/limits.h"
#include "service/control/request.h"

#include <stdint.h>
#include <stdlib.h>

static enum pg_error answer(void *context, const struct control_ask *ask,
                            struct pg_json *json, struct pg_fault *fault) {
  (void)context, (void)ask, (void)json, (void)fault;
  return PG_OK;
}

/* The shape of the service's own table, which needs the whole loop. */
static const struct control_param status_params[] = {{"port", 1, 65535, true},
                                                     {"max_age_ms", 0, 60000, false}};
static const struct control_verb verbs[] = {
    {"ping", PG_ROLE_READER, NULL, 0, NULL, answer},
    {"status", PG_ROLE_READER, status_params, 2, NULL, answer},
    {"list", PG_ROLE_READER, NULL, 0, NULL, answer},
    {"http.queues", PG_ROLE_READER, NULL, 0, NULL, answer},
    {"policy.reload", PG_ROLE_ADMIN, NULL, 0, NULL, answer},
};

static void check(bool holds) {
  if (!holds)
    abort();
}

/* What was let through is what the table allows. */
static void check_ask(const struct control_ask *ask, enum pg_role role) {
  const struct control_verb *verb = ask->verb;
  check(control_allowed(role, verb->role));
  for (size_t i = 0; i < verb->param_count; i++) {
    check(ask->given[i] || !verb->params[i].required);
    if (ask->given[i])
      check(ask->args[i] >= verb->params[i].min && ask->args[i] <= verb->params[i].max);
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
    request_id_free(&id);
  }
  return 0;
}
