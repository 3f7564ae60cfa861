/* HTTP.sys's request queues as `http.queues` shows them, and a port's holders as
 * an event carries them. */
#include "common/protocol.h"
#include "service/explain/internal.h"

const struct pg_holder *explain_holder_of_queue(const struct pg_snapshot *snapshot,
                                                const struct pg_http_queue *queue) {
  return &snapshot->queue_holders[queue - snapshot->queues];
}

static void write_queue_services(struct pg_json *json, const struct pg_snapshot *snapshot,
                                 const struct pg_http_queue *queue) {
  const struct pg_holder *holder = explain_holder_of_queue(snapshot, queue);
  pg_json_array(json);
  if (holder->service != NULL)
    pg_json_str(json, holder->service->name);
  for (size_t i = 0; holder->service == NULL && i < holder->candidate_count; i++)
    pg_json_str(json, holder->candidates[i]->name);
  pg_json_end_array(json);
}

static void write_queue(struct pg_json *json, const struct pg_snapshot *snapshot,
                        const struct pg_http_queue *queue) {
  pg_json_object(json);
  pg_json_key_str(json, "name", queue->name);
  pg_json_key(json, "processes");
  pg_json_array(json);
  for (size_t i = 0; i < queue->pid_count; i++)
    explain_write_process(json, queue->pids[i],
                          snapshot_process(snapshot, queue->pids[i]));
  pg_json_end_array(json);
  explain_key_process(json, "controller", queue->controller,
                      snapshot_process(snapshot, queue->controller));
  pg_json_key(json, "services");
  write_queue_services(json, snapshot, queue);
  pg_json_key(json, "urls");
  pg_json_array(json);
  for (size_t i = 0; i < queue->url_count; i++)
    pg_json_str(json, queue->urls[i].text);
  pg_json_end_array(json);
  pg_json_key_bool(json, "counts_agree", queue->counts_agree);
  pg_json_end_object(json);
}

void explain_queues(struct pg_json *json, const struct pg_snapshot *snapshot,
                    const struct explain_times *times) {
  const struct pg_source_status *http = &snapshot->sources[PG_SOURCE_HTTP_STATE];
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  explain_key_stamps(json, times, true);
  pg_json_key_bool(json, "complete", http->state == PG_SOURCE_READ);
  pg_json_key(json, "queues");
  pg_json_array(json);
  for (size_t i = 0; i < snapshot->queue_count; i++)
    write_queue(json, snapshot, &snapshot->queues[i]);
  pg_json_end_array(json);
  pg_json_key(json, "warnings");
  pg_json_array(json);
  if (http->state != PG_SOURCE_READ)
    explain_source_warning(json, snapshot, PG_SOURCE_HTTP_STATE);
  pg_json_end_array(json);
  pg_json_end_object(json);
}

static void key_brief(struct pg_json *json, const struct pg_holder *holder) {
  pg_json_key_str(json, "kind", pg_holder_kind_name(holder->kind));
  pg_json_key_str(json, "confidence", pg_confidence_name(holder->confidence));
  pg_json_key_str(json, "service",
                  holder->service != NULL ? holder->service->name : NULL);
  pg_json_key_int(json, "pid", holder->pid);
  pg_json_key_str(json, "process",
                  holder->process != NULL ? holder->process->name : NULL);
}

static const struct pg_url *first_url(const struct pg_holder *holder, uint16_t port) {
  for (size_t i = 0; holder->queue != NULL && i < holder->queue->url_count; i++)
    if (holder->queue->urls[i].port == port)
      return &holder->queue->urls[i];
  return NULL;
}

void explain_holder_brief(struct pg_json *json, const struct pg_holder *holder,
                          uint16_t port) {
  const struct pg_url *url = first_url(holder, port);
  pg_json_object(json);
  key_brief(json, holder);
  if (url != NULL)
    pg_json_key_str(json, "url", url->text);
  pg_json_end_object(json);
}

void explain_holders_brief(struct pg_json *json, const struct pg_snapshot *snapshot,
                           const struct pg_port *port) {
  pg_json_array(json);
  for (size_t i = 0; i < port->holder_count; i++)
    explain_holder_brief(json, &snapshot->holders[port->first_holder + i], port->port);
  pg_json_end_array(json);
}

void explain_queue_brief(struct pg_json *json, const struct pg_snapshot *snapshot,
                         const struct pg_http_queue *queue) {
  pg_json_object(json);
  key_brief(json, explain_holder_of_queue(snapshot, queue));
  pg_json_end_object(json);
}
