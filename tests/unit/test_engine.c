#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/policy_case.h"

/* --- whom a rule is about --- */

static void a_listed_service_on_a_port_of_the_rule_is_acted_on(void **state) {
  (void)state;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(1.999, "");
  TOLD(0.001, KEPT);
  TOLD(60, ""); /* not again while it is under way */
}

static void names_are_compared_without_case_and_whole(void **state) {
  (void)state;
  case_hold(&one, "W3SVC2", 80);
  case_hold(&one, "W3SV", 80);
  TOLD(0, "");
  TOLD(100, "");
  case_hold(&one, "w3svc", 80);
  TOLD(0, "");
  TOLD(2, "act w3svc:80 stop refuse [keep]");
}

static void other_services_and_other_ports_are_left_alone(void **state) {
  (void)state;
  case_hold(&one, "MsDepSvc", 80);
  case_hold(&one, "W3SVC", 8080);
  TOLD(0, "");
  TOLD(1000, "");
  assert_true(policy_next(one.policy) == POLICY_NEVER);
}

static void a_per_user_instance_matches_its_templates_name(void **state) {
  static const char *const services[] = {"CDPUserSvc"};
  (void)state;
  keep()->services = services;
  case_reset(&one);
  case_hold(&one, "CDPUserSvc_1bf5729", 80)->template_name = "cdpusersvc";
  TOLD(0, "");
  TOLD(2, "act CDPUserSvc_1bf5729:80 stop refuse [keep]");
}

static void no_other_name_is_shortened(void **state) {
  static const char *const services[] = {"CDPUserSvc"};
  (void)state;
  keep()->services = services;
  case_reset(&one);
  case_hold(&one, "CDPUserSvc_1bf5729", 80);
  TOLD(0, "");
  TOLD(100, "");
}

static void a_rule_that_lists_template_and_instance_counts_once(void **state) {
  static const char *const services[] = {"CDPUserSvc", "CDPUserSvc_1"};
  (void)state;
  keep()->services = services;
  keep()->service_count = 2;
  case_reset(&one);
  case_hold(&one, "CDPUserSvc_1", 80)->template_name = "CDPUserSvc";
  TOLD(0, "");
  TOLD(2, "act CDPUserSvc_1:80 stop refuse [keep]");
}

static void every_listed_service_is_acted_on(void **state) {
  static const char *const services[] = {"W3SVC", "MsDepSvc", "Apache2.4"};
  (void)state;
  keep()->services = services;
  keep()->service_count = 3;
  case_reset(&one);
  case_hold(&one, "W3SVC", 80);
  case_hold(&one, "Apache2.4", 80);
  TOLD(0, "");
  TOLD(2, "act Apache2.4:80 stop refuse [keep]; " KEPT);
}

static void observing_logs_once_per_tenancy_and_acts_never(void **state) {
  (void)state;
  keep()->mode = PG_MODE_OBSERVE;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "would act W3SVC:80 stop refuse [keep]");
  TOLD(1, "");
  TOLD(DAY, "");
  case_let_go(&one, "W3SVC");
  TOLD(1, "");
  case_hold(&one, "W3SVC", 80);
  TOLD(1, "");
  TOLD(2, "would act W3SVC:80 stop refuse [keep]");
}

static void where_nothing_can_be_stopped_every_rule_observes(void **state) {
  (void)state;
  one.view.no_action = "nothing can be stopped here";
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "would act W3SVC:80 stop refuse [keep]: nothing can be stopped here");
  TOLD(100, "");
}

static void observing_says_that_it_would_disable(void **state) {
  (void)state;
  keep()->mode = PG_MODE_OBSERVE;
  keep()->action = PG_ACTION_DISABLE;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "would act W3SVC:80 disable refuse [keep]");
}

/* --- certain knowledge --- */

