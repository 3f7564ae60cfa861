#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"

#include <string.h>

#define IIS_SERVICES \
  SERVICES(SERVICE("W3SVC", 3408, "\"WAS\"") "," SERVICE("WAS", 3408, ""))
#define IIS_PROCESSES PROCESSES(PROCESS(4, "System") "," PROCESS(3408, "svchost.exe"))
#define IIS_QUEUE \
  QUEUE_OF("Pool", ATTACHED(1) CONTROLLED(3408), ITEM(3248), "HTTP://*:80/")
#define IIS_LISTENER LISTEN("0.0.0.0", 80, 4)

static const struct pg_port *port_of(const struct pg_snapshot *snapshot,
                                     uint16_t number) {
  const struct pg_port *port = snapshot_port(snapshot, number);
  assert_non_null(port);
  return port;
}

/* --- processes and services --- */

static void one_process_on_both_families_is_one_holder(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("0.0.0.0", 80, 10) "," LISTEN6("::", 80, 10),
                   PROCESSES(PROCESS(10, "web.exe")) SERVICES("")));
  (void)state;
  assert_int_equal(case_holder(s, 80)->kind, PG_HOLDER_PROCESS);
  assert_int_equal(case_holder(s, 80)->confidence, PG_CONFIDENCE_CERTAIN);
  assert_true(port_of(s, 80)->complete);
  snapshot_unref(s);
}

static void two_processes_of_one_program_are_two_holders_of_one_owner(void **state) {
  struct pg_snapshot *s = case_of(
      CASE(LISTEN("0.0.0.0", 80, 10) "," LISTEN6("::", 80, 11),
           PROCESSES(PROCESS(10, "web.exe") "," PROCESS(11, "WEB.exe")) SERVICES("")));
  (void)state;
  assert_int_equal(port_of(s, 80)->holder_count, 2);
  assert_int_equal(explain_owner_count(s, port_of(s, 80)), 1);
  case_check_summary(s, 80, "web.exe (PID 10) holds port 80");
  snapshot_unref(s);
}

static void a_service_alone_in_its_process_is_certain(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("0.0.0.0", 80, 10),
                   PROCESSES(PROCESS(10, "web.exe")) SERVICES(SERVICE("Web", 10, ""))));
  const struct pg_holder *holder = case_holder(s, 80);
  (void)state;
  assert_int_equal(holder->kind, PG_HOLDER_SERVICE);
  assert_int_equal(holder->confidence, PG_CONFIDENCE_CERTAIN);
  assert_string_equal(holder->service->name, "Web");
  snapshot_unref(s);
}

static void a_tag_tells_services_of_one_process_apart(void **state) {
  struct pg_snapshot *s = case_of(
      CASE(TAGGED(80, 10, 7), PROCESSES(PROCESS(10, "svchost.exe"))
                                  SERVICES(SERVICE("A", 10, "") "," SERVICE("B", 10, ""))
                                      TAGS(TAG(10, 7, "b"))));
  const struct pg_holder *holder = case_holder(s, 80);
  (void)state;
  assert_int_equal(holder->kind, PG_HOLDER_SHARED_SERVICE);
  assert_int_equal(holder->confidence, PG_CONFIDENCE_CERTAIN);
  assert_string_equal(holder->service->name, "B");
  snapshot_unref(s);
}

static void a_tag_of_a_service_that_runs_elsewhere_tells_nothing(void **state) {
  struct pg_snapshot *s = case_of(CASE(
      TAGGED(80, 10, 7),
      PROCESSES(PROCESS(10, "svchost.exe"))
          SERVICES(SERVICE("A", 10, "") "," SERVICE("B", 10, "") "," SERVICE("C", 11, ""))
              TAGS(TAG(10, 7, "C"))));
  const struct pg_holder *holder = case_holder(s, 80);
  (void)state;
  assert_null(holder->service);
  assert_int_equal(holder->candidate_count, 2);
  assert_int_equal(holder->confidence, PG_CONFIDENCE_LIKELY);
  case_check_summary(s, 80, "one of A, B in svchost.exe (PID 10) holds port 80");
  snapshot_unref(s);
}

