#include "client/change_text.h"
#include "client/fields.h"
#include "client/guarded.h"
#include "client/missed.h"
#include "client/platform.h"
#include "client/subscription.h"
#include "client/verbs.h"

#include <string.h>

struct watch {
  struct subscription subscription;
  struct missed missed;
};

/* False: nobody reads it any more. */
static bool show(struct client *client, const cJSON *change) {
  struct pg_text out;
  pg_text_init(&out, CLIENT_OUTPUT_MAX);
  client_render(client, &out, change, change_text);
  bool read = client_write(&out);
  pg_text_free(&out);
  return read;
}

static void say_unknown(int64_t count) {
  if (count >= 0)
    client_say("%lld changes were missed: they came faster than they were read",
               (long long)count);
  else
    client_say("what changed while the service was away is not known here");
  client_hint("portguardctl history");
}

static bool show_missed(struct watch *watch, const cJSON *params) {
  struct client *client = watch->subscription.client;
  int64_t count = field_int(params, "missed", -1);
  struct missed_wish wish = {.up_to = field_int(params, "id", watch->missed.heard),
                             .another_run = count < 0,
                             .ports = watch->subscription.ports,
                             .port_count = watch->subscription.port_count};
  struct pg_fault fault;
  cJSON *entries = NULL;
  bool whole = false, read = true;
  memset(&fault, 0, sizeof fault);
  (void)missed_ask(client, &watch->missed, &wish, &entries, &whole, &fault);
  if (!whole)
    say_unknown(count);
  else if (count >= 0)
    client_say("%lld changes came faster than they were read; the history has them",
               (long long)count);
  for (const cJSON *at = entries != NULL ? entries->child : NULL; at != NULL && read;
       at = at->next)
    read = show(client, at);
  cJSON_Delete(entries);
  return read;
}

/* The object of an overflow goes out with --json only: on a screen it is a message. */
static bool take(struct watch *watch, const struct news *news) {
  struct client *client = watch->subscription.client;
  if (news->kind == NEWS_CHANGE) {
    missed_told(&watch->missed, news->params);
    return show(client, news->params);
  }
  return (!client->options->json || show(client, news->params)) &&
         show_missed(watch, news->params);
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
static int run(struct watch *watch) {
  struct subscription *subscription = &watch->subscription;
  struct client *client = subscription->client;
  struct pg_fault fault;
  memset(&fault, 0, sizeof fault);
  int64_t now = client_wall_ms(); /* before, or what changes meanwhile would be lost */
  enum pg_error err = subscription_open(subscription, &fault);
  missed_start(&watch->missed, subscription->heard, now);
  bool read = true;
  while (err == PG_OK && read) {
    struct news news;
    err = subscription_hear(subscription, client->deadline, &news, &fault);
    if (err == PG_OK) {
      read = take(watch, &news);
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
  struct watch watch = {.subscription = {.client = client,
                                         .ports = ports.ports,
                                         .port_count = ports.count,
                                         .heard = -1}};
  client_end_on_interrupt();
  int code = run(&watch);
  subscription_close(&watch.subscription);
  return code;
}
