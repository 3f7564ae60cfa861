#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "capture_case.h"

#include "common/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE                                                           \
  "Protocol tcp\\r\\n\\r\\nStart End\\r\\n----------    --------\\r\\n" \
  "        80          80\\r\\n     50000       50059     *\\r\\n\\r\\n* -\\r\\n"
#define HTTP                                                                  \
  "\"http\":{\"url_reservations\":["                                          \
  "{\"url\":\"http://+:80/x/\",\"sddl\":\"D:(A;;GX;;;WD)\",\"accounts\":[]}," \
  "{\"url\":\"http://[::1]:81/\",\"sddl\":null,\"new\":1},"                   \
  "{\"url\":\"http://+:82/\",\"sddl\":\"D:(A;;GX;;;S-1-5-21-9)\","            \
  "\"accounts\":[\"SHOP01\\\\web\"]}],"                                       \
  "\"ip_listen_list\":[\"127.0.0.2\",\"gone\"],"                              \
  "\"certificate_bindings\":[{\"endpoint\":\"0.0.0.0:443\",\"hash\":\"ab\","  \
  "\"store\":\"MY\",\"app_id\":\"{4dc3e181-e14b-4a21-b022-59fc669b0914}\"},"  \
  "{\"endpoint\":\"intranet.example:443\",\"hash\":null}]}"
#define REST                                                              \
  "\"excluded_port_ranges_text\":{\"ipv4\":\"" TABLE "\",\"ipv6\":null}," \
  "\"port_proxies\":[{\"kind\":\"v6tov4\",\"listen_address\":\"*\","      \
  "\"listen_port\":80,\"connect_address\":\"host.example\","              \
  "\"connect_port\":65535}],"                                             \
  "\"connections\":[{\"family\":\"ipv4\",\"local_address\":\"10.0.0.1\"," \
  "\"local_port\":8082,\"state\":\"established\",\"pid\":9120},"          \
  "{\"family\":\"ipv6\",\"local_address\":\"::\",\"local_port\":8083,"    \
  "\"state\":\"bound\",\"pid\":0}]"

static const char *with(const char *members) {
  static char text[4096];
  int len =
      snprintf(text, sizeof text, "{\"portguard_capture\":1,\"tcp\":[],%s}", members);
  assert_true(len > 0 && (size_t)len < sizeof text);
  return text;
}

static struct pg_snapshot *read_ok(const char *text) {
  return capture_case_read(text, strlen(text));
}

static void expect_words(const char *members, const char *words) {
  const char *text = with(members);
  struct pg_snapshot *snapshot = NULL;
  struct pg_fault fault = {.code = PG_OK};
  assert_int_equal(capture_read(text, strlen(text), CAPTURE_CASE_MONO, &snapshot, &fault),
                   PG_E_FORMAT);
  assert_null(snapshot);
  assert_string_equal(fault.message, words);
}

/* --- what is read --- */

static void reservations_are_read_with_their_ports_and_accounts(void **state) {
  struct pg_snapshot *snapshot = read_ok(with(HTTP));
  const struct pg_reservation *rows = snapshot->network.reservations;
  (void)state;
  assert_int_equal(snapshot->network.reservation_count, 3);
  assert_string_equal(rows[0].url, "http://+:80/x/");
  assert_string_equal(rows[0].sddl, "D:(A;;GX;;;WD)");
  assert_int_equal(rows[0].port, 80);
  assert_int_equal(rows[0].account_count, 1);
  assert_string_equal(rows[0].accounts[0], "Everyone");
  assert_int_equal(rows[1].port, 82);
  assert_string_equal(rows[1].accounts[0], "SHOP01\\web");
  assert_int_equal(rows[2].port, 81);
  assert_null(rows[2].sddl);
  assert_int_equal(rows[2].account_count, 0);
  snapshot_unref(snapshot);
}

static void the_listen_list_is_read_with_what_is_no_address(void **state) {
  struct pg_snapshot *snapshot = read_ok(with(HTTP));
  const struct pg_listen_entry *rows = snapshot->network.listen_list;
  (void)state;
  assert_int_equal(snapshot->network.listen_count, 2);
  assert_string_equal(rows[0].text, "127.0.0.2");
  assert_true(rows[0].is_address);
  assert_string_equal(rows[1].text, "gone");
  assert_false(rows[1].is_address);
  snapshot_unref(snapshot);
}

