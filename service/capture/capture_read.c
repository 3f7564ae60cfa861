/* From the text of a capture to a sealed snapshot. */
#include "service/capture/capture.h"

#include "common/limits.h"
#include "service/capture/capture_fields.h"
#include "service/capture/capture_network.h"
#include "service/sources/source.h"

#include <string.h>

#define CAPTURE_VERSION 1

/* "expected one of: running stopped …" from the lists themselves. */
#define WORD(name, text) " " text
#define STATE_WORDS "one of:" PG_SERVICE_STATE_LIST(WORD)
#define START_WORDS "one of:" PG_START_TYPE_LIST(WORD)
#define TYPE_WORDS "one of:" PG_SERVICE_TYPE_LIST(WORD)

/* --- rows --- */

/* Rows in another state are connections, of captures that have them: no row here. */
static void read_listener(struct pg_fields *in, struct pg_snapshot *snapshot,
                          size_t index) {
  struct pg_listener *row = &snapshot->listeners[snapshot->listener_count];
  const char *state = pg_fields_borrow(in, "state", PG_NEEDED);
  (void)index;
  if (state == NULL || strcmp(state, "listen") != 0)
    return;

  capture_address(in, &row->address);
  row->port = (uint16_t)pg_fields_number(in, "local_port", 1, UINT16_MAX, PG_NEEDED);
  row->pid = pg_fields_number(in, "pid", 0, UINT32_MAX, PG_NEEDED);
  row->tag = pg_fields_number(in, "service_tag", 0, UINT32_MAX, PG_OPTIONAL);
  row->created_at = pg_fields_time(in, "created_at");
  snapshot->listener_count++;
}

static void read_process(struct pg_fields *in, struct pg_snapshot *snapshot,
                         size_t index) {
  struct pg_process *row = &snapshot->processes[index];
  row->pid = pg_fields_number(in, "pid", 0, UINT32_MAX, PG_NEEDED);
  row->name = pg_fields_text(in, "name", PG_NEEDED);
  row->path = pg_fields_text(in, "path", PG_OPTIONAL);
  row->started_at = pg_fields_time(in, "started_at");
}

static void read_service_words(struct pg_fields *in, struct pg_service *row) {
  const char *state = pg_fields_borrow(in, "state", PG_OPTIONAL);
  const char *start = pg_fields_borrow(in, "start_type", PG_OPTIONAL);
  const char *type = pg_fields_borrow(in, "type", PG_OPTIONAL);

  row->state = pg_service_state_from_name(state);
  row->start_type = pg_start_type_from_name(start);
  row->type = pg_service_type_from_name(type);
  if (state != NULL && row->state == PG_STATE_UNKNOWN) {
    pg_fields_wrong(in, "state", pg_json_member(in->object, "state"), STATE_WORDS);
  }
  if (start != NULL && row->start_type == PG_START_UNKNOWN) {
    pg_fields_wrong(in, "start_type", pg_json_member(in->object, "start_type"),
                    START_WORDS);
  }
  if (type != NULL && row->type == PG_TYPE_UNKNOWN) {
    pg_fields_wrong(in, "type", pg_json_member(in->object, "type"), TYPE_WORDS);
  }
}

static void read_service(struct pg_fields *in, struct pg_snapshot *snapshot,
                         size_t index) {
  struct pg_service *row = &snapshot->services[index];
  row->name = pg_fields_text(in, "name", PG_NEEDED);
  row->display_name = pg_fields_text(in, "display_name", PG_OPTIONAL);
  row->pid = pg_fields_number(in, "pid", 0, UINT32_MAX, PG_OPTIONAL);
  read_service_words(in, row);
  row->depends_on = pg_fields_texts(in, "depends_on", &row->depends_on_count);
  row->group = pg_fields_text(in, "group", PG_OPTIONAL);
  row->delayed = pg_fields_flag(in, "delayed");
  row->triggered = pg_fields_flag(in, "triggered");
  row->user_instance = pg_fields_flag(in, "user_instance");
}

