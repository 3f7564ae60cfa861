#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"

#include "service/snapshot/diff_network.h"

#include <stdio.h>
#include <string.h>

#define HEAD "\\n----------    --------\\n"
#define RANGES_TEXT(rows) \
  ",\"excluded_port_ranges_text\":{\"ipv4\":\"" HEAD rows "\",\"ipv6\":null}"
#define CONFIG(members) ",\"http\":{" members "}"
#define RESERVED(url, sddl) "{\"url\":\"" url "\",\"sddl\":\"" sddl "\"}"

/* "+http://… -http://…", in the order in which they were told. */
struct told {
  enum pg_source source;
  char words[512];
};

static const char *name_of(const struct pg_network_change *change, char *out,
                           size_t size) {
  switch (change->source) {
  case PG_SOURCE_HTTP_STATE:
    return ((const struct pg_registration *)change->row)->url;
  case PG_SOURCE_RESERVATIONS:
    return ((const struct pg_reservation *)change->row)->url;
  case PG_SOURCE_LISTEN_LIST:
    return ((const struct pg_listen_entry *)change->row)->text;
  case PG_SOURCE_CERTIFICATES:
    return ((const struct pg_certificate *)change->row)->endpoint;
  case PG_SOURCE_PORT_PROXIES:
    return ((const struct pg_port_proxy *)change->row)->listen_address;
  default: {
    const struct pg_excluded_range *range = change->row;
    snprintf(out, size, "%u-%u%s", (unsigned)range->first, (unsigned)range->last,
             range->administered ? "*" : "");
    return out;
  }
  }
}

static void note(void *context, const struct pg_network_change *change) {
  struct told *told = context;
  char name[32];
  size_t len = strlen(told->words);
  assert_int_equal(change->source, told->source);
  snprintf(told->words + len, sizeof told->words - len, "%s%c%s", len > 0 ? " " : "",
           change->added ? '+' : '-', name_of(change, name, sizeof name));
}

/* Every reading has its own time, but |same| is the later snapshot's copy of it. */
static const char *between(const char *before, const char *after, enum pg_source source,
                           bool same) {
  static struct told told;
  struct pg_snapshot *left = case_after(before, NULL, false, 1000);
  struct pg_snapshot *right = case_after(after, NULL, false, same ? 1000 : 2000);
  told = (struct told){.source = source};
  diff_network(left, right, source, note, &told);
  snapshot_unref(left);
  snapshot_unref(right);
  return told.words;
}

static void what_stays_is_not_told(void **state) {
  static const char machine[] =
      CASE("", CONFIG("\"url_reservations\":[" RESERVED(
                   "http://+:80/a/", "D:") "],"
                                           "\"ip_listen_list\":[\"127.0.0.2\"]"));
  (void)state;
  assert_string_equal(between(machine, machine, PG_SOURCE_RESERVATIONS, false), "");
  assert_string_equal(between(machine, machine, PG_SOURCE_LISTEN_LIST, false), "");
}

static void rows_come_and_go(void **state) {
  static const char before[] = CASE("", CONFIG("\"ip_listen_list\":[\"a\",\"c\",\"d\"]"));
  static const char after[] = CASE("", CONFIG("\"ip_listen_list\":[\"b\",\"c\",\"e\"]"));
  static const char none[] = CASE("", CONFIG("\"ip_listen_list\":[]"));
  (void)state;
  assert_string_equal(between(before, after, PG_SOURCE_LISTEN_LIST, false),
                      "-a +b -d +e");
  assert_string_equal(between(before, none, PG_SOURCE_LISTEN_LIST, false), "-a -c -d");
  assert_string_equal(between(none, before, PG_SOURCE_LISTEN_LIST, false), "+a +c +d");
}

static void another_descriptor_is_one_gone_and_one_come(void **state) {
  static const char before[] = CASE("", CONFIG("\"url_reservations\":[" RESERVED(
                                            "http://+:80/a/", "D:(A;;GX;;;WD)") "]"));
  static const char after[] = CASE("", CONFIG("\"url_reservations\":[" RESERVED(
                                           "http://+:80/a/", "D:(A;;GX;;;BA)") "]"));
  (void)state;
  assert_string_equal(between(before, after, PG_SOURCE_RESERVATIONS, false),
                      "+http://+:80/a/ -http://+:80/a/");
}

static void another_certificate_on_an_endpoint_is_told(void **state) {
  static const char before[] =
      CASE("", CONFIG("\"certificate_bindings\":[{\"endpoint\":\"0.0.0.0:443\",\"hash\":"
                      "\"aa\"}]"));
  static const char after[] =
      CASE("", CONFIG("\"certificate_bindings\":[{\"endpoint\":\"0.0.0.0:443\",\"hash\":"
                      "\"bb\"}]"));
  (void)state;
  assert_string_equal(between(before, after, PG_SOURCE_CERTIFICATES, false),
                      "-0.0.0.0:443 +0.0.0.0:443");
}

