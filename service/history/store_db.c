#include "service/history/store_db.h"

#include "service/history/store.h"

#include <sqlite3.h>
#include <string.h>

#define SHOWN_WORDS 200

/* --- errors --- */

static enum pg_error error_of(int code) {
  switch (code & 0xFF) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return PG_E_BUSY;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return PG_E_FORMAT;
  case SQLITE_FULL:
  case SQLITE_IOERR:
  case SQLITE_CANTOPEN:
  case SQLITE_READONLY:
  case SQLITE_PERM:
    return PG_E_IO;
  case SQLITE_NOMEM:
    return PG_E_NOMEM;
  case SQLITE_INTERRUPT:
    return PG_E_TIMEOUT;
  default:
    return PG_E_INTERNAL;
  }
}

enum pg_error store_fail(struct history *history, int code, const char *doing,
                         struct pg_fault *fault) {
  char words[SHOWN_WORDS], path[SHOWN_WORDS];
  enum pg_error error = error_of(code);
  pg_escape(words, sizeof words, sqlite3_errstr(code));
  pg_escape(path, sizeof path, files_path(history->files));
  pg_fail(fault, error, STORE_FILE " in \"%s\": %s: %s", path, doing, words);
  if (fault != NULL && history->db != NULL)
    fault->win32 = (uint32_t)sqlite3_system_errno(history->db);
  if (fault != NULL && error == PG_E_BUSY)
    pg_fault_hint(fault, "end the program that has " STORE_FILE " open");
  if (error == PG_E_TIMEOUT) {
    pg_fail(fault, error, STORE_FILE " in \"%s\": the answer would take too long", path);
    pg_fault_hint(fault, "ask for a port, a shorter time or fewer entries");
  }
  return error;
}

const char *history_library(void) {
  return sqlite3_libversion();
}

/* --- constant text --- */

int store_run(struct sqlite3 *db, const char *sql) {
  while (*sql != '\0') {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, &sql);
    if (code != SQLITE_OK)
      return code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE)
      return code;
  }
  return SQLITE_OK;
}

int store_number(struct sqlite3 *db, const char *sql, int64_t *number) {
  sqlite3_stmt *statement = NULL;
  *number = 0;
  int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
  if (code == SQLITE_OK)
    code = store_ask(statement, 0, number);
  sqlite3_finalize(statement);
  return code;
}

/* --- prepared statements --- */

struct sqlite3_stmt *store_statement(struct history *history, enum store_statement id) {
  sqlite3_stmt *statement = history->statements[id];
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return statement;
}

int store_finish(struct sqlite3_stmt *statement) {
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
  }
  sqlite3_reset(statement);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int store_do(struct history *history, enum store_statement id) {
  return store_finish(store_statement(history, id));
}

int store_ask(struct sqlite3_stmt *statement, int64_t none, int64_t *number) {
  int code = sqlite3_step(statement);
  *number = none;
  if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
    *number = sqlite3_column_int64(statement, 0);
  sqlite3_reset(statement);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int store_end(struct history *history, int code) {
  if (code == SQLITE_OK)
    code = store_do(history, STORE_COMMIT);
  /* After some errors SQLite has undone it already. */
  if (code != SQLITE_OK && !sqlite3_get_autocommit(history->db))
    (void)store_do(history, STORE_ROLLBACK);
  return code;
}

/* Binding fails only without memory, and then so does the statement: what must be there
 * is declared NOT NULL. */
void store_bind_bytes(struct sqlite3_stmt *statement, int index, const char *text,
                      size_t len) {
  (void)sqlite3_bind_text64(statement, index, text, len, SQLITE_STATIC, SQLITE_UTF8);
}

void store_bind_text(struct sqlite3_stmt *statement, int index, const char *text) {
  if (text != NULL)
    store_bind_bytes(statement, index, text, strlen(text));
}

/* --- names --- */

void store_name(struct pg_text *out, const char *identity, size_t len) {
  const char *colon = memchr(identity, ':', len);
  const char *end = identity + len, *from = colon != NULL ? colon + 1 : identity;
  for (const char *at = from; at < end; at++)
    if ((*at == '\\' || *at == '/') && at + 1 < end)
      from = at + 1;
  pg_text_clear(out);
  for (; from < end; from++)
    pg_text_char(out, *from >= 'A' && *from <= 'Z' ? (char)(*from - 'A' + 'a') : *from);
}
