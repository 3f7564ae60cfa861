#include "service/policy/settings.h"

#include "common/arena.h"
#include "common/json.h"
#include "common/limits.h"

#include <stdio.h>
#include <string.h>

static const struct pg_port_range default_ports[] = {{80, 80}, {443, 443}};

#define NAMES(function, type, list)                       \
  const char *function(type value) {                      \
    static const char *const names[] = {list(NAME_TEXT)}; \
    return names[value];                                  \
  }
#define NAME_TEXT(name, text) text,

NAMES(pg_rule_mode_name, enum pg_rule_mode, PG_RULE_MODE_LIST)
NAMES(pg_rule_action_name, enum pg_rule_action, PG_RULE_ACTION_LIST)
NAMES(pg_rule_dependents_name, enum pg_rule_dependents, PG_RULE_DEPENDENTS_LIST)
NAMES(pg_rule_strikes_name, enum pg_rule_strikes, PG_RULE_STRIKES_LIST)
NAMES(pg_day_name, enum pg_day, PG_DAY_LIST)
NAMES(pg_origin_name, enum pg_origin, PG_ORIGIN_LIST)
NAMES(pg_member_name, enum pg_member, PG_MEMBER_LIST)

const char *pg_policy_mode_name(enum pg_policy_mode mode) {
  static const char *const names[] = {NULL, PG_POLICY_MODE_LIST(NAME_TEXT)};
  return names[mode];
}

struct pg_settings *settings_default(void) {
  struct pg_arena *arena = pg_arena_new(PG_CONFIG_ARENA_MAX);
  struct pg_settings *settings =
      arena != NULL ? pg_arena_alloc(arena, 1, sizeof *settings) : NULL;
  if (settings == NULL) {
    pg_arena_free(arena);
    return NULL;
  }
  settings->arena = arena;
  settings->interval_ms = PG_INTERVAL_MS;
  settings->keep_days = PG_HISTORY_DAYS;
  settings->max_mib = PG_HISTORY_MIB;
  settings->metrics_s = PG_METRICS_S;
  settings->listed.ranges = default_ports;
  settings->listed.count = sizeof default_ports / sizeof *default_ports;
  settings->guarded = settings->listed;
  return settings;
}

void settings_free(struct pg_settings *settings) {
  if (settings != NULL)
    pg_arena_free(settings->arena);
}

bool ports_have(const struct pg_ports *ports, uint16_t port) {
  for (size_t i = 0; i < ports->count && ports->ranges[i].first <= port; i++)
    if (port <= ports->ranges[i].last)
      return true;
  return false;
}

bool settings_guards(const struct pg_settings *settings, uint16_t port) {
  return ports_have(&settings->guarded, port);
}

void ports_write(const struct pg_ports *ports, struct pg_json *json) {
  pg_json_array(json);
  for (size_t i = 0; i < ports->count; i++) {
    const struct pg_port_range *range = &ports->ranges[i];
    char text[16];
    (void)snprintf(text, sizeof text, "%u-%u", (unsigned)range->first,
                   (unsigned)range->last);
    if (range->first == range->last)
      pg_json_int(json, range->first);
    else
      pg_json_str(json, text);
  }
  pg_json_end_array(json);
}

/* --- where it comes from --- */

enum pg_origin settings_mode_origin(const struct pg_settings *settings) {
  return settings->policy_mode != PG_POLICY_MODE_OWN ? PG_ORIGIN_GROUP_POLICY
                                                     : settings->origins[PG_MEMBER_RULES];
}

static bool group_policy_speaks(const struct pg_settings *settings) {
  bool speaks = settings->policy_mode != PG_POLICY_MODE_OWN;
  for (int i = 0; i < PG_MEMBERS; i++)
    speaks |= settings->origins[i] == PG_ORIGIN_GROUP_POLICY;
  return speaks;
}

bool settings_are_mixed(const struct pg_settings *settings) {
  return settings->base != PG_ORIGIN_GROUP_POLICY && group_policy_speaks(settings);
}

bool settings_are_defaults(const struct pg_settings *settings) {
  return settings->base == PG_ORIGIN_DEFAULTS && !group_policy_speaks(settings);
}

void settings_write_sources(const struct pg_settings *settings, struct pg_json *json) {
  bool mixed = settings_are_mixed(settings);
  pg_json_key_str(json, "source", mixed ? "mixed" : pg_origin_name(settings->base));
  pg_json_key(json, "sources");
  pg_json_object(json);
  for (int i = 0; i < PG_MEMBERS; i++)
    pg_json_key_str(json, pg_member_name((enum pg_member)i),
                    pg_origin_name(settings->origins[i]));
  pg_json_key_str(json, "mode", pg_origin_name(settings_mode_origin(settings)));
  pg_json_end_object(json);
  pg_json_key_str(json, "policy_mode", pg_policy_mode_name(settings->policy_mode));
}
