/* bench_memory PROGRAM: resident memory of the service with 1,000 listeners, over
 * 10,000 requests. PROGRAM is portguardsvc. */
#include "common/limits.h"
#include "tests/bench/figures.h"
#include "tests/bench/posix_server.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LISTENERS 1000
#define WARM_UP 1000
#define REQUESTS 10000
#define LIST_EVERY 100

/* Status of one port after the other, free ones too, and now and then all. */
static bool ask_next(int fd, int number, struct pg_text *answer) {
  char line[128];
  if (number % LIST_EVERY == 0)
    (void)snprintf(line, sizeof line,
                   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"list\"}\n", number);
  else
    (void)snprintf(line, sizeof line,
                   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"status\","
                   "\"params\":{\"port\":%d}}\n",
                   number, 1 + number % LISTENERS);
  return client_send(fd, line) && client_receive(fd, answer) &&
         strstr(answer->data, "\"result\"") != NULL;
}

static bool ask_until(int fd, int *number, int last, struct pg_text *answer) {
  while (*number < last)
    if (!ask_next(fd, ++*number, answer))
      return false;
  return true;
}

int main(int argc, char **argv) {
  struct server service = {0};
  struct pg_text answer;
  int number = 0, fd = -1;
  long begin = 0, warm = 0, end = 0;
  pg_text_init(&answer, PG_ANSWER_MAX);
  bool ok = argc == 2 && service_start(&service, argv[1], "memory.sock", LISTENERS) &&
            (fd = client_connect(service.pipe)) >= 0 &&
            ask_until(fd, &number, 1, &answer) &&
            (begin = server_resident_kib(&service)) > 0 &&
            ask_until(fd, &number, WARM_UP, &answer) &&
            (warm = server_resident_kib(&service)) > 0 &&
            ask_until(fd, &number, REQUESTS, &answer) &&
            (end = server_resident_kib(&service)) > 0;
  if (ok) {
    figure("resident after 10,000 requests, 1,000 listeners", (double)end / 1024, "MiB",
           AT_MOST, 8);
    figure("  grown since request 1,000", (double)(end - warm), "KiB", AT_MOST, 0);
    figure_detail("%ld KiB after the first request, %ld KiB after 1,000", begin, warm);
  } else {
    fprintf(stderr, "bench_memory: the service does not answer\n");
  }
  if (fd >= 0)
    close(fd);
  server_stop(&service);
  pg_text_free(&answer);
  return ok ? 0 : 1;
}
