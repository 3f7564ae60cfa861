/* Holders that netstat does not show: port proxies, relays, drivers without a URL. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"

#include <stdlib.h>
#include <string.h>

/* --- port proxies --- */

#define SVCHOST PROCESSES(PROCESS(900, "svchost.exe"))
#define HELPER SERVICE("iphlpsvc", 900, "")
#define WEB_RULE PROXY("v4tov4", "0.0.0.0", 80, "172.20.0.2", 8080)

static enum pg_holder_kind kind_of(const char *machine, uint16_t port) {
  struct pg_snapshot *s = case_of(machine);
  enum pg_holder_kind kind = case_holder(s, port)->kind;
  snapshot_unref(s);
  return kind;
}

static void a_port_proxy_is_named_by_its_rule(void **state) {
  struct pg_snapshot *s = case_of(CASE(
      LISTEN("0.0.0.0", 80, 900), SVCHOST SERVICES(HELPER) PROXIES(WEB_RULE) TAGS("")));
  const struct pg_holder *holder = case_holder(s, 80);
  (void)state;
  assert_int_equal(holder->kind, PG_HOLDER_PORTPROXY);
  assert_int_equal(holder->confidence, PG_CONFIDENCE_CERTAIN);
  case_check_summary(
      s, 80, "a port proxy rule (v4tov4 0.0.0.0:80 -> 172.20.0.2:8080) holds port 80");
  case_check_holder(s, 80, "proxy",
                    "{\"kind\":\"v4tov4\",\"listen_address\":\"0.0.0.0\",\"listen_port\":"
                    "80,\"connect_address\":\"172.20.0.2\",\"connect_port\":8080}");
  assert_string_equal(snapshot_port(s, 80)->reported, "portproxy:iphlpsvc");
  snapshot_unref(s);
}

#define PROXIED(listener, rule) \
  CASE(listener, SVCHOST SERVICES(HELPER) PROXIES(rule) TAGS(""))

static void a_rule_fits_by_port_family_and_address(void **state) {
  static const char *const fitting[] = {
      PROXIED(LISTEN("0.0.0.0", 80, 900), PROXY("v4tov6", "*", 80, "::1", 80)),
      PROXIED(LISTEN("127.0.0.1", 80, 900), PROXY("v4tov4", "0.0.0.0", 80, "h", 80)),
      PROXIED(LISTEN("127.0.0.1", 80, 900), PROXY("v4tov4", "127.0.0.1", 80, "h", 80)),
      PROXIED(LISTEN6("::", 80, 900), PROXY("v6tov4", "*", 80, "h", 80)),
      PROXIED(LISTEN6("::1", 80, 900), PROXY("v6tov6", "::1", 80, "::2", 80)),
  };
  static const char *const others[] = {
      PROXIED(LISTEN("0.0.0.0", 80, 900), PROXY("v4tov4", "*", 81, "h", 80)),
      PROXIED(LISTEN("0.0.0.0", 80, 900), PROXY("v6tov4", "*", 80, "h", 80)),
      PROXIED(LISTEN("0.0.0.0", 80, 900), PROXY("v4tov4", "127.0.0.1", 80, "h", 80)),
      PROXIED(LISTEN("0.0.0.0", 80, 900), PROXY("v4tov4", "name.example", 80, "h", 80)),
      PROXIED(LISTEN6("::", 80, 900), PROXY("v4tov4", "*", 80, "h", 80)),
  };
  (void)state;
  for (size_t i = 0; i < sizeof fitting / sizeof *fitting; i++)
    assert_int_equal(kind_of(fitting[i], 80), PG_HOLDER_PORTPROXY);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_int_equal(kind_of(others[i], 80), PG_HOLDER_SERVICE);
}

#define SHARED_HELPER(tags) \
  CASE(TAGGED(80, 900, 7),  \
       SVCHOST SERVICES(HELPER "," SERVICE("Other", 900, "")) tags PROXIES(WEB_RULE))

static void a_proxy_in_a_shared_process_is_as_certain_as_its_tag(void **state) {
  struct pg_snapshot *told = case_of(SHARED_HELPER(TAGS(TAG(900, 7, "iphlpsvc"))));
  struct pg_snapshot *untold = case_of(SHARED_HELPER(TAGS("")));
  struct pg_snapshot *other = case_of(SHARED_HELPER(TAGS(TAG(900, 7, "Other"))));
  (void)state;
  assert_int_equal(case_holder(told, 80)->kind, PG_HOLDER_PORTPROXY);
  assert_int_equal(case_holder(told, 80)->confidence, PG_CONFIDENCE_CERTAIN);
  assert_int_equal(case_holder(untold, 80)->kind, PG_HOLDER_PORTPROXY);
  assert_int_equal(case_holder(untold, 80)->confidence, PG_CONFIDENCE_LIKELY);
  case_check_summary(untold, 80,
                     "likely a port proxy rule (v4tov4 0.0.0.0:80 -> 172.20.0.2:8080) "
                     "holds port 80");
  assert_int_equal(case_holder(other, 80)->kind, PG_HOLDER_SHARED_SERVICE);
  assert_string_equal(case_holder(other, 80)->service->name, "Other");
  snapshot_unref(told);
  snapshot_unref(untold);
  snapshot_unref(other);
}

