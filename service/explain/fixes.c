/* What to do about it, best first: what keeps those alive that should be, and of that
 * what frees the port, in the order of the table. */
#include "service/explain/fix.h"

static const struct {
  void (*make)(struct fix_run *run);
  bool leave;
} makers[] = {
    {fix_delete_proxies, false},
    {fix_stop_in_wsl, false},
    {fix_stop_container, false},
    {fix_stop_all, false},
    {fix_stop_each, false},
    {fix_stop_process, false},
    {fix_disable_each, false},
    {fix_change_binding, false},
    {fix_narrow_listen_list, false},
    {fix_restart_winnat, false},
    {fix_take_another_port, false},
    /* What the dictionary says to leave alone comes behind all that keeps it. */
    {fix_narrow_listen_list, true},
    {fix_stop_all, true},
    {fix_stop_each, true},
    {fix_disable_each, true},
};

static void make_all(struct fix_run *run) {
  for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
    if (makers[i].leave == run->leave)
      makers[i].make(run);
}

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
  for (int turn = 0; turn < 4; turn++) {
    run.leave = turn >= 2;
    run.freeing = turn % 2 == 0;
    make_all(&run);
  }
  pg_json_end_array(json);
}
