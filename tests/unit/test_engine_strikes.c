#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/policy_case.h"

#include <string.h>

static const struct pg_window workdays[] = {{0x1F, 8 * 60, 18 * 60}};

static void use_workdays(struct pg_rule *rule) {
  rule->windows = workdays;
  rule->window_count = 1;
  case_reset(&one);
}

/* --- cool-down, strikes, suspension --- */

static void not_again_sooner_than_the_cool_down(void **state) {
  (void)state;
  case_strike(&one, "W3SVC", 2);
  case_hold(&one, "W3SVC", 80);
  TOLD(1, "");
  TOLD(28.999, "");
  TOLD(0.001, KEPT);
}

static void a_sample_from_before_the_action_ended_shows_what_was(void **state) {
  (void)state;
  keep()->cooldown_s = 1;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, KEPT);
  one.sampled_by_hand = true;
  case_wait(&one, 1);
  (void)policy_result(one.policy, "W3SVC", POLICY_FREED, one.clock.mono_ms);
  TOLD(1, "");
  assert_true(policy_next(one.policy) == POLICY_NEVER);
  one.view.sampled_mono = one.clock.mono_ms;
  TOLD(0, "");
  assert_int_equal(policy_next(one.policy) - one.clock.mono_ms, 2000);
}

static void the_third_strike_suspends(void **state) {
  (void)state;
  case_strike(&one, "W3SVC", 2);
  TOLD(30, "");
  case_strike(&one, "W3SVC", 2);
  TOLD(30, "");
  case_strike(&one, "W3SVC", 2);
  TOLD(0, "suspended W3SVC:80 600 s [keep]");
  case_hold(&one, "W3SVC", 80);
  TOLD(1, "");
  TOLD(598.999, "");
  TOLD(0.001, "resumed W3SVC:80 [keep]; " KEPT);
}

static void a_stop_that_fails_is_a_strike_too(void **state) {
  (void)state;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  for (unsigned i = 0; i < 3; i++) {
    TOLD(i == 0 ? 2 : 30, KEPT);
    assert_true(case_result(&one, "W3SVC", POLICY_FAILED));
  }
  TOLD(1, "suspended W3SVC:80 600 s [keep]");
}

static void so_is_one_that_did_not_keep_the_port_free(void **state) {
  (void)state;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  for (unsigned i = 0; i < 3; i++) {
    TOLD(i == 0 ? 2 : 30, KEPT);
    assert_true(case_result(&one, "W3SVC", POLICY_TAKEN_AGAIN));
    TOLD(1, i < 2 ? "" : "suspended W3SVC:80 600 s [keep]");
  }
}

static void strikes_are_counted_within_their_window(void **state) {
  (void)state;
  for (unsigned i = 0; i < 20; i++) {
    case_strike(&one, "W3SVC", 2);
    TOLD(299, "");
  }
}

static void each_suspension_lasts_twice_as_long_up_to_a_day(void **state) {
  (void)state;
  int length = 600;
  for (unsigned i = 0; i < 10; i++) {
    case_suspend(&one, length);
    TOLD(length, "resumed W3SVC:80 [keep]");
    length = 2 * length < DAY ? 2 * length : DAY;
  }
}

static void a_calm_window_after_it_makes_the_next_one_short_again(void **state) {
  (void)state;
  case_suspend(&one, 600);
  TOLD(600, "resumed W3SVC:80 [keep]");
  TOLD(500, "");
  case_suspend(&one, 1200);
  TOLD(1200, "resumed W3SVC:80 [keep]");
  TOLD(600, "");
  case_suspend(&one, 600);
}

static void resuming_by_hand_ends_it_and_forgets_the_strikes(void **state) {
  (void)state;
  case_suspend(&one, 600);
  assert_int_equal(policy_resume(one.policy, "keep", NULL), PG_OK);
  TOLD(30, "");
  case_suspend(&one, 600);
}

