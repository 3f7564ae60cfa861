#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "tests/unit/policy_case.h"

#include <string.h>

static void save(struct pg_text *text) {
  struct pg_json json;
  pg_text_init(text, PG_STATE_MAX);
  pg_json_start(&json, text);
  policy_save(one.policy, &json, &one.clock);
  assert_false(text->failed);
}

static enum pg_error load(const char *text, struct pg_fault *fault) {
  struct pg_text copy;
  pg_text_init(&copy, PG_STATE_MAX);
  pg_text_str_add(&copy, text);
  cJSON *saved = case_json(&copy);
  enum pg_error error = policy_load(one.policy, saved, one.clock.mono_ms, fault);
  cJSON_Delete(saved);
  pg_text_free(&copy);
  return error;
}

/* The service ends and starts again, |hours| later, on a clock that begins anew. */
static void restart(int hours) {
  struct pg_text text;
  save(&text);
  policy_free(one.policy);
  one.clock.mono_ms = 5000;
  one.clock.wall_ms += (int64_t)hours * 3600 * 1000;
  one.policy = policy_new(one.clock.mono_ms);
  case_reset(&one);
  assert_int_equal(load(pg_text_str(&text), NULL), PG_OK);
  pg_text_free(&text);
}

static void nothing_known_is_little_to_save(void **state) {
  struct pg_text text;
  (void)state;
  TOLD(0, "");
  save(&text);
  assert_string_equal(pg_text_str(&text), "{\"rules\":[],\"services\":[]}");
  pg_text_free(&text);
}

static void durations_are_saved_as_what_remains(void **state) {
  struct pg_text text;
  (void)state;
  one.rules[0].max_strikes = 2;
  case_reset(&one);
  case_strike(&one, "W3SVC", 2);
  TOLD(30, "");
  case_strike(&one, "W3SVC", 2);
  TOLD(10, "suspended W3SVC:80 600 s [keep]");
  assert_int_equal(policy_pause(one.policy, "keep", 7000, one.clock.mono_ms, NULL), 0);
  assert_int_equal(policy_pause(one.policy, NULL, 8000, one.clock.mono_ms, NULL), 0);
  save(&text);
  assert_string_equal(
      pg_text_str(&text),
      "{\"paused_ms\":8000,\"rules\":[{\"name\":\"keep\",\"paused_ms\":7000}],"
      "\"services\":[{\"rule\":\"keep\",\"service\":\"W3SVC\",\"port\":80,\"cooldown_"
      "ms\":20000,"
      "\"suspended_ms\":600000,\"calm_ms\":590000,\"suspensions\":1,\"disabled\":false,"
      "\"strikes_ms\":[558000,590000],"
      "\"struck_at\":[1772449202000,1772449234000]}]}");
  pg_text_free(&text);
}

static void a_cool_down_goes_on_after_a_restart(void **state) {
  (void)state;
  case_strike(&one, "W3SVC", 2);
  case_wait(&one, 10);
  restart(1);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(19.999, "");
  TOLD(0.001, KEPT);
}

static void strikes_still_count_after_a_restart(void **state) {
  (void)state;
  for (unsigned i = 0; i < 3; i++) {
    case_strike(&one, "W3SVC", 2);
    if (i < 2) {
      restart(0);
      TOLD(30, "");
    }
  }
  TOLD(0, "suspended W3SVC:80 600 s [keep]");
}

static const char *show(struct pg_text *text) {
  struct pg_json json;
  pg_text_init(text, PG_STATE_MAX);
  pg_json_start(&json, text);
  policy_show(one.policy, &json, &one.clock);
  assert_false(text->failed);
  return pg_text_str(text);
}

#define STRIKES_AT(times)                                                \
  do {                                                                   \
    struct pg_text shown;                                                \
    assert_non_null(strstr(show(&shown), "\"strikes_at\":[" times "]")); \
    pg_text_free(&shown);                                                \
  } while (0)

