#include "service/sources/win_config_watch.h"

#define SERVICES L"SYSTEM\\CurrentControlSet\\Services"

/* The parents, for a key that does not exist yet or goes: not all systems tell of that
 * at the key itself. Of them only the names of their own subkeys: the settings of all
 * services change far too often. */
static const struct win_watched_place places[] = {
    {SERVICES L"\\HTTP\\Parameters", true},
    {SERVICES L"\\HTTP", false},
    {SERVICES L"\\PortProxy", true},
    {SERVICES, false},
};

void win_config_watch_arm(struct win_registry_watch *watch) {
  win_registry_watch_arm(watch, places, sizeof places / sizeof *places);
}
