/* docs/events.md and messages.mc against the one list of events. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/eventlog/events.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT PG_FIXTURES "/../../"
#define FILE_MAX (256 * 1024)

static const struct {
  enum pg_event_id id;
  const char *name, *title;
} listed[] = {
#define X(name, number, category, level, strings, title) {PG_EVENT_##name, #name, title},
    PG_EVENT_LIST(X)
#undef X
};
#define LISTED (sizeof listed / sizeof listed[0])

static const struct {
  int number;
  const char *name;
} categories[] = {
#define X(name, number, text) {number, #name},
    PG_EVENT_CATEGORY_LIST(X)
#undef X
};
#define CATEGORIES (sizeof categories / sizeof categories[0])

static char *doc, *mc;

/* With line feeds only, as a checkout on Windows may have others. */
static char *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file)
    fail_msg("cannot open %s", path);
  char *text = malloc(FILE_MAX);
  assert_non_null(text);
  size_t len = fread(text, 1, FILE_MAX - 1, file), kept = 0;
  fclose(file);
  for (size_t i = 0; i < len; i++)
    if (text[i] != '\r')
      text[kept++] = text[i];
  text[kept] = '\0';
  return text;
}

static int read_both(void **state) {
  (void)state;
  doc = read_file(ROOT "docs/events.md");
  mc = read_file(ROOT "service/eventlog/messages.mc");
  return 0;
}

static int free_both(void **state) {
  (void)state;
  free(doc);
  free(mc);
  return 0;
}

/* The next line that starts with |start|, from |at| on; NULL at the end. */
static const char *find_line(const char *at, const char *start) {
  while (at && strncmp(at, start, strlen(start)) != 0) {
    at = strchr(at, '\n');
    if (at)
      at++;
  }
  return at;
}

static const char *next_line(const char *at) {
  const char *end = strchr(at, '\n');
  return end ? end + 1 : at + strlen(at);
}

static bool is_listed(unsigned long id) {
  return pg_event_strings((enum pg_event_id)id) > 0;
}

/* --- docs/events.md --- */

static const char *section_of(size_t i) {
  char heading[128];
  snprintf(heading, sizeof heading, "### %d %s\n", (int)listed[i].id, listed[i].title);
  const char *at = find_line(doc, heading);
  if (!at)
    fail_msg("docs/events.md has no heading \"### %d %s\"", (int)listed[i].id,
             listed[i].title);
  return at;
}

static void every_event_has_a_section_with_its_title(void **state) {
  (void)state;
  for (size_t i = 0; i < LISTED; i++)
    section_of(i);
}

static void every_string_of_every_event_is_described(void **state) {
  (void)state;
  for (size_t i = 0; i < LISTED; i++) {
    const char *at = next_line(section_of(i));
    unsigned rows = 0;
    bool json_last = false;
    for (; *at && *at != '#'; at = next_line(at)) {
      char row[16];
      snprintf(row, sizeof row, "| %u | ", rows + 1);
      if (strncmp(at, row, strlen(row)) != 0)
        continue;
      rows++;
      json_last = strncmp(at + strlen(row), "JSON", 4) == 0;
    }
    if (rows != pg_event_strings(listed[i].id) || !json_last)
      fail_msg("docs/events.md describes %u strings of %d, expected %u with JSON last",
               rows, (int)listed[i].id, pg_event_strings(listed[i].id));
  }
}

static void the_overview_has_level_and_category_of_every_event(void **state) {
  (void)state;
  for (size_t i = 0; i < LISTED; i++) {
    char start[64], category[64];
    snprintf(start, sizeof start, "| %d | %s", (int)listed[i].id,
             pg_event_level_name(pg_event_usual_level(listed[i].id)));
    snprintf(category, sizeof category, " | %s | ",
             pg_event_category_name(pg_event_category(listed[i].id)));
    const char *row = find_line(doc, start);
    if (!row)
      fail_msg("docs/events.md has no row that starts with \"%s\"", start);
    const char *found = strstr(row, category);
    assert_true(found && found < next_line(row));
  }
}