static void services_that_nothing_tells_apart_are_incomplete_without_tags(void **state) {
  static const char with_tags[] =
      CASE(LISTEN("0.0.0.0", 80, 10),
           PROCESSES(PROCESS(10, "svchost.exe"))
               SERVICES(SERVICE("A", 10, "") "," SERVICE("B", 10, "")) TAGS(""));
  static const char without[] =
      CASE(LISTEN("0.0.0.0", 80, 10), PROCESSES(PROCESS(10, "svchost.exe")) SERVICES(
                                          SERVICE("A", 10, "") "," SERVICE("B", 10, "")));
  struct pg_snapshot *s = case_of(with_tags), *t = case_of(without);
  (void)state;
  assert_true(port_of(s, 80)->complete);
  assert_false(port_of(t, 80)->complete);
  snapshot_unref(s);
  snapshot_unref(t);
}

static void a_process_younger_than_its_socket_is_only_likely(void **state) {
  static const char younger[] =
      CASE(SINCE(80, 10, "2026-03-02T08:00:00Z"),
           PROCESSES(STARTED(10, "web.exe", "2026-03-02T08:00:00.001Z")) SERVICES(""));
  static const char as_old[] =
      CASE(SINCE(80, 10, "2026-03-02T08:00:00Z"),
           PROCESSES(STARTED(10, "web.exe", "2026-03-02T08:00:00Z")) SERVICES(""));
  struct pg_snapshot *s = case_of(younger), *t = case_of(as_old);
  (void)state;
  assert_int_equal(case_holder(s, 80)->confidence, PG_CONFIDENCE_LIKELY);
  assert_true((case_holder(s, 80)->evidence & PG_EV_PID_REUSED) != 0);
  assert_int_equal(case_holder(t, 80)->confidence, PG_CONFIDENCE_CERTAIN);
  snapshot_unref(s);
  snapshot_unref(t);
}

static void an_owner_that_is_no_process_is_kept_as_unknown(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("0.0.0.0", 80, 10), PROCESSES("") SERVICES("")));
  const struct pg_holder *holder = case_holder(s, 80);
  (void)state;
  assert_int_equal(holder->kind, PG_HOLDER_UNKNOWN);
  assert_int_equal(holder->pid, 10);
  assert_true((holder->evidence & PG_EV_PROCESS_GONE) != 0);
  snapshot_unref(s);
}

static void owners_that_nobody_can_name_are_counted_by_pid(void **state) {
  struct pg_snapshot *s = case_of(
      CASE(LISTEN("0.0.0.0", 80, 10) "," LISTEN6("::", 80, 11), FAILED("processes")));
  (void)state;
  assert_int_equal(explain_owner_count(s, port_of(s, 80)), 2);
  assert_false(port_of(s, 80)->complete);
  snapshot_unref(s);
}

static void without_the_services_no_process_is_certain(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("0.0.0.0", 80, 10), PROCESSES(PROCESS(10, "web.exe"))));
  (void)state;
  assert_int_equal(case_holder(s, 80)->kind, PG_HOLDER_PROCESS);
  assert_int_equal(case_holder(s, 80)->confidence, PG_CONFIDENCE_LIKELY);
  assert_false(port_of(s, 80)->complete);
  case_check_summary(s, 80, "web.exe (PID 10) holds port 80");
  snapshot_unref(s);
}

/* --- the kernel --- */

