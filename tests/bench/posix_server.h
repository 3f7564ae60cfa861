/* The servers that are measured, as processes of their own, and their clients. */
#ifndef PG_BENCH_SERVER_H
#define PG_BENCH_SERVER_H

#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Who listens on the socket |pipe|. */
struct server {
  const char *pipe;
  pid_t pid;
};

/* `portguardsvc run` on a capture of |listeners| listeners, in the current
 * folder. |program| is its path. Returns once it answers. */
bool service_start(struct server *server, const char *program, const char *pipe,
                   size_t listeners);
/* A bare libuv server that answers each line with |line|, |len| bytes. */
bool echo_start(struct server *server, const char *pipe, const char *line, size_t len);
/* SIGTERM to exactly this process, and waits for its end. */
void server_stop(struct server *server);
/* "VmRSS" of the process in KiB, 0 when it cannot be read. */
long server_resident_kib(const struct server *server);
/* CPU time it has used so far, 0 when it cannot be read. */
double server_cpu_us(const struct server *server);

/* -1 when nobody listens. Blocking. */
int client_connect(const char *pipe);
bool client_send(int fd, const char *line);
/* Reads one line, its newline included, over what was in |answer|. */
bool client_receive(int fd, struct pg_text *answer);

#endif
