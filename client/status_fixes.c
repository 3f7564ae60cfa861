#include "client/status_fixes.h"

#include "client/fields.h"
#include "client/holders.h"
#include "client/status_advice.h"
#include "client/status_next.h"
#include "common/limits.h"

#include <string.h>

#define OTHERS_SHOWN 8 /* fixes beside the first; --json has them all */

static bool any_frees(const cJSON *fixes) {
  const cJSON *fix;
  cJSON_ArrayForEach(fix, fixes) {
    if (field_is(fix, "frees_port", true))
      return true;
  }
  return false;
}

/* The service ranks its fixes; the first is the cure only when it is enough. */
static const cJSON *cure_among(const cJSON *fixes) {
  const cJSON *first = fixes != NULL ? fixes->child : NULL;
  return field_is(first, "frees_port", true) ? first : NULL;
}

const cJSON *status_fix_lines(const cJSON *fix) {
  const cJSON *commands = field_array(fix, "commands");
  return cJSON_GetArraySize(commands) > 0 ? commands : field_array(fix, "by_hand");
}

/* Who holds the port for somebody else: a rule, a relay, a driver. It is not what to
 * stop, so nothing is said of stopping it. */
static bool holds_for_others(const cJSON *holder) {
  return holder_is(holder, "portproxy") || holder_is(holder, "driver") ||
         holder_relays_for(holder) != NULL;
}

/* Whether one holder's letting go is enough: then the others have single addresses. */
static bool one_is_enough(const cJSON *fixes) {
  const cJSON *fix;
  cJSON_ArrayForEach(fix, fixes) {
    const char *kind = field_text(fix, "kind");
    bool of_all = kind == NULL || strcmp(kind, "stop-services") == 0 ||
                  strcmp(kind, "narrow-iplisten") == 0;
    if (!of_all && field_is(fix, "frees_port", true))
      return true;
  }
  return false;
}

/* A reserved port has ranges, and none of them can let go. */
static size_t count_owners(const cJSON *result) {
  if (field_says(result, "state", "reserved"))
    return 0;
  return holders_owner_count(field_array(result, "holders"));
}

void status_several(struct pg_text *out, const cJSON *result) {
  const cJSON *holders = field_array(result, "holders");
  size_t owners = count_owners(result);
  if (owners < 2)
    return;
  const cJSON *first = holders->child;
  pg_text_printf(out, "%zu holders: ", owners);
  if (one_is_enough(field_array(result, "fixes"))) {
    pg_text_str_add(out, "one has every address, the others only some.");
  } else if (holds_for_others(first)) {
    pg_text_str_add(out, "each must let go before the port is free.");
  } else {
    bool service = field_object(first, "service") != NULL;
    pg_text_str_add(out, service ? "stopping " : "ending ");
    holder_name(out, first, HOLDER_SHORT);
    pg_text_str_add(out, " alone does not free the port.");
  }
}

static void several_holders(struct render *render, const cJSON *result) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  status_several(&line, result);
  if (line.len > 0)
    render_wrapped(render, 0, 2, pg_text_str(&line));
  pg_text_free(&line);
}

/* The only line there is to type; NULL when there are more, or none. */
static const char *only_line(const cJSON *fix) {
  const cJSON *lines = status_fix_lines(fix);
  return cJSON_GetArraySize(lines) == 1 ? cJSON_GetStringValue(lines->child) : NULL;
}

static void command_lines(struct render *render, size_t indent, const cJSON *fix) {
  const cJSON *line;
  cJSON_ArrayForEach(line, status_fix_lines(fix)) {
    if (cJSON_IsString(line))
      render_command(render, indent, line->valuestring);
  }
}

/* What was cautioned of already, a line for each sentence. */
struct said {
  struct pg_text text;
};

/* The length of the sentence that begins at |words|; they are joined by "; ". */
static size_t sentence(const char *words) {
  const char *end = strstr(words, "; ");
  return end != NULL ? (size_t)(end - words) : strlen(words);
}