static void what_is_not_certain_is_never_acted_on_and_said_once(void **state) {
  (void)state;
  struct policy_holder *row = case_hold(&one, "W3SVC", 80);
  row->certain = false;
  row->doubt = "the counts of the netsh text disagree";
  TOLD(0, "");
  TOLD(2, "");
  TOLD(5.999, "");
  TOLD(0.001, "refused W3SVC:80 [keep] uncertain: the counts of the netsh text disagree");
  TOLD(1000, "");
  row->certain = true;
  TOLD(1, KEPT);
}

static void a_doubt_that_passes_is_not_mentioned(void **state) {
  (void)state;
  struct policy_holder *row = case_hold(&one, "W3SVC", 80);
  row->certain = false;
  TOLD(0, "");
  TOLD(4, "");
  row->certain = true;
  TOLD(1, KEPT);
}

static void a_doubt_is_told_though_no_newer_look_comes(void **state) {
  (void)state;
  struct policy_holder *row = case_hold(&one, "W3SVC", 80);
  row->certain = false;
  row->doubt = "who registered with HTTP.sys could not be read";
  row->http_mono = one.clock.mono_ms;
  TOLD(0, "");
  TOLD(2, "need sample W3SVC:80 [keep]");
  assert_int_equal(policy_next(one.policy) - one.clock.mono_ms, 6000);
  TOLD(5.999, "need sample W3SVC:80 [keep]");
  TOLD(0.001, "need sample W3SVC:80 [keep]; refused W3SVC:80 [keep] uncertain: "
              "who registered with HTTP.sys could not be read");
  row->certain = true;
  TOLD(1, "need sample W3SVC:80 [keep]");
}

static void observing_says_why_it_would_not_act(void **state) {
  (void)state;
  keep()->mode = PG_MODE_OBSERVE;
  case_hold(&one, "W3SVC", 80)->certain = false;
  TOLD(0, "");
  TOLD(8, "would act W3SVC:80 stop refuse [keep]: it is not certain who holds the port");
}

static void it_takes_a_sample_that_was_begun_after_confirming_had_ended(void **state) {
  (void)state;
  one.sampled_by_hand = true;
  one.view.sampled_mono = one.clock.mono_ms;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "need sample W3SVC:80 [keep]");
  assert_false(policy_due(one.policy, &one.view, &one.clock));
  one.view.sampled_mono = one.clock.mono_ms - 1;
  assert_true(policy_due(one.policy, &one.view, &one.clock));
  TOLD(0.01, "need sample W3SVC:80 [keep]");
  one.view.sampled_mono = one.clock.mono_ms;
  assert_true(policy_due(one.policy, &one.view, &one.clock));
  TOLD(0.01, KEPT);
}

static void behind_http_sys_the_netsh_text_must_be_as_new(void **state) {
  (void)state;
  struct policy_holder *row = case_hold(&one, "W3SVC", 80);
  row->http_mono = one.clock.mono_ms;
  TOLD(0, "");
  TOLD(2, "need sample W3SVC:80 [keep]");
  row->http_mono = one.clock.mono_ms - 1;
  TOLD(1, "need sample W3SVC:80 [keep]");
  row->http_mono = one.clock.mono_ms - 1000;
  TOLD(1, KEPT);
}

static void a_port_proxy_is_refused_once(void **state) {
  static const char *const services[] = {"iphlpsvc"};
  (void)state;
  keep()->services = services;
  case_reset(&one);
  case_hold(&one, "iphlpsvc", 80)->portproxy = true;
  TOLD(0, "");
  TOLD(2, "refused iphlpsvc:80 [keep] port-proxy: it holds the port for a port proxy");
  TOLD(100, "");
}

static void a_port_proxy_on_one_port_of_the_rule_forbids_them_all(void **state) {
  static const struct pg_port_range ports[] = {{80, 81}};
  static const char *const services[] = {"iphlpsvc"};
  (void)state;
  keep()->services = services;
  keep()->ports.ranges = ports;
  case_reset(&one);
  case_hold(&one, "iphlpsvc", 80);
  case_hold(&one, "iphlpsvc", 81)->portproxy = true;
  TOLD(0, "");
  TOLD(2, "refused iphlpsvc:81 [keep] port-proxy: it holds the port for a port proxy");
}