static void pid_0_and_the_home_of_wine_drivers_are_the_kernel_too(void **state) {
  struct pg_snapshot *s = case_of(CASE(
      LISTEN("0.0.0.0", 80, 0) "," LISTEN("0.0.0.0", 81, 60) "," LISTEN("0.0.0.0", 82,
                                                                        61),
      PROCESSES(PROCESS(60, "winedevice.exe") "," PROCESS(61, "x.exe")) SERVICES("")));
  (void)state;
  assert_true(port_of(s, 80)->kernel_owned);
  assert_true(port_of(s, 81)->kernel_owned);
  assert_false(port_of(s, 82)->kernel_owned);
  snapshot_unref(s);
}

static void a_kernel_port_without_netsh_is_unknown_and_incomplete(void **state) {
  struct pg_snapshot *s = case_of(
      CASE(IIS_LISTENER, IIS_PROCESSES IIS_SERVICES FAILED("http.service_state")));
  const struct pg_holder *holder = case_holder(s, 80);
  (void)state;
  assert_int_equal(holder->kind, PG_HOLDER_DRIVER);
  assert_int_equal(holder->confidence, PG_CONFIDENCE_UNKNOWN);
  assert_false(port_of(s, 80)->complete);
  assert_string_equal(explain_state(s, 80), "in_use");
  snapshot_unref(s);
}

static void file_sharing_needs_no_netsh(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("0.0.0.0", 445, 4), IIS_PROCESSES IIS_SERVICES));
  (void)state;
  assert_int_equal(case_holder(s, 445)->kind, PG_HOLDER_DRIVER);
  assert_int_equal(case_holder(s, 445)->confidence, PG_CONFIDENCE_LIKELY);
  assert_true(port_of(s, 445)->complete);
  snapshot_unref(s);
}

static void doubtful_text_does_not_show_that_nothing_is_registered(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("0.0.0.0", 9000, 4),
                   IIS_PROCESSES IIS_SERVICES HTTP(QUEUE("Whole", 77, "HTTP://*:81/"))));
  struct pg_snapshot *t =
      case_of(CASE(LISTEN("0.0.0.0", 9000, 4),
                   IIS_PROCESSES IIS_SERVICES HTTP(
                       QUEUE_OF("Odd", ATTACHED(2), ITEM(77), "HTTP://*:81/"))));
  (void)state;
  assert_true((case_holder(s, 9000)->evidence & PG_EV_NO_REGISTRATION) != 0);
  assert_true(port_of(s, 9000)->complete);
  assert_int_equal(case_holder(t, 9000)->confidence, PG_CONFIDENCE_UNKNOWN);
  assert_false(port_of(t, 9000)->complete);
  snapshot_unref(s);
  snapshot_unref(t);
}

/* --- queues --- */

static void the_controller_is_who_must_be_stopped(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(IIS_LISTENER, IIS_PROCESSES IIS_SERVICES HTTP(IIS_QUEUE)));
  const struct pg_holder *holder = case_holder(s, 80);
  (void)state;
  assert_string_equal(holder->service->name, "W3SVC");
  /* The worker has ended since netsh named it, which changes nothing. */
  assert_null(holder->process);
  assert_int_equal(holder->confidence, PG_CONFIDENCE_CERTAIN);
  snapshot_unref(s);
}

static void counts_that_disagree_are_never_certain(void **state) {
  struct pg_snapshot *s = case_of(
      CASE(IIS_LISTENER, PROCESSES(PROCESS(50, "a.exe")) SERVICES(SERVICE("A", 50, ""))
                             HTTP(QUEUE_OF("Q", ATTACHED(2), ITEM(50), "HTTP://*:80/"))));
  const struct pg_holder *holder = case_holder(s, 80);
  (void)state;
  assert_int_equal(holder->confidence, PG_CONFIDENCE_LIKELY);
  assert_true((holder->evidence & PG_EV_COUNTS_DISAGREE) != 0);
  case_check_summary(s, 80, "HTTP.sys holds port 80, likely for A");
  snapshot_unref(s);
}

