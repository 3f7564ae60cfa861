#include "service/control/request.h"

#include "common/limits.h"
#include "service/control/params.h"

#include <math.h>
#include <string.h>

void request_free(struct control_ask *ask) {
  cJSON_Delete(ask->tree);
  memset(ask, 0, sizeof *ask);
}

void request_id_init(struct request_id *id) {
  memset(id, 0, sizeof *id);
  pg_text_init(&id->text, PG_REQUEST_MAX);
}

void request_id_free(struct request_id *id) {
  pg_text_free(&id->text);
}

void request_id_write(struct pg_json *json, const struct request_id *id) {
  if (id->is_string)
    pg_json_text(json, pg_text_str(&id->text), id->text.len);
  else if (id->is_number)
    pg_json_int(json, id->number);
  else
    pg_json_null(json);
}

bool control_allowed(enum pg_role role, enum pg_role needed) {
  switch (needed) {
  case PG_ROLE_READER:
    return role == PG_ROLE_READER || role == PG_ROLE_ADMIN;
  case PG_ROLE_ADMIN:
    return role == PG_ROLE_ADMIN;
  case PG_ROLE_NONE:
    break;
  }
  return false;
}

static enum pg_error read_id(const cJSON *request, struct request_id *id,
                             struct pg_fault *fault) {
  const cJSON *member = pg_json_member(request, "id");
  if (member == NULL)
    return pg_fail(fault, PG_E_REQUEST,
                   "\"id\" is missing: notifications are not accepted");
  if (cJSON_IsString(member)) {
    pg_text_str_add(&id->text, member->valuestring);
    id->is_string = !id->text.failed;
    return id->is_string ? PG_OK : pg_fail(fault, PG_E_NOMEM, "out of memory");
  }
  double number = cJSON_IsNumber(member) ? member->valuedouble : 0.5;
  if (number != floor(number) || fabs(number) > (double)PG_ID_MAX)
    return pg_fail(fault, PG_E_REQUEST, "\"id\" must be a string or a whole number");
  id->number = (int64_t)number;
  id->is_number = true;
  return PG_OK;
}

static enum pg_error check_members(const cJSON *request, struct pg_fault *fault) {
  static const char *const known[] = {"jsonrpc", "id", "method", "params"};
  char shown[80];
  const cJSON *member;
  cJSON_ArrayForEach(member, request) {
    bool found = false;
    for (size_t i = 0; !found && i < sizeof known / sizeof *known; i++)
      found = strcmp(member->string, known[i]) == 0;
    if (!found)
      return pg_fail(fault, PG_E_REQUEST, "unknown member \"%s\" in the request",
                     pg_escape(shown, sizeof shown, member->string));
  }
  const cJSON *version = pg_json_member(request, "jsonrpc");
  if (!cJSON_IsString(version) || strcmp(version->valuestring, "2.0") != 0)
    return pg_fail(fault, PG_E_REQUEST, "\"jsonrpc\" must be \"2.0\"");
  if (!cJSON_IsString(pg_json_member(request, "method")))
    return pg_fail(fault, PG_E_REQUEST, "\"method\" must be a string");
  return PG_OK;
}

static enum pg_error find_verb(const char *method, const struct control_verb *verbs,
                               size_t count, enum pg_role role, struct control_ask *ask,
                               const struct control_verb **found,
                               struct pg_fault *fault) {
  char shown[80];
  for (size_t i = 0; i < count; i++) {
    if (strcmp(verbs[i].name, method) != 0)
      continue;
    ask->named = verbs[i].name;
    if (!control_allowed(role, verbs[i].role))
      return pg_fail(fault, PG_E_DENIED, "%s is not allowed on this pipe", verbs[i].name);
    *found = &verbs[i];
    return PG_OK;
  }
  return pg_fail(fault, PG_E_METHOD, "unknown method \"%s\"",
                 pg_escape(shown, sizeof shown, method));
}

static enum pg_error read_tree(const cJSON *request, const struct control_verb *verbs,
                               size_t verb_count, enum pg_role role,
                               struct control_ask *ask, struct request_id *id,
                               struct pg_fault *fault) {
  const struct control_verb *verb = NULL;
  if (cJSON_IsArray(request))
    return pg_fail(fault, PG_E_REQUEST,
                   "batches are not accepted: send one object per line");
  if (!cJSON_IsObject(request))
    return pg_fail(fault, PG_E_REQUEST, "a request is a JSON object");
  enum pg_error error = read_id(request, id, fault);
  if (error == PG_OK)
    error = check_members(request, fault);
  if (error == PG_OK)
    error = find_verb(pg_json_member(request, "method")->valuestring, verbs, verb_count,
                      role, ask, &verb, fault);
  if (error == PG_OK)
    error = params_read(verb, pg_json_member(request, "params"), ask->args, fault);
  if (error == PG_OK)
    ask->verb = verb;
  return error;
}

enum pg_error request_read(const char *line, size_t len, const struct control_verb *verbs,
                           size_t verb_count, enum pg_role role, struct control_ask *ask,
                           struct request_id *id, struct pg_fault *fault) {
  static const struct pg_json_limits limits = {PG_REQUEST_MAX, PG_REQUEST_DEPTH,
                                               PG_REQUEST_NODES};
  enum pg_error error = pg_json_read(line, len, &limits, &ask->tree, fault);
  if (error == PG_E_TOOBIG) {
    error = PG_E_REQUEST; /* too deep, too many values: JSON, but not a request */
    fault->code = error;
  }
  if (error == PG_OK)
    error = read_tree(ask->tree, verbs, verb_count, role, ask, id, fault);
  return error;
}
