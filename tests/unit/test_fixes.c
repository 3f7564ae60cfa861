#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"

#include "common/protected.h"

#include <stdio.h>
#include <string.h>

#define OWN_WAY                                                                        \
  "close the program in its own way where it has one; what it has not saved is lost, " \
  "and where Windows says that it can only be ended forcefully, repeat it with /F"
#define LIKELY \
  "it is likely, but not certain, that this holds the port: read the evidence first"
#define UNREAD_LIST \
  "what the list holds now could not be read: netsh http show iplisten shows it"
#define HELD_BY(services) \
  CASE(LISTEN("0.0.0.0", 80, 10), PROCESSES(PROCESS(10, "x.exe")) SERVICES(services))

static void a_service_is_stopped_with_what_needs_it(void **state) {
  (void)state;
  case_check_fixes(HELD_BY(SERVICE("Web", 10, "")), 80,
                   "stop-service: [net stop Web] frees\n");
  case_check_fixes(
      HELD_BY(SERVICE("Web", 10, "") "," SERVICE("Site", 11, "\"Web\"")), 80,
      "stop-service: [net stop Web /y] frees (these running services need Web and "
      "stop with it: Site)\n");
}

static void protected_services_are_never_advised(void **state) {
  (void)state;
  case_check_fixes(HELD_BY(SERVICE("RpcSs", 10, "")), 80, "");
  case_check_fixes(HELD_BY(SERVICE("spooler", 10, "")), 80, "change-binding: helps\n");
  /* Nor one that would take a protected one with it. */
  case_check_fixes(HELD_BY(SERVICE("Web", 10, "") "," SERVICE(
                       "Spooler", 11, "\"Mid\"") "," SERVICE("Mid", 12, "\"Web\"")),
                   80, "");
}

static void drivers_are_never_advised(void **state) {
  (void)state;
  case_check_fixes(HELD_BY("{\"name\":\"D\",\"pid\":10,\"type\":\"kernel_driver\"}"), 80,
                   "");
  case_check_fixes(CASE(LISTEN("0.0.0.0", 445, 4),
                        PROCESSES(PROCESS(4, "System")) SERVICES("") HTTP("")),
                   445, "");
}

static void processes_windows_lives_by_are_never_ended(void **state) {
  static const char *const names[] = {"System",      "smss.exe",  "csrss.exe",
                                      "wininit.exe", "lsass.exe", "services.exe",
                                      "SVCHOST.EXE", "w3wp.exe",  "winlogon.exe"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char capture[512];
    (void)snprintf(
        capture, sizeof capture, "%s%s%s",
        "{\"portguard_capture\":1,\"tcp\":[" LISTEN(
            "0.0.0.0", 80, 10) "],\"services\":[],\"processes\":[{\"pid\":10,\"name\":\"",
        names[i], "\"}]}");
    case_check_fixes(capture, 80, "");
  }
}

static void all_processes_of_one_owner_are_ended_together(void **state) {
  (void)state;
  case_check_fixes(CASE(LISTEN("0.0.0.0", 80, 10) "," LISTEN6("::", 80, 11),
                        PROCESSES(PROCESS(10, "x.exe") "," PROCESS(11, "x.exe"))
                            SERVICES("")),
                   80, "stop-process: [taskkill /PID 10 /PID 11] frees (" OWN_WAY ")\n");
}

static void others_of_the_same_program_are_mentioned(void **state) {
  (void)state;
  case_check_fixes(CASE(LISTEN("0.0.0.0", 80, 10),
                        PROCESSES(PROCESS(10, "x.exe") "," PROCESS(
                            11, "x.exe") "," PROCESS(12, "X.exe")) SERVICES("")),
                   80,
                   "stop-process: [taskkill /PID 10] frees (" OWN_WAY
                   "; 2 more processes run this program and may share the port)\n");
}