/* That one service needs the other does not say which of them registered. */
static void services_of_one_process_are_candidates_without_a_controller(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(IIS_LISTENER,
                   IIS_PROCESSES IIS_SERVICES HTTP(QUEUE("Pool", 3408, "HTTP://*:80/"))));
  const struct pg_holder *holder = case_holder(s, 80);
  (void)state;
  assert_null(holder->service);
  assert_int_equal(holder->candidate_count, 2);
  assert_int_equal(holder->confidence, PG_CONFIDENCE_LIKELY);
  case_check_summary(
      s, 80, "HTTP.sys holds port 80 for one of W3SVC, WAS in svchost.exe (PID 3408)");
  snapshot_unref(s);
}

static void candidates_of_the_controller_are_named_with_its_process(void **state) {
  struct pg_snapshot *s = case_of(CASE(
      IIS_LISTENER,
      PROCESSES(PROCESS(3408, "svchost.exe") "," PROCESS(3248, "w3wp.exe"))
          SERVICES(SERVICE("A", 3408, "") "," SERVICE("B", 3408, "")) HTTP(IIS_QUEUE)));
  (void)state;
  case_check_summary(s, 80,
                     "HTTP.sys holds port 80 for one of A, B in svchost.exe (PID 3408)");
  snapshot_unref(s);
}

static void processes_that_share_a_queue_are_not_told_apart(void **state) {
  struct pg_snapshot *s = case_of(
      CASE(IIS_LISTENER,
           PROCESSES(PROCESS(50, "a.exe") "," PROCESS(51, "b.exe"))
               SERVICES(SERVICE("A", 50, ""))
                   HTTP(QUEUE_OF("Q", ATTACHED(2), ITEM(50) ITEM(51), "HTTP://*:80/"))));
  const struct pg_holder *holder = case_holder(s, 80);
  (void)state;
  assert_null(holder->service);
  assert_int_equal(holder->confidence, PG_CONFIDENCE_LIKELY);
  case_check_summary(s, 80, "HTTP.sys holds port 80, likely for PIDs 50, 51");
  snapshot_unref(s);
}

static void a_queue_that_nobody_is_attached_to_is_only_likely(void **state) {
  struct pg_snapshot *s = case_of(
      CASE(IIS_LISTENER, IIS_PROCESSES SERVICES("") HTTP(QUEUE_OF(
                             "Idle", ATTACHED(0) CONTROLLED(3408), "", "HTTP://*:80/"))));
  (void)state;
  assert_int_equal(case_holder(s, 80)->confidence, PG_CONFIDENCE_LIKELY);
  case_check_summary(s, 80, "HTTP.sys holds port 80, likely for svchost.exe (PID 3408)");
  snapshot_unref(s);
}

/* --- what is reported --- */

static const char iis[] = CASE(IIS_LISTENER, IIS_PROCESSES IIS_SERVICES HTTP(IIS_QUEUE));
static const char iis_unread[] = CASE(IIS_LISTENER, IIS_PROCESSES IIS_SERVICES);
static const char iis_failed[] =
    CASE(IIS_LISTENER, IIS_PROCESSES IIS_SERVICES FAILED("http.service_state"));

/* netsh was asked before the port was taken. */
static void an_older_text_does_not_show_that_nobody_registered(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(IIS_LISTENER, IIS_PROCESSES IIS_SERVICES HTTP(QUEUE_OF(
                                     "Q", ATTACHED(1), ITEM(3248), "HTTP://*:81/"))));
  cJSON *tree = NULL;
  (void)state;
  assert_int_equal(case_holder(s, 80)->confidence, PG_CONFIDENCE_LIKELY);
  s->sampled_mono = s->http_mono + 1;
  assert_int_equal(explain_attribute(s, NULL, true), PG_OK);
  assert_int_equal(case_holder(s, 80)->confidence, PG_CONFIDENCE_UNKNOWN);
  assert_true((case_holder(s, 80)->evidence & PG_EV_NO_REGISTRATION) == 0);
  assert_true(cJSON_IsFalse(case_member(s, 80, "complete", &tree)));
  cJSON_Delete(tree);
  const cJSON *warnings = case_member(s, 80, "warnings", &tree);
  assert_int_equal(cJSON_GetArraySize(warnings), 1);
  const char *warning = cJSON_GetArrayItem(warnings, 0)->valuestring;
  assert_non_null(strstr(warning, "netsh has not answered yet"));
  cJSON_Delete(tree);
  snapshot_unref(s);
}

