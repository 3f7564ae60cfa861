/* A change in one line. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client/change_text.h"

#include <string.h>

static bool utc(int64_t unix_ms, struct client_time *out) {
  (void)unix_ms;
  *out = (struct client_time){2026, 3, 2, 9, 4, 7};
  return true;
}

static const char *line_of(const char *json) {
  static char line[1024];
  struct pg_text out;
  cJSON *change = cJSON_Parse(json);
  pg_text_init(&out, sizeof line - 1);
  struct render render = {.out = &out, .columns = RENDER_COLUMNS, .local_time = utc};
  change_text(&render, change);
  assert_true(pg_copy(line, sizeof line, pg_text_str(&out)));
  pg_text_free(&out);
  cJSON_Delete(change);
  return line;
}

static void a_change_says_when_what_and_why(void **state) {
  (void)state;
  assert_string_equal(
      line_of("{\"id\":1,\"event\":1100,\"at\":\"2026-03-02T09:04:07.000Z\",\"port\":80,"
              "\"summary\":\"HTTP.sys holds port 80 for W3SVC\"}"),
      "2026-03-02 09:04:07  TCP 80     TAKEN     HTTP.sys holds port 80 for W3SVC\n");
  assert_string_equal(
      line_of("{\"event\":1101,\"at\":\"2026-03-02T09:04:07.000Z\",\"port\":65535,"
              "\"summary\":\"nothing listens\"}"),
      "2026-03-02 09:04:07  TCP 65535  RELEASED  nothing listens\n");
  assert_string_equal(
      line_of("{\"event\":1202,\"at\":\"2026-03-02T09:04:07.000Z\",\"port\":null,"
              "\"summary\":\"127.0.0.1 was added\"}"),
      "2026-03-02 09:04:07             HTTP.SYS  127.0.0.1 was added\n");
}

static void what_a_later_service_tells_is_a_line_as_well(void **state) {
  (void)state;
  assert_string_equal(line_of("{\"event\":1999,\"port\":7}"),
                      "                     TCP 7      CHANGE    "
                      "(nothing more is known)\n");
  assert_string_equal(line_of("{}"), "                                "
                                     "CHANGE    (nothing more is known)\n");
}

static void words_from_outside_are_escaped(void **state) {
  (void)state;
  const char *line =
      line_of("{\"event\":1100,\"port\":80,\"summary\":\"a\\u001b[2J\\nb\"}");
  assert_non_null(strstr(line, "a<1B>[2J<0A>b\n"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_change_says_when_what_and_why),
      cmocka_unit_test(what_a_later_service_tells_is_a_line_as_well),
      cmocka_unit_test(words_from_outside_are_escaped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
