#include "service/capture/capture_fields.h"

#include <stdio.h>
#include <string.h>

#define INDEX_CHARS 24 /* "[18446744073709551615]" */

void capture_address(struct pg_fields *in, struct pg_address *address) {
  const char *family = pg_fields_borrow(in, "family", PG_NEEDED);
  const char *text = pg_fields_borrow(in, "local_address", PG_NEEDED);
  if (in->error != PG_OK)
    return;

  bool ipv4 = strcmp(family, pg_family_name(PG_IPV4)) == 0;
  if (!ipv4 && strcmp(family, pg_family_name(PG_IPV6)) != 0) {
    pg_fields_wrong(in, "family", pg_json_member(in->object, "family"), "ipv4 or ipv6");
  } else if (!pg_address_parse(ipv4 ? PG_IPV4 : PG_IPV6, text, address)) {
    pg_fields_wrong(in, "local_address", pg_json_member(in->object, "local_address"),
                    ipv4 ? "an IPv4 address" : "an IPv6 address");
  }
}

bool capture_rows(struct pg_fields *in, struct pg_snapshot *snapshot,
                  const struct capture_table *table) {
  const cJSON *object = in->object;
  char place[PG_PLACE_CHARS], list[PG_PLACE_CHARS - INDEX_CHARS];
  size_t count, index = 0;
  const cJSON *rows = pg_fields_list(in, table->key, table->need, &count);
  if (rows == NULL)
    return false;

  memcpy(place, in->place, sizeof place);
  snprintf(list, sizeof list, "%.*s%s%s", (int)sizeof list / 2, place,
           place[0] != '\0' ? "." : "", table->key);
  if (!table->room(snapshot, count))
    pg_fields_no_memory(in);
  for (const cJSON *row = rows->child; row != NULL; row = row->next, index++) {
    if (!pg_fields_enter_row(in, list, index, row))
      break;
    table->read_row(in, snapshot, index);
  }
  in->object = object;
  memcpy(in->place, place, sizeof place);
  return in->error == PG_OK;
}
