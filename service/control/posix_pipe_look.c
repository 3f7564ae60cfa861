#include "service/control/pipe_look.h"

#include "common/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void describe(char *out, const char *what, unsigned mode, unsigned owner) {
  (void)snprintf(out, PIPE_LOOK_CHARS, "%s of user %u with mode %04o", what, owner, mode);
}

void pipe_look(const char *name, enum listener_access access, struct pipe_look *out) {
  char shown[160];
  struct stat stat;
  (void)access; /* Linux has one kind */
  memset(out, 0, sizeof *out);
  if (lstat(name, &stat) != 0) {
    (void)pg_fail(&out->fault, errno == ENOENT ? PG_E_NOTFOUND : PG_E_WINDOWS,
                  "\"%s\": %s", pg_escape(shown, sizeof shown, name), strerror(errno));
    return;
  }
  describe(out->expected, "a socket", 0600, geteuid());
  describe(out->found, S_ISSOCK(stat.st_mode) ? "a socket" : "no socket",
           stat.st_mode & 07777, stat.st_uid);
  out->same = strcmp(out->expected, out->found) == 0;
}
