/* Fixes beyond stopping: disabling, other ports, the network configuration, relays. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"

#include <string.h>

static void check_undo(const char *json, uint16_t port, const char *kind,
                       const char *expected) {
  struct pg_snapshot *s = case_of(json);
  cJSON *tree = NULL;
  const cJSON *fix, *found = NULL;
  const cJSON *fixes = case_member(s, port, "fixes", &tree);
  cJSON_ArrayForEach(fix, fixes) {
    if (strcmp(cJSON_GetStringValue(pg_json_member(fix, "kind")), kind) == 0)
      found = fix;
  }
  assert_non_null(found);
  char *undo = cJSON_PrintUnformatted(pg_json_member(found, "undo"));
  assert_string_equal(undo, expected);
  cJSON_free(undo);
  cJSON_Delete(tree);
  snapshot_unref(s);
}

/* --- services --- */

#define STARTS(name, start, more)      \
  CASE(LISTEN("0.0.0.0", 8000, 10),    \
       PROCESSES(PROCESS(10, "x.exe")) \
           SERVICES(SERVICE_STARTS(name, 10, "running", start, more)))

static void a_service_can_be_kept_from_starting(void **state) {
  (void)state;
  case_check_fixes(
      STARTS("Web", "auto", ""), 8000,
      "stop-service: [net stop Web] frees\n"
      "disable-service: [sc.exe config Web start= disabled] [net stop Web] frees\n");
  check_undo(STARTS("Web", "auto", ""), 8000, "disable-service",
             "[\"sc.exe config Web start= auto\",\"net start Web\"]");
  check_undo(STARTS("Web", "auto", ",\"delayed\":true"), 8000, "disable-service",
             "[\"sc.exe config Web start= delayed-auto\",\"net start Web\"]");
  check_undo(STARTS("Web", "manual", ""), 8000, "disable-service",
             "[\"sc.exe config Web start= demand\",\"net start Web\"]");
}

static void a_disabled_service_is_not_disabled_again(void **state) {
  (void)state;
  case_check_fixes(STARTS("Web", "disabled", ""), 8000,
                   "stop-service: [net stop Web] frees\n");
}

static void the_template_of_a_user_service_is_disabled(void **state) {
  (void)state;
  case_check_fixes(
      STARTS("CDPUserSvc_1bf57", "auto", ",\"user_instance\":true"), 8000,
      "stop-service: [net stop CDPUserSvc_1bf57] frees\n"
      "disable-service: [sc.exe config CDPUserSvc start= disabled] [net stop "
      "CDPUserSvc_1bf57] frees\n");
}

static void a_name_that_cannot_be_pasted_has_no_command(void **state) {
  (void)state;
  case_check_fixes(STARTS("a&calc", "auto", ""), 8000,
                   "stop-service: [services.msc] frees\n"
                   "disable-service: [services.msc] frees\n");
}

static void what_stopped_with_a_service_is_started_again(void **state) {
  (void)state;
  check_undo(CASE(LISTEN("0.0.0.0", 80, 10),
                  PROCESSES(PROCESS(10, "x.exe")) SERVICES(
                      SERVICE("Web", 10, "") "," SERVICE("Site", 11, "\"Web\""))),
             80, "stop-service", "[\"net start Web\",\"net start Site\"]");
}

#define VMMS                                                                    \
  "Hyper-V Replica: it runs the virtual machines; switch the replica listener " \
  "off instead"

static void services_better_left_alone_come_last(void **state) {
  (void)state;
  case_check_fixes(
      CASE(LISTEN("0.0.0.0", 80, 4),
           PROCESSES(PROCESS(4, "System") "," PROCESS(10, "vmms.exe"))
               SERVICES(SERVICE_STARTS("vmms", 10, "running", "auto", ""))
                   HTTP_AND(QUEUE("Q", 10, "HTTP://+:80/HVRROOT/"), LISTEN_LIST(""))),
      80,
      "change-binding: [virtmgmt.msc] frees (this host takes no replicas of virtual "
      "machines any more)\n"
      "narrow-iplisten: [netsh http add iplisten ipaddress=127.0.0.2] frees "
      "(" CASE_NARROW ")\n"
      "stop-service: [net stop vmms] frees (" VMMS ")\n"
      "disable-service: [sc.exe config vmms start= disabled] [net stop vmms] frees (" VMMS
      ")\n");
}

static void a_caution_of_the_dictionary_is_passed_on(void **state) {
  (void)state;
  case_check_fixes(STARTS("BrokerAgent", "disabled", ""), 8000,
                   "stop-service: [net stop BrokerAgent] frees (Citrix desktop agent: "
                   "desktops cannot be reached while it is stopped; change its port in "
                   "the vendor's own tool instead)\n"
                   "change-binding: frees (the controllers must use the same port)\n");
}

/* --- the IP listen list --- */

