#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 64

void pg_text_init(struct pg_text *text, size_t max) {
  memset(text, 0, sizeof *text);
  text->max = max;
}

void pg_text_free(struct pg_text *text) {
  free(text->data);
  pg_text_init(text, text->max);
}

void pg_text_clear(struct pg_text *text) {
  text->len = 0;
  text->failed = false;
  if (text->data)
    text->data[0] = '\0';
}

const char *pg_text_str(const struct pg_text *text) {
  return text->data ? text->data : "";
}

/* At least |need| bytes of capacity, the terminator included. */
static bool grow(struct pg_text *text, size_t need) {
  size_t ceiling = text->max < SIZE_MAX ? text->max + 1 : SIZE_MAX;
  size_t cap = text->cap ? text->cap : FIRST_CAP;
  while (cap < need)
    cap = cap > ceiling / 2 ? ceiling : cap * 2;
  if (cap > ceiling)
    cap = ceiling;
  char *data = realloc(text->data, cap);
  if (!data)
    return false;
  text->data = data;
  text->cap = cap;
  return true;
}

/* Room for |len| more bytes and the terminator, or |failed| is set. */
static bool reserve(struct pg_text *text, size_t len) {
  if (text->failed)
    return false;
  if (len > text->max - text->len || len >= SIZE_MAX - text->len) {
    text->failed = true;
    return false;
  }
  if (len >= text->cap - text->len && !grow(text, text->len + len + 1))
    text->failed = true;
  return !text->failed;
}

void pg_text_add(struct pg_text *text, const char *data, size_t len) {
  if (!reserve(text, len))
    return;
  if (len)
    memcpy(text->data + text->len, data, len);
  text->len += len;
  text->data[text->len] = '\0';
}

void pg_text_str_add(struct pg_text *text, const char *string) {
  pg_text_add(text, string, strlen(string));
}

void pg_text_char(struct pg_text *text, char c) {
  if (!reserve(text, 1))
    return;
  text->data[text->len++] = c;
  text->data[text->len] = '\0';
}

void pg_text_printf(struct pg_text *text, const char *format, ...) {
  va_list args;
  va_start(args, format);
  pg_text_vprintf(text, format, args);
  va_end(args);
}

void pg_text_vprintf(struct pg_text *text, const char *format, va_list args) {
  va_list measure;
  va_copy(measure, args);
  int length = vsnprintf(NULL, 0, format, measure);
  va_end(measure);
  if (length < 0) {
    text->failed = true;
    return;
  }
  if (!reserve(text, (size_t)length))
    return;
  (void)vsnprintf(text->data + text->len, (size_t)length + 1, format, args);
  text->len += (size_t)length;
}

bool pg_copy(char *out, size_t size, const char *in) {
  if (size == 0)
    return false;
  size_t len = strlen(in);
  bool whole = len < size;
  if (!whole) {
    len = size - 1;
    /* Half a character at the end would become a stray byte on a screen. */
    for (int back = 0; back < 3 && len > 0 && ((unsigned char)in[len] & 0xC0) == 0x80;
         back++)
      len--;
  }
  memmove(out, in, len);
  out[len] = '\0';
  return whole;
}

static int lower(char c) {
  unsigned char byte = (unsigned char)c;
  return byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte;
}

int pg_casecmp(const char *a, const char *b) {
  return pg_casecmp_n(a, b, SIZE_MAX);
}

bool pg_case_equal(const char *a, const char *b) {
  return pg_casecmp(a, b) == 0;
}

int pg_casecmp_n(const char *a, const char *b, size_t n) {
  for (; n > 0; n--, a++, b++) {
    int difference = lower(*a) - lower(*b);
    if (difference != 0 || *a == '\0')
      return difference;
  }
  return 0;
}
