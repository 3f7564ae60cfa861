/* The one escaper for text from outside on a screen or in the Event Log. */
#include "common/limits.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

#define ELLIPSIS "..."
#define ELLIPSIS_LEN (sizeof ELLIPSIS - 1)
#define REPLACEMENT "\xEF\xBF\xBD"

/* Controls, bidi controls, and what takes no place or looks like nothing:
 * Unicode's categories Cc and Cf, its line separators, variation selectors and fillers.
 * Two strings that differ must not look the same, and none may reorder what stands beside
 * it. Sorted. */
static const struct {
  uint32_t first, last;
} unsafe[] = {
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},
    {0x0600, 0x0605},   {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},
    {0x0890, 0x0891},   {0x08E2, 0x08E2},   {0x115F, 0x1160},   {0x17B4, 0x17B5},
    {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},
    {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
    {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool pg_codepoint_is_unsafe(uint32_t codepoint) {
  if (codepoint >= 0x20 && codepoint < 0x7F)
    return false;
  for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++) {
    if (codepoint < unsafe[i].first)
      return false;
    if (codepoint <= unsafe[i].last)
      return true;
  }
  return false;
}

/* What one character of the input turns into. */
struct piece {
  char bytes[12];
  size_t len;
  size_t chars; /* as shown */
};

/* Returns how many bytes of |s| the piece stands for. */
static size_t take(const char *s, size_t len, struct piece *piece) {
  uint32_t codepoint = 0;
  size_t used = pg_utf8_decode(s, len, &codepoint);
  piece->chars = 1;
  if (used == 0) {
    piece->len = sizeof REPLACEMENT - 1;
    memcpy(piece->bytes, REPLACEMENT, piece->len);
    return 1;
  }
  if (codepoint == '%' || codepoint == '<' || pg_codepoint_is_unsafe(codepoint)) {
    piece->len = (size_t)snprintf(piece->bytes, sizeof piece->bytes, "<%02X>",
                                  (unsigned)codepoint);
    piece->chars = piece->len;
    return used;
  }
  piece->len = used;
  memcpy(piece->bytes, s, used);
  return used;
}

void pg_text_escaped(struct pg_text *text, const char *string, size_t max_chars) {
  size_t left = strlen(string), chars = 0;
  while (left > 0) {
    struct piece piece;
    size_t used = take(string, left, &piece);
    if (piece.chars > max_chars - chars) {
      pg_text_str_add(text, ELLIPSIS);
      return;
    }
    pg_text_add(text, piece.bytes, piece.len);
    chars += piece.chars;
    string += used;
    left -= used;
  }
}

const char *pg_escape(char *buffer, size_t size, const char *string) {
  size_t left = strlen(string), len = 0, chars = 0;
  size_t cut = 0; /* the last boundary with room for the ellipsis behind it */
  if (size == 0)
    return buffer;
  while (left > 0) {
    struct piece piece;
    size_t used = take(string, left, &piece);
    if (len + ELLIPSIS_LEN < size)
      cut = len;
    if (piece.len >= size - len || piece.chars > PG_SHOWN_CHARS - chars) {
      len = cut;
      if (ELLIPSIS_LEN < size - len) {
        memcpy(buffer + len, ELLIPSIS, ELLIPSIS_LEN);
        len += ELLIPSIS_LEN;
      }
      break;
    }
    memcpy(buffer + len, piece.bytes, piece.len);
    len += piece.len;
    chars += piece.chars;
    string += used;
    left -= used;
  }
  buffer[len] = '\0';
  return buffer;
}
