#include "client/client.h"

#include "client/fields.h"
#include "client/platform.h"
#include "client/verbs.h"
#include "common/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JSON-RPC leaves -32000 to -32099 to implementations; the service never sends
 * this one, so a script can tell "not there" from "busy". */
#define CODE_UNREACHABLE (-32000)

/* |given|: what stands behind |option|, NULL: it was not given. */
static enum pg_error connect_to(struct client *client, struct call *call,
                                int64_t deadline, const char *option, const char *given,
                                const char *own, struct pg_fault *fault) {
  const struct options *options = client->options;
  const char *pipe = given != NULL ? given : own;
  if (pipe == NULL) {
    pg_fail(fault, PG_E_USAGE, "no %s given: a Unix socket has no default name", option);
    pg_fault_hint(fault, "portguardctl %s %s SOCKET", options->verb->name, option);
    return PG_E_USAGE;
  }
  enum pg_error err = call_open(call, pipe, given != NULL, deadline, fault);
  if (err != PG_E_NOTFOUND)
    return err;
  client->absent = true;
  pg_fault_hint(fault, "%s", client_start_hint());
  fault->code = PG_E_UNREACHABLE;
  return PG_E_UNREACHABLE;
}

enum pg_error client_open(struct client *client, struct call *call, int64_t deadline,
                          struct pg_fault *fault) {
  return connect_to(client, call, deadline, "--pipe", client->options->pipe,
                    client_default_pipe(), fault);
}

enum pg_error client_connect(struct client *client, struct pg_fault *fault) {
  return client_open(client, &client->call, client->deadline, fault);
}

enum pg_error client_connect_control(struct client *client, struct pg_fault *fault) {
  enum pg_error err =
      connect_to(client, &client->call, client->deadline, "--control",
                 client->options->control, client_default_control(), fault);
  if (err == PG_E_DENIED)
    pg_fault_hint(fault, "%s", client_elevate_hint());
  return err;
}

enum pg_error client_ask(struct client *client, const char *method, cJSON **result,
                         struct pg_fault *fault) {
  *result = NULL;
  enum pg_error err = client_connect(client, fault);
  return err == PG_OK ? call_ask(&client->call, method, NULL, result, fault) : err;
}

static bool wants_colour(const struct client *client) {
  const char *no_colour = getenv("NO_COLOR");
  bool refused = no_colour != NULL && no_colour[0] != '\0';
  return !client->options->no_colour && !refused && client_takes_colour();
}

struct render client_screen(const struct client *client, struct pg_text *out) {
  struct render render = {.out = out,
                          .colour = wants_colour(client),
                          .columns = RENDER_COLUMNS,
                          .now = client_wall_ms(),
                          .local_time = client_local_time};
  return render;
}

void client_render(const struct client *client, struct pg_text *out, const cJSON *result,
                   void (*text)(struct render *render, const cJSON *result)) {
  if (client->options->json) {
    struct pg_json json;
    pg_json_start(&json, out);
    client_write_json(&json, result);
    pg_text_char(out, '\n');
  } else {
    struct render render = client_screen(client, out);
    text(&render, result);
  }
}

int client_show(const struct client *client, const cJSON *result,
                void (*text)(struct render *render, const cJSON *result)) {
  struct pg_text out;
  pg_text_init(&out, CLIENT_OUTPUT_MAX);
  client_render(client, &out, result, text);
  int code = client_print(client, &out);
  pg_text_free(&out);
  return code;
}

int client_ask_and_show(struct client *client, const char *method,
                        void (*text)(struct render *render, const cJSON *result)) {
  struct pg_fault fault;
  cJSON *result = NULL;
  memset(&fault, 0, sizeof fault);
  if (client_ask(client, method, &result, &fault) != PG_OK)
    return client_report(client->options->json, &fault);
  int code = client_show(client, result, text);
  cJSON_Delete(result);
  return code;
}

bool client_write(const struct pg_text *text) {
  return fwrite(pg_text_str(text), 1, text->len, stdout) == text->len &&
         fflush(stdout) == 0;
}

