#include "service/control/peer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

bool peer_is_gone(uv_pipe_t *pipe) {
  uv_os_fd_t fd = -1;
  char byte;
  if (uv_fileno((uv_handle_t *)pipe, &fd) != 0)
    return true;
  ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

enum pg_error peer_identify(uv_pipe_t *pipe, enum listener_access access,
                            struct control_caller *caller, struct pg_fault *fault) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  uv_os_fd_t fd = -1;
  (void)access; /* there are only development pipes here */
  caller->role = PG_ROLE_NONE;
  if (uv_fileno((uv_handle_t *)pipe, &fd) != 0 ||
      getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return pg_fail(fault, PG_E_DENIED, "it cannot be told who you are");
  (void)snprintf(caller->user, sizeof caller->user, "uid:%lu", (unsigned long)peer.uid);
  if (peer.uid != 0 && peer.uid != geteuid())
    return pg_fail(fault, PG_E_DENIED, "this is for the user who runs the service");
  caller->role = PG_ROLE_ADMIN;
  return PG_OK;
}
