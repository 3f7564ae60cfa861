/* What goes into the history, what a new run of the service needs to know of it, and
 * what is forgotten. */
#include "common/limits.h"
#include "service/history/store.h"
#include "service/history/store_db.h"

#include <sqlite3.h>
#include <string.h>

/* --- a batch --- */

/* One line per holder, so that the entry is found by each of them. */
static int add_concerned(struct history *history, const struct history_row *row,
                         int64_t change, struct pg_text *name) {
  const char *line = row->holder;
  int code = SQLITE_OK;
  while (code == SQLITE_OK && line != NULL && *line != '\0') {
    size_t len = strcspn(line, "\n");
    sqlite3_stmt *add = store_statement(history, STORE_ADD_CONCERNED);
    store_name(name, line, len);
    sqlite3_bind_int64(add, 1, change);
    store_bind_bytes(add, 2, line, len);
    store_bind_text(add, 3, pg_text_str(name));
    sqlite3_bind_int(add, 4, row->port);
    sqlite3_bind_int64(add, 5, row->at);
    code = name->failed ? SQLITE_NOMEM : store_finish(add);
    line += len + (line[len] == '\n');
  }
  return code;
}

static int add_change(struct history *history, const struct history_row *row,
                      struct pg_text *name) {
  sqlite3_stmt *add = store_statement(history, STORE_ADD_CHANGE);
  sqlite3_bind_int64(add, 1, row->at);
  sqlite3_bind_int(add, 2, (int)row->what);
  sqlite3_bind_int(add, 3, row->event);
  sqlite3_bind_int(add, 4, row->port);
  store_bind_text(add, 5, row->data != NULL ? row->data : "{}");
  store_bind_text(add, 6, row->summary != NULL ? row->summary : "");
  sqlite3_bind_int64(add, 7, row->shown);
  int code = store_finish(add);
  return code != SQLITE_OK
             ? code
             : add_concerned(history, row, sqlite3_last_insert_rowid(history->db), name);
}

static int add_tenancy(struct history *history, const struct history_row *row,
                       struct pg_text *name) {
  const char *holder = row->holder != NULL ? row->holder : "";
  sqlite3_stmt *add = store_statement(history, STORE_ADD_TENANCY);
  store_name(name, holder, strlen(holder));
  sqlite3_bind_int(add, 1, row->port);
  store_bind_text(add, 2, holder);
  store_bind_text(add, 3, pg_text_str(name));
  sqlite3_bind_int64(add, 4, row->at);
  store_bind_text(add, 5, row->data != NULL ? row->data : "{}");
  return name->failed ? SQLITE_NOMEM : store_finish(add);
}

static int end_tenancy(struct history *history, const struct history_row *row) {
  sqlite3_stmt *end = store_statement(history, STORE_END_TENANCY);
  sqlite3_bind_int(end, 1, row->port);
  store_bind_text(end, 2, row->holder != NULL ? row->holder : "");
  sqlite3_bind_int64(end, 3, row->at);
  store_bind_text(end, 4, row->how != NULL ? row->how : "unknown");
  return store_finish(end);
}

static int add_row(struct history *history, const struct history_row *row,
                   struct pg_text *name) {
  switch (row->what) {
  case HISTORY_CHANGE:
  case HISTORY_ACTION:
    return add_change(history, row, name);
  case HISTORY_BEGIN:
    return add_tenancy(history, row, name);
  case HISTORY_END:
    return end_tenancy(history, row);
  }
  return SQLITE_MISUSE;
}

enum pg_error history_write(struct history *history, const struct history_batch *batch,
                            struct pg_fault *fault) {
  size_t count = 0;
  const struct history_row *rows = history_batch_rows(batch, &count);
  struct pg_text name;
  if (count == 0)
    return PG_OK;
  pg_text_init(&name, PG_HISTORY_BATCH_MAX);
  int code = store_do(history, STORE_BEGIN);
  for (size_t i = 0; i < count && code == SQLITE_OK; i++)
    code = add_row(history, &rows[i], &name);
  code = store_end(history, code);
  pg_text_free(&name);
  return code == SQLITE_OK ? PG_OK
                           : store_fail(history, code, "cannot be written", fault);
}

/* --- a new run --- */

enum pg_error history_open_tenancies(struct history *history, history_each *each,
                                     void *context, struct pg_fault *fault) {
  sqlite3_stmt *ask = store_statement(history, STORE_OPEN_TENANCIES);
  int code;
  while ((code = sqlite3_step(ask)) == SQLITE_ROW) {
    const char *holder = (const char *)sqlite3_column_text(ask, 1);
    if (holder == NULL) {
      code = SQLITE_NOMEM;
      break;
    }
    each(context, (uint16_t)sqlite3_column_int(ask, 0), holder,
         sqlite3_column_int64(ask, 2));
  }
  sqlite3_reset(ask);
  return code == SQLITE_DONE ? PG_OK : store_fail(history, code, "cannot be read", fault);
}