static void check_narrow(const char *machine, const char *expected) {
  struct pg_snapshot *s = case_of(machine);
  cJSON *tree = NULL;
  const cJSON *fix;
  struct pg_text text;
  pg_text_init(&text, 4096);
  const cJSON *fixes = case_member(s, 80, "fixes", &tree);
  cJSON_ArrayForEach(fix, fixes) {
    if (strcmp(cJSON_GetStringValue(pg_json_member(fix, "kind")), "narrow-iplisten") != 0)
      continue;
    char *lines = cJSON_PrintUnformatted(pg_json_member(fix, "by_hand"));
    char *undo = cJSON_PrintUnformatted(pg_json_member(fix, "undo"));
    pg_text_printf(&text, "%s %s %s", lines, undo,
                   cJSON_IsTrue(pg_json_member(fix, "frees_port")) ? "frees" : "helps");
    cJSON_free(lines);
    cJSON_free(undo);
  }
  assert_string_equal(pg_text_str(&text), expected);
  pg_text_free(&text);
  cJSON_Delete(tree);
  snapshot_unref(s);
}

#define LISTED(listeners, addresses)                                                    \
  CASE(listeners, PROCESSES(PROCESS(4, "System") "," PROCESS(10, "x.exe")) SERVICES("") \
                      HTTP_AND(QUEUE("Q", 10, "HTTP://*:80/"), LISTEN_LIST(addresses)))
#define ADD(address) "\"netsh http add iplisten ipaddress=" address "\""
#define REMOVE(address) "\"netsh http delete iplisten ipaddress=" address "\""

static void an_empty_list_gets_an_address(void **state) {
  (void)state;
  check_narrow(LISTED(LISTEN("0.0.0.0", 80, 4), ""),
               "[" ADD("127.0.0.2") "] [" REMOVE("127.0.0.2") "] frees");
}

static void wildcards_of_the_list_are_taken_out_and_it_never_gets_empty(void **state) {
  (void)state;
  check_narrow(LISTED(LISTEN("0.0.0.0", 80, 4), "\"0.0.0.0\",\"::\""),
               "[" ADD("127.0.0.2") "," REMOVE("0.0.0.0") "," REMOVE("::") "] [" ADD(
                   "0.0.0.0") "," ADD("::") "," REMOVE("127.0.0.2") "] frees");
  check_narrow(LISTED(LISTEN("0.0.0.0", 80, 4), "\"0.0.0.0\",\"10.0.0.1\""),
               "[" REMOVE("0.0.0.0") "] [" ADD("0.0.0.0") "] frees");
}

static void a_list_that_is_narrow_is_not_narrowed(void **state) {
  (void)state;
  check_narrow(LISTED(LISTEN("127.0.0.2", 80, 4), "\"127.0.0.2\""), "");
  check_narrow(LISTED(LISTEN("127.0.0.2", 80, 4), ""), "");
  check_narrow(LISTED(LISTEN("0.0.0.0", 80, 4), "\"127.0.0.2\""), "");
}

static void narrowing_does_not_move_who_holds_the_wildcard_beside(void **state) {
  (void)state;
  check_narrow(LISTED(LISTEN("0.0.0.0", 80, 4) "," LISTEN6("::", 80, 10), ""),
               "[" ADD("127.0.0.2") "] [" REMOVE("127.0.0.2") "] helps");
}

/* --- port proxies --- */

#define PROXIED(rules)                                                               \
  CASE(LISTEN("0.0.0.0", 80, 900) "," LISTEN6("::", 80, 900),                        \
       PROCESSES(PROCESS(900, "svchost.exe")) SERVICES(SERVICE("iphlpsvc", 900, "")) \
           PROXIES(rules) TAGS(""))
#define BOTH_RULES                             \
  PROXY("v4tov4", "*", 80, "172.20.0.2", 8080) \
  "," PROXY("v6tov4", "::", 80, "web.example", 8080)
#define KEEP "keep IP Helper (iphlpsvc) running: it does more than this"

static void the_rule_is_deleted_and_its_service_kept(void **state) {
  static const char machine[] = PROXIED(BOTH_RULES);
  (void)state;
  case_check_fixes(machine, 80,
                   "delete-portproxy: [netsh interface portproxy delete v4tov4 "
                   "listenaddress=* listenport=80] [netsh interface portproxy delete "
                   "v6tov4 listenaddress=:: listenport=80] frees (" KEEP ")\n");
  check_undo(machine, 80, "delete-portproxy",
             "[\"netsh interface portproxy add v4tov4 listenaddress=* listenport=80 "
             "connectaddress=172.20.0.2 connectport=8080\",\"netsh interface portproxy "
             "add v6tov4 listenaddress=:: listenport=80 connectaddress=web.example "
             "connectport=8080\"]");
}

static void a_rule_whose_target_cannot_be_pasted_is_deleted_all_the_same(void **state) {
  (void)state;
  case_check_fixes(
      CASE(LISTEN("0.0.0.0", 80, 900),
           PROCESSES(PROCESS(900, "svchost.exe")) SERVICES(SERVICE("iphlpsvc", 900, ""))
               TAGS("") PROXIES(PROXY("v4tov4", "*", 80, "a&calc", 80))),
      80,
      "delete-portproxy: [netsh interface portproxy delete v4tov4 listenaddress=* "
      "listenport=80] frees (note where it leads first: netsh interface portproxy show "
      "all; " KEEP ")\n");
}

