#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/snapshot/address.h"

#include <string.h>

static const char *again(enum pg_family family, const char *text) {
  static char out[PG_ENDPOINT_CHARS];
  struct pg_address address;
  if (!pg_address_parse(family, text, &address))
    return NULL;
  return pg_address_format(&address, out, sizeof out);
}

static struct pg_address parsed(enum pg_family family, const char *text) {
  struct pg_address address;
  assert_true(pg_address_parse(family, text, &address));
  return address;
}

static void addresses_survive_text_and_back(void **state) {
  (void)state;
  assert_string_equal(again(PG_IPV4, "0.0.0.0"), "0.0.0.0");
  assert_string_equal(again(PG_IPV4, "255.1.20.3"), "255.1.20.3");
  assert_string_equal(again(PG_IPV6, "::"), "::");
  assert_string_equal(again(PG_IPV6, "0:0:0:0:0:0:0:1"), "::1");
  assert_string_equal(again(PG_IPV6, "FE80::A1"), "fe80::a1");
  assert_string_equal(again(PG_IPV6, "::ffff:127.0.0.1"), "::ffff:127.0.0.1");
}

static void a_zone_is_kept_as_a_number(void **state) {
  (void)state;
  assert_string_equal(again(PG_IPV6, "fe80::1%7"), "fe80::1%7");
  assert_string_equal(again(PG_IPV6, "fe80::1%4294967295"), "fe80::1%4294967295");
  assert_string_equal(again(PG_IPV6, "fe80::1%0"), "fe80::1");
}

static void what_is_no_address_is_refused(void **state) {
  static const char *const v4[] = {"",          "0.0.0",     "1.2.3.4.5",  "256.0.0.1",
                                   "0.0.0.0%1", "::",        "0.0.0.0:80", " 0.0.0.0",
                                   "0.0.0.0\n", "localhost", "*"};
  static const char *const v6[] = {"",
                                   "0.0.0.0",
                                   ":::",
                                   "[::]",
                                   "::1%",
                                   "::1%eth0",
                                   "::1%-1",
                                   "::1%4294967296",
                                   "::1%1%1",
                                   "12345::",
                                   "1:2:3:4:5:6:7:8:9"};
  (void)state;
  for (size_t i = 0; i < sizeof v4 / sizeof v4[0]; i++)
    assert_null(again(PG_IPV4, v4[i]));
  for (size_t i = 0; i < sizeof v6 / sizeof v6[0]; i++)
    assert_null(again(PG_IPV6, v6[i]));
  assert_null(again(PG_IPV4, NULL));
}

static void a_refused_text_leaves_the_result_alone(void **state) {
  struct pg_address address = parsed(PG_IPV4, "10.0.0.1"), before = address;
  (void)state;
  assert_false(pg_address_parse(PG_IPV6, "fe80::1%x", &address));
  assert_memory_equal(&address, &before, sizeof address);
}

static void a_text_of_any_length_is_refused_without_harm(void **state) {
  static char longer[4096];
  (void)state;
  memset(longer, '1', sizeof longer - 1);
  assert_null(again(PG_IPV4, longer));
  assert_null(again(PG_IPV6, longer));
}

static void endpoints_put_ipv6_in_brackets(void **state) {
  struct pg_address v4 = parsed(PG_IPV4, "127.0.0.1");
  struct pg_address v6 = parsed(PG_IPV6, "fe80::1%7");
  char out[PG_ENDPOINT_CHARS];
  (void)state;
  assert_string_equal(pg_endpoint_format(&v4, 80, out, sizeof out), "127.0.0.1:80");
  assert_string_equal(pg_endpoint_format(&v6, 65535, out, sizeof out),
                      "[fe80::1%7]:65535");
}

static void the_longest_endpoint_fits(void **state) {
  struct pg_address address =
      parsed(PG_IPV6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295");
  char out[PG_ENDPOINT_CHARS];
  (void)state;
  pg_endpoint_format(&address, 65535, out, sizeof out);
  assert_string_equal(out, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

static void a_short_buffer_is_terminated(void **state) {
  struct pg_address address = parsed(PG_IPV4, "127.0.0.1");
  char out[5];
  (void)state;
  assert_string_equal(pg_endpoint_format(&address, 80, out, sizeof out), "127.");
}

static void only_all_zeros_is_the_wildcard(void **state) {
  struct pg_address v4 = parsed(PG_IPV4, "0.0.0.0"), v6 = parsed(PG_IPV6, "::");
  struct pg_address loopback = parsed(PG_IPV6, "::1"),
                    any_low = parsed(PG_IPV4, "0.0.0.1");
  (void)state;
  assert_true(pg_address_is_wildcard(&v4));
  assert_true(pg_address_is_wildcard(&v6));
  assert_false(pg_address_is_wildcard(&loopback));
  assert_false(pg_address_is_wildcard(&any_low));
}

static void order_is_family_then_bytes_then_zone(void **state) {
  static const struct {
    enum pg_family family;
    const char *text;
  } sorted[] = {{PG_IPV4, "0.0.0.0"},   {PG_IPV4, "127.0.0.1"}, {PG_IPV4, "200.0.0.1"},
                {PG_IPV6, "::"},        {PG_IPV6, "::1"},       {PG_IPV6, "fe80::1"},
                {PG_IPV6, "fe80::1%3"}, {PG_IPV6, "fe80::1%20"}};
  (void)state;
  for (size_t i = 0; i < sizeof sorted / sizeof sorted[0]; i++) {
    for (size_t j = 0; j < sizeof sorted / sizeof sorted[0]; j++) {
      struct pg_address a = parsed(sorted[i].family, sorted[i].text);
      struct pg_address b = parsed(sorted[j].family, sorted[j].text);
      int order = pg_address_compare(&a, &b);
      assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
    }
  }
}

static void families_have_the_names_of_the_capture_format(void **state) {
  (void)state;
  assert_string_equal(pg_family_name(PG_IPV4), "ipv4");
  assert_string_equal(pg_family_name(PG_IPV6), "ipv6");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_survive_text_and_back),
      cmocka_unit_test(a_zone_is_kept_as_a_number),
      cmocka_unit_test(what_is_no_address_is_refused),
      cmocka_unit_test(a_refused_text_leaves_the_result_alone),
      cmocka_unit_test(a_text_of_any_length_is_refused_without_harm),
      cmocka_unit_test(endpoints_put_ipv6_in_brackets),
      cmocka_unit_test(the_longest_endpoint_fits),
      cmocka_unit_test(a_short_buffer_is_terminated),
      cmocka_unit_test(only_all_zeros_is_the_wildcard),
      cmocka_unit_test(order_is_family_then_bytes_then_zone),
      cmocka_unit_test(families_have_the_names_of_the_capture_format),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
