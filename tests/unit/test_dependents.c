#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"
#include "service/snapshot/dependents.h"

#include <string.h>

static bool depends(const struct pg_snapshot *s, const char *from, const char *to) {
  return snapshot_depends_on(s, snapshot_service(s, from), snapshot_service(s, to));
}

static void add(void *context, const struct pg_service *service) {
  pg_text_printf(context, "%s ", service->name);
}

static void check_dependents(const struct pg_snapshot *s, const char *name,
                             const char *expected) {
  struct pg_text text;
  pg_text_init(&text, 1024);
  (void)snapshot_running_dependents(s, snapshot_service(s, name), add, &text);
  assert_string_equal(pg_text_str(&text), expected);
  pg_text_free(&text);
}

static void needs_are_followed_through_others_and_in_any_case(void **state) {
  struct pg_snapshot *s =
      case_of(CASE("", SERVICES(SERVICE("A", 1, "\"b\"") "," SERVICE(
                           "B", 2, "\"none\",\"C\"") "," SERVICE("C", 3, "\"+group\""))));
  (void)state;
  assert_true(depends(s, "A", "B"));
  assert_true(depends(s, "A", "C"));
  assert_false(depends(s, "C", "A"));
  assert_false(depends(s, "A", "A"));
  check_dependents(s, "C", "A B ");
  check_dependents(s, "A", "");
  snapshot_unref(s);
}

static void only_those_that_run_go_down_with_it(void **state) {
  struct pg_snapshot *s = case_of(CASE(
      "",
      SERVICES(SERVICE("Base", 1, "") "," SERVICE("Runs", 2, "\"Base\"") "," SERVICE_IN(
          "stopped", "Stopped", 0,
          "\"Base\"") "," SERVICE_IN("paused", "Paused", 3,
                                     "\"Base\"") ","
                                                 "{\"name\":\"Unsaid\",\"depends_on\":["
                                                 "\"Base\"]}")));
  (void)state;
  check_dependents(s, "Base", "Paused Runs ");
  assert_int_equal(
      snapshot_running_dependents(s, snapshot_service(s, "Base"), NULL, NULL), 2);
  snapshot_unref(s);
}

static void a_circle_ends(void **state) {
  struct pg_snapshot *s =
      case_of(CASE("", SERVICES(SERVICE("A", 1, "\"B\"") "," SERVICE(
                           "B", 2, "\"A\",\"B\"") "," SERVICE("C", 3, ""))));
  (void)state;
  assert_true(depends(s, "A", "B"));
  assert_true(depends(s, "B", "A"));
  assert_false(depends(s, "A", "C"));
  snapshot_unref(s);
}

/* Every service needs the next one twice: 2^40 ways to the last. */
static void a_graph_made_to_be_slow_ends(void **state) {
  enum { LINKS = 40 };
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 65536);
  pg_text_str_add(&text, "{\"portguard_capture\":1,\"tcp\":[],\"services\":["
                         "{\"name\":\"alone\"}");
  for (int i = 0; i < LINKS; i++)
    pg_text_printf(&text, ",{\"name\":\"s%02d\",\"depends_on\":[\"s%02d\",\"s%02d\"]}", i,
                   i + 1, i + 1);
  pg_text_str_add(&text, "]}");
  struct pg_snapshot *s = case_of(pg_text_str(&text));
  assert_true(depends(s, "s00", "s39"));
  assert_false(depends(s, "s00", "alone"));
  pg_text_free(&text);
  snapshot_unref(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(needs_are_followed_through_others_and_in_any_case),
      cmocka_unit_test(only_those_that_run_go_down_with_it),
      cmocka_unit_test(a_circle_ends),
      cmocka_unit_test(a_graph_made_to_be_slow_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
