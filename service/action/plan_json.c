/* Plans as the protocol has them, and against what was shown. */
#include "service/action/plan.h"

#include "common/command.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

static const char *step_words(enum pg_step what) {
  static const char *const words[] = {
#define X(name, text) text,
      PG_STEP_LIST(X)
#undef X
  };
  return words[what];
}

static const char *outcome_word(enum pg_outcome outcome) {
  static const char *const words[] = {
#define X(name, text) text,
      PG_OUTCOME_LIST(X)
#undef X
  };
  return words[outcome];
}

static bool is_service(const struct plan_step *step) {
  return step->what != PG_STEP_LISTEN_ADD && step->what != PG_STEP_LISTEN_DELETE;
}

/* The services that stop or are disabled or started, each once. */
static bool is_first_of_its_service(const struct plan *plan, size_t index) {
  for (size_t i = 0; i < index; i++)
    if (pg_case_equal(plan->steps[i].name, plan->steps[index].name))
      return false;
  return is_service(&plan->steps[index]);
}

static bool is_shown(const cJSON *shown, const char *name) {
  const cJSON *entry;
  cJSON_ArrayForEach(entry, shown) {
    if (pg_case_equal(entry->valuestring, name))
      return true;
  }
  return false;
}

enum pg_error plan_check(const struct plan *plan, const cJSON *shown,
                         struct pg_fault *fault) {
  size_t services = 0;
  const char *strange = NULL;
  if (shown == NULL)
    return PG_OK;
  for (size_t i = 0; i < plan->count; i++) {
    if (!is_first_of_its_service(plan, i))
      continue;
    services++;
    if (!is_shown(shown, plan->steps[i].name))
      strange = plan->steps[i].name;
  }
  if (strange == NULL && services == (size_t)cJSON_GetArraySize(shown))
    return PG_OK;
  char name[160];
  plan_refuse(fault, PG_SAFETY_PLAN_CHANGED,
              strange != NULL ? "the plan is another one by now: %s was not in it"
                              : "the plan is another one by now: it has fewer services%s",
              strange != NULL ? pg_escape(name, sizeof name, strange) : "");
  pg_fault_hint(fault, "ask for the plan again and look at it");
  return PG_E_REFUSED;
}

void plan_step_write(const struct plan_step *step, struct pg_json *json) {
  struct pg_text reason;
  pg_text_init(&reason, 1024);
  if (step->needs != NULL)
    pg_text_printf(&reason, "which needs %s", step->needs);
  if (step->what == PG_STEP_SET_START)
    pg_text_printf(&reason, "which was %s%s", pg_start_type_name(step->start_type),
                   step->delayed ? ", delayed" : "");
  pg_json_object(json);
  pg_json_key_str(json, "do", step_words(step->what));
  pg_json_key_str(json, is_service(step) ? "service" : "address", step->name);
  pg_json_key_str(json, "display_name", step->display);
  pg_json_key_str(json, "reason", reason.len > 0 ? pg_text_str(&reason) : NULL);
  pg_json_key_str(json, "outcome", outcome_word(step->outcome));
  pg_json_key_str(json, "words", step->words[0] != '\0' ? step->words : NULL);
  pg_json_end_object(json);
  pg_text_free(&reason);
}

static bool restores(const struct plan *plan) {
  for (size_t i = 0; i < plan->count; i++)
    if (plan->steps[i].what == PG_STEP_START || plan->steps[i].what == PG_STEP_SET_START)
      return true;
  return false;
}

static void write_undo(const struct plan *plan, struct pg_json *json) {
  pg_json_array(json);
  for (size_t i = 0; !restores(plan) && plan->count > 0 && i < plan->target_count; i++) {
    struct pg_text line;
    pg_text_init(&line, 1024);
    pg_text_str_add(&line, "portguardctl restore ");
    if (pg_service_name_add(&line, plan->targets[i]))
      pg_json_str(json, pg_text_str(&line));
    pg_text_free(&line);
  }
  for (size_t i = 0; i < plan->count; i++) {
    char line[160];
    const struct plan_step *step = &plan->steps[i];
    if (is_service(step))
      continue;
    (void)snprintf(line, sizeof line, "portguardctl http iplisten %s %.100s",
                   step->what == PG_STEP_LISTEN_ADD ? "delete" : "add", step->name);
    pg_json_str(json, line);
  }
  pg_json_end_array(json);
}

void plan_write(const struct plan *plan, struct pg_json *json) {
  pg_json_key(json, "services");
  pg_json_array(json);
  for (size_t i = 0; i < plan->count; i++)
    if (is_first_of_its_service(plan, i))
      pg_json_str(json, plan->steps[i].name);
  pg_json_end_array(json);
  pg_json_key(json, "steps");
  pg_json_array(json);
  for (size_t i = 0; i < plan->count; i++)
    plan_step_write(&plan->steps[i], json);
  pg_json_end_array(json);
  pg_json_key(json, "undo");
  write_undo(plan, json);
}
