/* The process at the other end of a connection. */
#ifndef PG_PEER_H
#define PG_PEER_H

#include "service/control/listener.h"

#include <stdbool.h>
#include <uv.h>

/* Whether it has closed its end, seen without reading: a peer that has gone must not
 * count against a quota. */
bool peer_is_gone(uv_pipe_t *pipe);

/* Who it is by the token it opened the pipe with, on Linux by its user, and with that
 * its role: administrators may control a product's pipe, whoever runs the service that
 * of a development one (|access|). Something must have been read from it before.
 * Without PG_OK the role is NONE. Errors: PG_E_DENIED. */
enum pg_error peer_identify(uv_pipe_t *pipe, enum listener_access access,
                            struct control_caller *caller, struct pg_fault *fault);

#endif
