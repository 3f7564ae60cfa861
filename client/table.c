#include "client/table.h"

#include "client/client.h"
#include "common/limits.h"

#include <stdlib.h>
#include <string.h>

#define GAP 2
#define NARROWEST 8
#define MODEST 20 /* what other columns get before the kept one is cut */
#define ELLIPSIS "\xe2\x80\xa6"

void table_start(struct table *table, const char *const *headers, size_t columns,
                 size_t keep) {
  memset(table, 0, sizeof *table);
  pg_text_init(&table->text, CLIENT_OUTPUT_MAX);
  table->headers = headers;
  table->columns = columns;
  table->keep = keep;
}

static bool grow(struct table *table) {
  if (table->count < table->capacity)
    return true;
  size_t capacity = table->capacity > 0 ? table->capacity * 2 : 64;
  if (capacity > SIZE_MAX / sizeof *table->cells)
    return false;
  size_t *cells = realloc(table->cells, capacity * sizeof *cells);
  if (cells == NULL)
    return false;
  table->cells = cells;
  table->capacity = capacity;
  return true;
}

void table_cell(struct table *table, const char *text) {
  if (table->failed || !grow(table)) {
    table->failed = true;
    return;
  }
  table->cells[table->count++] = table->text.len;
  const char *cell = text != NULL ? text : "";
  pg_text_add(&table->text, cell, strlen(cell) + 1);
  table->failed = table->text.failed;
}

void table_outside(struct table *table, const char *text, const char *otherwise) {
  struct pg_text cell;
  pg_text_init(&cell, RENDER_LINE_MAX);
  render_outside(&cell, text);
  table_cell(table, text != NULL ? pg_text_str(&cell) : otherwise);
  pg_text_free(&cell);
}

static const char *cell_at(const struct table *table, size_t row, size_t column) {
  return table->text.data + table->cells[row * table->columns + column];
}

static size_t rows_of(const struct table *table) {
  return table->count / table->columns;
}

static void natural_widths(const struct table *table, size_t widths[]) {
  for (size_t c = 0; c < table->columns; c++) {
    widths[c] = pg_utf8_columns(table->headers[c]);
    for (size_t r = 0; r < rows_of(table); r++) {
      size_t width = pg_utf8_columns(cell_at(table, r, c));
      widths[c] = width > widths[c] ? width : widths[c];
    }
  }
}

/* The widest column but the kept one, while it is wider than MODEST; then the
 * widest of all. */
static size_t column_to_cut(const struct table *table, const size_t widths[]) {
  size_t widest = table->keep == 0 ? 1 : 0;
  for (size_t c = 0; c < table->columns; c++)
    if (c != table->keep && widths[c] >= widths[widest])
      widest = c;
  bool modest = widths[widest] <= MODEST && widths[table->keep] >= widths[widest];
  return modest ? table->keep : widest;
}

static void fit(const struct table *table, size_t widths[], size_t room) {
  size_t total = (table->columns - 1) * GAP;
  for (size_t c = 0; c < table->columns; c++)
    total += widths[c];
  while (total > room) {
    size_t cut = column_to_cut(table, widths);
    if (widths[cut] <= NARROWEST)
      return;
    widths[cut]--;
    total--;
  }
}

/* A URL that ends in '/' keeps its end, so that it is still seen to be a
 * prefix: "http://+:80/116B50EB-.../". */
static void put_cell(struct pg_text *out, const char *cell, size_t width) {
  if (pg_utf8_columns(cell) <= width) {
    pg_text_str_add(out, cell);
    return;
  }
  bool slash = cell[strlen(cell) - 1] == '/';
  pg_text_add(out, cell, render_bytes(cell, strlen(cell), width - (slash ? 2 : 1)));
  pg_text_str_add(out, slash ? ELLIPSIS "/" : ELLIPSIS);
}

static size_t shown_columns(const char *cell, size_t width) {
  size_t columns = pg_utf8_columns(cell);
  return columns < width ? columns : width;
}

/* |row| -1 is the header. Blanks are written only before a cell that has text,
 * so that no line ends in them. */
static void put_row(const struct table *table, struct pg_text *out, long row,
                    const size_t widths[], size_t indent) {
  size_t owed = indent;
  for (size_t c = 0; c < table->columns; c++) {
    const char *cell = row < 0 ? table->headers[c] : cell_at(table, (size_t)row, c);
    if (cell[0] != '\0') {
      pg_text_printf(out, "%*s", (int)owed, "");
      put_cell(out, cell, widths[c]);
      owed = 0;
    }
    owed += widths[c] - shown_columns(cell, widths[c]) + GAP;
  }
  pg_text_char(out, '\n');
}

void table_finish(struct table *table, struct render *render, size_t indent) {
  if (table->failed) {
    render->out->failed = true;
  } else {
    size_t widths[TABLE_COLUMNS_MAX] = {0};
    natural_widths(table, widths);
    fit(table, widths, render->columns - indent);
    put_row(table, render->out, -1, widths, indent);
    for (size_t r = 0; r < rows_of(table); r++)
      put_row(table, render->out, (long)r, widths, indent);
  }
  pg_text_free(&table->text);
  free(table->cells);
}
