/* Ports that nobody listens on: free, reserved, or not known; and what is missing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"

#include <string.h>

#define OTHER LISTEN("0.0.0.0", 9, 10)
#define BASE PROCESSES(PROCESS(10, "x.exe")) SERVICES("")

/* "state wildcard complete", and the warnings a line each. */
static void check(const char *machine, uint16_t port, const char *expected,
                  const char *warnings) {
  struct pg_snapshot *s = case_of(machine);
  struct pg_text text;
  cJSON *tree = NULL;
  pg_text_init(&text, 256);
  bool complete = cJSON_IsTrue(case_member(s, port, "complete", &tree));
  cJSON_Delete(tree);
  pg_text_printf(&text, "%s %s %s", explain_state(s, port), explain_wildcard(s, port),
                 complete ? "complete" : "incomplete");
  assert_string_equal(pg_text_str(&text), expected);
  case_check_texts(s, port, "warnings", warnings);
  pg_text_free(&text);
  snapshot_unref(s);
}

/* --- excluded ranges --- */

static void a_dynamic_range_reserves_a_port_that_nobody_holds(void **state) {
  static const char machine[] = CASE(OTHER, BASE RANGES(RANGE(8016, 8115), ""));
  struct pg_snapshot *s = case_of(machine);
  (void)state;
  check(machine, 8016, "reserved no complete", "");
  check(machine, 8115, "reserved no complete", "");
  check(machine, 8015, "free yes complete", "");
  check(machine, 8116, "free yes complete", "");
  case_check_summary(s, 8080,
                     "nothing listens on port 8080, but Windows refuses a bind: "
                     "8016-8115 is an excluded port range");
  case_check_holder(s, 8080, "kind", "\"excluded_range\"");
  case_check_holder(s, 8080, "confidence", "\"certain\"");
  case_check_holder(
      s, 8080, "range",
      "{\"family\":\"ipv4\",\"first\":8016,\"last\":8115,\"administered\":false}");
  case_check_holder(s, 8080, "evidence",
                    "[\"8016-8115, excluded port range (dynamic: usually WinNAT for "
                    "Hyper-V, WSL or Docker)\"]");
  snapshot_unref(s);
}

static void a_range_of_ipv6_alone_only_warns(void **state) {
  (void)state;
  check(CASE(OTHER, BASE RANGES("", RANGE(8016, 8115))), 8080, "free yes complete",
        "8016-8115 is an excluded port range on IPv6: Windows refuses a bind to "
        "[::]:8080 (error 10013), 0.0.0.0:8080 can be bound");
}

static void ranges_of_both_families_are_both_named(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(OTHER, BASE RANGES(RANGE(8016, 8115), RANGE(8000, 8099))));
  cJSON *tree = NULL;
  (void)state;
  assert_string_equal(explain_state(s, 8080), "reserved");
  assert_int_equal(cJSON_GetArraySize(case_member(s, 8080, "holders", &tree)), 2);
  cJSON_Delete(tree);
  case_check_summary(s, 8080,
                     "nothing listens on port 8080, but Windows refuses a bind: "
                     "8016-8115 and 8000-8099 (IPv6) are excluded port ranges");
  snapshot_unref(s);
}

static void the_same_range_of_both_families_is_said_once(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(OTHER, BASE RANGES(RANGE(8016, 8115), RANGE(8016, 8115))));
  (void)state;
  case_check_summary(s, 8080,
                     "nothing listens on port 8080, but Windows refuses a bind: "
                     "8016-8115 (IPv4 and IPv6) is an excluded port range");
  snapshot_unref(s);
  check(CASE(OTHER, BASE RANGES(RANGE(5357, 5357), RANGE(5357, 5357))), 5357,
        "free unknown complete",
        "Windows lists port 5357 alone as excluded on IPv4 and IPv6, which is what a "
        "registration with HTTP.sys looks like, though nobody listens: a bind may fail");
}

