#include "client/change_text.h"

#include "client/fields.h"
#include "common/timestamp.h"

#include <stdio.h>
#include <string.h>

#define SUBJECT_COLUMNS 9 /* "TCP 65535" */
#define WORD_COLUMNS 8    /* "RELEASED" */
#define NO_EVENT (-1)     /* what is told and not logged */
#define ACTION 0

struct word {
  int64_t first, last; /* IDs of events */
  const char *text;
  enum render_style style;
};

static const struct word *word_of(int64_t event) {
  static const struct word words[] = {
      {1100, 1100, "TAKEN", RENDER_BAD},      {1101, 1101, "RELEASED", RENDER_GOOD},
      {1102, 1102, "HOLDER", RENDER_WARN},    {1103, 1103, "FLAPPING", RENDER_WARN},
      {1200, 1207, "HTTP.SYS", RENDER_PLAIN}, {1208, 1209, "PROXY", RENDER_PLAIN},
      {1210, 1211, "RANGE", RENDER_PLAIN},    {1300, 1399, "POLICY", RENDER_WARN},
      {1000, 1000, "STARTED", RENDER_PLAIN},  {1001, 1001, "STOPPED", RENDER_PLAIN},
      {ACTION, ACTION, "ACTION", RENDER_WARN}};
  static const struct word other = {0, 0, "CHANGE", RENDER_PLAIN};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (event >= words[i].first && event <= words[i].last)
      return &words[i];
  return &other;
}

static void pad(struct pg_text *out, size_t used, size_t columns) {
  for (; used < columns; used++)
    pg_text_char(out, ' ');
  pg_text_str_add(out, "  ");
}

/* With the date, since such lines are kept. */
static void add_time(struct render *render, int64_t at) {
  struct client_time local;
  if (at == PG_TIME_UNKNOWN || !render->local_time(at, &local)) {
    pad(render->out, 0, strlen("2026-03-02 12:26:31"));
    return;
  }
  pg_text_printf(render->out, "%04d-%02d-%02d %02d:%02d:%02d  ", local.year, local.month,
                 local.day, local.hour, local.minute, local.second);
}

static void add_clock(struct render *render, int64_t at) {
  struct client_time local;
  if (at == PG_TIME_UNKNOWN || !render->local_time(at, &local))
    pad(render->out, 0, strlen("12:26:31"));
  else
    pg_text_printf(render->out, "%02d:%02d:%02d  ", local.hour, local.minute,
                   local.second);
}

static void add_subject(struct render *render, int64_t port) {
  size_t before = render->out->len;
  if (port > 0)
    pg_text_printf(render->out, "TCP %lld", (long long)port);
  pad(render->out, render->out->len - before, SUBJECT_COLUMNS);
}

static void add_word(struct render *render, const cJSON *change) {
  const struct word *word = word_of(field_int(change, "event", NO_EVENT));
  render_styled(render, word->style, word->text);
  pad(render->out, strlen(word->text), WORD_COLUMNS);
}

/* An action says what was asked for, and whether it was done. */
static void add_action(struct pg_text *out, const cJSON *change) {
  const cJSON *data = field_object(change, "data");
  const char *action = field_text(data, "action");
  const char *outcome = field_text(data, "outcome");
  if (field_int(change, "event", NO_EVENT) != ACTION || action == NULL)
    return;
  render_outside(out, action);
  if (outcome != NULL && strcmp(outcome, "done") != 0) {
    pg_text_char(out, ' ');
    render_outside(out, outcome);
  }
  pg_text_str_add(out, ": ");
}

static void add_summary(struct pg_text *out, const cJSON *change) {
  const char *summary = field_text(change, "summary");
  bool known = summary != NULL && summary[0] != '\0';
  add_action(out, change);
  render_outside(out, known ? summary : "(nothing more is known)");
}

void change_text(struct render *render, const cJSON *change) {
  add_time(render, field_time(change, "at"));
  add_subject(render, field_int(change, "port", 0));
  add_word(render, change);
  add_summary(render->out, change);
  if (field_is(change, "missed", true))
    pg_text_str_add(render->out, " (missed)");
  pg_text_char(render->out, '\n');
}

void change_entry(struct render *render, const cJSON *entry, bool port) {
  size_t used = strlen("  12:26:31  ") + WORD_COLUMNS + 2;
  struct pg_text words;
  pg_text_init(&words, RENDER_LINE_MAX);
  add_summary(&words, entry);
  pg_text_str_add(render->out, "  ");
  add_clock(render, field_time(entry, "at"));
  if (port) {
    add_subject(render, field_int(entry, "port", 0));
    used += SUBJECT_COLUMNS + 2;
  }
  add_word(render, entry);
  render_wrapped(render, used, used, pg_text_str(&words));
  pg_text_free(&words);
}
