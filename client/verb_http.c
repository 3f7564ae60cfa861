#include "client/http_config_text.h"
#include "client/http_text.h"
#include "client/verbs.h"

int verb_http_queues(struct client *client) {
  return client_ask_and_show(client, "http.queues", http_queues_text);
}

int verb_http_reservations(struct client *client) {
  return client_ask_and_show(client, "http.reservations", http_reservations_text);
}

int verb_http_listen_list(struct client *client) {
  return client_ask_and_show(client, "http.iplisten", http_listen_list_text);
}

int verb_http_certificates(struct client *client) {
  return client_ask_and_show(client, "http.certificates", http_certificates_text);
}
