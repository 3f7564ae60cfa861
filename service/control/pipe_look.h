/* A pipe of this service, looked at from outside as it is now: who serves its name, and
 * who may do what with it, against what it was made with. win_pipe_look.c or
 * posix_pipe_look.c. */
#ifndef PG_PIPE_LOOK_H
#define PG_PIPE_LOOK_H

#include "common/error.h"
#include "service/control/listener.h"

#include <stdbool.h>

#define PIPE_LOOK_CHARS 200

struct pipe_look {
  struct pg_fault fault;          /* its code is PG_OK when the pipe was looked at */
  bool same;                      /* |found| means what |expected| says */
  char expected[PIPE_LOOK_CHARS]; /* SDDL; on Linux words */
  char found[PIPE_LOOK_CHARS];
};

/* Not for the loop thread. It connects to a named pipe and leaves at once, which the
 * service takes for a client that changed its mind. Errors: PG_E_REFUSED when another
 * process serves the name, PG_E_NOTFOUND when nobody does, PG_E_BUSY when every instance
 * is in use; PG_E_WINDOWS, also when it cannot be told who serves it; PG_E_NOMEM. */
void pipe_look(const char *name, enum listener_access access, struct pipe_look *out);

#endif
