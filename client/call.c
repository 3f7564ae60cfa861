#include "client/call.h"

#include "client/fields.h"
#include "common/limits.h"
#include "common/protocol.h"

#include <stdlib.h>
#include <string.h>

/* The answer is the envelope around a result; a capture is the deepest one. */
#define ANSWER_DEPTH (PG_CAPTURE_DEPTH + 2)

enum pg_error call_open(struct call *call, const char *pipe, bool any_owner,
                        int64_t deadline, struct pg_fault *fault) {
  memset(call, 0, sizeof *call);
  pg_text_init(&call->received, PG_ANSWER_MAX + PG_ANSWER_PIECE);
  call->deadline = deadline;
  return transport_open(pipe, any_owner, deadline, &call->transport, fault);
}

void call_close(struct call *call) {
  transport_close(call->transport);
  call->transport = NULL;
  pg_text_free(&call->received);
}

static void write_request(struct pg_text *line, uint32_t id, const char *method,
                          const struct pg_text *params) {
  struct pg_json json;
  pg_json_start(&json, line);
  pg_json_object(&json);
  pg_json_key_str(&json, "jsonrpc", "2.0");
  pg_json_key_int(&json, "id", id);
  pg_json_key_str(&json, "method", method);
  pg_json_key(&json, "params");
  if (params != NULL) {
    pg_json_raw(&json, params->data, params->len);
  } else {
    pg_json_object(&json);
    pg_json_end_object(&json);
  }
  pg_json_end_object(&json);
  pg_text_char(line, '\n');
}

/* A service over its quota answers -32002 and closes without reading: the words
 * are waiting although the request could not be sent. So a closed connection is
 * not yet a failure here; the receiving side finds out. */
static enum pg_error send_request(struct call *call, const char *method,
                                  const struct pg_text *params, struct pg_fault *fault) {
  struct pg_text line;
  if (params != NULL && params->failed)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  pg_text_init(&line, PG_REQUEST_MAX);
  write_request(&line, ++call->last_id, method, params);
  enum pg_error err;
  if (line.failed)
    err = pg_fail(fault, PG_E_NOMEM, "out of memory");
  else
    err = transport_send(call->transport, line.data, line.len, call->deadline, fault);
  pg_text_free(&line);
  return err == PG_E_UNREACHABLE ? PG_OK : err;
}

static enum pg_error closed_early(const struct call *call, struct pg_fault *fault) {
  pg_fail(fault, PG_E_UNREACHABLE, "the service closed the connection %s an answer",
          call->received.len == 0 ? "without" : "in the middle of");
  pg_fault_hint(fault, "portguardctl health");
  return PG_E_UNREACHABLE;
}

static enum pg_error receive_more(struct call *call, char *piece,
                                  struct pg_fault *fault) {
  size_t got = 0;
  enum pg_error err = transport_receive(call->transport, piece, PG_ANSWER_PIECE,
                                        call->deadline, &got, fault);
  if (err != PG_OK)
    return err;
  if (got == 0)
    return closed_early(call, fault);
  pg_text_add(&call->received, piece, got);
  return call->received.failed ? pg_fail(fault, PG_E_NOMEM, "out of memory") : PG_OK;
}