/* The time the service was away does not count, and still has passed. */
static void when_strikes_were_is_known_after_a_restart(void **state) {
  (void)state;
  case_strike(&one, "W3SVC", 2);
  STRIKES_AT("\"2026-03-02T11:00:02Z\"");
  restart(7);
  STRIKES_AT("\"2026-03-02T11:00:02Z\"");
  TOLD(30, "");
  case_strike(&one, "W3SVC", 2);
  STRIKES_AT("\"2026-03-02T11:00:02Z\",\"2026-03-02T18:00:34Z\"");
  restart(1);
  STRIKES_AT("\"2026-03-02T11:00:02Z\",\"2026-03-02T18:00:34Z\"");
}

/* An hour too early: what is shown follows, what counts does not. */
static void a_clock_that_was_wrong_moves_what_is_shown(void **state) {
  (void)state;
  case_strike(&one, "W3SVC", 2);
  one.clock.wall_ms += 3600000;
  STRIKES_AT("\"2026-03-02T12:00:02Z\"");
  one.clock.wall_ms = 0;
  STRIKES_AT("");
}

static void what_an_earlier_version_has_not_said_is_not_told(void **state) {
  (void)state;
  assert_int_equal(load("{\"rules\":[],\"services\":[{\"rule\":\"keep\",\"service\":"
                        "\"W3SVC\",\"strikes_ms\":[500000]}]}",
                        NULL),
                   PG_OK);
  STRIKES_AT("");
}

static void a_suspension_goes_on_after_a_restart_and_the_next_is_longer(void **state) {
  (void)state;
  one.rules[0].max_strikes = 1;
  case_reset(&one);
  case_strike(&one, "W3SVC", 2);
  TOLD(0, "suspended W3SVC:80 600 s [keep]");
  TOLD(100, "");
  restart(24);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(499.999, "");
  TOLD(0.001, "resumed W3SVC:80 [keep]; " KEPT);
  restart(24);
  TOLD(1, "suspended W3SVC:80 1200 s [keep]");
}

static void pauses_go_on_after_a_restart(void **state) {
  (void)state;
  (void)case_rule(&one, "other");
  case_reset(&one);
  assert_int_equal(policy_pause(one.policy, "keep", 7000, one.clock.mono_ms, NULL), 0);
  assert_int_equal(policy_pause(one.policy, NULL, 3000, one.clock.mono_ms, NULL), 0);
  case_wait(&one, 1);
  restart(5);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(2, "resumed []; act W3SVC:80 stop refuse [other]");
  TOLD(4, "resumed [keep]");
}

static void an_action_that_the_service_did_not_survive_is_a_strike(void **state) {
  (void)state;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  for (unsigned i = 0; i < 3; i++) {
    TOLD(i == 0 ? 2 : 30, KEPT);
    restart(0);
    TOLD(0, i < 2 ? "" : "suspended W3SVC:80 600 s [keep]");
  }
}

static void an_action_that_the_service_did_not_survive_ends_the_calm(void **state) {
  (void)state;
  one.rules[0].max_strikes = 2;
  case_reset(&one);
  case_strike(&one, "W3SVC", 2);
  TOLD(30, "");
  case_strike(&one, "W3SVC", 2);
  TOLD(0, "suspended W3SVC:80 600 s [keep]");
  TOLD(600, "resumed W3SVC:80 [keep]");
  case_hold(&one, "W3SVC", 80);
  TOLD(597, "");
  TOLD(2, KEPT);
  case_wait(&one, 60);
  restart(0);
  TOLD(0, "");
  TOLD(30, KEPT);
  (void)case_result(&one, "W3SVC", POLICY_FREED);
  TOLD(0, "suspended W3SVC:80 1200 s [keep]");
}

