#include "common/json.h"
#include "common/timestamp.h"

#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

void pg_json_start(struct pg_json *json, struct pg_text *out) {
  memset(json, 0, sizeof *json);
  json->out = out;
}

/* Before every value and every key. Values on the top level stand alone. */
static void separate(struct pg_json *json) {
  if (json->depth == 0)
    return;
  if (json->comma[json->depth])
    pg_text_char(json->out, ',');
  json->comma[json->depth] = true;
}

static void open_container(struct pg_json *json, char bracket) {
  separate(json);
  if (json->depth + 1 >= PG_JSON_DEPTH) {
    json->out->failed = true;
    return;
  }
  pg_text_char(json->out, bracket);
  json->comma[++json->depth] = false;
}

static void close_container(struct pg_json *json, char bracket) {
  if (json->depth == 0) {
    json->out->failed = true;
    return;
  }
  json->depth--;
  pg_text_char(json->out, bracket);
}

void pg_json_object(struct pg_json *json) {
  open_container(json, '{');
}

void pg_json_array(struct pg_json *json) {
  open_container(json, '[');
}

void pg_json_end_object(struct pg_json *json) {
  close_container(json, '}');
}

void pg_json_end_array(struct pg_json *json) {
  close_container(json, ']');
}

static void hex_escape(struct pg_text *out, unsigned unit) {
  static const char hex[] = "0123456789abcdef";
  char escape[] = {
      '\\',          'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15],
      hex[unit & 15]};
  pg_text_add(out, escape, sizeof escape);
}

/* A character that may not stand in the output as it is. */
static void escape(struct pg_text *out, uint32_t codepoint) {
  static const char letters[] = "b\bf\fn\nr\rt\t\"\"\\\\";
  for (size_t i = 0; i + 1 < sizeof letters; i += 2)
    if (codepoint == (unsigned char)letters[i + 1]) {
      pg_text_char(out, '\\');
      pg_text_char(out, letters[i]);
      return;
    }
  if (codepoint == 0) { /* strict readers, ours too, refuse \u0000 */
    pg_text_str_add(out, REPLACEMENT);
  } else if (codepoint < 0x10000) {
    hex_escape(out, codepoint);
  } else {
    hex_escape(out, 0xD800 + ((codepoint - 0x10000) >> 10));
    hex_escape(out, 0xDC00 + ((codepoint - 0x10000) & 0x3FF));
  }
}

/* How many bytes from the start of |s| can be copied as they are. When that is
 * not all of them, |*used| bytes follow that stand for |*codepoint|, 0 used
 * meaning one byte that is not UTF-8. */
static size_t plain_run(const char *s, size_t len, char also, uint32_t *codepoint,
                        size_t *used) {
  size_t at = 0;
  while (at < len) {
    unsigned char c = (unsigned char)s[at];
    if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != (unsigned char)also) {
      at++;
      continue;
    }
    *used = pg_utf8_decode(s + at, len - at, codepoint);
    if (*used == 0 || c < 0x80 || pg_codepoint_is_unsafe(*codepoint))
      break;
    at += *used;
  }
  return at;
}

static void write_string(struct pg_json *json, const char *value, size_t len) {
  /* '"' is escaped anyway, so it stands for "nothing else". */
  char also = json->escape_percent ? '%' : '"';
  pg_text_char(json->out, '"');
  while (len > 0) {
    uint32_t codepoint = 0;
    size_t used = 0;
    size_t run = plain_run(value, len, also, &codepoint, &used);
    if (run > 0)
      pg_text_add(json->out, value, run);
    value += run;
    len -= run;
    if (len == 0)
      break;
    if (used == 0)
      pg_text_str_add(json->out, REPLACEMENT);
    else
      escape(json->out, codepoint);
    value += used ? used : 1;
    len -= used ? used : 1;
  }
  pg_text_char(json->out, '"');
}

void pg_json_key(struct pg_json *json, const char *key) {
  separate(json);
  write_string(json, key, strlen(key));
  pg_text_char(json->out, ':');
  json->comma[json->depth] = false; /* the value follows the colon */
}

void pg_json_text(struct pg_json *json, const char *value, size_t len) {
  separate(json);
  write_string(json, value, len);
}

void pg_json_str(struct pg_json *json, const char *value) {
  if (value)
    pg_json_text(json, value, strlen(value));
  else
    pg_json_null(json);
}

void pg_json_int(struct pg_json *json, int64_t value) {
  char digits[24];
  size_t at = sizeof digits;
  /* Negated as unsigned: INT64_MIN has no positive twin. */
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do {
    digits[--at] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (value < 0)
    digits[--at] = '-';
  pg_json_raw(json, digits + at, sizeof digits - at);
}

void pg_json_bool(struct pg_json *json, bool value) {
  if (value)
    pg_json_raw(json, "true", 4);
  else
    pg_json_raw(json, "false", 5);
}

void pg_json_null(struct pg_json *json) {
  pg_json_raw(json, "null", 4);
}

void pg_json_raw(struct pg_json *json, const char *value, size_t len) {
  separate(json);
  pg_text_add(json->out, value, len);
}

void pg_json_key_str(struct pg_json *json, const char *key, const char *value) {
  pg_json_key(json, key);
  pg_json_str(json, value);
}

void pg_json_key_int(struct pg_json *json, const char *key, int64_t value) {
  pg_json_key(json, key);
  pg_json_int(json, value);
}

void pg_json_key_bool(struct pg_json *json, const char *key, bool value) {
  pg_json_key(json, key);
  pg_json_bool(json, value);
}

void pg_json_key_null(struct pg_json *json, const char *key) {
  pg_json_key(json, key);
  pg_json_null(json);
}

void pg_json_key_time(struct pg_json *json, const char *key, int64_t unix_ms) {
  char time[PG_TIME_CHARS];
  pg_json_key_str(json, key,
                  unix_ms == PG_TIME_UNKNOWN ? NULL : pg_time_format(unix_ms, time));
}
