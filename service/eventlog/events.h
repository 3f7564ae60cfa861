/* Every event, once. An ID keeps its meaning for ever and is never reused.
 * Insertion strings are in docs/events.md; a test compares it, messages.mc and
 * this list. */
#ifndef PG_EVENTS_H
#define PG_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#define PG_EVENT_LEVEL_LIST(X) \
  X(INFO, "info")              \
  X(WARNING, "warning")        \
  X(ERROR, "error")

enum pg_event_level {
#define X(name, text) PG_LEVEL_##name,
  PG_EVENT_LEVEL_LIST(X)
#undef X
};

/* The numbers of the message table's categories, and the words of the line sink. */
#define PG_EVENT_CATEGORY_LIST(X) \
  X(SERVICE, 1, "service")        \
  X(PORT, 2, "port")              \
  X(NETWORK, 3, "network")        \
  X(POLICY, 4, "policy")          \
  X(CONTROL, 5, "control")

enum pg_event_category {
#define X(name, number, text) PG_CATEGORY_##name = number,
  PG_EVENT_CATEGORY_LIST(X)
#undef X
};

/* enum name, ID, category, usual level, insertion strings, title */
#define PG_EVENT_LIST(X)                                                                \
  X(STARTED, 1000, SERVICE, INFO, 4, "the service started")                             \
  X(STOPPED, 1001, SERVICE, INFO, 2, "the service stopped")                             \
  X(CONFIG_LOADED, 1002, SERVICE, INFO, 3, "configuration loaded")                      \
  X(CONFIG_REJECTED, 1003, SERVICE, ERROR, 3, "configuration rejected")                 \
  X(SOURCE_FAILED, 1004, SERVICE, WARNING, 3, "a source failed")                        \
  X(SOURCE_RECOVERED, 1005, SERVICE, INFO, 3, "a source recovered")                     \
  X(SUPPRESSED, 1006, SERVICE, WARNING, 5, "events were suppressed")                    \
  X(PART_UNAVAILABLE, 1007, SERVICE, ERROR, 3, "a part of the service is unavailable")  \
  X(PART_AVAILABLE, 1008, SERVICE, INFO, 2, "a part of the service is available again") \
  X(PORT_TAKEN, 1100, PORT, INFO, 4, "port taken")                                      \
  X(PORT_RELEASED, 1101, PORT, INFO, 3, "port released")                                \
  X(HOLDER_CHANGED, 1102, PORT, INFO, 4, "holder changed")                              \
  X(PORT_FLAPPING, 1103, PORT, WARNING, 4, "port is flapping")                          \
  X(RESERVATION_ADDED, 1200, NETWORK, INFO, 3, "URL reservation added")                 \
  X(RESERVATION_REMOVED, 1201, NETWORK, INFO, 3, "URL reservation removed")             \
  X(LISTEN_ADDED, 1202, NETWORK, INFO, 2, "IP listen list entry added")                 \
  X(LISTEN_REMOVED, 1203, NETWORK, INFO, 2, "IP listen list entry removed")             \
  X(CERTIFICATE_ADDED, 1204, NETWORK, INFO, 3, "certificate binding added")             \
  X(CERTIFICATE_REMOVED, 1205, NETWORK, INFO, 3, "certificate binding removed")         \
  X(URL_REGISTERED, 1206, NETWORK, INFO, 3, "URL registered with HTTP.sys")             \
  X(URL_WITHDRAWN, 1207, NETWORK, INFO, 3, "URL withdrawn from HTTP.sys")               \
  X(PROXY_ADDED, 1208, NETWORK, INFO, 3, "port proxy added")                            \
  X(PROXY_REMOVED, 1209, NETWORK, INFO, 3, "port proxy removed")                        \
  X(RANGE_ADDED, 1210, NETWORK, INFO, 3, "excluded port range added")                   \
  X(RANGE_REMOVED, 1211, NETWORK, INFO, 3, "excluded port range removed")               \
  X(RULE_WOULD_ACT, 1300, POLICY, INFO, 6, "rule would act")                            \
  X(RULE_STOPPED, 1301, POLICY, WARNING, 5, "rule stopped a service")                   \
  X(RULE_FAILED, 1302, POLICY, ERROR, 5, "rule could not stop a service")               \
  X(RULE_DISABLED, 1303, POLICY, WARNING, 6, "rule disabled a start type")              \
  X(RULE_FREED, 1304, POLICY, INFO, 4, "port verified free after an action")            \
  X(RULE_SUSPENDED, 1305, POLICY, WARNING, 5, "rule suspended")                         \
  X(RULE_RESUMED, 1306, POLICY, INFO, 3, "rule resumed or paused")                      \
  X(RULE_REFUSED, 1307, POLICY, WARNING, 6, "rule refused by a safety rule")            \
  X(CONTROL_DONE, 1400, CONTROL, INFO, 4, "control request carried out")                \
  X(CONTROL_DENIED, 1401, CONTROL, WARNING, 3, "control request denied")

enum pg_event_id {
#define X(name, number, category, level, strings, title) PG_EVENT_##name = number,
  PG_EVENT_LIST(X)
#undef X
};

/* How many there are, and the place of each in the list. */
#define X(name, number, category, level, strings, title) +1
enum { PG_EVENTS = 0 PG_EVENT_LIST(X) };
#undef X
enum pg_event_id pg_event_at(size_t place); /* |place| < PG_EVENTS */
const char *pg_event_name_at(size_t place); /* likewise: "PORT_TAKEN" */
size_t pg_event_place(enum pg_event_id id); /* PG_EVENTS: it is none of them */

const char *pg_event_title(enum pg_event_id id);
enum pg_event_category pg_event_category(enum pg_event_id id);
/* Whether it tells of a change of a port, of the network configuration or by the policy,
 * and not of the service itself or of who controls it. */
bool pg_event_is_change(enum pg_event_id id);
const char *pg_event_category_name(enum pg_event_category category);
enum pg_event_level pg_event_usual_level(enum pg_event_id id);
/* The usual level, but a warning for 1100 and 1102 on a guarded port. */
enum pg_event_level pg_event_level(enum pg_event_id id, bool guarded);
const char *pg_event_level_name(enum pg_event_level level);
/* How many insertion strings the ID takes, 0 for an ID that is not in the list. */
unsigned pg_event_strings(enum pg_event_id id);

#endif
