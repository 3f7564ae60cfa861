/* Windows' notice of a change, with a registry of the test's own. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <windows.h>

#include "service/sources/win_config_watch.h"
#include "tests/unit/win_registry.h"

#define SERVICES L"SYSTEM\\CurrentControlSet\\Services"
#define HTTP SERVICES L"\\HTTP"
#define PROXY SERVICES L"\\PortProxy"
#define PATIENCE_MS 10000

static struct win_registry_watch watch;

static int begin(void **state) {
  if (registry_begin(state))
    return 1;
  registry_make(HTTP);
  return 0;
}

static int end(void **state) {
  win_registry_watch_close(&watch);
  return registry_end(state);
}

/* The notice may take a moment. */
static void wait_for_change(void) {
  HANDLE events[WIN_WATCHED_KEYS];
  DWORD count = 0;
  for (int i = 0; i < WIN_WATCHED_KEYS; i++)
    if (watch.keys[i].event)
      events[count++] = watch.keys[i].event;
  assert_true(WaitForMultipleObjects(count, events, FALSE, PATIENCE_MS) <
              WAIT_OBJECT_0 + count);
  assert_true(win_registry_watch_changed(&watch));
}

static void arm(void) {
  win_config_watch_arm(&watch);
  assert_false(win_registry_watch_changed(&watch));
}

static void what_was_never_armed_tells_nothing(void **state) {
  (void)state;
  registry_set(PROXY L"\\v4tov4\\tcp", L"*/80", L"10.0.0.1/80");
  assert_false(win_registry_watch_changed(&watch));
}

static void a_value_deep_below_is_told_until_the_next_reading_begins(void **state) {
  (void)state;
  registry_make(PROXY L"\\v4tov4\\tcp");
  registry_make(HTTP L"\\Parameters\\UrlAclInfo");
  arm();
  registry_set(PROXY L"\\v4tov4\\tcp", L"*/80", L"10.0.0.1/80");
  wait_for_change();
  assert_true(win_registry_watch_changed(&watch));
  arm();
  registry_set(HTTP L"\\Parameters\\UrlAclInfo", L"http://+:80/", L"x");
  wait_for_change();
}

static void a_change_is_told_each_time(void **state) {
  (void)state;
  registry_make(PROXY L"\\v4tov4\\tcp");
  for (int i = 0; i < 5; i++) {
    arm();
    registry_set_number(PROXY L"\\v4tov4\\tcp", L"*/80", (unsigned long)i);
    wait_for_change();
  }
}

static void arming_twice_is_arming_once(void **state) {
  (void)state;
  registry_make(PROXY L"\\v4tov4\\tcp");
  arm();
  arm();
  registry_set(PROXY L"\\v4tov4\\tcp", L"*/80", L"10.0.0.1/80");
  wait_for_change();
}

static void a_key_that_appears_is_told_and_then_watched(void **state) {
  (void)state;
  arm();
  registry_make(PROXY L"\\v4tov4\\tcp");
  wait_for_change();
  arm();
  registry_set(PROXY L"\\v4tov4\\tcp", L"*/80", L"10.0.0.1/80");
  wait_for_change();
}

static void a_key_that_goes_and_comes_back_is_told(void **state) {
  (void)state;
  registry_make(PROXY);
  arm();
  registry_delete(PROXY);
  wait_for_change();
  arm();
  registry_make(PROXY);
  wait_for_change();
}

/* What is told afterwards comes after it: by then it would have been told too. */
static void another_services_settings_are_not_told(void **state) {
  (void)state;
  registry_make(HTTP L"\\Parameters");
  registry_make(SERVICES L"\\Other\\Parameters");
  arm();
  registry_set(SERVICES L"\\Other\\Parameters", L"a", L"b");
  registry_set(SERVICES L"\\Other", L"a", L"b");
  registry_set(HTTP L"\\Parameters", L"a", L"b");
  wait_for_change();
  assert_int_equal(WaitForSingleObject(watch.keys[0].event, 0), WAIT_OBJECT_0);
  assert_int_equal(WaitForSingleObject(watch.keys[3].event, 0), WAIT_TIMEOUT);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(what_was_never_armed_tells_nothing),
      CASE(a_value_deep_below_is_told_until_the_next_reading_begins),
      CASE(a_change_is_told_each_time),
      CASE(arming_twice_is_arming_once),
      CASE(a_key_that_appears_is_told_and_then_watched),
      CASE(a_key_that_goes_and_comes_back_is_told),
      CASE(another_services_settings_are_not_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
