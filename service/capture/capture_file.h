/* A capture's file: what it looks like from outside, and its bytes. */
#ifndef PG_CAPTURE_FILE_H
#define PG_CAPTURE_FILE_H

#include "common/error.h"
#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Enough of a stat to tell that a file is another one now. |error| is libuv's,
 * then the rest is 0. */
struct capture_stamp {
  int error;
  uint64_t device, inode, size;
  int64_t modified_s, modified_ns;
};

void capture_file_stamp(const char *path, struct capture_stamp *stamp);
bool capture_stamp_equal(const struct capture_stamp *a, const struct capture_stamp *b);

/* Reads the whole file into |text|, which must be initialised with the ceiling
 * PG_CAPTURE_MAX. Only regular files: a directory says so, and a FIFO would block
 * for ever. Errors: PG_E_IO, PG_E_TOOBIG, PG_E_NOMEM, all with the path in the
 * words. */
enum pg_error capture_file_load(const char *path, struct pg_text *text,
                                struct pg_fault *fault);

/* The words of |inner|, which is about a text, as words about the file. */
void capture_file_fault(struct pg_fault *fault, const char *path,
                        const struct pg_fault *inner);

#endif
