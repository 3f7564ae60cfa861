/* The verb table, and what each verb waits for and answers. */
#include "common/limits.h"
#include "common/os_name.h"
#include "common/protocol.h"
#include "common/version.h"
#include "service/answers.h"
#include "service/caller.h"
#include "service/capture/capture.h"
#include "service/history/store.h"
#include "service/platform.h"
#include "service/state.h"
#include "service/watching.h"

#define MAX_AGE_LIMIT_MS 60000

enum { ARG_PORT, ARG_MAX_AGE };

static int64_t max_age_of(const struct control_ask *ask) {
  return ask->args[ARG_MAX_AGE].given ? (int64_t)ask->args[ARG_MAX_AGE].number
                                      : PG_MAX_AGE_MS;
}

bool verbs_fetch(struct loop *loop, unsigned need, int64_t asked_mono, int64_t max_age) {
  if (need == NEED_NOTHING)
    return true;
  if (clock_mono() - asked_mono >= PG_SLOW_WAIT_MS)
    return true;
  if ((need & (NEED_SAMPLE | NEED_DETAILS | NEED_CONNECTIONS)) != 0) {
    struct sample_wish wish = {
        .details = (need & NEED_DETAILS) != 0,
        .connections = (need & NEED_CONNECTIONS) != 0,
        .since = asked_mono - max_age + 1,
    };
    lanes_sample(loop, &wish);
  }
  /* A reading that is there but not yet in a snapshot is on its way. */
  if ((need & NEED_HTTP) != 0 && loop->http.begun_mono < asked_mono - PG_DETAIL_AGE_MS)
    readings_start_http(loop);
  if ((need & NEED_NETWORK) != 0 &&
      loop->networks.order.now_mono < asked_mono - PG_DETAIL_AGE_MS)
    readings_start_network(loop);
  return false;
}

static bool fetch(struct loop *loop, unsigned need, const struct control_ask *ask,
                  int64_t max_age) {
  return verbs_fetch(loop, need, ask->asked_mono, max_age);
}

static bool ready_port(void *context, const struct control_ask *ask) {
  struct loop *loop = context;
  struct freshness known;
  watch_freshness(loop, &known);
  unsigned need = freshness_for_port(&known, (uint16_t)ask->args[ARG_PORT].number,
                                     ask->asked_mono, max_age_of(ask));
  return fetch(loop, need, ask, max_age_of(ask));
}

/* Both are asked for at once. */
static bool ready_status(void *context, const struct control_ask *ask) {
  bool told =
      recorder_last_ready(context, (uint16_t)ask->args[ARG_PORT].number, ask->asked_mono);
  return ready_port(context, ask) && told;
}

/* For an answer about the whole snapshot, which may be |max_age| older than the
 * question. */
static bool ready_whole(struct loop *loop, const struct control_ask *ask, int64_t max_age,
                        unsigned (*needed)(const struct freshness *, int64_t asked)) {
  struct freshness known;
  watch_freshness(loop, &known);
  return fetch(loop, needed(&known, ask->asked_mono), ask, max_age);
}

static bool ready_all(void *context, const struct control_ask *ask) {
  return ready_whole(context, ask, PG_MAX_AGE_MS, freshness_for_all);
}

static bool ready_http(void *context, const struct control_ask *ask) {
  return ready_whole(context, ask, PG_DETAIL_AGE_MS, freshness_for_http);
}

static bool ready_capture(void *context, const struct control_ask *ask) {
  return ready_whole(context, ask, PG_DETAIL_AGE_MS, freshness_for_capture);
}

static bool ready_network(void *context, const struct control_ask *ask) {
  return ready_whole(context, ask, PG_DETAIL_AGE_MS, freshness_for_network);
}

static enum pg_error need_snapshot(const struct loop *loop, struct pg_fault *fault) {
  if (loop->current != NULL)
    return PG_OK;
  pg_fail(fault, PG_E_TIMEOUT, "the first look at the TCP table has not ended yet");
  pg_fault_hint(fault, "portguardctl health");
  return PG_E_TIMEOUT;
}