static void ip_helper_is_not_stopped_while_its_rules_are_not_known(void **state) {
  (void)state;
#define HELPER_WITH(more)                                                           \
  CASE(LISTEN("0.0.0.0", 80, 900), PROCESSES(PROCESS(900, "svchost.exe")) SERVICES( \
                                       SERVICE("iphlpsvc", 900, "")) TAGS("") more)
  case_check_fixes(HELPER_WITH(FAILED("port_proxies")), 80,
                   "delete-portproxy: [netsh interface portproxy show all] helps (" KEEP
                   ")\n");
  case_check_fixes(HELPER_WITH(PROXIES("")), 80, "");
}

/* --- relays --- */

static void a_relay_is_never_ended(void **state) {
  static const char *const machines[] = {
      CASE(LISTEN("127.0.0.1", 3000, 10),
           PROCESSES(PROCESS(10, "wslrelay.exe")) SERVICES("")),
      CASE(LISTEN("127.0.0.1", 3000, 10),
           PROCESSES(PROCESS(10, "wslrelay.exe")) FAILED("services")),
  };
  (void)state;
  for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
    case_check_fixes(
        machines[i], 3000,
        "stop-in-wsl: [wsl --shutdown] frees (this stops all distributions and "
        "everything "
        "in them: try first to stop the server inside its distribution; never end "
        "wslrelay.exe, which only relays)\n");
  case_check_fixes(
      CASE(LISTEN("0.0.0.0", 8080, 10),
           PROCESSES(PROCESS(10, "com.docker.backend.exe")) SERVICES("")),
      8080,
      "stop-container: [docker ps --filter publish=8080] [docker stop NAME-OR-ID] frees "
      "(put the name or ID that the first command prints in the place of NAME-OR-ID; "
      "never end com.docker.backend.exe: Docker stops working without it)\n");
}

/* --- excluded ranges --- */

#define WINNAT                                                                        \
  "WSL, Docker and virtual machines lose their network meanwhile; when the range is " \
  "not WinNAT's, restarting it does not move the range"
#define EXCLUDE(family)                                                     \
  "netsh int " family " add excludedportrange protocol=tcp startport=8080 " \
  "numberofports=1 store=persistent"

static void a_reserved_port_is_set_aside_while_winnat_is_down(void **state) {
  static const char ipv4[] =
      CASE(LISTEN("0.0.0.0", 9, 10), RANGES(RANGE(8016, 8115), ""));
  (void)state;
  case_check_fixes(ipv4, 8080,
                   "restart-winnat: [net stop winnat] [" EXCLUDE(
                       "ipv4") "] [net start winnat] frees (" WINNAT ")\n");
  check_undo(ipv4, 8080, "restart-winnat",
             "[\"netsh int ipv4 delete excludedportrange protocol=tcp startport=8080 "
             "numberofports=1 store=persistent\"]");
  case_check_fixes(
      CASE(LISTEN("0.0.0.0", 9, 10), RANGES(RANGE(8016, 8115), RANGE(8000, 8099))), 8080,
      "restart-winnat: [net stop winnat] [" EXCLUDE("ipv4") "] [" EXCLUDE(
          "ipv6") "] [net start winnat] frees (" WINNAT ")\n");
}

static void a_port_that_is_free_after_all_needs_no_restart(void **state) {
  (void)state;
  case_check_fixes(
      CASE(LISTEN("0.0.0.0", 9, 10), RANGES(STARRED(8016, 8115), RANGE(8016, 8115))),
      8080, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_service_can_be_kept_from_starting),
      cmocka_unit_test(a_disabled_service_is_not_disabled_again),
      cmocka_unit_test(the_template_of_a_user_service_is_disabled),
      cmocka_unit_test(a_name_that_cannot_be_pasted_has_no_command),
      cmocka_unit_test(what_stopped_with_a_service_is_started_again),
      cmocka_unit_test(services_better_left_alone_come_last),
      cmocka_unit_test(a_caution_of_the_dictionary_is_passed_on),
      cmocka_unit_test(an_empty_list_gets_an_address),
      cmocka_unit_test(wildcards_of_the_list_are_taken_out_and_it_never_gets_empty),
      cmocka_unit_test(a_list_that_is_narrow_is_not_narrowed),
      cmocka_unit_test(narrowing_does_not_move_who_holds_the_wildcard_beside),
      cmocka_unit_test(the_rule_is_deleted_and_its_service_kept),
      cmocka_unit_test(a_rule_whose_target_cannot_be_pasted_is_deleted_all_the_same),
      cmocka_unit_test(ip_helper_is_not_stopped_while_its_rules_are_not_known),
      cmocka_unit_test(a_relay_is_never_ended),
      cmocka_unit_test(a_reserved_port_is_set_aside_while_winnat_is_down),
      cmocka_unit_test(a_port_that_is_free_after_all_needs_no_restart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