static void one_of_several_holders_does_not_free_the_port(void **state) {
  (void)state;
  case_check_fixes(CASE(LISTEN("0.0.0.0", 80, 10) "," LISTEN6("::", 80, 11),
                        PROCESSES(PROCESS(10, "a.exe") "," PROCESS(11, "b.exe"))
                            SERVICES(SERVICE("A", 10, ""))),
                   80,
                   "stop-service: [net stop A] helps\n"
                   "stop-process: [taskkill /PID 11] helps (" OWN_WAY ")\n");
}

static void services_are_offered_together_when_all_may_stop(void **state) {
  (void)state;
  case_check_fixes(CASE(LISTEN("0.0.0.0", 80, 10) "," LISTEN6("::", 80, 11),
                        PROCESSES(PROCESS(10, "a.exe") "," PROCESS(11, "b.exe"))
                            SERVICES(SERVICE("A", 10, "") "," SERVICE("B", 11, ""))),
                   80,
                   "stop-services: [net stop A] [net stop B] frees\n"
                   "stop-service: [net stop A] helps\n"
                   "stop-service: [net stop B] helps\n");
  case_check_fixes(CASE(LISTEN("0.0.0.0", 80, 10) "," LISTEN6("::", 80, 11),
                        PROCESSES(PROCESS(10, "a.exe") "," PROCESS(11, "b.exe"))
                            SERVICES(SERVICE("A", 10, "") "," SERVICE("RpcSs", 11, ""))),
                   80, "stop-service: [net stop A] helps\n");
}

static void names_are_written_so_that_a_shell_reads_them_as_they_are(void **state) {
  (void)state;
  case_check_fixes(HELD_BY(SERVICE("My Web", 10, "")), 80,
                   "stop-service: [net stop \"My Web\"] frees\n");
  case_check_fixes(HELD_BY(SERVICE("a&calc", 10, "")), 80,
                   "stop-service: [services.msc] frees\n");
  case_check_fixes(HELD_BY(SERVICE("a%PATH%", 10, "")), 80,
                   "stop-service: [services.msc] frees\n");
  /* What PowerShell would run inside quotes, and a quote of its own. */
  static const char *const words[] = {
      HELD_BY(SERVICE("a $(calc)", 10, "")),
      HELD_BY(SERVICE("a `n", 10, "")),
      HELD_BY(SERVICE("a\xE2\x80\x9D; calc; \xE2\x80\x9C", 10, "")),
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    struct pg_snapshot *s = case_of(words[i]);
    cJSON *tree = NULL;
    char *fixes = cJSON_PrintUnformatted(case_member(s, 80, "fixes", &tree));
    assert_non_null(strstr(fixes, "\"by_hand\":[\"services.msc\"]"));
    cJSON_free(fixes);
    cJSON_Delete(tree);
    snapshot_unref(s);
  }
  case_check_fixes(
      HELD_BY(SERVICE("X$Y", 10, "")), 80,
      "stop-service: [net stop X$Y] frees (use the Command Prompt: PowerShell "
      "takes the $ in X$Y for a variable)\n");
}

static void what_is_only_likely_says_so_first(void **state) {
  (void)state;
  case_check_fixes(
      CASE(SINCE(80, 10, "2026-03-02T08:00:00Z"),
           PROCESSES(STARTED(10, "x.exe", "2026-03-02T09:00:00Z"))
               SERVICES(SERVICE("Web", 10, ""))),
      80,
      "stop-service: [net stop Web] frees (it is likely, but not certain, that "
      "this holds the port: read the evidence first)\n");
}

static void nothing_is_promised_when_netsh_contradicts_itself(void **state) {
  (void)state;
  case_check_fixes(
      CASE(LISTEN("0.0.0.0", 80, 4),
           PROCESSES(PROCESS(10, "x.exe")) SERVICES(SERVICE("Web", 10, ""))
               HTTP(QUEUE_OF("Q", ATTACHED(2), ITEM(10), "HTTP://*:80/"))),
      80,
      "stop-service: [net stop Web] helps (it is likely, but not certain, that "
      "this holds the port: read the evidence first)\n"
      "narrow-iplisten: [netsh http add iplisten ipaddress=127.0.0.2] helps "
      "(" CASE_NARROW "; " UNREAD_LIST ")\n");
}