static void disabling_is_not_tried_twice_across_a_restart(void **state) {
  (void)state;
  one.rules[0].on_strikes = PG_STRIKES_DISABLE;
  one.rules[0].max_strikes = 1;
  case_reset(&one);
  case_strike(&one, "W3SVC", 2);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(30, "act W3SVC:80 disable refuse [keep]");
  restart(0);
  TOLD(0, "suspended W3SVC:80 600 s [keep]");
}

static void an_instance_is_known_again_by_its_template(void **state) {
  static const char *const services[] = {"CDPUserSvc"};
  (void)state;
  one.rules[0].services = services;
  case_reset(&one);
  case_hold(&one, "CDPUserSvc_1", 80)->template_name = "CDPUserSvc";
  TOLD(0, "");
  TOLD(2, "act CDPUserSvc_1:80 stop refuse [keep]");
  (void)case_result(&one, "CDPUserSvc_1", POLICY_FAILED);
  restart(0);
  TOLD(0, "");
  TOLD(29.999, "");
  TOLD(0.001, "act CDPUserSvc_1:80 stop refuse [keep]");
}

static void what_is_said_of_rules_that_are_gone_is_passed_over(void **state) {
  (void)state;
  assert_int_equal(
      load("{\"rules\":[{\"name\":\"gone\",\"paused_ms\":5}],\"later\":1,\"services\":["
           "{\"rule\":\"gone\",\"service\":\"W3SVC\",\"strikes_ms\":[]},"
           "{\"rule\":\"keep\",\"service\":\"Gone\",\"strikes_ms\":[]},"
           "{\"rule\":\"keep\",\"service\":\"w3svc\",\"strikes_ms\":[],"
           "\"cooldown_ms\":60000},"
           "{\"rule\":\"keep\",\"service\":\"W3SVC\",\"strikes_ms\":[]}]}",
           NULL),
      PG_OK);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  TOLD(59.999, "");
  TOLD(0.001, KEPT);
}

static void strikes_of_a_longer_window_are_cut_to_the_new_one(void **state) {
  (void)state;
  assert_int_equal(load("{\"rules\":[],\"services\":[{\"rule\":\"keep\",\"service\":"
                        "\"W3SVC\",\"strikes_ms\":[1000,700000,800000,900000,900000,"
                        "900000,86400000]}]}",
                        NULL),
                   PG_OK);
  TOLD(1, "suspended W3SVC:0 600 s [keep]");
}

static void a_calm_time_is_cut_to_the_window_of_the_rule(void **state) {
  (void)state;
  assert_int_equal(load("{\"rules\":[],\"services\":[{\"rule\":\"keep\",\"service\":"
                        "\"W3SVC\",\"suspensions\":3,\"calm_ms\":86400000,"
                        "\"strikes_ms\":[]}]}",
                        NULL),
                   PG_OK);
  TOLD(0, "");
  TOLD(600, "");
  for (unsigned i = 0; i < 3; i++) {
    case_strike(&one, "W3SVC", 2);
    TOLD(30, i < 2 ? "" : "suspended W3SVC:80 600 s [keep]");
  }
}