static void an_administered_range_leaves_the_port_free(void **state) {
  (void)state;
  check(CASE(OTHER, BASE RANGES(STARRED(50000, 50059), "")), 50001, "free yes complete",
        "50000-50059 is an administered excluded port range on IPv4: somebody set it "
        "aside on purpose; a server that asks for port 50001 itself can usually still "
        "bind it");
}

static void a_range_of_one_port_is_http_sys_and_never_blamed(void **state) {
  (void)state;
  check(CASE(OTHER, BASE RANGES(RANGE(5357, 5357), "")), 5357, "free unknown complete",
        "Windows lists port 5357 alone as excluded on IPv4, which is what a "
        "registration with HTTP.sys looks like, though nobody listens: a bind may fail");
  check(CASE(LISTEN("0.0.0.0", 5357, 10), BASE RANGES(RANGE(5357, 5357), "")), 5357,
        "in_use no complete", "");
}

static void listeners_come_before_ranges(void **state) {
  static const char wildcard[] =
      CASE(LISTEN("0.0.0.0", 8080, 10), BASE RANGES(RANGE(8016, 8115), ""));
  static const char specific[] =
      CASE(LISTEN("127.0.0.1", 8080, 10), BASE RANGES(RANGE(8016, 8115), ""));
  static const char warning[] =
      "port 8080 is also in the excluded port range 8016-8115 on IPv4: once its "
      "listeners are gone, Windows may refuse a bind";
  (void)state;
  check(wildcard, 8080, "in_use no complete", warning);
  check(specific, 8080, "in_use no complete",
        "port 8080 is also in the excluded port range 8016-8115 on IPv4: beside the "
        "addresses that are listened on, Windows refuses a bind to 0.0.0.0:8080 (error "
        "10013)");
}

static void without_the_ranges_a_free_port_is_incomplete(void **state) {
  (void)state;
  check(CASE(OTHER, BASE), 8080, "free unknown incomplete",
        "excluded_port_ranges.ipv4: not available; whether Windows refuses an IPv4 bind "
        "is not known\n"
        "excluded_port_ranges.ipv6: not available; whether Windows refuses an IPv6 bind "
        "is not known");
  /* A port with a listener needs none of it. */
  check(CASE(OTHER, BASE), 9, "in_use no complete", "");
}

static void a_table_that_is_cut_is_said_to_be(void **state) {
  (void)state;
  check(CASE(OTHER, BASE ",\"excluded_port_ranges_text\":{\"ipv4\":" RANGE_TABLE(
                        RANGE(8016, 8115)) ",\"ipv6\":\"usage: netsh\"}"),
        8080, "reserved no incomplete",
        "excluded_port_ranges.ipv6: netsh printed no table of excluded port ranges; "
        "whether Windows refuses an IPv6 bind is not known");
}

static void nothing_is_promised_of_ipv4_without_its_ranges(void **state) {
  (void)state;
  check(CASE(OTHER, BASE ",\"excluded_port_ranges_text\":{\"ipv6\":" RANGE_TABLE(
                        RANGE(8016, 8115)) "}"),
        8080, "free unknown incomplete",
        "excluded_port_ranges.ipv4: not available; whether Windows refuses an IPv4 bind "
        "is not known\n"
        "8016-8115 is an excluded port range on IPv6: Windows refuses a bind to "
        "[::]:8080 (error 10013)");
}

static void nothing_is_reserved_while_the_listeners_are_not_known(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(OTHER, BASE RANGES(RANGE(8016, 8115), "") FAILED("tcp.ipv6")));
  cJSON *tree = NULL;
  (void)state;
  assert_string_equal(explain_state(s, 8080), "unknown");
  assert_string_equal(explain_wildcard(s, 8080), "unknown");
  assert_int_equal(cJSON_GetArraySize(case_member(s, 8080, "holders", &tree)), 0);
  cJSON_Delete(tree);
  snapshot_unref(s);
}

