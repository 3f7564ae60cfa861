/* What to do about it, best first. */
#include "service/explain/fix.h"

static const struct {
  void (*make)(struct fix_run *run);
  bool leave;
} makers[] = {
    {fix_restart_winnat, false},
    {fix_delete_proxies, false},
    {fix_stop_in_wsl, false},
    {fix_stop_container, false},
    {fix_stop_all, false},
    {fix_stop_each, false},
    {fix_stop_process, false},
    {fix_disable_each, false},
    {fix_change_binding, false},
    {fix_narrow_listen_list, false},
    /* What the dictionary says to leave alone comes behind all that keeps it. */
    {fix_stop_all, true},
    {fix_stop_each, true},
    {fix_disable_each, true},
};

void explain_fixes(struct pg_json *json, const struct pg_snapshot *snapshot,
                   uint16_t number) {
  struct fix_run run = {.json = json,
                        .snapshot = snapshot,
                        .port = snapshot_port(snapshot, number),
                        .number = number};
  if (run.port != NULL) {
    run.owners = explain_owner_count(snapshot, run.port);
    fix_find_keeper(&run);
  }
  pg_json_array(json);
  for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
    run.leave = makers[i].leave;
    makers[i].make(&run);
  }
  pg_json_end_array(json);
}
