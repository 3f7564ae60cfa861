#include "client/check.h"

#include "client/fields.h"
#include "client/verdict.h"

#include <string.h>

enum pg_error check_ask(struct client *client, uint16_t port, cJSON **status,
                        struct pg_fault *fault) {
  int64_t soon = client_mono_ms() + PG_CLIENT_MS;
  *status = NULL;
  if (soon > client->deadline)
    soon = client->deadline;
  /* An idle connection would be closed after a minute. */
  call_close(&client->call);
  enum pg_error err = client_open(client, &client->call, soon, fault);
  if (err == PG_OK)
    err = call_ask_port(&client->call, "status", port, 0, status, fault);
  if (err != PG_OK || field_text(*status, "state") != NULL)
    return err;
  cJSON_Delete(*status);
  *status = NULL;
  pg_fail(fault, PG_E_FORMAT, "the answer for port %u has no state", port);
  pg_fault_hint(fault, "portguardctl version");
  return PG_E_FORMAT;
}

static enum render_style style_of(enum verdict verdict) {
  if (verdict == VERDICT_FREE)
    return RENDER_GOOD;
  return verdict == VERDICT_IN_USE ? RENDER_BAD : RENDER_WARN;
}

static void add_line(struct render *render, const char *address, const cJSON *status) {
  enum verdict verdict = verdict_of(status, address);
  const char *summary = field_text(status, "summary");
  pg_text_printf(render->out, "TCP %lld", (long long)field_int(status, "port", 0));
  if (address != NULL) {
    pg_text_str_add(render->out, " on ");
    render_outside(render->out, address);
  }
  pg_text_str_add(render->out, "  ");
  render_styled(render, style_of(verdict), verdict_word(verdict));
  pg_text_str_add(render->out, "  ");
  if (verdict == VERDICT_FREE && verdict_listens(status, NULL))
    pg_text_str_add(render->out, address != NULL ? "other addresses are taken: "
                                                 : "single addresses are taken: ");
  render_outside(render->out, summary != NULL ? summary : "(nothing more is known)");
  pg_text_char(render->out, '\n');
}

int check_show(struct client *client, const cJSON *status) {
  const struct options *options = client->options;
  struct pg_text out;
  pg_text_init(&out, CLIENT_OUTPUT_MAX);
  if (options->json) {
    client_render(client, &out, status, NULL);
  } else {
    struct render render = client_screen(client, &out);
    add_line(&render, options->address, status);
  }
  int code = client_print(client, &out);
  pg_text_free(&out);
  return code;
}
