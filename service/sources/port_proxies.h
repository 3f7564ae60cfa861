/* One rule of `netsh interface portproxy`, as the registry has it. Pure. */
#ifndef PG_PORT_PROXIES_H
#define PG_PORT_PROXIES_H

#include "service/snapshot/snapshot.h"

/* A rule lies below PortProxy\v4tov4\tcp (|kind|) as a value whose name is
 * "listenaddress/port" and whose data is "connectaddress/port"; either address may be
 * a name, the first one "*". Fills |row| with strings in |arena|. Errors: PG_E_FORMAT
 * with one line in |why|, which quotes the beginning of both as they are (like every
 * error of a source it is escaped where it is shown); PG_E_NOMEM. */
enum pg_error port_proxy_parse(struct pg_arena *arena, enum pg_proxy_kind kind,
                               const char *name, const char *data,
                               struct pg_port_proxy *row, char *why, size_t size);

#endif