static void certificates_are_read(void **state) {
  struct pg_snapshot *snapshot = read_ok(with(HTTP));
  const struct pg_certificate *rows = snapshot->network.certificates;
  (void)state;
  assert_int_equal(snapshot->network.certificate_count, 2);
  assert_string_equal(rows[0].endpoint, "0.0.0.0:443");
  assert_string_equal(rows[0].hash, "ab");
  assert_string_equal(rows[0].store, "MY");
  assert_string_equal(rows[0].app_id, "{4dc3e181-e14b-4a21-b022-59fc669b0914}");
  assert_string_equal(rows[1].endpoint, "intranet.example:443");
  assert_null(rows[1].hash);
  assert_null(rows[1].store);
  assert_null(rows[1].app_id);
  snapshot_unref(snapshot);
}

static void ranges_proxies_and_connections_are_read(void **state) {
  struct pg_snapshot *snapshot = read_ok(with(REST));
  const struct pg_network *network = &snapshot->network;
  const struct pg_connection *first = NULL;
  (void)state;
  assert_int_equal(network->range_count, 2);
  assert_int_equal(network->ranges[1].first, 50000);
  assert_true(network->ranges[1].administered);
  assert_int_equal(network->ranges[1].family, PG_IPV4);
  assert_non_null(strstr(network->range_text[PG_IPV4], "50059     *\r\n"));
  assert_null(network->range_text[PG_IPV6]);
  assert_int_equal(network->proxy_count, 1);
  assert_int_equal(network->proxies[0].kind, PG_PROXY_V6TOV4);
  assert_string_equal(network->proxies[0].listen_address, "*");
  assert_int_equal(network->proxies[0].listen_port, 80);
  assert_string_equal(network->proxies[0].connect_address, "host.example");
  assert_int_equal(network->proxies[0].connect_port, 65535);
  assert_int_equal(snapshot_connections_of(snapshot, 8082, &first), 1);
  assert_int_equal(first->pid, 9120);
  assert_int_equal(first->state, PG_TCP_ESTABLISHED);
  assert_int_equal(snapshot_connections_of(snapshot, 8083, &first), 1);
  assert_int_equal(first->state, PG_TCP_BOUND);
  assert_int_equal(first->address.family, PG_IPV6);
  snapshot_unref(snapshot);
}

/* --- which source was looked at --- */

static void expect_states(const char *members, enum pg_source_state expected) {
  struct pg_snapshot *snapshot = read_ok(with(members));
  for (int i = PG_SOURCE_RESERVATIONS; i < PG_SOURCE_COUNT; i++) {
    if (snapshot->sources[i].state != expected)
      fail_msg("%s: %s is %d", members, pg_source_name((enum pg_source)i),
               snapshot->sources[i].state);
    assert_int_equal(snapshot->sources[i].error != NULL, expected == PG_SOURCE_FAILED);
  }
  snapshot_unref(snapshot);
}

static void what_is_missing_or_null_was_not_looked_at(void **state) {
  (void)state;
  expect_states("\"os\":null", PG_SOURCE_ABSENT);
  expect_states("\"http\":null,\"excluded_port_ranges_text\":null,"
                "\"port_proxies\":null,\"connections\":null",
                PG_SOURCE_ABSENT);
  expect_states("\"http\":{\"url_reservations\":null,\"ip_listen_list\":null,"
                "\"certificate_bindings\":null},"
                "\"excluded_port_ranges_text\":{\"ipv4\":null,\"ipv6\":null}",
                PG_SOURCE_ABSENT);
}

static void what_is_empty_was_looked_at(void **state) {
  (void)state;
  expect_states("\"http\":{\"url_reservations\":[],\"ip_listen_list\":[],"
                "\"certificate_bindings\":[]},"
                "\"excluded_port_ranges_text\":{\"ipv4\":\"------\\n\","
                "\"ipv6\":\"------\\n\"},"
                "\"port_proxies\":[],\"connections\":[]",
                PG_SOURCE_READ);
}

#define ALL_FAILED                                                                 \
  "\"source_errors\":{\"http.url_reservations\":\"error 5\","                      \
  "\"http.ip_listen_list\":\"error 5\",\"http.certificate_bindings\":\"error 5\"," \
  "\"excluded_port_ranges.ipv4\":\"timed out\","                                   \
  "\"excluded_port_ranges.ipv6\":\"timed out\",\"port_proxies\":\"error 5\","      \
  "\"tcp.connections\":\"error 5\"}"

