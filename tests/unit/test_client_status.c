#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client_golden.h"

#include "client/degraded.h"
#include "client/guarded.h"
#include "client/status_text.h"

#include <string.h>

#define GOLDEN(sentence, name)         \
  static void sentence(void **state) { \
    (void)state;                       \
    golden_check(name, status_text);   \
  }

GOLDEN(two_holders_behind_http_sys_are_both_told, "status_iis_branchcache")
GOLDEN(an_idle_pool_is_shown_by_its_controller, "status_iis_idle")
GOLDEN(a_plain_process_is_named_with_its_path, "status_nginx")
GOLDEN(a_service_says_its_state_and_start_type, "status_mysql")
GOLDEN(a_service_in_a_shared_process_is_named, "status_shared_known")
GOLDEN(services_that_cannot_be_told_apart_are_all_listed, "status_shared_unknown")
GOLDEN(a_driver_says_why_it_is_one, "status_smb")
GOLDEN(a_likely_holder_is_called_likely_with_evidence, "status_likely")
GOLDEN(a_vanished_process_is_uncertain, "status_gone")
GOLDEN(owners_of_several_kinds_stand_side_by_side, "status_mixed")
GOLDEN(many_urls_are_cut_and_counted, "status_many_urls")
GOLDEN(text_from_outside_reaches_the_terminal_escaped, "status_hostile")
GOLDEN(a_free_port_is_one_line, "status_free")
GOLDEN(a_free_port_is_unreserved_only_when_that_was_read, "status_free_checked")
GOLDEN(a_reserved_port_says_the_range_and_the_error, "status_reserved")
GOLDEN(the_cure_of_a_reserved_port_has_its_price, "status_reserved_cure")
GOLDEN(every_range_that_reserves_a_port_takes_a_line, "status_reserved_twice")
GOLDEN(a_range_of_one_family_leaves_the_port_free, "status_free_ipv6_range")
GOLDEN(an_administered_range_is_told_of_a_free_port, "status_free_administered")
GOLDEN(a_port_that_a_connection_uses_is_free_and_in_use, "status_free_connection")
GOLDEN(what_a_connection_left_behind_keeps_nobody_out, "status_free_time_wait")
GOLDEN(a_free_port_says_who_may_take_it, "status_free_takers")
GOLDEN(relays_and_proxies_are_told_from_programs, "status_relays_and_proxy")
GOLDEN(a_port_proxy_is_its_rule_and_not_ip_helper, "status_port_proxies")
GOLDEN(port_proxies_with_several_targets_are_counted, "status_proxies_apart")
GOLDEN(a_narrow_listen_list_leaves_the_wildcard_free, "status_listen_list")
GOLDEN(a_listen_list_with_a_wildcard_is_not_shown, "status_listen_everywhere")
GOLDEN(every_way_out_is_shown_with_its_price, "status_every_way_out")
GOLDEN(a_service_with_a_strange_name_is_stopped_by_hand, "status_by_console")
GOLDEN(a_cure_that_is_no_plain_command_has_its_title, "status_cure_with_title")
GOLDEN(without_a_first_step_that_is_enough_all_are_ranked, "status_best_first")
GOLDEN(a_listener_without_registration_names_candidates, "status_unregistered")
GOLDEN(a_server_inside_wsl_is_what_to_stop, "status_wsl")
GOLDEN(an_unreadable_table_is_unknown, "status_unknown")
GOLDEN(a_missing_source_makes_it_incomplete, "status_incomplete")
GOLDEN(what_windows_stands_on_is_left_alone, "status_wininit")
GOLDEN(an_unknown_driver_has_a_next_step, "status_unknown_driver")
GOLDEN(services_that_must_not_stop_are_not_tried, "status_shared_protected")
GOLDEN(a_candidate_that_is_no_plain_word_is_in_no_command, "status_strange_candidate")

GOLDEN(who_had_the_port_before_is_told_of_its_holder, "status_past_taken")
GOLDEN(a_holder_that_was_restarted_has_held_it_longer, "status_past_restarted")
GOLDEN(since_when_is_told_though_windows_does_not_know, "status_past_since")
GOLDEN(who_had_a_free_port_last_is_told, "status_past_free")
GOLDEN(who_left_while_nobody_watched_is_gone_by_then, "status_past_unseen")
GOLDEN(who_had_a_reserved_port_last_is_told, "status_past_reserved")
GOLDEN(names_of_the_past_are_escaped_too, "status_past_hostile")

