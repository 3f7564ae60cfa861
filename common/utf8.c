/* UTF-8: decoding and counting. */
#include "common/text.h"

#include <string.h>

struct range {
  uint32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t codepoint) {
  for (size_t i = 0; i < count && codepoint >= ranges[i].first; i++)
    if (codepoint <= ranges[i].last)
      return true;
  return false;
}

/* How many bytes a sequence has by its first byte, and its payload bits. */
static size_t sequence(unsigned char first, uint32_t *bits) {
  if (first >= 0xC2 && first <= 0xDF) {
    *bits = first & 0x1Fu;
    return 2;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    *bits = first & 0x0Fu;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    *bits = first & 0x07u;
    return 4;
  }
  return 0;
}

size_t pg_utf8_decode(const char *s, size_t len, uint32_t *codepoint) {
  static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (len == 0)
    return 0;
  uint32_t value = (unsigned char)s[0];
  if (value < 0x80) {
    *codepoint = value;
    return 1;
  }
  size_t bytes = sequence((unsigned char)s[0], &value);
  if (bytes == 0 || bytes > len)
    return 0;
  for (size_t i = 1; i < bytes; i++) {
    unsigned char next = (unsigned char)s[i];
    if ((next & 0xC0) != 0x80)
      return 0;
    value = value << 6 | (next & 0x3Fu);
  }
  if (value < smallest[bytes] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
    return 0;
  *codepoint = value;
  return bytes;
}

bool pg_utf8_valid(const char *s, size_t len) {
  while (len > 0) {
    uint32_t codepoint;
    size_t bytes = pg_utf8_decode(s, len, &codepoint);
    if (bytes == 0)
      return false;
    s += bytes;
    len -= bytes;
  }
  return true;
}

size_t pg_utf8_chars(const char *s) {
  size_t len = strlen(s), chars = 0;
  for (size_t bytes; len > 0; s += bytes, len -= bytes, chars++) {
    uint32_t codepoint;
    bytes = pg_utf8_decode(s, len, &codepoint);
    bytes = bytes ? bytes : 1;
  }
  return chars;
}

/* Combining marks of the scripts that service names are likely to use. */
static const struct range narrow[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
    {0x064B, 0x065F}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0x302A, 0x302D},
    {0x3099, 0x309A}, {0xFE20, 0xFE2F},
};

/* East Asian wide and full-width forms, and the emoji blocks. */
static const struct range wide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};

static size_t columns_of(uint32_t codepoint) {
  if (codepoint < narrow[0].first)
    return 1;
  if (in_ranges(narrow, sizeof narrow / sizeof narrow[0], codepoint))
    return 0;
  return in_ranges(wide, sizeof wide / sizeof wide[0], codepoint) ? 2 : 1;
}

size_t pg_utf8_columns(const char *s) {
  size_t len = strlen(s), columns = 0;
  while (len > 0) {
    uint32_t codepoint = 0;
    size_t bytes = pg_utf8_decode(s, len, &codepoint);
    columns += bytes ? columns_of(codepoint) : 1; /* a broken byte shows as one U+FFFD */
    s += bytes ? bytes : 1;
    len -= bytes ? bytes : 1;
  }
  return columns;
}