/* *len becomes the length of the first line in |received|, without line end. */
static enum pg_error receive_line(struct call *call, size_t *len,
                                  struct pg_fault *fault) {
  char *piece = malloc(PG_ANSWER_PIECE);
  if (piece == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  enum pg_error err = PG_OK;
  const char *end = NULL;
  size_t seen = 0;
  while (err == PG_OK) {
    size_t fresh = call->received.len - seen;
    if (fresh > 0)
      end = memchr(call->received.data + seen, '\n', fresh);
    if (end != NULL)
      break;
    seen = call->received.len;
    if (seen > PG_ANSWER_MAX)
      err = pg_fail(fault, PG_E_TOOBIG, "the answer is longer than %u MiB",
                    PG_ANSWER_MAX / PG_MIB);
    else
      err = receive_more(call, piece, fault);
  }
  free(piece);
  if (err == PG_OK)
    *len = (size_t)(end - call->received.data);
  return err;
}

static void consume(struct pg_text *text, size_t len) {
  memmove(text->data, text->data + len, text->len - len);
  text->len -= len;
  text->data[text->len] = '\0';
}

static enum pg_error not_an_answer(struct pg_fault *fault, const char *why) {
  pg_fail(fault, PG_E_FORMAT, "what the service sent is not an answer: %s", why);
  pg_fault_hint(fault, "portguardctl version");
  return PG_E_FORMAT;
}

/* A line that is no answer to anything: it has a method. False: it is none. */
static bool take_notification(struct call *call, size_t len) {
  const struct pg_json_limits limits = {PG_ANSWER_MAX, ANSWER_DEPTH, 0};
  cJSON *line = NULL;
  /* Cheaper than reading a whole answer twice: notifications are short. */
  if (len > PG_REQUEST_MAX ||
      pg_json_read(call->received.data, len, &limits, &line, NULL) != PG_OK)
    return false;
  const char *method = field_text(line, "method");
  const cJSON *params = field_object(line, "params");
  if (method != NULL && strcmp(method, "progress") == 0 && params != NULL &&
      call->progress != NULL)
    call->progress(call->progress_context, params);
  cJSON_Delete(line);
  if (method != NULL)
    consume(&call->received, len + 1);
  return method != NULL;
}

enum pg_error call_subscribe(struct call *call, const char *method,
                             const struct pg_text *params, struct pg_fault *fault) {
  return send_request(call, method, params, fault);
}

enum pg_error call_hear(struct call *call, cJSON **note, struct pg_fault *fault) {
  const struct pg_json_limits limits = {PG_REQUEST_MAX, ANSWER_DEPTH, 0};
  size_t len = 0;
  *note = NULL;
  enum pg_error err = receive_line(call, &len, fault);
  if (err != PG_OK)
    return err;
  (void)pg_json_read(call->received.data, len, &limits, note, NULL);
  if (field_text(*note, "method") == NULL || field_object(*note, "params") == NULL) {
    cJSON *result = NULL;
    cJSON_Delete(*note);
    *note = NULL;
    err = call_read_answer(call->received.data, len, call->last_id, &result, fault);
    cJSON_Delete(result);
    if (err == PG_OK)
      err = not_an_answer(fault, "it ended what has no end");
  }
  consume(&call->received, len + 1);
  return err;
}

enum pg_error call_ask(struct call *call, const char *method,
                       const struct pg_text *params, cJSON **result,
                       struct pg_fault *fault) {
  *result = NULL;
  size_t len = 0;
  enum pg_error err = send_request(call, method, params, fault);
  do {
    if (err == PG_OK)
      err = receive_line(call, &len, fault);
  } while (err == PG_OK && call->progress != NULL && take_notification(call, len));
  if (err != PG_OK) {
    call->broken = true;
    return err;
  }
  err = call_read_answer(call->received.data, len, call->last_id, result, fault);
  consume(&call->received, len + 1);
  if (err == PG_E_FORMAT || err == PG_E_NOMEM || err == PG_E_BUSY)
    call->broken = true;
  return err;
}

enum pg_error call_ask_port(struct call *call, const char *method, uint16_t port,
                            int max_age_ms, cJSON **result, struct pg_fault *fault) {
  struct pg_text params;
  struct pg_json json;
  *result = NULL;
  pg_text_init(&params, PG_REQUEST_MAX);
  pg_json_start(&json, &params);
  pg_json_object(&json);
  pg_json_key_int(&json, "port", port);
  if (max_age_ms >= 0)
    pg_json_key_int(&json, "max_age_ms", max_age_ms);
  pg_json_end_object(&json);
  enum pg_error err = call_ask(call, method, &params, result, fault);
  pg_text_free(&params);
  return err;
}

/* Words of the peer are data: escaped before they can reach a screen. */
static enum pg_error read_error(const cJSON *error, struct pg_fault *fault) {
  int64_t code = field_int(error, "code", 0);
  const char *message = field_text(error, "message");
  if (code >= 0 || code < INT32_MIN || message == NULL)
    return not_an_answer(fault, "its error has no code or no message");
  char shown[sizeof fault->message];
  enum pg_error err = pg_error_from_rpc((int)code);
  pg_fail(fault, err, "%s", pg_escape(shown, sizeof shown, message));
  const cJSON *data = field_object(error, "data");
  const char *hint = field_text(data, "hint");
  if (hint != NULL)
    pg_fault_hint(fault, "%s", pg_escape(shown, sizeof fault->hint, hint));
  const char *param = field_text(data, "param");
  if (param != NULL)
    pg_fault_param(fault, pg_escape(shown, sizeof fault->param, param));
  const char *rule = field_text(data, "rule");
  if (rule != NULL)
    pg_fault_rule(fault, pg_escape(shown, sizeof fault->rule, rule));
  int64_t win32 = field_int(data, "win32", 0);
  if (fault != NULL && win32 > 0 && win32 <= UINT32_MAX)
    fault->win32 = (uint32_t)win32;
  return err;
}

static enum pg_error read_envelope(cJSON *answer, uint32_t id, cJSON **result,
                                   struct pg_fault *fault) {
  const char *version = field_text(answer, "jsonrpc");
  if (version == NULL || strcmp(version, "2.0") != 0)
    return not_an_answer(fault, "it is not JSON-RPC 2.0");
  const cJSON *error = pg_json_member(answer, "error");
  const cJSON *value = pg_json_member(answer, "result");
  if ((error == NULL) == (value == NULL))
    return not_an_answer(fault, "it has neither a result nor an error, or both");
  /* id null belongs to an error about a request that was never read. */
  bool anonymous = error != NULL && cJSON_IsNull(pg_json_member(answer, "id"));
  if (!anonymous && field_int(answer, "id", -1) != (int64_t)id)
    return not_an_answer(fault, "it belongs to another request");
  if (error != NULL)
    return read_error(error, fault);
  if (!cJSON_IsObject(value))
    return not_an_answer(fault, "its result is not an object");
  *result = cJSON_DetachItemFromObjectCaseSensitive(answer, "result");
  return PG_OK;
}

enum pg_error call_read_answer(const char *line, size_t len, uint32_t id, cJSON **result,
                               struct pg_fault *fault) {
  const struct pg_json_limits limits = {PG_ANSWER_MAX, ANSWER_DEPTH, 0};
  struct pg_fault why;
  memset(&why, 0, sizeof why);
  cJSON *answer = NULL;
  *result = NULL;
  enum pg_error err = pg_json_read(line, len, &limits, &answer, &why);
  if (err == PG_E_NOMEM)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  if (err != PG_OK)
    return not_an_answer(fault, why.message);
  err = cJSON_IsObject(answer) ? read_envelope(answer, id, result, fault)
                               : not_an_answer(fault, "it is not an object");
  cJSON_Delete(answer);
  return err;
}
