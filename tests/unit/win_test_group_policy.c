/* Reading Group Policy's values, with a registry of the test's own. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <windows.h>

#include "service/win_group_policy.h"
#include "tests/unit/win_registry.h"

#include <stdlib.h>

#define KEY L"SOFTWARE\\Policies\\PortGuard"
#define PATIENCE_MS 10000

/* What asks for notices calls this instead of Windows: something happens in between. */
static DWORD notices, failing_notice; /* which of them fails; 0: none */
static const wchar_t *comes_up;       /* a key that is made before the first; or NULL */

static LSTATUS WINAPI ask_for_notice(HKEY key, BOOL whole, DWORD filter, HANDLE event,
                                     BOOL asynchronous) {
  typedef LSTATUS(WINAPI * notify)(HKEY, BOOL, DWORD, HANDLE, BOOL);
  notify real = (notify)(void (*)(void))GetProcAddress(GetModuleHandleW(L"advapi32.dll"),
                                                       "RegNotifyChangeKeyValue");
  if (++notices == 1 && comes_up != NULL)
    registry_make(comes_up);
  return notices == failing_notice ? ERROR_NOT_ENOUGH_MEMORY
                                   : real(key, whole, filter, event, asynchronous);
}

extern LSTATUS(WINAPI *__imp_RegNotifyChangeKeyValue)(HKEY, BOOL, DWORD, HANDLE, BOOL);
LSTATUS(WINAPI *__imp_RegNotifyChangeKeyValue)
(HKEY, BOOL, DWORD, HANDLE, BOOL) = ask_for_notice;

static struct group_policy_source source;
static struct group_policy_values values;

static int begin(void **state) {
  if (registry_begin(state))
    return 1;
  notices = failing_notice = 0;
  comes_up = NULL;
  group_policy_start(&values);
  return !win_group_policy_open(&source);
}

static int end(void **state) {
  source.close(source.context);
  group_policy_free(&values);
  return registry_end(state);
}

static void look(void) {
  group_policy_free(&values);
  group_policy_start(&values);
  source.read(source.context, &values);
}

static void set(const wchar_t *name, DWORD type, const void *data, size_t bytes) {
  HKEY key = NULL;
  assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, NULL, REG_OPTION_VOLATILE,
                                   KEY_SET_VALUE, NULL, &key, NULL),
                   ERROR_SUCCESS);
  assert_int_equal(RegSetValueExW(key, name, 0, type, data, (DWORD)bytes), ERROR_SUCCESS);
  RegCloseKey(key);
}

static const char *text_of(enum group_policy_item item) {
  return pg_text_str(&values.at[item].text);
}

static void without_the_key_nothing_is_said(void **state) {
  (void)state;
  look();
  assert_int_equal(values.unreadable.code, PG_OK);
  for (int i = 0; i < GROUP_POLICY_ITEMS; i++)
    assert_false(values.at[i].there);
}

static void values_are_read_with_their_types(void **state) {
  static const wchar_t lines[] = L"80\0"
                                 L"8000-8090\0"
                                 L"\0";
  static const wchar_t mode[] = L"observe";
  DWORD number = 500;
  (void)state;
  set(L"guardedports", REG_MULTI_SZ, lines, sizeof lines);
  set(L"IntervalMs", REG_DWORD, &number, sizeof number);
  set(L"PolicyMode", REG_SZ, mode, sizeof mode);
  set(L"Configuration", REG_QWORD, &(uint64_t){1}, sizeof(uint64_t));
  look();
  assert_int_equal(values.unreadable.code, PG_OK);
  assert_int_equal(values.at[GROUP_POLICY_GUARDED_PORTS].type, GROUP_POLICY_TYPE_LINES);
  assert_string_equal(text_of(GROUP_POLICY_GUARDED_PORTS), "80\n8000-8090\n");
  assert_int_equal(values.at[GROUP_POLICY_INTERVAL].type, GROUP_POLICY_TYPE_NUMBER);
  assert_int_equal(values.at[GROUP_POLICY_INTERVAL].number, 500);
  assert_string_equal(text_of(GROUP_POLICY_MODE), "observe");
  assert_int_equal(values.at[GROUP_POLICY_CONFIGURATION].type, GROUP_POLICY_TYPE_LONG);
}

