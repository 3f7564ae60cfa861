#include "client/change_text.h"
#include "client/fields.h"
#include "client/guarded.h"
#include "client/subscription.h"
#include "client/verbs.h"

#include <string.h>

/* The object goes out with --json only: on a screen it is a message. */
static void say_overflow(const cJSON *params) {
  int64_t missed = field_int(params, "missed", -1);
  if (missed >= 0)
    client_say("%lld changes were missed: they came faster than they were read",
               (long long)missed);
  else
    client_say("what changed while the service was away is not known here");
  client_hint("portguardctl history");
}

/* False: nobody reads it any more. */
static bool show(struct client *client, const struct news *news) {
  struct pg_text out;
  pg_text_init(&out, CLIENT_OUTPUT_MAX);
  if (news->kind == NEWS_OVERFLOW)
    say_overflow(news->params);
  if (news->kind == NEWS_CHANGE || client->options->json)
    client_render(client, &out, news->params, change_text);
  bool read = client_write(&out);
  pg_text_free(&out);
  return read;
}

static enum pg_error come_back(struct subscription *subscription,
                               struct pg_fault *fault) {
  int64_t deadline = subscription->client->deadline;
  client_say("the service has gone; waiting for it to come back");
  enum pg_error err = subscription_reopen(subscription, deadline, fault);
  if (err == PG_OK)
    client_say("the service is back");
  return err;
}

/* With --timeout it ends there as if it had been told to. */
static int watch(struct subscription *subscription) {
  struct client *client = subscription->client;
  struct pg_fault fault;
  memset(&fault, 0, sizeof fault);
  enum pg_error err = subscription_open(subscription, &fault);
  bool read = true;
  while (err == PG_OK && read) {
    struct news news;
    err = subscription_hear(subscription, client->deadline, &news, &fault);
    if (err == PG_OK) {
      read = show(client, &news);
      cJSON_Delete(news.note);
    } else if (err == PG_E_UNREACHABLE) {
      err = come_back(subscription, &fault);
    }
  }
  bool over = subscription->heard >= 0 && client_mono_ms() >= client->deadline;
  return err == PG_OK || over ? 0 : client_report(client->options->json, &fault);
}

int verb_watch(struct client *client) {
  struct port_list ports = {.count = 0};
  struct pg_fault fault;
  memset(&fault, 0, sizeof fault);
  if (port_list_read(&ports, client->options, &fault) != PG_OK)
    return client_report(client->options->json, &fault);
  struct subscription subscription = {
      .client = client, .ports = ports.ports, .port_count = ports.count, .heard = -1};
  client_end_on_interrupt();
  int code = watch(&subscription);
  subscription_close(&subscription);
  return code;
}
