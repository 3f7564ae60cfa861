#include "client/guarded.h"
#include "client/open_file.h"
#include "client/platform.h"
#include "client/report.h"
#include "client/save.h"
#include "client/verbs.h"
#include "common/limits.h"
#include "common/version.h"

#include <string.h>

#define HOST_CHARS 256

static bool to_stdout(const struct options *options) {
  return options->output == NULL || strcmp(options->output, "-") == 0;
}

static enum pg_error check(const struct client *client, const struct port_list *ports,
                           struct pg_fault *fault) {
  const struct options *options = client->options;
  char shown[PG_SHOWN_CHARS];
  if (ports->count > PG_REPORT_PORTS)
    return pg_fail(fault, PG_E_USAGE, "more than %d ports in one report",
                   PG_REPORT_PORTS);
  if (options->output == NULL && !options->json)
    return pg_fail(fault, PG_E_USAGE,
                   "report needs -o: expected a file, or - for standard output");
  if (!options->open)
    return PG_OK;
  if (to_stdout(options) || options->json)
    return pg_fail(fault, PG_E_USAGE, "--open: expected -o and a file to open");
  if (!open_file_allowed(options->output))
    return pg_fail(fault, PG_E_USAGE,
                   "--open: \"%s\": expected a name that ends in .html",
                   pg_escape(shown, sizeof shown, options->output));
  return PG_OK;
}

static void write_params(const struct options *options, const struct port_list *ports,
                         struct pg_text *out) {
  struct pg_json json;
  pg_json_start(&json, out);
  pg_json_object(&json);
  pg_json_key(&json, "ports");
  pg_json_array(&json);
  for (size_t i = 0; i < ports->count; i++)
    pg_json_int(&json, ports->ports[i]);
  pg_json_end_array(&json);
  if (options->since != NULL)
    pg_json_key_str(&json, "since", options->since);
  pg_json_end_object(&json);
}

static enum pg_error ask(struct client *client, const struct port_list *ports,
                         cJSON **result, struct pg_fault *fault) {
  struct pg_text params;
  enum pg_error err = client_connect(client, fault);
  if (err != PG_OK)
    return err;
  pg_text_init(&params, PG_REQUEST_MAX);
  write_params(client->options, ports, &params);
  err = call_ask(&client->call, "report", &params, result, fault);
  pg_text_free(&params);
  return err;
}

static void write_report(const struct client *client, const cJSON *result,
                         struct pg_text *out) {
  char host[HOST_CHARS];
  struct report report = {.out = out,
                          .result = result,
                          .version = PG_VERSION,
                          .local_time = client_local_time};
  struct pg_json json;
  if (client->options->json) {
    pg_json_start(&json, out);
    client_write_json(&json, result);
    pg_text_char(out, '\n');
    return;
  }
  if (client_host_name(host, sizeof host))
    report.host = host;
  report_page(&report);
}

static enum pg_error save(const struct options *options, const struct pg_text *text,
                          struct pg_fault *fault) {
  char shown[PG_SHOWN_CHARS];
  enum pg_error err = save_file(options->output, text->data, text->len, fault);
  if (err != PG_OK) {
    pg_fault_hint(fault, "portguardctl report --help");
    return err;
  }
  client_say("%zu bytes written to %s", text->len,
             pg_escape(shown, sizeof shown, options->output));
  return options->open ? open_file(options->output, fault) : PG_OK;
}

static int deliver(const struct client *client, const cJSON *result) {
  struct pg_text text;
  struct pg_fault fault;
  int code = 0;
  memset(&fault, 0, sizeof fault);
  pg_text_init(&text, CLIENT_OUTPUT_MAX);
  write_report(client, result, &text);
  if (to_stdout(client->options) || text.failed)
    code = client_print(client, &text);
  else if (save(client->options, &text, &fault) != PG_OK)
    code = client_report(client->options->json, &fault);
  pg_text_free(&text);
  return code;
}

int verb_report(struct client *client) {
  struct port_list ports = {.count = 0};
  struct pg_fault fault;
  cJSON *result = NULL;
  memset(&fault, 0, sizeof fault);
  enum pg_error err = port_list_read(&ports, client->options, &fault);
  if (err == PG_OK) {
    err = check(client, &ports, &fault);
    if (err != PG_OK)
      pg_fault_hint(&fault, "portguardctl report -o report.html");
  }
  if (err == PG_OK)
    err = ask(client, &ports, &result, &fault);
  if (err != PG_OK)
    return client_report(client->options->json, &fault);
  int code = deliver(client, result);
  cJSON_Delete(result);
  return code;
}
