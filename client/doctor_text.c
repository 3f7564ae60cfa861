#include "client/doctor_text.h"

#include "client/fields.h"
#include "common/doctor.h"

#include <string.h>

#define STATE_COLUMNS 9 /* "FAILED" and what is longer, in lower case */
#define NAME_COLUMNS 19
#define INDENT (2 + STATE_COLUMNS + NAME_COLUMNS)

/* The word carries the meaning, colour only adds. */
static const struct {
  const char *state, *word;
  enum render_style style;
} words[] = {
    {"ok", "ok", RENDER_GOOD},
    {"warning", "WARNING", RENDER_WARN},
    {"failed", "FAILED", RENDER_BAD},
    {"unknown", "UNKNOWN", RENDER_WARN},
    {"skipped", "skipped", RENDER_PLAIN},
};
#define WORDS (sizeof words / sizeof *words)

static size_t count(const cJSON *result, const char *state) {
  size_t found = 0;
  const cJSON *check;
  cJSON_ArrayForEach(check, field_array(result, "checks")) {
    found += field_says(check, "state", state);
  }
  return found;
}

static void pad(struct pg_text *out, size_t used, size_t columns) {
  do
    pg_text_char(out, ' ');
  while (++used < columns);
}

/* A state of a newer service is shown as it is. */
static void show_state(struct render *render, const char *state) {
  for (size_t i = 0; i < WORDS; i++) {
    if (strcmp(words[i].state, state) != 0)
      continue;
    render_styled(render, words[i].style, words[i].word);
    pad(render->out, strlen(words[i].word), STATE_COLUMNS);
    return;
  }
  size_t before = render->out->len;
  render_outside(render->out, state);
  pad(render->out, render->out->len - before, STATE_COLUMNS);
}

static void show_check(struct render *render, const cJSON *check) {
  const char *state = field_text(check, "state"), *name = field_text(check, "name");
  const char *detail = field_text(check, "detail"), *hint = field_text(check, "hint");
  struct pg_text line;
  if (state == NULL || name == NULL)
    return;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_str_add(render->out, "  ");
  show_state(render, state);
  render_outside(&line, name);
  pad(&line, line.len, NAME_COLUMNS);
  size_t used = 2 + STATE_COLUMNS;
  if (detail != NULL)
    pg_text_escaped(&line, detail, RENDER_LINE_MAX);
  render_wrapped(render, used, INDENT, pg_text_str(&line));
  pg_text_free(&line);
  if (hint != NULL)
    render_command(render, 2 + STATE_COLUMNS, hint);
}

/* "PortGuard: 2 failed, 1 to look at" */
static void headline(struct render *render, const cJSON *result) {
  static const struct {
    const char *state, *words;
  } told[] = {{"failed", "failed"}, {"warning", "to look at"}, {"unknown", "not known"}};
  bool any = false;
  pg_text_str_add(render->out, "PortGuard");
  for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
    size_t found = count(result, told[i].state);
    if (found > 0)
      pg_text_printf(render->out, "%s %zu %s", any ? "," : ":", found, told[i].words);
    any = any || found > 0;
  }
  pg_text_str_add(render->out, any ? "\n\n" : " is all right\n\n");
}

void doctor_text(struct render *render, const cJSON *result) {
  const cJSON *check;
  headline(render, result);
  cJSON_ArrayForEach(check, field_array(result, "checks")) {
    show_check(render, check);
  }
}
