/* Who holds a pipe name that should be ours. Windows only. */
#ifndef PG_WIN_PIPE_HOLDER_H
#define PG_WIN_PIPE_HOLDER_H

#include "common/error.h"

#include <stdbool.h>
#include <wchar.h>

/* Whether any process serves a pipe of that name now. */
bool win_pipe_exists(const wchar_t *name);

/* PG_E_BUSY, with the process that holds the name in the words as far as it can
 * be known. */
enum pg_error win_pipe_taken(const wchar_t *name, struct pg_fault *fault);

#endif
