#include "client/action_text.h"

#include "client/fields.h"

static void add_in_brackets(struct pg_text *out, const char *words) {
  if (words == NULL)
    return;
  pg_text_str_add(out, " (");
  render_outside(out, words);
  pg_text_char(out, ')');
}

/* "stop W3SVC (World Wide Web Publishing Service), which needs WAS";
 * "add to the IP listen list (127.0.0.2)" */
static void add_step(struct pg_text *out, const cJSON *step) {
  const char *service = field_text(step, "service");
  const char *reason = field_text(step, "reason");
  render_outside(out, field_text(step, "do"));
  pg_text_str_add(out, service != NULL ? " " : "");
  render_outside(out, service);
  add_in_brackets(out, field_text(step, "display_name"));
  add_in_brackets(out, field_text(step, "address"));
  if (reason != NULL) {
    pg_text_str_add(out, ", ");
    render_outside(out, reason);
  }
}

static void add_outcome(struct pg_text *out, const cJSON *step) {
  const char *outcome = field_text(step, "outcome");
  const char *words = field_text(step, "words");
  if (outcome == NULL)
    return;
  pg_text_str_add(out, ": ");
  render_outside(out, outcome);
  if (words != NULL) {
    pg_text_str_add(out, ", ");
    render_outside(out, words);
  }
}

static void steps(struct render *render, const cJSON *result) {
  const cJSON *step;
  unsigned number = 0;
  cJSON_ArrayForEach(step, field_array(result, "steps")) {
    struct pg_text line;
    pg_text_init(&line, RENDER_LINE_MAX);
    pg_text_printf(&line, "%u. ", ++number);
    add_step(&line, step);
    add_outcome(&line, step);
    pg_text_str_add(render->out, "  ");
    render_wrapped(render, 2, 5, pg_text_str(&line));
    pg_text_free(&line);
  }
}

static void labelled(struct render *render, const char *label, const cJSON *lines) {
  const cJSON *line;
  cJSON_ArrayForEach(line, lines) {
    struct pg_text text;
    pg_text_init(&text, RENDER_LINE_MAX);
    render_outside(&text, cJSON_GetStringValue(line));
    render_label(render, line == lines->child ? label : "", &text);
    pg_text_free(&text);
  }
}

/* What portguard leaves to whoever asked. */
static void told(struct render *render, const cJSON *result) {
  const cJSON *fix, *command;
  cJSON_ArrayForEach(fix, field_array(result, "told")) {
    struct pg_text title;
    pg_text_init(&title, RENDER_LINE_MAX);
    render_outside(&title, field_text(fix, "title"));
    render_label(render, "By hand", &title);
    pg_text_free(&title);
    cJSON_ArrayForEach(command, field_array(fix, "by_hand")) {
      if (cJSON_IsString(command))
        render_command(render, RENDER_LABEL, command->valuestring);
    }
  }
}

static void headline(struct render *render, const cJSON *result) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  render_outside(&line, field_text(result, "summary"));
  if (line.len > 0)
    render_wrapped(render, 0, 2, pg_text_str(&line));
  pg_text_free(&line);
}

void action_plan_text(struct render *render, const cJSON *result) {
  headline(render, result);
  steps(render, result);
  labelled(render, "Caution", field_array(result, "cautions"));
  labelled(render, "Undo", field_array(result, "undo"));
  told(render, result);
  render_notes(render, result);
}

bool action_is_done(const cJSON *result) {
  return field_says(result, "outcome", "done");
}

void action_done_text(struct render *render, const cJSON *result) {
  bool done = action_is_done(result);
  render_styled(render, done ? RENDER_GOOD : RENDER_BAD, done ? "DONE" : "NOT DONE");
  pg_text_str_add(render->out, "  ");
  headline(render, result);
  steps(render, result);
  labelled(render, "Undo", field_array(result, "undo"));
  told(render, result);
  render_notes(render, result);
}

void action_progress_text(struct render *render, const cJSON *params) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  add_step(&line, params);
  add_outcome(&line, params);
  render_wrapped(render, 0, 2, pg_text_str(&line));
  pg_text_free(&line);
}
