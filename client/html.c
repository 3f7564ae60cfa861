#include "client/html.h"

#include "common/limits.h"

#include <string.h>

static const char *reference(char c) {
  switch (c) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  default:
    return "&#39;";
  }
}

void html_text(struct pg_text *out, const char *text) {
  for (;;) {
    size_t plain = strcspn(text, "&<>\"'");
    pg_text_add(out, text, plain);
    text += plain;
    if (*text == '\0')
      return;
    pg_text_str_add(out, reference(*text++));
  }
}

void html_words(struct pg_text *out, const struct pg_text *words) {
  if (words->failed)
    out->failed = true;
  html_text(out, pg_text_str(words));
}

static void shown(struct pg_text *out, const char *text, size_t chars) {
  struct pg_text words;
  if (text == NULL)
    return;
  pg_text_init(&words, out->max);
  pg_text_escaped(&words, text, chars);
  html_words(out, &words);
  pg_text_free(&words);
}

void html_outside(struct pg_text *out, const char *text) {
  shown(out, text, PG_SHOWN_CHARS);
}

void html_command(struct pg_text *out, const char *text) {
  shown(out, text, PG_ANSWER_MAX);
}

void html_markup(struct pg_text *out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  pg_text_vprintf(out, format, args);
  va_end(args);
}
