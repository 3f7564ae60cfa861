#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"

#include "service/explain/dictionary.h"

static const char *known(const char *service) {
  const struct dictionary_entry *entry = dictionary_of_service(service);
  return entry != NULL ? entry->known_as : "?";
}

static const char *known_url(const char *url) {
  const struct dictionary_entry *entry = dictionary_of_url(url);
  return entry != NULL ? entry->known_as : "?";
}

static void every_service_that_windows_is_known_to_register_is_there(void **state) {
  static const char *const names[] = {
      "W3SVC",        "WAS",         "MsDepSvc",   "SQLServerReportingServices",
      "ReportServer", "PeerDistSvc", "WinRM",      "PowerBIReportServer",
      "SyncShareSvc", "Wecsvc",      "SSDPSRV",    "upnphost",
      "fdPHost",      "FDResPub",    "Spooler",    "WMPNetworkSvc",
      "TermService",  "SstpSvc",     "iphlpsvc",   "vmms",
      "WMSvc",        "NcHostAgent", "TSGateway",  "KPSSVC",
      "adfssrv",      "appproxysvc", "BrokerAgent"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const struct dictionary_entry *entry = dictionary_of_service(names[i]);
    assert_non_null(entry);
    assert_non_null(entry->known_as);
    assert_non_null(entry->words);
  }
}

static void names_are_whole_and_their_case_does_not_matter(void **state) {
  (void)state;
  assert_string_equal(known("w3svc"), "Internet Information Services");
  assert_string_equal(known("REPORTSERVER$SQLEXPRESS"), "SQL Server Reporting Services");
  assert_string_equal(known("W3SVC2"), "?");
  assert_string_equal(known("W3SV"), "?");
  assert_string_equal(known("$"), "?");
  assert_string_equal(known(""), "?");
}

static void a_url_is_known_by_the_start_of_its_path(void **state) {
  (void)state;
  assert_string_equal(known_url("http://+:80/MSDEPLOYAGENTSERVICE/"),
                      "Web Deployment Agent");
  assert_string_equal(known_url("http://+:80/msdeployagentservice/"),
                      "Web Deployment Agent");
  assert_string_equal(
      known_url("https://+:443/sra_{ba195980-cd49-458b-9e23-c84ee0adcd75}/"), "SSTP VPN");
  assert_string_equal(known_url("http://*:80/REPORTSERVER_SQLEXPRESS"),
                      "SQL Server Reporting Services");
  assert_string_equal(known_url("http://+:80:10.0.0.1/wsman/x"),
                      "Windows Remote Management");
  assert_string_equal(known_url("http://+:80/Temporary_Listen_Addresses/"),
                      "WCF temporary addresses");
  /* Neither in the middle nor with more behind it. */
  assert_string_equal(known_url("http://+:80/x/wsman/"), "?");
  assert_string_equal(known_url("http://+:80/ReportServers"), "?");
  assert_string_equal(known_url("http://+:80/"), "?");
  assert_string_equal(known_url("no url"), "?");
}

static void ports_tell_who_may_be_meant(void **state) {
  (void)state;
  assert_true(dictionary_has_port(dictionary_of_service("WinRM"), 47001));
  assert_false(dictionary_has_port(dictionary_of_service("WinRM"), 80));
  assert_false(dictionary_any_port(dictionary_of_service("WinRM")));
  assert_true(dictionary_any_port(dictionary_of_service("W3SVC")));
}

static void the_class_of_advice_is_that_of_the_design(void **state) {
  static const struct {
    const char *service;
    enum advice_class advice;
  } rows[] = {
      {"SSDPSRV", ADVICE_SAFE},        {"upnphost", ADVICE_SAFE},
      {"PeerDistSvc", ADVICE_SAFE},    {"MsDepSvc", ADVICE_SAFE},
      {"WMPNetworkSvc", ADVICE_SAFE},  {"WMSvc", ADVICE_SAFE},
      {"W3SVC", ADVICE_CAUTION},       {"SQLServerReportingServices", ADVICE_CAUTION},
      {"WinRM", ADVICE_CAUTION},       {"SstpSvc", ADVICE_CAUTION},
      {"BrokerAgent", ADVICE_CAUTION}, {"iphlpsvc", ADVICE_LEAVE},
      {"Spooler", ADVICE_LEAVE},       {"TermService", ADVICE_LEAVE},
      {"vmms", ADVICE_LEAVE},          {"SyncShareSvc", ADVICE_LEAVE}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(dictionary_of_service(rows[i].service)->advice, rows[i].advice);
}

/* --- in an answer --- */

static void a_holder_carries_the_advice_of_its_service(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("0.0.0.0", 8172, 10) "," LISTEN("0.0.0.0", 81, 11),
                   PROCESSES(PROCESS(10, "x.exe") "," PROCESS(11, "y.exe"))
                       SERVICES(SERVICE("WMSvc", 10, ""))));
  (void)state;
  case_check_holder(s, 8172, "advice",
                    "{\"class\":\"safe\",\"text\":\"safe to stop when IIS is not managed "
                    "from other machines\"}");
  case_check_holder(s, 81, "advice", "null");
  snapshot_unref(s);
}

static void a_holder_without_a_service_is_known_by_its_url(void **state) {
  static const char machine[] =
      CASE(LISTEN("0.0.0.0", 80, 4),
           PROCESSES(PROCESS(4, "System") "," PROCESS(50, "x.exe")) SERVICES("")
               HTTP(QUEUE("Q", 50, "HTTP://+:80/MSDEPLOYAGENTSERVICE/")));
  struct pg_snapshot *s = case_of(machine);
  (void)state;
  case_check_holder(s, 80, "known_as", "\"Web Deployment Agent\"");
  case_check_holder(s, 80, "evidence",
                    "[\"PID 4 listens on 0.0.0.0:80\",\"queue Q registers "
                    "http://+:80/MSDEPLOYAGENTSERVICE/\",\"http://+:80/"
                    "MSDEPLOYAGENTSERVICE/ is a URL of Web Deployment Agent\"]");
  snapshot_unref(s);
}

static void a_url_that_may_be_made_up_names_nobody(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("0.0.0.0", 80, 4),
                   PROCESSES(PROCESS(4, "System") "," PROCESS(50, "x.exe")) SERVICES("")
                       HTTP(QUEUE_OF("Q", ATTACHED(2), ITEM(50), "HTTP://+:80/WSMAN/"))));
  (void)state;
  case_check_holder(s, 80, "known_as", "null");
  snapshot_unref(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_service_that_windows_is_known_to_register_is_there),
      cmocka_unit_test(names_are_whole_and_their_case_does_not_matter),
      cmocka_unit_test(a_url_is_known_by_the_start_of_its_path),
      cmocka_unit_test(ports_tell_who_may_be_meant),
      cmocka_unit_test(the_class_of_advice_is_that_of_the_design),
      cmocka_unit_test(a_holder_carries_the_advice_of_its_service),
      cmocka_unit_test(a_holder_without_a_service_is_known_by_its_url),
      cmocka_unit_test(a_url_that_may_be_made_up_names_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
