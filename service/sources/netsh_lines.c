/* The shapes of lines. Bytes are compared with ASCII punctuation and digits
 * only, and letters nowhere but in "http": the text may be in a double-byte code
 * page, whose second bytes can look like ASCII letters or a backslash, but never
 * like a colon, a digit, a space or '<'. */
#include "service/sources/netsh_lines.h"

#include "common/text.h"
#include "service/sources/http_url.h"

#include <string.h>

#define TAB_COLUMNS 4 /* one step of netsh's own indentation */
#define RULE_DASHES 8

static const char wide_colon[] = "\xEF\xBC\x9A"; /* U+FF1A */

static bool is_space(char c) {
  return c == ' ' || c == '\t';
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_control(char c) {
  unsigned char byte = (unsigned char)c;
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

bool netsh_same(struct netsh_slice a, struct netsh_slice b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static struct netsh_slice trimmed(const char *data, const char *end) {
  while (data < end && is_space(*data))
    data++;
  while (data < end && (is_space(end[-1]) || end[-1] == '\r'))
    end--;
  return (struct netsh_slice){data, (size_t)(end - data)};
}

/* The digits at the start of |text|. Returns how many there are. */
static size_t read_number(struct netsh_slice text, uint64_t *number) {
  size_t i = 0;
  *number = 0;
  for (; i < text.len && is_digit(text.data[i]); i++) {
    uint64_t digit = (uint64_t)(text.data[i] - '0');
    bool fits = *number <= (UINT64_MAX - digit) / 10;
    *number = fits ? *number * 10 + digit : UINT64_MAX;
  }
  return i;
}

/* How long the separator at |at| is: a colon, or its full-width form. */
static size_t separator_at(const char *at, const char *end) {
  if (*at == ':')
    return 1;
  bool wide = (size_t)(end - at) >= 3 && memcmp(at, wide_colon, 3) == 0;
  return wide ? 3 : 0;
}

/* "label: value" and "label:". The first colon with white space behind it
 * separates; without one, the first colon does. */
static void split_label(struct netsh_line *line) {
  const char *start = line->text.data, *end = start + line->text.len;
  const char *found = NULL;
  size_t found_len = 0;
  for (const char *at = start; at < end; at++) {
    size_t len = separator_at(at, end);
    if (len == 0)
      continue;
    bool clear = len == 3 || at + 1 == end || is_space(at[1]);
    if (found == NULL || clear) {
      found = at;
      found_len = len;
    }
    if (clear)
      break;
  }
  if (found == NULL)
    return;
  line->label = trimmed(start, found);
  line->value = trimmed(found + found_len, end);
}

/* "<?>", "C:\…", "\\server\…" at the start of a word. */
static bool starts_path(const char *at, const char *end) {
  size_t left = (size_t)(end - at);
  if (left >= 3 && memcmp(at, "<?>", 3) == 0)
    return true;
  if (left >= 3 && is_letter(at[0]) && at[1] == ':' && (at[2] == '\\' || at[2] == '/'))
    return true;
  return left >= 2 && at[0] == '\\' && !is_space(at[1]);
}

/* A backslash or letter in the middle of a word may be half a character; at the
 * start of one, after ASCII white space or punctuation, it is what it seems. */
static bool holds_path(const char *at, const char *end) {
  for (; at < end; at++) {
    bool word_start = is_space(at[-1]) || strchr(":,;\"(", at[-1]) != NULL;
    if (word_start && at[-1] != '\0' && starts_path(at, end))
      return true;
  }
  return false;
}

static bool is_process(struct netsh_line *line) {
  size_t digits = read_number(line->value, &line->number);
  if (line->label.len == 0 || digits == 0 || digits == line->value.len)
    return false;
  const char *end = line->value.data + line->value.len;
  const char *after = line->value.data + digits;
  bool whole = !is_letter(*after) && strchr(".:-_\\/", *after) == NULL;
  return whole && holds_path(after + 1, end);
}

static size_t scheme_length(struct netsh_slice text) {
  if (text.len > 7 && pg_casecmp_n(text.data, "http://", 7) == 0)
    return 7;
  if (text.len > 8 && pg_casecmp_n(text.data, "https://", 8) == 0)
    return 8;
  return 0;
}

/* The slash behind host and port must be there: every registration has one, and
 * without it port 80 could be what a cut left of 8080. */
static bool read_url(struct netsh_line *line, size_t scheme) {
  const char *host = line->text.data + scheme;
  const char *slash = memchr(host, '/', line->text.len - scheme);
  if (slash == NULL || line->control)
    return false;
  for (const char *at = host; at < slash; at++)
    if (is_space(*at))
      return false;
  const char *host_end = http_url_host_end(host, slash, &line->port);
  if (host_end == NULL)
    return false;
  line->host_end = (size_t)(host_end - line->text.data);
  return true;
}

static bool is_rule(const struct netsh_line *line) {
  for (size_t i = 0; i < line->text.len; i++)
    if (line->text.data[i] != '-')
      return false;
  return line->text.len >= RULE_DASHES && line->ended;
}

static enum netsh_kind kind_of_labelled(struct netsh_line *line) {
  split_label(line);
  if (line->label.len == 0)
    return NETSH_PLAIN;
  return line->value.len == 0 ? NETSH_HEADING : NETSH_FIELD;
}

static enum netsh_kind kind_of_unindented(struct netsh_line *line) {
  return is_rule(line) ? NETSH_RULE : kind_of_labelled(line);
}

static enum netsh_kind kind_of_indented(struct netsh_line *line) {
  size_t scheme = scheme_length(line->text);
  if (scheme > 0)
    return read_url(line, scheme) ? NETSH_URL : NETSH_BAD_URL;
  if (read_number(line->text, &line->number) == line->text.len)
    return NETSH_PID;
  enum netsh_kind kind = kind_of_labelled(line);
  if (kind != NETSH_FIELD)
    return kind;
  if (is_process(line))
    return NETSH_PROCESS;
  return read_number(line->value, &line->number) == line->value.len ? NETSH_NUMBER
                                                                    : NETSH_FIELD;
}

/* Columns of white space at the start, and the rest of the line. */
static void measure(struct netsh_line *line, const char *start, const char *stop) {
  const char *at = start;
  for (; at < stop && is_space(*at); at++)
    line->indent += *at == '\t' ? TAB_COLUMNS - line->indent % TAB_COLUMNS : 1;
  line->text = trimmed(at, stop);
  line->chars = (size_t)(at - start) + 1; /* the line end counts as one */
  for (size_t i = 0; i < line->text.len; i++) {
    line->chars += ((unsigned char)line->text.data[i] & 0xC0) != 0x80;
    line->control = line->control || is_control(line->text.data[i]);
  }
}

void netsh_read_from(struct netsh_reader *reader, const char *text, size_t len) {
  bool mark = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;
  reader->at = mark ? text + 3 : text;
  reader->end = len > 0 ? text + len : text;
}

void netsh_read_line(struct netsh_reader *reader, struct netsh_line *line) {
  while (reader->at != reader->end) {
    const char *start = reader->at;
    const char *newline = memchr(start, '\n', (size_t)(reader->end - start));
    *line = (struct netsh_line){.ended = newline != NULL};
    reader->at = newline != NULL ? newline + 1 : reader->end;
    measure(line, start, newline != NULL ? newline : reader->end);
    if (line->text.len == 0)
      continue;
    line->kind = line->indent == 0 ? kind_of_unindented(line) : kind_of_indented(line);
    return;
  }
  *line = (struct netsh_line){.kind = NETSH_END};
}
