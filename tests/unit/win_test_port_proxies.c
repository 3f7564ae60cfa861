/* Port proxy rules from a registry that the test fills. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/sources/win_port_proxies.h"
#include "tests/unit/win_registry.h"

#include <string.h>

#define PROXY L"SYSTEM\\CurrentControlSet\\Services\\PortProxy\\"

static struct pg_snapshot *snapshot;

static int begin(void **state) {
  snapshot = snapshot_new();
  return snapshot == NULL || registry_begin(state);
}

static int end(void **state) {
  snapshot_unref(snapshot);
  return registry_end(state);
}

static const struct pg_source_status *read_rules(size_t count) {
  assert_int_equal(win_port_proxies_add(snapshot, 5000), PG_OK);
  assert_int_equal(snapshot->network.proxy_count, count);
  return &snapshot->sources[PG_SOURCE_PORT_PROXIES];
}

static void no_key_means_no_rules(void **state) {
  (void)state;
  assert_int_equal(read_rules(0)->state, PG_SOURCE_READ);
}

static void rules_of_every_kind_are_read(void **state) {
  (void)state;
  registry_set(PROXY L"v4tov4\\tcp", L"0.0.0.0/80", L"172.20.0.2/8080");
  registry_set(PROXY L"v4tov4\\tcp", L"*/81", L"web.example/81");
  registry_set(PROXY L"v6tov4\\tcp", L"::1/82", L"10.0.0.1/82");
  registry_set(PROXY L"v4tov6\\tcp", L"127.0.0.1/83", L"fe80::1/83");
  registry_set(PROXY L"v6tov6\\tcp", L"*/84", L"::1/84");
  const struct pg_source_status *status = read_rules(5);
  assert_int_equal(status->state, PG_SOURCE_READ);
  assert_int_equal(status->read_at, 5000);
  assert_int_equal(snapshot_seal(snapshot), PG_OK);
  const struct pg_port_proxy *rows = snapshot->network.proxies;
  assert_int_equal(rows[1].kind, PG_PROXY_V4TOV4);
  assert_string_equal(rows[1].listen_address, "0.0.0.0");
  assert_int_equal(rows[1].listen_port, 80);
  assert_string_equal(rows[1].connect_address, "172.20.0.2");
  assert_int_equal(rows[1].connect_port, 8080);
  assert_int_equal(rows[4].kind, PG_PROXY_V6TOV6);
  assert_int_equal(rows[4].listen_port, 84);
}

static void a_value_that_is_no_rule_fails_the_source_and_no_other_rule(void **state) {
  (void)state;
  registry_set(PROXY L"v4tov4\\tcp", L"*/80", L"10.0.0.1/80");
  registry_set(PROXY L"v4tov4\\tcp", L"nonsense", L"\x1b[2J");
  registry_set(PROXY L"v6tov4\\tcp", L"*/82", L"10.0.0.1/82");
  const struct pg_source_status *status = read_rules(2);
  assert_int_equal(status->state, PG_SOURCE_FAILED);
  assert_string_equal(status->error, "v4tov4 rule \"nonsense\" = \"\x1b[2J\": expected "
                                     "address/port on both sides");
}

static void a_value_that_is_no_text_is_no_rule(void **state) {
  (void)state;
  registry_set_number(PROXY L"v4tov4\\tcp", L"*/80", 0x2f003100);
  assert_int_equal(read_rules(0)->state, PG_SOURCE_FAILED);
}

static void a_value_longer_than_any_rule_is_no_rule(void **state) {
  wchar_t data[4096];
  (void)state;
  for (size_t i = 0; i < 4095; i++)
    data[i] = L'x';
  data[4095] = L'\0';
  registry_set(PROXY L"v4tov4\\tcp", L"*/80", data);
  registry_set(PROXY L"v4tov4\\tcp", L"*/81", L"10.0.0.1/81");
  const struct pg_source_status *status = read_rules(1);
  assert_int_equal(status->state, PG_SOURCE_FAILED);
  assert_non_null(strstr(status->error, "longer than an address and a port"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(no_key_means_no_rules),
      CASE(rules_of_every_kind_are_read),
      CASE(a_value_that_is_no_rule_fails_the_source_and_no_other_rule),
      CASE(a_value_that_is_no_text_is_no_rule),
      CASE(a_value_longer_than_any_rule_is_no_rule),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
