#include "service/control/peer.h"

#include <errno.h>
#include <sys/socket.h>

bool peer_is_gone(uv_pipe_t *pipe) {
  uv_os_fd_t fd = -1;
  char byte;
  if (uv_fileno((uv_handle_t *)pipe, &fd) != 0)
    return true;
  ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}
