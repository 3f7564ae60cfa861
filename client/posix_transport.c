/* A Unix socket. */
#include "client/platform.h"
#include "client/transport.h"
#include "common/text.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct transport {
  int fd;
};

static enum pg_error failed(struct pg_fault *fault, const char *what, int code) {
  pg_fail(fault, PG_E_WINDOWS, "%s: %s", what, strerror(code));
  if (fault != NULL)
    fault->win32 = (uint32_t)code;
  return PG_E_WINDOWS;
}

static enum pg_error timed_out(struct pg_fault *fault) {
  pg_fail(fault, PG_E_TIMEOUT, "the service did not answer in time");
  pg_fault_hint(fault, "portguardctl health --timeout 30s");
  return PG_E_TIMEOUT;
}

/* Milliseconds until |deadline|, 0 when it has passed. */
static int remaining(int64_t deadline) {
  int64_t left = deadline - client_mono_ms();
  if (left <= 0)
    return 0;
  return left < INT_MAX ? (int)left : INT_MAX;
}

/* poll cannot wait for a place in a Unix socket's backlog, connect can: it
 * honours the send timeout, and answers EAGAIN at its end. */
static void limit_connect(int fd, int64_t deadline) {
  int left = remaining(deadline);
  struct timeval limit = {left / 1000, (suseconds_t)(left % 1000) * 1000};
  if (left == 0)
    limit.tv_usec = 1; /* 0 would wait for ever */
  (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

static enum pg_error connect_failed(const char *name, int code, struct pg_fault *fault) {
  char shown[128];
  pg_escape(shown, sizeof shown, name);
  switch (code) {
  case ENOENT:
  case ECONNREFUSED:
    return pg_fail(fault, PG_E_NOTFOUND,
                   "the service is not running: nobody listens on %s", shown);
  case EAGAIN:
  case ETIMEDOUT:
    pg_fail(fault, PG_E_BUSY, "every connection of the service is in use (%s)", shown);
    pg_fault_hint(fault, "portguardctl health --timeout 30s");
    return PG_E_BUSY;
  case EACCES:
  case EPERM:
    return pg_fail(fault, PG_E_DENIED, "access to %s denied", shown);
  default:
    pg_fail(fault, PG_E_WINDOWS, "cannot connect to %s: %s", shown, strerror(code));
    return PG_E_WINDOWS;
  }
}

static enum pg_error check_server(int fd, struct pg_fault *fault) {
  struct ucred server;
  socklen_t size = sizeof server;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &size) != 0)
    return failed(fault, "cannot find out who serves the socket", errno);
  if (server.uid == 0 || server.uid == geteuid())
    return PG_OK;
  return pg_fail(
      fault, PG_E_UNREACHABLE,
      "the socket is served by user %u, neither root nor you: nothing was sent",
      (unsigned)server.uid);
}

static enum pg_error open_socket(const char *name, int64_t deadline, int *fd,
                                 struct pg_fault *fault) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (!pg_copy(address.sun_path, sizeof address.sun_path, name))
    return pg_fail(fault, PG_E_USAGE, "the name of the socket is too long");
  *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (*fd < 0)
    return failed(fault, "cannot make a socket", errno);
  limit_connect(*fd, deadline);
  int result;
  do
    result = connect(*fd, (const struct sockaddr *)&address, sizeof address);
  while (result != 0 && errno == EINTR);
  if (result != 0)
    return connect_failed(name, errno, fault);
  return check_server(*fd, fault);
}

enum pg_error transport_open(const char *name, bool any_owner, int64_t deadline,
                             struct transport **out, struct pg_fault *fault) {
  (void)any_owner; /* a socket's server is always known, so it is always checked */
  *out = NULL;
  struct transport *transport = malloc(sizeof *transport);
  if (transport == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  transport->fd = -1;
  enum pg_error err = open_socket(name, deadline, &transport->fd, fault);
  if (err != PG_OK) {
    transport_close(transport);
    return err;
  }
  *out = transport;
  return PG_OK;
}

static enum pg_error wait_for(int fd, short events, int64_t deadline,
                              struct pg_fault *fault) {
  struct pollfd ready = {fd, events, 0};
  int result;
  do
    result = poll(&ready, 1, remaining(deadline));
  while (result < 0 && errno == EINTR);
  if (result < 0)
    return failed(fault, "cannot wait for the service", errno);
  return result == 0 ? timed_out(fault) : PG_OK;
}

enum pg_error transport_send(struct transport *transport, const char *data, size_t len,
                             int64_t deadline, struct pg_fault *fault) {
  while (len > 0) {
    enum pg_error err = wait_for(transport->fd, POLLOUT, deadline, fault);
    if (err != PG_OK)
      return err;
    ssize_t sent = send(transport->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      data += sent;
      len -= (size_t)sent;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return pg_fail(fault, PG_E_UNREACHABLE, "the service closed the connection");
    } else if (errno != EINTR && errno != EAGAIN) {
      return failed(fault, "cannot send to the service", errno);
    }
  }
  return PG_OK;
}

enum pg_error transport_receive(struct transport *transport, char *buffer, size_t size,
                                int64_t deadline, size_t *got, struct pg_fault *fault) {
  *got = 0;
  for (;;) {
    enum pg_error err = wait_for(transport->fd, POLLIN, deadline, fault);
    if (err != PG_OK)
      return err;
    ssize_t count = recv(transport->fd, buffer, size, MSG_DONTWAIT);
    if (count >= 0) {
      *got = (size_t)count;
      return PG_OK;
    }
    if (errno == ECONNRESET)
      return PG_OK; /* closed, less politely */
    if (errno != EINTR && errno != EAGAIN)
      return failed(fault, "cannot receive from the service", errno);
  }
}

void transport_close(struct transport *transport) {
  if (transport == NULL)
    return;
  if (transport->fd >= 0)
    close(transport->fd);
  free(transport);
}
