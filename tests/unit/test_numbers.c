#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void decimals_of_32_bits_are_read(void **state) {
  uint32_t value = 1;
  (void)state;
  assert_true(pg_parse_u32("0", &value));
  assert_int_equal(value, 0);
  assert_true(pg_parse_u32("4294967295", &value));
  assert_true(value == UINT32_MAX);
  assert_true(pg_parse_u32("00080", &value));
  assert_int_equal(value, 80);
}

static void anything_but_digits_is_refused(void **state) {
  static const char *const refused[] = {"",    " 1",         "1 ",         "+1",
                                        "-1",  "0x10",       "1.0",        "1e3",
                                        "80a", "4294967296", "99999999999"};
  uint32_t value = 7;
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    assert_false(pg_parse_u32(refused[i], &value));
  assert_int_equal(value, 7);
}

static void ports_from_1_to_65535_are_read(void **state) {
  struct pg_fault fault = {0};
  uint16_t port = 0;
  (void)state;
  assert_int_equal(pg_parse_port("1", &port, &fault), PG_OK);
  assert_int_equal(port, 1);
  assert_int_equal(pg_parse_port("65535", &port, &fault), PG_OK);
  assert_int_equal(port, 65535);
}

static void check_port_refused(const char *text, const char *message) {
  struct pg_fault fault = {0};
  uint16_t port = 7;
  assert_int_equal(pg_parse_port(text, &port, &fault), PG_E_PARAMS);
  assert_string_equal(fault.message, message);
  assert_string_equal(fault.param, "port");
  assert_int_equal(port, 7);
  assert_int_equal(pg_parse_port(text, &port, NULL), PG_E_PARAMS);
}

static void wrong_port_is_quoted(void **state) {
  (void)state;
  check_port_refused("0", "port \"0\": expected 1-65535");
  check_port_refused("65536", "port \"65536\": expected 1-65535");
  check_port_refused("-1", "port \"-1\": expected 1-65535");
  check_port_refused("80a", "port \"80a\": expected 1-65535");
  check_port_refused("", "port \"\": expected 1-65535");
  check_port_refused("\x1B[2J", "port \"<1B>[2J\": expected 1-65535");
}

static void durations_are_read_with_and_without_a_unit(void **state) {
  static const struct {
    const char *text;
    uint32_t ms;
  } good[] = {{"1", 1000},         {"30", 30000},       {"30s", 30000},
              {"2m", 120000},      {"1h", 3600000},     {"24h", 86400000},
              {"1440m", 86400000}, {"86400", 86400000}, {"90m", 5400000},
              {"05s", 5000},       {"1d", 86400000}};
  struct pg_fault fault = {0};
  uint32_t ms = 0;
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_int_equal(pg_parse_duration(good[i].text, 1, &ms, &fault), PG_OK);
    assert_int_equal(ms, good[i].ms);
  }
}

static void wrong_duration_is_quoted(void **state) {
  static const char *const refused[] = {
      "",      "s",     "0",   "0h",          "-5s", "5x", "25h",
      "1441m", "86401", "1.5", "4294967296h", "1 m", "2d", "49711d"};
  struct pg_fault fault = {0};
  uint32_t ms = 7;
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    assert_int_equal(pg_parse_duration(refused[i], 1, &ms, &fault), PG_E_PARAMS);
    assert_non_null(strstr(fault.message, refused[i]));
  }
  assert_int_equal(ms, 7);
  (void)pg_parse_duration("5x", 1, &ms, &fault);
  assert_string_equal(fault.message,
                      "duration \"5x\": expected 1 s to 1 d, as 30, 30s, 2m, 2h or 1d");
}

static void a_duration_may_be_as_long_as_the_caller_allows(void **state) {
  struct pg_fault fault = {0};
  uint32_t ms = 0;
  (void)state;
  assert_int_equal(pg_parse_duration("30d", 30, &ms, &fault), PG_OK);
  assert_int_equal(ms, 2592000000u);
  assert_int_equal(pg_parse_duration("2592000", 30, &ms, &fault), PG_OK);
  assert_int_equal(pg_parse_duration("49d", PG_DURATION_DAYS, &ms, &fault), PG_OK);
  assert_int_equal(ms, 4233600000u);
  assert_int_equal(pg_parse_duration("31d", 30, &ms, &fault), PG_E_PARAMS);
  assert_int_equal(pg_parse_duration("721h", 30, &ms, &fault), PG_E_PARAMS);
  assert_string_equal(fault.message, "duration \"721h\": expected 1 s to 30 d, as 30, "
                                     "30s, 2m, 2h or 1d");
}

static void years_are_read_in_seconds(void **state) {
  struct pg_fault fault = {0};
  uint32_t s = 7;
  (void)state;
  assert_int_equal(pg_parse_seconds("3650d", 3650, &s, &fault), PG_OK);
  assert_int_equal(s, 315360000);
  assert_int_equal(pg_parse_seconds("90", 3650, &s, &fault), PG_OK);
  assert_int_equal(s, 90);
  assert_int_equal(pg_parse_seconds("49710d", PG_SECONDS_DAYS, &s, &fault), PG_OK);
  assert_int_equal(pg_parse_seconds("3651d", 3650, &s, &fault), PG_E_PARAMS);
  assert_int_equal(s, 4294944000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(decimals_of_32_bits_are_read),
      cmocka_unit_test(anything_but_digits_is_refused),
      cmocka_unit_test(ports_from_1_to_65535_are_read),
      cmocka_unit_test(wrong_port_is_quoted),
      cmocka_unit_test(durations_are_read_with_and_without_a_unit),
      cmocka_unit_test(wrong_duration_is_quoted),
      cmocka_unit_test(a_duration_may_be_as_long_as_the_caller_allows),
      cmocka_unit_test(years_are_read_in_seconds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