/* --- connections --- */

static void a_connection_on_a_free_port_is_named(void **state) {
  static const char machine[] =
      CASE(OTHER, BASE NO_RANGES CONNECTIONS(
                      CONNECTION("10.0.0.5", 5000, "established",
                                 10) "," CONNECTION("0.0.0.0", 5001, "bound", 77)));
  struct pg_snapshot *s = case_of(machine);
  cJSON *tree = NULL;
  (void)state;
  check(machine, 5000, "free unknown complete",
        "nobody listens on port 5000, but it is in use: x.exe (PID 10) on 10.0.0.5:5000 "
        "(established); a bind may fail with error 10048");
  check(machine, 5001, "free unknown complete",
        "nobody listens on port 5001, but it is in use: PID 77 on 0.0.0.0:5001 (bound); "
        "a bind may fail with error 10048");
  case_check_summary(
      s, 5000,
      "nothing listens on port 5000, but x.exe (PID 10) uses it for a connection");
  char *text = cJSON_PrintUnformatted(case_member(s, 5000, "connections", &tree));
  assert_string_equal(text,
                      "[{\"address\":\"10.0.0.5\",\"state\":\"established\",\"pid\":"
                      "10,\"process\":\"x.exe\"}]");
  cJSON_free(text);
  cJSON_Delete(tree);
  snapshot_unref(s);
}

static void a_connection_in_a_state_without_a_name_is_named_all_the_same(void **state) {
  static const char machine[] =
      CASE(OTHER, BASE NO_RANGES CONNECTIONS(CONNECTION("10.0.0.5", 5000, "bound", 77)));
  struct pg_snapshot *s = case_of(machine);
  cJSON *tree = NULL;
  (void)state;
  s->network.connections[0].state = PG_TCP_UNKNOWN;
  const cJSON *warnings = case_member(s, 5000, "warnings", &tree);
  assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(warnings, 0)),
                      "nobody listens on port 5000, but it is in use: PID 77 on "
                      "10.0.0.5:5000; a bind may fail with error 10048");
  cJSON_Delete(tree);
  snapshot_unref(s);
}

static void a_connection_that_only_waits_stands_in_nobodys_way(void **state) {
  (void)state;
  check(CASE(OTHER,
             BASE NO_RANGES CONNECTIONS(CONNECTION("10.0.0.5", 5000, "time_wait", 0))),
        5000, "free yes complete", "");
}

static void connections_of_a_listener_are_no_news(void **state) {
  struct pg_snapshot *s = case_of(
      CASE(OTHER, BASE CONNECTIONS(CONNECTION("10.0.0.5", 9, "established", 10))));
  cJSON *tree = NULL;
  (void)state;
  assert_true(cJSON_IsNull(case_member(s, 9, "connections", &tree)));
  cJSON_Delete(tree);
  snapshot_unref(s);
}

/* --- what is missing --- */

static void
sources_that_failed_matter_where_they_would_have_said_something(void **state) {
  (void)state;
  check(CASE(OTHER, BASE NO_RANGES FAILED("http.url_reservations")), 8080,
        "free yes incomplete",
        "http.url_reservations: it was refused; who may register URLs is not known");
  check(CASE(OTHER, BASE NO_RANGES FAILED("tcp.connections")), 8080,
        "free yes incomplete",
        "tcp.connections: it was refused; connections that use the port are not known");
  check(CASE(OTHER, BASE NO_RANGES FAILED("http.certificate_bindings")), 8080,
        "free yes complete", "");
  check(CASE(OTHER, BASE FAILED("http.url_reservations")), 9, "in_use no complete", "");
  check(CASE(OTHER, BASE FAILED("http.ip_listen_list")), 9, "in_use no complete", "");
  check(CASE(LISTEN("0.0.0.0", 80, 4),
             BASE HTTP(QUEUE("Q", 10, "HTTP://*:80/")) FAILED("http.ip_listen_list")),
        80, "in_use no incomplete",
        "http.ip_listen_list: it was refused; where HTTP.sys may listen is not known");
}