static void what_cannot_be_read_is_named_and_nothing_is_taken_up(void **state) {
#define PAIR "{\"rules\":[],\"services\":[{\"rule\":\"keep\",\"service\":\"W3SVC\","
  static const struct {
    const char *text, *param;
  } cases[] = {
      {"[]", "policy.rules"},
      {"{}", "policy.rules"},
      {"{\"rules\":{}}", "policy.rules"},
      {"{\"rules\":[]}", "policy.services"},
      {"{\"paused_ms\":\"long\",\"rules\":[],\"services\":[]}", "policy.paused_ms"},
      {"{\"paused_ms\":2592000001,\"rules\":[],\"services\":[]}", "policy.paused_ms"},
      {"{\"paused_ms\":9,\"rules\":[7],\"services\":[]}", "policy.rules[0]"},
      {"{\"rules\":[{\"paused_ms\":7}],\"services\":[]}", "policy.rules[0].name"},
      {"{\"rules\":[{\"name\":\"keep\",\"paused_ms\":-1}],\"services\":[]}",
       "policy.rules[0].paused_ms"},
      {"{\"rules\":[],\"services\":[{\"service\":\"W3SVC\"}]}",
       "policy.services[0].rule"},
      {"{\"rules\":[],\"services\":[{\"rule\":\"keep\",\"service\":1}]}",
       "policy.services[0].service"},
      {PAIR "\"template\":null,\"strikes_ms\":[]}]}", "policy.services[0].template"},
      {PAIR "\"cooldown_ms\":1}]}", "policy.services[0].strikes_ms"},
      {PAIR "\"strikes_ms\":[true]}]}", "policy.services[0].strikes_ms"},
      {PAIR "\"strikes_ms\":[-1]}]}", "policy.services[0].strikes_ms"},
      {PAIR "\"strikes_ms\":[86400001]}]}", "policy.services[0].strikes_ms"},
      {PAIR "\"strikes_ms\":[5,4]}]}", "policy.services[0].strikes_ms"},
      {PAIR "\"strikes_ms\":[5],\"struck_at\":7}]}", "policy.services[0].struck_at"},
      {PAIR "\"strikes_ms\":[5],\"struck_at\":[]}]}", "policy.services[0].struck_at"},
      {PAIR "\"strikes_ms\":[5],\"struck_at\":[-1]}]}", "policy.services[0].struck_at"},
      {PAIR "\"strikes_ms\":[],\"cooldown_ms\":1.5}]}", "policy.services[0].cooldown_ms"},
      {PAIR "\"strikes_ms\":[],\"suspended_ms\":86400001}]}",
       "policy.services[0].suspended_ms"},
      {PAIR "\"strikes_ms\":[],\"calm_ms\":[]}]}", "policy.services[0].calm_ms"},
      {PAIR "\"strikes_ms\":[],\"suspensions\":33}]}", "policy.services[0].suspensions"},
      {PAIR "\"strikes_ms\":[],\"port\":65536}]}", "policy.services[0].port"},
      {PAIR "\"strikes_ms\":[],\"disabled\":1}]}", "policy.services[0].disabled"},
      {PAIR "\"strikes_ms\":[],\"cooldown_ms\":9000000},{\"rule\":7}]}",
       "policy.services[1].rule"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pg_fault fault = {0};
    struct pg_text text;
    assert_int_equal(load(cases[i].text, &fault), PG_E_FORMAT);
    assert_string_equal(fault.param, cases[i].param);
    assert_non_null(strstr(fault.message, cases[i].param));
    save(&text);
    assert_string_equal(pg_text_str(&text), "{\"rules\":[],\"services\":[]}");
    pg_text_free(&text);
  }
}

#define T(name) cmocka_unit_test_setup_teardown(name, case_setup, case_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      T(nothing_known_is_little_to_save),
      T(durations_are_saved_as_what_remains),
      T(a_cool_down_goes_on_after_a_restart),
      T(strikes_still_count_after_a_restart),
      T(when_strikes_were_is_known_after_a_restart),
      T(a_clock_that_was_wrong_moves_what_is_shown),
      T(what_an_earlier_version_has_not_said_is_not_told),
      T(a_suspension_goes_on_after_a_restart_and_the_next_is_longer),
      T(pauses_go_on_after_a_restart),
      T(an_action_that_the_service_did_not_survive_is_a_strike),
      T(an_action_that_the_service_did_not_survive_ends_the_calm),
      T(disabling_is_not_tried_twice_across_a_restart),
      T(an_instance_is_known_again_by_its_template),
      T(what_is_said_of_rules_that_are_gone_is_passed_over),
      T(strikes_of_a_longer_window_are_cut_to_the_new_one),
      T(a_calm_time_is_cut_to_the_window_of_the_rule),
      T(what_cannot_be_read_is_named_and_nothing_is_taken_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