int client_print(const struct client *client, const struct pg_text *text) {
  struct pg_fault fault;
  memset(&fault, 0, sizeof fault);
  if (text->failed) {
    pg_fail(&fault, PG_E_NOMEM, "out of memory");
    return client_report(client->options->json, &fault);
  }
  if (!client_write(text)) {
    pg_fail(&fault, PG_E_IO, "cannot write to standard output");
    return client_report(false, &fault);
  }
  return 0;
}

void client_say(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("portguardctl: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
}

void client_hint(const char *hint) {
  fprintf(stderr, "hint: %s\n", hint);
}

static int error_code(enum pg_error code) {
  if (code == PG_E_USAGE)
    return pg_error_rpc(PG_E_PARAMS);
  if (code == PG_E_UNREACHABLE)
    return CODE_UNREACHABLE;
  return pg_error_rpc(code);
}

/* The next step where whoever failed knew no better one; NULL where there is none. */
static const char *next_step(enum pg_error code) {
  switch (code) {
  case PG_E_USAGE:
  case PG_E_PARAMS:
    return "portguardctl --help";
  case PG_E_PARSE:
  case PG_E_REQUEST:
  case PG_E_METHOD:
  case PG_E_FORMAT: /* the two programs may be of different versions */
    return "portguardctl version";
  case PG_E_UNREACHABLE:
    return client_start_hint();
  case PG_E_INTERNAL:
  case PG_E_DENIED:
  case PG_E_BUSY:
  case PG_E_TIMEOUT:
  case PG_E_NOTFOUND:
  case PG_E_REFUSED:
  case PG_E_WINDOWS:
  case PG_E_TOOBIG:
    return "portguardctl health";
  case PG_E_OK:
  case PG_E_NOMEM:
  case PG_E_IO:
    break;
  }
  return NULL;
}

static const char *hint_of(const struct pg_fault *fault) {
  return fault->hint[0] != '\0' ? fault->hint : next_step(fault->code);
}

void client_write_error(struct pg_json *json, const struct pg_fault *fault) {
  pg_json_key(json, "error");
  pg_json_object(json);
  pg_json_key_int(json, "code", error_code(fault->code));
  pg_json_key_str(json, "message", fault->message);
  pg_json_key_str(json, "hint", hint_of(fault));
  pg_json_end_object(json);
}

static void report_json(const struct pg_fault *fault) {
  struct pg_text line;
  struct pg_json json;
  pg_text_init(&line, PG_REQUEST_MAX);
  pg_json_start(&json, &line);
  pg_json_object(&json);
  client_write_error(&json, fault);
  pg_json_end_object(&json);
  printf("%s\n", pg_text_str(&line));
  fflush(stdout);
  pg_text_free(&line);
}

int client_report(bool json, const struct pg_fault *fault) {
  if (json) {
    report_json(fault);
  } else {
    const char *hint = hint_of(fault);
    client_say("%s", fault->message);
    if (hint != NULL)
      client_hint(hint);
  }
  return pg_error_exit(fault->code);
}

static void write_number(struct pg_json *json, const cJSON *value) {
  int64_t whole = 0;
  if (field_integral(value, &whole)) {
    pg_json_int(json, whole);
  } else {
    char digits[40];
    int len = snprintf(digits, sizeof digits, "%.17g", value->valuedouble);
    pg_json_raw(json, digits, len > 0 ? (size_t)len : 0);
  }
}

static void write_container(struct pg_json *json, const cJSON *value) {
  bool is_object = cJSON_IsObject(value);
  is_object ? pg_json_object(json) : pg_json_array(json);
  for (const cJSON *at = value->child; at != NULL; at = at->next) {
    if (is_object)
      pg_json_key(json, at->string);
    client_write_json(json, at);
  }
  is_object ? pg_json_end_object(json) : pg_json_end_array(json);
}

void client_write_json(struct pg_json *json, const cJSON *value) {
  if (cJSON_IsString(value))
    pg_json_str(json, value->valuestring);
  else if (cJSON_IsNumber(value))
    write_number(json, value);
  else if (cJSON_IsBool(value))
    pg_json_bool(json, cJSON_IsTrue(value));
  else if (cJSON_IsObject(value) || cJSON_IsArray(value))
    write_container(json, value);
  else
    pg_json_null(json);
}
