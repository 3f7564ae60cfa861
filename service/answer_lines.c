#include "service/answer_lines.h"

#include "common/limits.h"

#include <string.h>

static void say(struct pg_text *out, const char *label, const cJSON *sentence) {
  const char *words = cJSON_GetStringValue(sentence);
  pg_text_str_add(out, label);
  if (words != NULL)
    pg_text_escaped(out, words, 4 * PG_SHOWN_CHARS);
  pg_text_char(out, '\n');
}

/* Two holders behind HTTP.sys share its listeners: that is said once. */
static bool said_before(const cJSON *holders, const cJSON *holder,
                        const cJSON *sentence) {
  const cJSON *other;
  for (const cJSON *at = holders->child; at != holder; at = at->next) {
    cJSON_ArrayForEach(other, pg_json_member(at, "evidence")) {
      if (strcmp(other->valuestring, sentence->valuestring) == 0)
        return true;
    }
  }
  return false;
}

static void say_evidence(struct pg_text *out, const cJSON *holders) {
  const cJSON *holder, *sentence;
  cJSON_ArrayForEach(holder, holders) {
    cJSON_ArrayForEach(sentence, pg_json_member(holder, "evidence")) {
      if (!said_before(holders, holder, sentence))
        say(out, "  because  ", sentence);
    }
  }
}

static void say_each(struct pg_text *out, const char *label, const cJSON *sentences) {
  const cJSON *sentence;
  cJSON_ArrayForEach(sentence, sentences) {
    say(out, label, sentence);
  }
}

static void say_rows(struct pg_text *out, const cJSON *ports) {
  const cJSON *row;
  cJSON_ArrayForEach(row, ports) {
    pg_text_printf(out, "%5.0f  ", cJSON_GetNumberValue(pg_json_member(row, "port")));
    say(out, "", pg_json_member(row, "summary"));
  }
}

/* Of a port nobody listens on; the ranges that make it reserved are evidence. */
static void say_ranges(struct pg_text *out, const cJSON *ranges) {
  const cJSON *range;
  cJSON_ArrayForEach(range, ranges) {
    const char *family = cJSON_GetStringValue(pg_json_member(range, "family"));
    bool administered = cJSON_IsTrue(pg_json_member(range, "administered"));
    pg_text_printf(out, "  range    %.0f-%.0f, %s, %s\n",
                   cJSON_GetNumberValue(pg_json_member(range, "first")),
                   cJSON_GetNumberValue(pg_json_member(range, "last")),
                   family != NULL ? family : "",
                   administered ? "administered" : "dynamic");
  }
}

static void say_connections(struct pg_text *out, const cJSON *connections) {
  const cJSON *row;
  cJSON_ArrayForEach(row, connections) {
    const char *address = cJSON_GetStringValue(pg_json_member(row, "address"));
    const char *state = cJSON_GetStringValue(pg_json_member(row, "state"));
    const char *process = cJSON_GetStringValue(pg_json_member(row, "process"));
    pg_text_str_add(out, "  used by  ");
    pg_text_escaped(out, process != NULL ? process : "", PG_SHOWN_CHARS);
    pg_text_printf(out, "%sPID %.0f on %s (%s)\n", process != NULL ? ", " : "",
                   cJSON_GetNumberValue(pg_json_member(row, "pid")),
                   address != NULL ? address : "", state != NULL ? state : "");
  }
}

static void say_takers(struct pg_text *out, const cJSON *takers) {
  const cJSON *row;
  cJSON_ArrayForEach(row, takers) {
    const char *why = cJSON_GetStringValue(pg_json_member(row, "why"));
    pg_text_str_add(out, "  perhaps  ");
    pg_text_escaped(out, cJSON_GetStringValue(pg_json_member(row, "service")),
                    PG_SHOWN_CHARS);
    pg_text_str_add(out, why != NULL ? ": " : "");
    say(out, "", pg_json_member(row, "why"));
  }
}

/* What follows the first command belongs to the same way out. */
static void say_commands(struct pg_text *out, const char *label, const cJSON *commands) {
  const cJSON *command;
  cJSON_ArrayForEach(command, commands) {
    say(out, command == commands->child ? label : "  then     ", command);
  }
}

/* What there is to know before stopping a service is the same whichever way. */
static bool cautioned_before(const cJSON *fixes, const cJSON *fix) {
  const char *words = cJSON_GetStringValue(pg_json_member(fix, "caution"));
  for (const cJSON *at = fixes->child; at != fix; at = at->next) {
    const char *before = cJSON_GetStringValue(pg_json_member(at, "caution"));
    if (before != NULL && words != NULL && strcmp(before, words) == 0)
      return true;
  }
  return false;
}

static void say_fixes(struct pg_text *out, const cJSON *fixes) {
  const cJSON *fix;
  cJSON_ArrayForEach(fix, fixes) {
    bool frees = cJSON_IsTrue(pg_json_member(fix, "frees_port"));
    const cJSON *caution = pg_json_member(fix, "caution");
    const char *label = frees ? "  to free  " : "  helps    ";
    const cJSON *commands = pg_json_member(fix, "by_hand");
    if (cJSON_GetArraySize(commands) > 0)
      say_commands(out, label, commands);
    else
      say(out, label, pg_json_member(fix, "title"));
    if (cJSON_IsString(caution) && !cautioned_before(fixes, fix))
      say(out, "  caution  ", caution);
  }
}

static void say_port(struct pg_text *out, const cJSON *answer) {
  const cJSON *listeners = pg_json_member(answer, "listeners");
  say(out, "", pg_json_member(answer, "summary"));
  say_evidence(out, pg_json_member(answer, "holders"));
  if (cJSON_GetArraySize(listeners) == 0)
    say_ranges(out, pg_json_member(answer, "excluded_ranges"));
  say_connections(out, pg_json_member(answer, "connections"));
  say_takers(out, pg_json_member(answer, "may_be_taken_by"));
  say_fixes(out, pg_json_member(answer, "fixes"));
}

enum pg_error answer_lines(const struct pg_text *json, struct pg_text *out,
                           struct pg_fault *fault) {
  static const struct pg_json_limits limits = {PG_ANSWER_MAX, PG_JSON_DEPTH, 0};
  cJSON *answer = NULL;
  if (json->failed)
    return pg_fail(fault, PG_E_TOOBIG, "the answer does not fit into %u MiB",
                   PG_ANSWER_MAX / PG_MIB);
  enum pg_error error =
      pg_json_read(pg_text_str(json), json->len, &limits, &answer, fault);
  if (error != PG_OK)
    return error;
  const cJSON *ports = pg_json_member(answer, "ports");
  if (ports != NULL)
    say_rows(out, ports);
  else
    say_port(out, answer);
  say_each(out, "  note     ", pg_json_member(answer, "warnings"));
  cJSON_Delete(answer);
  return PG_OK;
}
