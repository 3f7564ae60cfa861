#include "client/one_off.h"

#include "client/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "portguardsvc"

struct child {
  pid_t pid;
  int output;
};

/* The folder of this program itself, never PATH and never the working
 * directory. */
static bool program_path(char *path, size_t size) {
  ssize_t len = readlink("/proc/self/exe", path, size - 1);
  if (len <= 0)
    return false;
  path[len] = '\0';
  char *slash = strrchr(path, '/');
  if (slash == NULL || (size_t)(slash + 1 - path) + sizeof PROGRAM > size)
    return false;
  memcpy(slash + 1, PROGRAM, sizeof PROGRAM);
  return true;
}

char *one_off_program(bool *there) {
  char path[PATH_MAX];
  bool known = program_path(path, sizeof path);
  *there = known && access(path, X_OK) == 0;
  return known ? strdup(path) : NULL;
}

static enum pg_error failed(struct pg_fault *fault, const char *what, int code) {
  return pg_fail(fault, code == ENOENT ? PG_E_NOTFOUND : PG_E_WINDOWS,
                 PROGRAM " explain: %s: %s", what, strerror(code));
}

/* A process group of its own, so that its children end with it. */
static int spawn(const char *path, char *const arguments[], int output, pid_t *pid) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  int code = posix_spawn_file_actions_init(&files);
  if (code != 0)
    return code;
  code = posix_spawnattr_init(&attributes);
  if (code == 0) {
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    code = posix_spawn(pid, path, &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&files);
  return code;
}

static enum pg_error start(uint16_t port, struct child *child, struct pg_fault *fault) {
  char path[PATH_MAX], digits[8];
  char program[] = PROGRAM, verb[] = "explain", json[] = "--json", option[] = "--port";
  char *arguments[] = {program, verb, json, port != 0 ? option : NULL, digits, NULL};
  int ends[2];
  (void)snprintf(digits, sizeof digits, "%u", port);
  if (!program_path(path, sizeof path))
    return failed(fault, "cannot find the folder of this program", ENOENT);
  if (pipe2(ends, O_CLOEXEC) != 0)
    return failed(fault, "cannot make a pipe", errno);
  int code = spawn(path, arguments, ends[1], &child->pid);
  close(ends[1]);
  child->output = ends[0];
  if (code == 0)
    return PG_OK;
  close(ends[0]);
  return failed(fault, "cannot be started", code);
}

static enum pg_error read_piece(const struct child *child, int64_t deadline,
                                struct pg_text *out, bool *ended,
                                struct pg_fault *fault) {
  char piece[4096];
  struct pollfd ready = {child->output, POLLIN, 0};
  int64_t left = deadline - client_mono_ms();
  int result = left > 0 ? poll(&ready, 1, left < INT_MAX ? (int)left : INT_MAX) : 0;
  if (result == 0)
    return pg_fail(fault, PG_E_TIMEOUT, PROGRAM " explain took too long");
  ssize_t count = result > 0 ? read(child->output, piece, sizeof piece) : -1;
  if (count < 0)
    return errno == EINTR ? PG_OK : failed(fault, "cannot read its answer", errno);
  *ended = count == 0;
  pg_text_add(out, piece, (size_t)count);
  return out->failed ? pg_fail(fault, PG_E_TOOBIG, PROGRAM " explain says too much")
                     : PG_OK;
}

/* A program may linger after it closed its output; it gets the rest of the time
 * for that. SIGCHLD is blocked, so that none is missed between the two calls. */
static void wait_for_end(pid_t pid, const sigset_t *child_signal, int64_t deadline) {
  for (;;) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == pid)
      return;
    int64_t left = deadline - client_mono_ms();
    if (left <= 0)
      return;
    struct timespec limit = {(time_t)(left / 1000), (long)(left % 1000) * 1000000};
    (void)sigtimedwait(child_signal, NULL, &limit);
  }
}

/* Whatever of the group is left is ended before the leader is reaped: until then
 * the group's number cannot belong to anyone else. */
static int end_and_reap(pid_t pid) {
  int status = 0;
  pid_t result;
  (void)kill(-pid, SIGKILL);
  do
    result = waitpid(pid, &status, 0);
  while (result < 0 && errno == EINTR);
  return result == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static enum pg_error run(uint16_t port, const sigset_t *child_signal, int64_t deadline,
                         struct pg_text *out, struct pg_fault *fault) {
  struct child child = {0, -1};
  enum pg_error err = start(port, &child, fault);
  if (err != PG_OK)
    return err;
  bool ended = false;
  while (err == PG_OK && !ended)
    err = read_piece(&child, deadline, out, &ended, fault);
  close(child.output);
  if (err == PG_OK)
    wait_for_end(child.pid, child_signal, deadline);
  int code = end_and_reap(child.pid);
  if (err == PG_OK && code != 0)
    err =
        pg_fail(fault, PG_E_WINDOWS, PROGRAM " explain did not end well (code %d)", code);
  return err;
}

enum pg_error one_off_run(uint16_t port, int64_t deadline, struct pg_text *out,
                          struct pg_fault *fault) {
  sigset_t child_signal, before;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  if (sigprocmask(SIG_BLOCK, &child_signal, &before) != 0)
    return failed(fault, "cannot wait for it", errno);
  enum pg_error err = run(port, &child_signal, deadline, out, fault);
  (void)sigprocmask(SIG_SETMASK, &before, NULL);
  return err;
}
