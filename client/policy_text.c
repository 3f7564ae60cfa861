#include "client/policy_text.h"

#include "client/fields.h"
#include "client/health_text.h"

#include <string.h>

/* --- show --- */

static void outside_label(struct render *render, const char *label, const char *words) {
  struct pg_text line;
  if (words == NULL)
    return;
  pg_text_init(&line, RENDER_LINE_MAX);
  render_outside(&line, words);
  render_label(render, label, &line);
  pg_text_free(&line);
}

static bool rejected(const cJSON *result) {
  return field_text(field_object(result, "configuration"), "error") != NULL;
}

/* Rules that Group Policy keeps from doing anything. */
static void switched_off(struct render *render, const cJSON *result) {
  const cJSON *names = field_array(result, "switched_off");
  struct pg_text line;
  if (cJSON_GetArraySize(names) == 0)
    return;
  pg_text_init(&line, RENDER_LIST_MAX);
  pg_text_str_add(&line, "by Group Policy (PolicyMode): ");
  render_outside_list(&line, names);
  render_label(render, "Off", &line);
  pg_text_free(&line);
}

/* What concerns every rule: where they come from, and what keeps them from acting. */
static void about_all(struct render *render, const cJSON *result) {
  struct pg_text pause;
  pg_text_init(&pause, RENDER_LINE_MAX);
  health_configuration(render, result);
  if (rejected(result) && field_array(result, "rules") != NULL &&
      field_array(result, "rules")->child != NULL)
    render_label_str(render, "", "the rules below are those from before");
  switched_off(render, result);
  outside_label(render, "No action", field_text(result, "no_action"));
  render_until(render, &pause, field_time(result, "paused_until"));
  if (pause.len > 0) {
    struct pg_text line;
    pg_text_init(&line, RENDER_LINE_MAX);
    pg_text_printf(&line, "all rules, %s", pg_text_str(&pause));
    render_label(render, "Paused", &line);
    pg_text_free(&line);
  }
  pg_text_free(&pause);
}

/* Where somebody has to go who wants rules, or mended ones. */
static bool is_up_to_group_policy(const cJSON *result) {
  const cJSON *configuration = field_object(result, "configuration");
  return rejected(result) ? field_says(configuration, "error_source", "group-policy")
                          : field_says(configuration, "source", "group-policy") ||
                                field_says(configuration, "policy_mode", "off");
}

static void what_to_write(struct render *render, const cJSON *result) {
  const char *file = field_text(field_object(result, "configuration"), "file");
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  if (is_up_to_group_policy(result)) {
    render_label_str(render, "Next",
                     "ask whoever manages Group Policy: gpresult /scope computer /v says "
                     "which one it is; docs/group-policy.md says how");
    pg_text_free(&line);
    return;
  }
  pg_text_str_add(&line, rejected(result) ? "mend " : "write rules into ");
  if (file != NULL)
    render_outside(&line, file);
  else
    pg_text_str_add(&line, "%ProgramData%\\PortGuard\\config.json");
  pg_text_str_add(&line, "; docs/policy.md says how");
  render_label(render, "Next", &line);
  pg_text_free(&line);
}

void policy_show_text(struct render *render, const cJSON *result) {
  const cJSON *rules = field_array(result, "rules"), *rule;
  int count = cJSON_GetArraySize(rules);
  if (count == 0)
    pg_text_str_add(render->out, "No rules: nothing is ever stopped by itself.\n\n");
  else
    pg_text_printf(render->out, "%d %s in force\n\n", count,
                   count == 1 ? "rule is" : "rules are");
  about_all(render, result);
  if (count == 0)
    what_to_write(render, result);
  cJSON_ArrayForEach(rule, rules) {
    pg_text_char(render->out, '\n');
    policy_rule_text(render, rule, result);
  }
  render_notes(render, result);
}

/* --- pause and resume --- */

static void add_whom(struct pg_text *out, const cJSON *result) {
  const char *rule = field_text(result, "rule");
  render_outside(out, rule != NULL ? rule : "all rules");
}

static void one_line(struct render *render, enum render_style style, const char *word,
                     const struct pg_text *line) {
  render_styled(render, style, word);
  pg_text_str_add(render->out, "  ");
  render_wrapped(render, strlen(word) + 2, 2, pg_text_str(line));
}

void policy_pause_text(struct render *render, const cJSON *result) {
  struct pg_text line, until;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_init(&until, RENDER_LINE_MAX);
  add_whom(&line, result);
  render_until(render, &until, field_time(result, "paused_until"));
  if (until.len > 0)
    pg_text_printf(&line, ", %s", pg_text_str(&until));
  one_line(render, RENDER_WARN, "PAUSED", &line);
  pg_text_free(&until);
  pg_text_free(&line);
  render_notes(render, result);
}

void policy_resume_text(struct render *render, const cJSON *result) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  add_whom(&line, result);
  pg_text_str_add(&line, ": pauses and suspensions are over, strikes forgotten");
  one_line(render, RENDER_GOOD, "RESUMED", &line);
  pg_text_free(&line);
  render_notes(render, result);
}
