/* What an errand says of the rules that decided on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/policing.h"

/* More than a configuration may say: as when there is no memory. */
static void half_a_list_of_names_is_none(void **state) {
  static const struct pg_rule rule = {.name = "keep-80-free"};
  static const struct pg_rule *rules[50000];
  struct policy_decision decision = {.rules = rules, .rule_count = 2};
  struct pg_text words, json;
  (void)state;
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    rules[i] = &rule;
  errand_names(&decision, &words, &json);
  assert_string_equal(pg_text_str(&words), "keep-80-free, keep-80-free");
  assert_string_equal(pg_text_str(&json), "[\"keep-80-free\",\"keep-80-free\"]");
  pg_text_free(&words);
  pg_text_free(&json);
  decision.rule_count = sizeof rules / sizeof *rules;
  errand_names(&decision, &words, &json);
  assert_string_equal(pg_text_str(&json), "");
  pg_text_free(&words);
  pg_text_free(&json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(half_a_list_of_names_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
