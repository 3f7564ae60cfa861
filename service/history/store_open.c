/* Opening history.db: whom it may be opened from, what it must look like, and what is
 * done with one that does not. */
#include "common/limits.h"
#include "common/timestamp.h"
#include "service/history/store.h"
#include "service/history/store_db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASIDE_CHARS 80
#define ASIDE_TRIES 100

/* What SQLite puts beside a database; the first is the database. */
static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
#define ENDINGS (sizeof endings / sizeof *endings)

enum verdict {
  VERDICT_GOOD,
  VERDICT_EMPTY,   /* nothing in it yet */
  VERDICT_DAMAGED, /* or something else altogether */
  VERDICT_NEWER
};

/* --- trust --- */

/* SQLite opens them by their path, so that it can only be looked at them before. What
 * is put there later is put there by somebody who is trusted with the folder. The
 * database is made here: its rights are handed on to what SQLite puts beside it. */
static enum pg_error check_files(struct files *files, struct pg_fault *fault) {
  struct pg_fault why = {.code = PG_OK};
  for (size_t i = 0; i < ENDINGS; i++) {
    char name[ASIDE_CHARS];
    (void)snprintf(name, sizeof name, STORE_FILE "%s", endings[i]);
    enum pg_error error = files_check(files, name, &why);
    if (error == PG_E_NOTFOUND && i == 0)
      error = files_replace(files, name, "", 0, &why);
    if (error != PG_OK && error != PG_E_NOTFOUND) {
      if (fault != NULL)
        *fault = why;
      return error;
    }
  }
  return PG_OK;
}

/* --- the connection --- */

