/* Advice that circulates and does harm: named once, with what it would take down. */
#include "service/explain/internal.h"

static bool is_http_sys(const struct pg_holder *holder) {
  return holder->kind == PG_HOLDER_HTTP_SYS ||
         (holder->kind == PG_HOLDER_DRIVER && holder->known_as == NULL);
}

static void write_stop_http(struct pg_json *json, const struct pg_snapshot *snapshot) {
  pg_json_object(json);
  pg_json_key_str(json, "command", "net stop http /y");
  pg_json_key_str(json, "why",
                  "it may hang until the next reboot, and does not last: BranchCache "
                  "starts it again");
  explain_key_dependents(json, snapshot, snapshot_service(snapshot, "HTTP"));
  pg_json_end_object(json);
}

void explain_not_recommended(struct pg_json *json, const struct pg_snapshot *snapshot,
                             uint16_t number) {
  const struct pg_port *port = snapshot_port(snapshot, number);
  bool http = false;
  for (size_t i = 0; port != NULL && i < port->holder_count; i++)
    http = http || is_http_sys(&snapshot->holders[port->first_holder + i]);
  pg_json_array(json);
  if (http)
    write_stop_http(json, snapshot);
  pg_json_end_array(json);
}
