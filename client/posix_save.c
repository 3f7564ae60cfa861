#include "client/save.h"

#include "common/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum pg_error write_all(int fd, const char *data, size_t len) {
  while (len > 0) {
    ssize_t written = write(fd, data, len);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return PG_E_IO;
    data += written;
    len -= (size_t)written;
  }
  return fsync(fd) == 0 ? PG_OK : PG_E_IO;
}

static enum pg_error failed(const char *path, int code, struct pg_fault *fault) {
  char shown[256];
  pg_fail(fault, PG_E_IO, "cannot write \"%s\": %s", pg_escape(shown, sizeof shown, path),
          strerror(code));
  if (fault != NULL)
    fault->win32 = (uint32_t)code;
  return PG_E_IO;
}

/* Replacing a device or a pipe would take it away from everybody. */
static bool may_replace(const char *path) {
  struct stat found;
  return stat(path, &found) != 0 || S_ISREG(found.st_mode) || S_ISDIR(found.st_mode);
}

/* |temporary| ends in XXXXXX. mkstemp makes it readable for its owner only: a
 * capture tells much about a machine. */
static enum pg_error save_through(const char *path, char *temporary, const char *data,
                                  size_t len, struct pg_fault *fault) {
  int fd = mkstemp(temporary);
  if (fd < 0)
    return failed(path, errno, fault);
  enum pg_error err = write_all(fd, data, len);
  int code = errno;
  if (close(fd) != 0 && err == PG_OK) {
    err = PG_E_IO;
    code = errno;
  }
  if (err == PG_OK && rename(temporary, path) != 0) {
    err = PG_E_IO;
    code = errno;
  }
  if (err == PG_OK)
    return PG_OK;
  (void)unlink(temporary);
  return failed(path, code, fault);
}

enum pg_error save_file(const char *path, const char *data, size_t len,
                        struct pg_fault *fault) {
  static const char suffix[] = ".XXXXXX";
  char shown[256];
  if (!may_replace(path))
    return pg_fail(fault, PG_E_IO, "cannot write \"%s\": it is not a regular file",
                   pg_escape(shown, sizeof shown, path));
  size_t size = strlen(path) + sizeof suffix;
  char *temporary = malloc(size);
  if (temporary == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  (void)snprintf(temporary, size, "%s%s", path, suffix);
  enum pg_error err = save_through(path, temporary, data, len, fault);
  free(temporary);
  return err;
}
