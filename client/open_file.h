/* Opens a file as a double click would: win_open_file.c or posix_open_file.c. */
#ifndef PG_OPEN_FILE_H
#define PG_OPEN_FILE_H

#include "common/error.h"

#include <stdbool.h>

/* Only a page may be opened: what is in it was said by others, and a name such as
 * report.cmd would have it run. */
bool open_file_allowed(const char *path);
/* Does not wait for the program. Errors: PG_E_WINDOWS. */
enum pg_error open_file(const char *path, struct pg_fault *fault);

#endif
