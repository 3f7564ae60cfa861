#include "service/console.h"

#include "common/limits.h"
#include "common/text.h"
#include "service/capture/capture.h"
#include "service/clock.h"
#include "service/explain/explain.h"
#include "service/platform.h"

#include <stdio.h>
#include <stdlib.h>

int console_fail(const struct pg_fault *fault) {
  fprintf(stderr, "portguardsvc: %s\n", fault->message);
  if (fault->hint[0] != '\0')
    fprintf(stderr, "hint: %s\n", fault->hint);
  return pg_error_exit(fault->code);
}

static enum pg_error open_source(const struct service_options *options,
                                 struct source *source, struct pg_fault *fault) {
  if (options->capture != NULL)
    return capture_source_open(source, options->capture, fault);
  return live_source_open(source, fault);
}

static enum pg_error check_pipe_name(const char *name, struct pg_fault *fault) {
  char shown[160];
  if (platform_pipe_name_allowed(name))
    return PG_OK;
  return pg_fail(fault, PG_E_USAGE,
                 "pipe \"%s\" is the installed service's own name: choose another",
                 pg_escape(shown, sizeof shown, name));
}

int console_run(const struct service_options *options) {
  struct pg_fault fault = {0};
  struct loop *loop = NULL;
  struct loop_options run = {.pipe_name = options->pipe, .access = LISTENER_DEVELOPMENT};
  settings_default(&run.settings);
  if (options->interval_ms != 0)
    run.settings.interval_ms = options->interval_ms;
  if (check_pipe_name(options->pipe, &fault) != PG_OK ||
      open_source(options, &run.source, &fault) != PG_OK)
    return console_fail(&fault);
  line_sink_open(&run.sink);
  if (loop_open(&run, &loop, &fault) != PG_OK)
    return console_fail(&fault);
  platform_stop_on_signals(loop);
  loop_run(loop);
  platform_stop_on_signals(NULL);
  loop_close(loop);
  return 0;
}

/* One look: the netsh text first, so that the sample is built on it. */
static enum pg_error look(const struct service_options *options, struct pg_snapshot **out,
                          struct pg_fault *fault) {
  struct source source;
  struct http_reading http = {0};
  enum pg_error error = open_source(options, &source, fault);
  if (error != PG_OK)
    return error;
  int64_t now_mono = clock_mono();
  if (source.read_http != NULL) {
    http.begun_mono = now_mono;
    source.read_http(source.context, &http);
  }
  struct sample_order order = {
      .details = true,
      .rebuild = true,
      .http = &http,
      .now = clock_wall(),
      .now_mono = now_mono,
  };
  if (source.sample(source.context, &order, out) != SAMPLE_NEW)
    error = pg_fail(fault, PG_E_NOMEM,
                    "no look at this machine could be made: out of memory");
  free(http.text);
  source.close(source.context);
  return error;
}

static enum pg_error take_snapshot(const struct service_options *options,
                                   struct pg_snapshot **out, struct pg_fault *fault) {
  enum pg_error error = options->capture != NULL
                            ? capture_read_file(options->capture, 0, out, fault)
                            : look(options, out, fault);
  if (error == PG_OK && explain_attribute(*out, NULL, false) != PG_OK) {
    snapshot_unref(*out);
    error = pg_fail(fault, PG_E_NOMEM, "out of memory");
  }
  return error;
}

static void write_answer(const struct pg_snapshot *snapshot, uint16_t port,
                         struct pg_text *out) {
  struct pg_json json;
  struct explain_times times = {
      .sampled_at = snapshot->sampled_at,
      .http_age_ms = snapshot->http_text != NULL ? 0 : -1,
  };
  pg_json_start(&json, out);
  if (port != 0)
    explain_status(&json, snapshot, port, &times);
  else
    explain_list(&json, snapshot, &times);
}

/* Plain lines for a person without the client; the client renders the same
 * answer in full. */
static void write_lines(const struct pg_snapshot *snapshot, uint16_t port,
                        struct pg_text *out) {
  struct pg_text line;
  pg_text_init(&line, PG_ANSWER_MAX);
  size_t first = 0, last = snapshot->port_count;
  if (port != 0) {
    const struct pg_port *at = snapshot_port(snapshot, port);
    explain_summary(snapshot, port, &line);
    pg_text_escaped(out, pg_text_str(&line), 4 * PG_SHOWN_CHARS);
    pg_text_char(out, '\n');
    first = at != NULL ? (size_t)(at - snapshot->ports) : 0;
    last = 0;
  }
  for (size_t i = first; i < last; i++) {
    pg_text_clear(&line);
    explain_summary(snapshot, snapshot->ports[i].port, &line);
    pg_text_printf(out, "%5u  ", (unsigned)snapshot->ports[i].port);
    pg_text_escaped(out, pg_text_str(&line), PG_SHOWN_CHARS);
    pg_text_char(out, '\n');
  }
  pg_text_free(&line);
}

int console_explain(const struct service_options *options) {
  struct pg_fault fault = {0};
  struct pg_snapshot *snapshot = NULL;
  struct pg_text out;
  if (take_snapshot(options, &snapshot, &fault) != PG_OK)
    return console_fail(&fault);
  pg_text_init(&out, PG_ANSWER_MAX);
  if (options->json) {
    write_answer(snapshot, options->port, &out);
    pg_text_char(&out, '\n');
  } else {
    write_lines(snapshot, options->port, &out);
  }
  snapshot_unref(snapshot);
  bool written = !out.failed && fwrite(out.data, 1, out.len, stdout) == out.len &&
                 fflush(stdout) == 0;
  pg_text_free(&out);
  if (written)
    return 0;
  pg_fail(&fault, PG_E_IO, "the answer could not be written");
  return console_fail(&fault);
}
