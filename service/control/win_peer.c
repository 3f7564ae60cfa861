#include "service/control/peer.h"

#include <windows.h>

bool peer_is_gone(uv_pipe_t *pipe) {
  uv_os_fd_t handle = INVALID_HANDLE_VALUE;
  if (uv_fileno((uv_handle_t *)pipe, &handle) != 0)
    return true;
  return !PeekNamedPipe(handle, NULL, 0, NULL, NULL, NULL);
}
