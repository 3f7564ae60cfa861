#include "common/win_error.h"

#include "common/text.h"
#include "common/win_utf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

/* System messages end in a full stop and a line break, and some have more than
 * one line. */
static void flatten(wchar_t *text) {
  size_t len = wcslen(text);
  for (size_t i = 0; i < len; i++)
    if (text[i] < L' ')
      text[i] = L' ';
  while (len > 0 && (text[len - 1] == L' ' || text[len - 1] == L'.'))
    text[--len] = L'\0';
}

const char *win_error(char *out, size_t size, const char *function, uint32_t code) {
  wchar_t wide[256];
  char line[512];
  DWORD len = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
                             NULL, code, 0, wide, sizeof wide / sizeof wide[0], NULL);
  if (len > 0)
    flatten(wide);
  char *words = len > 0 ? win_utf8(wide) : NULL;
  if (words)
    snprintf(line, sizeof line, "%s: %s (%lu)", function, words, (unsigned long)code);
  else
    snprintf(line, sizeof line, "%s: error %lu", function, (unsigned long)code);
  free(words);
  (void)pg_copy(out, size, line);
  return out;
}
