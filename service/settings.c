#include "service/settings.h"

#include "common/limits.h"

#include <string.h>

void settings_default(struct pg_settings *settings) {
  memset(settings, 0, sizeof *settings);
  settings->interval_ms = PG_INTERVAL_MS;
  settings->guarded[0] = (struct pg_port_range){80, 80};
  settings->guarded[1] = (struct pg_port_range){443, 443};
  settings->guarded_count = 2;
}

bool settings_guards(const struct pg_settings *settings, uint16_t port) {
  for (size_t i = 0; i < settings->guarded_count; i++)
    if (port >= settings->guarded[i].first && port <= settings->guarded[i].last)
      return true;
  return false;
}
