#include "client/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* less: ends by itself when everything fits the screen, shows colours, and leaves on the
 * screen what was read. */
bool pager_command(struct pg_text *out) {
  const char *wish = getenv("PAGER");
  pg_text_str_add(out, wish != NULL ? wish : "less -FRX");
  return true;
}

/* What is ignored here while it runs is not ignored there. */
static int spawn(char *const words[], int input, pid_t *pid) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t ours;
  int code = posix_spawn_file_actions_init(&files);
  if (code != 0)
    return code;
  code = posix_spawnattr_init(&attributes);
  if (code == 0) {
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGPIPE);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attributes, &ours);
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    code = posix_spawnp(pid, words[0], &files, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&files);
  return code;
}

/* Until it has all, or does not want any more. */
static void feed(int output, const struct pg_text *text) {
  size_t done = 0;
  while (done < text->len) {
    ssize_t count = write(output, text->data + done, text->len - done);
    if (count > 0)
      done += (size_t)count;
    else if (errno != EINTR)
      break;
  }
}

/* Ctrl-C is for the pager. */
static void ignore(int number, struct sigaction *before) {
  struct sigaction nothing = {.sa_handler = SIG_IGN};
  (void)sigaction(number, &nothing, before);
}

bool pager_run(char *const words[], const struct pg_text *text) {
  struct sigaction interrupt, broken;
  int ends[2];
  pid_t pid = 0;
  if (pipe2(ends, O_CLOEXEC) != 0)
    return false;
  (void)setenv("LESS", "FRX", 0);
  ignore(SIGINT, &interrupt);
  ignore(SIGPIPE, &broken);
  bool started = spawn(words, ends[0], &pid) == 0;
  close(ends[0]);
  if (started)
    feed(ends[1], text);
  close(ends[1]);
  while (started && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
    ;
  (void)sigaction(SIGINT, &interrupt, NULL);
  (void)sigaction(SIGPIPE, &broken, NULL);
  return started;
}
