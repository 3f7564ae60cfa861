/* What an answer of `status` means for a script. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client/verdict.h"

#include <string.h>

static void expect(const char *json, const char *address, enum verdict expected) {
  cJSON *status = cJSON_Parse(json);
  assert_non_null(status);
  enum verdict found = verdict_of(status, address);
  if (found != expected)
    fail_msg("%s on %s: %s, expected %s", json, address != NULL ? address : "any",
             verdict_word(found), verdict_word(expected));
  cJSON_Delete(status);
}

#define LISTENS(address) \
  "\"state\":\"in_use\",\"listeners\":[{\"address\":\"" address "\"}]"
#define NO_RANGES "\"excluded_ranges\":[]"
#define RANGE(family, first, last, administered)                                       \
  "\"excluded_ranges\":[{\"family\":\"" family "\",\"first\":" first ",\"last\":" last \
  ",\"administered\":" administered "}]"

static void the_wildcard_is_what_the_service_says(void **state) {
  static const char *const wildcards[] = {NULL, "0.0.0.0", "::"};
  (void)state;
  for (size_t i = 0; i < sizeof wildcards / sizeof *wildcards; i++) {
    const char *any = wildcards[i];
    expect("{\"wildcard_bindable\":\"yes\"," LISTENS("127.0.0.1") "}", any, VERDICT_FREE);
    expect("{\"wildcard_bindable\":\"no\"," LISTENS("::") "}", any, VERDICT_IN_USE);
    expect("{\"wildcard_bindable\":\"no\",\"state\":\"reserved\"}", any,
           VERDICT_RESERVED);
    /* Somebody has an address of it, but that is not why it is refused. */
    expect("{\"wildcard_bindable\":\"no\"," LISTENS("127.0.0.1") "}", any,
           VERDICT_RESERVED);
    expect("{\"wildcard_bindable\":\"unknown\",\"state\":\"free\"}", any,
           VERDICT_UNKNOWN);
    expect("{}", any, VERDICT_UNKNOWN);
    expect("{\"wildcard_bindable\":true}", any, VERDICT_UNKNOWN);
  }
}

static void an_address_is_taken_by_its_listener_and_by_the_wildcard(void **state) {
  (void)state;
  expect("{" LISTENS("127.0.0.1") "," NO_RANGES "}", "127.0.0.1", VERDICT_IN_USE);
  expect("{" LISTENS("127.0.0.1") "," NO_RANGES "}", "127.0.0.2", VERDICT_FREE);
  expect("{" LISTENS("127.0.0.1") "," NO_RANGES "}", "::1", VERDICT_FREE);
  expect("{" LISTENS("0.0.0.0") "," NO_RANGES "}", "127.0.0.1", VERDICT_IN_USE);
  expect("{" LISTENS("0.0.0.0") "," NO_RANGES "}", "::1", VERDICT_FREE);
  expect("{" LISTENS("::") "," NO_RANGES "}", "::1", VERDICT_IN_USE);
  expect("{" LISTENS("0:0::0001") "," NO_RANGES "}", "::1", VERDICT_IN_USE);
  expect("{" LISTENS("fe80::1%7") "," NO_RANGES "}", "fe80::1", VERDICT_IN_USE);
  /* It may have both families, which no table tells. */
  expect("{" LISTENS("::") "," NO_RANGES "}", "127.0.0.1", VERDICT_UNKNOWN);
  expect("{" LISTENS("strange") "," NO_RANGES "}", "127.0.0.1", VERDICT_UNKNOWN);
}

static void an_address_is_refused_by_a_dynamic_range_of_its_family(void **state) {
  (void)state;
  expect("{\"state\":\"reserved\"," RANGE("ipv4", "80", "89", "false") "}", "127.0.0.1",
         VERDICT_RESERVED);
  expect("{\"state\":\"free\"," RANGE("ipv6", "80", "89", "false") "}", "127.0.0.1",
         VERDICT_FREE);
  expect("{\"state\":\"free\"," RANGE("ipv6", "80", "89", "false") "}", "::1",
         VERDICT_RESERVED);
  expect("{\"state\":\"free\"," RANGE("ipv4", "80", "89", "true") "}", "127.0.0.1",
         VERDICT_FREE);
  expect("{\"state\":\"free\"," RANGE("ipv4", "80", "80", "false") "}", "127.0.0.1",
         VERDICT_FREE);
}

static void what_was_not_read_is_not_known(void **state) {
  (void)state;
  expect("{\"state\":\"free\",\"excluded_ranges\":null}", "127.0.0.1", VERDICT_UNKNOWN);
  expect("{\"state\":\"unknown\"," NO_RANGES "}", "127.0.0.1", VERDICT_UNKNOWN);
}

