#include "client/render.h"

#include "client/fields.h"
#include "common/limits.h"
#include "common/timestamp.h"

#include <string.h>

static const char *const style_codes[] = {
    [RENDER_PLAIN] = "",
    [RENDER_BAD] = "\033[1;31m",
    [RENDER_GOOD] = "\033[1;32m",
    [RENDER_WARN] = "\033[1;33m",
};

void render_styled(struct render *render, enum render_style style, const char *words) {
  bool coloured = render->colour && style != RENDER_PLAIN;
  if (coloured)
    pg_text_str_add(render->out, style_codes[style]);
  pg_text_str_add(render->out, words);
  if (coloured)
    pg_text_str_add(render->out, "\033[0m");
}

static void blanks(struct pg_text *out, size_t count) {
  while (count-- > 0)
    pg_text_char(out, ' ');
}

size_t render_bytes(const char *s, size_t len, size_t columns) {
  size_t at = 0;
  uint32_t ignored;
  while (at < len && columns-- > 0) {
    size_t step = pg_utf8_decode(s + at, len - at, &ignored);
    at += step > 0 ? step : 1;
  }
  return at;
}

static size_t columns_of(const char *s, size_t len) {
  size_t at = 0, columns = 0;
  while (at < len) {
    at += render_bytes(s + at, len - at, 1);
    columns++;
  }
  return columns;
}

/* A word that no line can hold is cut into pieces that lines can. */
static size_t put_long_word(struct render *render, size_t column, size_t indent,
                            const char *word, size_t len) {
  while (len > 0) {
    if (column >= render->columns) {
      pg_text_char(render->out, '\n');
      blanks(render->out, indent);
      column = indent;
    }
    size_t piece = render_bytes(word, len, render->columns - column);
    pg_text_add(render->out, word, piece);
    column += columns_of(word, piece);
    word += piece;
    len -= piece;
  }
  return column;
}

void render_wrapped(struct render *render, size_t used, size_t indent, const char *text) {
  size_t column = used;
  bool first = true;
  while (*text != '\0') {
    size_t gap = strspn(text, " ");
    size_t len = strcspn(text + gap, " ");
    size_t width = columns_of(text + gap, len);
    if (!first && len > 0 && column + gap + width > render->columns) {
      pg_text_char(render->out, '\n');
      blanks(render->out, indent);
      column = indent;
    } else if (len > 0) {
      blanks(render->out, gap);
      column += gap;
    }
    column = put_long_word(render, column, indent, text + gap, len);
    text += gap + len;
    first = false;
  }
  pg_text_char(render->out, '\n');
}

void render_label_str(struct render *render, const char *label, const char *text) {
  pg_text_printf(render->out, "  %-*s", RENDER_LABEL - 2, label);
  render_wrapped(render, RENDER_LABEL, RENDER_LABEL, text);
}

void render_label(struct render *render, const char *label, const struct pg_text *text) {
  if (text->failed)
    render->out->failed = true;
  else
    render_label_str(render, label, pg_text_str(text));
}

void render_bullet(struct render *render, const struct pg_text *text) {
  if (text->failed)
    render->out->failed = true;
  blanks(render->out, RENDER_LABEL);
  pg_text_str_add(render->out, "- ");
  render_wrapped(render, RENDER_LABEL + 2, RENDER_LABEL + 2, pg_text_str(text));
}

void render_command(struct render *render, size_t indent, const char *command) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  blanks(&line, indent);
  pg_text_escaped(&line, command, RENDER_LINE_MAX);
  pg_text_str_add(render->out, pg_text_str(&line));
  pg_text_char(render->out, '\n');
  pg_text_free(&line);
}

static void note(struct render *render, const char *text) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  render_outside(&line, text);
  pg_text_str_add(render->out, "Note  ");
  render_wrapped(render, 6, 6, pg_text_str(&line));
  pg_text_free(&line);
}