static void after_the_strikes_it_is_disabled_if_the_rule_says_so(void **state) {
  (void)state;
  keep()->on_strikes = PG_STRIKES_DISABLE;
  for (unsigned i = 0; i < 3; i++) {
    case_strike(&one, "W3SVC", 2);
    TOLD(30, "");
  }
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "act W3SVC:80 disable refuse [keep]");
  (void)case_result(&one, "W3SVC", POLICY_FREED);
  TOLD(1, "suspended W3SVC:80 600 s [keep]"); /* nothing harsher is left */
}

static void a_rule_that_disables_does_so_at_once(void **state) {
  (void)state;
  keep()->action = PG_ACTION_DISABLE;
  keep()->dependents = PG_DEPENDENTS_STOP;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "act W3SVC:80 disable stop [keep]");
}

static void strikes_are_kept_per_service(void **state) {
  static const char *const services[] = {"W3SVC", "MsDepSvc"};
  (void)state;
  keep()->services = services;
  keep()->service_count = 2;
  keep()->max_strikes = 1;
  case_reset(&one);
  case_strike(&one, "W3SVC", 2);
  TOLD(0, "suspended W3SVC:80 600 s [keep]");
  case_hold(&one, "W3SVC", 80);
  case_hold(&one, "MsDepSvc", 80);
  TOLD(1, "");
  TOLD(2, "act MsDepSvc:80 stop refuse [keep]");
}

/* --- outcomes --- */

static void what_safety_forbids_is_no_strike_and_told_once(void **state) {
  (void)state;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, KEPT);
  assert_true(case_result(&one, "W3SVC", POLICY_FORBIDDEN));
  for (unsigned i = 0; i < 10; i++) {
    TOLD(29.999, "");
    TOLD(0.001, KEPT);
    assert_false(case_result(&one, "W3SVC", POLICY_FORBIDDEN));
  }
  case_let_go(&one, "W3SVC");
  TOLD(30, "");
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, KEPT);
  assert_true(case_result(&one, "W3SVC", POLICY_FORBIDDEN));
}

static void what_was_put_off_is_decided_again(void **state) {
  (void)state;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  for (unsigned i = 0; i < 10; i++) {
    TOLD(i == 0 ? 2 : 0.1, KEPT);
    assert_false(case_result(&one, "W3SVC", POLICY_PUT_OFF));
    assert_true(policy_due(one.policy, &one.view, &one.clock));
  }
}

static void an_outcome_nobody_waits_for_is_no_news(void **state) {
  (void)state;
  assert_false(case_result(&one, "W3SVC", POLICY_FORBIDDEN));
  TOLD(0, "");
}

static void a_disabling_that_safety_forbids_does_not_suspend(void **state) {
  (void)state;
  keep()->on_strikes = PG_STRIKES_DISABLE;
  keep()->max_strikes = 1;
  case_reset(&one);
  case_strike(&one, "W3SVC", 2);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(30, "act W3SVC:80 disable refuse [keep]");
  assert_true(case_result(&one, "W3SVC", POLICY_FORBIDDEN));
  TOLD(0, "");
  TOLD(30, "act W3SVC:80 disable refuse [keep]");
}

static void what_is_no_strike_does_not_make_the_next_suspension_longer(void **state) {
  static const enum policy_outcome outcomes[] = {POLICY_PUT_OFF, POLICY_FORBIDDEN};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    case_suspend(&one, 600);
    TOLD(600, "resumed W3SVC:80 [keep]");
    TOLD(500, "");
    case_hold(&one, "W3SVC", 80);
    TOLD(0, "");
    TOLD(2, KEPT);
    (void)case_result(&one, "W3SVC", outcomes[i]);
    case_let_go(&one, "W3SVC");
    TOLD(98, "");
    case_suspend(&one, 600);
    assert_int_equal(policy_resume(one.policy, NULL, NULL), PG_OK);
    TOLD(600, "");
  }
}

/* --- several rules for one service --- */

