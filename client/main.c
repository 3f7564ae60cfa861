#include "client/client.h"
#include "client/platform.h"
#include "client/verbs.h"
#include "common/limits.h"

#include <string.h>

static int show_help(const struct client *client) {
  struct pg_text out;
  pg_text_init(&out, PG_KIB * 16);
  if (client->options->group != NULL)
    verb_group_help(&out, client->options->group);
  else
    verb_help(&out, client->options->verb);
  int code = client_print(client, &out);
  pg_text_free(&out);
  return code;
}

int main(int argc, char **argv) {
  client_start(&argc, &argv);
  struct options options;
  struct pg_fault fault;
  struct client client;
  memset(&fault, 0, sizeof fault);
  memset(&client, 0, sizeof client);
  int code;
  if (options_read(argc, argv, &options, &fault) != PG_OK) {
    code = client_report(options.json, &fault);
  } else {
    client.options = &options;
    client.deadline = options.timeout_ms > 0
                          ? client_mono_ms() + (int64_t)options.timeout_ms
                          : INT64_MAX;
    code = options.help ? show_help(&client) : options.verb->run(&client);
    call_close(&client.call);
  }
  options_free(&options);
  return code;
}