static void times_of(struct loop *loop, struct explain_times *times) {
  int64_t now = clock_mono();
  const struct pg_snapshot *current = loop->current;
  const struct source *source = &loop->options.source;
  /* A capture brings everything along with the table. */
  int64_t http = source->read_http != NULL ? current->http_mono : loop->tcp_mono;
  int64_t network = source->read_network != NULL ? current->network_mono : loop->tcp_mono;
  times->sampled_at = loop->sampled_at;
  times->age_ms = now - loop->tcp_mono;
  times->http_age_ms = current->http_text != NULL ? now - http : -1;
  times->network_age_ms = snapshot_has_network(current) ? now - network : -1;
}

/* What every answer from a snapshot begins with. */
static enum pg_error begin_answer(struct loop *loop, struct explain_times *times,
                                  struct pg_fault *fault) {
  enum pg_error error = need_snapshot(loop, fault);
  if (error == PG_OK)
    times_of(loop, times);
  return error;
}

enum pg_error verbs_times(struct loop *loop, struct explain_times *times,
                          struct pg_fault *fault) {
  return begin_answer(loop, times, fault);
}

static enum pg_error answer_ping(void *context, const struct control_ask *ask,
                                 struct pg_json *json, struct pg_fault *fault) {
  (void)context, (void)ask, (void)fault;
  pg_json_object(json);
  pg_json_key_bool(json, "pong", true);
  pg_json_end_object(json);
  return PG_OK;
}

static enum pg_error answer_version(void *context, const struct control_ask *ask,
                                    struct pg_json *json, struct pg_fault *fault) {
  char os[PG_OS_CHARS];
  (void)context, (void)ask, (void)fault;
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  pg_json_key_str(json, "service", PG_VERSION);
  pg_json_key_int(json, "protocol", PG_PROTOCOL_VERSION);
  pg_json_key_str(json, "os", pg_os_name(os, sizeof os));
  pg_json_key(json, "dependencies");
  pg_json_object(json);
  pg_json_key_str(json, "libuv", uv_version_string());
  pg_json_key_str(json, "cjson", cJSON_Version());
  pg_json_key_str(json, "sqlite", history_library());
  pg_json_end_object(json);
  pg_json_end_object(json);
  return PG_OK;
}

enum pg_error verbs_write_status(struct loop *loop, uint16_t port, struct pg_json *json,
                                 struct pg_fault *fault) {
  struct explain_times times;
  enum pg_error error = begin_answer(loop, &times, fault);
  if (error != PG_OK)
    return error;
  answer_cache_status(loop->cache, loop->generation, loop->current, port, &times,
                      recorder_last(loop, port), json);
  return PG_OK;
}

static enum pg_error answer_status(void *context, const struct control_ask *ask,
                                   struct pg_json *json, struct pg_fault *fault) {
  return verbs_write_status(context, (uint16_t)ask->args[ARG_PORT].number, json, fault);
}

/* An answer about the whole snapshot. */
static enum pg_error
answer_all(struct loop *loop, struct pg_json *json, struct pg_fault *fault,
           void (*write)(struct pg_json *, const struct pg_snapshot *,
                         const struct explain_times *)) {
  struct explain_times times;
  enum pg_error error = begin_answer(loop, &times, fault);
  if (error != PG_OK)
    return error;
  write(json, loop->current, &times);
  return PG_OK;
}

static enum pg_error answer_list(void *context, const struct control_ask *ask,
                                 struct pg_json *json, struct pg_fault *fault) {
  (void)ask;
  return answer_all(context, json, fault, explain_list);
}

static enum pg_error answer_queues(void *context, const struct control_ask *ask,
                                   struct pg_json *json, struct pg_fault *fault) {
  (void)ask;
  return answer_all(context, json, fault, explain_queues);
}

static enum pg_error answer_graph(void *context, const struct control_ask *ask,
                                  struct pg_json *json, struct pg_fault *fault) {
  struct loop *loop = context;
  struct explain_times times;
  enum pg_error error = begin_answer(loop, &times, fault);
  if (error != PG_OK)
    return error;
  explain_graph(json, loop->current, (uint16_t)ask->args[ARG_PORT].number, &times);
  return PG_OK;
}

static enum pg_error answer_reservations(void *context, const struct control_ask *ask,
                                         struct pg_json *json, struct pg_fault *fault) {
  (void)ask;
  return answer_all(context, json, fault, explain_reservations);
}

static enum pg_error answer_listen_list(void *context, const struct control_ask *ask,
                                        struct pg_json *json, struct pg_fault *fault) {
  (void)ask;
  return answer_all(context, json, fault, explain_listen_list);
}