static void the_rules_of_other_processes_are_not_meant(void **state) {
  (void)state;
  assert_int_equal(
      kind_of(CASE(LISTEN("0.0.0.0", 80, 10),
                   PROCESSES(PROCESS(10, "nginx.exe") "," PROCESS(900, "svchost.exe"))
                       SERVICES(HELPER) PROXIES(WEB_RULE)),
              80),
      PG_HOLDER_PROCESS);
}

static void two_rules_of_one_port_are_one_owner(void **state) {
  struct pg_snapshot *s = case_of(
      CASE(LISTEN("0.0.0.0", 80, 900) "," LISTEN6("::", 80, 900),
           SVCHOST SERVICES(HELPER) TAGS("")
               PROXIES(WEB_RULE "," PROXY("v6tov4", "::", 80, "172.20.0.2", 8080))));
  const struct pg_port *port = snapshot_port(s, 80);
  (void)state;
  assert_int_equal(port->holder_count, 2);
  assert_int_equal(explain_owner_count(s, port), 1);
  case_check_summary(s, 80,
                     "port proxy rules (v4tov4 0.0.0.0:80 -> 172.20.0.2:8080, v6tov4 "
                     "[::]:80 -> 172.20.0.2:8080) hold port 80");
  snapshot_unref(s);
}

static void a_rule_with_many_listeners_is_one_holder(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("10.0.0.1", 80, 900) "," LISTEN("127.0.0.1", 80, 900),
                   SVCHOST SERVICES(HELPER) PROXIES(WEB_RULE)));
  (void)state;
  assert_int_equal(snapshot_port(s, 80)->holder_count, 1);
  snapshot_unref(s);
}

static void without_the_rules_a_port_of_ip_helper_is_incomplete(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("0.0.0.0", 80, 900) "," LISTEN("0.0.0.0", 81, 10),
                   PROCESSES(PROCESS(900, "svchost.exe") "," PROCESS(10, "x.exe"))
                       SERVICES(HELPER) FAILED("port_proxies")));
  (void)state;
  assert_false(snapshot_port(s, 80)->complete);
  assert_true(snapshot_port(s, 81)->complete);
  case_check_texts(s, 80, "warnings",
                   "port_proxies: it was refused; port proxies are not told from other "
                   "listeners of IP Helper");
  snapshot_unref(s);
}

static void what_was_reported_stays_while_the_rules_fail(void **state) {
  struct pg_snapshot *before = case_of(PROXIED(LISTEN("0.0.0.0", 80, 900), WEB_RULE));
  struct pg_snapshot *after = case_after(
      CASE(LISTEN("0.0.0.0", 80, 900), SVCHOST SERVICES(HELPER) FAILED("port_proxies")),
      before, false, 1000);
  (void)state;
  assert_string_equal(snapshot_port(after, 80)->reported, "portproxy:iphlpsvc");
  snapshot_unref(before);
  snapshot_unref(after);
}

/* --- relays --- */

#define WSL "C:\\\\Program Files\\\\WSL\\\\"
#define USER_DOCKER \
  "C:\\\\Users\\\\ann\\\\AppData\\\\Local\\\\Programs\\\\DockerDesktop\\\\resources\\\\"
#define DOCKER "C:\\\\Program Files\\\\Docker\\\\Docker\\\\resources\\\\"

static void relays_are_told_from_ordinary_programs(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("127.0.0.1", 3000, 10) "," LISTEN(
                       "0.0.0.0", 8080, 11) "," LISTEN("0.0.0.0", 81, 12),
                   PROCESSES(PROCESS_IN(WSL, 10, "wslrelay.exe") "," PROCESS_IN(
                       DOCKER, 11, "COM.docker.backend.exe") "," PROCESS(12, "relay.exe"))
                       SERVICES("")));
  (void)state;
  assert_int_equal(case_holder(s, 3000)->kind, PG_HOLDER_WSL_RELAY);
  assert_int_equal(case_holder(s, 8080)->kind, PG_HOLDER_CONTAINER_RELAY);
  assert_int_equal(case_holder(s, 81)->kind, PG_HOLDER_PROCESS);
  case_check_summary(s, 3000,
                     "WSL relays port 3000 to a server inside a Linux distribution "
                     "(wslrelay.exe, PID 10)");
  case_check_summary(
      s, 8080, "Docker relays port 8080 to a container (COM.docker.backend.exe, PID 11)");
  case_check_holder(s, 3000, "evidence",
                    "[\"PID 10 listens on 127.0.0.1:3000\",\"wslrelay.exe is the relay "
                    "of WSL: it listens for a server inside a Linux distribution\"]");
  case_check_holder(s, 3000, "known_as", "\"the relay of WSL\"");
  case_check_holder(s, 3000, "confidence", "\"certain\"");
  snapshot_unref(s);
}

