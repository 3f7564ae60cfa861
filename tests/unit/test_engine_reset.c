#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/policy_case.h"

static void another_configuration_keeps_what_is_known_of_rules_by_name(void **state) {
  struct pg_rule rules[3];
  struct pg_settings settings = {.rules = rules, .rule_count = 3};
  (void)state;
  case_suspend(&one, 600);
  rules[0] = rules[1] = rules[2] = one.rules[0];
  rules[0].name = "new";
  rules[0].mode = PG_MODE_OBSERVE;
  rules[1].name = "newer";
  rules[1].mode = PG_MODE_OBSERVE;
  assert_int_equal(policy_reset(one.policy, &settings), PG_OK);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "would act W3SVC:80 stop refuse [new]; "
          "would act W3SVC:80 stop refuse [newer]");
  TOLD(598, "resumed W3SVC:80 [keep]; act W3SVC:80 stop refuse [new, newer, keep]");
}

static void a_service_that_is_no_longer_listed_is_forgotten(void **state) {
  static const char *const services[] = {"MsDepSvc"};
  struct pg_rule rules[1];
  struct pg_settings other = {.rules = rules, .rule_count = 1};
  (void)state;
  case_suspend(&one, 600);
  rules[0] = one.rules[0];
  rules[0].services = services;
  assert_int_equal(policy_reset(one.policy, &other), PG_OK);
  case_reset(&one);
  TOLD(0, "");
  case_strike(&one, "W3SVC", 2);
}

static void fewer_strikes_are_allowed_from_now_on(void **state) {
  struct pg_rule rules[1];
  struct pg_settings settings = {.rules = rules, .rule_count = 1};
  (void)state;
  case_strike(&one, "W3SVC", 2);
  TOLD(30, "");
  case_strike(&one, "W3SVC", 2);
  rules[0] = one.rules[0];
  rules[0].max_strikes = 1;
  assert_int_equal(policy_reset(one.policy, &settings), PG_OK);
  TOLD(0, "suspended W3SVC:80 600 s [keep]");
}

static void other_ports_are_confirmed_anew(void **state) {
  static const struct pg_port_range ports[] = {{443, 443}};
  struct pg_rule rules[1];
  struct pg_settings settings = {.rules = rules, .rule_count = 1};
  (void)state;
  keep()->mode = PG_MODE_OBSERVE;
  case_reset(&one);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(3600, "would act W3SVC:80 stop refuse [keep]");
  rules[0] = one.rules[0];
  rules[0].mode = PG_MODE_ENFORCE;
  rules[0].ports.ranges = ports;
  assert_int_equal(policy_reset(one.policy, &settings), PG_OK);
  case_hold(&one, "W3SVC", 443);
  TOLD(0, "");
  TOLD(2, "act W3SVC:443 stop refuse [keep]");
}

static void strikes_that_were_suspended_for_count_no_more(void **state) {
  struct pg_rule rules[1];
  struct pg_settings settings = {.rules = rules, .rule_count = 1};
  (void)state;
  case_suspend(&one, 600);
  rules[0] = one.rules[0];
  rules[0].window_s = 7200;
  assert_int_equal(policy_reset(one.policy, &settings), PG_OK);
  TOLD(600, "resumed W3SVC:80 [keep]");
  case_strike(&one, "W3SVC", 2);
  TOLD(1, "");
}

static void an_action_under_way_survives_another_configuration(void **state) {
  (void)state;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, KEPT);
  case_reset(&one);
  TOLD(30, "");
  assert_true(case_result(&one, "W3SVC", POLICY_FAILED));
  TOLD(30, KEPT);
}

static void use_rules(const struct pg_settings *settings) {
  assert_int_equal(policy_reset(one.policy, settings), PG_OK);
}

static void an_action_under_way_is_not_begun_again_by_other_rules(void **state) {
  static const struct pg_settings none = {.rules = NULL, .rule_count = 0};
  (void)state;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, KEPT);
  use_rules(&none);
  TOLD(1, "");
  keep()->name = "renamed";
  case_reset(&one);
  TOLD(1, "");
  TOLD(600, "");
  one.sampled_by_hand = true;
  case_wait(&one, 1);
  assert_true(case_result(&one, "w3svc", POLICY_TAKEN_AGAIN));
  TOLD(1, ""); /* seen before the action had ended */
  one.sampled_by_hand = false;
  TOLD(0, "");
  TOLD(1.999, "");
  TOLD(0.001, "act W3SVC:80 stop refuse [renamed]");
}

static void an_outcome_that_comes_twice_counts_once(void **state) {
  (void)state;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, KEPT);
  assert_true(case_result(&one, "W3SVC", POLICY_FAILED));
  TOLD(29, "");
  assert_false(case_result(&one, "W3SVC", POLICY_FAILED));
  assert_false(case_result(&one, "W3SVC", POLICY_TAKEN_AGAIN));
  TOLD(1, KEPT);
}

static void without_rules_there_is_nothing_to_do(void **state) {
  struct pg_settings none = {.rules = NULL, .rule_count = 0};
  (void)state;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  assert_int_equal(policy_reset(one.policy, &none), PG_OK);
  TOLD(10, "");
  struct policy *policy = policy_new(0);
  policy_step(policy, &one.view, &one.clock, NULL, NULL);
  assert_false(policy_enforces(policy, 80));
  policy_free(policy);
}

static const struct pg_window workdays[] = {{0x1F, 8 * 60, 18 * 60}};

static void a_port_is_enforced_while_an_enforcing_rule_is_open_on_it(void **state) {
  (void)state;
  keep()->windows = workdays;
  keep()->window_count = 1;
  case_reset(&one);
  TOLD(0, "");
  assert_true(policy_enforces(one.policy, 80));
  assert_false(policy_enforces(one.policy, 81));
  TOLD(43200, "");
  assert_false(policy_enforces(one.policy, 80));
  keep()->mode = PG_MODE_OBSERVE;
  TOLD(43200, "");
  assert_false(policy_enforces(one.policy, 80));
}

#define T(name) cmocka_unit_test_setup_teardown(name, case_setup, case_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      T(another_configuration_keeps_what_is_known_of_rules_by_name),
      T(a_service_that_is_no_longer_listed_is_forgotten),
      T(fewer_strikes_are_allowed_from_now_on),
      T(other_ports_are_confirmed_anew),
      T(strikes_that_were_suspended_for_count_no_more),
      T(an_action_under_way_survives_another_configuration),
      T(an_action_under_way_is_not_begun_again_by_other_rules),
      T(an_outcome_that_comes_twice_counts_once),
      T(without_rules_there_is_nothing_to_do),
      T(a_port_is_enforced_while_an_enforcing_rule_is_open_on_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
