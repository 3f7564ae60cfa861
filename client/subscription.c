#include "client/subscription.h"

#include "client/fields.h"

#include <string.h>

/* Between two tries to find a service that has gone. */
#define AGAIN_FIRST_MS 100
#define AGAIN_MAX_MS 2000

static int64_t earlier(int64_t a, int64_t b) {
  return a < b ? a : b;
}

static void write_params(const struct subscription *subscription, struct pg_text *out) {
  struct pg_json json;
  pg_json_start(&json, out);
  pg_json_object(&json);
  if (subscription->port_count > 0) {
    pg_json_key(&json, "ports");
    pg_json_array(&json);
    for (size_t i = 0; i < subscription->port_count; i++)
      pg_json_int(&json, subscription->ports[i]);
    pg_json_end_array(&json);
  }
  if (subscription->heard >= 0)
    pg_json_key_int(&json, "since_id", subscription->heard);
  pg_json_end_object(&json);
}

static enum pg_error ask(struct subscription *subscription, struct pg_fault *fault) {
  struct pg_text params;
  pg_text_init(&params, PG_REQUEST_MAX);
  write_params(subscription, &params);
  enum pg_error err = call_subscribe(&subscription->call, "watch", &params, fault);
  pg_text_free(&params);
  return err;
}

static bool is_method(const cJSON *note, const char *method) {
  return strcmp(field_text(note, "method"), method) == 0;
}

/* The service says that it has begun: whatever changes from then on will be told. */
static enum pg_error hear_greeting(struct subscription *subscription,
                                   struct pg_fault *fault) {
  cJSON *note = NULL;
  enum pg_error err = call_hear(&subscription->call, &note, fault);
  if (err != PG_OK)
    return err;
  if (is_method(note, "watching"))
    subscription->heard =
        field_int(field_object(note, "params"), "id", subscription->heard);
  else
    err = pg_fail(fault, PG_E_FORMAT, "the service did not say that it watches");
  cJSON_Delete(note);
  return err;
}

enum pg_error subscription_open(struct subscription *subscription,
                                struct pg_fault *fault) {
  struct client *client = subscription->client;
  int64_t soon = earlier(client->deadline, client_mono_ms() + PG_CLIENT_MS);
  enum pg_error err = client_open(client, &subscription->call, soon, fault);
  if (err == PG_OK)
    err = ask(subscription, fault);
  if (err == PG_OK)
    err = hear_greeting(subscription, fault);
  return err;
}

/* False: it is of a kind that came with a later service. */
static bool take(struct subscription *subscription, cJSON *note, struct news *news) {
  bool change = is_method(note, "change");
  if (!change && !is_method(note, "overflow"))
    return false;
  news->kind = change ? NEWS_CHANGE : NEWS_OVERFLOW;
  news->note = note;
  news->params = field_object(note, "params");
  subscription->heard = field_int(news->params, "id", subscription->heard);
  return true;
}

enum pg_error subscription_hear(struct subscription *subscription, int64_t deadline,
                                struct news *news, struct pg_fault *fault) {
  memset(news, 0, sizeof *news);
  subscription->call.deadline = deadline;
  for (;;) {
    cJSON *note = NULL;
    enum pg_error err = call_hear(&subscription->call, &note, fault);
    /* A transport waits for some days at most, and there may be no end. */
    if (err == PG_E_TIMEOUT && client_mono_ms() < deadline)
      continue;
    if (err != PG_OK)
      return err;
    if (take(subscription, note, news))
      return PG_OK;
    cJSON_Delete(note);
  }
}

/* Not there yet, or still busy with those who left. */
static bool may_come(enum pg_error err) {
  return err == PG_E_UNREACHABLE || err == PG_E_BUSY || err == PG_E_TIMEOUT;
}

enum pg_error subscription_reopen(struct subscription *subscription, int64_t deadline,
                                  struct pg_fault *fault) {
  enum pg_error err = PG_E_UNREACHABLE;
  int64_t pause = AGAIN_FIRST_MS;
  for (;;) {
    int64_t left = deadline - client_mono_ms();
    if (left <= 0)
      return err;
    client_pause(earlier(pause, left));
    pause = earlier(2 * pause, AGAIN_MAX_MS);
    subscription_close(subscription);
    memset(fault, 0, sizeof *fault);
    err = subscription_open(subscription, fault);
    if (err == PG_OK || !may_come(err))
      return err;
  }
}

void subscription_close(struct subscription *subscription) {
  call_close(&subscription->call);
}
