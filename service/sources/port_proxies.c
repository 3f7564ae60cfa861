#include "service/sources/port_proxies.h"

#include "common/text.h"

#include <stdio.h>
#include <string.h>

#define QUOTED_BYTES 60

/* "0.0.0.0/80": the address is kept in the arena. */
static enum pg_error read_end(struct pg_arena *arena, const char *text,
                              const char **address, uint16_t *port) {
  const char *slash = strrchr(text, '/');
  if (slash == NULL || slash == text || pg_parse_port(slash + 1, port, NULL) != PG_OK)
    return PG_E_FORMAT;
  *address = pg_arena_text(arena, text, (size_t)(slash - text));
  return *address != NULL ? PG_OK : PG_E_NOMEM;
}

enum pg_error port_proxy_parse(struct pg_arena *arena, enum pg_proxy_kind kind,
                               const char *name, const char *data,
                               struct pg_port_proxy *row, char *why, size_t size) {
  row->kind = kind;
  enum pg_error error = read_end(arena, name, &row->listen_address, &row->listen_port);
  if (error == PG_OK)
    error = read_end(arena, data, &row->connect_address, &row->connect_port);
  if (error == PG_E_FORMAT)
    snprintf(why, size,
             "%s rule \"%.*s\" = \"%.*s\": expected address/port on both sides",
             pg_proxy_kind_name(kind), QUOTED_BYTES, name, QUOTED_BYTES, data);
  return error;
}
