#include "common/protocol.h"

static void error_data(struct pg_json *json, const struct pg_fault *fault) {
  pg_json_key(json, "data");
  pg_json_object(json);
  if (fault->hint[0])
    pg_json_key_str(json, "hint", fault->hint);
  if (fault->param[0])
    pg_json_key_str(json, "param", fault->param);
  if (fault->rule[0])
    pg_json_key_str(json, "rule", fault->rule);
  if (fault->win32)
    pg_json_key_int(json, "win32", fault->win32);
  pg_json_end_object(json);
}

void pg_protocol_error(struct pg_json *json, const struct pg_fault *fault) {
  int code = pg_error_rpc(fault->code);
  /* 0 means a code that belongs to the client alone; a peer that meets one here
   * must still see an error. */
  if (code == 0)
    code = pg_error_rpc(PG_E_INTERNAL);
  pg_json_object(json);
  pg_json_key_int(json, "code", code);
  pg_json_key_str(json, "message",
                  fault->message[0] ? fault->message : pg_error_text(fault->code));
  if (fault->hint[0] || fault->param[0] || fault->rule[0] || fault->win32)
    error_data(json, fault);
  pg_json_end_object(json);
}
