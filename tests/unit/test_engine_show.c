#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "tests/unit/policy_case.h"

#include <string.h>

static struct pg_text text;

static int start(void **state) {
  pg_text_init(&text, PG_MIB);
  return case_setup(state);
}

static int end(void **state) {
  pg_text_free(&text);
  return case_teardown(state);
}

static const char *show(void) {
  struct pg_json json;
  pg_text_clear(&text);
  pg_json_start(&json, &text);
  policy_show(one.policy, &json, &one.clock);
  assert_false(text.failed);
  cJSON_Delete(case_json(&text));
  return pg_text_str(&text);
}

#define SHOWN(words) assert_non_null(strstr(show(), words))

static void a_rule_is_shown_with_its_defaults_written_out(void **state) {
  static const struct pg_port_range ports[] = {{80, 80}, {8000, 8090}};
  static const struct pg_window windows[] = {{0x1F, 480, 1080}, {0x60, 0, 1440}};
  (void)state;
  one.rules[0].ports = (struct pg_ports){ports, 2};
  one.rules[0].windows = windows;
  one.rules[0].window_count = 2;
  case_reset(&one);
  assert_string_equal(
      show(),
      "[{\"name\":\"keep\",\"mode\":\"enforce\",\"mode_source\":"
      "\"defaults\",\"written_mode\":\"observe\",\"ports\":[80,\"8000-8090\"],"
      "\"services\":[\"W3SVC\"],\"action\":\"stop\",\"dependents\":\"refuse\","
      "\"schedule\":[{\"days\":[\"mon\",\"tue\",\"wed\",\"thu\",\"fri\"],"
      "\"from\":\"08:00\",\"to\":\"18:00\"},{\"days\":[\"sat\",\"sun\"],"
      "\"from\":\"00:00\",\"to\":\"24:00\"}],\"confirm_s\":2,\"cooldown_s\":30,"
      "\"max_strikes\":3,\"window_s\":600,\"on_strikes\":\"suspend\",\"open\":true,"
      "\"since\":\"2026-03-02T07:00:00Z\",\"until\":\"2026-03-02T17:00:00Z\","
      "\"paused_until\":null,\"watched\":[]}]");
}

static void no_schedule_is_open_without_begin_and_end(void **state) {
  (void)state;
  SHOWN("\"schedule\":[]");
  SHOWN("\"open\":true,\"since\":null,\"until\":null");
}

static void without_a_wall_clock_no_end_can_be_told(void **state) {
  static const struct pg_window windows[] = {{0x1F, 480, 1080}};
  (void)state;
  one.rules[0].windows = windows;
  one.rules[0].window_count = 1;
  one.clock.wall_ms = 0;
  assert_int_equal(policy_pause(one.policy, "keep", 7000, one.clock.mono_ms, NULL), 0);
  SHOWN("\"open\":false,\"since\":null,\"until\":null,\"paused_until\":null");
}

static void each_service_it_watches_is_shown_with_its_state(void **state) {
  (void)state;
  one.rules[0].max_strikes = 2;
  case_reset(&one);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  SHOWN("\"watched\":[{\"service\":\"W3SVC\",\"state\":\"confirming\",\"port\":80,"
        "\"strikes\":0,\"cooldown_until\":null,\"suspended_until\":null,"
        "\"suspensions\":0,\"strikes_at\":[]}]");
  TOLD(2, "act W3SVC:80 stop refuse [keep]");
  SHOWN("\"state\":\"acting\"");
  (void)case_result(&one, "W3SVC", POLICY_FAILED);
  SHOWN("\"state\":\"cooling_down\",\"port\":80,\"strikes\":1,"
        "\"cooldown_until\":\"2026-03-02T11:00:32Z\"");
  SHOWN("\"strikes_at\":[\"2026-03-02T11:00:02Z\"]");
  TOLD(30, "act W3SVC:80 stop refuse [keep]");
  (void)case_result(&one, "W3SVC", POLICY_FREED);
  TOLD(0, "suspended W3SVC:80 600 s [keep]");
  SHOWN("\"state\":\"suspended\",\"port\":null,\"strikes\":2,"
        "\"cooldown_until\":\"2026-03-02T11:01:02Z\","
        "\"suspended_until\":\"2026-03-02T11:10:32Z\",\"suspensions\":1,"
        "\"strikes_at\":[\"2026-03-02T11:00:02Z\",\"2026-03-02T11:00:32Z\"]");
}

static void a_pause_is_shown_with_its_end(void **state) {
  (void)state;
  assert_int_equal(policy_pause(one.policy, NULL, 60000, one.clock.mono_ms, NULL), 0);
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  SHOWN("\"paused_until\":\"2026-03-02T11:01:00Z\"");
  SHOWN("\"state\":\"paused\"");
}

static void no_rules_are_an_empty_list(void **state) {
  struct pg_settings none = {.rules = NULL, .rule_count = 0};
  (void)state;
  assert_int_equal(policy_reset(one.policy, &none), PG_OK);
  assert_string_equal(show(), "[]");
}

/* --- what would happen --- */

