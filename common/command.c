#include "common/command.h"

#include <string.h>

static bool is_shown_as_it_is(const char *name) {
  size_t len = strlen(name);
  uint32_t codepoint;
  for (size_t step; len > 0; name += step, len -= step) {
    step = pg_utf8_decode(name, len, &codepoint);
    if (step == 0 || pg_codepoint_is_unsafe(codepoint))
      return false;
  }
  return true;
}

bool pg_service_name_add(struct pg_text *line, const char *name) {
  static const char plain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$-";
  if (strspn(name, plain) == strlen(name)) {
    pg_text_str_add(line, name);
    return true;
  }
  /* In PowerShell '$' and '`' work inside quotes, and these three are quotes. */
  if (strpbrk(name, "\"%!^&|<>$`\r\n") != NULL || strstr(name, "\xE2\x80\x9C") != NULL ||
      strstr(name, "\xE2\x80\x9D") != NULL || strstr(name, "\xE2\x80\x9E") != NULL ||
      !is_shown_as_it_is(name))
    return false;
  pg_text_printf(line, "\"%s\"", name);
  return true;
}

static bool ends_with(const struct pg_text *lines, const char *line) {
  size_t len = strlen(line);
  return lines->len >= len && memcmp(lines->data + lines->len - len, line, len) == 0;
}

void pg_service_command(struct pg_text *lines, const char *verb, const char *name,
                        const char *tail) {
  static const char console[] = "services.msc\n";
  struct pg_text written;
  pg_text_init(&written, lines->max);
  if (pg_service_name_add(&written, name))
    pg_text_printf(lines, "%s%s%s\n", verb, pg_text_str(&written), tail);
  else if (!ends_with(lines, console))
    pg_text_str_add(lines, console);
  pg_text_free(&written);
}

void pg_service_hint(struct pg_fault *fault, const char *verb, const char *name) {
  struct pg_text line;
  pg_text_init(&line, sizeof fault->hint);
  pg_service_command(&line, verb, name, "");
  if (!line.failed && line.len > 0)
    pg_fault_hint(fault, "%.*s", (int)line.len - 1, line.data); /* without its end */
  pg_text_free(&line);
}