#define RELAY(process) \
  CASE(LISTEN("127.0.0.1", 3000, 10), PROCESSES(process) SERVICES(""))

/* Anybody may name a program so. */
static void a_relay_is_believed_where_it_lies(void **state) {
  static const struct {
    const char *machine;
    enum pg_holder_kind kind;
    enum pg_confidence confidence;
  } cases[] = {
      {RELAY(PROCESS_IN("C:\\\\Users\\\\eve\\\\", 10, "wslrelay.exe")), PG_HOLDER_PROCESS,
       PG_CONFIDENCE_CERTAIN},
      {RELAY(PROCESS_IN("C:\\\\Windows\\\\Temp\\\\", 10, "wslrelay.exe")),
       PG_HOLDER_PROCESS, PG_CONFIDENCE_CERTAIN},
      {RELAY(PROCESS_IN("C:\\\\Windows\\\\System32\\\\lxss\\\\", 10, "wslrelay.exe")),
       PG_HOLDER_WSL_RELAY, PG_CONFIDENCE_CERTAIN},
      {RELAY(PROCESS_IN(USER_DOCKER, 10, "com.docker.backend.exe")),
       PG_HOLDER_CONTAINER_RELAY, PG_CONFIDENCE_LIKELY},
      {RELAY(PROCESS(10, "wslrelay.exe")), PG_HOLDER_WSL_RELAY, PG_CONFIDENCE_LIKELY},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pg_snapshot *s = case_of(cases[i].machine);
    assert_int_equal(case_holder(s, 3000)->kind, cases[i].kind);
    assert_int_equal(case_holder(s, 3000)->confidence, cases[i].confidence);
    snapshot_unref(s);
  }
}

static void docker_ip_helper_and_wsl_on_one_port_are_all_named(void **state) {
  struct pg_snapshot *s = case_of(CASE(
      LISTEN("0.0.0.0", 80, 11) "," LISTEN("127.0.0.1", 80, 10) "," LISTEN("192.168.1.2",
                                                                           80, 900),
      PROCESSES(PROCESS(10, "wslrelay.exe") "," PROCESS(
          11, "com.docker.backend.exe") "," PROCESS(900, "svchost.exe")) SERVICES(HELPER)
          TAGS("") PROXIES(PROXY("v4tov4", "192.168.1.2", 80, "172.20.0.2", 80))));
  (void)state;
  case_check_summary(s, 80,
                     "the relay of Docker Desktop (com.docker.backend.exe, PID 11), the "
                     "relay of WSL (wslrelay.exe, PID 10) and a port proxy rule (v4tov4 "
                     "192.168.1.2:80 -> 172.20.0.2:80) hold port 80 (3 holders)");
  snapshot_unref(s);
}

/* --- listeners of the kernel without a URL --- */

/* A text that has nothing to say about the port. */
#define ELSEWHERE HTTP(QUEUE("Q", 77, "HTTP://*:7/"))

static void a_driver_names_who_may_be_meant(void **state) {
  struct pg_snapshot *s = case_of(CASE(
      LISTEN("0.0.0.0", 80, 4),
      PROCESSES(PROCESS(4, "System")) ELSEWHERE SERVICES(
          SERVICE("HTTP", 0, "") "," SERVICE("PeerDistSvc", 9, "\"HTTP\"") "," SERVICE(
              "W3SVC", 10, "\"WAS\"") "," SERVICE("WAS", 10,
                                                  "\"HTTP\"") "," SERVICE("Acme", 11,
                                                                          "\"HTTP\"") ","
          /* On other ports, stopped, and with nothing to do with HTTP.sys. */
          SERVICE("WinRM", 12, "\"HTTP\"") "," SERVICE_IN(
              "stopped", "MsDepSvc", 0, "\"HTTP\"") "," SERVICE("Plain", 13, ""))));
  const struct pg_holder *holder = case_holder(s, 80);
  (void)state;
  assert_int_equal(holder->kind, PG_HOLDER_DRIVER);
  assert_int_equal(holder->confidence, PG_CONFIDENCE_LIKELY);
  case_check_holder(s, 80, "candidates", "[\"PeerDistSvc\",\"W3SVC\",\"WAS\",\"Acme\"]");
  case_check_summary(s, 80,
                     "a kernel driver (HTTP.sys has no URL for it; candidates: "
                     "PeerDistSvc, W3SVC, WAS, Acme) holds port 80");
  assert_string_equal(snapshot_port(s, 80)->reported, "driver:?");
  snapshot_unref(s);
}

