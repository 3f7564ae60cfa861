/* Whether the other end of a connection has closed it, seen without reading:
 * a peer that has gone must not count against a quota. */
#ifndef PG_PEER_H
#define PG_PEER_H

#include <stdbool.h>
#include <uv.h>

bool peer_is_gone(uv_pipe_t *pipe);

#endif
