/* The life of the service: open, run, stop. */
#include "service/loop.h"

#include "service/files/files.h"
#include "service/state.h"
#include "service/watching.h"

#include <stdio.h>
#include <stdlib.h>

static void on_tick(uv_timer_t *timer) {
  watch_tick(timer->data);
  configuration_tick(timer->data);
  state_tick(timer->data);
  recorder_tick(timer->data);
}

static void on_finished(struct loop *loop) {
  audit_finish(loop);
  report_last_summaries(loop);
  report_stopped(loop);
  recorder_stop(loop);
  uv_close((uv_handle_t *)&loop->stop, NULL);
}

static void continue_stop(struct loop *loop) {
  bool idle = lanes_are_idle(loop) && readings_are_idle(loop) && actions_are_idle(loop) &&
              configuration_is_idle(loop) && state_is_idle(loop) &&
              recorder_is_idle(loop) && reporting_is_idle(loop) && doctor_is_idle(loop) &&
              metering_is_idle(loop);
  if (!loop->stopping || loop->finished || !idle)
    return;
  loop->finished = true;
  endpoints_close(loop, on_finished);
}

static void on_stop(uv_async_t *async) {
  struct loop *loop = async->data;
  if (loop->stopping)
    return;
  loop->stopping = true;
  actions_stop(loop);
  policing_close(loop);
  watching_close(loop);
  recorder_expect_stop(loop);
  reporting_close(loop);
  metering_stop(loop);
  state_save(loop);
  uv_close((uv_handle_t *)&loop->reload, NULL);
  uv_close((uv_handle_t *)&loop->tick, NULL);
  uv_close((uv_handle_t *)&loop->summaries, NULL);
  continue_stop(loop);
}

static void on_reload(uv_async_t *async) {
  configuration_reload(async->data);
}

void loop_reload(struct loop *loop) {
  uv_async_send(&loop->reload);
}

void loop_stop(struct loop *loop, const char *why) {
  if (loop->stop_reason != NULL)
    return; /* the first call ends it all, the async included */
  loop->stop_reason = why;
  uv_async_send(&loop->stop);
}

/* The pool must be sized before its first use, once for the process. */
static void size_pool(void) {
  char lanes[12];
  (void)snprintf(lanes, sizeof lanes, "%d", PG_LANES);
  uv_os_setenv("UV_THREADPOOL_SIZE", lanes);
}

static enum pg_error start_handles(struct loop *loop, struct pg_fault *fault) {
  size_pool();
  int status = uv_loop_init(&loop->uv);
  if (status != 0)
    return pg_fail(fault, PG_E_WINDOWS, "the event loop could not start: %s",
                   uv_strerror(status));
  status = uv_async_init(&loop->uv, &loop->stop, on_stop);
  if (status != 0) {
    uv_loop_close(&loop->uv);
    return pg_fail(fault, PG_E_WINDOWS, "the event loop could not start: %s",
                   uv_strerror(status));
  }
  status = uv_async_init(&loop->uv, &loop->reload, on_reload);
  if (status != 0) {
    uv_close((uv_handle_t *)&loop->stop, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    return pg_fail(fault, PG_E_WINDOWS, "the event loop could not start: %s",
                   uv_strerror(status));
  }
  uv_timer_init(&loop->uv, &loop->tick);
  uv_timer_init(&loop->uv, &loop->summaries);
  loop->reload.data = loop->stop.data = loop->tick.data = loop->summaries.data = loop;
  watching_start(loop);
  reporting_start(loop);
  doctor_open(loop);
  metering_open(loop);
  enum pg_error error = actions_open(loop, fault);
  if (error == PG_OK)
    error = policing_open(loop, fault);
  return error == PG_OK ? recorder_open(loop, fault) : error;
}

static void close_options(const struct loop_options *options) {
  if (options->source.close != NULL)
    options->source.close(options->source.context);
  if (options->sink.close != NULL)
    options->sink.close(options->sink.context);
  settings_free(options->settings);
  if (options->group_policy.close != NULL)
    options->group_policy.close(options->group_policy.context);
  files_close(options->files);
  files_close(options->config_files);
  files_close(options->history_files);
  files_close(options->metrics_files);
}

enum pg_error loop_open(const struct loop_options *options, struct loop **out,
                        struct pg_fault *fault) {
  struct loop *loop = calloc(1, sizeof *loop);
  *out = NULL;
  if (loop == NULL || options->settings == NULL ||
      (loop->cache = answer_cache_new()) == NULL || (loop->flaps = flap_new()) == NULL ||
      (loop->names = account_names_new()) == NULL || !watching_open(loop)) {
    close_options(options);
    if (loop != NULL) {
      answer_cache_free(loop->cache);
      flap_free(loop->flaps);
      account_names_free(loop->names);
    }
    free(loop);
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  }
  loop->options = *options;
  loop->samples.adopt = readings_adopt;
  loop->samples.ended = watch_publish;
  loop->samples.idle = continue_stop;
  loop->started_mono = clock_mono();
  enum pg_error error = emitter_open(&loop->emitter, &options->sink);
  loop->options.sink = (struct event_sink){0}; /* the emitter closes it */
  if (error == PG_OK)
    error = start_handles(loop, fault);
  if (error != PG_OK) {
    loop_close(loop);
    return pg_fail(fault, error, "%s",
                   fault->message[0] != '\0' ? fault->message : "out of memory");
  }
  *out = loop;
  return PG_OK;
}

bool loop_run(struct loop *loop) {
  config_import_run(loop);
  configuration_open(loop);
  uv_timer_start(&loop->tick, on_tick, 0, loop->options.settings->interval_ms);
  if (endpoints_open(loop) != PG_OK)
    loop_stop(loop, "no memory");
  state_open(loop);
  uv_run(&loop->uv, UV_RUN_DEFAULT);
  return !loop->recorder.left && uv_loop_close(&loop->uv) == 0;
}

void loop_close(struct loop *loop) {
  snapshot_unref(loop->current);
  snapshot_unref(loop->base);
  for (int i = 0; i < PG_SOURCE_COUNT; i++)
    snapshot_unref(loop->seen[i]);
  readings_free(loop);
  actions_free(loop);
  policing_free(loop);
  recorder_free(loop);
  metering_free(loop);
  watching_free(loop);
  state_free(loop);
  configuration_free(loop);
  close_options(&loop->options);
  emitter_close(&loop->emitter);
  flap_free(loop->flaps);
  answer_cache_free(loop->cache);
  free(loop);
}