/* A database that somebody prepared finds nothing here that runs on its behalf. */
static int harden(sqlite3 *db) {
  static const struct {
    int option, value;
  } options[] = {
      {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
      {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
  };
  int code = SQLITE_OK;
  for (size_t i = 0; i < sizeof options / sizeof *options && code == SQLITE_OK; i++)
    code = sqlite3_db_config(db, options[i].option, options[i].value, (int *)NULL);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
  sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1);
  return code;
}

static int connect(struct history *history) {
  char *path = files_path_of(history->files, STORE_FILE);
  if (path == NULL)
    return SQLITE_NOMEM;
  int code = sqlite3_open_v2(path, &history->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  free(path);
  if (code != SQLITE_OK)
    return code;
  sqlite3_extended_result_codes(history->db, 1);
  sqlite3_busy_timeout(history->db, PG_HISTORY_LOCK_MS);
  return harden(history->db);
}

static void disconnect(struct history *history) {
  for (size_t i = 0; i < STORE_STATEMENT_COUNT; i++) {
    sqlite3_finalize(history->statements[i]);
    history->statements[i] = NULL;
  }
  sqlite3_close(history->db);
  history->db = NULL;
}

/* --- what it looks like --- */

/* SQLITE_CORRUPT when a page is not what it should be. */
static int check_pages(sqlite3 *db) {
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &statement, NULL);
  if (code == SQLITE_OK)
    code = sqlite3_step(statement);
  if (code == SQLITE_ROW) {
    const char *words = (const char *)sqlite3_column_text(statement, 0);
    code = words != NULL && strcmp(words, "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
  }
  sqlite3_finalize(statement);
  return code;
}

static int examine(sqlite3 *db, enum verdict *verdict) {
  int64_t application = 0, version = 0, tables = 0;
  int code = store_number(db, "PRAGMA application_id", &application);
  *verdict = VERDICT_DAMAGED;
  if (code == SQLITE_OK)
    code = store_number(db, "PRAGMA user_version", &version);
  if (code == SQLITE_OK)
    code = store_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
  if (code != SQLITE_OK)
    return code;
  if (application == 0 && version == 0 && tables == 0) {
    *verdict = VERDICT_EMPTY;
  } else if (application == STORE_APPLICATION && version > STORE_VERSION) {
    *verdict = VERDICT_NEWER;
  } else if (application == STORE_APPLICATION && version == STORE_VERSION) {
    code = check_pages(db);
    *verdict = VERDICT_GOOD;
  }
  return code;
}

/* How much is lost with the power is settled by synchronous: nothing that was committed.
 * cell_size_check finds damage while reading, before it leads further. */
static const char settings[] = "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA wal_autocheckpoint = 256;";

/* The lock is taken with the first look at it and kept: who may only read the file could
 * otherwise lock it, too, and hold the service up. Nor is there a shared index then. */
static int look(struct history *history, enum verdict *verdict) {
  sqlite3 *db = history->db;
  int code = store_run(db, "PRAGMA locking_mode = EXCLUSIVE");
  if (code == SQLITE_OK)
    code = examine(db, verdict);
  if (code == SQLITE_OK && *verdict == VERDICT_EMPTY)
    code = store_run(db, "PRAGMA auto_vacuum = INCREMENTAL");
  if (code == SQLITE_OK && *verdict != VERDICT_NEWER && *verdict != VERDICT_DAMAGED)
    code = store_run(db, settings);
  /* journal_size_limit takes no name of a constant: PG_HISTORY_WAL_MAX. */
  static_assert(PG_HISTORY_WAL_MAX == 1048576, "journal_size_limit says the same");
  if (code == SQLITE_OK)
    code = store_run(db, "PRAGMA journal_size_limit = 1048576");
  if (code == SQLITE_OK && *verdict == VERDICT_EMPTY)
    code = store_run(db, "BEGIN IMMEDIATE;" STORE_SCHEMA "COMMIT");
  return code;
}

/* Fails for a schema that is not the one these statements are made for. */
static int prepare_all(struct history *history) {
  static const char *const texts[] = {
#define X(name, text) text,
      STORE_STATEMENTS(X)
#undef X
  };
  int code = SQLITE_OK;
  for (size_t i = 0; i < STORE_STATEMENT_COUNT && code == SQLITE_OK; i++)
    code = sqlite3_prepare_v3(history->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                              &history->statements[i], NULL);
  return code;
}

static bool says_damaged(int code) {
  int kind = code & 0xFF;
  return kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
}

/* SQLITE_OK with the store open, or with a verdict that says why not. */
static int open_one(struct history *history, enum verdict *verdict, int *why) {
  *verdict = VERDICT_GOOD;
  *why = SQLITE_OK;
  int code = connect(history);
  if (code == SQLITE_OK)
    code = look(history, verdict);
  if (code == SQLITE_OK && *verdict <= VERDICT_EMPTY) {
    code = prepare_all(history);
    if (code == SQLITE_ERROR) /* no such table, no such column */
      code = SQLITE_CORRUPT;
  }
  if (says_damaged(code)) {
    *verdict = VERDICT_DAMAGED;
    *why = code;
    return SQLITE_OK;
  }
  return code;
}

/* --- setting it aside --- */

/* "history.db.damaged-20260302T122631Z", and a number behind it when that is taken. */
static enum pg_error free_name(struct files *files, enum verdict verdict, int64_t now,
                               char *out, size_t size, struct pg_fault *fault) {
  char stamp[PG_TIME_CHARS], packed[PG_TIME_CHARS], again[16] = "";
  size_t len = 0;
  pg_time_format(now - now % 1000, stamp);
  for (const char *at = stamp; *at != '\0'; at++)
    if (*at != '-' && *at != ':')
      packed[len++] = *at;
  packed[len] = '\0';
  for (int i = 2; i < ASIDE_TRIES; i++) {
    (void)snprintf(out, size, STORE_FILE ".%s-%s%s",
                   verdict == VERDICT_NEWER ? "newer" : "damaged", packed, again);
    if (files_check(files, out, NULL) == PG_E_NOTFOUND)
      return PG_OK;
    (void)snprintf(again, sizeof again, "-%d", i);
  }
  return pg_fail(fault, PG_E_IO, "too many files are named like %s", out);
}

/* The database first: its log alone is nothing to SQLite, which deletes it, while the
 * database without its log could pass for a good one. */
static enum pg_error rename_all(struct files *files, const char *name,
                                struct pg_fault *fault) {
  for (size_t i = 0; i < ENDINGS; i++) {
    char from[ASIDE_CHARS], to[ASIDE_CHARS];
    struct pg_fault why = {.code = PG_OK};
    (void)snprintf(from, sizeof from, STORE_FILE "%s", endings[i]);
    (void)snprintf(to, sizeof to, "%s%s", name, endings[i]);
    enum pg_error error = files_rename(files, from, to, &why);
    if (error != PG_OK && error != PG_E_NOTFOUND) {
      if (fault != NULL)
        *fault = why;
      return error;
    }
  }
  return PG_OK;
}

static enum pg_error set_aside(struct files *files, enum verdict verdict, int why,
                               int64_t now, struct pg_fault *notice,
                               struct pg_fault *fault) {
  char name[ASIDE_CHARS], words[128];
  enum pg_error error = free_name(files, verdict, now, name, sizeof name, fault);
  if (error == PG_OK)
    error = rename_all(files, name, fault);
  if (error != PG_OK)
    return error;
  if (verdict == VERDICT_NEWER)
    pg_copy(words, sizeof words, "was made by a newer version of portguard");
  else
    (void)snprintf(words, sizeof words, "is damaged (%s)",
                   why != SQLITE_OK ? sqlite3_errstr(why) : "not a history of portguard");
  pg_fail(notice, PG_E_FORMAT, STORE_FILE " %s: it is now called %s, and a new one began",
          words, name);
  return PG_OK;
}

/* --- in all --- */

static enum pg_error open_checked(struct history *history, int64_t now,
                                  struct pg_fault *notice, struct pg_fault *fault) {
  enum verdict verdict;
  int why;
  for (int attempt = 0;; attempt++) {
    enum pg_error error = check_files(history->files, fault);
    if (error != PG_OK)
      return error;
    int code = open_one(history, &verdict, &why);
    if (code != SQLITE_OK)
      return store_fail(history, code, "cannot be opened", fault);
    if (verdict <= VERDICT_EMPTY && why == SQLITE_OK)
      return PG_OK;
    if (attempt > 0) /* a new one, too: it is not the file */
      return store_fail(history, SQLITE_CORRUPT, "a new one is no better", fault);
    disconnect(history);
    error = set_aside(history->files, verdict, why, now, notice, fault);
    if (error != PG_OK)
      return error;
  }
}

enum pg_error history_open(struct files *files, int64_t now, struct history **out,
                           struct pg_fault *notice, struct pg_fault *fault) {
  struct history *history = calloc(1, sizeof *history);
  *out = NULL;
  if (notice != NULL)
    *notice = (struct pg_fault){.code = PG_OK};
  if (history == NULL)
    return pg_fail(fault, PG_E_NOMEM, "not enough memory for " STORE_FILE);
  history->files = files;
  enum pg_error error = open_checked(history, now, notice, fault);
  if (error == PG_OK)
    *out = history;
  else
    history_close(history);
  return error;
}

void history_close(struct history *history) {
  if (history == NULL)
    return;
  disconnect(history);
  free(history);
}

uint64_t history_bytes(struct history *history) {
  struct files_stamp database = {0}, log = {0};
  (void)files_changed(history->files, STORE_FILE, &database);
  (void)files_changed(history->files, STORE_LOG, &log);
  return database.size + log.size;
}