enum pg_error history_same_boot(struct history *history, int64_t boot, bool *same,
                                struct pg_fault *fault) {
  const int64_t never = INT64_MIN;
  int64_t before = never;
  int code = store_ask(store_statement(history, STORE_BOOT), never, &before);
  *same = code == SQLITE_OK && before != never && before >= boot - PG_BOOT_TOLERANCE_MS &&
          before <= boot + PG_BOOT_TOLERANCE_MS;
  return code == SQLITE_OK ? PG_OK : store_fail(history, code, "cannot be read", fault);
}

enum pg_error history_note_boot(struct history *history, int64_t boot,
                                struct pg_fault *fault) {
  sqlite3_stmt *set = store_statement(history, STORE_SET_BOOT);
  sqlite3_bind_int64(set, 1, boot);
  int code = store_finish(set);
  return code == SQLITE_OK ? PG_OK
                           : store_fail(history, code, "cannot be written", fault);
}

/* --- forgetting --- */

static int forget(struct history *history, enum store_statement id, int64_t before,
                  int piece, bool *more) {
  sqlite3_stmt *statement = store_statement(history, id);
  sqlite3_bind_int64(statement, 1, before);
  sqlite3_bind_int(statement, 2, piece);
  int code = store_finish(statement);
  *more = *more || (code == SQLITE_OK && sqlite3_changes(history->db) >= piece);
  return code;
}

/* A piece of the changes before |before|, and of the tenancies that ended then. */
static int forget_before(struct history *history, int64_t changes, int64_t tenancies,
                         int piece, bool *more) {
  bool whatever = false;
  int code = store_do(history, STORE_BEGIN);
  if (code == SQLITE_OK)
    code = forget(history, STORE_FORGET_CONCERNED, changes, piece, &whatever);
  if (code == SQLITE_OK)
    code = forget(history, STORE_FORGET_CHANGES, changes, piece, more);
  if (code == SQLITE_OK)
    code = forget(history, STORE_FORGET_TENANCIES, tenancies, piece, more);
  return store_end(history, code);
}

struct pages {
  int64_t size, all, unused;
};

static int count_pages(struct history *history, struct pages *pages) {
  int code = store_ask(store_statement(history, STORE_PAGE_SIZE), 0, &pages->size);
  if (code == SQLITE_OK)
    code = store_ask(store_statement(history, STORE_PAGES), 0, &pages->all);
  if (code == SQLITE_OK)
    code = store_ask(store_statement(history, STORE_FREE_PAGES), 0, &pages->unused);
  return code;
}

/* A piece of what is oldest, changes or tenancies: a small one, so that little is lost
 * beyond the limit. */
static int forget_oldest(struct history *history, bool *more) {
  int64_t change = INT64_MAX, tenancy = INT64_MAX;
  int code = store_ask(store_statement(history, STORE_OLDEST_CHANGE), INT64_MAX, &change);
  if (code == SQLITE_OK)
    code = store_ask(store_statement(history, STORE_OLDEST_TENANCY), INT64_MAX, &tenancy);
  if (code != SQLITE_OK || (change == INT64_MAX && tenancy == INT64_MAX))
    return code; /* nothing but open tenancies */
  *more = true;
  return change <= tenancy
             ? forget_before(history, INT64_MAX, INT64_MIN, PG_HISTORY_PIECE / 5, more)
             : forget_before(history, INT64_MIN, INT64_MAX, PG_HISTORY_PIECE / 5, more);
}

/* Pages that are free are used again before the file grows; they are given back only
 * when the file is too large with them. The log needs room as well. */
static int keep_small(struct history *history, uint64_t max_bytes, bool *more) {
  uint64_t log = 2 * PG_HISTORY_WAL_MAX;
  uint64_t room = max_bytes - (max_bytes / 2 < log ? max_bytes / 2 : log);
  struct pages pages = {0, 0, 0};
  int code = count_pages(history, &pages);
  if (code != SQLITE_OK || pages.size <= 0)
    return code;
  uint64_t allowed = room / (uint64_t)pages.size;
  if ((uint64_t)(pages.all - pages.unused) > allowed)
    code = forget_oldest(history, more);
  if (code == SQLITE_OK && (uint64_t)pages.all > allowed && pages.unused > 0) {
    *more = true;
    code = store_do(history, STORE_GIVE_BACK);
  }
  return code;
}

enum pg_error history_prune(struct history *history, int64_t now, int64_t keep_ms,
                            uint64_t max_bytes, bool *more, struct pg_fault *fault) {
  int code = SQLITE_OK;
  *more = false;
  if (keep_ms > 0)
    code = forget_before(history, now - keep_ms, now - keep_ms, PG_HISTORY_PIECE, more);
  if (code == SQLITE_OK && max_bytes > 0 && !*more)
    code = keep_small(history, max_bytes, more);
  return code == SQLITE_OK ? PG_OK
                           : store_fail(history, code, "cannot be shortened", fault);
}