static void the_certain_one_of_two_ports_is_enough(void **state) {
  static const struct pg_port_range ports[] = {{80, 81}};
  (void)state;
  keep()->ports.ranges = ports;
  case_hold(&one, "W3SVC", 80)->certain = false;
  case_hold(&one, "W3SVC", 81);
  TOLD(0, "");
  TOLD(2, "act W3SVC:81 stop refuse [keep]");
}

/* --- confirm_s --- */

static void who_leaves_while_it_is_confirmed_starts_anew(void **state) {
  (void)state;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  case_let_go(&one, "W3SVC");
  TOLD(1, "");
  case_hold(&one, "W3SVC", 80);
  TOLD(1, "");
  TOLD(1, "");
  TOLD(1, KEPT);
}

static void a_restarted_service_is_the_same_holder(void **state) {
  (void)state;
  struct policy_holder *row = case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  row->pid = 9999;
  TOLD(2, KEPT);
}

static void no_confirming_acts_at_the_first_sight(void **state) {
  (void)state;
  keep()->confirm_s = 0;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, KEPT);
}

static void confirming_runs_from_the_sample_that_first_showed_it(void **state) {
  (void)state;
  one.sampled_by_hand = true;
  TOLD(0, "");
  case_hold(&one, "W3SVC", 80);
  one.view.sampled_mono = one.clock.mono_ms + 9900;
  TOLD(10, "");
  assert_int_equal(policy_next(one.policy) - one.clock.mono_ms, 1900);
}

static void what_was_there_at_the_start_is_confirmed_from_the_start(void **state) {
  (void)state;
  one.sampled_by_hand = true;
  one.view.sampled_mono = one.clock.mono_ms - 5000;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  assert_int_equal(policy_next(one.policy) - one.clock.mono_ms, 2000);
}

static void who_may_hold_a_port_still_is_not_forgotten(void **state) {
  static const uint16_t unsure[] = {79, 80, 81};
  (void)state;
  keep()->mode = PG_MODE_OBSERVE;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "would act W3SVC:80 stop refuse [keep]");
  case_let_go(&one, "W3SVC");
  one.view.unsure_ports = unsure;
  one.view.unsure_count = 3;
  TOLD(5, "");
  one.view.unsure_count = 0;
  case_hold(&one, "W3SVC", 80);
  TOLD(5, "");
}

/* --- schedules --- */

static const struct pg_window workdays[] = {{0x1F, 8 * 60, 18 * 60}};

static void use_workdays(struct pg_rule *rule) {
  rule->windows = workdays;
  rule->window_count = 1;
  case_reset(&one);
}

static void a_window_that_opens_on_a_holder_acts_after_confirming(void **state) {
  (void)state;
  use_workdays(keep());
  one.clock.wall_ms = utc("2026-03-02T06:59:00Z"); /* 07:59 in Berlin */
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  assert_int_equal(policy_next(one.policy) - one.clock.mono_ms, 60000);
  TOLD(59.999, "");
  TOLD(0.001, "");
  assert_int_equal(policy_next(one.policy) - one.clock.mono_ms, 2000);
  TOLD(2, KEPT);
}

static void outside_its_window_a_rule_does_nothing(void **state) {
  (void)state;
  use_workdays(keep());
  one.clock.wall_ms = utc("2026-03-02T17:00:00Z"); /* 18:00 in Berlin */
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(3600, "");
  assert_int_equal(policy_next(one.policy) - one.clock.mono_ms, 13 * 3600 * 1000);
}

static void a_window_that_closes_while_confirming_prevents_it(void **state) {
  (void)state;
  use_workdays(keep());
  one.clock.wall_ms = utc("2026-03-02T16:59:59Z");
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "");
}

static void without_a_wall_clock_only_rules_without_schedule_are_open(void **state) {
  (void)state;
  use_workdays(keep());
  (void)case_rule(&one, "always");
  case_reset(&one);
  case_hold(&one, "W3SVC", 80);
  for (unsigned i = 0; i < 2; i++) {
    case_wait(&one, 2);
    one.clock.wall_ms = 0;
    TOLD(0, i == 0 ? "" : "act W3SVC:80 stop refuse [always]");
  }
}

