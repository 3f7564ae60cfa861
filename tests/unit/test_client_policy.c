#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client_golden.h"
#include "golden_text.h"

#include "client/policy_text.h"

#include <stdlib.h>
#include <string.h>

#define GOLDEN(sentence, name, text)   \
  static void sentence(void **state) { \
    (void)state;                       \
    golden_check(name, text);          \
  }

GOLDEN(a_rule_is_told_in_words, "policy_show_one", policy_show_text)
GOLDEN(several_rules_follow_one_another, "policy_show_several", policy_show_text)
GOLDEN(a_pause_of_all_and_of_one_say_until_when, "policy_show_paused", policy_show_text)
GOLDEN(a_suspension_says_its_end, "policy_show_suspended", policy_show_text)
GOLDEN(without_rules_it_says_where_to_write_them, "policy_show_none", policy_show_text)
GOLDEN(a_file_without_rules_is_named, "policy_show_empty_file", policy_show_text)
GOLDEN(a_rejected_file_says_why, "policy_show_rejected", policy_show_text)
GOLDEN(the_rules_of_before_are_told_as_such, "policy_show_old_in_force", policy_show_text)
GOLDEN(what_group_policy_says_otherwise_is_told, "policy_show_group_policy",
       policy_show_text)
GOLDEN(rules_that_group_policy_switches_off_are_named, "policy_show_switched_off",
       policy_show_text)
GOLDEN(who_rejected_group_policy_need_not_mend_a_file, "policy_show_policy_rejected",
       policy_show_text)
GOLDEN(where_nothing_can_stop_rules_observe, "policy_show_no_action", policy_show_text)
GOLDEN(hostile_names_are_escaped, "policy_show_hostile", policy_show_text)
GOLDEN(long_lists_wrap, "policy_show_long", policy_show_text)
GOLDEN(a_test_says_what_would_stop, "policy_test_stop", policy_test_text)
GOLDEN(a_test_says_what_each_rule_has_to_do_with_it, "policy_test_disable",
       policy_test_text)
GOLDEN(a_test_says_that_it_would_only_be_logged, "policy_test_observe", policy_test_text)
GOLDEN(a_test_says_why_nothing_happens, "policy_test_nothing", policy_test_text)
GOLDEN(a_test_without_rules_says_so, "policy_test_no_rules", policy_test_text)
GOLDEN(a_test_names_the_safety_rule, "policy_test_refused", policy_test_text)
GOLDEN(hostile_words_in_a_test_are_escaped, "policy_test_hostile", policy_test_text)

static void shows(const char *json,
                  void (*text)(struct render *render, const cJSON *result),
                  const char *expected) {
  struct pg_text out;
  golden_from(json, &out, text);
  if (expected != NULL)
    assert_string_equal(pg_text_str(&out), expected);
  pg_text_free(&out);
}

static void a_pause_takes_one_line(void **state) {
  (void)state;
  shows("{\"rule\":\"keep-80-free\",\"paused_until\":\"2026-03-02T14:26:30.995Z\"}",
        policy_pause_text, "PAUSED  keep-80-free, until 14:26:30 today (2 h 0 min)\n");
  shows("{\"rule\":null,\"paused_until\":\"2026-03-04T12:26:31Z\"}", policy_pause_text,
        "PAUSED  all rules, until 2026-03-04 12:26:31 (2 d 0 h)\n");
  shows("{\"rule\":\"a\\u001b\\u202e\",\"paused_until\":1}", policy_pause_text,
        "PAUSED  a<1B><202E>\n");
}

static void resuming_takes_one_line(void **state) {
  (void)state;
  shows("{\"rule\":\"keep-80-free\"}", policy_resume_text,
        "RESUMED  keep-80-free: pauses and suspensions are over, strikes forgotten\n");
  shows("{\"rule\":null,\"warnings\":[\"a\\u001b\"]}", policy_resume_text,
        "RESUMED  all rules: pauses and suspensions are over, strikes forgotten\n"
        "\nNote  a<1B>\n");
}

