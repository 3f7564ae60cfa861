#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"

#include "service/action/plan.h"
#include "service/action/undo.h"

#include <string.h>

#define NOBODY LISTEN("0.0.0.0", 9, 10)
#define MACHINE(services) CASE(NOBODY, SERVICES(services))

/* A line for each step, and behind it for whose sake. */
static void write_steps(const struct plan *plan, struct pg_text *out) {
  static const char *const words[] = {"disable", "stop", "set", "start", "add", "delete"};
  for (size_t i = 0; i < plan->count; i++) {
    const struct plan_step *step = &plan->steps[i];
    pg_text_printf(out, "%s%s %s%s%s", i > 0 ? ", " : "", words[step->what], step->name,
                   step->needs != NULL ? " for " : "",
                   step->needs != NULL ? step->needs : "");
  }
}

static enum pg_error make(const char *json, struct plan_wish wish, struct plan *plan,
                          struct pg_fault *fault) {
  struct pg_snapshot *s = case_of(json);
  memset(plan, 0, sizeof *plan);
  memset(fault, 0, sizeof *fault);
  enum pg_error error = plan_stop(plan, s, &wish, fault);
  snapshot_unref(s); /* the plan leads nowhere into it */
  return error;
}

static void check_plan(const char *json, struct plan_wish wish, const char *expected) {
  struct plan plan;
  struct pg_fault fault;
  struct pg_text text;
  if (make(json, wish, &plan, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  pg_text_init(&text, 4096);
  write_steps(&plan, &text);
  assert_string_equal(pg_text_str(&text), expected);
  pg_text_free(&text);
  plan_free(&plan);
}

static void check_refused(const char *json, struct plan_wish wish, const char *rule,
                          const char *words) {
  struct plan plan;
  struct pg_fault fault;
  assert_int_equal(make(json, wish, &plan, &fault), PG_E_REFUSED);
  assert_string_equal(fault.rule, rule);
  if (strstr(fault.message, words) == NULL)
    fail_msg("%s", fault.message);
  plan_free(&plan);
}

#define WISH(...)                                  \
  {.services = (const char *const[]){__VA_ARGS__}, \
   .service_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)}
#define STOP(...) ((struct plan_wish)WISH(__VA_ARGS__))

static struct plan_wish with_dependents(struct plan_wish wish) {
  wish.stop_dependents = true;
  return wish;
}

static struct plan_wish disabling(struct plan_wish wish) {
  wish.disable = true;
  return wish;
}

static void a_service_alone_is_stopped(void **state) {
  (void)state;
  check_plan(MACHINE(SERVICE("W3SVC", 10, "\"WAS\"") "," SERVICE("WAS", 10, "")),
             STOP("w3svc"), "stop W3SVC");
}

static void who_needs_it_stops_first_and_each_once(void **state) {
  (void)state;
  check_plan(MACHINE(SERVICE("Base", 1, "") "," SERVICE("Mid", 2, "\"Base\"") "," SERVICE(
                 "Top", 3, "\"Mid\",\"Base\"") "," SERVICE("Other", 4, "")),
             with_dependents(STOP("Base")),
             "stop Top for Base, stop Mid for Base, stop Base");
}

static void a_target_that_needs_another_is_nobody_elses_dependent(void **state) {
  (void)state;
  check_plan(MACHINE(SERVICE("WAS", 1, "") "," SERVICE("W3SVC", 2, "\"WAS\"")),
             STOP("WAS", "W3SVC"), "stop W3SVC, stop WAS");
}

static void what_does_not_run_is_not_stopped(void **state) {
  (void)state;
  check_plan(MACHINE(SERVICE_IN("stopped", "A", 0, "") "," SERVICE("B", 2, "")),
             STOP("A"), "");
  /* Through one that is stopped: it goes down as well. */
  check_plan(MACHINE(SERVICE("A", 1, "") "," SERVICE_IN(
                 "stopped", "B", 0, "\"A\"") "," SERVICE("C", 3, "\"B\"")),
             with_dependents(STOP("A")), "stop C for A, stop A");
}

static void a_circle_of_services_ends(void **state) {
  (void)state;
  check_plan(MACHINE(SERVICE("A", 1, "\"B\"") "," SERVICE("B", 2, "\"A\"")),
             with_dependents(STOP("A")), "stop B for A, stop A");
}

/* A capture may hold a very long chain. */
static void a_very_long_chain_is_no_trouble(void **state) {
  enum { LINKS = 20000 };
  struct plan plan;
  struct pg_fault fault;
  struct pg_text json;
  (void)state;
  pg_text_init(&json, 8u * 1024 * 1024);
  pg_text_str_add(&json, "{\"portguard_capture\":1,\"tcp\":[],\"services\":[");
  for (int i = 0; i < LINKS; i++)
    pg_text_printf(&json,
                   "%s{\"name\":\"S%d\",\"state\":\"running\",\"depends_on\":[\"S%d\"]}",
                   i > 0 ? "," : "", i, i - 1);
  pg_text_str_add(&json, "]}");
  assert_int_equal(make(pg_text_str(&json), with_dependents(STOP("S0")), &plan, &fault),
                   PG_OK);
  assert_int_equal(plan.count, LINKS);
  assert_string_equal(plan.steps[0].name, "S19999");
  assert_string_equal(plan.steps[LINKS - 1].name, "S0");
  plan_free(&plan);
  pg_text_free(&json);
}

static void running_dependents_are_a_reason_to_refuse(void **state) {
  struct plan plan;
  struct pg_fault fault;
  (void)state;
  check_refused(MACHINE(SERVICE("WAS", 1, "") "," SERVICE("W3SVC", 2, "\"WAS\"")),
                STOP("WAS"), "dependents",
                "running services need WAS and would stop: W3SVC");
  assert_int_equal(make(MACHINE(SERVICE("WAS", 1, "") "," SERVICE("W3SVC", 2, "\"WAS\"")),
                        STOP("WAS"), &plan, &fault),
                   PG_E_REFUSED);
  assert_string_equal(fault.hint, "repeat it with --dependents stop");
  plan_free(&plan);
}

static void protected_services_and_drivers_are_never_stopped(void **state) {
  static const char driver[] =
      "{\"name\":\"afd\",\"state\":\"running\",\"type\":\"kernel_driver\"}";
  (void)state;
  check_refused(MACHINE(SERVICE("RpcSs", 1, "")), STOP("rpcss"), "protected",
                "RpcSs: Windows needs it");
  check_refused(MACHINE(SERVICE("PortGuard", 1, "")), STOP("PortGuard"), "portguard",
                "PortGuard: it is portguard itself");
  struct pg_text json;
  pg_text_init(&json, 4096);
  pg_text_printf(&json, "{\"portguard_capture\":1,\"tcp\":[],\"services\":[%s]}", driver);
  check_refused(pg_text_str(&json), STOP("afd"), "driver", "afd: it is a driver");
  pg_text_free(&json);
}

#define HELPER(port, proxies)         \
  CASE(LISTEN("0.0.0.0", port, port), \
       SERVICES(SERVICE("iphlpsvc", 80, "") "," SERVICE("A", 1, "")) PROXIES(proxies))

static void ip_helper_is_not_stopped_while_it_listens_for_a_port_proxy(void **state) {
  static const char proxy[] = HELPER(80, PROXY("v4tov4", "*", 80, "10.0.0.2", 80));
  (void)state;
  check_refused(proxy, STOP("IPHLPSVC"), "port-proxy",
                "iphlpsvc: it listens for a port proxy: delete its rule");
  check_plan(proxy, STOP("A"), "stop A");
  check_plan(HELPER(80, ""), STOP("iphlpsvc"), "stop iphlpsvc");
  /* The rule is there, and somebody else has the port. */
  check_plan(HELPER(81, PROXY("v4tov4", "*", 81, "10.0.0.2", 80)), STOP("iphlpsvc"),
             "stop iphlpsvc");
}

static void what_cannot_be_brought_back_is_not_disabled(void **state) {
  struct plan plan;
  struct pg_fault fault;
  (void)state;
  assert_int_equal(
      make(MACHINE(SERVICE("A", 1, "")), disabling(STOP("A")), &plan, &fault),
      PG_E_WINDOWS);
  assert_string_equal(fault.message,
                      "Windows does not say how A starts, so there would be no way back");
  plan_free(&plan);
}

static void a_protected_dependent_protects_what_it_needs(void **state) {
  (void)state;
  check_refused(MACHINE(SERVICE("A", 1, "") "," SERVICE("Spooler", 2, "\"A\"")),
                with_dependents(STOP("A")), "protected",
                "Spooler, which would stop with A");
}

static void what_is_disabled_is_so_before_it_stops(void **state) {
  (void)state;
  check_plan(MACHINE(SERVICE_STARTS("A", 1, "running", "auto", "")), disabling(STOP("A")),
             "disable A, stop A");
  check_plan(MACHINE(SERVICE_STARTS("A", 0, "stopped", "manual", "")),
             disabling(STOP("A")), "disable A");
  check_plan(MACHINE(SERVICE_STARTS("A", 1, "running", "disabled", "")),
             disabling(STOP("A")), "stop A");
}

static void of_a_users_instance_the_template_is_disabled(void **state) {
  static const char machine[] =
      MACHINE(SERVICE_STARTS("Cdp", 0, "stopped", "manual", "") "," SERVICE_STARTS(
          "Cdp_1f", 7, "running", "manual", ",\"user_instance\":true"));
  (void)state;
  check_plan(machine, disabling(STOP("Cdp_1f")), "disable Cdp, stop Cdp_1f");
  check_plan(machine, STOP("Cdp_1f"), "stop Cdp_1f");
}

static void an_unknown_service_and_unread_services_are_told(void **state) {
  struct plan plan;
  struct pg_fault fault;
  (void)state;
  assert_int_equal(make(MACHINE(SERVICE("A", 1, "")), STOP("B"), &plan, &fault),
                   PG_E_NOTFOUND);
  assert_string_equal(fault.message, "there is no service \"B\"");
  plan_free(&plan);
  assert_int_equal(make(CASE(NOBODY, FAILED("services")), STOP("A"), &plan, &fault),
                   PG_E_WINDOWS);
  plan_free(&plan);
}

static void a_plan_is_what_was_shown_or_nothing(void **state) {
  struct plan plan;
  struct pg_fault fault;
  (void)state;
  assert_int_equal(make(MACHINE(SERVICE("A", 1, "") "," SERVICE("B", 2, "\"A\"")),
                        with_dependents(STOP("A")), &plan, &fault),
                   PG_OK);
  static const struct {
    const char *shown;
    enum pg_error error;
  } cases[] = {
      {"[\"B\",\"a\"]", PG_OK},
      {"[\"A\"]", PG_E_REFUSED},
      {"[\"A\",\"B\",\"C\"]", PG_E_REFUSED},
      {"[\"A\",\"C\"]", PG_E_REFUSED},
      {"[]", PG_E_REFUSED},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    cJSON *shown = cJSON_Parse(cases[i].shown);
    assert_int_equal(plan_check(&plan, shown, &fault), cases[i].error);
    if (cases[i].error != PG_OK)
      assert_string_equal(fault.rule, "plan-changed");
    cJSON_Delete(shown);
  }
  assert_int_equal(plan_check(&plan, NULL, &fault), PG_OK);
  plan_free(&plan);
}

static void the_way_back_is_the_other_way_round(void **state) {
  char *dependents[] = {(char[]){"Top"}, (char[]){"Mid"}};
  struct undo_record record = {.service = (char[]){"Base"},
                               .was_running = true,
                               .configured = (char[]){"Base"},
                               .start_type = PG_START_AUTO,
                               .delayed = true,
                               .dependents = dependents,
                               .dependent_count = 2};
  struct pg_snapshot *s =
      case_of(MACHINE(SERVICE_IN("stopped", "Base", 0, "") "," SERVICE(
          "Mid", 2, "\"Base\"") "," SERVICE_IN("stopped", "Top", 0, "\"Mid\"")));
  struct plan plan = {0};
  struct pg_fault fault;
  struct pg_text text;
  (void)state;
  assert_int_equal(plan_restore(&plan, s, &record, &fault), PG_OK);
  snapshot_unref(s);
  pg_text_init(&text, 4096);
  write_steps(&plan, &text);
  assert_string_equal(pg_text_str(&text), "set Base, start Base, start Top for Base");
  assert_int_equal(plan.steps[0].start_type, PG_START_AUTO);
  assert_true(plan.steps[0].delayed);
  pg_text_free(&text);
  plan_free(&plan);
}

static void a_plan_as_json_has_what_stops_and_the_way_back(void **state) {
  struct plan plan;
  struct pg_fault fault;
  struct pg_text text;
  struct pg_json json;
  (void)state;
  assert_int_equal(make(MACHINE(SERVICE_STARTS("A", 1, "running", "auto",
                                               ",\"display_name\":\"An A\"")),
                        disabling(STOP("A")), &plan, &fault),
                   PG_OK);
  pg_text_init(&text, 4096);
  pg_json_start(&json, &text);
  pg_json_object(&json);
  plan_write(&plan, &json);
  pg_json_end_object(&json);
  assert_string_equal(
      pg_text_str(&text),
      "{\"services\":[\"A\"],\"steps\":[{\"do\":\"disable\",\"service\":\"A\","
      "\"display_name\":\"An A\",\"reason\":null,\"outcome\":null,\"words\":null},"
      "{\"do\":\"stop\",\"service\":\"A\",\"display_name\":\"An A\",\"reason\":null,"
      "\"outcome\":null,\"words\":null}],\"undo\":[\"portguardctl restore A\"]}");
  pg_text_free(&text);
  plan_free(&plan);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_service_alone_is_stopped),
      cmocka_unit_test(who_needs_it_stops_first_and_each_once),
      cmocka_unit_test(a_target_that_needs_another_is_nobody_elses_dependent),
      cmocka_unit_test(what_does_not_run_is_not_stopped),
      cmocka_unit_test(a_circle_of_services_ends),
      cmocka_unit_test(a_very_long_chain_is_no_trouble),
      cmocka_unit_test(running_dependents_are_a_reason_to_refuse),
      cmocka_unit_test(protected_services_and_drivers_are_never_stopped),
      cmocka_unit_test(ip_helper_is_not_stopped_while_it_listens_for_a_port_proxy),
      cmocka_unit_test(a_protected_dependent_protects_what_it_needs),
      cmocka_unit_test(what_cannot_be_brought_back_is_not_disabled),
      cmocka_unit_test(what_is_disabled_is_so_before_it_stops),
      cmocka_unit_test(of_a_users_instance_the_template_is_disabled),
      cmocka_unit_test(an_unknown_service_and_unread_services_are_told),
      cmocka_unit_test(a_plan_is_what_was_shown_or_nothing),
      cmocka_unit_test(the_way_back_is_the_other_way_round),
      cmocka_unit_test(a_plan_as_json_has_what_stops_and_the_way_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