static void enforce_beats_observe_and_both_are_named_and_charged(void **state) {
  (void)state;
  case_rule(&one, "watch")->mode = PG_MODE_OBSERVE;
  case_reset(&one);
  for (unsigned i = 0; i < 3; i++) {
    case_hold(&one, "W3SVC", 80);
    TOLD(0, "");
    TOLD(2, "act W3SVC:80 stop refuse [keep, watch]");
    (void)case_result(&one, "W3SVC", POLICY_FREED);
    TOLD(30, i < 2 ? ""
                   : "suspended W3SVC:80 600 s [keep]; suspended W3SVC:80 600 s [watch]");
  }
}

static void disable_beats_stop_and_refusing_beats_stopping_dependents(void **state) {
  (void)state;
  struct pg_rule *other = case_rule(&one, "other");
  keep()->dependents = PG_DEPENDENTS_STOP;
  other->action = PG_ACTION_DISABLE;
  case_reset(&one);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "act W3SVC:80 disable refuse [keep, other]");
}

static void an_observing_rule_makes_no_action_harsher(void **state) {
  (void)state;
  struct pg_rule *other = case_rule(&one, "watch");
  other->mode = PG_MODE_OBSERVE;
  other->action = PG_ACTION_DISABLE;
  case_reset(&one);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "act W3SVC:80 stop refuse [keep, watch]");
}

static void every_rules_confirming_must_have_ended(void **state) {
  (void)state;
  case_rule(&one, "slow")->confirm_s = 60;
  case_reset(&one);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(59.999, "");
  TOLD(0.001, "act W3SVC:80 stop refuse [keep, slow]");
}

static void every_rules_cool_down_must_have_ended(void **state) {
  (void)state;
  case_rule(&one, "slow")->cooldown_s = 300;
  case_reset(&one);
  case_strike(&one, "W3SVC", 2);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(299.999, "");
  TOLD(0.001, "act W3SVC:80 stop refuse [keep, slow]");
}

static void a_rule_that_is_closed_neither_acts_nor_stands_in_the_way(void **state) {
  (void)state;
  use_workdays(case_rule(&one, "work"));
  one.clock.wall_ms = utc("2026-03-07T12:00:00Z"); /* a Saturday */
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, KEPT);
}

static void an_action_ends_the_tenancy_for_rules_that_had_no_part_in_it(void **state) {
  static const struct pg_window after_noon[] = {{0x1F, 12 * 60, 18 * 60}};
  (void)state;
  struct pg_rule *late = case_rule(&one, "late");
  late->confirm_s = 0;
  late->windows = after_noon;
  late->window_count = 1;
  case_reset(&one);
  one.clock.wall_ms = utc("2026-03-02T10:59:57Z"); /* 11:59:57 in Berlin */
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, KEPT);
  TOLD(1.5, ""); /* it is open now, and waits for the outcome */
  one.sampled_by_hand = true;
  case_wait(&one, 1);
  assert_true(policy_result(one.policy, "W3SVC", POLICY_FREED, one.clock.mono_ms));
  TOLD(0, ""); /* what was seen before says nothing about now */
}

static void a_rule_of_other_ports_has_no_say(void **state) {
  static const struct pg_port_range ports[] = {{443, 443}};
  (void)state;
  case_rule(&one, "other")->ports.ranges = ports;
  case_reset(&one);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, KEPT);
}

static void two_rules_that_observe_log_each_for_itself(void **state) {
  (void)state;
  struct pg_rule *slow = case_rule(&one, "slow");
  keep()->mode = slow->mode = PG_MODE_OBSERVE;
  slow->confirm_s = 10;
  case_reset(&one);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "would act W3SVC:80 stop refuse [keep]");
  TOLD(8, "would act W3SVC:80 stop refuse [slow]");
}

/* --- pauses --- */

static void a_paused_rule_does_nothing_until_its_pause_ends(void **state) {
  (void)state;
  assert_int_equal(policy_pause(one.policy, "keep", 7200000, one.clock.mono_ms, NULL), 0);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  assert_int_equal(policy_next(one.policy) - one.clock.mono_ms, 7200000);
  TOLD(7199.999, "");
  TOLD(0.001, "resumed [keep]; " KEPT);
}

