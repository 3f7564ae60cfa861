/* What the store_*.c files share: the connection and its statements. */
#ifndef PG_HISTORY_STORE_DB_H
#define PG_HISTORY_STORE_DB_H

#include "common/error.h"
#include "common/text.h"
#include "service/files/files.h"
#include "service/history/store_sql.h"

#include <stdbool.h>
#include <stdint.h>

#define STORE_FILE "history.db"
#define STORE_LOG STORE_FILE "-wal"

struct sqlite3;
struct sqlite3_stmt;

enum store_statement {
#define X(name, text) STORE_##name,
  STORE_STATEMENTS(X)
#undef X
      STORE_STATEMENT_COUNT
};

struct history {
  struct files *files;
  struct sqlite3 *db;
  struct sqlite3_stmt *statements[STORE_STATEMENT_COUNT];
};

/* SQLite's result code |code| with words: "history.db": |doing|: SQLite's own. */
enum pg_error store_fail(struct history *history, int code, const char *doing,
                         struct pg_fault *fault);
/* SQLite's result code. |sql| is a constant; rows it answers with are dropped. */
int store_run(struct sqlite3 *db, const char *sql);
/* The first column of the first row of |sql|, a constant; 0 without one. */
int store_number(struct sqlite3 *db, const char *sql, int64_t *number);

/* A statement of the list, ready to be bound. */
struct sqlite3_stmt *store_statement(struct history *history, enum store_statement id);
/* Runs it to its end; SQLite's result code, SQLITE_OK when it went well. */
int store_finish(struct sqlite3_stmt *statement);
/* The same for one that needs no parameters. */
int store_do(struct history *history, enum store_statement id);
/* The number in its only row. NULL, and no row, are |none|. */
int store_ask(struct sqlite3_stmt *statement, int64_t none, int64_t *number);

/* Ends a transaction that was begun: COMMIT when |code| is SQLITE_OK, else, or when that
 * fails, it is undone. SQLite's result code. */
int store_end(struct history *history, int code);

void store_bind_text(struct sqlite3_stmt *statement, int index, const char *text);
void store_bind_bytes(struct sqlite3_stmt *statement, int index, const char *text,
                      size_t len);

/* What people would type to find |identity|, |len| bytes of it: behind the last
 * separator of the path behind the colon. Lower case, into |out|, which is cleared. */
void store_name(struct pg_text *out, const char *identity, size_t len);

#endif
