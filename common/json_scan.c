#include "common/json_scan.h"

#include <float.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cJSON copies a number into 64 bytes before it converts it. */
#define NUMBER_MAX 63
#define QUOTED 32
#define PLACE 64
#define WORDS 256

struct scan {
  const char *text;
  size_t len, at;
  size_t depth_max, nodes_max, nodes;
  bool by_line;
  struct pg_fault *fault;
};

/* Bytes for programs, lines for people with an editor. A column is a character. */
static const char *place(const struct scan *scan, size_t at, char out[PLACE]) {
  size_t line = 1, column = 1;
  if (!scan->by_line) {
    (void)snprintf(out, PLACE, "byte %zu", at);
    return out;
  }
  for (size_t i = 0; i < at; i++) {
    bool ended = scan->text[i] == '\n';
    bool begins = ((unsigned char)scan->text[i] & 0xC0) != 0x80;
    line += ended;
    column = ended ? 1 : column + begins;
  }
  (void)snprintf(out, PLACE, "line %zu, column %zu", line, column);
  return out;
}

/* 0 at the end of the text: no JSON token has a NUL, so it matches nothing. */
static unsigned char peek(const struct scan *scan) {
  return scan->at < scan->len ? (unsigned char)scan->text[scan->at] : 0;
}

static enum pg_error refuse(const struct scan *scan, enum pg_error code, size_t at,
                            const char *format, ...) PG_PRINTF(4, 5);

static enum pg_error refuse(const struct scan *scan, enum pg_error code, size_t at,
                            const char *format, ...) {
  char where[PLACE], words[WORDS];
  va_list args;
  va_start(args, format);
  if (vsnprintf(words, sizeof words, format, args) < 0)
    words[0] = '\0';
  va_end(args);
  return pg_fail(scan->fault, code, "%s: %s", place(scan, at, where), words);
}

/* "found X, expected Y", where X is the character that stands at |scan->at|. */
static enum pg_error expected(struct scan *scan, const char *what) {
  char found[5] = "", quoted[QUOTED];
  uint32_t codepoint = 0;
  if (scan->at >= scan->len)
    return refuse(scan, PG_E_PARSE, scan->at, "the text ends, expected %s", what);
  size_t bytes = pg_utf8_decode(scan->text + scan->at, scan->len - scan->at, &codepoint);
  if (bytes == 0)
    return refuse(scan, PG_E_PARSE, scan->at, "not valid UTF-8");
  if (codepoint == 0) /* cannot stand in a C string; shown as the escaper shows it */
    return refuse(scan, PG_E_PARSE, scan->at, "found \"<00>\", expected %s", what);
  memcpy(found, scan->text + scan->at, bytes);
  return refuse(scan, PG_E_PARSE, scan->at, "found \"%s\", expected %s",
                pg_escape(quoted, sizeof quoted, found), what);
}

static void skip_space(struct scan *scan) {
  for (;;) {
    unsigned char c = peek(scan);
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
      return;
    scan->at++;
  }
}

static int hex_digit(unsigned char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

static enum pg_error hex_unit(struct scan *scan, unsigned *unit) {
  *unit = 0;
  for (int i = 0; i < 4; i++, scan->at++) {
    int digit = hex_digit(peek(scan));
    if (digit < 0)
      return expected(scan, "four hexadecimal digits after \\u");
    *unit = *unit << 4 | (unsigned)digit;
  }
  return PG_OK;
}

/* Stands behind "\u"; |start| is where the backslash was. */
static enum pg_error scan_unicode(struct scan *scan, size_t start) {
  unsigned unit, low;
  enum pg_error error = hex_unit(scan, &unit);
  if (error)
    return error;
  if (unit == 0) /* C strings end there: what follows would be smuggled past checks */
    return refuse(scan, PG_E_PARSE, start, "a string holds \\u0000");
  if (unit < 0xD800 || unit > 0xDFFF)
    return PG_OK;
  if (unit > 0xDBFF || peek(scan) != '\\' || scan->len - scan->at < 2 ||
      scan->text[scan->at + 1] != 'u')
    return refuse(scan, PG_E_PARSE, start, "a string holds half of a surrogate pair");
  scan->at += 2;
  error = hex_unit(scan, &low);
  if (error)
    return error;
  if (low < 0xDC00 || low > 0xDFFF)
    return refuse(scan, PG_E_PARSE, start, "a string holds half of a surrogate pair");
  return PG_OK;
}

static enum pg_error scan_escape(struct scan *scan) {
  size_t start = scan->at++;
  unsigned char c = peek(scan);
  if (c == 'u') {
    scan->at++;
    return scan_unicode(scan, start);
  }
  if (c == 0 || !strchr("\"\\/bfnrt", c))
    return expected(scan, "one of \" \\ / b f n r t u after a backslash");
  scan->at++;
  return PG_OK;
}

static enum pg_error scan_string(struct scan *scan) {
  char where[PLACE];
  size_t start = scan->at++;
  while (scan->at < scan->len) {
    unsigned char c = (unsigned char)scan->text[scan->at];
    uint32_t codepoint = 0;
    if (c == '"') {
      scan->at++;
      return PG_OK;
    }
    if (c == '\\') {
      enum pg_error error = scan_escape(scan);
      if (error)
        return error;
      continue;
    }
    if (c < 0x20)
      return refuse(scan, PG_E_PARSE, scan->at,
                    "a string holds the control character <%02X>", (unsigned)c);
    size_t bytes = 1;
    if (c >= 0x80)
      bytes = pg_utf8_decode(scan->text + scan->at, scan->len - scan->at, &codepoint);
    if (bytes == 0)
      return refuse(scan, PG_E_PARSE, scan->at, "a string is not valid UTF-8");
    scan->at += bytes;
  }
  return refuse(scan, PG_E_PARSE, scan->at,
                "the text ends in the string that starts at %s",
                place(scan, start, where));
}

static bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}

