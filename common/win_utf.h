/* The one pair of conversions between UTF-8 (inside) and UTF-16 (Win32).
 * Results are malloc'ed; NULL only when there is no memory. Broken input is
 * repaired with U+FFFD, never refused: names come from anywhere. Windows only. */
#ifndef PG_WIN_UTF_H
#define PG_WIN_UTF_H

#include <stddef.h>
#include <wchar.h>

/* A literal, also one behind a macro, as a wide one. */
#define WIN_WIDE_TEXT(text) L##text
#define WIN_WIDE(text) WIN_WIDE_TEXT(text)

wchar_t *win_wide(const char *utf8);
char *win_utf8(const wchar_t *wide);
char *win_utf8_n(const wchar_t *wide, size_t count);

#endif
