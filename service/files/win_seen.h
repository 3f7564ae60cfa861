/* What an open handle tells about the folder or file behind it. Windows only. */
#ifndef PG_FILES_WIN_SEEN_H
#define PG_FILES_WIN_SEEN_H

#include "common/error.h"

#include <stdbool.h>
#include <windows.h>

/* Asks trust.h about what |handle| (opened with READ_CONTROL, without following reparse
 * points) leads to; |path| is where it should be, in full. Errors: PG_E_REFUSED,
 * PG_E_IO, PG_E_NOMEM. */
enum pg_error win_seen_judge(HANDLE handle, const char *path, struct pg_fault *fault);

/* The SID of this process's user as text, for the caller to free; NULL with |fault|
 * filled. */
char *win_seen_self(struct pg_fault *fault);

/* PG_E_IO: "PATH": |function| and Windows' own words. */
enum pg_error win_seen_failed(struct pg_fault *fault, const char *path,
                              const char *function);

#endif
