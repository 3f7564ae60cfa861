#include "client/http_config_text.h"

#include "client/fields.h"
#include "client/table.h"

/* The source was not read: its list is null, and the notes say why. */
static bool unread(struct render *render, const cJSON *result, const char *key,
                   const char *words) {
  if (field_array(result, key) != NULL)
    return false;
  pg_text_printf(render->out, "%s could not be read.\n", words);
  render_notes(render, result);
  return true;
}

/* One account on each line; where no name came of it, what Windows has. */
static void reservation_rows(struct table *table, const cJSON *entry) {
  const cJSON *accounts = field_array(entry, "accounts");
  const cJSON *account = accounts != NULL ? accounts->child : NULL;
  table_outside(table, field_text(entry, "url"), "-");
  if (account == NULL) {
    table_outside(table, field_text(entry, "sddl"), "-");
    return;
  }
  table_outside(table, cJSON_GetStringValue(account), "-");
  while ((account = account->next) != NULL) {
    table_cell(table, NULL);
    table_outside(table, cJSON_GetStringValue(account), "-");
  }
}

void http_reservations_text(struct render *render, const cJSON *result) {
  static const char *const headers[] = {"URL", "WHO MAY REGISTER IT"};
  const cJSON *rows = field_array(result, "reservations");
  if (unread(render, result, "reservations", "The URL reservations"))
    return;
  if (rows->child == NULL) {
    pg_text_str_add(render->out, "No URL is reserved.\n");
    render_notes(render, result);
    return;
  }
  struct table table;
  const cJSON *entry;
  table_start(&table, headers, 2, 1);
  cJSON_ArrayForEach(entry, rows) {
    reservation_rows(&table, entry);
  }
  table_finish(&table, render, 0);
  pg_text_str_add(render->out, "\nA reservation is the right to register a URL. "
                               "It does not hold the port.\n");
  render_notes(render, result);
}

void http_listen_list_text(struct render *render, const cJSON *result) {
  const cJSON *rows = field_array(result, "ip_listen_list");
  if (unread(render, result, "ip_listen_list", "The IP listen list"))
    return;
  if (rows->child == NULL)
    pg_text_str_add(render->out,
                    "HTTP.sys listens on every address: its IP listen list is empty.\n");
  else
    pg_text_str_add(render->out,
                    "HTTP.sys listens on these addresses only, for all ports:\n");
  const cJSON *entry;
  cJSON_ArrayForEach(entry, rows) {
    if (!cJSON_IsString(entry))
      continue;
    pg_text_str_add(render->out, "  ");
    render_outside(render->out, entry->valuestring);
    pg_text_char(render->out, '\n');
  }
  render_notes(render, result);
}

/* Who bound it says so by an application's ID; this one everybody meets. */
static const char *application_name(const char *id) {
  return pg_case_equal(id, "{4dc3e181-e14b-4a21-b022-59fc669b0914}") ? " (IIS)" : "";
}

static void certificate(struct render *render, struct pg_text *line, const cJSON *entry) {
  const char *hash = field_text(entry, "hash"), *store = field_text(entry, "store");
  const char *id = field_text(entry, "app_id");
  const char *endpoint = field_text(entry, "endpoint");
  render_outside(render->out, endpoint != NULL ? endpoint : "-");
  pg_text_char(render->out, '\n');
  pg_text_clear(line);
  render_outside(line, hash != NULL ? hash : "none");
  if (store != NULL) {
    pg_text_str_add(line, "  in store ");
    render_outside(line, store);
  }
  render_label(render, "Certificate", line);
  if (id == NULL)
    return;
  pg_text_clear(line);
  render_outside(line, id);
  pg_text_str_add(line, application_name(id));
  render_label(render, "Application", line);
}

void http_certificates_text(struct render *render, const cJSON *result) {
  const cJSON *rows = field_array(result, "certificates");
  if (unread(render, result, "certificates", "The certificate bindings"))
    return;
  if (rows->child == NULL)
    pg_text_str_add(render->out, "No certificate is bound.\n");
  struct pg_text line;
  const cJSON *entry;
  pg_text_init(&line, RENDER_LINE_MAX);
  cJSON_ArrayForEach(entry, rows) {
    certificate(render, &line, entry);
  }
  pg_text_free(&line);
  render_notes(render, result);
}
