/* bench_pipe PROGRAM: `status` answers per second over the Unix socket against a
 * bare libuv echo of the same bytes. PROGRAM is portguardsvc. */
#include "tests/bench/figures.h"
#include "tests/bench/posix_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#define LISTENERS 1000
#define ROUNDS 9
#define ROUND_NS (UINT64_C(1000000000) / 2)
#define CLIENTS_MAX 16
#define SAMPLES_MAX (1u << 20)
#define ANSWER_MAX (256u * 1024u)

static const char request[] =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":{\"port\":80}}\n";

/* One connection: it asks, and asks again when the whole answer is there. */
struct asker {
  int fd;
  uint64_t asked_at;
};

struct round {
  struct asker askers[CLIENTS_MAX];
  size_t clients;
  int poll;
  double *waits; /* microseconds, one per answer */
  size_t answers;
};

static char piece[ANSWER_MAX];

static bool ask(struct asker *asker) {
  asker->asked_at = uv_hrtime();
  return client_send(asker->fd, request);
}

/* What has come. True when it was the end of an answer. */
static bool take(struct round *round, struct asker *asker, bool *broken) {
  ssize_t got = recv(asker->fd, piece, sizeof piece, 0);
  *broken = got <= 0 && errno != EINTR;
  if (got <= 0 || piece[got - 1] != '\n')
    return false;
  if (round->answers < SAMPLES_MAX)
    round->waits[round->answers] = (double)(uv_hrtime() - asker->asked_at) / 1000;
  round->answers++;
  return true;
}

/* One client waits in recv, as a program would. Many are served by a poll that
 * never sleeps: the faster server would seldom find it asleep, and the slower one
 * would pay for waking it with every answer. */
static bool serve_ready(struct round *round) {
  struct epoll_event ready[CLIENTS_MAX];
  bool broken = false;
  int count = 1;
  ready[0].data.ptr = &round->askers[0];
  if (round->clients > 1)
    count = epoll_wait(round->poll, ready, CLIENTS_MAX, 0);
  for (int i = 0; i < count && !broken; i++) {
    struct asker *asker = ready[i].data.ptr;
    if (take(round, asker, &broken))
      broken = !ask(asker);
  }
  return !broken && count >= 0;
}

static bool open_round(struct round *round, const char *pipe) {
  bool ok = true;
  round->poll = epoll_create1(EPOLL_CLOEXEC);
  round->answers = 0;
  for (size_t i = 0; i < round->clients; i++)
    round->askers[i].fd = -1;
  for (size_t i = 0; ok && i < round->clients; i++) {
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = &round->askers[i]};
    round->askers[i].fd = client_connect(pipe);
    ok = round->askers[i].fd >= 0 &&
         epoll_ctl(round->poll, EPOLL_CTL_ADD, round->askers[i].fd, &wanted) == 0 &&
         ask(&round->askers[i]);
  }
  return ok;
}

static void close_round(struct round *round) {
  for (size_t i = 0; i < round->clients; i++)
    if (round->askers[i].fd >= 0)
      close(round->askers[i].fd);
  close(round->poll);
}

/* CPU is in microseconds per answer. */
struct result {
  double rate[ROUNDS], p99[ROUNDS], cpu[ROUNDS];
};

static bool run_round(struct round *round, const struct server *server,
                      struct result *result, size_t number) {
  bool ok = open_round(round, server->pipe);
  double cpu = server_cpu_us(server);
  uint64_t begun = uv_hrtime();
  while (ok && uv_hrtime() - begun < ROUND_NS)
    ok = serve_ready(round);
  double seconds = (double)(uv_hrtime() - begun) / 1e9;
  cpu = server_cpu_us(server) - cpu;
  close_round(round);
  ok = ok && round->answers > 0;
  size_t samples = round->answers < SAMPLES_MAX ? round->answers : SAMPLES_MAX;
  result->rate[number] = (double)round->answers / seconds;
  result->cpu[number] = cpu / (double)(round->answers + 1);
  result->p99[number] = percentile(round->waits, samples, 99);
  if (!ok)
    fprintf(stderr, "bench_pipe: %s does not answer\n", server->pipe);
  return ok;
}

static void print(size_t clients, struct result *service, struct result *echo) {
  char name[80];
  double rate = median(service->rate, ROUNDS), echo_rate = median(echo->rate, ROUNDS);
  double p99 = median(service->p99, ROUNDS), echo_p99 = median(echo->p99, ROUNDS);
  (void)snprintf(name, sizeof name, "status answers/s, %zu client%s, against the echo",
                 clients, clients == 1 ? "" : "s");
  figure(name, rate / echo_rate, "times", AT_LEAST, 0.7);
  figure_detail("%.0f/s, echo %.0f/s; CPU per answer %.1f us, echo %.1f us", rate,
                echo_rate, median(service->cpu, ROUNDS), median(echo->cpu, ROUNDS));
  (void)snprintf(name, sizeof name, "  99 %% of them within, against the echo");
  figure(name, p99 / echo_p99, "times", AT_MOST, 2);
  figure_detail("%.0f us, echo %.0f us", p99, echo_p99);
}

/* Rounds of the two alternate, so that whatever else the machine does meets both. */
static bool compare(size_t clients, const struct server *service,
                    const struct server *echo, double *waits) {
  struct round round = {.clients = clients, .waits = waits};
  struct result of_service, of_echo;
  bool ok = true;
  for (size_t i = 0; ok && i < ROUNDS; i++)
    ok = run_round(&round, service, &of_service, i) &&
         run_round(&round, echo, &of_echo, i);
  if (ok)
    print(clients, &of_service, &of_echo);
  return ok;
}

static bool one_answer(const struct server *service, struct pg_text *answer) {
  int fd = client_connect(service->pipe);
  bool ok = fd >= 0 && client_send(fd, request) && client_receive(fd, answer) &&
            strstr(answer->data, "\"state\":\"in_use\"") != NULL;
  if (fd >= 0)
    close(fd);
  return ok;
}

int main(int argc, char **argv) {
  struct server service = {0}, echo = {0};
  struct pg_text answer;
  double *waits = malloc(SAMPLES_MAX * sizeof *waits);
  pg_text_init(&answer, ANSWER_MAX);
  bool ok = argc == 2 && waits != NULL &&
            service_start(&service, argv[1], "service.sock", LISTENERS) &&
            one_answer(&service, &answer) &&
            echo_start(&echo, "echo.sock", answer.data, answer.len);
  if (ok)
    figure_detail("an answer has %zu bytes, the machine %d listeners", answer.len,
                  LISTENERS);
  ok = ok && compare(1, &service, &echo, waits) &&
       compare(CLIENTS_MAX, &service, &echo, waits);
  server_stop(&echo);
  server_stop(&service);
  pg_text_free(&answer);
  free(waits);
  return ok ? 0 : 1;
}
