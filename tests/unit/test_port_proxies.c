#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/sources/port_proxies.h"

#include <string.h>

static struct pg_arena *arena;
static struct pg_port_proxy row;
static char why[200];

static int make_arena(void **state) {
  (void)state;
  memset(&row, 0, sizeof row);
  why[0] = '\0';
  arena = pg_arena_new(64 * 1024);
  return arena == NULL;
}

static int free_arena(void **state) {
  (void)state;
  pg_arena_free(arena);
  return 0;
}

static enum pg_error parse(const char *name, const char *data) {
  return port_proxy_parse(arena, PG_PROXY_V4TOV4, name, data, &row, why, sizeof why);
}

static void expect(const char *name, const char *data, const char *listen,
                   uint16_t listen_port, const char *connect, uint16_t connect_port) {
  assert_int_equal(parse(name, data), PG_OK);
  assert_int_equal(row.kind, PG_PROXY_V4TOV4);
  assert_string_equal(row.listen_address, listen);
  assert_int_equal(row.listen_port, listen_port);
  assert_string_equal(row.connect_address, connect);
  assert_int_equal(row.connect_port, connect_port);
}

static void both_ends_of_a_rule_are_read(void **state) {
  (void)state;
  expect("0.0.0.0/80", "172.20.0.2/8080", "0.0.0.0", 80, "172.20.0.2", 8080);
  expect("*/65535", "web.example/1", "*", 65535, "web.example", 1);
  expect("fe80::1%7/443", "::1/443", "fe80::1%7", 443, "::1", 443);
}

static void a_rule_without_a_port_or_an_address_is_none(void **state) {
  static const char *const broken[] = {"",      "/",    "*",          "*/",
                                       "/80",   "*/0",  "*/65536",    "*/8o",
                                       "*/ 80", "*/-1", "0.0.0.0 80", "*/80/"};
  (void)state;
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    assert_int_equal(parse(broken[i], "10.0.0.1/80"), PG_E_FORMAT);
    assert_int_equal(parse("*/80", broken[i]), PG_E_FORMAT);
  }
}

static void what_is_wrong_is_quoted(void **state) {
  (void)state;
  assert_int_equal(parse("*/80", "nowhere"), PG_E_FORMAT);
  assert_string_equal(why, "v4tov4 rule \"*/80\" = \"nowhere\": expected address/port on "
                           "both sides");
}

static void what_is_quoted_is_short_and_as_it_is(void **state) {
  char data[600];
  (void)state;
  memset(data, 'x', sizeof data);
  data[0] = '\033';
  data[sizeof data - 1] = '\0';
  assert_int_equal(parse("*/80", data), PG_E_FORMAT);
  assert_non_null(strstr(why, "= \"\033xxx"));
  assert_non_null(strstr(why, "expected address/port on both sides"));
}

static void an_arena_without_room_is_no_broken_rule(void **state) {
  char name[128 * 1024];
  (void)state;
  memset(name, 'x', sizeof name);
  memcpy(name + sizeof name - 4, "/80", 4);
  assert_int_equal(parse(name, "10.0.0.1/80"), PG_E_NOMEM);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(both_ends_of_a_rule_are_read),
      CASE(a_rule_without_a_port_or_an_address_is_none),
      CASE(what_is_wrong_is_quoted),
      CASE(what_is_quoted_is_short_and_as_it_is),
      CASE(an_arena_without_room_is_no_broken_rule),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
