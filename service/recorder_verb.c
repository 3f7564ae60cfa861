/* The verb `history`: a question waits for its turn in the history's lane. */
#include "common/limits.h"
#include "common/protocol.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "service/caller.h"
#include "service/policy/zone.h"
#include "service/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARG_PORT, ARG_SINCE, ARG_UNTIL, ARG_HOLDER, ARG_LIMIT };

#define LIMIT_DEFAULT 100
#define HOLDER_BYTES (4 * PG_SERVICE_NAME_CHARS)

const struct control_param recorder_params[5] = {
    {"port", 1, 65535, false, CONTROL_NUMBER, NULL},
    {"since", 1, PG_TIME_CHARS, false, CONTROL_TEXT, NULL},
    {"until", 1, PG_TIME_CHARS, false, CONTROL_TEXT, NULL},
    {"holder", 1, HOLDER_BYTES - 1, false, CONTROL_TEXT, NULL},
    {"limit", 1, PG_HISTORY_ROWS_MAX, false, CONTROL_NUMBER, NULL}};

struct question_ask {
  struct recorder_ask base;
  struct history_question question;
  char holder[HOLDER_BYTES];
};

static enum pg_error look(struct recorder_ask *ask, struct history *store,
                          struct pg_json *json, struct pg_fault *fault) {
  return history_answer(store, &((struct question_ask *)ask)->question, json, fault);
}

enum pg_error recorder_read_time(const struct control_ask *ask, size_t arg,
                                 const char *name, int64_t *out, struct pg_fault *fault) {
  uint32_t ago = 0;
  const char *text = ask->args[arg].text;
  if (!ask->args[arg].given)
    return PG_OK;
  if (pg_parse_seconds(text, PG_HISTORY_DAYS_MAX, &ago, NULL) == PG_OK) {
    *out = clock_wall() - ago * INT64_C(1000);
    return PG_OK;
  }
  if (zone_parse_time(text, zone_read, out, fault) == PG_OK)
    return PG_OK;
  pg_fault_param(fault, name);
  return PG_E_PARAMS;
}

static enum pg_error check_order(const struct control_ask *ask,
                                 const struct history_question *question,
                                 struct pg_fault *fault) {
  if (question->until == 0 || question->since < question->until)
    return PG_OK;
  pg_fail(fault, PG_E_PARAMS, "until \"%s\" is not after since \"%s\"",
          ask->args[ARG_UNTIL].text, ask->args[ARG_SINCE].text);
  pg_fault_hint(fault, "portguardctl history --since 7d --until 24h");
  pg_fault_param(fault, "until");
  return PG_E_PARAMS;
}

static enum pg_error fill(struct question_ask *own, const struct control_ask *ask,
                          struct pg_fault *fault) {
  struct history_question *question = &own->question;
  enum pg_error error =
      recorder_read_time(ask, ARG_SINCE, "since", &question->since, fault);
  if (error == PG_OK)
    error = recorder_read_time(ask, ARG_UNTIL, "until", &question->until, fault);
  if (error == PG_OK)
    error = check_order(ask, question, fault);
  if (error != PG_OK)
    return error;
  question->port = (uint16_t)ask->args[ARG_PORT].number;
  question->limit =
      ask->args[ARG_LIMIT].given ? ask->args[ARG_LIMIT].number : LIMIT_DEFAULT;
  if (ask->args[ARG_HOLDER].given) {
    (void)pg_copy(own->holder, sizeof own->holder, ask->args[ARG_HOLDER].text);
    question->holder = own->holder;
  }
  return PG_OK;
}

static enum pg_error begin(void *context, struct control_ask *ask,
                           const struct control_caller *caller, struct pg_fault *fault) {
  struct question_ask *own = calloc(1, sizeof *own);
  if (own == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  own->base.look = look;
  (void)pg_copy(own->base.user, sizeof own->base.user, caller->user);
  enum pg_error error = fill(own, ask, fault);
  if (error != PG_OK) {
    free(own);
    return error;
  }
  error = recorder_ask(context, &own->base, fault);
  ask->job = error == PG_OK ? own : NULL;
  return error;
}

static void end(void *context, struct control_ask *ask) {
  (void)context;
  recorder_release(ask->job);
}

const struct control_work recorder_work = {begin, caller_progress, end, PG_SLOW_WAIT_MS,
                                           NULL};

bool recorder_ready(void *context, const struct control_ask *ask) {
  const struct recorder_ask *own = ask->job;
  (void)context;
  return own->done || clock_mono() - ask->asked_mono >= PG_SLOW_WAIT_MS;
}

/* What the answer lacks, as far as this run knows. */
static void write_warnings(const struct recorder *recorder, struct pg_json *json) {
  char words[160];
  pg_json_key(json, "warnings");
  pg_json_array(json);
  if (recorder->lost > 0) {
    (void)snprintf(words, sizeof words,
                   "%llu entries or tenancies since the service began are lost: they "
                   "came faster than they could be written",
                   (unsigned long long)recorder->lost);
    pg_json_str(json, words);
  }
  if (recorder->failing)
    pg_json_str(json, "the newest entries are not written yet: see portguardctl health");
  pg_json_end_array(json);
}

enum pg_error recorder_answer(void *context, const struct control_ask *ask,
                              struct pg_json *json, struct pg_fault *fault) {
  struct question_ask *own = ask->job;
  const struct history_question *question = &own->question;
  const struct recorder *recorder = &((const struct loop *)context)->recorder;
  if (!own->base.done)
    return pg_fail(fault, PG_E_TIMEOUT, "the history could not be read in time");
  if (own->base.error != PG_OK) {
    *fault = own->base.fault;
    return own->base.error;
  }
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  pg_json_key(json, "port");
  if (question->port != 0)
    pg_json_int(json, question->port);
  else
    pg_json_null(json);
  pg_json_key_time(json, "since", question->since);
  pg_json_key_time(json, "until", question->until);
  pg_json_key_bool(json, "complete", recorder->lost == 0 && !recorder->failing);
  recorder_ask_write(&own->base, json);
  pg_text_free(&own->base.text); /* a client may take minutes to read the copy */
  write_warnings(recorder, json);
  pg_json_end_object(json);
  return PG_OK;
}
