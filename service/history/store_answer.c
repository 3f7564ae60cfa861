/* Questions to the history. Each goes down one index from its newest end, so that what
 * it costs depends on the answer and not on how much is remembered. */
#include "common/json_scan.h"
#include "common/limits.h"
#include "common/timestamp.h"
#include "service/history/store.h"
#include "service/history/store_db.h"

#include <sqlite3.h>
#include <string.h>

#define SLACK 4096 /* what a row has besides its texts, and what comes behind it */
#define ESCAPED 6  /* "\u0001" for one byte */
#define STEPS 1000 /* of SQLite's machine between two looks at the clock; some 0.1 ms */

/* A question as it is bound. */
struct asked {
  const struct history_question *question;
  bool portless;     /* what concerns no port */
  const char *name;  /* in lower case, or NULL */
  const char *whole; /* the path that was given, or NULL */
};

static const char *text_of(sqlite3_stmt *row, int column) {
  const char *text = (const char *)sqlite3_column_text(row, column);
  return text != NULL ? text : "";
}

/* Its place in an answer is not found again by whoever reads a broken one: what is not
 * JSON, or has a second line, is left out. */
static bool is_json(sqlite3_stmt *row, int column) {
  const char *data = text_of(row, column);
  size_t len = (size_t)sqlite3_column_bytes(row, column);
  const struct pg_json_limits limits = {.bytes = len, .depth = PG_JSON_DEPTH};
  return memchr(data, '\n', len) == NULL &&
         pg_json_scan(data, len, &limits, false, NULL) == PG_OK;
}

static void add_data(struct pg_json *json, const char *key, sqlite3_stmt *row,
                     int column) {
  pg_json_key(json, key);
  if (is_json(row, column))
    pg_json_raw(json, text_of(row, column), (size_t)sqlite3_column_bytes(row, column));
  else
    pg_json_null(json);
}

static void add_port(struct pg_json *json, int port) {
  if (port != 0)
    pg_json_key_int(json, "port", port);
  else
    pg_json_key_null(json, "port");
}

static void add_tenancy(struct pg_json *json, sqlite3_stmt *row) {
  const bool open = sqlite3_column_int64(row, 4) == INT64_MAX;
  pg_json_object(json);
  add_port(json, sqlite3_column_int(row, 0));
  pg_json_key_str(json, "identity", text_of(row, 1));
  add_data(json, "holder", row, 2);
  pg_json_key_time(json, "from", sqlite3_column_int64(row, 3));
  pg_json_key_time(json, "to", open ? PG_TIME_UNKNOWN : sqlite3_column_int64(row, 4));
  pg_json_key_str(json, "how", open ? NULL : text_of(row, 5));
  pg_json_end_object(json);
}

static void add_entry(struct pg_json *json, sqlite3_stmt *row) {
  pg_json_object(json);
  pg_json_key_int(json, "id", sqlite3_column_int64(row, 0));
  pg_json_key_time(json, "at", sqlite3_column_int64(row, 1));
  pg_json_key_int(json, "event", sqlite3_column_int(row, 2));
  add_port(json, sqlite3_column_int(row, 3));
  pg_json_key_str(json, "summary", text_of(row, 5));
  pg_json_key(json, "watch_id");
  if (sqlite3_column_int64(row, 6) != 0)
    pg_json_int(json, sqlite3_column_int64(row, 6));
  else
    pg_json_null(json);
  add_data(json, "data", row, 4);
  pg_json_end_object(json);
}

static void bind(sqlite3_stmt *statement, const struct asked *asked) {
  const struct history_question *question = asked->question;
  sqlite3_bind_int64(statement, 1, question->since);
  sqlite3_bind_int64(statement, 2, question->until != 0 ? question->until : INT64_MAX);
  if (sqlite3_bind_parameter_count(statement) >= 3)
    sqlite3_bind_int(statement, 3, question->port);
  if (sqlite3_bind_parameter_count(statement) >= 5) {
    store_bind_text(statement, 4, asked->name);
    store_bind_text(statement, 5, asked->whole);
  }
}

/* What a row may take at most of what the answer has left. */
static bool fits(const struct pg_json *json, sqlite3_stmt *row, int data, int texts) {
  size_t needed = (size_t)sqlite3_column_bytes(row, data) + SLACK;
  needed += ESCAPED * (size_t)sqlite3_column_bytes(row, texts);
  return needed <= json->out->max - json->out->len;
}

/* A list that is being written. */
struct list {
  struct pg_json *json;
  bool tenancies;
  uint32_t left; /* rows it may still get */
  int64_t last;  /* ID of its last entry */
  bool truncated;
};