/* Whoever writes the registry need not end a text, nor leave out empty lines. */
static void texts_are_taken_as_they_are(void **state) {
  static const wchar_t lines[] = {'{', 0, 0, '}', 0x00fc, 0xd83d, 0xde00};
  static const wchar_t mode[] = {'o', 'f', 'f', 0, 'x', 0};
  (void)state;
  set(L"Configuration", REG_MULTI_SZ, lines, sizeof lines);
  set(L"PolicyMode", REG_SZ, mode, sizeof mode);
  set(L"GuardedPorts", REG_SZ, L"", 0);
  look();
  assert_string_equal(text_of(GROUP_POLICY_CONFIGURATION),
                      "{\n\n}\xc3\xbc\xf0\x9f\x98\x80\n");
  assert_string_equal(text_of(GROUP_POLICY_MODE), "off");
  assert_true(values.at[GROUP_POLICY_GUARDED_PORTS].there);
  assert_string_equal(text_of(GROUP_POLICY_GUARDED_PORTS), "");
}

static void a_number_of_another_size_is_none(void **state) {
  (void)state;
  set(L"IntervalMs", REG_DWORD, "ab", 2);
  look();
  assert_int_equal(values.at[GROUP_POLICY_INTERVAL].type, GROUP_POLICY_TYPE_BINARY);
}

static void a_text_beyond_the_limit_is_refused_by_its_name(void **state) {
  size_t bytes = 3u << 20;
  void *data = calloc(1, bytes);
  (void)state;
  assert_non_null(data);
  set(L"Configuration", REG_MULTI_SZ, data, bytes);
  free(data);
  look();
  assert_int_equal(values.unreadable.code, PG_E_TOOBIG);
  assert_string_equal(values.unreadable.param, "Configuration");
}

/* --- notices --- */

static void wait_for_change(void) {
  ULONGLONG until = GetTickCount64() + PATIENCE_MS;
  while (!source.changed(source.context) && GetTickCount64() < until)
    SwitchToThread();
  assert_true(source.changed(source.context));
}

static void a_key_that_appears_changes_and_goes_is_told(void **state) {
  DWORD number = 500;
  (void)state;
  registry_make(L"SOFTWARE\\Policies");
  assert_true(source.changed(source.context)); /* nothing was read yet */
  look();
  assert_false(source.changed(source.context));
  set(L"IntervalMs", REG_DWORD, &number, sizeof number);
  wait_for_change();
  look();
  assert_true(values.at[GROUP_POLICY_INTERVAL].there);
  assert_false(source.changed(source.context));
  number++;
  set(L"IntervalMs", REG_DWORD, &number, sizeof number);
  wait_for_change();
  look();
  assert_false(source.changed(source.context));
  registry_delete(KEY);
  wait_for_change();
  look();
  assert_false(values.at[GROUP_POLICY_INTERVAL].there);
}

static void a_key_that_comes_up_while_it_is_being_watched_is_not_missed(void **state) {
  DWORD number = 500;
  (void)state;
  registry_make(L"SOFTWARE\\Policies");
  comes_up = KEY;
  look();
  comes_up = NULL;
  if (source.changed(source.context)) /* told of by the one above it */
    look();
  set(L"IntervalMs", REG_DWORD, &number, sizeof number);
  wait_for_change();
}

/* The keys above it are watched, but they do not tell of its values. */
static void a_key_that_is_there_and_not_watched_is_read_each_time(void **state) {
  (void)state;
  registry_make(KEY);
  failing_notice = 3;
  look();
  assert_int_equal(notices, 3);
  assert_true(source.changed(source.context));
  look();
  assert_false(source.changed(source.context));
}

static void what_cannot_be_watched_is_read_each_time(void **state) {
  (void)state;
  look();
  assert_true(source.changed(source.context));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(without_the_key_nothing_is_said),
      CASE(values_are_read_with_their_types),
      CASE(texts_are_taken_as_they_are),
      CASE(a_number_of_another_size_is_none),
      CASE(a_text_beyond_the_limit_is_refused_by_its_name),
      CASE(a_key_that_appears_changes_and_goes_is_told),
      CASE(a_key_that_comes_up_while_it_is_being_watched_is_not_missed),
      CASE(a_key_that_is_there_and_not_watched_is_read_each_time),
      CASE(what_cannot_be_watched_is_read_each_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
