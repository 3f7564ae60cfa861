/* A history of its own for each test, in a folder that is gone afterwards. */
#ifndef PG_HISTORY_CASE_H
#define PG_HISTORY_CASE_H

#include "service/history/store.h"

#define T0 INT64_C(1772445600000) /* 2026-03-02T10:00:00Z */

/* As cmocka's set-up and tear-down; the folder may hold anything at the end. */
int history_case_begin(void **state);
int history_case_end(void **state);

/* The folder's path, or that of a file in it. */
const char *history_case_path(const char *name);
struct files *history_case_files(void);
/* Whether a file whose name begins so is there; its whole name into |name|. */
bool history_case_find(const char *beginning, char *name, size_t size);

/* Fail the test when it does not go well. */
struct history *history_case_open(void);
void history_case_write(struct history *history, const struct history_row *rows,
                        size_t count);
/* The answer as one object; lasts until the next call. */
const char *history_case_ask(struct history *history,
                             const struct history_question *question);

void history_case_put(const char *name, const char *data, size_t len);
char *history_case_get(const char *name, size_t *len); /* malloc'ed */

#endif
