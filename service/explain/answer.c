/* The result objects of `status` and `list`. The members are fixed: some may be
 * added, none renamed or removed. */
#include "common/protocol.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "service/explain/internal.h"

#define SUMMARY_MAX (64u * 1024u)

bool explain_answers_whole(const struct pg_snapshot *snapshot,
                           const struct pg_port *port) {
  return port != NULL ? port->complete && !port->pending
                      : explain_is_complete(snapshot, NULL);
}

void explain_write_process(struct pg_json *json, uint32_t pid,
                           const struct pg_process *process) {
  pg_json_object(json);
  pg_json_key_int(json, "pid", pid);
  pg_json_key_str(json, "name", process != NULL ? process->name : NULL);
  pg_json_key_str(json, "path", process != NULL ? process->path : NULL);
  pg_json_end_object(json);
}

void explain_key_process(struct pg_json *json, const char *key, uint32_t pid,
                         const struct pg_process *process) {
  pg_json_key(json, key);
  if (pid != 0)
    explain_write_process(json, pid, process);
  else
    pg_json_null(json);
}

static void add_name(void *context, const struct pg_service *dependent) {
  pg_json_str(context, dependent->name);
}

void explain_key_dependents(struct pg_json *json, const struct pg_snapshot *snapshot,
                            const struct pg_service *service) {
  pg_json_key(json, "dependents");
  pg_json_array(json);
  if (service != NULL)
    snapshot_running_dependents(snapshot, service, add_name, json);
  pg_json_end_array(json);
}

static void write_service(struct pg_json *json, const struct pg_snapshot *snapshot,
                          const struct pg_service *service) {
  pg_json_object(json);
  pg_json_key_str(json, "name", service->name);
  pg_json_key_str(json, "display_name", service->display_name);
  pg_json_key_str(json, "state", pg_service_state_name(service->state));
  pg_json_key_str(json, "start_type", pg_start_type_name(service->start_type));
  pg_json_key(json, "pid");
  if (service->pid != 0)
    pg_json_int(json, service->pid);
  else
    pg_json_null(json);
  explain_key_dependents(json, snapshot, service);
  pg_json_end_object(json);
}

static void write_urls(struct pg_json *json, const struct pg_holder *holder,
                       uint16_t port) {
  pg_json_array(json);
  for (size_t i = 0; holder->queue != NULL && i < holder->queue->url_count; i++)
    if (holder->queue->urls[i].port == port)
      pg_json_str(json, holder->queue->urls[i].text);
  pg_json_end_array(json);
}

static void key_candidates(struct pg_json *json, const struct pg_holder *holder) {
  pg_json_key(json, "candidates");
  pg_json_array(json);
  for (size_t i = 0; i < holder->candidate_count; i++)
    pg_json_str(json, holder->candidates[i]->name);
  pg_json_end_array(json);
}

/* What is known of whoever must let go, and whether to stop it. */
static void key_known(struct pg_json *json, const struct pg_holder *holder,
                      uint16_t port) {
  const struct pg_url *url;
  const struct dictionary_entry *entry = explain_known(holder, port, &url);
  const char *known_as = entry != NULL ? entry->known_as : holder->known_as;
  pg_json_key_str(json, "known_as", known_as);
  pg_json_key(json, "advice");
  if (entry == NULL) {
    pg_json_null(json);
    return;
  }
  pg_json_object(json);
  pg_json_key_str(json, "class", advice_class_name(entry->advice));
  pg_json_key_str(json, "text", entry->words);
  pg_json_end_object(json);
}

static void key_queue(struct pg_json *json, const struct pg_holder *holder,
                      uint16_t port) {
  explain_key_process(json, "controller", holder->controller_pid, holder->controller);
  pg_json_key_str(json, "queue", holder->queue->name);
  pg_json_key(json, "urls");
  write_urls(json, holder, port);
}