static void a_connection_is_in_the_way_of_its_own_address(void **state) {
#define USED(state_of)                                               \
  "{\"state\":\"free\"," NO_RANGES ",\"connections\":[{\"address\":" \
  "\"10.0.0.5\",\"state\":\"" state_of "\"}]}"
  (void)state;
  expect(USED("established"), "10.0.0.5", VERDICT_UNKNOWN);
  expect(USED("established"), "127.0.0.1", VERDICT_FREE);
  expect(USED("time_wait"), "10.0.0.5", VERDICT_FREE);
}

static void somebody_listens_on_an_address_or_on_any(void **state) {
  cJSON *status = cJSON_Parse("{" LISTENS("127.0.0.1") "}");
  (void)state;
  assert_true(verdict_listens(status, NULL));
  assert_true(verdict_listens(status, "127.0.0.1"));
  assert_false(verdict_listens(status, "127.0.0.2"));
  assert_false(verdict_listens(status, "0.0.0.0"));
  cJSON_Delete(status);
}

static void a_look_from_before_the_question_is_not_known(void **state) {
  cJSON *old = cJSON_Parse("{\"state\":\"free\",\"complete\":true,\"age_ms\":2000,"
                           "\"wildcard_bindable\":\"yes\",\"excluded_ranges\":[]}");
  cJSON *new = cJSON_Parse("{\"state\":\"free\",\"complete\":true,\"age_ms\":1999,"
                           "\"wildcard_bindable\":\"yes\",\"excluded_ranges\":[]}");
  (void)state;
  assert_int_equal(verdict_of(old, NULL), VERDICT_UNKNOWN);
  assert_int_equal(verdict_of(old, "127.0.0.1"), VERDICT_UNKNOWN);
  assert_int_equal(verdict_of(new, NULL), VERDICT_FREE);
  assert_int_equal(verdict_of(new, "127.0.0.1"), VERDICT_FREE);
  cJSON_Delete(old);
  cJSON_Delete(new);
}

static void expect_held(const char *holders, const char *name, enum held expected) {
  cJSON *status = cJSON_Parse(holders);
  assert_int_equal(verdict_held_by(status, name), expected);
  cJSON_Delete(status);
}

static void a_holder_is_known_by_its_service_or_its_program(void **state) {
  static const char both[] =
      "{\"state\":\"in_use\",\"holders\":["
      "{\"service\":null,\"process\":{\"name\":\"nginx.exe\"},\"confidence\":\"certain\"}"
      ","
      "{\"service\":{\"name\":\"W3SVC\"},\"process\":{\"name\":\"w3wp.exe\"}}]}";
  (void)state;
  expect_held(both, "w3svc", HELD_YES);
  expect_held(both, "NGINX.exe", HELD_YES);
  expect_held(both, "nginx", HELD_NO);
  expect_held("{\"state\":\"free\",\"holders\":[]}", "W3SVC", HELD_NO);
  expect_held("{\"state\":\"in_use\",\"holders\":[{\"confidence\":\"unknown\"}]}",
              "W3SVC", HELD_UNKNOWN);
  expect_held("{\"state\":\"unknown\"}", "W3SVC", HELD_UNKNOWN);
}

static void who_is_not_named_in_an_incomplete_answer_may_be_a_holder(void **state) {
  static const char no_services[] =
      "{\"state\":\"in_use\",\"complete\":false,\"holders\":[{\"service\":null,"
      "\"process\":{\"name\":\"mysqld.exe\"},\"confidence\":\"likely\"}]}";
  (void)state;
  expect_held(no_services, "MySQL80", HELD_UNKNOWN);
  expect_held(no_services, "mysqld.exe", HELD_YES);
  expect_held("{\"state\":\"free\",\"complete\":false,\"holders\":[]}", "MySQL80",
              HELD_NO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_wildcard_is_what_the_service_says),
      cmocka_unit_test(an_address_is_taken_by_its_listener_and_by_the_wildcard),
      cmocka_unit_test(an_address_is_refused_by_a_dynamic_range_of_its_family),
      cmocka_unit_test(what_was_not_read_is_not_known),
      cmocka_unit_test(a_connection_is_in_the_way_of_its_own_address),
      cmocka_unit_test(somebody_listens_on_an_address_or_on_any),
      cmocka_unit_test(a_look_from_before_the_question_is_not_known),
      cmocka_unit_test(a_holder_is_known_by_its_service_or_its_program),
      cmocka_unit_test(who_is_not_named_in_an_incomplete_answer_may_be_a_holder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
