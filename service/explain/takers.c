/* Who may take a port that nobody listens on: services of the dictionary that do not
 * run yet and start by themselves. */
#include "service/explain/internal.h"

#include "common/text.h"

#define WHY_MAX 8192

static bool starts_alone(const struct pg_service *service) {
  if (service->state == PG_STATE_START_PENDING)
    return true;
  if (service->state != PG_STATE_STOPPED)
    return false;
  return service->start_type == PG_START_AUTO ||
         (service->start_type == PG_START_MANUAL && service->triggered);
}

static const struct pg_reservation *reservation_of(const struct pg_snapshot *snapshot,
                                                   const struct dictionary_entry *entry,
                                                   uint16_t port) {
  const struct pg_reservation *row;
  for (size_t at = 0; (row = snapshot_next_reservation(snapshot, port, &at)) != NULL;)
    if (dictionary_has_url(entry, row->url))
      return row;
  return NULL;
}

static const struct pg_port_proxy *rule_of(const struct pg_snapshot *snapshot,
                                           const struct pg_service *service,
                                           uint16_t port) {
  size_t at = 0;
  bool helper = pg_case_equal(service->name, "iphlpsvc");
  return helper ? snapshot_next_proxy(snapshot, port, &at) : NULL;
}

/* What points from the service to the port; false: nothing does. */
static bool say_what_for(const struct pg_snapshot *snapshot,
                         const struct pg_service *service, uint16_t port,
                         struct pg_text *out) {
  const struct dictionary_entry *entry = dictionary_of_service(service->name);
  if (entry == NULL)
    return false;
  const struct pg_port_proxy *rule = rule_of(snapshot, service, port);
  const struct pg_reservation *row = reservation_of(snapshot, entry, port);
  if (rule != NULL) {
    pg_text_str_add(out, "listens for the port proxy rule ");
    explain_proxy_words(rule, out);
  } else if (row != NULL) {
    pg_text_printf(out, "%s is reserved for it", row->url);
  } else if (dictionary_has_port(entry, port)) {
    pg_text_printf(out, "is known to use port %u", (unsigned)port);
  } else if (dictionary_any_port(entry) && (port == 80 || port == 443)) {
    pg_text_printf(out, "may be set up to use port %u", (unsigned)port);
  }
  return out->len > 0;
}

static const char *how_it_starts(const struct pg_service *service) {
  if (service->state == PG_STATE_START_PENDING)
    return "it is starting";
  if (service->start_type == PG_START_MANUAL)
    return "Windows starts it on a trigger";
  return service->delayed ? "it starts automatically, some time after Windows"
                          : "it starts automatically";
}

static void write_taker(struct pg_json *json, const struct pg_service *service,
                        const char *what_for) {
  struct pg_text why;
  pg_text_init(&why, 2 * WHY_MAX);
  pg_text_printf(&why, "%s, and %s", how_it_starts(service), what_for);
  pg_json_object(json);
  pg_json_key_str(json, "service", service->name);
  pg_json_key_str(json, "display_name", service->display_name);
  pg_json_key_str(json, "start_type", pg_start_type_name(service->start_type));
  pg_json_key_str(json, "known_as", dictionary_of_service(service->name)->known_as);
  pg_json_key_str(json, "why", pg_text_str(&why));
  pg_json_end_object(json);
  pg_text_free(&why);
}

void explain_key_takers(struct pg_json *json, const struct pg_snapshot *snapshot,
                        uint16_t port) {
  struct pg_text what_for;
  pg_text_init(&what_for, WHY_MAX);
  pg_json_key(json, "may_be_taken_by");
  pg_json_array(json);
  bool in_use = snapshot_port(snapshot, port) != NULL;
  for (size_t i = 0; !in_use && i < snapshot->service_count; i++) {
    const struct pg_service *service = &snapshot->services[i];
    pg_text_clear(&what_for);
    if (starts_alone(service) && say_what_for(snapshot, service, port, &what_for))
      write_taker(json, service, pg_text_str(&what_for));
  }
  pg_json_end_array(json);
  pg_text_free(&what_for);
}