static void a_service_of_the_dictionary_is_meant_on_its_own_port_only(void **state) {
  struct pg_snapshot *s = case_of(CASE(
      LISTEN("0.0.0.0", 5985, 4) "," LISTEN("0.0.0.0", 2869, 4),
      PROCESSES(PROCESS(4, "System"))
          SERVICES(SERVICE("WinRM", 12, "") "," SERVICE("SSDPSRV", 13, "")) ELSEWHERE));
  (void)state;
  case_check_holder(s, 5985, "candidates", "[\"WinRM\"]");
  case_check_holder(s, 2869, "candidates", "[\"SSDPSRV\"]");
  snapshot_unref(s);
}

static void file_sharing_has_no_candidates(void **state) {
  struct pg_snapshot *s = case_of(CASE(LISTEN("0.0.0.0", 445, 4),
                                       PROCESSES(PROCESS(4, "System"))
                                           SERVICES(SERVICE("W3SVC", 10, "")) ELSEWHERE));
  (void)state;
  case_check_holder(s, 445, "candidates", NULL);
  case_check_texts(s, 445, "not_recommended", "");
  snapshot_unref(s);
}

static void a_reservation_is_no_holder(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("0.0.0.0", 80, 10),
                   PROCESSES(PROCESS(10, "nginx.exe")) SERVICES(SERVICE("W3SVC", 11, ""))
                       HTTP_CONFIG(RESERVATIONS(RESERVATION(
                           "http://+:80/wsman/") "," RESERVATION("http://+:81/x/")))));
  cJSON *tree = NULL;
  (void)state;
  case_check_summary(s, 80, "nginx.exe (PID 10) holds port 80");
  const cJSON *rows = case_member(s, 80, "reservations", &tree);
  char *text = cJSON_PrintUnformatted(rows);
  assert_string_equal(text, "[{\"url\":\"http://+:80/wsman/\",\"sddl\":\"D:(A;;GX;;;WD)"
                            "\",\"accounts\":[\"Everyone\"]}]");
  cJSON_free(text);
  cJSON_Delete(tree);
  snapshot_unref(s);
}

static void stopping_http_sys_is_named_with_what_it_takes_down(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("0.0.0.0", 80, 4) "," LISTEN("0.0.0.0", 81, 11),
                   PROCESSES(PROCESS(4, "System") "," PROCESS(
                       10, "svchost.exe") "," PROCESS(11, "x.exe"))
                       SERVICES(SERVICE("HTTP", 0, "") "," SERVICE(
                           "W3SVC", 10, "\"HTTP\"") "," SERVICE("B", 12, "\"W3SVC\""))
                           HTTP(QUEUE("Pool", 10, "HTTP://*:80/"))));
  cJSON *tree = NULL;
  (void)state;
  const cJSON *advice = case_member(s, 80, "not_recommended", &tree);
  assert_int_equal(cJSON_GetArraySize(advice), 1);
  char *names = cJSON_PrintUnformatted(pg_json_member(advice->child, "dependents"));
  assert_string_equal(names, "[\"B\",\"W3SVC\"]");
  assert_string_equal(cJSON_GetStringValue(pg_json_member(advice->child, "command")),
                      "net stop http /y");
  cJSON_free(names);
  cJSON_Delete(tree);
  case_check_texts(s, 81, "not_recommended", "");
  snapshot_unref(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_port_proxy_is_named_by_its_rule),
      cmocka_unit_test(a_rule_fits_by_port_family_and_address),
      cmocka_unit_test(a_proxy_in_a_shared_process_is_as_certain_as_its_tag),
      cmocka_unit_test(the_rules_of_other_processes_are_not_meant),
      cmocka_unit_test(two_rules_of_one_port_are_one_owner),
      cmocka_unit_test(a_rule_with_many_listeners_is_one_holder),
      cmocka_unit_test(without_the_rules_a_port_of_ip_helper_is_incomplete),
      cmocka_unit_test(what_was_reported_stays_while_the_rules_fail),
      cmocka_unit_test(relays_are_told_from_ordinary_programs),
      cmocka_unit_test(a_relay_is_believed_where_it_lies),
      cmocka_unit_test(docker_ip_helper_and_wsl_on_one_port_are_all_named),
      cmocka_unit_test(a_driver_names_who_may_be_meant),
      cmocka_unit_test(a_service_of_the_dictionary_is_meant_on_its_own_port_only),
      cmocka_unit_test(file_sharing_has_no_candidates),
      cmocka_unit_test(a_reservation_is_no_holder),
      cmocka_unit_test(stopping_http_sys_is_named_with_what_it_takes_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
