/* Every word of SQL there is. All of it is constant; what varies is bound.
 *
 * A tenancy that has not ended has STORE_OPEN as its end: so the open ones come first
 * in every index, and "overlaps the time asked for" is one range of it.
 * |name| is what people type: the last component of an identity, in lower case. */
#ifndef PG_HISTORY_STORE_SQL_H
#define PG_HISTORY_STORE_SQL_H

#define STORE_APPLICATION 1346851396 /* "PGRD" */
#define STORE_VERSION 1
#define STORE_OPEN "9223372036854775807"

#define STORE_SCHEMA                                                               \
  "CREATE TABLE meta(key TEXT PRIMARY KEY NOT NULL, value INTEGER) WITHOUT ROWID;" \
  "CREATE TABLE change(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL," \
  " what INTEGER NOT NULL, event INTEGER NOT NULL, port INTEGER NOT NULL,"         \
  " summary TEXT NOT NULL, shown INTEGER NOT NULL, data TEXT NOT NULL);"           \
  "CREATE INDEX change_at ON change(at);"                                          \
  "CREATE INDEX change_port ON change(port, at);"                                  \
  "CREATE TABLE concerned(change INTEGER NOT NULL, holder TEXT NOT NULL,"          \
  " name TEXT NOT NULL, port INTEGER NOT NULL, at INTEGER NOT NULL,"               \
  " PRIMARY KEY(change, holder)) WITHOUT ROWID;"                                   \
  "CREATE INDEX concerned_name ON concerned(name, at, change, port);"              \
  "CREATE TABLE tenancy(id INTEGER PRIMARY KEY, port INTEGER NOT NULL,"            \
  " holder TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL,"                      \
  " began INTEGER NOT NULL,"                                                       \
  " ended INTEGER NOT NULL, how TEXT, data TEXT NOT NULL);"                        \
  "CREATE UNIQUE INDEX tenancy_open ON tenancy(port, holder)"                      \
  " WHERE ended = " STORE_OPEN ";"                                                 \
  "CREATE INDEX tenancy_ended ON tenancy(ended, began);"                           \
  "CREATE INDEX tenancy_began ON tenancy(began, ended);"                           \
  "CREATE INDEX tenancy_port ON tenancy(port, ended, began);"                      \
  "CREATE INDEX tenancy_name ON tenancy(name, ended, began, port);"                \
  "PRAGMA application_id = 1346851396;"                                            \
  "PRAGMA user_version = 1;"

/* The parameters of a question. */
#define STORE_SINCE "?1"
#define STORE_UNTIL "?2"
#define STORE_PORT "?3"
#define STORE_NAME "?4"
#define STORE_WHOLE "?5" /* the whole path that was asked for, or NULL */

#define STORE_ENTRY "SELECT c.id, c.at, c.event, c.port, c.data, c.summary, c.shown FROM "
#define STORE_ENTRY_WHEN(table) \
  table ".at >= " STORE_SINCE " AND " table ".at < " STORE_UNTIL
#define STORE_TENANCY_OF "SELECT port, holder, data, began, ended, how FROM tenancy "
#define STORE_TENANCY STORE_TENANCY_OF "WHERE "
#define STORE_NEWEST_TENANCY " ORDER BY ended DESC, began DESC, id DESC"
#define STORE_TENANCY_WHEN \
  "ended >= " STORE_SINCE " AND began < " STORE_UNTIL STORE_NEWEST_TENANCY
/* What goes on at the end of the time asked for. */
#define STORE_TENANCY_ACROSS(index)                                  \
  STORE_TENANCY_OF "INDEXED BY " index " WHERE began < " STORE_UNTIL \
                   " AND ended >= max(" STORE_SINCE ", " STORE_UNTIL \
                   ")" STORE_NEWEST_TENANCY
#define STORE_IS_WHOLE                                                                \
  "(" STORE_WHOLE " IS NULL OR substr(holder, instr(holder, ':') + 1) = " STORE_WHOLE \
  " COLLATE NOCASE)"
#define STORE_ON_PORT "(" STORE_PORT " = 0 OR port = " STORE_PORT ")"

#define STORE_OLD_CHANGES "SELECT id FROM change WHERE at < ?1 ORDER BY at LIMIT ?2"