/* --- HTTP.sys's IP listen list --- */

#define LISTED(addresses, listener) \
  CASE(listener, BASE HTTP_AND(QUEUE("Q", 10, "HTTP://*:80/"), LISTEN_LIST(addresses)))

static void a_narrow_listen_list_leaves_the_wildcard_to_others(void **state) {
  (void)state;
  check(LISTED("\"127.0.0.2\"", LISTEN("127.0.0.2", 80, 4)), 80, "in_use yes complete",
        "");
}

static void an_address_of_the_list_that_is_gone_is_said(void **state) {
  (void)state;
  check(LISTED("\"10.9.9.9\",\"127.0.0.2\"", LISTEN("127.0.0.2", 80, 4)), 80,
        "in_use yes complete",
        "HTTP.sys's IP listen list holds 10.9.9.9, but HTTP.sys does not listen there on "
        "port 80: is it the address of a network interface that is gone?");
}

static void an_entry_of_the_list_that_is_no_address_is_said(void **state) {
  (void)state;
  check(LISTED("\"127.0.0.2\",\"eth0\"", LISTEN("127.0.0.2", 80, 4)), 80,
        "in_use yes complete",
        "HTTP.sys's IP listen list holds \"eth0\", which is no address");
}

static void a_list_that_does_not_count_yet_is_said(void **state) {
  (void)state;
  check(LISTED("\"127.0.0.2\"", LISTEN("0.0.0.0", 80, 4)), 80, "in_use no complete",
        "HTTP.sys's IP listen list holds 127.0.0.2, yet HTTP.sys listens on every "
        "address: the list may only count once the services that use HTTP.sys are "
        "started anew");
}

static void a_zone_is_no_other_address(void **state) {
  (void)state;
  check(LISTED("\"fe80::1\"", LISTEN6("fe80::1%7", 80, 4)), 80, "in_use yes complete",
        "");
}

/* --- free ports --- */

static void a_free_port_says_what_was_looked_at(void **state) {
  struct pg_snapshot *all =
      case_of(CASE(OTHER, BASE NO_RANGES HTTP_CONFIG(RESERVATIONS("")) CONNECTIONS("")));
  struct pg_snapshot *some = case_of(
      CASE(OTHER, ",\"excluded_port_ranges_text\":{\"ipv4\":" RANGE_TABLE("") "}"));
  (void)state;
  case_check_texts(all, 80, "checked",
                   "listeners on IPv4\nlisteners on IPv6\nexcluded port ranges\nURL "
                   "reservations\nconnections\nservices that start by themselves");
  case_check_texts(some, 80, "checked",
                   "listeners on IPv4\nlisteners on IPv6\nexcluded port ranges on IPv4");
  case_check_texts(all, 9, "checked", "");
  snapshot_unref(all);
  snapshot_unref(some);
}

/* "service: why", a line each. */
static void check_takers(const char *machine, uint16_t port, const char *expected) {
  struct pg_snapshot *s = case_of(machine);
  struct pg_text text;
  cJSON *tree = NULL;
  const cJSON *taker;
  pg_text_init(&text, 4096);
  const cJSON *takers = case_member(s, port, "may_be_taken_by", &tree);
  cJSON_ArrayForEach(taker, takers) pg_text_printf(
      &text, "%s: %s\n", cJSON_GetStringValue(pg_json_member(taker, "service")),
      cJSON_GetStringValue(pg_json_member(taker, "why")));
  assert_string_equal(pg_text_str(&text), expected);
  pg_text_free(&text);
  cJSON_Delete(tree);
  snapshot_unref(s);
}

#define STOPPED(name, start, more) SERVICE_STARTS(name, 0, "stopped", start, more)

