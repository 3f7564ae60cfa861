/* A table that fits the line: the widest columns give way first, one of them
 * last, and what does not fit is cut with an ellipsis. */
#ifndef PG_TABLE_H
#define PG_TABLE_H

#include "client/render.h"

#define TABLE_COLUMNS_MAX 6

struct table {
  const char *const *headers;
  size_t columns, keep;
  struct pg_text text; /* every cell, each with its terminator */
  size_t *cells;       /* offsets into |text| */
  size_t count, capacity;
  bool failed;
};

/* |headers| are borrowed; column |keep| says most and is cut last. */
void table_start(struct table *table, const char *const *headers, size_t columns,
                 size_t keep);
/* Cells come row by row; NULL is an empty one. Already escaped. */
void table_cell(struct table *table, const char *text);
/* A cell of words from outside; |otherwise| where there are none. */
void table_outside(struct table *table, const char *text, const char *otherwise);
/* Prints with |indent| blanks before each line and frees the table. */
void table_finish(struct table *table, struct render *render, size_t indent);

#endif
