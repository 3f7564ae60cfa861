/* bench_tick PID: CPU of a quiet tick against the GetExtendedTcpTable calls alone.
 * PID is Linux's name for this process: under Wine a call takes milliseconds of
 * waiting and microseconds of CPU, and GetProcessTimes counts in hundredths of a
 * second. The kernel's own account (/proc/PID/schedstat) counts nanoseconds. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>

#include "common/limits.h"
#include "service/sources/source.h"
#include "tests/bench/figures.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define LISTENERS 20
#define ROUNDS 12
#define ROUND_MS 250
#define TABLE_BYTES (1024u * 1024u)

/* A tenth of them on IPv6. They are closed with the process. */
static bool open_listener(int number) {
  struct addrinfo hints = {.ai_family = number % 10 == 0 ? AF_INET6 : AF_INET,
                           .ai_socktype = SOCK_STREAM,
                           .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
  struct addrinfo *at = NULL;
  DWORD one = 1;
  if (getaddrinfo(NULL, "0", &hints, &at) != 0)
    return false;
  SOCKET listener = socket(at->ai_family, SOCK_STREAM, IPPROTO_TCP);
  bool ok =
      listener != INVALID_SOCKET &&
      bind(listener, at->ai_addr, (int)at->ai_addrlen) == 0 && listen(listener, 1) == 0 &&
      setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, (const char *)&one, sizeof one) == 0;
  freeaddrinfo(at);
  return ok;
}

static bool open_listeners(void) {
  WSADATA data;
  bool ok = WSAStartup(MAKEWORD(2, 2), &data) == 0;
  for (int i = 0; ok && i < LISTENERS; i++)
    ok = open_listener(i);
  return ok;
}

/* CPU time of the main thread in nanoseconds; negative when it cannot be read. */
static double cpu_time(const char *account) {
  char text[96] = "";
  DWORD got = 0;
  HANDLE file = CreateFileA(account, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
                            NULL, OPEN_EXISTING, 0, NULL);
  if (file == INVALID_HANDLE_VALUE)
    return -1;
  bool ok = ReadFile(file, text, sizeof text - 1, &got, NULL) && got > 0;
  CloseHandle(file);
  return ok ? strtod(text, NULL) : -1;
}

struct bench {
  struct source source;
  struct pg_snapshot *snapshot;
  void *table;
  char account[64];
  bool failed;
  size_t news; /* ticks that were not quiet */
};

static void call_alone(struct bench *bench) {
  static const ULONG families[] = {AF_INET, AF_INET6};
  for (size_t i = 0; i < 2; i++) {
    DWORD size = TABLE_BYTES;
    if (GetExtendedTcpTable(bench->table, &size, FALSE, families[i],
                            TCP_TABLE_OWNER_MODULE_LISTENER, 0) != NO_ERROR)
      bench->failed = true;
  }
}

static void tick(struct bench *bench) {
  struct http_reading none = {0};
  struct sample_order order = {.previous = bench->snapshot,
                               .http = &none,
                               .now = 1,
                               .now_mono = (int64_t)(uv_hrtime() / 1000000)};
  struct pg_snapshot *made = NULL;
  /* What the loop asks on every tick beside the sample. */
  if (bench->source.network_changed(bench->source.context))
    bench->news++;
  switch (bench->source.sample(bench->source.context, &order, &made)) {
  case SAMPLE_SAME:
    break;
  case SAMPLE_NEW:
    bench->news++;
    snapshot_unref(bench->snapshot);
    bench->snapshot = made;
    break;
  case SAMPLE_FAILED:
    bench->failed = true;
    break;
  }
}

struct side {
  void (*run)(struct bench *bench);
  double cpu, calls;
};

static void run_round(struct bench *bench, struct side *side) {
  uint64_t end = uv_hrtime() + ROUND_MS * UINT64_C(1000000);
  double before = cpu_time(bench->account);
  do {
    side->run(bench);
    side->calls++;
  } while (uv_hrtime() < end && !bench->failed);
  double after = cpu_time(bench->account);
  bench->failed = bench->failed || before < 0 || after <= before;
  side->cpu += after - before;
}

/* The notices of changes are armed by a reading. */
static bool read_network(struct bench *bench) {
  struct network_order order = {.now = 1, .now_mono = 1, .deadline_ms = PG_NETSH_MS};
  struct pg_snapshot *into = snapshot_new();
  bool ok =
      into != NULL && bench->source.read_network(bench->source.context, into, &order);
  snapshot_unref(into);
  return ok;
}

static bool prepare(struct bench *bench) {
  struct pg_fault fault = {0};
  bench->table = malloc(TABLE_BYTES);
  if (bench->table == NULL || !open_listeners() ||
      live_source_open(&bench->source, &fault) != PG_OK || !read_network(bench))
    return false;
  tick(bench); /* the baseline */
  bench->news = 0;
  return bench->snapshot != NULL && bench->snapshot->listener_count >= LISTENERS;
}

static void print(const struct bench *bench, const struct side *quiet,
                  const struct side *alone) {
  double tick_ns = quiet->cpu / quiet->calls, call_ns = alone->cpu / alone->calls;
  figure("CPU of a quiet tick, against the calls alone", tick_ns / call_ns, "times",
         AT_MOST, 1.2);
  figure_detail("%.1f us, calls %.1f us, with %d listeners", tick_ns / 1000,
                call_ns / 1000, (int)bench->snapshot->listener_count);
}

int main(int argc, char **argv) {
  struct bench bench = {0};
  struct side quiet = {.run = tick}, alone = {.run = call_alone};
  bool ok = argc == 2 && prepare(&bench);
  if (ok)
    (void)snprintf(bench.account, sizeof bench.account, "Z:\\proc\\%.12s\\schedstat",
                   argv[1]);
  /* Rounds alternate, so that whatever else the machine does meets both. */
  for (int i = 0; ok && i < ROUNDS && !bench.failed; i++) {
    run_round(&bench, &quiet);
    run_round(&bench, &alone);
  }
  ok = ok && !bench.failed && bench.news == 0;
  if (ok)
    print(&bench, &quiet, &alone);
  else
    fprintf(stderr, "bench_tick: not measured: %u ticks had news%s\n",
            (unsigned)bench.news, bench.failed ? ", and a call failed" : "");
  return ok ? 0 : 1;
}