static void who_starts_by_itself_may_take_a_free_port(void **state) {
  static const char machine[] = CASE(
      OTHER,
      SERVICES(STOPPED("W3SVC", "auto", "") "," STOPPED(
          "MsDepSvc", "auto", ",\"delayed\":true") "," STOPPED("PeerDistSvc", "manual",
                                                               ",\"triggered\":true") ","
               /* Not by themselves, running, or not in the dictionary. */
               STOPPED("SyncShareSvc", "manual", "") "," STOPPED(
                   "BrokerAgent", "disabled",
                   ",\"triggered\":true") "," SERVICE_STARTS("vmms", 10, "running",
                                                             "auto",
                                                             "") "," STOPPED("Acme",
                                                                             "auto",
                                                                             "")));
  (void)state;
  check_takers(
      machine, 80,
      "MsDepSvc: it starts automatically, some time after Windows, and is known "
      "to use port 80\n"
      "PeerDistSvc: Windows starts it on a trigger, and is known to use port 80\n"
      "W3SVC: it starts automatically, and may be set up to use port 80\n");
  check_takers(machine, 8080, "");
  check_takers(machine, 9, "");
}

static void a_reservation_or_a_rule_points_to_who_may_take_a_port(void **state) {
  (void)state;
  check_takers(
      CASE(OTHER, SERVICES(STOPPED("SQLServerReportingServices", "auto", "")) HTTP_CONFIG(
                      RESERVATIONS(RESERVATION("http://+:8080/ReportServer/")))),
      8080,
      "SQLServerReportingServices: it starts automatically, and "
      "http://+:8080/ReportServer/ is reserved for it\n");
  check_takers(
      CASE(OTHER, SERVICES(STOPPED("iphlpsvc", "auto", ""))
                      PROXIES(PROXY("v4tov4", "*", 8080, "h", 80))),
      8080,
      "iphlpsvc: it starts automatically, and listens for the port proxy rule v4tov4 "
      "*:8080 -> h:80\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_dynamic_range_reserves_a_port_that_nobody_holds),
      cmocka_unit_test(a_range_of_ipv6_alone_only_warns),
      cmocka_unit_test(ranges_of_both_families_are_both_named),
      cmocka_unit_test(the_same_range_of_both_families_is_said_once),
      cmocka_unit_test(an_administered_range_leaves_the_port_free),
      cmocka_unit_test(a_range_of_one_port_is_http_sys_and_never_blamed),
      cmocka_unit_test(listeners_come_before_ranges),
      cmocka_unit_test(without_the_ranges_a_free_port_is_incomplete),
      cmocka_unit_test(a_table_that_is_cut_is_said_to_be),
      cmocka_unit_test(nothing_is_promised_of_ipv4_without_its_ranges),
      cmocka_unit_test(nothing_is_reserved_while_the_listeners_are_not_known),
      cmocka_unit_test(a_connection_on_a_free_port_is_named),
      cmocka_unit_test(a_connection_in_a_state_without_a_name_is_named_all_the_same),
      cmocka_unit_test(a_connection_that_only_waits_stands_in_nobodys_way),
      cmocka_unit_test(connections_of_a_listener_are_no_news),
      cmocka_unit_test(sources_that_failed_matter_where_they_would_have_said_something),
      cmocka_unit_test(a_narrow_listen_list_leaves_the_wildcard_to_others),
      cmocka_unit_test(an_address_of_the_list_that_is_gone_is_said),
      cmocka_unit_test(an_entry_of_the_list_that_is_no_address_is_said),
      cmocka_unit_test(a_list_that_does_not_count_yet_is_said),
      cmocka_unit_test(a_zone_is_no_other_address),
      cmocka_unit_test(a_free_port_says_what_was_looked_at),
      cmocka_unit_test(who_starts_by_itself_may_take_a_free_port),
      cmocka_unit_test(a_reservation_or_a_rule_points_to_who_may_take_a_port),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
