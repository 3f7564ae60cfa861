#include "service/eventlog/line_sink.h"

#include "common/json.h"
#include "common/limits.h"

#include <string.h>

/* Every character of every string as a \uXXXX escape still fits. */
#define LINE_BYTES (PG_EVENT_STRINGS_MAX * 6u * PG_EVENT_STRING_MAX + PG_KIB)

/* A process has one stderr, so its sink needs no memory that could be missing. */
static struct line_sink stderr_sink;

static void format_data(struct pg_json *json, const struct pg_event *event) {
  const char *data = event->string_count ? event->strings[event->string_count - 1] : "";
  pg_json_key(json, "data");
  if (*data)
    pg_json_raw(json, data, strlen(data));
  else
    pg_json_null(json);
}

void line_sink_format(const struct pg_event *event, struct pg_text *out) {
  struct pg_json json;
  pg_json_start(&json, out);
  pg_json_object(&json);
  pg_json_key_int(&json, "event", event->id);
  pg_json_key_str(&json, "level", pg_event_level_name(event->level));
  pg_json_key_str(&json, "category",
                  pg_event_category_name(pg_event_category(event->id)));
  pg_json_key(&json, "strings");
  pg_json_array(&json);
  for (size_t i = 0; i + 1 < event->string_count; i++)
    pg_json_str(&json, event->strings[i]);
  pg_json_end_array(&json);
  format_data(&json, event);
  pg_json_end_object(&json);
  pg_text_char(out, '\n');
}

/* One write per line: lines of several processes on one terminal or pipe must
 * not be mixed. stderr is unbuffered, so fwrite hands the line over whole. */
static void line_sink_write(void *context, const struct pg_event *event) {
  struct line_sink *state = context;
  pg_text_clear(&state->line);
  line_sink_format(event, &state->line);
  if (state->line.failed ||
      fwrite(state->line.data, 1, state->line.len, state->file) != state->line.len ||
      fflush(state->file) != 0)
    state->lost++;
}

static void line_sink_close(void *context) {
  struct line_sink *state = context;
  pg_text_free(&state->line);
}

static uint64_t line_sink_lost(void *context) {
  const struct line_sink *state = context;
  return state->lost;
}

void line_sink_open_on(struct event_sink *sink, struct line_sink *state, FILE *file) {
  memset(state, 0, sizeof *state);
  state->file = file;
  pg_text_init(&state->line, LINE_BYTES);
  sink->context = state;
  sink->write = line_sink_write;
  sink->close = line_sink_close;
  sink->lost = line_sink_lost;
}

void line_sink_open(struct event_sink *sink) {
  line_sink_open_on(sink, &stderr_sink, stderr);
}