static void an_answer_with_nothing_but_a_state_is_shown(void **state) {
  (void)state;
  struct pg_text out;
  golden_from("{\"port\":80,\"state\":\"in_use\"}", &out, status_text);
  assert_non_null(strstr(pg_text_str(&out), "TCP 80  IN USE  "));
  pg_text_free(&out);
}

/* Whoever ends the driver, the relay or IP Helper because we said so does harm. */
static void nothing_is_said_of_stopping_who_holds_for_others(void **state) {
  static const char *const kinds[] = {"driver", "wsl_relay", "container_relay",
                                      "portproxy"};
  (void)state;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    struct pg_text json, out;
    pg_text_init(&json, 4096);
    pg_text_printf(&json,
                   "{\"port\":80,\"state\":\"in_use\",\"holders\":[{\"kind\":\"%s\","
                   "\"process\":{\"pid\":4,\"name\":\"x\"}},{\"kind\":\"process\","
                   "\"process\":{\"pid\":7,\"name\":\"y.exe\"}}]}",
                   kinds[i]);
    golden_from(pg_text_str(&json), &out, status_text);
    assert_non_null(strstr(pg_text_str(&out), "2 holders: each must let go"));
    assert_null(strstr(pg_text_str(&out), "ending"));
    pg_text_free(&out);
    pg_text_free(&json);
  }
}

static void a_state_of_a_newer_service_is_unknown(void **state) {
  (void)state;
  struct pg_text out;
  golden_from("{\"port\":80,\"state\":\"quantum\"}", &out, status_text);
  assert_non_null(strstr(pg_text_str(&out), "UNKNOWN"));
  pg_text_free(&out);
}

static void fields_of_wrong_types_are_not_said(void **state) {
  (void)state;
  struct pg_text out;
  golden_from(
      "{\"port\":\"x\",\"state\":\"in_use\",\"summary\":7,\"listeners\":[1,null,{}],"
      "\"holders\":[1,{\"kind\":2,\"service\":[],\"process\":{\"pid\":1.5}},"
      "{\"kind\":\"http.sys\",\"urls\":[1,{}],\"queue\":true}],"
      "\"fixes\":[3,{\"frees_port\":true,\"by_hand\":[1]}],\"warnings\":[{}]}",
      &out, status_text);
  assert_non_null(strstr(pg_text_str(&out), "IN USE"));
  pg_text_free(&out);
}

static void new_members_of_wrong_types_are_not_said(void **state) {
  (void)state;
  static const char *const answers[] = {
      ("{\"port\":80,\"state\":\"free\",\"excluded_ranges\":[1,{},{}],\"checked\":[{},"
       "null],\"connections\":[1,{\"pid\":\"x\"}],\"reservations\":[{},1],"
       "\"may_be_taken_by\":[{},7]}"),
      ("{\"port\":80,\"state\":\"in_use\",\"holders\":[{\"kind\":\"portproxy\","
       "\"proxy\":{},\"service\":{}},{\"kind\":\"wsl_relay\",\"advice\":[]},"
       "{\"kind\":\"driver\",\"candidates\":[1]}],\"ip_listen_list\":[1],"
       "\"not_recommended\":[1,{},{\"dependents\":[{}]}],"
       "\"fixes\":[{\"frees_port\":true},{\"caution\":\"; ; \"},{\"title\":1},5]}"),
      ("{\"port\":80,\"state\":\"in_use\",\"history\":{\"since\":7,\"last_holder\":{"
       "\"identity\":1,\"to\":\"2026-03-02T12:00:00Z\",\"how\":[]},\"last_change\":[]}}"),
      ("{\"port\":80,\"state\":\"free\",\"history\":{\"last_holder\":{\"identity\":"
       "\"process:\",\"to\":\"2026-03-02T12:00:00Z\"},\"last_change\":{\"summary\":"
       "\"x\",\"at\":1}}}"),
      ("{\"port\":80,\"state\":\"free\",\"history\":[1]}"),
      ("{\"port\":80,\"state\":\"reserved\",\"holders\":[{\"kind\":\"excluded_range\","
       "\"range\":7}],\"connections\":{}}")};
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    struct pg_text out;
    golden_from(answers[i], &out, status_text);
    assert_non_null(strstr(pg_text_str(&out), "TCP 80  "));
    pg_text_free(&out);
  }
}

