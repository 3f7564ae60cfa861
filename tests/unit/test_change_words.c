/* One line for each change. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/change_words.h"

#include <string.h>

static const enum pg_event_id ids[] = {
#define X(name, number, category, level, strings, title) PG_EVENT_##name,
    PG_EVENT_LIST(X)
#undef X
};

/* Changes, and between which of them nobody watched. */
static bool is_remembered(enum pg_event_id id) {
  return pg_event_is_change(id) || id == PG_EVENT_STARTED || id == PG_EVENT_STOPPED;
}

/* The JSON is no part of them, and what an event does not have is not asked for. */
static void what_is_remembered_has_words_of_its_own_strings(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    struct pg_event event = {ids[i], PG_LEVEL_INFO, pg_event_strings(ids[i]), {0}};
    struct pg_text words;
    for (size_t n = 0; n < event.string_count; n++)
      event.strings[n] = n + 1 < event.string_count ? "WORD" : "{JSON}";
    pg_text_init(&words, 1000);
    change_words(&words, &event);
    assert_int_equal(words.len > 0, is_remembered(ids[i]));
    assert_null(strchr(pg_text_str(&words), '%'));
    assert_null(strstr(pg_text_str(&words), "JSON"));
    assert_int_equal(strstr(pg_text_str(&words), "WORD") != NULL, is_remembered(ids[i]));
    pg_text_free(&words);
  }
}

static void a_released_port_says_who_held_it(void **state) {
  struct pg_event event = {PG_EVENT_PORT_RELEASED,
                           PG_LEVEL_INFO,
                           3,
                           {"80", "nginx.exe (PID 7) 100<25>", "{}"}};
  struct pg_text words;
  (void)state;
  pg_text_init(&words, 1000);
  change_words(&words, &event);
  assert_string_equal(
      pg_text_str(&words),
      "nothing listens on port 80 any more; it was held by nginx.exe (PID 7) 100<25>");
  pg_text_free(&words);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_remembered_has_words_of_its_own_strings),
      cmocka_unit_test(a_released_port_says_who_held_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