static enum pg_error answer_certificates(void *context, const struct control_ask *ask,
                                         struct pg_json *json, struct pg_fault *fault) {
  (void)ask;
  return answer_all(context, json, fault, explain_certificates);
}

static enum pg_error answer_capture(void *context, const struct control_ask *ask,
                                    struct pg_json *json, struct pg_fault *fault) {
  struct loop *loop = context;
  enum pg_error error = need_snapshot(loop, fault);
  (void)ask;
  if (error == PG_OK)
    capture_write(json, loop->current);
  return error;
}

static const struct control_param status_params[] = {
    {"port", 1, 65535, true, CONTROL_NUMBER, NULL},
    {"max_age_ms", 0, MAX_AGE_LIMIT_MS, false, CONTROL_NUMBER, NULL},
};

static const struct control_param graph_params[] = {
    {"port", 1, 65535, true, CONTROL_NUMBER, NULL},
};

const struct control_verb loop_verbs[] = {
    {"ping", PG_ROLE_READER, NULL, 0, NULL, answer_ping, NULL},
    {"version", PG_ROLE_READER, NULL, 0, NULL, answer_version, NULL},
    {"health", PG_ROLE_READER, NULL, 0, NULL, answer_health, NULL},
    {"status", PG_ROLE_READER, status_params, 2, ready_status, answer_status, NULL},
    {"list", PG_ROLE_READER, NULL, 0, ready_all, answer_list, NULL},
    {"http.queues", PG_ROLE_READER, NULL, 0, ready_http, answer_queues, NULL},
    {"http.reservations", PG_ROLE_READER, NULL, 0, ready_network, answer_reservations,
     NULL},
    {"http.iplisten", PG_ROLE_READER, NULL, 0, ready_network, answer_listen_list, NULL},
    {"http.certificates", PG_ROLE_READER, NULL, 0, ready_network, answer_certificates,
     NULL},
    {"graph", PG_ROLE_READER, graph_params, 1, ready_port, answer_graph, NULL},
    {"history", PG_ROLE_READER, recorder_params, 5, recorder_ready, recorder_answer,
     &recorder_work},
    {"report", PG_ROLE_READER, reporting_params, REPORTING_PARAMS, reporting_ready,
     reporting_answer, &reporting_work},
    {"doctor", PG_ROLE_READER, NULL, 0, doctor_ready, doctor_answer, NULL},
    {"capture", PG_ROLE_READER, NULL, 0, ready_capture, answer_capture, NULL},
    {"watch", PG_ROLE_READER, watching_params, WATCHING_PARAMS, watching_ready,
     watching_answer, &watching_work},
    {"service.stop", PG_ROLE_ADMIN, action_service_params, 4, action_ready, action_answer,
     &action_works[ACTION_STOP]},
    {"service.disable", PG_ROLE_ADMIN, action_service_params, 4, action_ready,
     action_answer, &action_works[ACTION_DISABLE]},
    {"service.restore", PG_ROLE_ADMIN, action_restore_params, 3, action_ready,
     action_answer, &action_works[ACTION_RESTORE]},
    {"port.free", PG_ROLE_ADMIN, action_port_params, 4, action_ready, action_answer,
     &action_works[ACTION_FREE]},
    {"policy.reload", PG_ROLE_ADMIN, NULL, 0, configuration_ready, configuration_answer,
     &configuration_work},
    {"policy.show", PG_ROLE_READER, NULL, 0, policy_ready, answer_policy_show, NULL},
    {"policy.test", PG_ROLE_READER, policy_test_params, 3, policy_ready,
     answer_policy_test, NULL},
    {"policy.pause", PG_ROLE_ADMIN, policy_pause_params, 2, NULL, answer_policy_pause,
     &caller_work},
    {"policy.resume", PG_ROLE_ADMIN, policy_resume_params, 1, NULL, answer_policy_resume,
     &caller_work},
    {"iplisten.add", PG_ROLE_ADMIN, action_address_params, 3, action_ready, action_answer,
     &action_works[ACTION_LISTEN_ADD]},
    {"iplisten.delete", PG_ROLE_ADMIN, action_address_params, 3, action_ready,
     action_answer, &action_works[ACTION_LISTEN_DELETE]},
};
const size_t loop_verb_count = sizeof loop_verbs / sizeof *loop_verbs;
