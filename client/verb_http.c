#include "client/http_text.h"
#include "client/verbs.h"

int verb_http_queues(struct client *client) {
  return client_ask_and_show(client, "http.queues", http_queues_text);
}