static void a_range_of_one_port_is_the_shadow_of_a_registration(void **state) {
  static const char before[] = CASE("", RANGES_TEXT("  80   80\\n 8016  8115\\n"));
  static const char after[] =
      CASE("", RANGES_TEXT(" 5985  5985\\n 9000  9000 *\\n 9100  9199\\n"));
  (void)state;
  assert_string_equal(between(before, after, PG_SOURCE_EXCLUDED4, false),
                      "-8016-8115 +9000-9000* +9100-9199");
}

static void families_are_compared_apart(void **state) {
  static const char both[] = CASE("", ",\"excluded_port_ranges_text\":{\"ipv4\":\"" HEAD
                                      " 100 199\\n\",\"ipv6\":\"" HEAD " 200 299\\n\"}");
  static const char moved[] = CASE("", ",\"excluded_port_ranges_text\":{\"ipv4\":\"" HEAD
                                       " 100 199\\n\",\"ipv6\":\"" HEAD " 300 399\\n\"}");
  (void)state;
  assert_string_equal(between(both, moved, PG_SOURCE_EXCLUDED4, false), "");
  assert_string_equal(between(both, moved, PG_SOURCE_EXCLUDED6, false),
                      "-200-299 +300-399");
}

static void a_proxy_that_goes_elsewhere_is_another_proxy(void **state) {
#define PROXY_TO(address)                                                                \
  ",\"port_proxies\":[{\"kind\":\"v4tov4\",\"listen_address\":\"*\",\"listen_port\":80," \
  "\"connect_address\":\"" address "\",\"connect_port\":80}]"
  static const char before[] = CASE("", PROXY_TO("10.0.0.1"));
  static const char after[] = CASE("", PROXY_TO("10.0.0.2"));
  (void)state;
  assert_string_equal(between(before, after, PG_SOURCE_PORT_PROXIES, false), "-* +*");
}

static void a_url_that_another_process_serves_now_is_no_news(void **state) {
  static const char before[] =
      CASE(LISTEN("0.0.0.0", 80, 4),
           HTTP(QUEUE("A", 10, "HTTP://+:80/X/") QUEUE("B", 11, "HTTP://+:80/Y/")));
  static const char after[] =
      CASE(LISTEN("0.0.0.0", 80, 4),
           HTTP(QUEUE("B", 21, "HTTP://+:80/Z/") QUEUE("A", 20, "HTTP://+:80/X/")));
  (void)state;
  assert_string_equal(between(before, after, PG_SOURCE_HTTP_STATE, false),
                      "-http://+:80/Y/ +http://+:80/Z/");
}

static void a_url_is_the_same_in_another_spelling(void **state) {
  static const char before[] =
      CASE(LISTEN("0.0.0.0", 80, 4), HTTP(QUEUE("A", 10, "HTTP://+:80/SHOP/")));
  static const char after[] =
      CASE(LISTEN("0.0.0.0", 80, 4), HTTP(QUEUE("A", 10, "http://+:80/Shop/")));
  (void)state;
  assert_string_equal(between(before, after, PG_SOURCE_HTTP_STATE, false), "");
}

/* A sample that took the configuration over from an earlier reading has no news. */
static void two_copies_of_one_reading_are_not_compared(void **state) {
  static const char before[] = CASE("", CONFIG("\"ip_listen_list\":[\"a\"]"));
  static const char after[] = CASE("", CONFIG("\"ip_listen_list\":[\"b\"]"));
  (void)state;
  assert_string_equal(between(before, after, PG_SOURCE_LISTEN_LIST, true), "");
}

static void only_sources_with_rows_of_their_own_are_compared(void **state) {
  (void)state;
  assert_true(diff_network_has(PG_SOURCE_HTTP_STATE));
  assert_true(diff_network_has(PG_SOURCE_EXCLUDED6));
  assert_true(diff_network_has(PG_SOURCE_PORT_PROXIES));
  assert_false(diff_network_has(PG_SOURCE_TCP4)); /* that is diff_snapshots */
  assert_false(diff_network_has(PG_SOURCE_SERVICES));
  assert_false(diff_network_has(PG_SOURCE_CONNECTIONS));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_stays_is_not_told),
      cmocka_unit_test(rows_come_and_go),
      cmocka_unit_test(another_descriptor_is_one_gone_and_one_come),
      cmocka_unit_test(another_certificate_on_an_endpoint_is_told),
      cmocka_unit_test(a_range_of_one_port_is_the_shadow_of_a_registration),
      cmocka_unit_test(families_are_compared_apart),
      cmocka_unit_test(a_proxy_that_goes_elsewhere_is_another_proxy),
      cmocka_unit_test(a_url_that_another_process_serves_now_is_no_news),
      cmocka_unit_test(a_url_is_the_same_in_another_spelling),
      cmocka_unit_test(two_copies_of_one_reading_are_not_compared),
      cmocka_unit_test(only_sources_with_rows_of_their_own_are_compared),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
