/* What the service is told to do. Fixed defaults; later a file. */
#ifndef PG_SETTINGS_H
#define PG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_port_range {
  uint16_t first, last;
};

#define PG_GUARDED_RANGES_MAX 64

struct pg_settings {
  uint32_t interval_ms;
  struct pg_port_range guarded[PG_GUARDED_RANGES_MAX]; /* sorted, not overlapping */
  size_t guarded_count;
};

void settings_default(struct pg_settings *settings); /* 80 and 443, every second */
bool settings_guards(const struct pg_settings *settings, uint16_t port);

#endif
