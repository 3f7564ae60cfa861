/* policy.show, policy.test, policy.pause and policy.resume. */
#include "common/protocol.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "service/caller.h"
#include "service/state.h"

#include <string.h>

enum { ARG_PORT, ARG_AT, ARG_SERVICE };
enum { ARG_FOR, ARG_PAUSED_RULE };
enum { ARG_RESUMED_RULE };

#define RULE {"rule", 1, 4 * PG_RULE_NAME_CHARS, false, CONTROL_TEXT, NULL}

const struct control_param policy_test_params[] = {
    {"port", 1, 65535, true, CONTROL_NUMBER, NULL},
    {"at", 1, PG_TIME_CHARS, false, CONTROL_TEXT, NULL},
    {"service", 1, PG_SERVICE_NAME_CHARS * 4 - 1, false, CONTROL_TEXT, NULL}};
const struct control_param policy_pause_params[] = {
    {"for_s", 1, PG_PAUSE_MAX_S, true, CONTROL_NUMBER, NULL}, RULE};
const struct control_param policy_resume_params[] = {RULE};

static void key_no_warnings(struct pg_json *json) {
  pg_json_key(json, "warnings");
  pg_json_array(json);
  pg_json_end_array(json);
}

/* --- reading --- */

/* Never waits for anything, but with many rules an answer takes its time: so it takes
 * turns with others, as what is answered from a snapshot does. */
bool policy_ready(void *context, const struct control_ask *ask) {
  (void)context, (void)ask;
  return true;
}

enum pg_error answer_policy_show(void *context, const struct control_ask *ask,
                                 struct pg_json *json, struct pg_fault *fault) {
  struct loop *loop = context;
  struct policy_clock clock = policing_clock(loop);
  (void)ask, (void)fault;
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  pg_json_key_time(json, "at", clock.wall_ms);
  configuration_write(loop, json);
  policy_show_pause(loop->policing.policy, json, &clock);
  pg_json_key_str(json, "no_action", policing_no_action(loop));
  configuration_write_off(json, loop->options.settings);
  pg_json_key(json, "rules");
  policy_show(loop->policing.policy, json, &clock);
  key_no_warnings(json);
  pg_json_end_object(json);
  return PG_OK;
}

/* What Windows has under that name: its spelling, its template, and the safety rule that
 * speaks against stopping it. */
struct tested {
  struct policy_question question;
  char template_name[4 * PG_SERVICE_NAME_CHARS];
  struct pg_fault against;
  const char *warning; /* NULL: none */
};