static void what_failed_is_told_from_what_is_missing(void **state) {
  (void)state;
  expect_states(ALL_FAILED, PG_SOURCE_FAILED);
}

static void rows_beside_an_error_stay(void **state) {
  struct pg_snapshot *snapshot = read_ok(with(HTTP "," REST "," ALL_FAILED));
  (void)state;
  assert_int_equal(snapshot->network.reservation_count, 3);
  assert_int_equal(snapshot->network.range_count, 2);
  assert_int_equal(snapshot->network.connection_count, 2);
  assert_string_equal(snapshot->sources[PG_SOURCE_EXCLUDED4].error, "timed out");
  snapshot_unref(snapshot);
}

static void a_table_that_is_cut_is_a_failed_source(void **state) {
  struct pg_snapshot *snapshot = read_ok(
      with("\"excluded_port_ranges_text\":{\"ipv4\":\"------\\n  80  80\\n 8016  81\","
           "\"ipv6\":\"netsh: nein\"}"));
  (void)state;
  assert_int_equal(snapshot->network.range_count, 1);
  assert_string_equal(snapshot->sources[PG_SOURCE_EXCLUDED4].error,
                      "netsh's table of excluded port ranges is cut");
  assert_string_equal(snapshot->sources[PG_SOURCE_EXCLUDED6].error,
                      "netsh printed no table of excluded port ranges");
  snapshot_unref(snapshot);
}

static void a_clock_of_zero_still_counts_as_a_reading(void **state) {
  const char *text = with(REST);
  struct pg_snapshot *snapshot = NULL;
  (void)state;
  assert_int_equal(capture_read(text, strlen(text), 0, &snapshot, NULL), PG_OK);
  assert_int_not_equal(snapshot->network_mono, 0);
  assert_int_not_equal(snapshot->connections_mono, 0);
  snapshot_unref(snapshot);
}

/* --- what is refused --- */

static void wrong_reservations_are_refused(void **state) {
  (void)state;
  expect_words("\"http\":{\"url_reservations\":{}}",
               "http.url_reservations: found an object, expected an array");
  expect_words("\"http\":{\"url_reservations\":[{\"url\":\"a\"},5]}",
               "http.url_reservations[1]: found 5, expected an object");
  expect_words("\"http\":{\"url_reservations\":[{\"sddl\":\"D:\"}]}",
               "http.url_reservations[0].url: missing, and a capture cannot be without "
               "it");
  expect_words("\"http\":{\"url_reservations\":[{\"url\":80}]}",
               "http.url_reservations[0].url: found 80, expected a string");
  expect_words("\"http\":{\"url_reservations\":[{\"url\":\"a\",\"sddl\":[]}]}",
               "http.url_reservations[0].sddl: found an array, expected a string");
  expect_words("\"http\":{\"url_reservations\":[{\"url\":\"a\",\"accounts\":\"b\"}]}",
               "http.url_reservations[0].accounts: found \"b\", expected an array");
  expect_words("\"http\":{\"url_reservations\":[{\"url\":\"a\",\"accounts\":[null]}]}",
               "http.url_reservations[0].accounts[0]: found nothing, expected a string");
}

static void wrong_listen_lists_and_certificates_are_refused(void **state) {
  (void)state;
  expect_words("\"http\":{\"ip_listen_list\":\"127.0.0.2\"}",
               "http.ip_listen_list: found \"127.0.0.2\", expected an array");
  expect_words("\"http\":{\"ip_listen_list\":[\"127.0.0.2\",7]}",
               "http.ip_listen_list[1]: found 7, expected a string");
  expect_words("\"http\":{\"certificate_bindings\":[{\"hash\":\"ab\"}]}",
               "http.certificate_bindings[0].endpoint: missing, and a capture cannot be "
               "without it");
  expect_words("\"http\":{\"certificate_bindings\":[{\"endpoint\":\"a\",\"hash\":1}]}",
               "http.certificate_bindings[0].hash: found 1, expected a string");
  expect_words("\"http\":{\"certificate_bindings\":[{\"endpoint\":\"a\",\"app_id\":{}}]}",
               "http.certificate_bindings[0].app_id: found an object, expected a string");
}

