/* One request line, from bytes to a verb with checked parameters. Pure. */
#ifndef PG_REQUEST_H
#define PG_REQUEST_H

#include "common/json.h"
#include "common/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_ARGS_MAX 4

/* Every parameter so far is a whole number; its range is part of the grammar. */
struct control_param {
  const char *name;
  uint32_t min, max;
  bool required;
};

struct control_ask;

struct control_verb {
  const char *name;
  enum pg_role role; /* the least role that may call it */
  const struct control_param *params;
  size_t param_count;
  /* Whether it can be answered now; otherwise it has asked for what is missing
   * and is called again when something new was published, and at the latest
   * PG_SLOW_WAIT_MS after |asked_mono|, when it must say true. NULL: always. */
  bool (*ready)(void *context, const struct control_ask *ask);
  /* Writes one JSON value, or fails and fills |fault|. */
  enum pg_error (*answer)(void *context, const struct control_ask *ask,
                          struct pg_json *json, struct pg_fault *fault);
};

struct control_ask {
  const struct control_verb *verb; /* NULL when the request was refused */
  uint32_t args[CONTROL_ARGS_MAX]; /* in the order of verb->params */
  bool given[CONTROL_ARGS_MAX];
  int64_t asked_mono; /* monotonic milliseconds */
};

/* The id of a request as it goes back: "null" until one could be read. */
struct request_id {
  bool is_string, is_number;
  struct pg_text text;
  int64_t number;
};

/* Whether |role| may call a verb of role |needed|. Fails closed: PG_ROLE_NONE may
 * call nothing and nothing may be called by everybody. */
bool control_allowed(enum pg_role role, enum pg_role needed);

/* Reads one line without its newline. |ask->verb| is set only on PG_OK. The id
 * is set whenever it could be read, so that an error can carry it. Errors:
 * PG_E_PARSE, PG_E_REQUEST, PG_E_METHOD, PG_E_PARAMS, PG_E_DENIED, PG_E_NOMEM. */
enum pg_error request_read(const char *line, size_t len, const struct control_verb *verbs,
                           size_t verb_count, enum pg_role role, struct control_ask *ask,
                           struct request_id *id, struct pg_fault *fault);

void request_id_init(struct request_id *id);
void request_id_free(struct request_id *id);
void request_id_write(struct pg_json *json, const struct request_id *id);

#endif