static void a_new_kernel_listener_waits_for_netsh(void **state) {
  struct pg_snapshot *waits = case_after(iis_unread, NULL, true, 1000);
  struct pg_snapshot *told = case_after(iis, waits, true, 2000);
  struct pg_snapshot *hopeless = case_after(iis_unread, NULL, false, 1000);
  (void)state;
  assert_true(port_of(waits, 80)->pending);
  assert_null(port_of(waits, 80)->reported);
  assert_false(port_of(told, 80)->pending);
  assert_string_equal(port_of(told, 80)->reported, "http.sys:W3SVC");
  assert_false(port_of(hopeless, 80)->pending);
  assert_string_equal(port_of(hopeless, 80)->reported, "driver:?");
  snapshot_unref(waits);
  snapshot_unref(told);
  snapshot_unref(hopeless);
}

static void a_listener_is_as_old_as_its_first_sight(void **state) {
  struct pg_snapshot *first = case_after(iis, NULL, true, 1000);
  struct pg_snapshot *second = case_after(iis, first, true, 5000);
  (void)state;
  assert_int_equal(port_of(first, 80)->kernel_since, 1000);
  assert_int_equal(port_of(second, 80)->kernel_since, 1000);
  snapshot_unref(first);
  snapshot_unref(second);
}

static void what_was_reported_stays_while_netsh_fails(void **state) {
  struct pg_snapshot *before = case_after(iis, NULL, true, 1000);
  struct pg_snapshot *blind = case_after(iis_failed, before, true, 2000);
  struct pg_snapshot *after = case_after(iis, blind, true, 3000);
  (void)state;
  assert_string_equal(port_of(blind, 80)->reported, "http.sys:W3SVC");
  assert_int_equal(case_holder(blind, 80)->confidence, PG_CONFIDENCE_UNKNOWN);
  assert_string_equal(port_of(after, 80)->reported, "http.sys:W3SVC");
  snapshot_unref(before);
  snapshot_unref(blind);
  snapshot_unref(after);
}

static void what_was_reported_stays_while_the_services_fail(void **state) {
  static const char good[] =
      CASE(LISTEN("0.0.0.0", 80, 10),
           PROCESSES(PROCESS(10, "web.exe")) SERVICES(SERVICE("Web", 10, "")));
  static const char blind[] =
      CASE(LISTEN("0.0.0.0", 80, 10) "," LISTEN("0.0.0.0", 81, 10),
           PROCESSES(PROCESS(10, "web.exe")) FAILED("services"));
  struct pg_snapshot *before = case_of(good);
  struct pg_snapshot *after = case_after(blind, before, false, 1000);
  (void)state;
  assert_string_equal(port_of(after, 80)->reported, "service:Web");
  /* A port that is new is told at once, as well as it is known. */
  assert_string_equal(port_of(after, 81)->reported, "process:web.exe");
  snapshot_unref(before);
  snapshot_unref(after);
}

static void what_was_reported_stays_while_the_tags_fail(void **state) {
#define SHARED(tags)                                                      \
  CASE(TAGGED(80, 10, 7), PROCESSES(PROCESS(10, "svchost.exe")) SERVICES( \
                              SERVICE("A", 10, "") "," SERVICE("B", 10, "")) tags)
  struct pg_snapshot *before = case_of(SHARED(TAGS(TAG(10, 7, "B"))));
  struct pg_snapshot *after =
      case_after(SHARED(FAILED("service_tags")), before, false, 1000);
  (void)state;
  assert_string_equal(port_of(after, 80)->reported, "shared_service:B");
  snapshot_unref(before);
  snapshot_unref(after);
}