/* Fixes share their cautions: each sentence is shown once in an answer. */
static void add_unsaid(struct said *said, const char *words, struct pg_text *out) {
  while (*words != '\0') {
    size_t len = sentence(words);
    struct pg_text key;
    pg_text_init(&key, RENDER_LINE_MAX);
    pg_text_char(&key, '\n');
    pg_text_add(&key, words, len);
    pg_text_char(&key, '\n');
    if (strstr(pg_text_str(&said->text), pg_text_str(&key)) == NULL) {
      pg_text_str_add(out, out->len > 0 ? "; " : "");
      pg_text_add(out, words, len);
      pg_text_str_add(&said->text, pg_text_str(&key));
    }
    pg_text_free(&key);
    words += len;
    words += strspn(words, "; ");
  }
}

static void caution(struct render *render, struct said *said, size_t indent,
                    const cJSON *fix) {
  const char *words = field_text(fix, "caution");
  if (words == NULL)
    return;
  struct pg_text fresh, line;
  pg_text_init(&fresh, RENDER_LINE_MAX);
  pg_text_init(&line, RENDER_LINE_MAX);
  add_unsaid(said, words, &fresh);
  pg_text_escaped(&line, pg_text_str(&fresh), 4 * PG_SHOWN_CHARS);
  if (line.len > 0) {
    pg_text_printf(render->out, "%*s", (int)indent, "");
    render_styled(render, RENDER_WARN, "Caution");
    pg_text_str_add(render->out, "  ");
    render_wrapped(render, indent + 9, indent + 9, pg_text_str(&line));
  }
  pg_text_free(&fresh);
  pg_text_free(&line);
}

/* "Undo     net start W3SVC", further commands below the first; below the label
 * when one of them is too long to stand behind it. */
static void undo(struct render *render, size_t indent, const cJSON *fix) {
  const cJSON *commands = field_array(fix, "undo"), *command;
  size_t column = indent + 9;
  bool behind = true, first = true;
  cJSON_ArrayForEach(command, commands) {
    const char *text = cJSON_GetStringValue(command);
    behind =
        behind && (text == NULL || column + pg_utf8_columns(text) <= render->columns);
  }
  cJSON_ArrayForEach(command, commands) {
    if (!cJSON_IsString(command))
      continue;
    if (first)
      pg_text_printf(render->out, "%*sUndo%s", (int)indent, "", behind ? "" : "\n");
    size_t blanks = first ? column - indent - strlen("Undo") : column;
    render_command(render, behind ? blanks : indent + 2, command->valuestring);
    first = false;
  }
}

/* What the command does is seen from it. */
static bool explains_itself(const cJSON *fix) {
  static const char *const kinds[] = {"stop-service", "stop-services", "stop-process",
                                      "delete-portproxy"};
  const char *kind = field_text(fix, "kind");
  const cJSON *lines = status_fix_lines(fix);
  const char *first = lines != NULL ? cJSON_GetStringValue(lines->child) : NULL;
  if (kind == NULL || first == NULL || strcmp(first, "services.msc") == 0)
    return false;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (strcmp(kinds[i], kind) == 0)
      return true;
  return false;
}

static void cure(struct render *render, const char *lead, const cJSON *fix) {
  const char *only = only_line(fix), *title = field_text(fix, "title");
  pg_text_str_add(render->out, lead);
  if (title != NULL && !explains_itself(fix)) {
    struct pg_text line;
    pg_text_init(&line, RENDER_LINE_MAX);
    pg_text_char(&line, ' ');
    render_outside(&line, title);
    render_wrapped(render, strlen(lead), 4, pg_text_str(&line));
    pg_text_free(&line);
  } else if (only != NULL &&
             strlen(lead) + 2 + pg_utf8_columns(only) <= render->columns) {
    render_command(render, 2, only);
    return;
  } else {
    pg_text_char(render->out, '\n');
  }
  command_lines(render, 2, fix);
}

static void to_free_it(struct render *render, struct said *said, const cJSON *fix) {
  cure(render,
       field_is(fix, "elevated", true) ? "To free it (as administrator):" : "To free it:",
       fix);
  caution(render, said, 0, fix);
  undo(render, 0, fix);
}

/* "  Stop BranchCache (not enough alone):  net stop PeerDistSvc" when that fits and
 * there is no other command; else each on lines of its own. */