/* An entry that concerns two holders of one name comes twice in a row. */
static int add_rows(struct list *list, sqlite3_stmt *rows) {
  int code = SQLITE_DONE;
  while (!list->truncated && (code = sqlite3_step(rows)) == SQLITE_ROW) {
    int64_t id = list->tenancies ? -1 : sqlite3_column_int64(rows, 0);
    if (id >= 0 && id == list->last)
      continue;
    if (list->left == 0 ||
        !fits(list->json, rows, list->tenancies ? 2 : 4, list->tenancies ? 1 : 5)) {
      list->truncated = true;
      code = SQLITE_DONE;
      break;
    }
    list->left--;
    list->last = id;
    if (list->tenancies)
      add_tenancy(list->json, rows);
    else
      add_entry(list->json, rows);
  }
  sqlite3_reset(rows);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int add_from(struct history *history, struct list *list, enum store_statement id,
                    const struct asked *asked) {
  sqlite3_stmt *rows = store_statement(history, id);
  bind(rows, asked);
  return add_rows(list, rows);
}

/* Of all ports, in two parts, lest everything since is looked through for a question
 * about long ago: what goes on at the end of the time asked for, searched from whichever
 * side has less to look through, and what ended within it. */
static int add_all_tenancies(struct history *history, struct list *list,
                             const struct asked *asked) {
  int64_t first = 0, last = 0, until = asked->question->until;
  enum store_statement across = STORE_ACROSS_BY_END;
  int code = SQLITE_OK;
  if (until != 0) {
    code = store_ask(store_statement(history, STORE_FIRST_BEGIN), 0, &first);
    if (code == SQLITE_OK)
      code = store_ask(store_statement(history, STORE_LAST_BEGIN), 0, &last);
    if (until < first / 2 + last / 2)
      across = STORE_ACROSS_BY_BEGIN;
  }
  if (code == SQLITE_OK)
    code = add_from(history, list, across, asked);
  return code == SQLITE_OK ? add_from(history, list, STORE_WITHIN, asked) : code;
}

static int write_list(struct history *history, const struct asked *asked, bool tenancies,
                      struct pg_json *json, bool *truncated) {
  uint32_t limit = asked->question->limit;
  struct list list = {.json = json, .tenancies = tenancies, .last = -1};
  int code;
  list.left = limit == 0 || limit > PG_HISTORY_ROWS_MAX ? PG_HISTORY_ROWS_MAX : limit;
  pg_json_key(json, tenancies ? "tenancies" : "entries");
  pg_json_array(json);
  if (asked->name != NULL)
    code =
        add_from(history, &list,
                 tenancies ? STORE_TENANCIES_OF_HOLDER : STORE_ENTRIES_OF_HOLDER, asked);
  else if (asked->question->port != 0 || asked->portless)
    code = add_from(history, &list,
                    tenancies ? STORE_TENANCIES_OF_PORT : STORE_ENTRIES_OF_PORT, asked);
  else
    code = tenancies ? add_all_tenancies(history, &list, asked)
                     : add_from(history, &list, STORE_ENTRIES, asked);
  pg_json_end_array(json);
  *truncated = *truncated || list.truncated;
  return code;
}

enum pg_error history_answer(struct history *history,
                             const struct history_question *question,
                             struct pg_json *json, struct pg_fault *fault) {
  struct asked asked = {.question = question};
  struct pg_text name;
  bool truncated = false;
  pg_text_init(&name, PG_HISTORY_BATCH_MAX);
  if (question->holder != NULL) {
    /* A drive's colon is none of an identity's. */
    const char *last = question->holder;
    for (const char *at = last; *at != '\0'; at++)
      if ((*at == '\\' || *at == '/') && at[1] != '\0')
        last = at + 1;
    store_name(&name, last, strlen(last));
    asked.name = pg_text_str(&name);
    asked.whole = last != question->holder ? question->holder : NULL;
  }
  int code = name.failed ? SQLITE_NOMEM : SQLITE_OK;
  if (code == SQLITE_OK)
    code = write_list(history, &asked, true, json, &truncated);
  if (code == SQLITE_OK)
    code = write_list(history, &asked, false, json, &truncated);
  pg_text_free(&name);
  pg_json_key_bool(json, "truncated", truncated);
  return code == SQLITE_OK ? PG_OK : store_fail(history, code, "cannot be read", fault);
}

enum pg_error history_answer_portless(struct history *history,
                                      const struct history_question *question,
                                      struct pg_json *json, struct pg_fault *fault) {
  const struct history_question of_none = {
      .since = question->since, .until = question->until, .limit = question->limit};
  struct asked asked = {.question = &of_none, .portless = true};
  bool truncated = false;
  int code = write_list(history, &asked, false, json, &truncated);
  pg_json_key_bool(json, "truncated", truncated);
  return code == SQLITE_OK ? PG_OK : store_fail(history, code, "cannot be read", fault);
}

/* --- how long it may take --- */

void history_limit(struct history *history, history_over *over, void *context) {
  sqlite3_progress_handler(history->db, STEPS, over, context);
}

/* --- ports --- */

/* The first port from |from| on that has rows in the table of |id|; 0: none has. */
static int next_in(struct history *history, enum store_statement id, uint32_t from,
                   uint32_t *port) {
  int64_t number = 0;
  sqlite3_stmt *ask = store_statement(history, id);
  sqlite3_bind_int64(ask, 1, from);
  int code = store_ask(ask, 0, &number);
  *port = (uint32_t)number;
  return code;
}

static int has_rows(struct history *history, enum store_statement id,
                    const struct history_ports *ask, uint32_t port, bool *any) {
  const struct history_question question = {
      .port = (uint16_t)port, .since = ask->since, .until = ask->until};
  const struct asked asked = {.question = &question};
  int64_t number = 0;
  sqlite3_stmt *rows = store_statement(history, id);
  bind(rows, &asked);
  int code = store_ask(rows, 0, &number);
  *any = *any || number != 0;
  return code;
}

/* Whoever asks and the two tables take turns in skipping what the others do not have,
 * so that neither a long list nor a long history is walked through for a short one. */
enum pg_error history_ports(struct history *history, const struct history_ports *ask,
                            struct pg_fault *fault) {
  uint32_t port = ask->next(ask->context, 1);
  int code = SQLITE_OK;
  while (port != 0 && code == SQLITE_OK) {
    uint32_t changed = 0, held = 0;
    bool any = false;
    code = next_in(history, STORE_NEXT_CHANGED, port, &changed);
    if (code == SQLITE_OK)
      code = next_in(history, STORE_NEXT_HELD, port, &held);
    uint32_t first = changed == 0 || (held != 0 && held < changed) ? held : changed;
    if (code != SQLITE_OK || first == 0)
      break;
    if (first > port) {
      port = ask->next(ask->context, first);
      if (port != first)
        continue;
    }
    code = has_rows(history, STORE_WAS_HELD, ask, port, &any);
    if (code == SQLITE_OK && !any)
      code = has_rows(history, STORE_WAS_CHANGED, ask, port, &any);
    if (any)
      ask->found(ask->context, (uint16_t)port);
    port = ask->next(ask->context, port + 1);
  }
  return code == SQLITE_OK ? PG_OK : store_fail(history, code, "cannot be read", fault);
}

/* --- the last of a port --- */

static int last_change(sqlite3_stmt *ask, struct history_last *out) {
  int code = sqlite3_step(ask);
  if (code == SQLITE_ROW) {
    out->changed = sqlite3_column_int64(ask, 0);
    out->event = sqlite3_column_int(ask, 1);
    pg_text_str_add(&out->change, text_of(ask, 2));
    pg_text_str_add(&out->summary, text_of(ask, 3));
  }
  sqlite3_reset(ask);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int last_tenancy(sqlite3_stmt *ask, struct history_last *out) {
  int code = sqlite3_step(ask);
  if (code == SQLITE_ROW) {
    out->from = sqlite3_column_int64(ask, 0);
    out->until = sqlite3_column_int64(ask, 1);
    pg_copy(out->how, sizeof out->how, text_of(ask, 2));
    pg_text_str_add(&out->identity, text_of(ask, 3));
    if (is_json(ask, 4))
      pg_text_str_add(&out->holder, text_of(ask, 4));
  }
  sqlite3_reset(ask);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static sqlite3_stmt *of_port(struct history *history, enum store_statement id,
                             uint16_t port) {
  sqlite3_stmt *statement = store_statement(history, id);
  sqlite3_bind_int(statement, 1, port);
  return statement;
}

enum pg_error history_last(struct history *history, uint16_t port,
                           struct history_last *out, struct pg_fault *fault) {
  memset(out, 0, sizeof *out);
  pg_text_init(&out->change, PG_HISTORY_BATCH_MAX);
  pg_text_init(&out->summary, PG_HISTORY_BATCH_MAX);
  pg_text_init(&out->identity, PG_HISTORY_BATCH_MAX);
  pg_text_init(&out->holder, PG_HISTORY_BATCH_MAX);
  int code = last_change(of_port(history, STORE_LAST_CHANGE, port), out);
  if (code == SQLITE_OK)
    code = store_ask(of_port(history, STORE_HELD_SINCE, port), 0, &out->since);
  if (code == SQLITE_OK)
    code = last_tenancy(of_port(history, STORE_LAST_TENANCY, port), out);
  if (code == SQLITE_OK && (out->change.failed || out->summary.failed ||
                            out->identity.failed || out->holder.failed))
    code = SQLITE_NOMEM;
  return code == SQLITE_OK ? PG_OK : store_fail(history, code, "cannot be read", fault);
}

void history_last_free(struct history_last *last) {
  pg_text_free(&last->change);
  pg_text_free(&last->summary);
  pg_text_free(&last->identity);
  pg_text_free(&last->holder);
}
