/* Names both ends agree on. docs/protocol.md is the page for other clients. */
#ifndef PG_PROTOCOL_H
#define PG_PROTOCOL_H

#include "common/error.h"
#include "common/json.h"

#define PG_SERVICE_NAME "PortGuard"
#define PG_DISPLAY_NAME "PortGuard"
#define PG_PROTOCOL_VERSION 1
#define PG_SCHEMA_VERSION 1

#define PG_PIPE_STATUS "\\\\.\\pipe\\portguard"
#define PG_PIPE_CONTROL "\\\\.\\pipe\\ProtectedPrefix\\Administrators\\portguard"

/* Everything a client may ask of the pipe, and all it asks: read and write
 * without FILE_CREATE_PIPE_INSTANCE (0x4), so nobody but the service can add an
 * instance of the name. */
#define PG_PIPE_CLIENT_ACCESS 0x12019bu

enum pg_role { PG_ROLE_NONE, PG_ROLE_READER, PG_ROLE_ADMIN };

/* {"code":…,"message":…,"data":{"hint":…,"param":…,"rule":…,"win32":…}} as a value. */
void pg_protocol_error(struct pg_json *json, const struct pg_fault *fault);

#endif