void render_notes(struct render *render, const cJSON *result) {
  const cJSON *warnings = field_array(result, "warnings");
  bool incomplete = field_is(result, "complete", false);
  if (incomplete || cJSON_GetArraySize(warnings) > 0)
    pg_text_char(render->out, '\n');
  if (incomplete) {
    render_styled(render, RENDER_WARN, "INCOMPLETE");
    render_wrapped(render, 10, 12,
                   "  not everything could be read; what is said here still stands.");
  }
  const cJSON *warning;
  cJSON_ArrayForEach(warning, warnings) {
    if (cJSON_IsString(warning))
      note(render, warning->valuestring);
  }
}

void render_duration(struct pg_text *out, int64_t ms) {
  long long s = (long long)(ms / 1000);
  if (s < 60)
    pg_text_printf(out, "%lld s", s);
  else if (s < 3600)
    pg_text_printf(out, "%lld min", s / 60);
  else if (s < 86400)
    pg_text_printf(out, "%lld h %lld min", s / 3600, s / 60 % 60);
  else
    pg_text_printf(out, "%lld d %lld h", s / 86400, s / 3600 % 24);
}

void render_seconds(struct pg_text *out, int64_t s) {
  static const struct {
    int64_t seconds;
    const char *name;
  } units[] = {{3600, "h"}, {60, "min"}, {1, "s"}};
  size_t at = 0;
  while (s == 0 ? at < 2 : s % units[at].seconds != 0)
    at++;
  pg_text_printf(out, "%lld %s", (long long)(s / units[at].seconds), units[at].name);
}

bool render_time(const struct render *render, struct pg_text *out, int64_t unix_ms) {
  struct client_time then, now;
  if (unix_ms == PG_TIME_UNKNOWN || !render->local_time(unix_ms, &then) ||
      !render->local_time(render->now, &now))
    return false;
  bool today = !render->dated && then.year == now.year && then.month == now.month &&
               then.day == now.day;
  if (!today)
    pg_text_printf(out, "%04d-%02d-%02d ", then.year, then.month, then.day);
  pg_text_printf(out, "%02d:%02d:%02d%s", then.hour, then.minute, then.second,
                 today ? " today" : "");
  return true;
}

/* |word| and the point in time, which is |lasts_ms| away: not told when negative. */
static void point_in_time(const struct render *render, struct pg_text *out,
                          const char *word, int64_t unix_ms, int64_t lasts_ms) {
  struct pg_text point;
  pg_text_init(&point, RENDER_LINE_MAX);
  if (render_time(render, &point, unix_ms))
    pg_text_printf(out, "%s %s", word, pg_text_str(&point));
  if (point.len > 0 && lasts_ms >= 0) {
    pg_text_str_add(out, " (");
    render_duration(out, lasts_ms);
    pg_text_char(out, ')');
  }
  pg_text_free(&point);
}

void render_since(const struct render *render, struct pg_text *out, int64_t unix_ms) {
  point_in_time(render, out, "since", unix_ms, render->now - unix_ms);
}

/* A pause of two hours that began a moment ago still lasts two hours. */
void render_until(const struct render *render, struct pg_text *out, int64_t unix_ms) {
  int64_t left = unix_ms - render->now;
  point_in_time(render, out, "until", unix_ms, left > 0 ? left + 999 : left);
}

void render_outside(struct pg_text *out, const char *text) {
  if (text != NULL)
    pg_text_escaped(out, text, PG_SHOWN_CHARS);
}

void render_outside_list(struct pg_text *out, const cJSON *texts) {
  const cJSON *text;
  cJSON_ArrayForEach(text, texts) {
    if (text != texts->child)
      pg_text_str_add(out, ", ");
    render_outside(out, cJSON_GetStringValue(text));
  }
}

void render_ports(struct pg_text *out, const cJSON *ports) {
  const cJSON *entry;
  cJSON_ArrayForEach(entry, ports) {
    int64_t port = 0;
    if (entry != ports->child)
      pg_text_str_add(out, ", ");
    if (field_integral(entry, &port))
      pg_text_printf(out, "%lld", (long long)port);
    else
      render_outside(out, cJSON_GetStringValue(entry));
  }
}

void render_endpoint(struct pg_text *out, const char *address, int64_t port) {
  bool brackets = address != NULL && strchr(address, ':') != NULL;
  pg_text_str_add(out, brackets ? "[" : "");
  render_outside(out, address);
  pg_text_printf(out, "%s:%lld", brackets ? "]" : "", (long long)port);
}
