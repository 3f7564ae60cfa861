/* Replaces a file whole: a temporary file in the same folder, flushed, then
 * renamed. What was there stays when anything fails. win_save.c or
 * posix_save.c. */
#ifndef PG_SAVE_H
#define PG_SAVE_H

#include "common/error.h"

#include <stddef.h>

/* Errors: PG_E_IO, PG_E_NOMEM. */
enum pg_error save_file(const char *path, const char *data, size_t len,
                        struct pg_fault *fault);

#endif
