/* Real services of the real service control manager: ones that stop, refuse, take their
 * time or hang, and come back by themselves. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <windows.h>

#include "common/text.h"
#include "common/timestamp.h"
#include "service/action/actor.h"
#include "service/sources/win_child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLENTY_MS 30000
#define SHORT_MS 1500

static struct actor actor;
static struct pg_fault fault;
static wchar_t double_path[MAX_PATH];

/* The double lies beside the folder of this program. */
static void find_double(void) {
  GetModuleFileNameW(NULL, double_path, MAX_PATH);
  for (int i = 0; i < 2; i++)
    *wcsrchr(double_path, L'\\') = L'\0';
  wcscat(double_path, L"\\doubles\\testsvc.exe");
}

static void run_double(const wchar_t *words) {
  wchar_t line[2 * MAX_PATH];
  struct win_child child;
  swprintf(line, 2 * MAX_PATH, L"\"%ls\" %ls", double_path, words);
  win_child_run(double_path, line, 65536, PLENTY_MS, &child);
  assert_string_equal(child.error, "");
  if (child.exit_code != 0)
    fail_msg("%ls: exit code %lu: %.*s", words, (unsigned long)child.exit_code,
             (int)child.len, child.output);
  free(child.output);
}

/* The name tells what the service does. */
static const wchar_t *const kinds[] = {L"normal", L"refuse", L"hang", L"slow", L"again"};
#define KINDS (sizeof kinds / sizeof kinds[0])

static int install_all(void **state) {
  wchar_t words[128];
  (void)state;
  find_double();
  actor_open(&actor);
  for (size_t i = 0; i < KINDS; i++) {
    swprintf(words, 128, L"install PgTest-%ls 0 %ls", kinds[i], kinds[i]);
    run_double(words);
  }
  run_double(L"install PgTest-needs 0 normal PgTest-normal");
  return 0;
}

static int uninstall_all(void **state) {
  wchar_t words[128];
  (void)state;
  run_double(L"uninstall PgTest-needs");
  for (size_t i = 0; i < KINDS; i++) {
    swprintf(words, 128, L"uninstall PgTest-%ls", kinds[i]);
    run_double(words);
  }
  return 0;
}

static enum pg_service_state state_of(const char *name) {
  struct actor_service now;
  assert_int_equal(actor.query(actor.context, name, &now, &fault), PG_OK);
  return now.state;
}

