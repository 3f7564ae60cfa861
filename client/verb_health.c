#include "client/health_text.h"
#include "client/verbs.h"

int verb_health(struct client *client) {
  return client_ask_and_show(client, "health", health_text);
}
