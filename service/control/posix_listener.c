/* The Linux build's listener: a Unix socket of mode 0600. */
#include "service/control/listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/text.h"

#define BACKLOG 64

struct listener {
  uv_pipe_t server;
  struct listener_options options;
  void (*closed)(void *context);
  void *closed_context;
};

static void free_handle(uv_handle_t *handle) {
  free(handle);
}

/* The quota is keyed by the kernel's word about the peer; who cannot be told
 * shares one bucket. */
static void name_user(uv_pipe_t *pipe, char out[PG_USER_CHARS]) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  uv_os_fd_t fd = -1;
  pg_copy(out, PG_USER_CHARS, PG_USER_UNKNOWN);
  if (uv_fileno((uv_handle_t *)pipe, &fd) != 0)
    return;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return;
  (void)snprintf(out, PG_USER_CHARS, "uid:%lu", (unsigned long)peer.uid);
}

static void on_connection(uv_stream_t *server, int status) {
  struct listener *listener = server->data;
  struct listener_client client = {0};
  if (status != 0)
    return; /* out of descriptors, say: the next one is tried again */
  client.pipe = malloc(sizeof *client.pipe);
  if (client.pipe == NULL)
    return;
  if (uv_pipe_init(listener->options.loop, client.pipe, 0) != 0) {
    free(client.pipe);
    return;
  }
  if (uv_accept(server, (uv_stream_t *)client.pipe) != 0) {
    uv_close((uv_handle_t *)client.pipe, free_handle);
    return;
  }
  name_user(client.pipe, client.user);
  listener->options.connected(listener->options.context, &client);
}

/* Never waits: a squatter whose backlog is full must not stall the loop. PG_E_BUSY
 * when somebody listens, PG_OK when nobody does. */
static enum pg_error connect_to(const struct sockaddr_un *address, struct ucred *owner) {
  socklen_t size = sizeof *owner;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return PG_E_WINDOWS;
  int status = connect(fd, (const struct sockaddr *)address, sizeof *address);
  int error = status == 0 ? 0 : errno;
  if (status == 0)
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, owner, &size);
  close(fd);
  errno = error; /* for the caller's words */
  if (error == 0 || error == EAGAIN)
    return PG_E_BUSY;
  return error == ECONNREFUSED ? PG_OK : PG_E_WINDOWS;
}

/* A socket that a dead service left behind is removed; a living one's is not,
 * and neither is anything that is no socket. */
static enum pg_error clear_name(const char *name, struct pg_fault *fault) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct ucred owner = {0};
  struct stat st;
  char shown[160];
  pg_escape(shown, sizeof shown, name);
  if (!pg_copy(address.sun_path, sizeof address.sun_path, name))
    return pg_fail(fault, PG_E_WINDOWS, "socket path \"%s\" is longer than %zu bytes",
                   shown, sizeof address.sun_path - 1);
  if (lstat(name, &st) != 0)
    return PG_OK;
  if (!S_ISSOCK(st.st_mode))
    return pg_fail(fault, PG_E_BUSY, "\"%s\" exists and is not a socket", shown);
  enum pg_error error = connect_to(&address, &owner);
  if (error == PG_E_BUSY && owner.pid == 0)
    return pg_fail(fault, error, "\"%s\" is in use", shown);
  if (error == PG_E_BUSY)
    return pg_fail(fault, error, "\"%s\" is in use by PID %ld", shown, (long)owner.pid);
  if (error != PG_OK)
    return pg_fail(fault, error, "\"%s\" cannot be probed: %s", shown, strerror(errno));
  if (unlink(name) != 0)
    return pg_fail(fault, PG_E_WINDOWS, "\"%s\" cannot be removed: %s", shown,
                   strerror(errno));
  return PG_OK;
}

static enum pg_error bind_and_listen(struct listener *listener, struct pg_fault *fault) {
  char shown[160];
  mode_t old = umask(0177); /* from its first moment, not from a later chmod */
  int status = uv_pipe_bind(&listener->server, listener->options.name);
  umask(old);
  if (status == 0)
    status = uv_listen((uv_stream_t *)&listener->server, BACKLOG, on_connection);
  if (status == 0)
    return PG_OK;
  return pg_fail(fault, status == UV_EADDRINUSE ? PG_E_BUSY : PG_E_WINDOWS,
                 "cannot listen on \"%s\": %s",
                 pg_escape(shown, sizeof shown, listener->options.name),
                 uv_strerror(status));
}

enum pg_error listener_open(const struct listener_options *options, struct listener **out,
                            struct pg_fault *fault) {
  enum pg_error error = clear_name(options->name, fault);
  *out = NULL;
  if (error != PG_OK)
    return error;
  struct listener *listener = calloc(1, sizeof *listener);
  if (listener == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  listener->options = *options;
  listener->server.data = listener;
  uv_pipe_init(options->loop, &listener->server, 0);
  error = bind_and_listen(listener, fault);
  if (error == PG_OK)
    *out = listener;
  else
    uv_close((uv_handle_t *)&listener->server, free_handle); /* its first member */
  return error;
}

void listener_released(struct listener *listener) {
  (void)listener; /* the kernel's backlog holds the next client */
}

static void on_closed(uv_handle_t *handle) {
  struct listener *listener = handle->data;
  listener->closed(listener->closed_context);
  free(listener);
}

void listener_close(struct listener *listener, void (*closed)(void *context),
                    void *context) {
  listener->closed = closed;
  listener->closed_context = context;
  uv_close((uv_handle_t *)&listener->server, on_closed);
}
