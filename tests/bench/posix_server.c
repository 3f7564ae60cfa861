#include "tests/bench/posix_server.h"

#include "common/limits.h"
#include "tests/bench/machine.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define CAPTURE "bench.json"
#define START_S 20

int client_connect(const char *pipe) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (!pg_copy(address.sun_path, sizeof address.sun_path, pipe))
    return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    close(fd);
    fd = -1;
  }
  return fd;
}

bool client_send(int fd, const char *line) {
  size_t len = strlen(line);
  return send(fd, line, len, MSG_NOSIGNAL) == (ssize_t)len;
}

bool client_receive(int fd, struct pg_text *answer) {
  static char piece[256 * PG_KIB];
  pg_text_clear(answer);
  while (answer->len == 0 || answer->data[answer->len - 1] != '\n') {
    ssize_t got = recv(fd, piece, sizeof piece, 0);
    if (got <= 0)
      return false;
    pg_text_add(answer, piece, (size_t)got);
    if (answer->failed)
      return false;
  }
  return true;
}

/* Both servers take a moment until they listen. */
static bool wait_until_up(const char *pipe) {
  uint64_t end = uv_hrtime() + START_S * UINT64_C(1000000000);
  int fd = -1;
  while (fd < 0 && uv_hrtime() < end) {
    struct timespec moment = {0, 2000000};
    fd = client_connect(pipe);
    if (fd < 0)
      nanosleep(&moment, NULL);
  }
  if (fd >= 0)
    close(fd);
  return fd >= 0;
}

static bool write_capture(size_t listeners) {
  struct pg_text text;
  pg_text_init(&text, PG_CAPTURE_MAX);
  machine_capture(&text, listeners, 0);
  FILE *file = fopen(CAPTURE, "wb");
  bool ok =
      file != NULL && !text.failed && fwrite(text.data, 1, text.len, file) == text.len;
  if (file != NULL)
    ok = fclose(file) == 0 && ok;
  pg_text_free(&text);
  return ok;
}

bool service_start(struct server *server, const char *program, const char *pipe,
                   size_t listeners) {
  char name[64], run[] = "run", capture[] = "--capture", file[] = CAPTURE,
                 option[] = "--pipe";
  char *arguments[] = {name, run, capture, file, option, name, NULL};
  posix_spawn_file_actions_t files;
  server->pipe = pipe;
  if (!pg_copy(name, sizeof name, pipe) || !write_capture(listeners) ||
      posix_spawn_file_actions_init(&files) != 0)
    return false;
  /* Its events are not of interest here. */
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  int code = posix_spawn(&server->pid, program, &files, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  if (code != 0 || !wait_until_up(pipe)) {
    fprintf(stderr, "%s did not start\n", program);
    return false;
  }
  return true;
}

/* --- the echo --- */

struct echo {
  const char *line;
  size_t len;
};

/* One connection: one answer in flight at a time, as its clients wait for it. */
struct echo_conn {
  uv_pipe_t pipe;
  uv_write_t write;
  char in[64 * PG_KIB];
};

static void free_conn(uv_handle_t *handle) {
  free(handle); /* the first member of its connection */
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  struct echo_conn *conn = (struct echo_conn *)handle;
  (void)suggested;
  *buffer = uv_buf_init(conn->in, sizeof conn->in);
}

static void on_line(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer) {
  struct echo_conn *conn = (struct echo_conn *)stream;
  const struct echo *echo = stream->loop->data;
  if (got < 0) {
    uv_close((uv_handle_t *)stream, free_conn);
  } else if (got > 0 && buffer->base[got - 1] == '\n') {
    uv_buf_t answer = uv_buf_init((char *)echo->line, (unsigned)echo->len);
    uv_write(&conn->write, stream, &answer, 1, NULL);
  }
}

static void on_client(uv_stream_t *listener, int status) {
  struct echo_conn *conn = status == 0 ? malloc(sizeof *conn) : NULL;
  if (conn == NULL)
    return;
  uv_pipe_init(listener->loop, &conn->pipe, 0);
  if (uv_accept(listener, (uv_stream_t *)&conn->pipe) == 0)
    uv_read_start((uv_stream_t *)&conn->pipe, give_buffer, on_line);
  else
    uv_close((uv_handle_t *)&conn->pipe, free_conn);
}

static int echo_run(const char *pipe, struct echo *echo) {
  uv_loop_t loop;
  uv_pipe_t listener;
  signal(SIGPIPE, SIG_IGN); /* a client that leaves is no reason to end */
  if (uv_loop_init(&loop) != 0 || uv_pipe_init(&loop, &listener, 0) != 0)
    return 1;
  loop.data = echo;
  if (uv_pipe_bind(&listener, pipe) != 0 ||
      uv_listen((uv_stream_t *)&listener, 64, on_client) != 0)
    return 1;
  return uv_run(&loop, UV_RUN_DEFAULT);
}

bool echo_start(struct server *server, const char *pipe, const char *line, size_t len) {
  struct echo echo = {line, len};
  server->pipe = pipe;
  server->pid = fork();
  if (server->pid == 0)
    _exit(echo_run(pipe, &echo));
  return server->pid > 0 && wait_until_up(pipe);
}

void server_stop(struct server *server) {
  if (server->pid <= 0)
    return;
  kill(server->pid, SIGTERM);
  waitpid(server->pid, NULL, 0);
  unlink(server->pipe);
  server->pid = 0;
}

long server_resident_kib(const struct server *server) {
  static const char label[] = "VmRSS:";
  char path[64], line[256];
  long kib = 0;
  (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)server->pid);
  FILE *file = fopen(path, "r");
  while (file != NULL && kib == 0 && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, label, sizeof label - 1) == 0)
      kib = strtol(line + sizeof label - 1, NULL, 10);
  if (file != NULL)
    fclose(file);
  return kib;
}

double server_cpu_us(const struct server *server) {
  clockid_t clock;
  struct timespec used;
  if (clock_getcpuclockid(server->pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
    return 0;
  return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}
