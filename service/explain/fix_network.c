/* Fixes that change the network configuration and leave every service running. */
#include "service/explain/fix.h"

#include <string.h>

/* --- port proxies --- */

#define KEEP_HELPER "keep IP Helper (iphlpsvc) running: it does more than this"

static bool is_plain_address(const char *address) {
  static const char plain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:*-";
  return address[0] != '\0' && strspn(address, plain) == strlen(address);
}

/* False: the rule cannot be written as a command that is safe to paste. */
static bool add_rule(struct fix *fix, const struct pg_port_proxy *proxy) {
  const char *kind = pg_proxy_kind_name(proxy->kind);
  if (!is_plain_address(proxy->listen_address))
    return false;
  fix_command(&fix->by_hand,
              "netsh interface portproxy delete %s listenaddress=%s listenport=%u", kind,
              proxy->listen_address, (unsigned)proxy->listen_port);
  if (!is_plain_address(proxy->connect_address)) {
    fix_caution(fix, "note where it leads first: netsh interface portproxy show all");
    return true;
  }
  fix_command(&fix->undo,
              "netsh interface portproxy add %s listenaddress=%s listenport=%u "
              "connectaddress=%s connectport=%u",
              kind, proxy->listen_address, (unsigned)proxy->listen_port,
              proxy->connect_address, (unsigned)proxy->connect_port);
  return true;
}

static const struct pg_holder *find_proxy(const struct fix_run *run) {
  for (size_t i = 0; run->port != NULL && i < run->port->holder_count; i++)
    if (run->snapshot->holders[run->port->first_holder + i].proxy != NULL)
      return &run->snapshot->holders[run->port->first_holder + i];
  return NULL;
}

/* IP Helper listens, and its rules could not be read. */
static void look_for_rules(struct fix_run *run) {
  struct fix fix;
  if (run->port == NULL ||
      !explain_misses(run->snapshot, run->port, PG_SOURCE_PORT_PROXIES))
    return;
  fix_begin(&fix, "delete-portproxy", "Look for a port proxy rule, and delete it");
  fix_command(&fix.by_hand, "netsh interface portproxy show all");
  fix_caution(&fix, KEEP_HELPER);
  fix_end(run, &fix);
}

/* All rules of the port: where one was deleted, another may take its place. */
static void delete_rules(struct fix_run *run, const struct pg_holder *holder) {
  const struct pg_port_proxy *rule;
  size_t count = 0, written = 0;
  struct fix fix;
  for (size_t at = 0; snapshot_next_proxy(run->snapshot, run->number, &at) != NULL;)
    count++;
  if (count > 1)
    fix_begin(&fix, "delete-portproxy", "Delete the %zu port proxy rules", count);
  else
    fix_begin(&fix, "delete-portproxy", "Delete the port proxy rule");
  for (size_t at = 0;
       written < FIXES_EACH_MAX &&
       (rule = snapshot_next_proxy(run->snapshot, run->number, &at)) != NULL;)
    written += add_rule(&fix, rule);
  if (written < count)
    fix_command(&fix.by_hand, "netsh interface portproxy show all");
  fix.elevated = true;
  fix.frees_port = written == count && fix_is_enough(run, holder);
  fix_doubt(&fix, holder);
  fix_caution(&fix, KEEP_HELPER);
  fix_end(run, &fix);
}

void fix_delete_proxies(struct fix_run *run) {
  const struct pg_holder *holder = find_proxy(run);
  if (holder != NULL)
    delete_rules(run, holder);
  else
    look_for_rules(run);
}

/* --- HTTP.sys's IP listen list --- */

/* An address that nothing else is likely to want. */
#define PARKED "127.0.0.2"

static bool holds_wildcard(const struct fix_run *run, bool kernel) {
  for (size_t i = 0; i < run->port->listener_count; i++) {
    const struct pg_listener *at =
        &run->snapshot->listeners[run->port->first_listener + i];
    if (pg_address_is_wildcard(&at->address) &&
        snapshot_kernel_owned(run->snapshot, at->pid) == kernel)
      return true;
  }
  return false;
}

static bool is_any(const struct pg_listen_entry *entry) {
  return entry->is_address && pg_address_is_wildcard(&entry->address);
}

/* An empty list means every address, so the list must not become empty when its
 * wildcards go. False: nothing in it keeps HTTP.sys on the wildcard. */