static void write_holder(struct pg_json *json, const struct pg_snapshot *snapshot,
                         uint16_t port, const struct pg_holder *holder) {
  pg_json_object(json);
  pg_json_key_str(json, "kind", pg_holder_kind_name(holder->kind));
  pg_json_key_str(json, "confidence", pg_confidence_name(holder->confidence));
  pg_json_key(json, "service");
  if (holder->service != NULL)
    write_service(json, snapshot, holder->service);
  else
    pg_json_null(json);
  if (holder->candidate_count > 0 && holder->service == NULL)
    key_candidates(json, holder);
  explain_key_process(json, "process", holder->pid, holder->process);
  if (holder->kind == PG_HOLDER_HTTP_SYS)
    key_queue(json, holder, port);
  if (holder->proxy != NULL) {
    pg_json_key(json, "proxy");
    explain_write_proxy(json, holder->proxy);
  }
  if (holder->range != NULL) {
    pg_json_key(json, "range");
    explain_write_range(json, holder->range);
  }
  key_known(json, holder, port);
  pg_json_key(json, "evidence");
  explain_evidence(json, snapshot, port, holder);
  pg_json_end_object(json);
}

/* Nobody listens: what must let go are the ranges. */
static void write_ranges(struct pg_json *json, const struct pg_snapshot *snapshot,
                         uint16_t port) {
  const struct pg_excluded_range *range;
  if (!snapshot_table_read(snapshot) || !explain_is_refused(snapshot, port, PG_IPV4))
    return;
  for (size_t at = 0; (range = explain_next_range(snapshot, port, &at)) != NULL;) {
    struct pg_holder holder = {.kind = PG_HOLDER_EXCLUDED_RANGE,
                               .confidence = PG_CONFIDENCE_CERTAIN,
                               .evidence = PG_EV_RANGE,
                               .range = range};
    bool said = range->family == PG_IPV6 && explain_range_has_twin(snapshot, range);
    if (explain_range_refuses(range) && !said)
      write_holder(json, snapshot, port, &holder);
  }
}

static void key_holders(struct pg_json *json, const struct pg_snapshot *snapshot,
                        const struct pg_port *port, uint16_t number) {
  pg_json_key(json, "holders");
  pg_json_array(json);
  for (size_t i = 0; port != NULL && i < port->holder_count; i++)
    write_holder(json, snapshot, number, &snapshot->holders[port->first_holder + i]);
  if (port == NULL)
    write_ranges(json, snapshot, number);
  pg_json_end_array(json);
}

static void write_listener(struct pg_json *json, const struct pg_snapshot *snapshot,
                           const struct pg_listener *listener) {
  char address[PG_ENDPOINT_CHARS];
  const struct pg_process *process = snapshot_process(snapshot, listener->pid);
  pg_json_object(json);
  pg_json_key_str(json, "address",
                  pg_address_format(&listener->address, address, sizeof address));
  pg_json_key_str(json, "family", pg_family_name(listener->address.family));
  pg_json_key_int(json, "pid", listener->pid);
  pg_json_key_str(json, "process", process != NULL ? process->name : NULL);
  pg_json_key_str(json, "path", process != NULL ? process->path : NULL);
  pg_json_key_time(json, "since", listener->created_at);
  pg_json_end_object(json);
}

static void key_listeners(struct pg_json *json, const struct pg_snapshot *snapshot,
                          const struct pg_port *port) {
  pg_json_key(json, "listeners");
  pg_json_array(json);
  for (size_t i = 0; port != NULL && i < port->listener_count; i++)
    write_listener(json, snapshot, &snapshot->listeners[port->first_listener + i]);
  pg_json_end_array(json);
}

static void key_summary(struct pg_json *json, const struct pg_snapshot *snapshot,
                        uint16_t port) {
  struct pg_text summary;
  pg_text_init(&summary, SUMMARY_MAX);
  explain_summary(snapshot, port, &summary);
  pg_json_key_str(json, "summary", pg_text_str(&summary));
  pg_text_free(&summary);
}

