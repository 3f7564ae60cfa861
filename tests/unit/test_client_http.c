#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client_golden.h"

#include "client/action_text.h"
#include "client/http_config_text.h"

#include <string.h>

#define GOLDEN(sentence, name, text)   \
  static void sentence(void **state) { \
    (void)state;                       \
    golden_check(name, text);          \
  }

GOLDEN(reservations_say_who_may_register, "reservations_host", http_reservations_text)
GOLDEN(no_reservation_is_said, "reservations_none", http_reservations_text)
GOLDEN(unread_reservations_are_not_none, "reservations_unread", http_reservations_text)
GOLDEN(a_listen_list_says_what_it_means, "listen_list_host", http_listen_list_text)
GOLDEN(an_empty_listen_list_says_so, "listen_list_empty", http_listen_list_text)
GOLDEN(certificates_are_shown_whole, "certificates_host", http_certificates_text)
GOLDEN(no_certificate_is_said, "certificates_none", http_certificates_text)

static void a_plan_names_the_address_it_is_about(void **state) {
  (void)state;
  struct pg_text out;
  golden_from("{\"steps\":[{\"do\":\"add to the IP listen list\","
              "\"address\":\"127.0.0.2\",\"outcome\":null},"
              "{\"do\":\"take off the IP listen list\",\"address\":\"\u202e::1\","
              "\"outcome\":\"failed\",\"words\":\"access denied\"}]}",
              &out, action_plan_text);
  assert_string_equal(pg_text_str(&out),
                      "  1. add to the IP listen list (127.0.0.2)\n"
                      "  2. take off the IP listen list (<202E>::1): failed, access "
                      "denied\n");
  pg_text_free(&out);
}

static void answers_in_another_shape_are_shown(void **state) {
  static const char *const answers[] = {
      "{}", "{\"reservations\":[{},1,{\"accounts\":[1,{}]}]}",
      "{\"ip_listen_list\":[{},null,1]}", "{\"certificates\":[{},null,{\"app_id\":1}]}"};
  (void)state;
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    struct pg_text out;
    golden_from(answers[i], &out, http_reservations_text);
    pg_text_free(&out);
    golden_from(answers[i], &out, http_listen_list_text);
    pg_text_free(&out);
    golden_from(answers[i], &out, http_certificates_text);
    pg_text_free(&out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reservations_say_who_may_register),
      cmocka_unit_test(no_reservation_is_said),
      cmocka_unit_test(unread_reservations_are_not_none),
      cmocka_unit_test(a_listen_list_says_what_it_means),
      cmocka_unit_test(an_empty_listen_list_says_so),
      cmocka_unit_test(certificates_are_shown_whole),
      cmocka_unit_test(no_certificate_is_said),
      cmocka_unit_test(a_plan_names_the_address_it_is_about),
      cmocka_unit_test(answers_in_another_shape_are_shown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
