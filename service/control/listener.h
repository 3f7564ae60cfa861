/* Accepts clients and hands each one to the loop as an open uv_pipe_t. Two
 * implementations: win_listener.c (our own hardened named-pipe instances, made
 * and accepted on a thread of its own) and posix_listener.c (a Unix socket). */
#ifndef PG_LISTENER_H
#define PG_LISTENER_H

#include "common/error.h"
#include "service/control/request.h"

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum listener_access {
  LISTENER_STATUS,      /* the product's status pipe: the SDDL of docs/security.md */
  LISTENER_CONTROL,     /* its control pipe, likewise */
  LISTENER_DEVELOPMENT, /* `run`: owner and full access are the current user */
};

struct listener_client {
  uv_pipe_t *pipe;          /* malloc'ed, initialised on the loop and open; the receiver
                               owns it: uv_close, then free, then listener_released() */
  char user[PG_USER_CHARS]; /* key of the connection quota, nothing else */
};

struct listener_options {
  uv_loop_t *loop;
  const char *name; /* pipe name or socket path; copied */
  enum listener_access access;
  /* Loop thread. */
  void (*connected)(void *context, const struct listener_client *client);
  void *context;
};

struct listener;

/* Loop thread. Errors: PG_E_BUSY when the name is taken (the words say by whom,
 * as far as can be known), PG_E_WINDOWS for any other refusal. */
enum pg_error listener_open(const struct listener_options *options, struct listener **out,
                            struct pg_fault *fault);
/* A connection that came from this listener is gone: its place is free again. */
void listener_released(struct listener *listener);
/* Loop thread. Stops accepting; |closed| runs on the loop when the listener's
 * memory has been given back. Connections live on. */
void listener_close(struct listener *listener, void (*closed)(void *context),
                    void *context);

#endif
