/* bench_history: what a year of a busy machine costs: a million changes written, asked
 * about and forgotten. Makes history.db in a folder of the working directory. */
#include "common/limits.h"
#include "service/history/store.h"
#include "tests/bench/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define CHANGES 1000000
#define BATCH 5000 /* while it is made; the service writes a second's worth */
#define T0 INT64_C(1772445600000)
#define STEP_MS 31536 /* a million of them are a year */
#define ASKED 51
#define STORM 10000 /* changes in a minute */
#define SECOND (STORM / 60)
#define PORTS 200

static const char folder[] = "bench-history";

static double now_ms(void) {
  return (double)uv_hrtime() / 1e6;
}

/* Change |i|: the ports take turns, each is taken and released by one of 300 programs or
 * services; port 80 is W3SVC's or nginx's. */
static bool add(struct history_batch *batch, int64_t i) {
  char holder[100], data[400];
  int64_t turn = i / PORTS;
  uint16_t port = (uint16_t)(80 + i % PORTS);
  bool taken = turn % 2 == 0;
  if (port == 80)
    (void)snprintf(holder, sizeof holder, "%s",
                   turn / 2 % 2 ? "process:C:\\nginx\\nginx.exe" : "service:W3SVC");
  else
    (void)snprintf(holder, sizeof holder, "process:C:\\Program Files\\Tool %d\\t%d.exe",
                   (int)(i % PORTS * 7 + turn / 2) % 300,
                   (int)(i % PORTS * 7 + turn / 2) % 300);
  (void)snprintf(
      data, sizeof data,
      "{\"event\":%d,\"change\":\"%s\",\"port\":%d,\"guarded\":false,"
      "\"addresses\":\"0.0.0.0:%d, [::]:%d\",\"holders\":[{\"kind\":\"process\","
      "\"process\":{\"pid\":%d,\"name\":\"tool.exe\",\"path\":\"C:\\\\Program "
      "Files\\\\Tool\\\\tool.exe\"},\"confidence\":\"certain\"}]}",
      taken ? 1100 : 1101, taken ? "taken" : "released", port, port, port,
      (int)(1000 + i % 60000));
  const struct history_row change = {HISTORY_CHANGE,
                                     T0 + i * STEP_MS,
                                     taken ? 1100 : 1101,
                                     port,
                                     holder,
                                     data,
                                     NULL,
                                     taken ? "port 8080 was taken by tool.exe (PID 4711)"
                                           : "nothing listens on port 8080 any more; it "
                                             "was held by tool.exe (PID 4711)",
                                     T0 + i};
  const struct history_row tenancy = {taken ? HISTORY_BEGIN : HISTORY_END,
                                      T0 + i * STEP_MS,
                                      0,
                                      port,
                                      holder,
                                      taken ? data : NULL,
                                      taken ? NULL : "released",
                                      NULL,
                                      0};
  return history_batch_add(batch, &change) && history_batch_add(batch, &tenancy);
}

/* Milliseconds; below 0 when it went wrong. */
static double write_some(struct history *history, int64_t from, int64_t count) {
  struct pg_fault fault = {0};
  struct history_batch *batch = history_batch_new();
  bool good = batch != NULL;
  for (int64_t i = from; i < from + count && good; i++)
    good = add(batch, i);
  double begun = now_ms();
  good = good && history_write(history, batch, &fault) == PG_OK;
  double spent = now_ms() - begun;
  if (!good)
    fprintf(stderr, "bench_history: a batch was not written: %s\n", fault.message);
  history_batch_free(batch);
  return good ? spent : -1;
}

static bool make_year(struct history *history) {
  double begun = now_ms();
  for (int64_t i = 0; i < CHANGES; i += BATCH)
    if (write_some(history, i, BATCH) < 0)
      return false;
  figure_detail("a million changes made in %.1f s, %.0f MiB", (now_ms() - begun) / 1e3,
                (double)history_bytes(history) / PG_MIB);
  return true;
}

/* --- questions --- */

static bool ask(struct history *history, const struct history_question *question,
                double *spent, size_t *bytes) {
  struct pg_text text;
  struct pg_json json;
  pg_text_init(&text, PG_ANSWER_MAX);
  pg_json_start(&json, &text);
  pg_json_object(&json);
  double begun = now_ms();
  bool good = history_answer(history, question, &json, NULL) == PG_OK;
  *spent = now_ms() - begun;
  pg_json_end_object(&json);
  *bytes = text.len;
  good = good && !text.failed;
  pg_text_free(&text);
  return good;
}

