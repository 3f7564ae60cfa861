/* A capture file in the place of a machine. */
#ifndef PG_CAPTURE_SOURCE_H
#define PG_CAPTURE_SOURCE_H

#include "service/sources/source.h"

/* The file is read again when it changed. |path| is copied. A file that is no
 * capture at the start is an error (those of capture_read_file). One that breaks
 * or vanishes later gives snapshots whose TCP tables FAILED, with the words, until
 * it is good again. */
enum pg_error capture_source_open(struct source *source, const char *path,
                                  struct pg_fault *fault);

#endif