static void the_state_is_coloured_and_still_written(void **state) {
  (void)state;
  struct pg_text out;
  struct render render;
  cJSON *result = cJSON_CreateObject();
  cJSON_AddNumberToObject(result, "port", 80);
  cJSON_AddStringToObject(result, "state", "free");
  golden_render(&render, &out);
  render.colour = true;
  status_text(&render, result);
  assert_string_equal(pg_text_str(&out),
                      "TCP 80  \033[1;32mFREE\033[0m  nothing listens on it\n");
  pg_text_free(&out);
  cJSON_Delete(result);
}

/* --- the answer of a one-off look --- */

static void marking_makes_an_answer_incomplete_with_a_warning(void **state) {
  (void)state;
  static const char *const answers[] = {"{\"complete\":true,\"warnings\":[\"old\"]}",
                                        "{\"ports\":[]}",
                                        "{\"complete\":false,\"warnings\":null}"};
  for (size_t i = 0; i < 3; i++) {
    cJSON *result =
        cJSON_ParseWithLengthOpts(answers[i], strlen(answers[i]) + 1, NULL, 1);
    assert_true(degraded_mark(result));
    const cJSON *warnings = cJSON_GetObjectItemCaseSensitive(result, "warnings");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(result, "complete")));
    assert_int_equal(cJSON_GetArraySize(warnings), i == 0 ? 2 : 1);
    const cJSON *last = cJSON_GetArrayItem(warnings, i == 0 ? 1 : 0);
    assert_non_null(strstr(cJSON_GetStringValue(last), "one-off"));
    cJSON_Delete(result);
  }
}

/* --- the ports of a call --- */

static enum pg_error guarded(const char *json, struct port_list *list) {
  memset(list, 0, sizeof *list);
  cJSON *health = cJSON_ParseWithLengthOpts(json, strlen(json) + 1, NULL, 1);
  assert_non_null(health);
  enum pg_error err = port_list_guarded(list, health, NULL);
  cJSON_Delete(health);
  return err;
}

static void guarded_ports_are_numbers_and_ranges(void **state) {
  (void)state;
  struct port_list list;
  assert_int_equal(guarded("{\"guarded_ports\":[80,443,\"8000-8002\",80]}", &list),
                   PG_OK);
  static const uint16_t expected[] = {80, 443, 8000, 8001, 8002};
  assert_int_equal(list.count, 5);
  assert_memory_equal(list.ports, expected, sizeof expected);
  assert_false(list.more);
}

static void guarded_ports_beyond_the_ceiling_are_noticed(void **state) {
  (void)state;
  struct port_list list;
  assert_int_equal(guarded("{\"guarded_ports\":[\"1-65535\"]}", &list), PG_OK);
  assert_int_equal(list.count, PG_CLIENT_PORTS);
  assert_true(list.more);
  assert_int_equal(guarded("{\"guarded_ports\":[\"1-256\",256]}", &list), PG_OK);
  assert_false(list.more);
}

static void guarded_ports_that_make_no_sense_are_refused(void **state) {
  (void)state;
  static const char *const broken[] = {
      "{}",
      "{\"guarded_ports\":80}",
      "{\"guarded_ports\":[0]}",
      "{\"guarded_ports\":[65536]}",
      "{\"guarded_ports\":[80.5]}",
      "{\"guarded_ports\":[\"80\"]}",
      "{\"guarded_ports\":[\"90-80\"]}",
      "{\"guarded_ports\":[\"-80\"]}",
      "{\"guarded_ports\":[\"1-2-3\"]}",
      "{\"guarded_ports\":[\"000000000001-2\"]}",
      "{\"guarded_ports\":[null]}",
  };
  struct port_list list;
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
    assert_int_equal(guarded(broken[i], &list), PG_E_FORMAT);
}