static void start(const char *name) {
  if (actor.start(actor.context, name, PLENTY_MS, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  assert_int_equal(state_of(name), PG_STATE_RUNNING);
}

static void a_service_starts_and_stops_and_both_may_be_repeated(void **state) {
  struct actor_service now;
  (void)state;
  start("PgTest-normal");
  start("PgTest-normal");
  assert_int_equal(actor.query(actor.context, "pgtest-NORMAL", &now, &fault), PG_OK);
  assert_int_not_equal(now.pid, 0);
  assert_int_not_equal(now.started_at, PG_TIME_UNKNOWN);
  for (int i = 0; i < 2; i++)
    assert_int_equal(actor.stop(actor.context, "PgTest-normal", PLENTY_MS, &fault),
                     PG_OK);
  assert_int_equal(state_of("PgTest-normal"), PG_STATE_STOPPED);
}

static void one_that_takes_its_time_is_waited_for(void **state) {
  (void)state;
  start("PgTest-slow");
  assert_int_equal(actor.stop(actor.context, "PgTest-slow", PLENTY_MS, &fault), PG_OK);
  assert_int_equal(state_of("PgTest-slow"), PG_STATE_STOPPED);
}

static void one_that_is_stopping_is_started_once_it_has_stopped(void **state) {
  (void)state;
  start("PgTest-slow");
  assert_int_equal(actor.stop(actor.context, "PgTest-slow", 0, &fault), PG_E_WINDOWS);
  assert_int_equal(state_of("PgTest-slow"), PG_STATE_STOP_PENDING);
  start("PgTest-slow");
  assert_int_equal(actor.stop(actor.context, "PgTest-slow", PLENTY_MS, &fault), PG_OK);
}

static void the_process_of_one_that_has_stopped_has_ended(void **state) {
  struct actor_service now;
  (void)state;
  start("PgTest-normal");
  assert_int_equal(actor.query(actor.context, "PgTest-normal", &now, &fault), PG_OK);
  HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, now.pid);
  assert_non_null(process);
  assert_int_equal(actor.stop(actor.context, "PgTest-normal", PLENTY_MS, &fault), PG_OK);
  assert_int_equal(WaitForSingleObject(process, 0), WAIT_OBJECT_0);
  CloseHandle(process);
}

static void one_that_refuses_is_told_with_the_error_of_windows(void **state) {
  (void)state;
  start("PgTest-refuse");
  assert_int_equal(actor.stop(actor.context, "PgTest-refuse", PLENTY_MS, &fault),
                   PG_E_WINDOWS);
  assert_int_equal(fault.win32, ERROR_INVALID_SERVICE_CONTROL);
  assert_non_null(strstr(fault.message, "PgTest-refuse: it refuses to stop"));
  assert_int_equal(state_of("PgTest-refuse"), PG_STATE_RUNNING);
}

static void one_that_hangs_is_given_up_at_the_deadline(void **state) {
  (void)state;
  start("PgTest-hang");
  assert_int_equal(actor.stop(actor.context, "PgTest-hang", SHORT_MS, &fault),
                   PG_E_WINDOWS);
  assert_string_equal(fault.message,
                      "PgTest-hang did not stop in time: it is stop_pending still");
}

static void one_that_others_need_is_refused_by_windows(void **state) {
  (void)state;
  start("PgTest-normal");
  start("PgTest-needs");
  if (actor.stop(actor.context, "PgTest-normal", PLENTY_MS, &fault) == PG_OK) {
    print_message("Wine stops a service that others need\n");
    assert_int_equal(actor.stop(actor.context, "PgTest-needs", PLENTY_MS, &fault), PG_OK);
    skip();
  }
  assert_int_equal(fault.win32, ERROR_DEPENDENT_SERVICES_RUNNING);
  assert_int_equal(actor.stop(actor.context, "PgTest-needs", PLENTY_MS, &fault), PG_OK);
  assert_int_equal(actor.stop(actor.context, "PgTest-normal", PLENTY_MS, &fault), PG_OK);
}

static void a_disabled_service_does_not_start_until_that_is_undone(void **state) {
  (void)state;
  assert_int_equal(
      actor.set_start(actor.context, "PgTest-normal", PG_START_DISABLED, false, &fault),
      PG_OK);
  assert_int_equal(actor.start(actor.context, "PgTest-normal", SHORT_MS, &fault),
                   PG_E_WINDOWS);
  assert_int_equal(fault.win32, ERROR_SERVICE_DISABLED);
  assert_int_equal(
      actor.set_start(actor.context, "PgTest-normal", PG_START_MANUAL, false, &fault),
      PG_OK);
  start("PgTest-normal");
  assert_int_equal(actor.stop(actor.context, "PgTest-normal", PLENTY_MS, &fault), PG_OK);
}

static void what_is_not_installed_is_not_found(void **state) {
  struct actor_service now;
  (void)state;
  assert_int_equal(actor.query(actor.context, "PgTest-nobody", &now, &fault),
                   PG_E_NOTFOUND);
  assert_int_equal(actor.stop(actor.context, "PgTest-nobody", SHORT_MS, &fault),
                   PG_E_NOTFOUND);
}

static void an_address_that_is_none_is_refused(void **state) {
  (void)state;
  assert_int_equal(actor.listen_add(actor.context, "127.0.0.300", &fault), PG_E_WINDOWS);
  assert_int_equal(fault.win32, ERROR_INVALID_PARAMETER);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_service_starts_and_stops_and_both_may_be_repeated),
      cmocka_unit_test(one_that_takes_its_time_is_waited_for),
      cmocka_unit_test(one_that_is_stopping_is_started_once_it_has_stopped),
      cmocka_unit_test(the_process_of_one_that_has_stopped_has_ended),
      cmocka_unit_test(one_that_refuses_is_told_with_the_error_of_windows),
      cmocka_unit_test(one_that_hangs_is_given_up_at_the_deadline),
      cmocka_unit_test(one_that_others_need_is_refused_by_windows),
      cmocka_unit_test(a_disabled_service_does_not_start_until_that_is_undone),
      cmocka_unit_test(what_is_not_installed_is_not_found),
      cmocka_unit_test(an_address_that_is_none_is_refused),
  };
  return cmocka_run_group_tests(tests, install_all, uninstall_all);
}
