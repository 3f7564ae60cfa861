/* What `doctor` looks at, once for both programs: the service tells of its own checks,
 * the client adds its own, and says of the service's that they were skipped when there
 * is nobody to ask. docs/protocol.md and docs/troubleshooting.md explain each. */
#ifndef PG_DOCTOR_H
#define PG_DOCTOR_H

#include "common/error.h"
#include "common/json.h"

enum pg_doctor_side { PG_DOCTOR_CLIENT, PG_DOCTOR_SERVICE };

/* What the Windows service must be set to, one check each. */
#define PG_DOCTOR_SETUP_LIST(X)                      \
  X(IMAGE_PATH, "image_path", SERVICE)               \
  X(DESCRIPTION, "description", SERVICE)             \
  X(RECOVERY, "recovery", SERVICE)                   \
  X(RECOVERY_ON_ERROR, "recovery_on_error", SERVICE) \
  X(SID, "service_sid", SERVICE)                     \
  X(PRIVILEGES, "privileges", SERVICE)               \
  X(PRESHUTDOWN, "preshutdown", SERVICE)             \
  X(EVENT_SOURCE, "event_source", SERVICE)

/* enum name, name in the protocol, who looks. In the order they are told. */
#define PG_DOCTOR_LIST(X)                    \
  X(PROGRAM, "program", CLIENT)              \
  X(INSTALLED, "installed", CLIENT)          \
  X(RUNNING, "running", CLIENT)              \
  X(CONNECTION, "connection", CLIENT)        \
  X(VERSION, "version", CLIENT)              \
  X(STATUS_PIPE, "status_pipe", SERVICE)     \
  X(CONTROL_PIPE, "control_pipe", SERVICE)   \
  X(SETUP, "setup", SERVICE)                 \
  PG_DOCTOR_SETUP_LIST(X)                    \
  X(FOLDER, "folder", SERVICE)               \
  X(CONFIGURATION, "configuration", SERVICE) \
  X(STATE, "state", SERVICE)                 \
  X(HISTORY, "history", SERVICE)             \
  X(DISK, "disk", SERVICE)                   \
  X(EVENTS, "events", SERVICE)               \
  X(SOURCES, "sources", SERVICE)             \
  X(NETSH, "netsh", SERVICE)                 \
  X(HTTP_SERVICE, "http_service", SERVICE)   \
  X(CLOCK, "clock", SERVICE)

enum pg_doctor_check {
#define X(name, text, side) PG_CHECK_##name,
  PG_DOCTOR_LIST(X)
#undef X
      PG_CHECK_COUNT
};

/* enum name, name in the protocol */
#define PG_DOCTOR_STATE_LIST(X)                                                       \
  X(OK, "ok")                                                                         \
  X(WARNING, "warning") /* it works, and somebody should look at it */                \
  X(FAILED, "failed")   /* something does not work, or is less safe than it should */ \
  X(UNKNOWN, "unknown") /* it could not be found out */                               \
  X(SKIPPED, "skipped") /* there is nothing to look at here, or nobody who could */

enum pg_doctor_state {
#define X(name, text) PG_DOCTOR_##name,
  PG_DOCTOR_STATE_LIST(X)
#undef X
};

struct pg_doctor_finding {
  enum pg_doctor_state state;
  char detail[512]; /* what was found; already escaped for a screen */
  char hint[256];   /* a command that mends it, or shows more; "": none is needed */
};

const char *pg_doctor_name(enum pg_doctor_check check);
enum pg_doctor_side pg_doctor_side(enum pg_doctor_check check);
const char *pg_doctor_state_name(enum pg_doctor_state state);

/* |hint| NULL: none. */
void pg_doctor_say(struct pg_doctor_finding *out, enum pg_doctor_state state,
                   const char *hint, const char *format, ...) PG_PRINTF(4, 5);
/* The words and the hint of |fault|, or |hint| where it has none. */
void pg_doctor_say_fault(struct pg_doctor_finding *out, enum pg_doctor_state state,
                         const struct pg_fault *fault, const char *hint);
/* {"name","state","detail","hint"} */
void pg_doctor_write(struct pg_json *json, enum pg_doctor_check check,
                     const struct pg_doctor_finding *finding);

#endif