static void a_port_given_twice_is_asked_once(void **state) {
  (void)state;
  struct port_list list = {.count = 0};
  assert_true(port_list_add(&list, 80));
  assert_true(port_list_add(&list, 443));
  assert_true(port_list_add(&list, 80));
  assert_int_equal(list.count, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_holders_behind_http_sys_are_both_told),
      cmocka_unit_test(an_idle_pool_is_shown_by_its_controller),
      cmocka_unit_test(a_plain_process_is_named_with_its_path),
      cmocka_unit_test(a_service_says_its_state_and_start_type),
      cmocka_unit_test(a_service_in_a_shared_process_is_named),
      cmocka_unit_test(services_that_cannot_be_told_apart_are_all_listed),
      cmocka_unit_test(a_driver_says_why_it_is_one),
      cmocka_unit_test(a_likely_holder_is_called_likely_with_evidence),
      cmocka_unit_test(a_vanished_process_is_uncertain),
      cmocka_unit_test(owners_of_several_kinds_stand_side_by_side),
      cmocka_unit_test(many_urls_are_cut_and_counted),
      cmocka_unit_test(text_from_outside_reaches_the_terminal_escaped),
      cmocka_unit_test(a_free_port_is_one_line),
      cmocka_unit_test(a_free_port_is_unreserved_only_when_that_was_read),
      cmocka_unit_test(a_reserved_port_says_the_range_and_the_error),
      cmocka_unit_test(the_cure_of_a_reserved_port_has_its_price),
      cmocka_unit_test(every_range_that_reserves_a_port_takes_a_line),
      cmocka_unit_test(a_range_of_one_family_leaves_the_port_free),
      cmocka_unit_test(an_administered_range_is_told_of_a_free_port),
      cmocka_unit_test(a_port_that_a_connection_uses_is_free_and_in_use),
      cmocka_unit_test(what_a_connection_left_behind_keeps_nobody_out),
      cmocka_unit_test(a_free_port_says_who_may_take_it),
      cmocka_unit_test(relays_and_proxies_are_told_from_programs),
      cmocka_unit_test(a_port_proxy_is_its_rule_and_not_ip_helper),
      cmocka_unit_test(port_proxies_with_several_targets_are_counted),
      cmocka_unit_test(a_narrow_listen_list_leaves_the_wildcard_free),
      cmocka_unit_test(a_listen_list_with_a_wildcard_is_not_shown),
      cmocka_unit_test(every_way_out_is_shown_with_its_price),
      cmocka_unit_test(a_service_with_a_strange_name_is_stopped_by_hand),
      cmocka_unit_test(a_cure_that_is_no_plain_command_has_its_title),
      cmocka_unit_test(without_a_first_step_that_is_enough_all_are_ranked),
      cmocka_unit_test(a_listener_without_registration_names_candidates),
      cmocka_unit_test(a_server_inside_wsl_is_what_to_stop),
      cmocka_unit_test(an_unreadable_table_is_unknown),
      cmocka_unit_test(a_missing_source_makes_it_incomplete),
      cmocka_unit_test(what_windows_stands_on_is_left_alone),
      cmocka_unit_test(an_unknown_driver_has_a_next_step),
      cmocka_unit_test(services_that_must_not_stop_are_not_tried),
      cmocka_unit_test(a_candidate_that_is_no_plain_word_is_in_no_command),
      cmocka_unit_test(who_had_the_port_before_is_told_of_its_holder),
      cmocka_unit_test(a_holder_that_was_restarted_has_held_it_longer),
      cmocka_unit_test(since_when_is_told_though_windows_does_not_know),
      cmocka_unit_test(who_had_a_free_port_last_is_told),
      cmocka_unit_test(who_left_while_nobody_watched_is_gone_by_then),
      cmocka_unit_test(who_had_a_reserved_port_last_is_told),
      cmocka_unit_test(names_of_the_past_are_escaped_too),
      cmocka_unit_test(an_answer_with_nothing_but_a_state_is_shown),
      cmocka_unit_test(nothing_is_said_of_stopping_who_holds_for_others),
      cmocka_unit_test(a_state_of_a_newer_service_is_unknown),
      cmocka_unit_test(fields_of_wrong_types_are_not_said),
      cmocka_unit_test(new_members_of_wrong_types_are_not_said),
      cmocka_unit_test(the_state_is_coloured_and_still_written),
      cmocka_unit_test(marking_makes_an_answer_incomplete_with_a_warning),
      cmocka_unit_test(guarded_ports_are_numbers_and_ranges),
      cmocka_unit_test(guarded_ports_beyond_the_ceiling_are_noticed),
      cmocka_unit_test(guarded_ports_that_make_no_sense_are_refused),
      cmocka_unit_test(a_port_given_twice_is_asked_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
