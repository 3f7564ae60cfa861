/* Windows' own words for an error, beside the function that met it. */
#ifndef PG_WIN_ERROR_H
#define PG_WIN_ERROR_H

#include <stddef.h>
#include <stdint.h>

#define WIN_ERROR_CHARS 160

/* "CreateNamedPipeW: Access is denied (5)" on one line, cut to |size| on a
 * character boundary. |code| is GetLastError(), or the value itself of a
 * function that returns its error. The words are in the system's language.
 * Returns |out|. Windows only. */
const char *win_error(char *out, size_t size, const char *function, uint32_t code);

#endif
