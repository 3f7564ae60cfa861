/* The parser of netsh texts: any bytes. What it gives must be well formed. */
#include "service/sources/netsh_state.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const known[] = {"W3SVC", "WAS", "SSDPSRV", "upnphost", "AcmeWeb"};

static struct pg_snapshot *new_snapshot(void) {
  size_t count = sizeof known / sizeof known[0];
  struct pg_snapshot *snapshot = snapshot_new();
  struct pg_service *services =
      snapshot != NULL ? snapshot_services(snapshot, count) : NULL;
  CHECK(services != NULL);
  for (size_t i = 0; i < count; i++)
    services[i].name = known[i];
  return snapshot;
}

static bool is_known(const char *name) {
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (name == known[i])
      return true;
  return false;
}

static void check_url(const struct pg_url *url) {
  CHECK(url->port != 0);
  CHECK(strncmp(url->text, "http://", 7) == 0 || strncmp(url->text, "https://", 8) == 0);
  CHECK(strchr(strstr(url->text, "://") + 3, '/') != NULL);
}

static void check_queue(const struct pg_http_queue *queue) {
  CHECK(queue->pid_count > 0 || queue->url_count > 0 || queue->controller != 0);
  CHECK(queue->name == NULL || strchr(queue->name, '\n') == NULL);
  for (size_t i = 0; i < queue->pid_count; i++)
    CHECK(queue->pids[i] != 0);
  for (size_t i = 0; i < queue->service_count; i++)
    CHECK(is_known(queue->services[i]));
  CHECK(queue->tagged_service == NULL || is_known(queue->tagged_service));
  for (size_t i = 0; i < queue->url_count; i++)
    check_url(&queue->urls[i]);
}

/* HTTP.sys has a URL once: believed blocks do not share one. */
static void check_shared_url(const struct pg_http_queue *a,
                             const struct pg_http_queue *b) {
  for (size_t i = 0; i < a->url_count; i++)
    for (size_t j = 0; j < b->url_count; j++)
      if (strcmp(a->urls[i].text, b->urls[j].text) == 0)
        CHECK(!a->counts_agree && !b->counts_agree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct pg_fault fault = {0};
  struct pg_snapshot *snapshot = new_snapshot();
  snapshot->http_text = (const char *)data;
  snapshot->http_text_len = size;
  enum pg_error error = netsh_state_parse(snapshot, &fault);
  CHECK(error == PG_OK || error == PG_E_FORMAT);
  CHECK((error == PG_OK) == (fault.message[0] == '\0'));
  CHECK(error == PG_OK || snapshot->queue_count == 0);
  for (size_t i = 0; i < snapshot->queue_count; i++) {
    check_queue(&snapshot->queues[i]);
    if (i > 0)
      check_shared_url(&snapshot->queues[i - 1], &snapshot->queues[i]);
  }
  snapshot->http_text = NULL;
  snapshot_unref(snapshot);
  return 0;
}
