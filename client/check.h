/* The state of one port in one line, for `check` and `wait`. */
#ifndef PG_CHECK_H
#define PG_CHECK_H

#include "client/client.h"

/* Asks for the state of the port over a connection of its own, as fresh as can be. The
 * service must answer within PG_CLIENT_MS. Errors as client_connect and call_ask;
 * PG_E_FORMAT when the answer has no state. */
enum pg_error check_ask(struct client *client, uint16_t port, cJSON **status,
                        struct pg_fault *fault);
/* "TCP 80 on 127.0.0.1  IN USE  HTTP.sys holds port 80 for W3SVC", or JSON. Answers the
 * exit code of the writing. */
int check_show(struct client *client, const cJSON *status);

#endif
