/* What the service is told to do: config.json, or the defaults without it. Nothing in it
 * changes once it has been read. docs/policy.md explains each member to users. */
#ifndef PG_SETTINGS_H
#define PG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_arena;
struct pg_json;

struct pg_port_range {
  uint16_t first, last;
};

/* Sorted; no two of them overlap or touch. */
struct pg_ports {
  const struct pg_port_range *ranges;
  size_t count;
};

#define PG_RULE_MODE_LIST(X) \
  X(OBSERVE, "observe")      \
  X(ENFORCE, "enforce")
#define PG_RULE_ACTION_LIST(X) \
  X(STOP, "stop")              \
  X(DISABLE, "disable")
#define PG_RULE_DEPENDENTS_LIST(X) \
  X(REFUSE, "refuse")              \
  X(STOP, "stop")
#define PG_RULE_STRIKES_LIST(X) \
  X(SUSPEND, "suspend")         \
  X(DISABLE, "disable")
/* Where something of it comes from. */
#define PG_ORIGIN_LIST(X)         \
  X(DEFAULTS, "defaults")         \
  X(FILE, "file")                 \
  X(GROUP_POLICY, "group-policy") \
  X(COMMAND_LINE, "command-line")
/* The members of the file that say what is to be done, for telling where each is from. */
#define PG_MEMBER_LIST(X)           \
  X(INTERVAL_MS, "interval_ms")     \
  X(GUARDED_PORTS, "guarded_ports") \
  X(RULES, "rules")                 \
  X(HISTORY, "history")             \
  X(METRICS, "metrics")
/* What Group Policy may say of all rules in the place of their own modes. */
#define PG_POLICY_MODE_LIST(X) \
  X(OBSERVE, "observe")        \
  X(ENFORCE, "enforce")        \
  X(OFF, "off")
/* From Monday, so that the bit of a day is 1 << its place here. */
#define PG_DAY_LIST(X) \
  X(MON, "mon")        \
  X(TUE, "tue")        \
  X(WED, "wed")        \
  X(THU, "thu")        \
  X(FRI, "fri")        \
  X(SAT, "sat")        \
  X(SUN, "sun")

enum pg_rule_mode {
#define X(name, text) PG_MODE_##name,
  PG_RULE_MODE_LIST(X)
#undef X
};
#define X(name, text) +1
enum { PG_RULE_MODES = 0 PG_RULE_MODE_LIST(X) };
#undef X
enum pg_rule_action {
#define X(name, text) PG_ACTION_##name,
  PG_RULE_ACTION_LIST(X)
#undef X
};
enum pg_rule_dependents {
#define X(name, text) PG_DEPENDENTS_##name,
  PG_RULE_DEPENDENTS_LIST(X)
#undef X
};
enum pg_rule_strikes {
#define X(name, text) PG_STRIKES_##name,
  PG_RULE_STRIKES_LIST(X)
#undef X
};
enum pg_origin {
#define X(name, text) PG_ORIGIN_##name,
  PG_ORIGIN_LIST(X)
#undef X
};
enum pg_member {
#define X(name, text) PG_MEMBER_##name,
  PG_MEMBER_LIST(X)
#undef X
      PG_MEMBERS
};
enum pg_policy_mode {
  PG_POLICY_MODE_OWN, /* each rule its own */
#define X(name, text) PG_POLICY_MODE_##name,
  PG_POLICY_MODE_LIST(X)
#undef X
};
enum pg_day {
#define X(name, text) PG_DAY_##name,
  PG_DAY_LIST(X)
#undef X
      PG_DAYS
};

/* Opens on each of |days| at |from|, minutes after midnight; closes at |to|, 1 to 1440,
 * on the next day when that is not after |from|. They are never equal. */
struct pg_window {
  uint8_t days; /* 1 << enum pg_day */
  uint16_t from, to;
};

struct pg_rule {
  const char *name;
  struct pg_ports ports;
  const char *const *services; /* as typed; no two are equal without regard to case */
  size_t service_count;
  const struct pg_window *windows; /* none: always open; rising by |from| */
  size_t window_count;
  enum pg_rule_mode mode;
  enum pg_rule_mode written_mode; /* in the configuration; Group Policy may say another */
  enum pg_rule_action action;
  enum pg_rule_dependents dependents;
  enum pg_rule_strikes on_strikes;
  uint32_t confirm_s, cooldown_s, max_strikes, window_s;
};

struct pg_settings {
  struct pg_arena *arena; /* everything below, and this */
  uint32_t interval_ms;
  uint32_t keep_days, max_mib; /* the history */
  bool metrics;                /* they are written, so often: */
  uint32_t metrics_s;
  struct pg_ports listed;  /* guarded_ports as the file has them */
  struct pg_ports guarded; /* these and the ports of all rules */
  const struct pg_rule *rules;
  size_t rule_count;
  enum pg_origin base; /* the configuration as a whole: none, the file, Group Policy's */
  enum pg_origin origins[PG_MEMBERS];
  enum pg_policy_mode policy_mode;
  const struct pg_rule *off_rules; /* that Group Policy has switched off */
  size_t off_count;
};

/* The words of the file. */
const char *pg_rule_mode_name(enum pg_rule_mode mode);
const char *pg_rule_action_name(enum pg_rule_action action);
const char *pg_rule_dependents_name(enum pg_rule_dependents dependents);
const char *pg_rule_strikes_name(enum pg_rule_strikes strikes);
const char *pg_day_name(enum pg_day day);
const char *pg_origin_name(enum pg_origin origin);
const char *pg_member_name(enum pg_member member);
/* NULL: each rule has its own. */
const char *pg_policy_mode_name(enum pg_policy_mode mode);

/* Ports 80 and 443, every second, no rules. NULL: no memory. */
struct pg_settings *settings_default(void);
void settings_free(struct pg_settings *settings); /* NULL is fine */

/* An array of ports and ranges: [80, "8000-8090"]. */
void ports_write(const struct pg_ports *ports, struct pg_json *json);
bool ports_have(const struct pg_ports *ports, uint16_t port);
bool settings_guards(const struct pg_settings *settings, uint16_t port);

/* Group Policy says otherwise than the configuration beside which it stands. */
bool settings_are_mixed(const struct pg_settings *settings);
/* Neither a file nor Group Policy has a say in them. */
bool settings_are_defaults(const struct pg_settings *settings);
/* Where the modes of the rules are from. */
enum pg_origin settings_mode_origin(const struct pg_settings *settings);
/* The members "source", "sources" and "policy_mode", inside an open object. */
void settings_write_sources(const struct pg_settings *settings, struct pg_json *json);

#endif