/* --- the port as a whole --- */

static void only_a_wildcard_listener_stands_in_the_way_of_the_wildcard(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("127.0.0.1", 80, 10) "," LISTEN("0.0.0.0", 81, 10) "," LISTEN6(
                       "::1", 82, 10) "," LISTEN6("::", 83, 10),
                   ""));
  (void)state;
  assert_string_equal(explain_wildcard(s, 80), "yes");
  assert_string_equal(explain_wildcard(s, 81), "no");
  assert_string_equal(explain_wildcard(s, 82), "yes");
  assert_string_equal(explain_wildcard(s, 83), "no");
  snapshot_unref(s);
}

static void half_a_table_frees_no_port(void **state) {
  struct pg_snapshot *s = case_of(CASE(
      LISTEN("127.0.0.1", 80, 10) "," LISTEN("0.0.0.0", 81, 10), FAILED("tcp.ipv6")));
  (void)state;
  assert_string_equal(explain_state(s, 9), "unknown");
  assert_string_equal(explain_wildcard(s, 9), "unknown");
  assert_string_equal(explain_state(s, 80), "in_use");
  assert_string_equal(explain_wildcard(s, 80), "unknown");
  assert_string_equal(explain_wildcard(s, 81), "no");
  assert_false(port_of(s, 80)->complete);
  snapshot_unref(s);
}

static void many_holders_and_addresses_are_counted_in_the_end(void **state) {
  struct pg_snapshot *s = case_of(
      CASE(LISTEN("127.0.0.1", 80, 11) "," LISTEN("127.0.0.2", 80, 12) "," LISTEN(
               "127.0.0.3", 80, 13) "," LISTEN("127.0.0.4", 80,
                                               14) "," LISTEN("127.0.0.5", 80, 15),
           PROCESSES(PROCESS(11, "a") "," PROCESS(12, "b") "," PROCESS(
               13, "c") "," PROCESS(14, "d") "," PROCESS(15, "e")) SERVICES("")));
  struct pg_text text;
  (void)state;
  case_check_summary(
      s, 80,
      "a (PID 11), b (PID 12), c (PID 13), d (PID 14) and 1 more hold port 80 "
      "(5 holders)");
  pg_text_init(&text, 1024);
  explain_addresses(s, port_of(s, 80), &text);
  assert_string_equal(pg_text_str(&text), "127.0.0.1:80, 127.0.0.2:80, 127.0.0.3:80, "
                                          "127.0.0.4:80 and 1 more");
  pg_text_clear(&text);
  explain_holder_names(s, port_of(s, 80), &text);
  assert_string_equal(pg_text_str(&text),
                      "a (PID 11), b (PID 12), c (PID 13), d (PID 14) and 1 more");
  pg_text_free(&text);
  snapshot_unref(s);
}

static void an_event_names_holders_behind_http_sys_first(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(IIS_LISTENER "," LISTEN6("::", 80, 3408),
                   IIS_PROCESSES SERVICES(SERVICE("WAS", 3408, "")) HTTP(IIS_QUEUE)));
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 1024);
  explain_holder_names(s, port_of(s, 80), &text);
  assert_string_equal(pg_text_str(&text), "WAS through HTTP.sys, and WAS");
  pg_text_free(&text);
  snapshot_unref(s);
}

static void the_brief_list_has_what_an_event_needs(void **state) {
  struct pg_snapshot *s = case_of(iis);
  struct pg_text text;
  struct pg_json json;
  (void)state;
  pg_text_init(&text, 4096);
  pg_json_start(&json, &text);
  explain_holders_brief(&json, s, port_of(s, 80));
  assert_string_equal(pg_text_str(&text),
                      "[{\"kind\":\"http.sys\",\"confidence\":\"certain\","
                      "\"service\":\"W3SVC\",\"pid\":3248,\"process\":null,"
                      "\"url\":\"http://*:80/\"}]");
  pg_text_free(&text);
  snapshot_unref(s);
}