static void answers_in_another_shape_are_shown(void **state) {
  static const char *const answers[] = {
      "{}",
      "{\"rules\":[{},1,null,{\"ports\":[{}],\"services\":[1],\"schedule\":[1,{}]}]}",
      "{\"rules\":[{\"watched\":[{},1],\"schedule\":[{\"days\":[]},{\"days\":[1]}]}]}",
      "{\"rules\":{},\"configuration\":1,\"paused_until\":{},\"no_action\":1}",
      "{\"result\":\"postponed\",\"port\":\"80\",\"rules\":[{\"part\":1}],\"at\":1}",
      "{\"result\":\"stop\",\"confirm_s\":-1,\"port\":65535}",
      "{\"result\":\"refused\"}"};
  (void)state;
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    shows(answers[i], policy_show_text, NULL);
    shows(answers[i], policy_test_text, NULL);
    shows(answers[i], policy_pause_text, NULL);
    shows(answers[i], policy_resume_text, NULL);
  }
}

static void colour_is_never_the_only_carrier(void **state) {
  static const char json[] = "{\"rules\":[{\"name\":\"a\",\"mode\":\"enforce\","
                             "\"open\":true}]}";
  struct render render;
  struct pg_text out;
  (void)state;
  cJSON *result = cJSON_ParseWithLengthOpts(json, sizeof json, NULL, 1);
  golden_render(&render, &out);
  render.colour = true;
  policy_show_text(&render, result);
  assert_non_null(strstr(pg_text_str(&out), "\033[1;32mENFORCING\033[0m  a\n"));
  pg_text_free(&out);
  cJSON_Delete(result);
}

static void the_page_of_the_commands_shows_what_is_printed(void **state) {
  static const char *const shown[] = {"client/policy_show_one.txt",
                                      "client/policy_test_stop.txt"};
  char *page = golden_read("../../docs/cli.md");
  (void)state;
  assert_non_null(page);
  for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
    struct pg_text block;
    char *text = golden_read(shown[i]);
    assert_non_null(text);
    pg_text_init(&block, RENDER_LINE_MAX);
    golden_indent(&block, text);
    if (strstr(page, pg_text_str(&block)) == NULL)
      fail_msg("docs/cli.md does not show %s", shown[i]);
    pg_text_free(&block);
    free(text);
  }
  free(page);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_rule_is_told_in_words),
      cmocka_unit_test(several_rules_follow_one_another),
      cmocka_unit_test(a_pause_of_all_and_of_one_say_until_when),
      cmocka_unit_test(a_suspension_says_its_end),
      cmocka_unit_test(without_rules_it_says_where_to_write_them),
      cmocka_unit_test(a_file_without_rules_is_named),
      cmocka_unit_test(a_rejected_file_says_why),
      cmocka_unit_test(the_rules_of_before_are_told_as_such),
      cmocka_unit_test(what_group_policy_says_otherwise_is_told),
      cmocka_unit_test(rules_that_group_policy_switches_off_are_named),
      cmocka_unit_test(who_rejected_group_policy_need_not_mend_a_file),
      cmocka_unit_test(where_nothing_can_stop_rules_observe),
      cmocka_unit_test(hostile_names_are_escaped),
      cmocka_unit_test(long_lists_wrap),
      cmocka_unit_test(a_test_says_what_would_stop),
      cmocka_unit_test(a_test_says_what_each_rule_has_to_do_with_it),
      cmocka_unit_test(a_test_says_that_it_would_only_be_logged),
      cmocka_unit_test(a_test_says_why_nothing_happens),
      cmocka_unit_test(a_test_without_rules_says_so),
      cmocka_unit_test(a_test_names_the_safety_rule),
      cmocka_unit_test(hostile_words_in_a_test_are_escaped),
      cmocka_unit_test(a_pause_takes_one_line),
      cmocka_unit_test(resuming_takes_one_line),
      cmocka_unit_test(answers_in_another_shape_are_shown),
      cmocka_unit_test(colour_is_never_the_only_carrier),
      cmocka_unit_test(the_page_of_the_commands_shows_what_is_printed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
