#include "client/status_advice.h"

#include "client/fields.h"
#include "client/holders.h"

#include <string.h>

static bool advised_before(const cJSON *holders, const cJSON *holder, const char *text) {
  for (const cJSON *at = holders->child; at != holder; at = at->next) {
    const char *before = field_text(field_object(at, "advice"), "text");
    if (before != NULL && strcmp(before, text) == 0)
      return true;
  }
  return false;
}

/* A fix that stops the holder carries the advice as its caution. */
static bool cautioned(const cJSON *fixes, const char *text) {
  const cJSON *fix;
  cJSON_ArrayForEach(fix, fixes) {
    const char *words = field_text(fix, "caution");
    if (words != NULL && strstr(words, text) != NULL)
      return true;
  }
  return false;
}

static void advice_line(struct render *render, const cJSON *holder, const char *text,
                        const char *label) {
  const char *known_as = field_text(holder, "known_as");
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  if (known_as != NULL)
    render_outside(&line, known_as);
  else
    holder_name(&line, holder, HOLDER_SHORT);
  pg_text_str_add(&line, ": ");
  render_outside(&line, text);
  render_label(render, label, &line);
  pg_text_free(&line);
}

void status_advice(struct render *render, const cJSON *result) {
  const cJSON *holders = field_array(result, "holders");
  const cJSON *fixes = field_array(result, "fixes");
  const char *label = "Advice";
  /* An empty line ends the table of HTTP.sys's holders. */
  bool apart = holders_any(holders, "http.sys");
  const cJSON *holder;
  cJSON_ArrayForEach(holder, holders) {
    const char *text = field_text(field_object(holder, "advice"), "text");
    /* A port proxy's service is not what must go. */
    if (text == NULL || holder_is(holder, "portproxy") ||
        advised_before(holders, holder, text) || cautioned(fixes, text))
      continue;
    if (apart)
      pg_text_char(render->out, '\n');
    apart = false;
    advice_line(render, holder, text, label);
    label = "";
  }
}

void status_not_recommended(struct render *render, const cJSON *result) {
  const cJSON *entry;
  cJSON_ArrayForEach(entry, field_array(result, "not_recommended")) {
    const cJSON *dependents = field_array(entry, "dependents");
    const char *command = field_text(entry, "command");
    const char *why = field_text(entry, "why");
    struct pg_text line;
    bool any = cJSON_GetArraySize(dependents) > 0;
    if (command == NULL)
      continue;
    pg_text_init(&line, RENDER_LINE_MAX);
    render_outside(&line, command);
    pg_text_str_add(&line, any ? ": would also stop " : "");
    render_outside_list(&line, dependents);
    pg_text_str_add(&line, why == NULL ? "" : any ? "; " : ": ");
    render_outside(&line, why);
    pg_text_char(render->out, '\n');
    render_styled(render, RENDER_WARN, "Not recommended");
    pg_text_str_add(render->out, "  ");
    render_wrapped(render, 17, 17, pg_text_str(&line));
    pg_text_free(&line);
  }
}
