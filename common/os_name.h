/* The system this program runs on, as captures and `version` name it. */
#ifndef PG_OS_NAME_H
#define PG_OS_NAME_H

#include <stddef.h>

#define PG_OS_CHARS 64

/* "Windows 10.0.20348"; the Linux build says that it only reads captures. Returns
 * |out|. */
const char *pg_os_name(char *out, size_t size);

#endif