static void all_rules_are_paused_and_one_resumed(void **state) {
  static const char *const services[] = {"MsDepSvc"};
  (void)state;
  case_rule(&one, "other")->services = services;
  case_reset(&one);
  assert_int_equal(policy_pause(one.policy, NULL, 60000, one.clock.mono_ms, NULL), 0);
  case_hold(&one, "W3SVC", 80);
  case_hold(&one, "MsDepSvc", 80);
  TOLD(0, "");
  TOLD(10, "");
  assert_int_equal(policy_resume(one.policy, "keep", NULL), PG_OK);
  TOLD(0, KEPT);
  TOLD(49.999, "");
  TOLD(0.001, "resumed [other]; act MsDepSvc:80 stop refuse [other]");
}

static void a_pause_of_all_that_ends_names_no_rule(void **state) {
  (void)state;
  assert_int_equal(policy_pause(one.policy, NULL, 60000, one.clock.mono_ms, NULL), 0);
  TOLD(0, "");
  TOLD(60, "resumed []");
}

static void resuming_all_ends_every_pause_and_suspension(void **state) {
  (void)state;
  case_suspend(&one, 600);
  assert_int_equal(policy_pause(one.policy, "keep", 60000, one.clock.mono_ms, NULL), 0);
  assert_int_equal(policy_pause(one.policy, NULL, 60000, one.clock.mono_ms, NULL), 0);
  assert_int_equal(policy_resume(one.policy, NULL, NULL), PG_OK);
  TOLD(30, "");
  case_strike(&one, "W3SVC", 2);
}

static void a_rule_that_is_not_there_is_quoted(void **state) {
  struct pg_fault fault = {0};
  (void)state;
  assert_int_equal(policy_pause(one.policy, "Keep", 1000, 0, &fault), PG_E_NOTFOUND);
  assert_non_null(strstr(fault.message, "\"Keep\""));
  assert_int_equal(policy_resume(one.policy, "nix\n", &fault), PG_E_NOTFOUND);
  assert_non_null(strstr(fault.message, "\"nix<0A>\""));
  assert_string_equal(fault.hint, "portguardctl policy show");
}

#define T(name) cmocka_unit_test_setup_teardown(name, case_setup, case_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      T(not_again_sooner_than_the_cool_down),
      T(a_sample_from_before_the_action_ended_shows_what_was),
      T(the_third_strike_suspends),
      T(a_stop_that_fails_is_a_strike_too),
      T(so_is_one_that_did_not_keep_the_port_free),
      T(strikes_are_counted_within_their_window),
      T(each_suspension_lasts_twice_as_long_up_to_a_day),
      T(a_calm_window_after_it_makes_the_next_one_short_again),
      T(resuming_by_hand_ends_it_and_forgets_the_strikes),
      T(after_the_strikes_it_is_disabled_if_the_rule_says_so),
      T(a_rule_that_disables_does_so_at_once),
      T(strikes_are_kept_per_service),
      T(what_safety_forbids_is_no_strike_and_told_once),
      T(what_was_put_off_is_decided_again),
      T(an_outcome_nobody_waits_for_is_no_news),
      T(a_disabling_that_safety_forbids_does_not_suspend),
      T(what_is_no_strike_does_not_make_the_next_suspension_longer),
      T(enforce_beats_observe_and_both_are_named_and_charged),
      T(disable_beats_stop_and_refusing_beats_stopping_dependents),
      T(an_observing_rule_makes_no_action_harsher),
      T(every_rules_confirming_must_have_ended),
      T(every_rules_cool_down_must_have_ended),
      T(a_rule_that_is_closed_neither_acts_nor_stands_in_the_way),
      T(an_action_ends_the_tenancy_for_rules_that_had_no_part_in_it),
      T(a_rule_of_other_ports_has_no_say),
      T(two_rules_that_observe_log_each_for_itself),
      T(a_paused_rule_does_nothing_until_its_pause_ends),
      T(all_rules_are_paused_and_one_resumed),
      T(a_pause_of_all_that_ends_names_no_rule),
      T(resuming_all_ends_every_pause_and_suspension),
      T(a_rule_that_is_not_there_is_quoted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
