/* A snapshot as a capture: raw, without what was concluded from it. */
#include "service/capture/capture.h"

#include "common/limits.h"
#include "service/capture/capture_network.h"
#include "service/capture/redact.h"

#include <string.h>

/* A value whose profile folders are nobody's any more. */
static void write_redacted(struct pg_json *json, const char *data, size_t len) {
  struct pg_text text;
  pg_text_init(&text, PG_CAPTURE_MAX);
  redact_profiles(&text, data, len);
  if (text.failed)
    json->out->failed = true;
  else
    pg_json_text(json, pg_text_str(&text), text.len);
  pg_text_free(&text);
}

static void write_path(struct pg_json *json, const char *path) {
  pg_json_key(json, "path");
  if (path != NULL)
    write_redacted(json, path, strlen(path));
  else
    pg_json_null(json);
}

static void write_listener(struct pg_json *json, const struct pg_listener *row) {
  char address[PG_ENDPOINT_CHARS];

  pg_json_object(json);
  pg_json_key_str(json, "family", pg_family_name(row->address.family));
  pg_json_key_str(json, "local_address",
                  pg_address_format(&row->address, address, sizeof address));
  pg_json_key_int(json, "local_port", row->port);
  pg_json_key_str(json, "state", "listen");
  pg_json_key_int(json, "pid", row->pid);
  pg_json_key_int(json, "service_tag", row->tag);
  pg_json_key_time(json, "created_at", row->created_at);
  pg_json_end_object(json);
}

static void write_tcp(struct pg_json *json, const struct pg_snapshot *snapshot) {
  pg_json_key(json, "tcp");
  pg_json_array(json);
  for (size_t i = 0; i < snapshot->listener_count; i++) {
    write_listener(json, &snapshot->listeners[i]);
  }
  pg_json_end_array(json);
}

static void write_processes(struct pg_json *json, const struct pg_snapshot *snapshot) {
  if (!capture_worth_writing(snapshot, PG_SOURCE_PROCESSES, snapshot->process_count))
    return;

  pg_json_key(json, "processes");
  pg_json_array(json);
  for (size_t i = 0; i < snapshot->process_count; i++) {
    const struct pg_process *row = &snapshot->processes[i];
    pg_json_object(json);
    pg_json_key_int(json, "pid", row->pid);
    pg_json_key_str(json, "name", row->name);
    write_path(json, row->path);
    pg_json_key_time(json, "started_at", row->started_at);
    pg_json_end_object(json);
  }
  pg_json_end_array(json);
}

static void write_depends_on(struct pg_json *json, const struct pg_service *row) {
  pg_json_key(json, "depends_on");
  pg_json_array(json);
  for (size_t i = 0; i < row->depends_on_count; i++)
    pg_json_str(json, row->depends_on[i]);
  pg_json_end_array(json);
}

static void write_service(struct pg_json *json, const struct pg_service *row) {
  pg_json_object(json);
  pg_json_key_str(json, "name", row->name);
  pg_json_key_str(json, "display_name", row->display_name);
  pg_json_key_int(json, "pid", row->pid);
  pg_json_key_str(json, "state", pg_service_state_name(row->state));
  pg_json_key_str(json, "start_type", pg_start_type_name(row->start_type));
  pg_json_key_str(json, "type", pg_service_type_name(row->type));
  write_depends_on(json, row);
  if (row->group != NULL)
    pg_json_key_str(json, "group", row->group);
  if (row->delayed)
    pg_json_key_bool(json, "delayed", true);
  if (row->triggered)
    pg_json_key_bool(json, "triggered", true);
  if (row->user_instance)
    pg_json_key_bool(json, "user_instance", true);
  pg_json_end_object(json);
}

static void write_services(struct pg_json *json, const struct pg_snapshot *snapshot) {
  if (!capture_worth_writing(snapshot, PG_SOURCE_SERVICES, snapshot->service_count))
    return;

  pg_json_key(json, "services");
  pg_json_array(json);
  for (size_t i = 0; i < snapshot->service_count; i++) {
    write_service(json, &snapshot->services[i]);
  }
  pg_json_end_array(json);
}

static void write_tags(struct pg_json *json, const struct pg_snapshot *snapshot) {
  if (!capture_worth_writing(snapshot, PG_SOURCE_SERVICE_TAGS, snapshot->tag_count))
    return;

  pg_json_key(json, "service_tags");
  pg_json_array(json);
  for (size_t i = 0; i < snapshot->tag_count; i++) {
    const struct pg_service_tag *row = &snapshot->tags[i];
    pg_json_object(json);
    pg_json_key_int(json, "pid", row->pid);
    pg_json_key_int(json, "tag", row->tag);
    pg_json_key_str(json, "service", row->service);
    pg_json_end_object(json);
  }
  pg_json_end_array(json);
}

static void write_http(struct pg_json *json, const struct pg_snapshot *snapshot) {
  if (snapshot->http_text == NULL && !capture_has_http(snapshot))
    return;

  pg_json_key(json, "http");
  pg_json_object(json);
  if (snapshot->http_text != NULL) {
    pg_json_key(json, "service_state_text");
    write_redacted(json, snapshot->http_text, snapshot->http_text_len);
  }
  capture_write_http(json, snapshot);
  pg_json_end_object(json);
}

static void write_source_errors(struct pg_json *json,
                                const struct pg_snapshot *snapshot) {
  pg_json_key(json, "source_errors");
  pg_json_object(json);
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    const struct pg_source_status *status = &snapshot->sources[i];
    if (status->state != PG_SOURCE_FAILED)
      continue;
    pg_json_key_str(json, pg_source_name((enum pg_source)i), status->error);
  }
  pg_json_end_object(json);
}

void capture_write(struct pg_json *json, const struct pg_snapshot *snapshot) {
  pg_json_object(json);
  pg_json_key_int(json, "portguard_capture", 1);
  pg_json_key_time(json, "taken_at", snapshot->sampled_at);
  pg_json_key_str(json, "os", snapshot->os);
  write_tcp(json, snapshot);
  write_processes(json, snapshot);
  write_services(json, snapshot);
  write_tags(json, snapshot);
  write_http(json, snapshot);
  capture_write_network(json, snapshot);
  write_source_errors(json, snapshot);
  pg_json_end_object(json);
}