static bool ask_all(struct history *history) {
  const int64_t end = T0 + (int64_t)CHANGES * STEP_MS, day = 86400000;
  const struct {
    const char *name;
    struct history_question question;
  } cases[] = {
      {"the newest 100 of all", {.limit = 100}},
      {"the newest 100 of a port", {.port = 80, .limit = 100}},
      {"the newest 100 of a holder", {.holder = "W3SVC", .limit = 100}},
      {"a holder on a port it never had", {.holder = "t5.exe", .port = 80, .limit = 100}},
      {"a holder that is not there", {.holder = "httpd.exe", .limit = 100}},
      {"a path", {.holder = "C:\\nginx\\nginx.exe", .limit = 100}},
      {"a day, 9 months ago",
       {.since = T0 + 90 * day, .until = T0 + 91 * day, .limit = 100}},
      {"a minute, half a year ago",
       {.since = T0 + 182 * day, .until = T0 + 182 * day + 60000, .limit = 100}},
      {"a port's day, 9 months ago",
       {.port = 80, .since = T0 + 90 * day, .until = T0 + 91 * day, .limit = 100}},
      {"a time before there was any", {.until = T0, .limit = 100}},
      {"the last day, 1,000 rows", {.since = end - day, .limit = 1000}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    double spent[ASKED];
    size_t bytes = 0;
    for (size_t n = 0; n < ASKED; n++)
      if (!ask(history, &cases[i].question, &spent[n], &bytes))
        return false;
    double first = spent[0];
    figure(cases[i].name, median(spent, ASKED), "ms", AT_MOST, 50);
    figure_detail("%.2f ms the first time, %zu bytes", first, bytes);
  }
  return true;
}

static bool ask_last(struct history *history) {
  double spent[ASKED];
  for (size_t n = 0; n < ASKED; n++) {
    struct history_last last;
    double begun = now_ms();
    bool good = history_last(history, 80, &last, NULL) == PG_OK;
    spent[n] = now_ms() - begun;
    history_last_free(&last);
    if (!good)
      return false;
  }
  figure("the last change and holder of a port", median(spent, ASKED), "ms", AT_MOST, 5);
  return true;
}

/* --- writing and forgetting --- */

static bool storm(struct history *history) {
  double spent[STORM / SECOND];
  size_t seconds = sizeof spent / sizeof *spent;
  for (size_t i = 0; i < seconds; i++)
    if ((spent[i] = write_some(history, CHANGES + (int64_t)i * SECOND, SECOND)) < 0)
      return false;
  double middle = median(spent, seconds);
  figure("10,000 changes in a minute: a second's worth", middle, "ms", AT_MOST, 250);
  figure_detail("%.1f ms at most", percentile(spent, seconds, 100));
  return true;
}

static bool forget(struct history *history) {
  static double spent[2000];
  struct pg_fault fault = {0};
  size_t count = 0;
  bool more = true;
  /* A limit that lets a fifth of it go, so that every kind of piece is seen. */
  uint64_t max = history_bytes(history) / 5 * 4;
  while (more && count < sizeof spent / sizeof *spent) {
    double begun = now_ms();
    if (history_prune(history, T0 + INT64_C(10) * 86400000, 86400000, max, &more,
                      &fault) != PG_OK) {
      fprintf(stderr, "bench_history: %s\n", fault.message);
      return false;
    }
    spent[count++] = now_ms() - begun;
  }
  figure("a piece that is forgotten", median(spent, count), "ms", AT_MOST, 20);
  figure_detail("%zu pieces, 99 %% in %.1f ms, %.1f ms at most", count,
                percentile(spent, count, 99), percentile(spent, count, 100));
  return true;
}

static struct history *open_it(struct files *files) {
  struct history *history = NULL;
  struct pg_fault fault = {0}, notice = {0};
  if (history_open(files, T0, &history, &notice, &fault) != PG_OK)
    fprintf(stderr, "bench_history: %s\n", fault.message);
  return history;
}

static bool measure(struct files *files) {
  struct history *history = open_it(files);
  bool good = history != NULL && make_year(history);
  history_close(history);
  double begun = now_ms();
  history = good ? open_it(files) : NULL;
  good = history != NULL;
  if (good)
    figure("opening it, with every page looked at", (now_ms() - begun) / 1e3, "s",
           AT_MOST, 10);
  good =
      good && ask_all(history) && ask_last(history) && storm(history) && forget(history);
  history_close(history);
  return good;
}

static void remove_file(const char *name) {
  char path[100];
  uv_fs_t request;
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  (void)uv_fs_unlink(NULL, &request, path, NULL);
  uv_fs_req_cleanup(&request);
}

int main(void) {
  struct files *files = NULL;
  struct pg_fault fault = {0};
  uv_fs_t request;
  if (files_open(folder, &files, &fault) != PG_OK) {
    fprintf(stderr, "bench_history: %s\n", fault.message);
    return 1;
  }
  bool good = measure(files);
  files_close(files);
  remove_file("history.db");
  remove_file("history.db-wal");
  (void)uv_fs_rmdir(NULL, &request, folder, NULL);
  uv_fs_req_cleanup(&request);
  return good ? 0 : 1;
}
