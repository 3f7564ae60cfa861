/* A client with bad manners, for the status pipe; and a patient one that measures.
 *
 *   pipeload leave N      connects and leaves at once, N times
 *   pipeload silent N     N connections that say nothing, until they are closed
 *   pipeload drip N       N connections that send a byte every 100 ms
 *   pipeload garbage N    N requests that are none, on one connection
 *   pipeload ping N       N pings, one after the other, on one connection: how many
 *                         were answered, the time of the one in the middle and of
 *                         the slowest in microseconds
 *
 * Prints what came of it in one line; with silent and drip also "open" as soon as
 * all connections are. Exit code 0 when the service did its part: let everyone in
 * or said why not, closed what had to be closed, answered every request. */
#include <windows.h>

#include "common/protocol.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 256
#define CONNECT_MS 10000
#define DRIP_MS 100
#define GIVE_UP_MS 60000
#define ANSWER_BYTES 8192
#define PINGS_MAX 10000

/* INVALID_HANDLE_VALUE, and why in GetLastError(). */
static HANDLE connect_to(void) {
  ULONGLONG end = GetTickCount64() + CONNECT_MS;
  for (;;) {
    HANDLE pipe = CreateFileA(PG_PIPE_STATUS, PG_PIPE_CLIENT_ACCESS, 0, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (pipe != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY)
      return pipe;
    if (GetTickCount64() >= end)
      return INVALID_HANDLE_VALUE;
    WaitNamedPipeA(PG_PIPE_STATUS, 1000);
  }
}

static int failed(const char *what, long number) {
  fprintf(stderr, "pipeload: %s %ld: error %lu\n", what, number,
          (unsigned long)GetLastError());
  return 1;
}

static bool send_text(HANDLE pipe, const char *text, size_t len) {
  DWORD sent = 0;
  return WriteFile(pipe, text, (DWORD)len, &sent, NULL) && sent == len;
}

static int leave(long count) {
  for (long i = 0; i < count; i++) {
    HANDLE pipe = connect_to();
    if (pipe == INVALID_HANDLE_VALUE)
      return failed("connection", i);
    CloseHandle(pipe);
  }
  printf("left %ld\n", count);
  return 0;
}

/* --- connections that are held --- */

struct held {
  HANDLE pipes[CONNECTIONS_MAX];
  long count, refused;
};

static bool open_all(struct held *held, long count) {
  for (held->count = 0; held->count < count; held->count++) {
    HANDLE pipe = connect_to();
    if (pipe == INVALID_HANDLE_VALUE)
      return false;
    held->pipes[held->count] = pipe;
  }
  puts("open");
  fflush(stdout);
  return true;
}

/* Reads until the service closes; true when it said that it is busy before. */
static bool was_refused(HANDLE pipe) {
  char text[ANSWER_BYTES];
  DWORD got = 0;
  bool refused = false;
  while (ReadFile(pipe, text, sizeof text - 1, &got, NULL) && got > 0) {
    text[got] = '\0';
    refused = refused || strstr(text, "-32002") != NULL;
  }
  return refused;
}

static int report_held(struct held *held, ULONGLONG begun) {
  for (long i = 0; i < held->count; i++) {
    held->refused += was_refused(held->pipes[i]);
    CloseHandle(held->pipes[i]);
  }
  printf("refused %ld closed %ld after %lu ms\n", held->refused,
         held->count - held->refused, (unsigned long)(GetTickCount64() - begun));
  return 0;
}

static int silent(long count) {
  static struct held held;
  ULONGLONG begun = GetTickCount64();
  if (!open_all(&held, count))
    return failed("connection", held.count);
  return report_held(&held, begun);
}

/* True as long as one of them still takes bytes. */
static bool drip_once(const struct held *held) {
  bool taken = false;
  for (long i = 0; i < held->count; i++)
    taken = send_text(held->pipes[i], " ", 1) || taken;
  return taken;
}

static int drip(long count) {
  static struct held held;
  ULONGLONG begun = GetTickCount64();
  if (!open_all(&held, count))
    return failed("connection", held.count);
  while (drip_once(&held)) {
    if (GetTickCount64() - begun > GIVE_UP_MS)
      return failed("still open after ms", GIVE_UP_MS);
    Sleep(DRIP_MS); /* the pace of the drip */
  }
  return report_held(&held, begun);
}

/* --- requests that are none --- */

static const char *const bad_requests[] = {
    "{",
    "[]",
    "\"status\"",
    "\xff\xfe\x80",
    "{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"params\":{\"port\":80}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"no.such.verb\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":{\"port\":0}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":{\"port\":65536}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":{\"port\":\"80a\"}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"loud\":true}}",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
};
#define BAD_REQUESTS (sizeof bad_requests / sizeof bad_requests[0])

/* One line; false when the connection ended first. */
static bool receive_line(HANDLE pipe, char *line, size_t size) {
  DWORD got = 0;
  size_t len = 0;
  while (len < size - 1 &&
         ReadFile(pipe, line + len, (DWORD)(size - 1 - len), &got, NULL)) {
    len += got;
    line[len] = '\0';
    if (len > 0 && line[len - 1] == '\n')
      return true;
  }
  return false;
}

static bool ask(HANDLE pipe, const char *request, char *line, size_t size) {
  return send_text(pipe, request, strlen(request)) && send_text(pipe, "\n", 1) &&
         receive_line(pipe, line, size);
}

static int garbage(long count) {
  char line[ANSWER_BYTES];
  long errors = 0;
  HANDLE pipe = connect_to();
  if (pipe == INVALID_HANDLE_VALUE)
    return failed("connection", 0);
  for (long i = 0; i < count; i++) {
    if (!ask(pipe, bad_requests[(size_t)i % BAD_REQUESTS], line, sizeof line))
      return failed("request", i);
    errors += strstr(line, "\"error\"") != NULL;
  }
  CloseHandle(pipe);
  printf("errors %ld of %ld\n", errors, count);
  return errors == count ? 0 : 1;
}

/* --- requests that are timed --- */

static int by_number(const void *left, const void *right) {
  long long a = *(const long long *)left, b = *(const long long *)right;
  return (a > b) - (a < b);
}

static int ping(long count) {
  static long long took[PINGS_MAX];
  char line[ANSWER_BYTES];
  LARGE_INTEGER second, begun, ended;
  HANDLE pipe = connect_to();
  if (pipe == INVALID_HANDLE_VALUE)
    return failed("connection", 0);
  QueryPerformanceFrequency(&second);
  for (long i = 0; i < count; i++) {
    QueryPerformanceCounter(&begun);
    if (!ask(pipe, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", line,
             sizeof line) ||
        strstr(line, "\"pong\":true") == NULL)
      return failed("ping", i);
    QueryPerformanceCounter(&ended);
    took[i] = (ended.QuadPart - begun.QuadPart) * 1000000 / second.QuadPart;
  }
  CloseHandle(pipe);
  qsort(took, (size_t)count, sizeof *took, by_number);
  printf("answered %ld median %ld us worst %ld us\n", count, (long)took[count / 2],
         (long)took[count - 1]);
  return 0;
}

static const struct {
  const char *name;
  int (*run)(long count);
  long max;
} modes[] = {
    {"leave", leave, LONG_MAX},      {"silent", silent, CONNECTIONS_MAX},
    {"drip", drip, CONNECTIONS_MAX}, {"garbage", garbage, LONG_MAX},
    {"ping", ping, PINGS_MAX},
};

int main(int argc, char **argv) {
  long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
  for (size_t i = 0; count > 0 && i < sizeof modes / sizeof modes[0]; i++)
    if (count <= modes[i].max && strcmp(argv[1], modes[i].name) == 0)
      return modes[i].run(count);
  fputs("usage: pipeload leave|silent|drip|garbage|ping N\n", stderr);
  return 64;
}