static const char *ask(const struct policy_question *question) {
  struct pg_json json;
  pg_text_clear(&text);
  pg_json_start(&json, &text);
  pg_json_object(&json);
  policy_try(one.policy, question, &json, &one.clock);
  pg_json_end_object(&json);
  assert_false(text.failed);
  cJSON_Delete(case_json(&text));
  return pg_text_str(&text);
}

static const char *try_at(uint16_t port, const char *service, int64_t at_ms,
                          const char *no_action) {
  return ask(&(struct policy_question){.port = port,
                                       .service = service,
                                       .at_ms = at_ms,
                                       .zone = &zone_berlin,
                                       .no_action = no_action});
}

/* Now, if W3SVC holds port 80 and something speaks against stopping it. */
static const char *try_against(enum pg_safety safety, const char *against) {
  return ask(&(struct policy_question){.port = 80,
                                       .service = "W3SVC",
                                       .at_ms = one.clock.wall_ms,
                                       .zone = &zone_berlin,
                                       .safety = safety,
                                       .against = against});
}

static const char *try_now(uint16_t port, const char *service) {
  return try_at(port, service, one.clock.wall_ms, NULL);
}

#define SAYS(answer, words) assert_non_null(strstr(answer, words))

static void a_rule_that_would_act_says_what_and_when(void **state) {
  (void)state;
  assert_string_equal(
      try_now(80, "w3svc"),
      "{\"port\":80,\"service\":\"w3svc\",\"at\":\"2026-03-02T11:00:00Z\","
      "\"local\":\"2026-03-02 12:00\",\"rules\":["
      "{\"name\":\"keep\",\"part\":\"acts\","
      "\"why\":\"it would stop the service after 2 s\"}],\"result\":\"stop\","
      "\"confirm_s\":2,\"dependents\":\"refuse\",\"safety\":null,\"against\":null}");
}

static void rules_of_other_ports_and_services_say_so(void **state) {
  (void)state;
  SAYS(try_now(81, "W3SVC"),
       "\"part\":\"other_port\",\"why\":\"port 81 is not one of "
       "its ports\"}],\"result\":\"nothing\",\"safety\":null,\"against\":null}");
  SAYS(try_now(80, "MsDepSvc"),
       "\"part\":\"other_service\",\"why\":\"it does not list "
       "the service\"}],\"result\":\"nothing\",\"safety\":null,\"against\":null}");
  SAYS(try_now(80, NULL), "\"service\":null");
  SAYS(try_now(80, NULL), "\"result\":\"stop\"");
}

static void a_schedule_is_looked_at_for_the_time_in_question(void **state) {
  static const struct pg_window windows[] = {{0x1F, 480, 1080}};
  (void)state;
  one.rules[0].windows = windows;
  one.rules[0].window_count = 1;
  case_reset(&one);
  SAYS(try_now(80, "W3SVC"), "it is open until 2026-03-02 18:00\"");
  const char *evening = try_at(80, "W3SVC", utc("2026-03-06T17:00:00Z"), NULL);
  SAYS(evening, "\"part\":\"closed\",\"why\":\"its schedule is closed until "
                "2026-03-09 08:00\"");
  SAYS(evening, "\"result\":\"nothing\"");
}

static void several_rules_are_put_together(void **state) {
  (void)state;
  struct pg_rule *other = case_rule(&one, "other");
  struct pg_rule *watch = case_rule(&one, "watch");
  one.rules[0].dependents = PG_DEPENDENTS_STOP;
  other->action = PG_ACTION_DISABLE;
  other->dependents = PG_DEPENDENTS_STOP;
  watch->mode = PG_MODE_OBSERVE;
  watch->confirm_s = 60;
  case_reset(&one);
  SAYS(try_now(80, "W3SVC"), "\"part\":\"observes\"");
  SAYS(try_now(80, "W3SVC"),
       "\"result\":\"disable\",\"confirm_s\":60,\"dependents\":\"refuse\"");
}

static void observing_alone_is_only_logged(void **state) {
  (void)state;
  one.rules[0].mode = PG_MODE_OBSERVE;
  SAYS(try_now(80, "W3SVC"), "\"part\":\"observes\",\"why\":\"it observes: what it would "
                             "do is logged\"}],\"result\":\"observe\"");
}

static void where_nothing_can_be_stopped_it_says_so(void **state) {
  (void)state;
  SAYS(try_at(80, "W3SVC", one.clock.wall_ms, "nothing can be stopped here"),
       "\"part\":\"observes\",\"why\":\"nothing can be stopped here\"}],"
       "\"result\":\"observe\"");
}

static void pauses_suspensions_and_cool_downs_end_in_time(void **state) {
  (void)state;
  one.rules[0].max_strikes = 1;
  case_reset(&one);
  case_strike(&one, "W3SVC", 2);
  SAYS(try_now(80, "W3SVC"), "after 2 s, not before 2026-03-02 12:00:32\"");
  TOLD(0, "suspended W3SVC:80 600 s [keep]");
  SAYS(try_now(80, "W3SVC"), "\"part\":\"suspended\",\"why\":\"the holder keeps coming "
                             "back: it is suspended until 2026-03-02 12:10:02\"");
  SAYS(try_at(80, "W3SVC", one.clock.wall_ms + 600000, NULL), "\"result\":\"stop\"");
  assert_int_equal(policy_pause(one.policy, "keep", 900000, one.clock.mono_ms, NULL), 0);
  SAYS(try_at(80, "W3SVC", one.clock.wall_ms + 600000, NULL),
       "\"part\":\"paused\",\"why\":\"it is paused until 2026-03-02 12:15:02\"");
}

