#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/eventlog/line_sink.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

static const struct pg_event taken = {
    PG_EVENT_PORT_TAKEN,
    PG_LEVEL_WARNING,
    4,
    {"80", "W3SVC", "0.0.0.0:80, [::]:80", "{\"port\":80,\"holders\":[]}"}};

static const char taken_line[] =
    "{\"event\":1100,\"level\":\"warning\",\"category\":\"port\","
    "\"strings\":[\"80\",\"W3SVC\",\"0.0.0.0:80, [::]:80\"],"
    "\"data\":{\"port\":80,\"holders\":[]}}\n";

static void an_event_is_one_line_of_json(void **state) {
  (void)state;
  struct pg_text line;
  pg_text_init(&line, PG_MIB);
  line_sink_format(&taken, &line);
  assert_string_equal(pg_text_str(&line), taken_line);
  pg_text_free(&line);
}

static void an_event_with_json_alone_has_no_other_strings(void **state) {
  (void)state;
  struct pg_event event = {PG_EVENT_STOPPED, PG_LEVEL_INFO, 1, {"{}"}};
  struct pg_text line;
  pg_text_init(&line, PG_MIB);
  line_sink_format(&event, &line);
  assert_string_equal(pg_text_str(&line), "{\"event\":1001,\"level\":\"info\","
                                          "\"category\":\"service\",\"strings\":[],"
                                          "\"data\":{}}\n");
  pg_text_free(&line);
}

static void without_json_the_line_is_still_json(void **state) {
  (void)state;
  struct pg_event event = {PG_EVENT_STOPPED, PG_LEVEL_INFO, 2, {"a stop request", ""}};
  struct pg_text line;
  pg_text_init(&line, PG_MIB);
  line_sink_format(&event, &line);
  assert_non_null(strstr(pg_text_str(&line), "\"data\":null}\n"));
  event.string_count = 0;
  pg_text_clear(&line);
  line_sink_format(&event, &line);
  assert_non_null(strstr(pg_text_str(&line), "\"strings\":[],\"data\":null}\n"));
  pg_text_free(&line);
}

static void quotes_and_line_feeds_in_a_string_stay_inside_it(void **state) {
  (void)state;
  struct pg_event event = {
      PG_EVENT_PORT_RELEASED, PG_LEVEL_INFO, 3, {"80", "a \"b\"\n{\\", "{}"}};
  struct pg_text line;
  pg_text_init(&line, PG_MIB);
  line_sink_format(&event, &line);
  const char *end = strchr(pg_text_str(&line), '\n');
  assert_non_null(end);
  assert_int_equal(end[1], '\0');
  cJSON *tree = cJSON_Parse(pg_text_str(&line));
  assert_non_null(tree);
  const cJSON *strings = cJSON_GetObjectItemCaseSensitive(tree, "strings");
  assert_string_equal(cJSON_GetArrayItem(strings, 1)->valuestring, "a \"b\"\n{\\");
  cJSON_Delete(tree);
  pg_text_free(&line);
}

static size_t read_back(FILE *file, char *buffer, size_t size) {
  rewind(file);
  size_t len = fread(buffer, 1, size - 1, file);
  buffer[len] = '\0';
  return len;
}

static void every_event_is_written_at_once(void **state) {
  (void)state;
  char content[1024];
  struct line_sink line_sink;
  struct event_sink sink;
  FILE *file = tmpfile();
  assert_non_null(file);
  line_sink_open_on(&sink, &line_sink, file);
  sink.write(sink.context, &taken);
  read_back(file, content, sizeof content);
  assert_string_equal(content, taken_line);
  fseek(file, 0, SEEK_END);
  sink.write(sink.context, &taken);
  assert_int_equal(read_back(file, content, sizeof content), 2 * strlen(taken_line));
  assert_int_equal(sink.lost(sink.context), 0);
  sink.close(sink.context);
  fclose(file);
}

static void the_longest_strings_fit_on_a_line(void **state) {
  (void)state;
  struct pg_event event = {PG_EVENT_STARTED, PG_LEVEL_INFO, PG_EVENT_STRINGS_MAX, {NULL}};
  struct line_sink line_sink;
  struct event_sink sink;
  FILE *file = tmpfile();
  char *longest = malloc(PG_EVENT_STRING_MAX + 1);
  assert_non_null(file);
  assert_non_null(longest);
  memset(longest, 1, PG_EVENT_STRING_MAX); /* each becomes \u0001 */
  longest[PG_EVENT_STRING_MAX] = '\0';
  for (size_t i = 0; i + 1 < PG_EVENT_STRINGS_MAX; i++)
    event.strings[i] = longest;
  event.strings[PG_EVENT_STRINGS_MAX - 1] = "{}";
  line_sink_open_on(&sink, &line_sink, file);
  sink.write(sink.context, &event);
  assert_int_equal(sink.lost(sink.context), 0);
  assert_true(ftell(file) > 7 * 6 * PG_EVENT_STRING_MAX);
  sink.close(sink.context);
  fclose(file);
  free(longest);
}

static void what_cannot_be_written_is_counted(void **state) {
  (void)state;
  struct line_sink line_sink;
  struct event_sink sink;
  FILE *file = fopen(PG_FIXTURES "/../../docs/events.md", "r");
  assert_non_null(file);
  line_sink_open_on(&sink, &line_sink, file);
  sink.write(sink.context, &taken);
  sink.write(sink.context, &taken);
  assert_int_equal(sink.lost(sink.context), 2);
  sink.close(sink.context);
  fclose(file);
}

static void the_sink_on_stderr_opens_and_closes_again_and_again(void **state) {
  (void)state;
  struct event_sink sink;
  for (int i = 0; i < 3; i++) {
    line_sink_open(&sink);
    sink.write(sink.context, &taken);
    assert_int_equal(sink.lost(sink.context), 0);
    sink.close(sink.context);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_event_is_one_line_of_json),
      cmocka_unit_test(an_event_with_json_alone_has_no_other_strings),
      cmocka_unit_test(without_json_the_line_is_still_json),
      cmocka_unit_test(quotes_and_line_feeds_in_a_string_stay_inside_it),
      cmocka_unit_test(every_event_is_written_at_once),
      cmocka_unit_test(the_longest_strings_fit_on_a_line),
      cmocka_unit_test(what_cannot_be_written_is_counted),
      cmocka_unit_test(the_sink_on_stderr_opens_and_closes_again_and_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
