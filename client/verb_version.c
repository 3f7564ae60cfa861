#include "client/fields.h"
#include "client/verbs.h"
#include "common/limits.h"
#include "common/protocol.h"
#include "common/version.h"

#include <string.h>

static void client_line(struct pg_text *out) {
  pg_text_printf(out, "portguardctl  %s, protocol %d, cJSON %s\n", PG_VERSION,
                 PG_PROTOCOL_VERSION, cJSON_Version());
}

/* As its makers write it. */
static const char *library_name(const char *key) {
  if (strcmp(key, "cjson") == 0)
    return "cJSON";
  return strcmp(key, "sqlite") == 0 ? "SQLite" : key;
}

static void dependencies(struct pg_text *out, const cJSON *result) {
  const cJSON *entry;
  cJSON_ArrayForEach(entry, field_object(result, "dependencies")) {
    if (!cJSON_IsString(entry))
      continue;
    pg_text_str_add(out, ", ");
    render_outside(out, library_name(entry->string));
    pg_text_char(out, ' ');
    render_outside(out, entry->valuestring);
  }
}

static void version_text(struct render *render, const cJSON *result) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  const char *version = field_text(result, "service");
  const char *os = field_text(result, "os");
  client_line(render->out);
  render_outside(&line, version != NULL ? version : "of an unknown version");
  pg_text_printf(&line, ", protocol %lld", (long long)field_int(result, "protocol", 0));
  dependencies(&line, result);
  pg_text_str_add(render->out, "portguardsvc  ");
  render_wrapped(render, RENDER_LABEL, RENDER_LABEL, pg_text_str(&line));
  if (os != NULL) {
    pg_text_clear(&line);
    render_outside(&line, os);
    pg_text_str_add(render->out, "running on    ");
    render_wrapped(render, RENDER_LABEL, RENDER_LABEL, pg_text_str(&line));
  }
  pg_text_free(&line);
}

/* The client's own version is worth having when the service is not there. */
static int alone(const struct client *client, const struct pg_fault *fault) {
  struct pg_text out;
  struct pg_json json;
  bool as_json = client->options->json;
  pg_text_init(&out, PG_REQUEST_MAX);
  if (as_json) {
    pg_json_start(&json, &out);
    pg_json_object(&json);
    pg_json_key_str(&json, "client", PG_VERSION);
    client_write_error(&json, fault);
    pg_json_end_object(&json);
    pg_text_char(&out, '\n');
  } else {
    client_line(&out);
  }
  int code = client_print(client, &out);
  pg_text_free(&out);
  if (code == 0)
    code = as_json ? pg_error_exit(fault->code) : client_report(false, fault);
  return code;
}

int verb_version(struct client *client) {
  struct pg_fault fault;
  cJSON *result = NULL;
  memset(&fault, 0, sizeof fault);
  if (client_ask(client, "version", &result, &fault) != PG_OK)
    return alone(client, &fault);
  int code;
  if (cJSON_AddStringToObject(result, "client", PG_VERSION) != NULL) {
    code = client_show(client, result, version_text);
  } else {
    pg_fail(&fault, PG_E_NOMEM, "out of memory");
    code = client_report(client->options->json, &fault);
  }
  cJSON_Delete(result);
  return code;
}