static void strikes_that_lead_to_disabling_do_so_while_they_count(void **state) {
  (void)state;
  one.rules[0].max_strikes = 1;
  one.rules[0].on_strikes = PG_STRIKES_DISABLE;
  case_reset(&one);
  case_strike(&one, "W3SVC", 2);
  SAYS(try_now(80, "W3SVC"), "\"result\":\"disable\"");
  SAYS(try_at(80, "W3SVC", one.clock.wall_ms + 599999, NULL), "\"result\":\"disable\"");
  SAYS(try_at(80, "W3SVC", one.clock.wall_ms + 600000, NULL), "\"result\":\"stop\"");
}

static void what_safety_forbids_is_refused_with_its_words(void **state) {
  (void)state;
  const char *answer = try_against(PG_SAFETY_PROTECTED, "WinDefend needs it and runs");
  SAYS(answer, "\"part\":\"acts\"");
  SAYS(answer, "\"result\":\"refused\",\"confirm_s\":2,\"dependents\":\"refuse\","
               "\"safety\":\"protected\",\"against\":\"WinDefend needs it and runs\"}");
  SAYS(try_against(PG_SAFETY_PORT_PROXY, NULL),
       "\"safety\":\"port-proxy\",\"against\":null}");
}

static void dependents_speak_against_it_only_if_they_may_not_stop(void **state) {
  (void)state;
  one.rules[0].dependents = PG_DEPENDENTS_STOP;
  SAYS(try_against(PG_SAFETY_DEPENDENTS, "WMSvc needs it and runs"),
       "\"result\":\"stop\",\"confirm_s\":2,\"dependents\":\"stop\","
       "\"safety\":null,\"against\":null}");
  SAYS(try_against(PG_SAFETY_PROTECTED, NULL), "\"result\":\"refused\"");
  (void)case_rule(&one, "other");
  case_reset(&one);
  SAYS(try_against(PG_SAFETY_DEPENDENTS, "WMSvc needs it and runs"),
       "\"result\":\"refused\",\"confirm_s\":2,\"dependents\":\"refuse\","
       "\"safety\":\"dependents\",\"against\":\"WMSvc needs it and runs\"}");
}

static void what_does_nothing_is_not_refused(void **state) {
  (void)state;
  one.rules[0].mode = PG_MODE_OBSERVE;
  SAYS(try_against(PG_SAFETY_PROTECTED, "it is protected"),
       "\"result\":\"observe\",\"confirm_s\":2,\"dependents\":\"refuse\","
       "\"safety\":null,\"against\":null}");
}

static void without_a_wall_clock_schedules_are_closed_and_no_time_is_told(void **state) {
  static const struct pg_window windows[] = {{0x7F, 0, 1440}};
  (void)state;
  one.clock.wall_ms = 0;
  assert_int_equal(policy_pause(one.policy, "keep", 7000, one.clock.mono_ms, NULL), 0);
  SAYS(try_now(80, "W3SVC"), "\"at\":null,\"local\":null");
  SAYS(try_now(80, "W3SVC"), "\"why\":\"it is paused\"");
  one.rules[0].windows = windows;
  one.rules[0].window_count = 1;
  SAYS(try_now(80, "W3SVC"), "\"part\":\"closed\",\"why\":\"its schedule is closed\"");
}

static void trying_changes_nothing(void **state) {
  (void)state;
  case_hold(&one, "W3SVC", 80);
  TOLD(0, "");
  for (unsigned i = 0; i < 100; i++)
    (void)try_now(80, "W3SVC");
  TOLD(2, "act W3SVC:80 stop refuse [keep]");
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      T(a_rule_is_shown_with_its_defaults_written_out),
      T(no_schedule_is_open_without_begin_and_end),
      T(without_a_wall_clock_no_end_can_be_told),
      T(each_service_it_watches_is_shown_with_its_state),
      T(a_pause_is_shown_with_its_end),
      T(no_rules_are_an_empty_list),
      T(a_rule_that_would_act_says_what_and_when),
      T(rules_of_other_ports_and_services_say_so),
      T(a_schedule_is_looked_at_for_the_time_in_question),
      T(several_rules_are_put_together),
      T(observing_alone_is_only_logged),
      T(where_nothing_can_be_stopped_it_says_so),
      T(pauses_suspensions_and_cool_downs_end_in_time),
      T(strikes_that_lead_to_disabling_do_so_while_they_count),
      T(what_safety_forbids_is_refused_with_its_words),
      T(dependents_speak_against_it_only_if_they_may_not_stop),
      T(what_does_nothing_is_not_refused),
      T(without_a_wall_clock_schedules_are_closed_and_no_time_is_told),
      T(trying_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
