/* Does every event render? The message table is loaded from the service's own
 * executable, the way Event Viewer does it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/eventlog/eventlog.h"
#include "service/eventlog/win_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define PROGRAM L"portguardsvc.exe"

static const enum pg_event_id ids[] = {
#define X(name, number, category, level, strings, title) PG_EVENT_##name,
    PG_EVENT_LIST(X)
#undef X
};

static const DWORD categories[] = {
#define X(name, number, text) number,
    PG_EVENT_CATEGORY_LIST(X)
#undef X
};

static HMODULE table;

/* PG_BIN, or bin beside the folder this test is in. */
static void program_path(wchar_t *path, DWORD size) {
  DWORD len = GetEnvironmentVariableW(L"PG_BIN", path, size);
  if (len > 0 && len < size) {
    assert_true(len + wcslen(PROGRAM) + 2 < size);
    wcscat(path, L"\\" PROGRAM);
    return;
  }
  static const wchar_t relative[] = L"..\\bin\\" PROGRAM;
  len = GetModuleFileNameW(NULL, path, size);
  assert_in_range(len, 1, size - wcslen(relative) - 1);
  wcscpy(wcsrchr(path, L'\\') + 1, relative);
}

static int load_table(void **state) {
  (void)state;
  wchar_t path[1024];
  program_path(path, 1024);
  table = LoadLibraryExW(path, NULL,
                         LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_IMAGE_RESOURCE);
  if (!table)
    print_error("cannot load %ls: error %lu; set PG_BIN to the folder of the build\n",
                path, GetLastError());
  return table ? 0 : -1;
}

static int free_table(void **state) {
  (void)state;
  FreeLibrary(table);
  return 0;
}

static void render(DWORD id, char **strings, char *out, DWORD size) {
  DWORD len = FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                             table, id, 0, out, size, (va_list *)strings);
  if (!len)
    fail_msg("message %lu does not render: error %lu", id, GetLastError());
}

static void every_event_renders_with_all_its_strings(void **state) {
  (void)state;
  static char *strings[PG_EVENT_STRINGS_MAX] = {"<one>",  "<two>", "<three>", "<four>",
                                                "<five>", "<six>", "<seven>", "<eight>"};
  for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
    char text[2048];
    render((DWORD)ids[i], strings, text, sizeof text);
    for (unsigned k = 0; k < PG_EVENT_STRINGS_MAX; k++)
      if ((strstr(text, strings[k]) != NULL) != (k < pg_event_strings(ids[i])))
        fail_msg("string %u of message %d: \"%s\"", k + 1, (int)ids[i], text);
    assert_null(strchr(text, '%'));
  }
}

static void the_taken_message_is_a_sentence_with_line_breaks(void **state) {
  (void)state;
  static char *strings[] = {"80", "W3SVC", "0.0.0.0:80", "{}"};
  char text[2048];
  render(PG_EVENT_PORT_TAKEN, strings, text, sizeof text);
  assert_ptr_equal(
      strstr(text, "Port 80 was taken by W3SVC.\r\nListening on: 0.0.0.0:80"), text);
}

/* Event Viewer expands %n in a string again; what the escaper makes of it must
 * pass as it is. */
static void an_escaped_percent_sign_in_a_string_is_left_alone(void **state) {
  (void)state;
  static char *strings[] = {"80", "evil<25>n", "{\"name\":\"evil\\u0025n\"}"};
  char text[2048];
  render(PG_EVENT_PORT_RELEASED, strings, text, sizeof text);
  assert_non_null(strstr(text, "evil<25>n"));
  assert_non_null(strstr(text, "evil\\u0025n"));
}

static void every_category_has_a_name(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof categories / sizeof categories[0]; i++) {
    char text[256];
    render(categories[i], NULL, text, sizeof text);
    assert_in_range(strlen(text), 4, 80);
    assert_int_equal(categories[i], i + 1);
  }
}

static void a_number_that_is_no_event_does_not_render(void **state) {
  (void)state;
  char text[256];
  assert_int_equal(
      FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_IGNORE_INSERTS, table,
                     999, 0, text, sizeof text, NULL),
      0);
}

/* --- the sink --- */

static void a_string_is_cut_to_what_the_log_takes(void **state) {
  (void)state;
  static wchar_t wide[PG_EVENT_STRING_MAX + 10];
  for (size_t i = 0; i < PG_EVENT_STRING_MAX + 5; i++)
    wide[i] = L'x';
  win_sink_cut(wide);
  assert_int_equal(wcslen(wide), PG_EVENT_STRING_MAX);
  win_sink_cut(wide);
  assert_int_equal(wcslen(wide), PG_EVENT_STRING_MAX);
}

static void a_cut_does_not_part_a_surrogate_pair(void **state) {
  (void)state;
  static wchar_t wide[PG_EVENT_STRING_MAX + 10];
  for (size_t i = 0; i < PG_EVENT_STRING_MAX + 5; i++)
    wide[i] = L'x';
  wide[PG_EVENT_STRING_MAX - 1] = 0xd83d;
  wide[PG_EVENT_STRING_MAX] = 0xde00;
  win_sink_cut(wide);
  assert_int_equal(wcslen(wide), PG_EVENT_STRING_MAX - 1);
}

/* On Windows this is one real entry in the Application log. */
static void an_event_with_too_long_a_string_is_still_written(void **state) {
  (void)state;
  struct event_sink sink;
  struct pg_event event = {PG_EVENT_STOPPED, PG_LEVEL_INFO, 2, {NULL, "{}"}};
  char *longest = malloc(2 * PG_EVENT_STRING_MAX);
  assert_non_null(longest);
  memset(longest, 'x', 2 * PG_EVENT_STRING_MAX - 1);
  longest[2 * PG_EVENT_STRING_MAX - 1] = '\0';
  event.strings[0] = longest;
  assert_true(win_sink_open(&sink));
  sink.write(sink.context, &event);
  assert_int_equal(sink.lost(sink.context), 0);
  sink.close(sink.context);
  free(longest);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_event_renders_with_all_its_strings),
      cmocka_unit_test(the_taken_message_is_a_sentence_with_line_breaks),
      cmocka_unit_test(an_escaped_percent_sign_in_a_string_is_left_alone),
      cmocka_unit_test(every_category_has_a_name),
      cmocka_unit_test(a_number_that_is_no_event_does_not_render),
      cmocka_unit_test(a_string_is_cut_to_what_the_log_takes),
      cmocka_unit_test(a_cut_does_not_part_a_surrogate_pair),
      cmocka_unit_test(an_event_with_too_long_a_string_is_still_written),
  };
  return cmocka_run_group_tests(tests, load_table, free_table);
}
