/* One request line, from bytes to a verb with checked parameters. Pure. */
#ifndef PG_REQUEST_H
#define PG_REQUEST_H

#include "common/json.h"
#include "common/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_ARGS_MAX 5

/* Room for a SID ("S-1-5-21-…-1001"), "uid:1000" or "unknown". */
#define PG_USER_CHARS 192
#define PG_USER_UNKNOWN "unknown"

enum control_type {
  CONTROL_NUMBER, /* whole, |min| to |max| */
  CONTROL_TEXT,   /* |min| to |max| bytes */
  CONTROL_TEXTS,  /* up to |max| texts, each of 1 to PG_REQUEST_TEXT_MAX bytes */
  CONTROL_PORTS,  /* up to |max| ports */
  CONTROL_ID,     /* whole, 0 to PG_ID_MAX */
  CONTROL_CHOICE, /* one of |choices| */
  CONTROL_FLAG,   /* true or false */
};

/* A parameter's type and range are part of the grammar. */
struct control_param {
  const char *name;
  uint32_t min, max;
  bool required;
  enum control_type type;
  const char *const *choices; /* up to a NULL */
};

struct control_arg {
  bool given;
  uint32_t number;   /* of a choice its place, of a flag 1 or 0 */
  const char *text;  /* of CONTROL_TEXT */
  const cJSON *list; /* of CONTROL_TEXTS and CONTROL_PORTS */
  int64_t id;        /* of CONTROL_ID */
};

struct control_ask;

/* Who asks. */
struct control_caller {
  char user[PG_USER_CHARS]; /* a SID, "uid:1000" or "unknown" */
  enum pg_role role;
};

/* In the place of |wait_ms|: the request waits until its client leaves, is never
 * answered, and a client that does not read what it is told is left alone. Nothing more
 * is read from it. */
#define CONTROL_FOR_EVER 0

/* Of a verb whose work goes on while its request waits. */
struct control_work {
  /* Once, when the request has been read. Starts the work, or refuses. */
  enum pg_error (*begin)(void *context, struct control_ask *ask,
                         const struct control_caller *caller, struct pg_fault *fault);
  /* Writes one value, the params of a notification; false: there is nothing new. */
  bool (*progress)(void *context, struct control_ask *ask, struct pg_json *json);
  /* Once for every begin that did not refuse: the request was answered, or its client
   * has gone. The work itself goes on. */
  void (*end)(void *context, struct control_ask *ask);
  uint32_t wait_ms; /* in the place of PG_SLOW_WAIT_MS; or CONTROL_FOR_EVER */
  /* The method of the notification that |progress| would write now; NULL: there is
   * nothing new. Where there is no such function it is always "progress". */
  const char *(*method)(void *context, struct control_ask *ask);
};

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
  const struct control_work *work; /* NULL: it only answers */
};

struct control_ask {
  const struct control_verb *verb; /* NULL when the request was refused */
  const char *named; /* the verb that was meant, also when it was refused; or NULL */
  struct control_arg args[CONTROL_ARGS_MAX]; /* in the order of verb->params */
  cJSON *tree;                               /* what |text| and |list| lead into */
  int64_t asked_mono;                        /* monotonic milliseconds */
  bool begun;                                /* |work->end| is due */
  void *job;                                 /* the verb's own, from |work->begin| on */
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

/* Reads one line without its newline into an empty |ask|, which is for request_free on
 * every path. |ask->verb| is set only on PG_OK. The id
 * is set whenever it could be read, so that an error can carry it. Errors:
 * PG_E_PARSE, PG_E_REQUEST, PG_E_METHOD, PG_E_PARAMS, PG_E_DENIED, PG_E_NOMEM. */
enum pg_error request_read(const char *line, size_t len, const struct control_verb *verbs,
                           size_t verb_count, enum pg_role role, struct control_ask *ask,
                           struct request_id *id, struct pg_fault *fault);

void request_free(struct control_ask *ask); /* it is empty afterwards */

void request_id_init(struct request_id *id);
void request_id_free(struct request_id *id);
void request_id_write(struct pg_json *json, const struct request_id *id);

#endif
