/* By hand instead of MultiByteToWideChar: how that repairs broken input has
 * changed between versions of Windows. */
#include "common/win_utf.h"

#include "common/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xFFFDu

wchar_t *win_wide(const char *utf8) {
  size_t left = strlen(utf8), at = 0;
  if (left >= SIZE_MAX / sizeof(wchar_t))
    return NULL;
  /* Never more units than bytes: four bytes make a pair, fewer make one unit. */
  wchar_t *wide = malloc((left + 1) * sizeof *wide);
  if (!wide)
    return NULL;
  while (left > 0) {
    uint32_t codepoint = REPLACEMENT;
    size_t used = pg_utf8_decode(utf8, left, &codepoint);
    if (used == 0)
      used = 1;
    if (codepoint >= 0x10000) {
      wide[at++] = (wchar_t)(0xD800 + ((codepoint - 0x10000) >> 10));
      wide[at++] = (wchar_t)(0xDC00 + ((codepoint - 0x10000) & 0x3FF));
    } else {
      wide[at++] = (wchar_t)codepoint;
    }
    utf8 += used;
    left -= used;
  }
  wide[at] = L'\0';
  return wide;
}

/* Returns how many units were used; half a pair becomes U+FFFD. */
static size_t take_units(const wchar_t *wide, size_t count, uint32_t *codepoint) {
  uint32_t unit = (uint16_t)wide[0];
  *codepoint = unit;
  if (unit < 0xD800 || unit > 0xDFFF)
    return 1;
  uint32_t low = count > 1 ? (uint16_t)wide[1] : 0;
  if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF) {
    *codepoint = REPLACEMENT;
    return 1;
  }
  *codepoint = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  return 2;
}

static char *put(char *out, uint32_t codepoint) {
  if (codepoint < 0x80) {
    *out++ = (char)codepoint;
  } else if (codepoint < 0x800) {
    *out++ = (char)(0xC0 | codepoint >> 6);
    *out++ = (char)(0x80 | (codepoint & 0x3F));
  } else if (codepoint < 0x10000) {
    *out++ = (char)(0xE0 | codepoint >> 12);
    *out++ = (char)(0x80 | (codepoint >> 6 & 0x3F));
    *out++ = (char)(0x80 | (codepoint & 0x3F));
  } else {
    *out++ = (char)(0xF0 | codepoint >> 18);
    *out++ = (char)(0x80 | (codepoint >> 12 & 0x3F));
    *out++ = (char)(0x80 | (codepoint >> 6 & 0x3F));
    *out++ = (char)(0x80 | (codepoint & 0x3F));
  }
  return out;
}

char *win_utf8_n(const wchar_t *wide, size_t count) {
  if (count > (SIZE_MAX - 1) / 3)
    return NULL;
  char *utf8 = malloc(count * 3 + 1); /* three bytes for a unit at most */
  char *out = utf8;
  if (!utf8)
    return NULL;
  while (count > 0) {
    uint32_t codepoint;
    size_t used = take_units(wide, count, &codepoint);
    out = put(out, codepoint);
    wide += used;
    count -= used;
  }
  *out++ = '\0';
  /* Names live as long as a snapshot: give back what was only for the worst
   * case. Where that fails, the larger block serves as well. */
  char *fitting = realloc(utf8, (size_t)(out - utf8));
  return fitting ? fitting : utf8;
}

char *win_utf8(const wchar_t *wide) {
  return win_utf8_n(wide, wcslen(wide));
}