static void the_page_describes_no_event_that_does_not_exist(void **state) {
  (void)state;
  unsigned headings = 0;
  for (const char *at = doc; (at = find_line(at, "### ")) != NULL; at = next_line(at)) {
    if (!is_listed(strtoul(at + 4, NULL, 10)))
      fail_msg("docs/events.md describes what is not listed: %.30s", at);
    headings++;
  }
  assert_int_equal(headings, LISTED);
}

/* --- messages.mc --- */

static const char *message_of(int id, const char *symbol) {
  char start[128];
  snprintf(start, sizeof start, "MessageId=%d\n", id);
  const char *at = find_line(mc, start);
  if (!at)
    fail_msg("messages.mc has no message %d", id);
  const char *end = find_line(at, ".\n");
  snprintf(start, sizeof start, "SymbolicName=PG_MC_%s\n", symbol);
  const char *name = find_line(at, start);
  if (!end || !name || name > end)
    fail_msg("message %d of messages.mc is not called PG_MC_%s", id, symbol);
  return next_line(find_line(at, "Language=English\n"));
}

/* Exactly %1 to %<count>, and %n; anything else would be expanded by surprise. */
static void check_inserts(int id, const char *message, unsigned count) {
  unsigned seen = 0;
  for (const char *at = message; *at != '\n'; at++) {
    if (*at != '%')
      continue;
    at++;
    if (*at == 'n')
      continue;
    unsigned number = (unsigned)(*at - '0');
    if (number < 1 || number > count || (at[1] >= '0' && at[1] <= '9') || at[1] == '!')
      fail_msg("message %d has an insert %%%c that is not one of its %u strings", id, *at,
               count);
    seen |= 1u << number;
  }
  if (seen != ((1u << count) - 1) << 1)
    fail_msg("message %d does not show all of its %u strings", id, count);
}

static void every_event_has_a_message_that_shows_all_its_strings(void **state) {
  (void)state;
  for (size_t i = 0; i < LISTED; i++) {
    const char *message = message_of((int)listed[i].id, listed[i].name);
    check_inserts((int)listed[i].id, message, pg_event_strings(listed[i].id));
    assert_int_equal(strncmp(next_line(message), ".\n", 2), 0);
  }
}

static void every_category_has_a_message_without_strings(void **state) {
  (void)state;
  for (size_t i = 0; i < CATEGORIES; i++) {
    char symbol[64];
    snprintf(symbol, sizeof symbol, "CATEGORY_%s", categories[i].name);
    check_inserts(categories[i].number, message_of(categories[i].number, symbol), 0);
  }
}

static void the_table_has_no_message_that_does_not_exist(void **state) {
  (void)state;
  unsigned messages = 0;
  unsigned long before = 0;
  for (const char *at = mc; (at = find_line(at, "MessageId=")) != NULL;
       at = next_line(at)) {
    unsigned long id = strtoul(at + 10, NULL, 10);
    if (id > CATEGORIES && !is_listed(id))
      fail_msg("messages.mc has message %lu, which is not listed", id);
    assert_true(id > before);
    before = id;
    messages++;
  }
  assert_int_equal(messages, LISTED + CATEGORIES);
}

/* mc.exe reads it in the machine's code page. */
static void the_table_is_plain_ascii(void **state) {
  (void)state;
  for (const char *at = mc; *at; at++)
    assert_true((*at >= ' ' && *at <= '~') || *at == '\n');
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_event_has_a_section_with_its_title),
      cmocka_unit_test(every_string_of_every_event_is_described),
      cmocka_unit_test(the_overview_has_level_and_category_of_every_event),
      cmocka_unit_test(the_page_describes_no_event_that_does_not_exist),
      cmocka_unit_test(every_event_has_a_message_that_shows_all_its_strings),
      cmocka_unit_test(every_category_has_a_message_without_strings),
      cmocka_unit_test(the_table_has_no_message_that_does_not_exist),
      cmocka_unit_test(the_table_is_plain_ascii),
  };
  return cmocka_run_group_tests(tests, read_both, free_both);
}
