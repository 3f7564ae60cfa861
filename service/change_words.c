#include "service/change_words.h"

/* %1 to %6 stand for the strings, as in messages.mc. */
static const char *pattern_of(enum pg_event_id id) {
  switch (id) {
  case PG_EVENT_PORT_TAKEN:
    return "port %1 was taken by %2";
  case PG_EVENT_PORT_RELEASED:
    return "nothing listens on port %1 any more; it was held by %2";
  case PG_EVENT_HOLDER_CHANGED:
    return "port %1 is held by %3; before, by %2";
  case PG_EVENT_PORT_FLAPPING:
    return "port %1 was taken or released %2 times within %3 seconds";
  case PG_EVENT_RESERVATION_ADDED:
    return "the URL %1 was reserved with HTTP.sys for: %2";
  case PG_EVENT_RESERVATION_REMOVED:
    return "the reservation of the URL %1 with HTTP.sys was removed; it was for: %2";
  case PG_EVENT_LISTEN_ADDED:
    return "%1 was added to the IP listen list of HTTP.sys";
  case PG_EVENT_LISTEN_REMOVED:
    return "%1 was removed from the IP listen list of HTTP.sys";
  case PG_EVENT_CERTIFICATE_ADDED:
    return "a certificate was bound to %1: %2";
  case PG_EVENT_CERTIFICATE_REMOVED:
    return "the certificate binding of %1 was removed: %2";
  case PG_EVENT_URL_REGISTERED:
    return "%2 registered the URL %1 with HTTP.sys";
  case PG_EVENT_URL_WITHDRAWN:
    return "the URL %1 was withdrawn from HTTP.sys; it was registered by %2";
  case PG_EVENT_PROXY_ADDED:
    return "a port proxy was added: %1 is forwarded to %2";
  case PG_EVENT_PROXY_REMOVED:
    return "a port proxy was removed: %1 was forwarded to %2";
  case PG_EVENT_RANGE_ADDED:
    return "the ports %1 are excluded now (%2)";
  case PG_EVENT_RANGE_REMOVED:
    return "the ports %1 are not excluded any more (%2)";
  case PG_EVENT_RULE_WOULD_ACT:
    return "the rule %1 would %4 %2, which holds port %3; nothing was done: %5";
  case PG_EVENT_RULE_STOPPED:
    return "the rule %1 stopped %2, which held port %3; then: %4";
  case PG_EVENT_RULE_FAILED:
    return "the rule %1 could not stop %2, which holds port %3: %4";
  case PG_EVENT_RULE_DISABLED:
    return "the rule %1 disabled the start type of %5, since %2 held port %3";
  case PG_EVENT_RULE_FREED:
    return "port %3 is free, after the rule %1 stopped %2";
  case PG_EVENT_RULE_SUSPENDED:
    return "the rule %1 leaves %2 alone for %4 seconds: it keeps taking port %3 again";
  case PG_EVENT_RULE_RESUMED:
    return "policy, %1: %2";
  case PG_EVENT_RULE_REFUSED:
    return "the rule %1 may not stop %2, which holds port %3 (%4): %5";
  case PG_EVENT_STARTED:
    return "PortGuard %1 started; %2";
  case PG_EVENT_STOPPED:
    return "PortGuard stopped: %1";
  case PG_EVENT_CONFIG_LOADED:
  case PG_EVENT_CONFIG_REJECTED:
  case PG_EVENT_SOURCE_FAILED:
  case PG_EVENT_SOURCE_RECOVERED:
  case PG_EVENT_SUPPRESSED:
  case PG_EVENT_PART_UNAVAILABLE:
  case PG_EVENT_PART_AVAILABLE:
  case PG_EVENT_CONTROL_DONE:
  case PG_EVENT_CONTROL_DENIED:
    break;
  }
  return "";
}

void change_words(struct pg_text *out, const struct pg_event *event) {
  for (const char *at = pattern_of(event->id); *at != '\0'; at++) {
    if (*at != '%') {
      pg_text_char(out, *at);
      continue;
    }
    size_t which = (size_t)(*++at - '1');
    if (which < event->string_count && event->strings[which] != NULL)
      pg_text_str_add(out, event->strings[which]);
  }
}