static void wrong_range_texts_are_refused(void **state) {
  (void)state;
  expect_words("\"excluded_port_ranges_text\":\"x\"",
               "excluded_port_ranges_text: found \"x\", expected an object");
  expect_words("\"excluded_port_ranges_text\":{\"ipv4\":[]}",
               "excluded_port_ranges_text.ipv4: found an array, expected a string");
  expect_words("\"excluded_port_ranges_text\":{\"ipv6\":80}",
               "excluded_port_ranges_text.ipv6: found 80, expected a string");
}

static void a_range_text_beyond_its_limit_is_refused(void **state) {
  static const char head[] = "{\"portguard_capture\":1,\"tcp\":[],"
                             "\"excluded_port_ranges_text\":{\"ipv4\":\"";
  size_t len = sizeof head - 1 + PG_NETSH_TEXT_MAX + 1 + 3;
  char *text = malloc(len);
  struct pg_snapshot *snapshot = NULL;
  struct pg_fault fault = {.code = PG_OK};
  (void)state;
  assert_non_null(text);
  memset(text, 'x', len);
  memcpy(text, head, sizeof head - 1);
  memcpy(text + len - 3, "\"}}", 3);
  assert_int_equal(capture_read(text, len, 0, &snapshot, &fault), PG_E_FORMAT);
  assert_string_equal(fault.param, "excluded_port_ranges_text.ipv4");
  free(text);
}

/* A row of one table with one member replaced; "" leaves it out. */
static const char *row(const char *table, const char *const members[][2], size_t count,
                       const char *key, const char *value) {
  static char text[1024];
  size_t at = (size_t)snprintf(text, sizeof text, "\"%s\":[{\"x\":0", table);
  for (size_t i = 0; i < count; i++) {
    const char *found = strcmp(members[i][0], key) == 0 ? value : members[i][1];
    if (found[0] != '\0')
      at += (size_t)snprintf(text + at, sizeof text - at, ",\"%s\":%s", members[i][0],
                             found);
  }
  (void)snprintf(text + at, sizeof text - at, "}]");
  return text;
}

static const char *proxy(const char *key, const char *value) {
  static const char *const members[][2] = {{"kind", "\"v4tov4\""},
                                           {"listen_address", "\"*\""},
                                           {"listen_port", "80"},
                                           {"connect_address", "\"10.0.0.1\""},
                                           {"connect_port", "80"}};
  return row("port_proxies", members, 5, key, value);
}

static const char *connection(const char *key, const char *value) {
  static const char *const members[][2] = {{"family", "\"ipv4\""},
                                           {"local_address", "\"10.0.0.1\""},
                                           {"local_port", "8082"},
                                           {"state", "\"established\""},
                                           {"pid", "4"}};
  return row("connections", members, 5, key, value);
}

static void wrong_port_proxies_are_refused(void **state) {
  static const char *const keys[] = {"kind", "listen_address", "listen_port",
                                     "connect_address", "connect_port"};
  char words[128];
  (void)state;
  snapshot_unref(read_ok(with(proxy("", ""))));
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    (void)snprintf(words, sizeof words,
                   "port_proxies[0].%s: missing, and a capture cannot be without it",
                   keys[i]);
    expect_words(proxy(keys[i], ""), words);
  }
  expect_words(proxy("kind", "\"V4TOV4\""),
               "port_proxies[0].kind: found \"V4TOV4\", expected one of: v4tov4 v4tov6 "
               "v6tov4 v6tov6");
  expect_words(proxy("kind", "4"), "port_proxies[0].kind: found 4, expected a string");
  expect_words(proxy("listen_address", "80"),
               "port_proxies[0].listen_address: found 80, expected a string");
  expect_words(proxy("listen_port", "0"),
               "port_proxies[0].listen_port: found 0, expected 1-65535");
  expect_words(proxy("connect_port", "\"80\""),
               "port_proxies[0].connect_port: found \"80\", expected 1-65535");
  expect_words("\"port_proxies\":{}", "port_proxies: found an object, expected an array");
}

static void wrong_connections_are_refused(void **state) {
  static const char *const keys[] = {"family", "local_address", "local_port", "state",
                                     "pid"};
  char words[128];
  (void)state;
  snapshot_unref(read_ok(with(connection("", ""))));
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    (void)snprintf(words, sizeof words,
                   "connections[0].%s: missing, and a capture cannot be without it",
                   keys[i]);
    expect_words(connection(keys[i], ""), words);
  }
  expect_words(connection("state", "\"listen\""),
               "connections[0].state: found \"listen\", expected a state of a "
               "connection, like established");
  expect_words(connection("state", "5"),
               "connections[0].state: found 5, expected a string");
  expect_words(connection("local_port", "70000"),
               "connections[0].local_port: found 70000, expected 1-65535");
  expect_words(connection("local_address", "\"::\""),
               "connections[0].local_address: found \"::\", expected an IPv4 address");
  expect_words(connection("pid", "-1"),
               "connections[0].pid: found -1, expected 0-4294967295");
  expect_words("\"connections\":5", "connections: found 5, expected an array");
}

