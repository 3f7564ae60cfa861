#include "tests/unit/netsh_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define FIXTURE_MAX ((size_t)64 * 1024)

void netsh_fixture(const char *name, struct pg_text *text) {
  char path[1024], part[1024];
  (void)snprintf(path, sizeof path, "%s/netsh/%s", PG_FIXTURES, name);
  pg_text_init(text, FIXTURE_MAX);
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    fail_msg("cannot open %s", path);
  for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;)
    pg_text_add(text, part, got);
  fclose(file);
  assert_false(text->failed);
  assert_true(text->len > 0);
}

static void add_services(struct pg_snapshot *snapshot) {
  static const char *const names[] = {"WinRM", "W3SVC",   "AcmeMon",     "SSDPSRV",
                                      "WAS",   "AcmeWeb", "PeerDistSvc", "upnphost"};
  size_t count = sizeof names / sizeof names[0];
  struct pg_service *services = snapshot_services(snapshot, count);
  assert_non_null(services);
  for (size_t i = 0; i < count; i++)
    services[i].name = names[i];
}

struct pg_snapshot *netsh_parsed(const char *text, size_t len, enum pg_error expected) {
  struct pg_fault fault = {0};
  struct pg_snapshot *snapshot = snapshot_new();
  assert_non_null(snapshot);
  add_services(snapshot);
  /* Without a terminator: the parser must live by the length alone. */
  char *copy = test_malloc(len > 0 ? len : 1);
  if (len > 0)
    memcpy(copy, text, len);
  snapshot->http_text = copy;
  snapshot->http_text_len = len;
  enum pg_error error = netsh_state_parse(snapshot, &fault);
  test_free(copy);
  snapshot->http_text = NULL;
  if (error != expected)
    fail_msg("expected %d, got %d: %s", (int)expected, (int)error, fault.message);
  return snapshot;
}

static void describe(const struct pg_http_queue *queue, struct pg_text *out) {
  pg_text_str_add(out, queue->counts_agree ? "ok " : "doubt ");
  pg_text_str_add(out, queue->name != NULL ? queue->name : "-");
  for (size_t i = 0; i < queue->pid_count; i++)
    pg_text_printf(out, " %u", (unsigned)queue->pids[i]);
  if (queue->controller != 0)
    pg_text_printf(out, " <%u", (unsigned)queue->controller);
  for (size_t i = 0; i < queue->service_count; i++)
    pg_text_printf(out, " =%s", queue->services[i]);
  if (queue->tagged_service != NULL)
    pg_text_printf(out, " #%s", queue->tagged_service);
  for (size_t i = 0; i < queue->url_count; i++)
    pg_text_printf(out, " %s", queue->urls[i].text);
  pg_text_char(out, '\n');
}

void netsh_describe(const struct pg_snapshot *snapshot, struct pg_text *out) {
  pg_text_init(out, FIXTURE_MAX);
  for (size_t i = 0; i < snapshot->queue_count; i++)
    describe(&snapshot->queues[i], out);
  assert_false(out->failed);
}

static void assert_described(const char *text, size_t len, const char *expected) {
  struct pg_text found;
  struct pg_snapshot *snapshot = netsh_parsed(text, len, PG_OK);
  netsh_describe(snapshot, &found);
  assert_string_equal(pg_text_str(&found), expected);
  pg_text_free(&found);
  snapshot_unref(snapshot);
}

void assert_netsh(const char *text, const char *expected) {
  assert_described(text, strlen(text), expected);
}

void assert_netsh_fixture(const char *name, const char *expected) {
  struct pg_text text;
  netsh_fixture(name, &text);
  assert_described(pg_text_str(&text), text.len, expected);
  pg_text_free(&text);
}

const struct pg_http_queue *netsh_queue_of(const struct pg_snapshot *snapshot,
                                           const char *url) {
  for (size_t i = 0; i < snapshot->queue_count; i++) {
    const struct pg_http_queue *queue = &snapshot->queues[i];
    if (queue->url_count > 0 && strcmp(queue->urls[0].text, url) == 0)
      return queue;
  }
  return NULL;
}
