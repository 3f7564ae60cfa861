#include "client/degraded.h"

#include "client/fields.h"
#include "client/one_off.h"
#include "client/platform.h"
#include "common/limits.h"

#include <string.h>

#define WARNING                                                                       \
  "the service is not running: this is a one-off look with your own rights, and may " \
  "miss holders"

static void announce(struct client *client) {
  if (client->announced)
    return;
  client->announced = true;
  client_say("%s", WARNING);
  client_hint(client_start_hint());
}

static bool make_false(cJSON *result, const char *key) {
  cJSON *value = cJSON_CreateFalse();
  if (value == NULL)
    return false;
  bool done = pg_json_member(result, key) != NULL
                  ? cJSON_ReplaceItemInObjectCaseSensitive(result, key, value)
                  : cJSON_AddItemToObject(result, key, value);
  if (!done)
    cJSON_Delete(value);
  return done;
}

static cJSON *warnings_of(cJSON *result) {
  cJSON *warnings = cJSON_GetObjectItemCaseSensitive(result, "warnings");
  if (cJSON_IsArray(warnings))
    return warnings;
  cJSON_DeleteItemFromObjectCaseSensitive(result, "warnings");
  return cJSON_AddArrayToObject(result, "warnings");
}

/* portguard's own commands need the service, which is not there. */
static void forget_commands(cJSON *result) {
  cJSON *fix, *fixes = cJSON_GetObjectItemCaseSensitive(result, "fixes");
  cJSON_ArrayForEach(fix, fixes) {
    cJSON_DeleteItemFromObjectCaseSensitive(fix, "commands");
  }
}

bool degraded_mark(cJSON *result) {
  forget_commands(result);
  cJSON *warnings = warnings_of(result);
  cJSON *words = cJSON_CreateString(WARNING);
  if (warnings == NULL || words == NULL || !cJSON_AddItemToArray(warnings, words)) {
    cJSON_Delete(words);
    return false;
  }
  return make_false(result, "complete");
}

static enum pg_error read_answer(const struct pg_text *text, uint16_t port,
                                 cJSON **result, struct pg_fault *fault) {
  const struct pg_json_limits limits = {PG_ANSWER_MAX, PG_CAPTURE_DEPTH, 0};
  enum pg_error err = pg_json_read(pg_text_str(text), text->len, &limits, result, fault);
  if (err != PG_OK)
    return err;
  bool answers = port == 0 ? field_array(*result, "ports") != NULL
                           : field_text(*result, "state") != NULL;
  if (!answers)
    err = pg_fail(fault, PG_E_FORMAT, "it is not an answer");
  else if (!degraded_mark(*result))
    err = pg_fail(fault, PG_E_NOMEM, "out of memory");
  if (err != PG_OK) {
    cJSON_Delete(*result);
    *result = NULL;
  }
  return err;
}

enum pg_error degraded_ask(struct client *client, uint16_t port, cJSON **result,
                           struct pg_fault *fault) {
  struct pg_text text;
  struct pg_fault why;
  memset(&why, 0, sizeof why);
  *result = NULL;
  pg_text_init(&text, PG_ANSWER_MAX);
  enum pg_error err = one_off_run(port, client->deadline, &text, &why);
  if (err == PG_OK)
    err = read_answer(&text, port, result, &why);
  pg_text_free(&text);
  if (err == PG_OK) {
    announce(client);
    return PG_OK;
  }
  pg_fail(fault, PG_E_UNREACHABLE,
          "the service is not running, and the one-off look failed: %.300s", why.message);
  pg_fault_hint(fault, "%s", client_start_hint());
  return PG_E_UNREACHABLE;
}
