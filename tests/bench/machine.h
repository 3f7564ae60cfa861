/* Captures of machines that do not exist, of any size. */
#ifndef PG_BENCH_MACHINE_H
#define PG_BENCH_MACHINE_H

#include "common/text.h"

/* A machine with |listeners| listeners, two to a port, IPv4 and IPv6: plain
 * processes, services, a shared svchost with service tags, and HTTP.sys. Port 80
 * is IIS. |moved| ports of a hundred are held by others, or free, than with
 * |moved| 0. Look at |out->failed|. */
void machine_capture(struct pg_text *out, size_t listeners, unsigned moved);

#endif
