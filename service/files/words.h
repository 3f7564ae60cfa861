/* What both implementations of files.h share, their words above all. */
#ifndef PG_FILES_WORDS_H
#define PG_FILES_WORDS_H

#include "common/error.h"
#include "service/files/files.h"

#include <stddef.h>

enum pg_error files_missing(struct pg_fault *fault, const char *path);
enum pg_error files_too_big(struct pg_fault *fault, const char *path, size_t max);
/* "PATH": |why| */
enum pg_error files_unreadable(struct pg_fault *fault, const char *path, const char *why);
enum pg_error files_no_memory(struct pg_fault *fault);

/* malloc'ed |folder|, |separator|, |name| in one; NULL without memory. */
char *files_join(const char *folder, char separator, const char *name);
bool files_stamps_differ(const struct files_stamp *a, const struct files_stamp *b);

#endif