static void known_as(const char *json, const char *expected) {
  struct pg_snapshot *s = case_of(json);
  cJSON *tree = NULL;
  const cJSON *holders = case_member(s, 80, "holders", &tree);
  const cJSON *name = pg_json_member(holders->child, "known_as");
  if (expected != NULL)
    assert_string_equal(cJSON_GetStringValue(name), expected);
  else
    assert_true(cJSON_IsNull(name));
  cJSON_Delete(tree);
  snapshot_unref(s);
}

#define RUN_BY(service)            \
  CASE(LISTEN("0.0.0.0", 80, 700), \
       PROCESSES(PROCESS(700, "a.exe")) SERVICES(SERVICE(service, 700, "")))

static void services_are_called_what_people_call_them(void **state) {
  (void)state;
  known_as(RUN_BY("W3SVC"), "Internet Information Services");
  known_as(RUN_BY("w3svc"), "Internet Information Services");
  known_as(RUN_BY("ReportServer$SQLEXPRESS"), "SQL Server Reporting Services");
  known_as(RUN_BY("W3SVC2"), NULL);
  known_as(RUN_BY("W3SV"), NULL);
  known_as(RUN_BY("$"), NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_process_on_both_families_is_one_holder),
      cmocka_unit_test(two_processes_of_one_program_are_two_holders_of_one_owner),
      cmocka_unit_test(a_service_alone_in_its_process_is_certain),
      cmocka_unit_test(a_tag_tells_services_of_one_process_apart),
      cmocka_unit_test(a_tag_of_a_service_that_runs_elsewhere_tells_nothing),
      cmocka_unit_test(services_that_nothing_tells_apart_are_incomplete_without_tags),
      cmocka_unit_test(a_process_younger_than_its_socket_is_only_likely),
      cmocka_unit_test(an_owner_that_is_no_process_is_kept_as_unknown),
      cmocka_unit_test(owners_that_nobody_can_name_are_counted_by_pid),
      cmocka_unit_test(without_the_services_no_process_is_certain),
      cmocka_unit_test(pid_0_and_the_home_of_wine_drivers_are_the_kernel_too),
      cmocka_unit_test(a_kernel_port_without_netsh_is_unknown_and_incomplete),
      cmocka_unit_test(file_sharing_needs_no_netsh),
      cmocka_unit_test(doubtful_text_does_not_show_that_nothing_is_registered),
      cmocka_unit_test(the_controller_is_who_must_be_stopped),
      cmocka_unit_test(counts_that_disagree_are_never_certain),
      cmocka_unit_test(services_of_one_process_are_candidates_without_a_controller),
      cmocka_unit_test(candidates_of_the_controller_are_named_with_its_process),
      cmocka_unit_test(processes_that_share_a_queue_are_not_told_apart),
      cmocka_unit_test(a_queue_that_nobody_is_attached_to_is_only_likely),
      cmocka_unit_test(an_older_text_does_not_show_that_nobody_registered),
      cmocka_unit_test(a_new_kernel_listener_waits_for_netsh),
      cmocka_unit_test(a_listener_is_as_old_as_its_first_sight),
      cmocka_unit_test(what_was_reported_stays_while_netsh_fails),
      cmocka_unit_test(what_was_reported_stays_while_the_services_fail),
      cmocka_unit_test(what_was_reported_stays_while_the_tags_fail),
      cmocka_unit_test(only_a_wildcard_listener_stands_in_the_way_of_the_wildcard),
      cmocka_unit_test(half_a_table_frees_no_port),
      cmocka_unit_test(many_holders_and_addresses_are_counted_in_the_end),
      cmocka_unit_test(an_event_names_holders_behind_http_sys_first),
      cmocka_unit_test(the_brief_list_has_what_an_event_needs),
      cmocka_unit_test(services_are_called_what_people_call_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