/* --- writing --- */

static void what_was_written_reads_back_equal(void **state) {
  (void)state;
  capture_case_round_trip(with(HTTP "," REST));
  capture_case_round_trip(with(HTTP "," REST "," ALL_FAILED));
  capture_case_round_trip(with(ALL_FAILED));
  capture_case_round_trip(with("\"http\":{\"url_reservations\":[],\"ip_listen_list\":[],"
                               "\"certificate_bindings\":[]},\"port_proxies\":[],"
                               "\"connections\":[]"));
  capture_case_round_trip(with("\"http\":{\"ip_listen_list\":[]}"));
  capture_case_round_trip(with("\"excluded_port_ranges_text\":{\"ipv6\":\"what?\"}"));
}

static void the_written_keys_are_the_documented_ones(void **state) {
  static const char *const parts[] = {
      "\"http\":{\"url_reservations\":[{\"url\":\"http://+:80/x/\","
      "\"sddl\":\"D:(A;;GX;;;WD)\",\"accounts\":[\"Everyone\"]},",
      "{\"url\":\"http://[::1]:81/\",\"sddl\":null,\"accounts\":[]}],",
      "\"ip_listen_list\":[\"127.0.0.2\",\"gone\"],",
      "\"certificate_bindings\":[{\"endpoint\":\"0.0.0.0:443\",\"hash\":\"ab\","
      "\"store\":\"MY\",\"app_id\":\"{4dc3e181-e14b-4a21-b022-59fc669b0914}\"},"
      "{\"endpoint\":\"intranet.example:443\",\"hash\":null,\"store\":null,"
      "\"app_id\":null}]},",
      "\"excluded_port_ranges_text\":{\"ipv4\":\"" TABLE "\",\"ipv6\":null},",
      "\"port_proxies\":[{\"kind\":\"v6tov4\",\"listen_address\":\"*\","
      "\"listen_port\":80,\"connect_address\":\"host.example\","
      "\"connect_port\":65535}],",
      "\"connections\":[{\"family\":\"ipv4\",\"local_address\":\"10.0.0.1\","
      "\"local_port\":8082,\"state\":\"established\",\"pid\":9120},"
      "{\"family\":\"ipv6\",\"local_address\":\"::\",\"local_port\":8083,"
      "\"state\":\"bound\",\"pid\":0}],"};
  struct pg_snapshot *snapshot = read_ok(with(HTTP "," REST));
  struct pg_text text = capture_case_written(snapshot);
  (void)state;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (strstr(pg_text_str(&text), parts[i]) == NULL)
      fail_msg("%s\nis not in\n%s", parts[i], pg_text_str(&text));
  pg_text_free(&text);
  snapshot_unref(snapshot);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reservations_are_read_with_their_ports_and_accounts),
      cmocka_unit_test(the_listen_list_is_read_with_what_is_no_address),
      cmocka_unit_test(certificates_are_read),
      cmocka_unit_test(ranges_proxies_and_connections_are_read),
      cmocka_unit_test(what_is_missing_or_null_was_not_looked_at),
      cmocka_unit_test(what_is_empty_was_looked_at),
      cmocka_unit_test(what_failed_is_told_from_what_is_missing),
      cmocka_unit_test(rows_beside_an_error_stay),
      cmocka_unit_test(a_table_that_is_cut_is_a_failed_source),
      cmocka_unit_test(a_clock_of_zero_still_counts_as_a_reading),
      cmocka_unit_test(wrong_reservations_are_refused),
      cmocka_unit_test(wrong_listen_lists_and_certificates_are_refused),
      cmocka_unit_test(wrong_range_texts_are_refused),
      cmocka_unit_test(a_range_text_beyond_its_limit_is_refused),
      cmocka_unit_test(wrong_port_proxies_are_refused),
      cmocka_unit_test(wrong_connections_are_refused),
      cmocka_unit_test(what_was_written_reads_back_equal),
      cmocka_unit_test(the_written_keys_are_the_documented_ones),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
