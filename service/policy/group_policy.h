/* What Group Policy says: the values of one registry key, and how they and the file
 * become what is in force. docs/group-policy.md explains them to administrators, and
 * installer/admx has them for the Group Policy editor; a test compares those with the
 * lists here. */
#ifndef PG_GROUP_POLICY_H
#define PG_GROUP_POLICY_H

#include "common/error.h"
#include "common/text.h"
#include "service/policy/settings.h"

/* Below HKEY_LOCAL_MACHINE. */
#define GROUP_POLICY_KEY "Software\\Policies\\PortGuard"
#define GROUP_POLICY_PLACE "HKLM\\" GROUP_POLICY_KEY

/* the value's name, the types that it may have */
#define GROUP_POLICY_LIST(X)                                 \
  X(GUARDED_PORTS, "GuardedPorts", "REG_MULTI_SZ or REG_SZ") \
  X(INTERVAL, "IntervalMs", "REG_DWORD")                     \
  X(MODE, "PolicyMode", "REG_SZ")                            \
  X(CONFIGURATION, "Configuration", "REG_MULTI_SZ")

enum group_policy_item {
#define X(name, text, types) GROUP_POLICY_##name,
  GROUP_POLICY_LIST(X)
#undef X
      GROUP_POLICY_ITEMS
};

/* The types of the registry, by Windows' own numbers. */
#define GROUP_POLICY_TYPE_LIST(X) \
  X(NONE, 0, "REG_NONE")          \
  X(TEXT, 1, "REG_SZ")            \
  X(EXPAND, 2, "REG_EXPAND_SZ")   \
  X(BINARY, 3, "REG_BINARY")      \
  X(NUMBER, 4, "REG_DWORD")       \
  X(LINES, 7, "REG_MULTI_SZ")     \
  X(LONG, 11, "REG_QWORD")

enum group_policy_type {
#define X(name, number, text) GROUP_POLICY_TYPE_##name = (number),
  GROUP_POLICY_TYPE_LIST(X)
#undef X
};

struct group_policy_value {
  bool there;
  uint32_t type;       /* enum group_policy_type, or another one of Windows' */
  uint32_t number;     /* of TYPE_NUMBER */
  struct pg_text text; /* of TYPE_TEXT and TYPE_LINES; lines end with \n */
};

struct group_policy_values {
  struct group_policy_value at[GROUP_POLICY_ITEMS];
  struct pg_fault unreadable; /* PG_OK: they could be read, or there are none */
};

/* Where they are read: the registry, or what stands in for it. */
struct group_policy_source {
  void *context;
  /* Whether reading may bring something else than last time; NULL: always. */
  bool (*changed)(void *context);
  /* Fills |out|, which is empty. May block. What could not be read, or is not trusted,
   * is told in out->unreadable. */
  void (*read)(void *context, struct group_policy_values *out);
  void (*close)(void *context);
};

void group_policy_start(struct group_policy_values *values); /* empty: nothing is said */
void group_policy_free(struct group_policy_values *values);
bool group_policy_equal(const struct group_policy_values *left,
                        const struct group_policy_values *right);
const char *group_policy_name(enum group_policy_item item);
/* The value of that name, without regard to case, or GROUP_POLICY_ITEMS. */
enum group_policy_item group_policy_find(const char *name);
/* It has a configuration of its own: the file does not matter. */
bool group_policy_replaces_file(const struct group_policy_values *values);

/* What is to be in force: Group Policy's Configuration, else the text of the file, else
 * (|file| NULL) the defaults; and over that, member by member, the other values. All or
 * nothing: one wrong value, or a wrong file where it counts, refuses the whole.
 * *culprit, PG_ORIGIN_FILE or PG_ORIGIN_GROUP_POLICY, says whose fault it is; of the
 * latter |fault| begins with the name of the value, which is |fault->param| too. On PG_OK
 * the caller owns *out (settings_free). Pure. Errors: as config_read. */
enum pg_error group_policy_merge(const struct group_policy_values *values,
                                 const struct pg_text *file, struct pg_settings **out,
                                 enum pg_origin *culprit, struct pg_fault *fault);

/* --- group_policy_text.c --- */

/* What stands in for the registry where there is none: {"IntervalMs": 500,
 * "PolicyMode": "observe", "GuardedPorts": ["80", "8000-8090"]}. A number is a
 * REG_DWORD, a string a REG_SZ, an array of strings a REG_MULTI_SZ; other values are
 * taken for REG_BINARY. Unknown names are passed over, as in the registry. */
void group_policy_read_text(const char *text, size_t len,
                            struct group_policy_values *out);

#endif
