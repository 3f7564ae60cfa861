#include "client/save.h"
#include "client/verbs.h"
#include "common/limits.h"

#include <string.h>

/* A capture is data, not an answer to read: JSON with and without --json. */
static int deliver(const struct client *client, const cJSON *capture) {
  struct pg_text text;
  struct pg_json json;
  struct pg_fault fault;
  const char *path = client->options->output;
  memset(&fault, 0, sizeof fault);
  pg_text_init(&text, CLIENT_OUTPUT_MAX);
  pg_json_start(&json, &text);
  client_write_json(&json, capture);
  pg_text_char(&text, '\n');
  int code;
  if (path == NULL || strcmp(path, "-") == 0 || text.failed) {
    code = client_print(client, &text);
  } else if (save_file(path, text.data, text.len, &fault) != PG_OK) {
    pg_fault_hint(&fault, "portguardctl capture --help");
    code = client_report(client->options->json, &fault);
  } else {
    char shown[PG_SHOWN_CHARS];
    client_say("%zu bytes written to %s", text.len, pg_escape(shown, sizeof shown, path));
    code = 0;
  }
  pg_text_free(&text);
  return code;
}

int verb_capture(struct client *client) {
  struct pg_fault fault;
  cJSON *capture = NULL;
  memset(&fault, 0, sizeof fault);
  if (client_ask(client, "capture", &capture, &fault) != PG_OK)
    return client_report(client->options->json, &fault);
  int code = deliver(client, capture);
  cJSON_Delete(capture);
  return code;
}