static void title_and_commands(struct render *render, const struct pg_text *title,
                               const cJSON *fix) {
  const char *only = only_line(fix);
  size_t width = 2 + pg_utf8_columns(pg_text_str(title));
  pg_text_str_add(render->out, "  ");
  if (only != NULL && width + 3 + pg_utf8_columns(only) <= render->columns) {
    pg_text_printf(render->out, "%s:", pg_text_str(title));
    render_command(render, 2, only);
    return;
  }
  render_wrapped(render, 2, 4, pg_text_str(title));
  command_lines(render, 4, fix);
}

/* With what is to be known before choosing it. */
static void whole_fix(struct render *render, struct said *said, const cJSON *fix,
                      bool marked, bool tell_elevated) {
  bool frees = field_is(fix, "frees_port", true);
  const char *mark = !marked ? "" : frees ? "frees the port" : "not enough alone";
  struct pg_text title;
  bool elevated = tell_elevated && field_is(fix, "elevated", true);
  pg_text_init(&title, RENDER_LINE_MAX);
  render_outside(&title, field_text(fix, "title"));
  if (title.len == 0)
    pg_text_char(&title, '-');
  if (mark[0] != '\0' || elevated)
    pg_text_printf(&title, " (%s%s%s)", mark, mark[0] != '\0' && elevated ? ", " : "",
                   elevated ? "as administrator" : "");
  title_and_commands(render, &title, fix);
  pg_text_free(&title);
  caution(render, said, 4, fix);
  undo(render, 4, fix);
}

static bool all_elevated(const cJSON *fixes) {
  const cJSON *fix;
  cJSON_ArrayForEach(fix, fixes) {
    if (!field_is(fix, "elevated", true))
      return false;
  }
  return true;
}

/* No first fix that is enough: every step is shown, under its title. */
static void what_helps(struct render *render, struct said *said, const cJSON *fixes) {
  bool all = all_elevated(fixes), marked = any_frees(fixes);
  pg_text_printf(render->out, "%s%s:\n",
                 marked ? "What helps, best first"
                        : "No single step frees it. What helps",
                 all ? " (as administrator)" : "");
  const cJSON *fix;
  cJSON_ArrayForEach(fix, fixes) {
    whole_fix(render, said, fix, marked, !all);
  }
}

/* To stop one of several is the beginning of stopping all, which was shown. */
static bool is_part_of(const cJSON *fix, const cJSON *shown) {
  return field_says(fix, "kind", "stop-service") &&
         field_says(shown, "kind", "stop-services");
}

static int count_others(const cJSON *fixes, const cJSON *shown) {
  int count = 0;
  const cJSON *fix;
  cJSON_ArrayForEach(fix, fixes) {
    count += fix != shown && !is_part_of(fix, shown);
  }
  return count;
}

/* The fixes beside the one that was shown first. */
static void other_ways(struct render *render, struct said *said, const cJSON *fixes,
                       const cJSON *shown) {
  const cJSON *fix;
  int count = 0, left = count_others(fixes, shown);
  bool all = all_elevated(fixes);
  if (left == 0)
    return;
  pg_text_printf(render->out, "\nOther ways%s:\n", all ? " (as administrator)" : "");
  cJSON_ArrayForEach(fix, fixes) {
    if (fix == shown || is_part_of(fix, shown))
      continue;
    if (count++ == OTHERS_SHOWN) {
      pg_text_printf(render->out, "  and %d more (--json)\n", left - OTHERS_SHOWN);
      return;
    }
    whole_fix(render, said, fix, true, !all);
  }
}

void status_fixes(struct render *render, const cJSON *result) {
  const cJSON *fixes = field_array(result, "fixes");
  const cJSON *fix = cure_among(fixes);
  bool several = count_owners(result) > 1, next = status_has_next(result);
  struct said said;
  pg_text_init(&said.text, RENDER_LINE_MAX);
  status_advice(render, result);
  if (several || next || cJSON_GetArraySize(fixes) > 0)
    pg_text_char(render->out, '\n');
  several_holders(render, result);
  if (fix != NULL)
    to_free_it(render, &said, fix);
  else if (cJSON_GetArraySize(fixes) > 0)
    what_helps(render, &said, fixes);
  if (fix != NULL)
    other_ways(render, &said, fixes, fix);
  if (next)
    status_next(render, result);
  status_not_recommended(render, result);
  pg_text_free(&said.text);
}
