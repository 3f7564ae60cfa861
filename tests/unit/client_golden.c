#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client_golden.h"
#include "golden_text.h"

#include "common/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Days since 1970 into a date; good for the years the fixtures are in. */
static bool utc_time(int64_t unix_ms, struct client_time *out) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t seconds = unix_ms / 1000;
  int days = (int)(seconds / 86400) - 20454; /* 1 January 2026 */
  int month = 0;
  if (days < 0 || days >= 365)
    return false;
  while (days >= lengths[month])
    days -= lengths[month++];
  out->year = 2026;
  out->month = month + 1;
  out->day = days + 1;
  out->hour = (int)(seconds / 3600 % 24);
  out->minute = (int)(seconds / 60 % 60);
  out->second = (int)(seconds % 60);
  return true;
}

void golden_render(struct render *render, struct pg_text *out) {
  pg_text_init(out, PG_MIB);
  render->out = out;
  render->colour = false;
  render->columns = RENDER_COLUMNS;
  render->now = GOLDEN_NOW;
  render->dated = false;
  render->local_time = utc_time;
}

static bool is_command(const char *line) {
  static const char *const programs[] = {"net ", "netsh ",  "taskkill ",    "sc ",
                                         "wsl ", "docker ", "portguardctl "};
  line += strspn(line, " ");
  for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
    if (strncmp(line, programs[i], strlen(programs[i])) == 0)
      return true;
  return false;
}

static void check_width(const char *text) {
  while (*text != '\0') {
    char line[1024];
    size_t len = strcspn(text, "\n");
    assert_true(len < sizeof line);
    memcpy(line, text, len);
    line[len] = '\0';
    if (!is_command(line) && pg_utf8_columns(line) > RENDER_COLUMNS)
      fail_msg("longer than 80 columns: %s", line);
    if (len > 0)
      assert_int_not_equal(line[len - 1], ' ');
    text += len + (text[len] == '\n');
  }
}

void golden_from(const char *json, struct pg_text *out,
                 void (*text)(struct render *render, const cJSON *result)) {
  struct render render;
  cJSON *result = cJSON_ParseWithLengthOpts(json, strlen(json) + 1, NULL, 1);
  assert_non_null(result);
  golden_render(&render, out);
  text(&render, result);
  assert_false(out->failed);
  cJSON_Delete(result);
  check_width(pg_text_str(out));
}

void golden_check(const char *name,
                  void (*text)(struct render *render, const cJSON *result)) {
  char file[128];
  struct pg_text out;
  (void)snprintf(file, sizeof file, "client/%s.json", name);
  char *json = golden_read(file);
  if (json == NULL)
    fail_msg("%s is missing", file);
  golden_from(json, &out, text);
  (void)snprintf(file, sizeof file, "client/%s.txt", name);
  golden_compare(file, pg_text_str(&out));
  pg_text_free(&out);
  free(json);
}

void golden_indent(struct pg_text *out, const char *text) {
  while (*text != '\0') {
    size_t len = strcspn(text, "\n");
    pg_text_str_add(out, len > 0 ? "    " : "");
    pg_text_add(out, text, len);
    pg_text_char(out, '\n');
    text += len + (text[len] == '\n');
  }
}
