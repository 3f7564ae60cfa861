/* The Linux build serves development and captures from elsewhere: there is no
 * service manager and nothing live to look at. */
#include "service/platform.h"

#include "service/console.h"

#include <dirent.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void platform_start(int *argc, char ***argv) {
  (void)argc, (void)argv;
  /* A client that left must not end the service. */
  signal(SIGPIPE, SIG_IGN);
  /* Nor a limit of a file's size, which is as good as a full disk. */
  signal(SIGXFSZ, SIG_IGN);
  /* One malloc arena for all threads: with one each, a worker's snapshots would
   * stay resident beside the loop's. */
  mallopt(M_ARENA_MAX, 1);
}

static int windows_only(const char *what) {
  struct pg_fault fault = {0};
  pg_fail(&fault, PG_E_USAGE, "%s is for Windows; this build answers from captures",
          what);
  pg_fault_hint(&fault, "portguardsvc explain --capture host.json --port 80");
  return console_fail(&fault);
}

int platform_service_main(void) {
  return windows_only("running as a service");
}

int platform_install(void) {
  return windows_only("install");
}

int platform_uninstall(void) {
  return windows_only("uninstall");
}

enum pg_error live_source_open(struct source *source, struct pg_fault *fault) {
  (void)source;
  pg_fail(fault, PG_E_USAGE,
          "looking at this machine is for Windows: a capture is needed");
  pg_fault_hint(fault, "portguardsvc explain --capture host.json --port 80");
  return PG_E_USAGE;
}

/* Taken by the first signal: the loop may be gone when the next one comes. */
static struct loop *_Atomic signalled;

static void on_signal(int number) {
  struct loop *loop = atomic_exchange(&signalled, NULL);
  if (loop != NULL)
    loop_stop(loop, number == SIGINT ? "interrupted" : "a request to terminate");
}

void platform_stop_on_signals(struct loop *loop) {
  struct sigaction action = {.sa_handler = on_signal};
  atomic_store(&signalled, loop);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

bool platform_pipe_name_allowed(const char *name) {
  return name[0] != '\0';
}

/* exit() would wait for libuv's workers. */
void platform_end(int code) {
  (void)fflush(NULL);
  _exit(code);
}

static uint64_t count_descriptors(void) {
  uint64_t count = 0;
  DIR *folder = opendir("/proc/self/fd");
  if (folder == NULL)
    return 0;
  while (readdir(folder) != NULL)
    count++;
  closedir(folder);
  return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

void platform_usage(uint64_t *resident_bytes, uint64_t *handles) {
  size_t resident = 0;
  *resident_bytes = uv_resident_set_memory(&resident) == 0 ? resident : 0;
  *handles = count_descriptors();
}