/* name, text */
#define STORE_STATEMENTS(X)                                                              \
  X(BEGIN, "BEGIN IMMEDIATE")                                                            \
  X(COMMIT, "COMMIT")                                                                    \
  X(ROLLBACK, "ROLLBACK")                                                                \
  X(ADD_CHANGE, "INSERT INTO change(at, what, event, port, data, summary, shown)"        \
                " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                   \
  X(ADD_CONCERNED, "INSERT INTO concerned(change, holder, name, port, at)"               \
                   " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING")                 \
  X(ADD_TENANCY, "INSERT INTO tenancy(port, holder, name, began, ended, data)"           \
                 " VALUES(?1, ?2, ?3, ?4, " STORE_OPEN ", ?5) ON CONFLICT DO NOTHING")   \
  X(END_TENANCY, "UPDATE tenancy SET ended = max(began, ?3), how = ?4"                   \
                 " WHERE port = ?1 AND holder = ?2 AND ended = " STORE_OPEN)             \
  X(OPEN_TENANCIES, "SELECT port, holder, began FROM tenancy WHERE ended = " STORE_OPEN) \
  X(BOOT, "SELECT value FROM meta WHERE key = 'boot'")                                   \
  X(SET_BOOT, "INSERT OR REPLACE INTO meta(key, value) VALUES('boot', ?1)")              \
  X(ENTRIES, STORE_ENTRY                                                                 \
    "change c WHERE " STORE_ENTRY_WHEN("c") " ORDER BY c.at DESC, c.id DESC")            \
  X(ENTRIES_OF_PORT,                                                                     \
    STORE_ENTRY "change c WHERE c.port = " STORE_PORT                                    \
                " AND " STORE_ENTRY_WHEN("c") " ORDER BY c.at DESC, c.id DESC")          \
  X(ENTRIES_OF_HOLDER, STORE_ENTRY                                                       \
    "concerned k CROSS JOIN change c ON c.id = k.change"                                 \
    " WHERE k.name = " STORE_NAME                                                        \
    " AND " STORE_ENTRY_WHEN("k") " AND (" STORE_PORT " = 0 OR k.port = " STORE_PORT     \
                                  ") AND " STORE_IS_WHOLE                                \
                                  " ORDER BY k.at DESC, k.change DESC")                  \
  X(ACROSS_BY_END, STORE_TENANCY_ACROSS("tenancy_ended"))                                \
  X(ACROSS_BY_BEGIN, STORE_TENANCY_ACROSS("tenancy_began"))                              \
  X(WITHIN, STORE_TENANCY "ended >= " STORE_SINCE                                        \
                          " AND ended < " STORE_UNTIL STORE_NEWEST_TENANCY)              \
  X(FIRST_BEGIN, "SELECT min(began) FROM tenancy")                                       \
  X(LAST_BEGIN, "SELECT max(began) FROM tenancy")                                        \
  X(TENANCIES_OF_PORT, STORE_TENANCY "port = " STORE_PORT " AND " STORE_TENANCY_WHEN)    \
  X(TENANCIES_OF_HOLDER,                                                                 \
    STORE_TENANCY "name = " STORE_NAME " AND " STORE_ON_PORT " AND " STORE_IS_WHOLE      \
                  " AND " STORE_TENANCY_WHEN)                                            \
  X(LAST_CHANGE,                                                                         \
    "SELECT at, event, data, summary FROM change WHERE port = ?1 AND what = 0"           \
    " ORDER BY at DESC, id DESC LIMIT 1")                                                \
  X(HELD_SINCE,                                                                          \
    "SELECT min(began) FROM tenancy WHERE port = ?1 AND ended = " STORE_OPEN)            \
  X(LAST_TENANCY, "SELECT began, ended, how, holder, data FROM tenancy"                  \
                  " WHERE port = ?1 AND ended < " STORE_OPEN                             \
                  " ORDER BY ended DESC, began DESC, id DESC LIMIT 1")                   \
  X(NEXT_CHANGED, "SELECT min(port) FROM change WHERE port >= ?1")                       \
  X(NEXT_HELD, "SELECT min(port) FROM tenancy WHERE port >= ?1")                         \
  X(WAS_CHANGED, "SELECT 1 FROM change c WHERE c.port = " STORE_PORT                     \
                 " AND " STORE_ENTRY_WHEN("c") " LIMIT 1")                               \
  X(WAS_HELD, "SELECT 1 FROM tenancy WHERE port = " STORE_PORT                           \
              " AND ended >= " STORE_SINCE " AND began < " STORE_UNTIL " LIMIT 1")       \
  X(OLDEST_CHANGE, "SELECT min(at) FROM change")                                         \
  X(OLDEST_TENANCY, "SELECT min(ended) FROM tenancy")                                    \
  X(FORGET_CONCERNED, "DELETE FROM concerned WHERE change IN (" STORE_OLD_CHANGES ")")   \
  X(FORGET_CHANGES, "DELETE FROM change WHERE id IN (" STORE_OLD_CHANGES ")")            \
  X(FORGET_TENANCIES, "DELETE FROM tenancy WHERE id IN (SELECT id FROM tenancy"          \
                      " WHERE ended < min(?1, " STORE_OPEN ") ORDER BY ended LIMIT ?2)") \
  X(PAGE_SIZE, "PRAGMA page_size")                                                       \
  X(PAGES, "PRAGMA page_count")                                                          \
  X(FREE_PAGES, "PRAGMA freelist_count")                                                 \
  X(GIVE_BACK, "PRAGMA incremental_vacuum(128)")

#endif
