#include "service/reporting_write.h"

#include "common/limits.h"
#include "common/protocol.h"

/* --- the history's lane --- */

static uint16_t next_guarded(void *context, uint32_t from) {
  return report_choice_next(context, from);
}

static void remember(void *context, uint16_t port) {
  report_choice_remember(context, port);
}

static enum pg_error choose(struct report_question *question, struct history *store,
                            struct pg_fault *fault) {
  struct report_choice *choice = &question->choice;
  const struct history_ports ports = {question->since, question->until, next_guarded,
                                      remember, choice};
  if (question->named)
    return PG_OK;
  enum pg_error error = history_ports(store, &ports, fault);
  report_choice_end(choice);
  return error;
}

/* What has not been asked for yet gets an equal share of what is left, so that a busy
 * port leaves room for the others. */
static size_t share(const struct pg_text *out, size_t parts) {
  return out->len + (PG_REPORT_HISTORY_MAX - out->len) / parts;
}

static enum pg_error ask_piece(struct report_question *question, size_t at,
                               struct history *store, struct pg_json *json,
                               struct pg_fault *fault) {
  const struct report_choice *choice = &question->choice;
  struct history_question about = {
      .since = question->since, .until = question->until, .limit = PG_REPORT_ROWS};
  json->out->max = share(json->out, choice->count + 1 - at);
  pg_json_object(json);
  question->pieces[at].from = json->out->len;
  enum pg_error error;
  if (at == choice->count) {
    error = history_answer_portless(store, &about, json, fault);
  } else {
    about.port = choice->ports[at];
    error = history_answer(store, &about, json, fault);
  }
  question->pieces[at].to = json->out->len;
  json->out->max = PG_ANSWER_MAX; /* it ends, however full it is */
  pg_json_end_object(json);
  return error;
}

enum pg_error report_ask(struct recorder_ask *ask, struct history *store,
                         struct pg_json *json, struct pg_fault *fault) {
  struct report_question *question = (struct report_question *)ask;
  enum pg_error error = choose(question, store, fault);
  pg_json_key(json, "pieces");
  pg_json_array(json);
  for (size_t at = 0; at <= question->choice.count && error == PG_OK; at++)
    error = ask_piece(question, at, store, json, fault);
  pg_json_end_array(json);
  return error;
}

/* --- the reports' own --- */

/* The members that the history has of the port at |at|, or of none. */
static void write_piece(const struct report_sources *sources, size_t at, bool of_port,
                        struct pg_json *json) {
  const struct report_question *question = sources->question;
  if (question != NULL) {
    const struct report_piece *piece = &question->pieces[at];
    pg_json_raw(json, question->base.text.data + piece->from, piece->to - piece->from);
    return;
  }
  if (of_port) {
    pg_json_key(json, "tenancies");
    pg_json_array(json);
    pg_json_end_array(json);
  }
  pg_json_key(json, "entries");
  pg_json_array(json);
  pg_json_end_array(json);
  pg_json_key_bool(json, "truncated", false);
}

static void write_port(const struct report_sources *sources, size_t at,
                       struct pg_json *json) {
  const struct report_choice *choice = sources->choice;
  uint16_t port = choice->ports[at];
  pg_json_object(json);
  pg_json_key_int(json, "port", port);
  pg_json_key_bool(json, "guarded", choice->guarded[at]);
  pg_json_key(json, "status");
  explain_status(json, sources->snapshot, port, &sources->times);
  pg_json_key(json, "graph");
  explain_graph(json, sources->snapshot, port, &sources->times);
  write_piece(sources, at, true, json);
  pg_json_end_object(json);
}

static bool is_complete(const struct report_sources *sources) {
  const struct report_choice *choice = sources->choice;
  if (sources->question == NULL || !snapshot_table_read(sources->snapshot))
    return false;
  for (size_t at = 0; at < choice->count; at++)
    if (!explain_answers_whole(sources->snapshot,
                               snapshot_port(sources->snapshot, choice->ports[at])))
      return false;
  return report_choice_count(choice, REPORT_LEFT_OUT) == 0;
}

static void key_ports(struct pg_json *json, const char *key,
                      const struct report_choice *choice, enum report_mark mark) {
  pg_json_key(json, key);
  report_choice_write(choice, mark, json);
}

void report_write(const struct report_sources *sources, struct pg_text *out) {
  const struct report_choice *choice = sources->choice;
  struct pg_json json;
  pg_json_start(&json, out);
  pg_json_object(&json);
  pg_json_key_int(&json, "schema", PG_SCHEMA_VERSION);
  pg_json_key_time(&json, "generated_at", sources->until);
  pg_json_key_time(&json, "since", sources->since);
  pg_json_key_time(&json, "until", sources->until);
  pg_json_key_bool(&json, "complete", is_complete(sources));
  pg_json_key(&json, "ports");
  pg_json_array(&json);
  for (size_t at = 0; at < choice->count && !out->failed; at++)
    write_port(sources, at, &json);
  pg_json_end_array(&json);
  key_ports(&json, "quiet_ports", choice, REPORT_QUIET);
  key_ports(&json, "reserved_ports", choice, REPORT_LIKE);
  key_ports(&json, "left_out_ports", choice, REPORT_LEFT_OUT);
  write_piece(sources, choice->count, false, &json);
  pg_json_end_object(&json);
}