static enum pg_error scan_digits(struct scan *scan) {
  if (!is_digit(peek(scan)))
    return expected(scan, "a digit");
  while (is_digit(peek(scan)))
    scan->at++;
  return PG_OK;
}

/* The number from |start| is well formed: does it fit? */
static enum pg_error check_number(struct scan *scan, size_t start) {
  char copy[NUMBER_MAX + 1];
  size_t len = scan->at - start;
  if (len > NUMBER_MAX)
    return refuse(scan, PG_E_PARSE, start, "a number has more than %d characters",
                  NUMBER_MAX);
  memcpy(copy, scan->text + start, len);
  copy[len] = '\0';
  double value = strtod(copy, NULL);
  if (value > DBL_MAX || value < -DBL_MAX)
    return refuse(scan, PG_E_PARSE, start, "the number %s is too large", copy);
  return PG_OK;
}

static enum pg_error scan_number(struct scan *scan) {
  size_t start = scan->at;
  bool exponent = false;
  enum pg_error error = PG_OK;
  if (peek(scan) == '-')
    scan->at++;
  if (peek(scan) == '0')
    scan->at++; /* a digit behind it is refused by whoever comes next */
  else
    error = scan_digits(scan);
  if (!error && peek(scan) == '.') {
    scan->at++;
    error = scan_digits(scan);
  }
  if (!error && (peek(scan) == 'e' || peek(scan) == 'E')) {
    exponent = true;
    scan->at++;
    if (peek(scan) == '+' || peek(scan) == '-')
      scan->at++;
    error = scan_digits(scan);
  }
  if (error || (!exponent && scan->at - start <= NUMBER_MAX))
    return error; /* so few digits without an exponent always fit */
  return check_number(scan, start);
}

static enum pg_error scan_word(struct scan *scan, const char *word) {
  size_t len = strlen(word);
  if (scan->len - scan->at < len || memcmp(scan->text + scan->at, word, len) != 0)
    return refuse(scan, PG_E_PARSE, scan->at,
                  "expected a value; only true, false and null are words");
  scan->at += len;
  return PG_OK;
}

static enum pg_error scan_value(struct scan *scan, size_t depth);

static enum pg_error scan_member(struct scan *scan, size_t depth) {
  if (peek(scan) != '"')
    return expected(scan, "a key in quotes");
  enum pg_error error = scan_string(scan);
  if (error)
    return error;
  skip_space(scan);
  if (peek(scan) != ':')
    return expected(scan, "\":\" after a key");
  scan->at++;
  return scan_value(scan, depth);
}

/* An object or an array: |close| is its closing bracket. */
static enum pg_error scan_container(struct scan *scan, char close, size_t depth) {
  scan->at++;
  skip_space(scan);
  if (peek(scan) == (unsigned char)close) {
    scan->at++;
    return PG_OK;
  }
  for (;;) {
    skip_space(scan);
    enum pg_error error =
        close == '}' ? scan_member(scan, depth + 1) : scan_value(scan, depth + 1);
    if (error)
      return error;
    if (peek(scan) == (unsigned char)close) {
      scan->at++;
      return PG_OK;
    }
    if (peek(scan) != ',')
      return expected(scan, close == '}' ? "\",\" or \"}\"" : "\",\" or \"]\"");
    scan->at++;
  }
}

static enum pg_error scan_one(struct scan *scan, size_t depth) {
  unsigned char c = peek(scan);
  switch (c) {
  case '{':
    return scan_container(scan, '}', depth);
  case '[':
    return scan_container(scan, ']', depth);
  case '"':
    return scan_string(scan);
  case 't':
    return scan_word(scan, "true");
  case 'f':
    return scan_word(scan, "false");
  case 'n':
    return scan_word(scan, "null");
  default:
    return c == '-' || is_digit(c) ? scan_number(scan) : expected(scan, "a value");
  }
}

/* A value and the white space around it. */
static enum pg_error scan_value(struct scan *scan, size_t depth) {
  skip_space(scan);
  if (depth > scan->depth_max)
    return refuse(scan, PG_E_TOOBIG, scan->at, "nested deeper than %zu", scan->depth_max);
  if (scan->nodes_max != 0 && scan->nodes >= scan->nodes_max)
    return refuse(scan, PG_E_TOOBIG, scan->at, "more than %zu values", scan->nodes_max);
  scan->nodes++;
  enum pg_error error = scan_one(scan, depth);
  if (!error)
    skip_space(scan);
  return error;
}

enum pg_error pg_json_scan(const char *text, size_t len,
                           const struct pg_json_limits *limits, bool by_line,
                           struct pg_fault *fault) {
  struct scan scan = {.text = text,
                      .len = len,
                      .nodes_max = limits->nodes,
                      .by_line = by_line,
                      .fault = fault};
  scan.depth_max =
      limits->depth < PG_JSON_SCAN_DEPTH ? limits->depth : PG_JSON_SCAN_DEPTH;
  if (len > limits->bytes)
    return pg_fail(fault, PG_E_TOOBIG, "%zu bytes of JSON, at most %zu are read", len,
                   limits->bytes);
  enum pg_error error = scan_value(&scan, 1);
  if (!error && scan.at < len)
    return expected(&scan, "nothing after the value");
  return error;
}