static void read_tag(struct pg_fields *in, struct pg_snapshot *snapshot, size_t index) {
  struct pg_service_tag *row = &snapshot->tags[index];
  row->pid = pg_fields_number(in, "pid", 0, UINT32_MAX, PG_NEEDED);
  row->tag = pg_fields_number(in, "tag", 1, UINT32_MAX, PG_NEEDED);
  row->service = pg_fields_text(in, "service", PG_NEEDED);
}

/* --- tables --- */

static bool listener_room(struct pg_snapshot *snapshot, size_t count) {
  bool ok = snapshot_listeners(snapshot, count) != NULL;
  snapshot->listener_count = 0; /* counted as they are found to be listeners */
  return ok;
}

static bool process_room(struct pg_snapshot *snapshot, size_t count) {
  return snapshot_processes(snapshot, count) != NULL;
}

static bool service_room(struct pg_snapshot *snapshot, size_t count) {
  return snapshot_services(snapshot, count) != NULL;
}

static bool tag_room(struct pg_snapshot *snapshot, size_t count) {
  return snapshot_tags(snapshot, count) != NULL;
}

static const struct {
  struct capture_table table;
  enum pg_source first_source, last_source; /* read when the key is there */
} tables[] = {
    {{"tcp", PG_NEEDED, listener_room, read_listener}, PG_SOURCE_TCP4, PG_SOURCE_TCP6},
    {{"processes", PG_OPTIONAL, process_room, read_process},
     PG_SOURCE_PROCESSES,
     PG_SOURCE_PROCESSES},
    {{"services", PG_OPTIONAL, service_room, read_service},
     PG_SOURCE_SERVICES,
     PG_SOURCE_SERVICES},
    {{"service_tags", PG_OPTIONAL, tag_room, read_tag},
     PG_SOURCE_SERVICE_TAGS,
     PG_SOURCE_SERVICE_TAGS},
};

static void read_tables(struct pg_fields *in, struct pg_snapshot *snapshot) {
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    if (!capture_rows(in, snapshot, &tables[i].table))
      continue;
    for (int s = (int)tables[i].first_source; s <= (int)tables[i].last_source; s++)
      snapshot_source_read(snapshot, (enum pg_source)s, snapshot->sampled_at);
  }
}

/* --- what failed, and HTTP.sys --- */

static void fail_source(struct pg_fields *in, struct pg_snapshot *snapshot,
                        const cJSON *entry) {
  if (cJSON_IsNull(entry))
    return;
  if (!cJSON_IsString(entry)) {
    char key[PG_PLACE_CHARS];
    pg_fields_wrong(in, pg_escape(key, sizeof key, entry->string), entry, "a string");
    return;
  }
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    enum pg_source source = (enum pg_source)i;
    if (strcmp(pg_source_name(source), entry->string) != 0)
      continue;
    snapshot_source_failed(snapshot, source, snapshot->sampled_at, entry->valuestring);
  }
}

static void read_source_errors(struct pg_fields *in, struct pg_snapshot *snapshot) {
  const cJSON *top = in->object;
  const cJSON *errors = pg_fields_member(in, "source_errors", PG_OPTIONAL);
  if (errors == NULL || !pg_fields_enter(in, "source_errors", errors))
    return;

  for (const cJSON *entry = errors->child; entry != NULL; entry = entry->next) {
    fail_source(in, snapshot, entry);
  }
  pg_fields_leave(in, top);
}

/* The text is handed over as the live source would do it; |text| stays in the
 * tree and is only read. A text whose reading had failed is kept for whoever looks
 * into the capture, and not believed. */
static void add_http(struct pg_fields *in, struct pg_snapshot *snapshot, char *text) {
  size_t len = text != NULL ? strlen(text) : 0;
  struct http_reading reading = {
      .text = text, .len = len, .stopped = len == 0, .read_at = snapshot->sampled_at};

  reading.begun_mono = snapshot->sampled_mono;
  if (reading.begun_mono == 0)
    reading.begun_mono = 1; /* 0: nothing was ever read */
  if (snapshot->sources[PG_SOURCE_HTTP_STATE].state != PG_SOURCE_FAILED) {
    if (text != NULL && source_add_http(snapshot, &reading) != PG_OK)
      pg_fields_no_memory(in);
    return;
  }
  snapshot->http_mono = reading.begun_mono;
  if (text == NULL)
    return;
  snapshot->http_text = pg_arena_text(snapshot->arena, text, len);
  snapshot->http_text_len = len;
  if (snapshot->http_text == NULL)
    pg_fields_no_memory(in);
}

