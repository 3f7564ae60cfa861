#include "client/guarded.h"

#include "client/fields.h"
#include "common/text.h"

#include <string.h>

bool port_list_add(struct port_list *list, uint16_t port) {
  for (size_t i = 0; i < list->count; i++)
    if (list->ports[i] == port)
      return true;
  if (list->count == PG_CLIENT_PORTS)
    return false;
  list->ports[list->count++] = port;
  return true;
}

/* Everything that can be wrong with the arguments is said before anything is
 * sent. */
enum pg_error port_list_read(struct port_list *list, const struct options *options,
                             struct pg_fault *fault) {
  for (size_t i = 0; i < options->argument_count; i++) {
    uint16_t port = 0;
    if (options_port(options, i, &port, fault) != PG_OK)
      return PG_E_USAGE;
    if (!port_list_add(list, port)) {
      pg_fail(fault, PG_E_USAGE, "more than %d ports in one call", PG_CLIENT_PORTS);
      pg_fault_hint(fault, "portguardctl list");
      return PG_E_USAGE;
    }
  }
  return PG_OK;
}

static bool read_range(const char *text, uint16_t *first, uint16_t *last) {
  char left[8];
  const char *dash = strchr(text, '-');
  if (dash == NULL || (size_t)(dash - text) >= sizeof left)
    return false;
  memcpy(left, text, (size_t)(dash - text));
  left[dash - text] = '\0';
  return pg_parse_port(left, first, NULL) == PG_OK &&
         pg_parse_port(dash + 1, last, NULL) == PG_OK && *first <= *last;
}

static bool read_entry(const cJSON *entry, uint16_t *first, uint16_t *last) {
  int64_t port = 0;
  if (cJSON_IsString(entry))
    return read_range(entry->valuestring, first, last);
  if (!field_integral(entry, &port) || port < 1 || port > 65535)
    return false;
  *first = *last = (uint16_t)port;
  return true;
}

enum pg_error port_list_guarded(struct port_list *list, const cJSON *health,
                                struct pg_fault *fault) {
  const cJSON *guarded = field_array(health, "guarded_ports");
  if (guarded == NULL)
    return pg_fail(fault, PG_E_FORMAT, "the service does not say which ports it guards");
  const cJSON *entry;
  cJSON_ArrayForEach(entry, guarded) {
    uint16_t first = 0, last = 0;
    if (!read_entry(entry, &first, &last))
      return pg_fail(
          fault, PG_E_FORMAT,
          "the service names a guarded port that is neither 1-65535 nor a range");
    for (uint32_t port = first; port <= last && !list->more; port++)
      list->more = !port_list_add(list, (uint16_t)port);
  }
  return PG_OK;
}