static bool add_list_commands(struct fix *fix, const struct pg_network *network) {
  size_t wildcards = 0, others = 0;
  for (size_t i = 0; i < network->listen_count; i++) {
    wildcards += is_any(&network->listen_list[i]);
    others += network->listen_list[i].is_address && !is_any(&network->listen_list[i]);
  }
  if (others > 0 && wildcards == 0)
    return false;
  if (others == 0) {
    fix_command(&fix->commands, "portguardctl http iplisten add " PARKED);
    fix_command(&fix->by_hand, "netsh http add iplisten ipaddress=" PARKED);
  }
  for (size_t i = 0; i < network->listen_count; i++) {
    char address[PG_ENDPOINT_CHARS];
    if (!is_any(&network->listen_list[i]))
      continue;
    pg_address_format(&network->listen_list[i].address, address, sizeof address);
    fix_command(&fix->commands, "portguardctl http iplisten delete %s", address);
    fix_command(&fix->by_hand, "netsh http delete iplisten ipaddress=%s", address);
    fix_command(&fix->undo, "netsh http add iplisten ipaddress=%s", address);
  }
  if (others == 0)
    fix_command(&fix->undo, "netsh http delete iplisten ipaddress=" PARKED);
  return true;
}

/* |*sure|: some of it is no made-up queue name, so the listener is HTTP.sys's. */
static bool is_http(const struct fix_run *run, bool *sure) {
  const struct pg_holder *holder;
  bool found = false;
  *sure = false;
  for (size_t at = 0; (holder = fix_next_owner(run, &at)) != NULL;) {
    bool http = holder->kind == PG_HOLDER_HTTP_SYS;
    found = found || http;
    *sure = *sure || (http && (holder->evidence & PG_EV_COUNTS_DISAGREE) == 0);
  }
  return found;
}

void fix_narrow_listen_list(struct fix_run *run) {
  struct fix fix;
  bool sure;
  if (!is_http(run, &sure) || !holds_wildcard(run, true) ||
      fix_is_risky(run) != run->leave)
    return;
  fix_begin(&fix, "narrow-iplisten", "Narrow HTTP.sys's IP listen list");
  fix.elevated = true;
  /* Whoever is behind HTTP.sys keeps running, on its other addresses. */
  bool list_known = snapshot_was_read(run->snapshot, PG_SOURCE_LISTEN_LIST);
  fix.frees_port =
      sure && list_known && !holds_wildcard(run, false) && !fix_stays_refused(run);
  bool useful = add_list_commands(&fix, &run->snapshot->network);
  fix_caution(&fix, "on every port its services then answer on the listed addresses "
                    "only, and setting up WinRM fails");
  fix_caution(&fix,
              "they may have to be started again first: look with portguardctl status %u",
              (unsigned)run->number);
  if (!list_known)
    fix_caution(&fix, "what the list holds now could not be read: netsh http show "
                      "iplisten shows it");
  if (useful)
    fix_end(run, &fix);
  else
    fix_drop(&fix);
}

/* --- excluded port ranges --- */

static void add_exclusion(struct fix *fix, const struct fix_run *run,
                          enum pg_family family) {
  const char *word = pg_family_name(family);
  if (!explain_is_refused(run->snapshot, run->number, family))
    return;
  fix_command(&fix->by_hand,
              "netsh int %s add excludedportrange protocol=tcp startport=%u "
              "numberofports=1 store=persistent",
              word, (unsigned)run->number);
  fix_command(&fix->undo,
              "netsh int %s delete excludedportrange protocol=tcp startport=%u "
              "numberofports=1 store=persistent",
              word, (unsigned)run->number);
}

/* While winnat is down its ranges are gone; a port that was set aside by hand is not
 * taken into the new ones, and whoever asks for it by number still gets it. */
void fix_restart_winnat(struct fix_run *run) {
  struct fix fix;
  if (!snapshot_table_read(run->snapshot) || !fix_stays_refused(run))
    return;
  fix_begin(&fix, "restart-winnat", "Restart WinNAT and keep port %u out of its ranges",
            (unsigned)run->number);
  fix.elevated = true;
  fix.frees_port = !run->wildcard; /* or its listener must let go as well */
  fix_command(&fix.by_hand, "net stop winnat");
  add_exclusion(&fix, run, PG_IPV4);
  add_exclusion(&fix, run, PG_IPV6);
  fix_command(&fix.by_hand, "net start winnat");
  fix_caution(&fix, "WSL, Docker and virtual machines lose their network meanwhile; when "
                    "the range is not WinNAT's, restarting it does not move the range");
  fix_end(run, &fix);
}
