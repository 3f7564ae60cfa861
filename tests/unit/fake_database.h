/* A history that hangs, or fails, when a test wants it to: a program that wraps one of
 * its functions (LINKER:--wrap) calls fake_database_enter in its place first. */
#ifndef PG_FAKE_DATABASE_H
#define PG_FAKE_DATABASE_H

#include "common/error.h"

#include <stdbool.h>

/* Around all tests of a program. */
void fake_database_start(void);
void fake_database_end(void);

/* From here on, where questions are counted from as well; what hung goes on unless it is
 * to hang still. */
void fake_database_set(bool hangs, bool fails);
unsigned fake_database_questions(void);
void fake_database_wait(void); /* for the first question */

/* Counts a question, and hangs. True: it is to fail. */
bool fake_database_enter(void);
enum pg_error fake_database_fail(struct pg_fault *fault);

#endif
