#include "client/list_text.h"

#include "client/fields.h"
#include "client/holders.h"
#include "client/table.h"

static void port_cell(struct table *table, struct pg_text *cell, const cJSON *entry) {
  pg_text_clear(cell);
  pg_text_printf(cell, "%lld", (long long)field_int(entry, "port", 0));
  table_cell(table, pg_text_str(cell));
}

static void holder_cell(struct table *table, struct pg_text *cell, const cJSON *entry) {
  const cJSON *holders = field_array(entry, "holders");
  pg_text_clear(cell);
  if (cJSON_GetArraySize(holders) > 0)
    holders_phrase(cell, holders, HOLDER_SHORT);
  else
    render_outside(cell, field_text(entry, "summary"));
  table_cell(table, pg_text_str(cell));
}

static void address_cell(struct table *table, struct pg_text *cell, const cJSON *entry) {
  const cJSON *listeners = field_array(entry, "listeners");
  const cJSON *listener;
  pg_text_clear(cell);
  cJSON_ArrayForEach(listener, listeners) {
    if (listener != listeners->child)
      pg_text_str_add(cell, ", ");
    render_outside(cell, field_text(listener, "address"));
  }
  table_cell(table, pg_text_str(cell));
}

void list_text(struct render *render, const cJSON *result) {
  static const char *const headers[] = {"PORT", "HELD BY", "ADDRESSES"};
  const cJSON *ports = field_array(result, "ports");
  if (cJSON_GetArraySize(ports) == 0) {
    pg_text_str_add(render->out, "Nothing listens on any TCP port.\n");
    render_notes(render, result);
    return;
  }
  struct table table;
  struct pg_text cell;
  table_start(&table, headers, 3, 1);
  pg_text_init(&cell, RENDER_LINE_MAX);
  const cJSON *entry;
  cJSON_ArrayForEach(entry, ports) {
    port_cell(&table, &cell, entry);
    holder_cell(&table, &cell, entry);
    address_cell(&table, &cell, entry);
  }
  pg_text_free(&cell);
  table_finish(&table, render, 0);
  render_notes(render, result);
}
