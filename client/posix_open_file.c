#include "client/open_file.h"

#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "xdg-open"

static enum pg_error failed(struct pg_fault *fault, const char *path, int code) {
  char shown[256];
  return pg_fail(fault, PG_E_WINDOWS, "cannot open \"%s\": " PROGRAM ": %s",
                 pg_escape(shown, sizeof shown, path), strerror(code));
}

/* No shell, and a path from the root: no name is taken for an option or a URL. */
enum pg_error open_file(const char *path, struct pg_fault *fault) {
  char program[] = PROGRAM;
  char *whole = realpath(path, NULL);
  if (whole == NULL)
    return failed(fault, path, errno);
  char *arguments[] = {program, whole, NULL};
  posix_spawn_file_actions_t files;
  pid_t pid;
  int code = posix_spawn_file_actions_init(&files);
  if (code == 0) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && code == 0; fd++)
      code = posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    if (code == 0)
      code = posix_spawnp(&pid, program, &files, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
  }
  free(whole);
  return code == 0 ? PG_OK : failed(fault, path, code);
}
