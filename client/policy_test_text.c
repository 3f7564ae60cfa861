#include "client/fields.h"
#include "client/policy_text.h"

#include <string.h>

static void add_service(struct pg_text *out, const cJSON *result, const char *otherwise) {
  const char *service = field_text(result, "service");
  render_outside(out, service != NULL ? service : otherwise);
}

static void add_confirmation(struct pg_text *out, const cJSON *result) {
  int64_t confirm = field_int(result, "confirm_s", 0);
  if (confirm <= 0)
    return;
  pg_text_str_add(out, " for ");
  render_seconds(out, confirm);
}

/* "W3SVC once it has held the port for 2 s" */
static void add_action(struct pg_text *out, const cJSON *result) {
  add_service(out, result, "a listed service");
  pg_text_str_add(out, field_int(result, "confirm_s", 0) > 0
                           ? " once it has held the port"
                           : " as soon as it holds the port");
  add_confirmation(out, result);
}

static void add_refusal(struct pg_text *out, const cJSON *result) {
  const char *safety = field_text(result, "safety");
  const char *against = field_text(result, "against");
  render_outside(out, against != NULL ? against : "a safety rule forbids it");
  if (safety != NULL) {
    pg_text_str_add(out, " (safety rule \"");
    render_outside(out, safety);
    pg_text_str_add(out, "\")");
  }
}

static void add_nothing(struct pg_text *out, const cJSON *result) {
  pg_text_str_add(out, "no rule would act on ");
  add_service(out, result, "any service");
}

static void add_logged(struct pg_text *out, const cJSON *result) {
  pg_text_str_add(out, "that ");
  add_service(out, result, "a listed service");
  pg_text_str_add(out, " has held the port");
  add_confirmation(out, result);
  pg_text_str_add(out, ", and stop nothing");
}

static const struct verdict {
  const char *result, *word;
  enum render_style style;
  void (*words)(struct pg_text *out, const cJSON *result);
} verdicts[] = {
    {"stop", "WOULD STOP", RENDER_BAD, add_action},
    {"disable", "WOULD DISABLE AND STOP", RENDER_BAD, add_action},
    {"observe", "WOULD LOG", RENDER_WARN, add_logged},
    {"refused", "REFUSED", RENDER_WARN, add_refusal},
    {"nothing", "NOTHING", RENDER_GOOD, add_nothing},
};
#define VERDICTS (sizeof verdicts / sizeof verdicts[0])

static void verdict(struct render *render, const cJSON *result) {
  const char *found = field_text(result, "result");
  struct pg_text line;
  size_t at = 0;
  while (at < VERDICTS && (found == NULL || strcmp(found, verdicts[at].result) != 0))
    at++;
  size_t before = render->out->len;
  pg_text_printf(render->out, "TCP %lld  ", (long long)field_int(result, "port", 0));
  size_t used = render->out->len - before;
  pg_text_init(&line, RENDER_LINE_MAX);
  const char *word = at < VERDICTS ? verdicts[at].word : "UNKNOWN";
  render_styled(render, at < VERDICTS ? verdicts[at].style : RENDER_WARN, word);
  pg_text_str_add(render->out, "  ");
  if (at < VERDICTS)
    verdicts[at].words(&line, result);
  else
    render_outside(&line, found != NULL ? found : "the service does not say");
  used += strlen(word) + 2;
  render_wrapped(render, used, used, pg_text_str(&line));
  pg_text_free(&line);
}

static void circumstances(struct render *render, const cJSON *result) {
  const char *local = field_text(result, "local");
  const char *dependents = field_text(result, "dependents");
  struct pg_text line;
  pg_text_char(render->out, '\n');
  pg_text_init(&line, RENDER_LINE_MAX);
  render_outside(&line, local != NULL ? local : field_text(result, "at"));
  pg_text_str_add(&line, local != NULL ? " by the clock of the service" : "");
  if (line.len > 0)
    render_label(render, "At", &line);
  pg_text_free(&line);
  if (dependents != NULL && strcmp(dependents, "stop") == 0)
    render_label_str(render, "Dependents", "running services that need it stop first");
}

/* What a rule has to do with it. Those that have nothing are named together. */
static const struct {
  const char *part, *label;
  bool together;
} parts[] = {
    {"acts", "Acts", false},
    {"observes", "Observes", false},
    {"suspended", "Suspended", false},
    {"paused", "Paused", false},
    {"closed", "Closed", false},
    {"other_port", "Other port", true},
    {"other_service", "Not listed", true},
};
#define PARTS (sizeof parts / sizeof parts[0])

/* PARTS: none that is known here. */
static size_t part_of(const cJSON *rule) {
  const char *part = field_text(rule, "part");
  size_t at = 0;
  while (at < PARTS && (part == NULL || strcmp(part, parts[at].part) != 0))
    at++;
  return at;
}

static void why(struct render *render, const cJSON *rule, const char *label) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  render_outside(&line, field_text(rule, "name"));
  pg_text_str_add(&line, ": ");
  render_outside(&line, field_text(rule, "why"));
  render_label(render, label, &line);
  pg_text_free(&line);
}

static void each_of(struct render *render, const cJSON *rules, size_t part) {
  const char *label = part < PARTS ? parts[part].label : "Rule";
  const cJSON *rule;
  cJSON_ArrayForEach(rule, rules) {
    if (part_of(rule) != part)
      continue;
    why(render, rule, label);
    label = "";
  }
}

static void all_of(struct render *render, const cJSON *rules, size_t part) {
  struct pg_text line;
  const cJSON *rule;
  pg_text_init(&line, RENDER_LIST_MAX);
  cJSON_ArrayForEach(rule, rules) {
    if (part_of(rule) != part)
      continue;
    pg_text_str_add(&line, line.len > 0 ? ", " : "");
    render_outside(&line, field_text(rule, "name"));
  }
  if (line.len > 0 || line.failed)
    render_label(render, parts[part].label, &line);
  pg_text_free(&line);
}

void policy_test_text(struct render *render, const cJSON *result) {
  const cJSON *rules = field_array(result, "rules");
  verdict(render, result);
  circumstances(render, result);
  for (size_t part = 0; part <= PARTS; part++) {
    if (part < PARTS && parts[part].together)
      all_of(render, rules, part);
    else
      each_of(render, rules, part);
  }
  if (cJSON_GetArraySize(rules) == 0)
    render_label_str(render, "Rules", "there are none");
  render_notes(render, result);
}