void explain_key_stamps(struct pg_json *json, const struct explain_times *times,
                        bool http) {
  pg_json_key_time(json, "sampled_at", times->sampled_at);
  explain_key_ages(json, times, http);
}

/* Null when there is nothing whose age it would be. */
static void key_age(struct pg_json *json, const char *key, int64_t age_ms) {
  pg_json_key(json, key);
  if (age_ms >= 0)
    pg_json_int(json, age_ms);
  else
    pg_json_null(json);
}

void explain_key_ages(struct pg_json *json, const struct explain_times *times,
                      bool http) {
  pg_json_key_int(json, "age_ms", times->age_ms);
  key_age(json, "http_age_ms", http ? times->http_age_ms : -1);
  key_age(json, "network_age_ms", times->network_age_ms);
}

void explain_status_subject(struct pg_json *json, const struct pg_snapshot *snapshot,
                            uint16_t port) {
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  pg_json_key_int(json, "port", port);
  pg_json_key_str(json, "protocol", "tcp");
  pg_json_key_str(json, "state", explain_state(snapshot, port));
}

void explain_status_body(struct pg_json *json, const struct pg_snapshot *snapshot,
                         uint16_t number) {
  const struct pg_port *port = snapshot_port(snapshot, number);
  pg_json_key_bool(json, "complete", explain_answers_whole(snapshot, port));
  pg_json_key_str(json, "wildcard_bindable", explain_wildcard(snapshot, number));
  key_summary(json, snapshot, number);
  key_listeners(json, snapshot, port);
  key_holders(json, snapshot, port, number);
  explain_key_network(json, snapshot, number);
  explain_key_takers(json, snapshot, number);
  pg_json_key(json, "fixes");
  explain_fixes(json, snapshot, number);
  pg_json_key(json, "not_recommended");
  explain_not_recommended(json, snapshot, number);
}

void explain_status_warnings(struct pg_json *json, const struct pg_snapshot *snapshot,
                             uint16_t port) {
  pg_json_key(json, "warnings");
  explain_warnings(json, snapshot, port);
}

void explain_status(struct pg_json *json, const struct pg_snapshot *snapshot,
                    uint16_t port, const struct explain_times *times) {
  const struct pg_port *at = snapshot_port(snapshot, port);
  pg_json_object(json);
  explain_status_subject(json, snapshot, port);
  explain_key_stamps(json, times, at != NULL && at->kernel_owned);
  explain_status_body(json, snapshot, port);
  explain_status_warnings(json, snapshot, port);
  pg_json_end_object(json);
}

static void write_row(struct pg_json *json, const struct pg_snapshot *snapshot,
                      const struct pg_port *port) {
  pg_json_object(json);
  pg_json_key_int(json, "port", port->port);
  pg_json_key_str(json, "state", explain_state(snapshot, port->port));
  pg_json_key_bool(json, "complete", explain_answers_whole(snapshot, port));
  key_summary(json, snapshot, port->port);
  key_listeners(json, snapshot, port);
  key_holders(json, snapshot, port, port->port);
  pg_json_end_object(json);
}

void explain_list(struct pg_json *json, const struct pg_snapshot *snapshot,
                  const struct explain_times *times) {
  bool complete = snapshot_table_read(snapshot);
  for (size_t i = 0; i < snapshot->port_count; i++)
    complete = complete && explain_answers_whole(snapshot, &snapshot->ports[i]);

  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  explain_key_stamps(json, times, true);
  pg_json_key_bool(json, "complete", complete);
  pg_json_key(json, "ports");
  pg_json_array(json);
  for (size_t i = 0; i < snapshot->port_count && !json->out->failed; i++)
    write_row(json, snapshot, &snapshot->ports[i]);
  pg_json_end_array(json);
  pg_json_key(json, "warnings");
  explain_list_warnings(json, snapshot);
  pg_json_end_object(json);
}