/* Which of them registered nobody knows: they are ended together, or none is. */
static void processes_that_share_a_queue_are_ended_together(void **state) {
  (void)state;
  case_check_fixes(
      CASE(LISTEN("0.0.0.0", 80, 4),
           PROCESSES(PROCESS(10, "x.exe") "," PROCESS(11, "x.exe")) SERVICES("")
               HTTP(QUEUE_OF("Q", ATTACHED(2), ITEM(10) ITEM(11), "HTTP://*:80/"))),
      80,
      "stop-process: [taskkill /PID 10 /PID 11] frees (" LIKELY "; " OWN_WAY ")\n"
      "narrow-iplisten: [netsh http add iplisten ipaddress=127.0.0.2] helps (" CASE_NARROW
      "; " UNREAD_LIST ")\n");
  case_check_fixes(
      CASE(LISTEN("0.0.0.0", 80, 4),
           PROCESSES(PROCESS(10, "x.exe") "," PROCESS(11, "svchost.exe")) SERVICES("")
               HTTP(QUEUE_OF("Q", ATTACHED(2), ITEM(10) ITEM(11), "HTTP://*:80/"))),
      80,
      "narrow-iplisten: [netsh http add iplisten ipaddress=127.0.0.2] helps (" CASE_NARROW
      "; " UNREAD_LIST ")\n");
}

static void a_free_port_needs_no_fix(void **state) {
  (void)state;
  case_check_fixes(HELD_BY(""), 81, "");
}

/* "frees" means the wildcard: whoever has a single address does not stand in the way. */
static void letting_go_of_the_wildcard_is_enough(void **state) {
  (void)state;
  case_check_fixes(CASE(LISTEN("0.0.0.0", 80, 10) "," LISTEN("127.0.0.1", 80, 11),
                        PROCESSES(PROCESS(10, "a.exe") "," PROCESS(11, "b.exe"))
                            SERVICES(SERVICE("A", 10, "") "," SERVICE("B", 11, ""))),
                   80,
                   "stop-service: [net stop A] frees\n"
                   "stop-service: [net stop B] helps\n");
}

/* Once nobody listens, the range refuses the port. */
#define WINNAT_8080                                                       \
  "[net stop winnat] [netsh int ipv4 add excludedportrange protocol=tcp " \
  "startport=8080 numberofports=1 store=persistent] [net start winnat]"
#define WINNAT_COST                                                                \
  "WSL, Docker and virtual machines lose their network meanwhile; when the range " \
  "is not WinNAT's, restarting it does not move the range"

static void nothing_frees_a_port_in_a_dynamic_range(void **state) {
  (void)state;
  case_check_fixes(CASE(LISTEN("0.0.0.0", 8080, 10),
                        PROCESSES(PROCESS(10, "a.exe")) SERVICES(SERVICE("A", 10, ""))
                            RANGES(RANGE(8016, 8115), "")),
                   8080,
                   "stop-service: [net stop A] helps\n"
                   "restart-winnat: " WINNAT_8080 " helps (" WINNAT_COST ")\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_service_is_stopped_with_what_needs_it),
      cmocka_unit_test(protected_services_are_never_advised),
      cmocka_unit_test(drivers_are_never_advised),
      cmocka_unit_test(processes_windows_lives_by_are_never_ended),
      cmocka_unit_test(all_processes_of_one_owner_are_ended_together),
      cmocka_unit_test(others_of_the_same_program_are_mentioned),
      cmocka_unit_test(one_of_several_holders_does_not_free_the_port),
      cmocka_unit_test(services_are_offered_together_when_all_may_stop),
      cmocka_unit_test(letting_go_of_the_wildcard_is_enough),
      cmocka_unit_test(nothing_frees_a_port_in_a_dynamic_range),
      cmocka_unit_test(names_are_written_so_that_a_shell_reads_them_as_they_are),
      cmocka_unit_test(what_is_only_likely_says_so_first),
      cmocka_unit_test(nothing_is_promised_when_netsh_contradicts_itself),
      cmocka_unit_test(processes_that_share_a_queue_are_ended_together),
      cmocka_unit_test(a_free_port_needs_no_fix),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
