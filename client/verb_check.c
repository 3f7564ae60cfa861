/* `check` and `wait`: the state of a port as an exit code. */
#include "client/check.h"
#include "client/fields.h"
#include "client/render.h"
#include "client/subscription.h"
#include "client/verbs.h"
#include "client/verdict.h"

#include <string.h>

#define TIMED_OUT 1

/* What no notification tells of: how long until it is asked again. */
#define DOUBT_MS 1000
/* A service that is being restarted. */
#define AWAY_MS 60000

int verb_check(struct client *client) {
  struct pg_fault fault;
  cJSON *status = NULL;
  uint16_t port = 0;
  memset(&fault, 0, sizeof fault);
  enum pg_error err = options_port(client->options, 0, &port, &fault);
  if (err == PG_OK)
    err = check_ask(client, port, &status, &fault);
  if (err != PG_OK)
    return client_report(client->options->json, &fault);
  enum verdict verdict = verdict_of(status, client->options->address);
  int code = check_show(client, status);
  cJSON_Delete(status);
  return code == 0 ? (int)verdict : code;
}

struct wait {
  struct client *client;
  struct subscription subscription;
  uint16_t port;
  cJSON *status; /* the latest; NULL: none yet */
};

static bool is_over(const struct wait *wait) {
  return client_mono_ms() >= wait->client->deadline;
}

static bool is_met(const struct wait *wait) {
  const struct options *options = wait->client->options;
  if (verdict_is_old(wait->status))
    return false;
  bool free = strcmp(options->until, "free") == 0;
  if (options->holder == NULL && free)
    return verdict_of(wait->status, options->address) == VERDICT_FREE;
  bool listens = verdict_listens(wait->status, options->address);
  if (options->holder == NULL)
    return listens;
  enum held held = verdict_held_by(wait->status, options->holder);
  return free ? held == HELD_NO : held == HELD_YES && listens;
}

/* A connection that is in the way, or a source that failed, ends without a word. */
static bool is_in_doubt(const struct wait *wait) {
  return verdict_of(wait->status, wait->client->options->address) == VERDICT_UNKNOWN ||
         field_is(wait->status, "complete", false);
}

static enum pg_error look(struct wait *wait, struct pg_fault *fault) {
  cJSON *status = NULL;
  enum pg_error err = check_ask(wait->client, wait->port, &status, fault);
  call_close(&wait->client->call); /* or it would take up a place all the time */
  if (err != PG_OK)
    return err;
  cJSON_Delete(wait->status);
  wait->status = status;
  return PG_OK;
}

static enum pg_error come_back(struct wait *wait, struct pg_fault *fault) {
  int64_t away = client_mono_ms() + AWAY_MS;
  int64_t deadline = wait->client->deadline;
  client_say("the service has gone; waiting for it to come back");
  return subscription_reopen(&wait->subscription, away < deadline ? away : deadline,
                             fault);
}

/* Until something may have changed: what it is, the next look tells. */
static enum pg_error hear(struct wait *wait, struct pg_fault *fault) {
  int64_t deadline = wait->client->deadline, again = client_mono_ms() + DOUBT_MS;
  struct news news;
  if (is_in_doubt(wait) && again < deadline)
    deadline = again;
  enum pg_error err = subscription_hear(&wait->subscription, deadline, &news, fault);
  cJSON_Delete(news.note);
  return err == PG_E_TIMEOUT ? PG_OK : err;
}

/* The subscription stands before the first look, so that nothing falls in between. */
static enum pg_error wait_for(struct wait *wait, bool *met, struct pg_fault *fault) {
  enum pg_error err = subscription_open(&wait->subscription, fault);
  while (err == PG_OK) {
    err = look(wait, fault);
    *met = err == PG_OK && is_met(wait);
    if (err == PG_OK && !*met)
      err = hear(wait, fault);
    if (err == PG_OK && (*met || is_over(wait)))
      break;
    if (err == PG_E_UNREACHABLE)
      err = come_back(wait, fault);
  }
  return err;
}

/* "port 80: not free in time", "port 80: W3SVC has not let go of it in time" */
static void say_late(const struct wait *wait) {
  const char *holder = wait->client->options->holder;
  bool free = strcmp(wait->client->options->until, "free") == 0;
  unsigned port = wait->port;
  struct pg_text name;
  if (holder == NULL) {
    client_say("port %u: not %s in time", port, free ? "free" : "in use");
    return;
  }
  pg_text_init(&name, RENDER_LINE_MAX);
  render_outside(&name, holder);
  client_say(free ? "port %u: %s has not let go of it in time"
                  : "port %u: %s has not taken it in time",
             port, pg_text_str(&name));
  pg_text_free(&name);
}

static int report(struct wait *wait, enum pg_error err, bool met,
                  const struct pg_fault *fault) {
  const struct client *client = wait->client;
  /* The last question may have been cut off by the end of the time. */
  bool late = err == PG_E_TIMEOUT && is_over(wait) && wait->status != NULL;
  if (err != PG_OK && !late)
    return client_report(client->options->json, fault);
  int code = check_show(wait->client, wait->status);
  if (met || code != 0)
    return code;
  say_late(wait);
  return TIMED_OUT;
}

int verb_wait(struct client *client) {
  struct wait wait = {.client = client, .subscription = {.client = client, .heard = -1}};
  struct pg_fault fault;
  bool met = false;
  memset(&fault, 0, sizeof fault);
  enum pg_error err = options_port(client->options, 0, &wait.port, &fault);
  if (err != PG_OK)
    return client_report(client->options->json, &fault);
  wait.subscription.ports = &wait.port;
  wait.subscription.port_count = 1;
  err = wait_for(&wait, &met, &fault);
  int code = report(&wait, err, met, &fault);
  subscription_close(&wait.subscription);
  cJSON_Delete(wait.status);
  return code;
}
