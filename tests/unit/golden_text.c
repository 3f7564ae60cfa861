#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "golden_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES (4u * 1024u * 1024u)

static void new_line(struct pg_text *out, int depth) {
  pg_text_printf(out, "\n%*s", 2 * depth, "");
}

static const char *add_string(const char *at, struct pg_text *out) {
  const char *start = at++;
  while (*at != '"' && *at != '\0')
    at += *at == '\\' && at[1] != '\0' ? 2 : 1;
  at += *at == '"';
  pg_text_add(out, start, (size_t)(at - start));
  return at;
}

void golden_pretty(const char *json, struct pg_text *out) {
  int depth = 0;
  while (*json != '\0') {
    char c = *json;
    if (c == '"') {
      json = add_string(json, out);
      continue;
    }
    bool empty = (c == '{' && json[1] == '}') || (c == '[' && json[1] == ']');
    bool closes = (c == '}' || c == ']') && out->data[out->len - 1] != '{' &&
                  out->data[out->len - 1] != '[';
    if (c == '}' || c == ']')
      depth--;
    if (closes)
      new_line(out, depth);
    pg_text_char(out, c);
    if (c == ':')
      pg_text_char(out, ' ');
    if (c == '{' || c == '[')
      depth++;
    if (c == ',' || ((c == '{' || c == '[') && !empty))
      new_line(out, depth);
    json++;
  }
  pg_text_char(out, '\n');
}

static FILE *open_fixture(const char *name, const char *mode) {
  char path[512];
  (void)snprintf(path, sizeof path, "%s/%s", PG_FIXTURES, name);
  return fopen(path, mode);
}

char *golden_read(const char *name) {
  FILE *file = open_fixture(name, "rb");
  if (file == NULL)
    return NULL;
  char *text = calloc(1, FILE_BYTES);
  assert_non_null(text);
  size_t len = fread(text, 1, FILE_BYTES - 1, file);
  fclose(file);
  size_t kept = 0;
  for (size_t i = 0; i < len; i++)
    if (text[i] != '\r')
      text[kept++] = text[i];
  text[kept] = '\0';
  return text;
}

static void accept(const char *name, const char *actual) {
  FILE *file = open_fixture(name, "wb");
  if (file == NULL)
    fail_msg("%s cannot be written", name);
  assert_int_equal(fwrite(actual, 1, strlen(actual), file), strlen(actual));
  assert_int_equal(fclose(file), 0);
}

/* Whole answers side by side help nobody: the first line that differs does. */
static void fail_at_difference(const char *name, const char *actual,
                               const char *expected) {
  int line = 1;
  size_t start = 0;
  for (size_t i = 0; actual[i] == expected[i]; i++) {
    if (actual[i] != '\n')
      continue;
    line++;
    start = i + 1;
  }
  fail_msg("%s:%d\n  expected %.*s\n  found    %.*s", name, line,
           (int)strcspn(expected + start, "\n"), expected + start,
           (int)strcspn(actual + start, "\n"), actual + start);
}

void golden_compare(const char *name, const char *actual) {
  const char *accepts = getenv("PG_ACCEPT");
  if (accepts != NULL && strcmp(accepts, "1") == 0) {
    accept(name, actual);
    return;
  }
  char *expected = golden_read(name);
  if (expected == NULL)
    fail_msg("%s is missing: run with PG_ACCEPT=1, then read it", name);
  else if (strcmp(actual, expected) != 0)
    fail_at_difference(name, actual, expected);
  free(expected);
}
