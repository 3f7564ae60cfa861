#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/eventlog/eventlog.h"

static const struct {
  enum pg_event_id id;
  enum pg_event_category category;
  unsigned strings;
} listed[] = {
#define X(name, number, category, level, strings, title) \
  {PG_EVENT_##name, PG_CATEGORY_##category, strings},
    PG_EVENT_LIST(X)
#undef X
};
#define LISTED (sizeof listed / sizeof listed[0])

static void every_id_has_its_own_number(void **state) {
  (void)state;
  for (size_t i = 0; i < LISTED; i++)
    for (size_t k = 0; k < i; k++)
      assert_int_not_equal(listed[i].id, listed[k].id);
}

static void every_id_fits_the_strings_an_event_has_room_for(void **state) {
  (void)state;
  for (size_t i = 0; i < LISTED; i++) {
    assert_in_range(pg_event_strings(listed[i].id), 1, PG_EVENT_STRINGS_MAX);
    assert_int_equal(pg_event_strings(listed[i].id), listed[i].strings);
    assert_int_equal(pg_event_category(listed[i].id), listed[i].category);
    assert_int_equal(pg_event_is_change(listed[i].id),
                     listed[i].category != PG_CATEGORY_SERVICE &&
                         listed[i].category != PG_CATEGORY_CONTROL);
  }
}

static void the_numbers_that_monitoring_relies_on_have_not_moved(void **state) {
  (void)state;
  assert_int_equal(PG_EVENT_STARTED, 1000);
  assert_int_equal(PG_EVENT_SUPPRESSED, 1006);
  assert_int_equal(PG_EVENT_PART_UNAVAILABLE, 1007);
  assert_int_equal(PG_EVENT_PORT_TAKEN, 1100);
  assert_int_equal(PG_EVENT_PORT_RELEASED, 1101);
  assert_int_equal(PG_EVENT_HOLDER_CHANGED, 1102);
  assert_int_equal(PG_EVENT_PORT_FLAPPING, 1103);
}

static void titles_and_levels_are_those_of_the_list(void **state) {
  (void)state;
  assert_string_equal(pg_event_title(PG_EVENT_PORT_TAKEN), "port taken");
  assert_int_equal(pg_event_usual_level(PG_EVENT_STARTED), PG_LEVEL_INFO);
  assert_int_equal(pg_event_usual_level(PG_EVENT_SOURCE_FAILED), PG_LEVEL_WARNING);
  assert_int_equal(pg_event_usual_level(PG_EVENT_PART_UNAVAILABLE), PG_LEVEL_ERROR);
  assert_string_equal(pg_event_level_name(PG_LEVEL_INFO), "info");
  assert_string_equal(pg_event_level_name(PG_LEVEL_WARNING), "warning");
  assert_string_equal(pg_event_level_name(PG_LEVEL_ERROR), "error");
  assert_string_equal(pg_event_category_name(PG_CATEGORY_SERVICE), "service");
  assert_string_equal(pg_event_category_name(PG_CATEGORY_PORT), "port");
}

static void a_number_that_is_not_listed_takes_no_strings(void **state) {
  (void)state;
  assert_int_equal(pg_event_strings((enum pg_event_id)999), 0);
  assert_string_equal(pg_event_title((enum pg_event_id)999), "unknown event");
}

static void taking_a_guarded_port_is_a_warning(void **state) {
  (void)state;
  assert_int_equal(pg_event_level(PG_EVENT_PORT_TAKEN, true), PG_LEVEL_WARNING);
  assert_int_equal(pg_event_level(PG_EVENT_HOLDER_CHANGED, true), PG_LEVEL_WARNING);
  assert_int_equal(pg_event_level(PG_EVENT_PORT_TAKEN, false), PG_LEVEL_INFO);
  assert_int_equal(pg_event_level(PG_EVENT_HOLDER_CHANGED, false), PG_LEVEL_INFO);
}

static void releasing_a_guarded_port_is_no_warning(void **state) {
  (void)state;
  assert_int_equal(pg_event_level(PG_EVENT_PORT_RELEASED, true), PG_LEVEL_INFO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_id_has_its_own_number),
      cmocka_unit_test(every_id_fits_the_strings_an_event_has_room_for),
      cmocka_unit_test(the_numbers_that_monitoring_relies_on_have_not_moved),
      cmocka_unit_test(titles_and_levels_are_those_of_the_list),
      cmocka_unit_test(a_number_that_is_not_listed_takes_no_strings),
      cmocka_unit_test(taking_a_guarded_port_is_a_warning),
      cmocka_unit_test(releasing_a_guarded_port_is_no_warning),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
