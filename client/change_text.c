#include "client/change_text.h"

#include "client/fields.h"
#include "common/timestamp.h"

#include <stdio.h>
#include <string.h>

#define SUBJECT_COLUMNS 9 /* "TCP 65535" */
#define WORD_COLUMNS 8    /* "RELEASED" */

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
  };
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

static void add_subject(struct render *render, int64_t port) {
  size_t before = render->out->len;
  if (port > 0)
    pg_text_printf(render->out, "TCP %lld", (long long)port);
  pad(render->out, render->out->len - before, SUBJECT_COLUMNS);
}

void change_text(struct render *render, const cJSON *change) {
  const struct word *word = word_of(field_int(change, "event", 0));
  const char *summary = field_text(change, "summary");
  add_time(render, field_time(change, "at"));
  add_subject(render, field_int(change, "port", 0));
  render_styled(render, word->style, word->text);
  pad(render->out, strlen(word->text), WORD_COLUMNS);
  render_outside(render->out, summary != NULL ? summary : "(nothing more is known)");
  pg_text_char(render->out, '\n');
}
