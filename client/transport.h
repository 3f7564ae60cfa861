/* A connection to the service: win_transport.c (a named pipe) or
 * posix_transport.c (a Unix socket). Bytes only; call.c makes them requests and
 * answers. Every function ends at |deadline| (client_mono_ms) at the latest. */
#ifndef PG_TRANSPORT_H
#define PG_TRANSPORT_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transport;

/* Connects, and checks who serves the name before a byte is sent. On Windows
 * the pipe's owner must be SYSTEM unless |any_owner|; on a Unix socket the
 * server must be root or the caller, always. Errors: PG_E_NOTFOUND when nobody
 * serves the name, PG_E_BUSY when every connection was in use until the
 * deadline, PG_E_DENIED, PG_E_UNREACHABLE when the server is not the service,
 * PG_E_WINDOWS for any other refusal, PG_E_NOMEM. */
enum pg_error transport_open(const char *name, bool any_owner, int64_t deadline,
                             struct transport **out, struct pg_fault *fault);
/* Errors: PG_E_TIMEOUT, PG_E_UNREACHABLE when the server has closed (an answer
 * may still be waiting to be read), PG_E_WINDOWS. */
enum pg_error transport_send(struct transport *transport, const char *data, size_t len,
                             int64_t deadline, struct pg_fault *fault);
/* Waits for at least one byte; *got is 0 when the server has closed. Errors:
 * PG_E_TIMEOUT, PG_E_WINDOWS. */
enum pg_error transport_receive(struct transport *transport, char *buffer, size_t size,
                                int64_t deadline, size_t *got, struct pg_fault *fault);
void transport_close(struct transport *transport); /* NULL is fine */

#endif
