/* A look at the machine without the service: the service program beside this
 * one, run once as `portguardsvc explain --json`, by full path and without a
 * shell. win_one_off.c or posix_one_off.c. */
#ifndef PG_ONE_OFF_H
#define PG_ONE_OFF_H

#include "common/error.h"
#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>

/* |port| 0 asks for the list. Standard output goes into |out|. The program is
 * ended at |deadline|. Errors: PG_E_NOTFOUND when it is not there, PG_E_TIMEOUT,
 * PG_E_WINDOWS when it cannot be started or did not end well, PG_E_TOOBIG. */
enum pg_error one_off_run(uint16_t port, int64_t deadline, struct pg_text *out,
                          struct pg_fault *fault);

/* malloc'ed: the whole path of that program; NULL when it is not known. *there: it is
 * there. */
char *one_off_program(bool *there);

#endif
