#include "service/console.h"

#include "common/limits.h"
#include "common/text.h"
#include "service/answer_lines.h"
#include "service/capture/capture.h"
#include "service/capture/capture_source.h"
#include "service/clock.h"
#include "service/explain/explain.h"
#include "service/files/files.h"
#include "service/group_policy_file.h"
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

static enum pg_error check_pipe_name(const char *option, const char *name,
                                     struct pg_fault *fault) {
  char shown[160];
  if (name == NULL || platform_pipe_name_allowed(name))
    return PG_OK;
  return pg_fail(fault, PG_E_USAGE,
                 "%s \"%s\": expected the name of a pipe, and not the installed "
                 "service's own",
                 option, pg_escape(shown, sizeof shown, name));
}

int console_run(const struct service_options *options) {
  struct pg_fault fault = {0};
  struct loop *loop = NULL;
  struct loop_options run = {
      .pipe_name = options->pipe, .control_name = options->control, .development = true};
  if (check_pipe_name("--pipe", options->pipe, &fault) != PG_OK ||
      check_pipe_name("--control", options->control, &fault) != PG_OK ||
      open_source(options, &run.source, &fault) != PG_OK)
    return console_fail(&fault);
  run.settings = settings_default(); /* from here on the loop's */
  run.interval_ms = options->interval_ms;
  if (run.settings != NULL && options->interval_ms != 0)
    run.settings->interval_ms = options->interval_ms;
  line_sink_open(&run.sink);
  if (options->state != NULL) {
    (void)files_open(options->state, &run.files, &run.no_files);
    (void)files_open(options->state, &run.history_files, &run.no_history);
    (void)files_open(options->state, &run.metrics_files, &run.no_metrics);
  }
  if (options->config != NULL)
    (void)files_open_around(options->config, &run.config_files, &run.config_name,
                            &run.no_config);
  if (run.config_name == NULL)
    run.config_name = options->config; /* for the words about what is wrong with it */
  if (options->group_policy != NULL)
    group_policy_file_open(&run.group_policy, options->group_policy);
  if (loop_open(&run, &loop, &fault) != PG_OK)
    return console_fail(&fault);
  platform_stop_on_signals(loop);
  bool ended = loop_run(loop);
  platform_stop_on_signals(NULL);
  if (!ended)
    platform_end(pg_error_exit(PG_E_TIMEOUT));
  loop_close(loop);
  return 0;
}

/* NULL when there is nobody to ask, or no memory: then those sources are absent. */
static struct pg_snapshot *read_network(struct source *source, int64_t now_mono) {
  struct network_order order = {
      .now = clock_wall(), .now_mono = now_mono, .deadline_ms = PG_SLOW_WAIT_MS};
  struct pg_snapshot *network = source->read_network != NULL ? snapshot_new() : NULL;
  if (network == NULL)
    return NULL;
  network->network_mono = now_mono;
  if (source->read_network(source->context, network, &order))
    return network;
  snapshot_unref(network);
  return NULL;
}

/* One look: the slow sources first, so that the sample is built on them. The client
 * that asks for this look waits too, hence their deadlines. */
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
    http.deadline_ms = PG_SLOW_WAIT_MS;
    source.read_http(source.context, &http);
  }
  struct pg_snapshot *network = read_network(&source, now_mono);
  struct sample_order order = {
      .details = true,
      .rebuild = true,
      .connections = options->port != 0,
      .http = &http,
      .network = network,
      .now = clock_wall(),
      .now_mono = now_mono,
  };
  if (source.sample(source.context, &order, out) != SAMPLE_NEW)
    error = pg_fail(fault, PG_E_NOMEM,
                    "no look at this machine could be made: out of memory");
  snapshot_unref(network);
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
      .network_age_ms = snapshot_has_network(snapshot) ? 0 : -1,
  };
  pg_json_start(&json, out);
  if (port != 0)
    explain_status(&json, snapshot, port, &times);
  else
    explain_list(&json, snapshot, &times);
}

static enum pg_error print(const struct pg_text *text, struct pg_fault *fault) {
  if (!text->failed && fwrite(pg_text_str(text), 1, text->len, stdout) == text->len &&
      fflush(stdout) == 0)
    return PG_OK;
  return pg_fail(fault, PG_E_IO, "the answer could not be written");
}

int console_explain(const struct service_options *options) {
  struct pg_fault fault = {0};
  struct pg_snapshot *snapshot = NULL;
  struct pg_text json, lines;
  if (take_snapshot(options, &snapshot, &fault) != PG_OK)
    return console_fail(&fault);
  pg_text_init(&json, PG_ANSWER_MAX);
  pg_text_init(&lines, PG_ANSWER_MAX);
  write_answer(snapshot, options->port, &json);
  snapshot_unref(snapshot);
  enum pg_error error = options->json ? PG_OK : answer_lines(&json, &lines, &fault);
  pg_text_char(&json, '\n');
  if (error == PG_OK)
    error = print(options->json ? &json : &lines, &fault);
  pg_text_free(&json);
  pg_text_free(&lines);
  return error == PG_OK ? 0 : console_fail(&fault);
}