static void setting_the_clock_opens_and_closes_and_is_noticed(void **state) {
  (void)state;
  use_workdays(keep());
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  one.clock.wall_ms += 12 * 3600 * 1000;
  assert_true(policy_due(one.policy, &one.view, &one.clock));
  TOLD(10, "");
  one.clock.wall_ms -= 12 * 3600 * 1000;
  assert_true(policy_due(one.policy, &one.view, &one.clock));
  TOLD(10, ""); /* it opened just now */
  TOLD(2, KEPT);
}

static void another_zone_is_noticed(void **state) {
  (void)state;
  use_workdays(keep());
  one.clock.wall_ms = utc("2026-03-02T07:30:00Z");
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  one.clock.zone = &zone_nuuk;
  assert_true(policy_due(one.policy, &one.view, &one.clock));
  TOLD(2, "");
  one.clock.zone = &zone_berlin;
  TOLD(2, "");
  TOLD(2, KEPT);
}

static void setting_the_clock_neither_shortens_nor_stretches_durations(void **state) {
  (void)state;
  static const int64_t jumps[] = {3600000, -7200000};
  for (size_t i = 0; i < 2; i++) {
    case_hold(&one, "W3SVC", 80);
    TOLD(0, "");
    one.clock.wall_ms += jumps[i];
    TOLD(1.999, "");
    one.clock.wall_ms -= 3 * jumps[i];
    TOLD(0.001, KEPT);
    (void)case_result(&one, "W3SVC", POLICY_FREED);
    TOLD(30, "");
  }
}

static void time_that_passes_is_no_reason_for_a_step(void **state) {
  (void)state;
  TOLD(0, "");
  case_wait(&one, 100 * DAY);
  assert_false(policy_due(one.policy, &one.view, &one.clock));
}

#define T(name) cmocka_unit_test_setup_teardown(name, case_setup, case_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      T(a_listed_service_on_a_port_of_the_rule_is_acted_on),
      T(names_are_compared_without_case_and_whole),
      T(other_services_and_other_ports_are_left_alone),
      T(a_per_user_instance_matches_its_templates_name),
      T(no_other_name_is_shortened),
      T(a_rule_that_lists_template_and_instance_counts_once),
      T(every_listed_service_is_acted_on),
      T(observing_logs_once_per_tenancy_and_acts_never),
      T(where_nothing_can_be_stopped_every_rule_observes),
      T(observing_says_that_it_would_disable),
      T(what_is_not_certain_is_never_acted_on_and_said_once),
      T(a_doubt_that_passes_is_not_mentioned),
      T(a_doubt_is_told_though_no_newer_look_comes),
      T(observing_says_why_it_would_not_act),
      T(it_takes_a_sample_that_was_begun_after_confirming_had_ended),
      T(behind_http_sys_the_netsh_text_must_be_as_new),
      T(a_port_proxy_is_refused_once),
      T(a_port_proxy_on_one_port_of_the_rule_forbids_them_all),
      T(the_certain_one_of_two_ports_is_enough),
      T(who_leaves_while_it_is_confirmed_starts_anew),
      T(a_restarted_service_is_the_same_holder),
      T(no_confirming_acts_at_the_first_sight),
      T(confirming_runs_from_the_sample_that_first_showed_it),
      T(what_was_there_at_the_start_is_confirmed_from_the_start),
      T(who_may_hold_a_port_still_is_not_forgotten),
      T(a_window_that_opens_on_a_holder_acts_after_confirming),
      T(outside_its_window_a_rule_does_nothing),
      T(a_window_that_closes_while_confirming_prevents_it),
      T(without_a_wall_clock_only_rules_without_schedule_are_open),
      T(setting_the_clock_opens_and_closes_and_is_noticed),
      T(another_zone_is_noticed),
      T(setting_the_clock_neither_shortens_nor_stretches_durations),
      T(time_that_passes_is_no_reason_for_a_step),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
