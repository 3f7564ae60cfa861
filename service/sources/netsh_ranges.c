#include "service/sources/netsh_ranges.h"

#include <stdio.h>
#include <string.h>

/* A line between two ends; its own line end is not part of it. */
struct line {
  const char *at, *end;
  bool ended; /* a line end follows: the line is whole */
};

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

static void skip_blanks(struct line *line) {
  while (line->at < line->end && is_blank(*line->at))
    line->at++;
}

static bool next_line(const char **at, const char *end, struct line *line) {
  if (*at == end)
    return false;
  const char *newline = memchr(*at, '\n', (size_t)(end - *at));
  *line = (struct line){*at, newline != NULL ? newline : end, newline != NULL};
  *at = newline != NULL ? newline + 1 : end;
  skip_blanks(line);
  while (line->end > line->at && (is_blank(line->end[-1]) || line->end[-1] == '\r'))
    line->end--;
  return true;
}

/* Two groups of dashes, the line under the headings. */
static bool is_rule(struct line line) {
  size_t dashes = 0;
  for (const char *at = line.at; at < line.end; at++) {
    if (*at != '-' && !is_blank(*at))
      return false;
    dashes += *at == '-';
  }
  return dashes >= 6 && line.ended;
}

/* A whole number, not longer than any port; false when there is none. */
static bool take_number(struct line *line, uint32_t *number) {
  size_t digits = 0;
  *number = 0;
  for (; line->at < line->end && *line->at >= '0' && *line->at <= '9'; line->at++) {
    if (++digits > 5)
      return false;
    *number = *number * 10 + (uint32_t)(*line->at - '0');
  }
  skip_blanks(line);
  return digits > 0;
}

static bool starts_with_digit(const struct line *line) {
  return line->at < line->end && *line->at >= '0' && *line->at <= '9';
}

/* Ends without a line end, in a row or in the blanks before one. */
static bool is_cut(const struct line *line) {
  return !line->ended && (starts_with_digit(line) || line->at == line->end);
}

/* "      5357        5357" and "     50000       50059     *". */
static bool read_row(struct line line, struct pg_excluded_range *row) {
  uint32_t first = 0, last = 0;
  if (!take_number(&line, &first) || !take_number(&line, &last))
    return false;
  row->administered = line.at < line.end && *line.at == '*';
  if (row->administered)
    line.at++;
  if (line.at != line.end || first > last || last > UINT16_MAX)
    return false;
  row->first = (uint16_t)first;
  row->last = (uint16_t)last;
  return true;
}

static size_t count_rows(const char *at, const char *end) {
  struct line line;
  size_t count = 0;
  while (next_line(&at, end, &line))
    count += starts_with_digit(&line);
  return count;
}

/* Fills |rows| and returns how many there were. */
static size_t read_rows(const char *at, const char *end, enum pg_family family,
                        struct pg_excluded_range *rows, char *why, size_t size) {
  struct line line;
  size_t count = 0;
  while (why[0] == '\0' && next_line(&at, end, &line)) {
    if (is_cut(&line)) {
      snprintf(why, size, "netsh's table of excluded port ranges is cut");
    } else if (starts_with_digit(&line)) {
      rows[count].family = family;
      if (read_row(line, &rows[count]))
        count++;
      else
        snprintf(why, size, "row %zu of netsh's excluded port ranges is no range",
                 count + 1);
    }
  }
  return count;
}

enum pg_error netsh_ranges_parse(struct pg_snapshot *snapshot, enum pg_family family,
                                 const char *text, size_t len, char *why, size_t size) {
  const char *at = text, *end = text + len;
  struct line line = {0};
  why[0] = '\0';
  while (next_line(&at, end, &line) && !is_rule(line)) {
  }
  if (!is_rule(line)) {
    snprintf(why, size, "netsh printed no table of excluded port ranges");
    return PG_OK;
  }
  size_t most = count_rows(at, end);
  struct pg_excluded_range *rows = snapshot_ranges(snapshot, most);
  if (rows == NULL)
    return PG_E_NOMEM;
  size_t count = read_rows(at, end, family, rows, why, size);
  snapshot->network.range_count -= most - count;
  return PG_OK;
}
