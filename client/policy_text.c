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

/* What concerns every rule: where they come from, and what keeps them from acting. */
static void about_all(struct render *render, const cJSON *result) {
  struct pg_text pause;
  pg_text_init(&pause, RENDER_LINE_MAX);
  health_configuration(render, result);
  if (rejected(result) && field_array(result, "rules") != NULL &&
      field_array(result, "rules")->child != NULL)
    render_label_str(render, "", "the rules below are those from before");
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

static void what_to_write(struct render *render, const cJSON *result) {
  const char *file = field_text(field_object(result, "configuration"), "file");
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
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
