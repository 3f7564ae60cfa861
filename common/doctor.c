#include "common/doctor.h"

#include "common/text.h"

#include <stdio.h>

static const struct {
  const char *name;
  enum pg_doctor_side side;
} checks[] = {
#define X(name, text, side) [PG_CHECK_##name] = {text, PG_DOCTOR_##side},
    PG_DOCTOR_LIST(X)
#undef X
};

const char *pg_doctor_name(enum pg_doctor_check check) {
  return checks[check].name;
}

enum pg_doctor_side pg_doctor_side(enum pg_doctor_check check) {
  return checks[check].side;
}

const char *pg_doctor_state_name(enum pg_doctor_state state) {
  static const char *const names[] = {
#define X(name, text) [PG_DOCTOR_##name] = text,
      PG_DOCTOR_STATE_LIST(X)
#undef X
  };
  return names[state];
}

void pg_doctor_say(struct pg_doctor_finding *out, enum pg_doctor_state state,
                   const char *hint, const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)vsnprintf(out->detail, sizeof out->detail, format, args);
  va_end(args);
  out->state = state;
  (void)pg_copy(out->hint, sizeof out->hint, hint != NULL ? hint : "");
}

void pg_doctor_say_fault(struct pg_doctor_finding *out, enum pg_doctor_state state,
                         const struct pg_fault *fault, const char *hint) {
  pg_doctor_say(out, state, fault->hint[0] != '\0' ? fault->hint : hint, "%s",
                fault->message);
}

void pg_doctor_write(struct pg_json *json, enum pg_doctor_check check,
                     const struct pg_doctor_finding *finding) {
  pg_json_object(json);
  pg_json_key_str(json, "name", pg_doctor_name(check));
  pg_json_key_str(json, "state", pg_doctor_state_name(finding->state));
  pg_json_key_str(json, "detail", finding->detail);
  pg_json_key_str(json, "hint", finding->hint[0] != '\0' ? finding->hint : NULL);
  pg_json_end_object(json);
}
