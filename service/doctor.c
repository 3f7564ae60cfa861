#include "service/doctor.h"

#include "common/protocol.h"
#include "service/doctor_checks.h"
#include "service/state.h"

#include <string.h>

static_assert((int)DOCTOR_STATUS_PIPE == (int)ENDPOINT_STATUS &&
                  (int)DOCTOR_CONTROL_PIPE == (int)ENDPOINT_CONTROL &&
                  (int)DOCTOR_PIPES == (int)ENDPOINTS,
              "both name the same pipes");

/* --- the lane --- */

void doctor_open(struct loop *loop) {
  loop->doctor.began_wall = clock_wall();
  loop->doctor.work.data = loop;
}

bool doctor_is_idle(const struct loop *loop) {
  return !loop->doctor.busy;
}

static void run(uv_work_t *work) {
  struct doctor *doctor = &((struct loop *)work->data)->doctor;
  doctor_look(&doctor->order, &doctor->job);
}

static void after(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  struct doctor *doctor = &loop->doctor;
  (void)status; /* never cancelled: it is waited for */
  doctor->busy = false;
  doctor->look = doctor->job;
  doctor->looked = doctor->begun;
  if (!loop->finished)
    endpoints_wake(loop);
  loop->samples.idle(loop);
}

static const char *folder_of(const struct loop *loop) {
  const struct files *files =
      loop->options.files != NULL ? loop->options.files : loop->options.history_files;
  return files != NULL ? files_path(files) : NULL;
}

static void start(struct loop *loop) {
  struct doctor *doctor = &loop->doctor;
  if (doctor->busy || loop->stopping)
    return;
  memset(&doctor->order, 0, sizeof doctor->order);
  for (int i = 0; i < DOCTOR_PIPES; i++) {
    /* A name that another process has is told of by who tried to open it. */
    if (loop->endpoints[i].listener != NULL)
      doctor->order.pipes[i].name = loop->endpoints[i].name;
    doctor->order.pipes[i].access = loop->endpoints[i].access;
  }
  doctor->order.folder = folder_of(loop);
  doctor->order.state = loop->options.files != NULL;
  doctor->order.setup = !loop->options.development;
  doctor->begun = clock_mono();
  doctor->busy = uv_queue_work(&loop->uv, &doctor->work, run, after) == 0;
}

/* All who ask at the same time share one look. */
static bool looked_for(const struct doctor *doctor, const struct control_ask *ask) {
  return doctor->looked != 0 && doctor->looked > ask->asked_mono - PG_MAX_AGE_MS;
}

bool doctor_ready(void *context, const struct control_ask *ask) {
  struct loop *loop = context;
  struct freshness known;
  watch_freshness(loop, &known);
  unsigned need = freshness_for_capture(&known, ask->asked_mono);
  bool read = verbs_fetch(loop, need, ask->asked_mono, PG_DETAIL_AGE_MS);
  if (looked_for(&loop->doctor, ask))
    return read;
  start(loop);
  return clock_mono() - ask->asked_mono >= PG_SLOW_WAIT_MS;
}

/* --- what the loop knows --- */

static void pipe_facts(const struct loop *loop, struct doctor_facts *facts) {
  for (int i = 0; i < DOCTOR_PIPES; i++) {
    const struct endpoint *endpoint = &loop->endpoints[i];
    facts->pipes[i] = (struct doctor_pipe_facts){
        endpoint->name, endpoint->listener != NULL, endpoint->trouble};
  }
}

static void file_facts(const struct loop *loop, struct doctor_facts *facts,
                       const char *config) {
  facts->folder = folder_of(loop);
  facts->no_folder = loop->options.no_files;
  facts->configuration.file = config;
  facts->configuration.none = loop->options.no_config;
  facts->configuration.from_file = loop->options.settings->base == PG_ORIGIN_FILE;
  facts->configuration.by_policy = loop->options.settings->base == PG_ORIGIN_GROUP_POLICY;
  facts->configuration.overridden = settings_are_mixed(loop->options.settings);
  facts->configuration.policy_rejected = loop->config.culprit == PG_ORIGIN_GROUP_POLICY;
  facts->configuration.rejected = loop->config.rejected;
  facts->keeps_state = loop->options.files != NULL;
  facts->state_failing = loop->state.failing;
  facts->state_trouble = loop->state.fault;
  facts->history.state = recorder_state(loop, &facts->history.error);
  facts->history.lost = loop->recorder.lost;
  if (loop->recorder.set_aside.code != PG_OK)
    facts->history.set_aside = loop->recorder.set_aside.message;
}

static void source_facts(const struct loop *loop, struct doctor_facts *facts) {
  const struct pg_snapshot *current = loop->current;
  facts->reads_netsh = loop->options.source.read_http != NULL;
  facts->has_snapshot = current != NULL;
  if (current == NULL)
    return;
  for (int i = 0; i < PG_SOURCE_COUNT; i++) {
    facts->sources[i].failing = loop->sources[i].failing;
    facts->sources[i].failing_ms = clock_mono() - loop->sources[i].backoff.since;
    facts->sources[i].error = current->sources[i].error;
  }
  facts->services = current->sources[PG_SOURCE_SERVICES].state;
  facts->http = snapshot_service(current, "HTTP");
}

static void gather(const struct loop *loop, const struct control_ask *ask,
                   const char *config, struct doctor_facts *facts) {
  memset(facts, 0, sizeof *facts);
  if (looked_for(&loop->doctor, ask))
    facts->look = &loop->doctor.look;
  facts->in_windows = !loop->options.development;
  facts->setup = loop->options.setup;
  pipe_facts(loop, facts);
  file_facts(loop, facts, config);
  source_facts(loop, facts);
  facts->events_lost = emitter_lost(&loop->emitter);
  facts->now_wall = clock_wall();
  facts->began_wall = loop->doctor.began_wall;
  facts->running_ms = clock_mono() - loop->started_mono;
}

/* --- the answer --- */

static bool is_healthy(const struct pg_doctor_finding *findings) {
  for (int i = 0; i < PG_CHECK_COUNT; i++)
    if (pg_doctor_side((enum pg_doctor_check)i) == PG_DOCTOR_SERVICE &&
        findings[i].state == PG_DOCTOR_FAILED)
      return false;
  return true;
}

static void write_findings(struct pg_json *json,
                           const struct pg_doctor_finding *findings) {
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  pg_json_key_bool(json, "healthy", is_healthy(findings));
  pg_json_key(json, "checks");
  pg_json_array(json);
  for (int i = 0; i < PG_CHECK_COUNT; i++)
    if (pg_doctor_side((enum pg_doctor_check)i) == PG_DOCTOR_SERVICE)
      pg_doctor_write(json, (enum pg_doctor_check)i, &findings[i]);
  pg_json_end_array(json);
  pg_json_end_object(json);
}

enum pg_error doctor_answer(void *context, const struct control_ask *ask,
                            struct pg_json *json, struct pg_fault *fault) {
  const struct loop *loop = context;
  struct pg_doctor_finding findings[PG_CHECK_COUNT];
  struct doctor_facts facts;
  struct pg_text config;
  (void)fault;
  pg_text_init(&config, 64 * PG_KIB);
  if (loop->options.config_files != NULL)
    configuration_path(loop, &config);
  gather(loop, ask, config.len > 0 ? pg_text_str(&config) : NULL, &facts);
  doctor_check(&facts, findings);
  write_findings(json, findings);
  pg_text_free(&config);
  return PG_OK;
}
