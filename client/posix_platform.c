#include "client/platform.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

void client_start(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
}

static int64_t clock_ms(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) != 0)
    return 0;
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t client_mono_ms(void) {
  return clock_ms(CLOCK_MONOTONIC);
}

int64_t client_wall_ms(void) {
  return clock_ms(CLOCK_REALTIME);
}

bool client_local_time(int64_t unix_ms, struct client_time *out) {
  time_t seconds = (time_t)(unix_ms / 1000);
  struct tm local;
  if (localtime_r(&seconds, &local) == NULL)
    return false;
  out->year = local.tm_year + 1900;
  out->month = local.tm_mon + 1;
  out->day = local.tm_mday;
  out->hour = local.tm_hour;
  out->minute = local.tm_min;
  out->second = local.tm_sec;
  return true;
}

bool client_on_terminal(void) {
  return isatty(STDOUT_FILENO) != 0;
}

bool client_host_name(char *out, size_t size) {
  (void)out, (void)size;
  return false;
}

bool client_takes_colour(void) {
  const char *terminal = getenv("TERM");
  return isatty(STDOUT_FILENO) != 0 && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

const char *client_default_pipe(void) {
  return NULL;
}

const char *client_default_control(void) {
  return NULL;
}

const char *client_elevate_hint(void) {
  return "repeat it as the user who runs the service";
}

bool client_can_ask(void) {
  return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
}

const char *client_start_hint(void) {
  return "portguardsvc run --capture FILE --pipe SOCKET";
}

/* What was written has been flushed, line by line. */
static void on_interrupt(int signal_number) {
  (void)signal_number;
  _exit(0);
}

void client_end_on_interrupt(void) {
  struct sigaction end, ignore;
  memset(&end, 0, sizeof end);
  memset(&ignore, 0, sizeof ignore);
  end.sa_handler = on_interrupt;
  ignore.sa_handler = SIG_IGN;
  (void)sigaction(SIGINT, &end, NULL);
  (void)sigaction(SIGPIPE, &ignore, NULL);
}

void client_pause(int64_t ms) {
  struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
  (void)nanosleep(&left, NULL);
}

bool client_address(const char *text, bool *ipv6, uint8_t bytes[16]) {
  *ipv6 = strchr(text, ':') != NULL;
  memset(bytes, 0, 16);
  return inet_pton(*ipv6 ? AF_INET6 : AF_INET, text, bytes) == 1;
}

bool client_pipe_name_ok(const char *name, const char **expected) {
  struct sockaddr_un address;
  *expected = "the path of a Unix socket, 1-107 bytes";
  return name[0] != '\0' && strlen(name) < sizeof address.sun_path;
}
