#include "client/status_fixes.h"

#include "client/fields.h"
#include "client/holders.h"
#include "common/limits.h"

#include <string.h>

static const cJSON *freeing_fix(const cJSON *fixes) {
  const cJSON *fix;
  cJSON_ArrayForEach(fix, fixes) {
    if (field_is(fix, "frees_port", true))
      return fix;
  }
  return NULL;
}

/* What to type: portguard's own command, else how to do it by hand. */
static const cJSON *fix_lines(const cJSON *fix) {
  const cJSON *commands = field_array(fix, "commands");
  return cJSON_GetArraySize(commands) > 0 ? commands : field_array(fix, "by_hand");
}

static void several_holders(struct render *render, const cJSON *result) {
  const cJSON *holders = field_array(result, "holders");
  size_t owners = holders_owner_count(holders);
  if (owners < 2)
    return;
  bool service = field_object(holders->child, "service") != NULL;
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_printf(&line, "%zu holders: %s ", owners, service ? "stopping" : "ending");
  holder_name(&line, holders->child, HOLDER_SHORT);
  pg_text_str_add(&line, " alone does not free the port.");
  render_wrapped(render, 0, 2, pg_text_str(&line));
  pg_text_free(&line);
}

/* Never broken: a command is there to be copied. */
static void command_line(struct render *render, size_t indent, const char *command) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_printf(&line, "%*s", (int)indent, "");
  pg_text_escaped(&line, command, RENDER_LINE_MAX);
  pg_text_str_add(render->out, pg_text_str(&line));
  pg_text_char(render->out, '\n');
  pg_text_free(&line);
}

static void show_lines(struct render *render, const char *lead, const cJSON *lines) {
  const char *only =
      cJSON_GetArraySize(lines) == 1 ? cJSON_GetStringValue(lines->child) : NULL;
  pg_text_str_add(render->out, lead);
  if (only != NULL && strlen(lead) + 2 + pg_utf8_columns(only) <= render->columns) {
    command_line(render, 2, only);
    return;
  }
  pg_text_char(render->out, '\n');
  const cJSON *line;
  cJSON_ArrayForEach(line, lines) {
    if (cJSON_IsString(line))
      command_line(render, 2, line->valuestring);
  }
}

static void caution(struct render *render, size_t indent, const cJSON *fix) {
  const char *words = field_text(fix, "caution");
  if (words == NULL)
    return;
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  render_outside(&line, words);
  pg_text_printf(render->out, "%*s", (int)indent, "");
  render_styled(render, RENDER_WARN, "Caution");
  pg_text_str_add(render->out, "  ");
  render_wrapped(render, indent + 9, indent + 9, pg_text_str(&line));
  pg_text_free(&line);
}

static void to_free_it(struct render *render, const cJSON *fix) {
  show_lines(render,
             field_is(fix, "elevated", true) ? "To free it (as administrator):"
                                             : "To free it:",
             fix_lines(fix));
  caution(render, 0, fix);
}

/* Nothing frees the port alone: every step is shown, under its title. */
static void part_of_the_way(struct render *render, const cJSON *fixes) {
  render_wrapped(render, 0, 2, "No single step frees it. What helps:");
  const cJSON *fix;
  cJSON_ArrayForEach(fix, fixes) {
    struct pg_text title;
    pg_text_init(&title, RENDER_LINE_MAX);
    render_outside(&title, field_text(fix, "title"));
    if (field_is(fix, "elevated", true))
      pg_text_str_add(&title, " (as administrator)");
    pg_text_str_add(render->out, "  ");
    render_wrapped(render, 2, 4, pg_text_str(&title));
    pg_text_free(&title);
    const cJSON *line;
    cJSON_ArrayForEach(line, fix_lines(fix)) {
      if (cJSON_IsString(line))
        command_line(render, 4, line->valuestring);
    }
    caution(render, 4, fix);
  }
}

void status_fixes(struct render *render, const cJSON *result) {
  const cJSON *fixes = field_array(result, "fixes");
  const cJSON *fix = freeing_fix(fixes);
  bool several = holders_owner_count(field_array(result, "holders")) > 1;
  if (several || cJSON_GetArraySize(fixes) > 0)
    pg_text_char(render->out, '\n');
  several_holders(render, result);
  if (fix != NULL)
    to_free_it(render, fix);
  else if (cJSON_GetArraySize(fixes) > 0)
    part_of_the_way(render, fixes);
}