static enum pg_safety safety_of(const struct pg_fault *fault) {
  static const enum pg_safety all[] = {
#define X(name, text) PG_SAFETY_##name,
      PG_SAFETY_LIST(X)
#undef X
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (strcmp(pg_safety_name(all[i]), fault->rule) == 0)
      return all[i];
  return PG_SAFETY_NONE;
}

/* The very plan that an action would begin with. */
static bool is_refused(const struct loop *loop, struct tested *tested, bool dependents) {
  struct plan plan = {0};
  struct plan_wish wish = {.services = &tested->question.service,
                           .service_count = 1,
                           .stop_dependents = dependents};
  enum pg_error error = plan_stop(&plan, loop->current, &wish, &tested->against);
  plan_free(&plan);
  return error == PG_E_REFUSED;
}

static void look_up(const struct loop *loop, struct tested *tested) {
  struct policy_question *question = &tested->question;
  if (question->service == NULL)
    return;
  if (loop->current == NULL || !snapshot_was_read(loop->current, PG_SOURCE_SERVICES)) {
    tested->warning = "the services could not be read: whether a safety rule would "
                      "forbid it is not known";
    return;
  }
  const struct pg_service *service = snapshot_service(loop->current, question->service);
  if (service == NULL) {
    tested->warning = "this machine has no service of that name";
    return;
  }
  size_t len = snapshot_configured_len(service);
  question->service = service->name;
  if (service->user_instance && len < sizeof tested->template_name) {
    memcpy(tested->template_name, service->name, len);
    question->template_name = tested->template_name;
  }
  if (!is_refused(loop, tested, true) && !is_refused(loop, tested, false))
    return;
  question->safety = safety_of(&tested->against);
  question->against = tested->against.message;
}

enum pg_error answer_policy_test(void *context, const struct control_ask *ask,
                                 struct pg_json *json, struct pg_fault *fault) {
  struct loop *loop = context;
  struct policy_clock clock = policing_clock(loop);
  struct zone zone;
  struct tested tested = {
      .question = {.port = (uint16_t)ask->args[ARG_PORT].number,
                   .service = ask->args[ARG_SERVICE].text,
                   .at_ms = clock.wall_ms,
                   .zone = &zone,
                   .no_action = policing_no_action(loop)},
  };
  if (ask->args[ARG_AT].given &&
      zone_parse_time(ask->args[ARG_AT].text, zone_read, &tested.question.at_ms, fault) !=
          PG_OK) {
    pg_fault_param(fault, "at");
    return PG_E_PARAMS;
  }
  zone_read(tested.question.at_ms, &zone);
  look_up(loop, &tested);
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  policy_try(loop->policing.policy, &tested.question, json, &clock);
  pg_json_key(json, "warnings");
  pg_json_array(json);
  if (tested.warning != NULL)
    pg_json_str(json, tested.warning);
  pg_json_end_array(json);
  pg_json_end_object(json);
  return PG_OK;
}

/* --- pausing --- */

/* What was asked for has been done, or not: 1400, and 1306 when it was. */
static void note(struct loop *loop, const struct control_ask *ask, const char *rule,
                 const char *words, const struct pg_fault *fault) {
  struct pg_text what, result, by;
  pg_text_init(&what, PG_AUDIT_CHARS - 1);
  pg_text_init(&result, PG_AUDIT_CHARS);
  pg_text_init(&by, PG_AUDIT_CHARS);
  pg_text_str_add(&what, ask->verb->name);
  if (rule != NULL) {
    pg_text_char(&what, ' ');
    pg_text_escaped(&what, rule, PG_SHOWN_CHARS);
  }
  pg_text_printf(&result, "%s: %s", fault == NULL ? "done" : "failed",
                 fault == NULL ? words : fault->message);
  audit_done(loop, ask->job, pg_text_str(&what), pg_text_str(&result));
  pg_text_printf(&by, "%s by %s", words, (const char *)ask->job);
  if (fault == NULL)
    report_resumed(loop, rule, NULL, pg_text_str(&by));
  pg_text_free(&by);
  pg_text_free(&result);
  pg_text_free(&what);
  if (fault != NULL)
    return;
  state_save(loop);
  policing_step(loop);
}

enum pg_error answer_policy_pause(void *context, const struct control_ask *ask,
                                  struct pg_json *json, struct pg_fault *fault) {
  struct loop *loop = context;
  const char *rule = ask->args[ARG_PAUSED_RULE].text;
  int64_t for_ms = ask->args[ARG_FOR].number * INT64_C(1000);
  int64_t wall = clock_wall();
  char words[64];
  enum pg_error error =
      policy_pause(loop->policing.policy, rule, for_ms, clock_mono(), fault);
  (void)snprintf(words, sizeof words, "paused for %lld s", (long long)(for_ms / 1000));
  note(loop, ask, rule, words, error != PG_OK ? fault : NULL);
  if (error != PG_OK)
    return error;
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  pg_json_key_str(json, "rule", rule);
  pg_json_key_time(json, "paused_until", wall != 0 ? wall + for_ms : PG_TIME_UNKNOWN);
  key_no_warnings(json);
  pg_json_end_object(json);
  return PG_OK;
}

enum pg_error answer_policy_resume(void *context, const struct control_ask *ask,
                                   struct pg_json *json, struct pg_fault *fault) {
  struct loop *loop = context;
  const char *rule = ask->args[ARG_RESUMED_RULE].text;
  enum pg_error error = policy_resume(loop->policing.policy, rule, fault);
  note(loop, ask, rule, "resumed", error != PG_OK ? fault : NULL);
  if (error != PG_OK)
    return error;
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  pg_json_key_str(json, "rule", rule);
  key_no_warnings(json);
  pg_json_end_object(json);
  return PG_OK;
}