static void read_http(struct pg_fields *in, struct pg_snapshot *snapshot) {
  static const char key[] = "service_state_text";
  const cJSON *top = in->object, *text = NULL;
  const cJSON *http = pg_fields_member(in, "http", PG_OPTIONAL);

  if (http != NULL && pg_fields_enter(in, "http", http)) {
    text = pg_fields_member(in, key, PG_OPTIONAL);
    if (text != NULL && !cJSON_IsString(text)) {
      pg_fields_wrong(in, key, text, "a string");
    } else if (text != NULL && strlen(text->valuestring) > PG_NETSH_TEXT_MAX) {
      pg_fields_wrong(in, key, text, "at most 16 MiB");
    }
    pg_fields_leave(in, top);
  }
  if (in->error == PG_OK)
    add_http(in, snapshot, text != NULL ? text->valuestring : NULL);
}

/* --- the whole --- */

static enum pg_error check_header(const cJSON *tree, struct pg_fault *fault) {
  const cJSON *version = pg_json_member(tree, "portguard_capture");
  struct pg_fields in = {.what = "a capture", .fault = fault, .object = tree};

  if (version == NULL) {
    return pg_fail(fault, PG_E_FORMAT,
                   "not a portguard capture: no \"portguard_capture\" member");
  }
  if (cJSON_IsNumber(version) && version->valuedouble == CAPTURE_VERSION)
    return PG_OK;
  pg_fields_wrong(&in, "portguard_capture", version, "1");
  if (cJSON_IsNumber(version) && version->valuedouble > CAPTURE_VERSION) {
    pg_fault_hint(fault,
                  "a newer portguard wrote this capture: read it with that version");
  }
  return in.error;
}

static enum pg_error fill(struct pg_snapshot *snapshot, const cJSON *tree,
                          struct pg_fault *fault) {
  struct pg_fields in = {
      .what = "a capture", .arena = snapshot->arena, .fault = fault, .object = tree};

  snapshot->sampled_at = pg_fields_time(&in, "taken_at");
  snapshot->os = pg_fields_text(&in, "os", PG_OPTIONAL);
  read_tables(&in, snapshot);
  capture_read_network(&in, snapshot);
  read_source_errors(&in, snapshot); /* has the last word on what was read */
  read_http(&in, snapshot);          /* needs the services, and that word */
  if (in.error == PG_OK && snapshot_seal(snapshot) != PG_OK)
    pg_fields_no_memory(&in);
  return in.error;
}

static enum pg_error build(const cJSON *tree, int64_t now_mono, struct pg_snapshot **out,
                           struct pg_fault *fault) {
  enum pg_error error = check_header(tree, fault);
  if (error != PG_OK)
    return error;

  struct pg_snapshot *snapshot = snapshot_new();
  if (snapshot == NULL)
    return pg_fail(fault, PG_E_NOMEM, "not enough memory for a capture");
  snapshot->sampled_mono = now_mono;
  snapshot->details_mono = now_mono;
  error = fill(snapshot, tree, fault);
  if (error == PG_OK) {
    *out = snapshot;
  } else {
    snapshot_unref(snapshot);
  }
  return error;
}

enum pg_error capture_read(const char *text, size_t len, int64_t now_mono,
                           struct pg_snapshot **out, struct pg_fault *fault) {
  static const struct pg_json_limits limits = {
      .bytes = PG_CAPTURE_MAX, .depth = PG_CAPTURE_DEPTH, .nodes = PG_CAPTURE_NODES};
  cJSON *tree = NULL;

  *out = NULL;
  enum pg_error error = pg_json_skip_mark(&text, &len, fault);
  if (error != PG_OK)
    pg_fault_hint(fault, "portguardctl capture -o host.json");
  else
    error = pg_json_read(text, len, &limits, &tree, fault);
  if (error == PG_OK)
    error = build(tree, now_mono, out, fault);
  cJSON_Delete(tree);
  return error;
}
