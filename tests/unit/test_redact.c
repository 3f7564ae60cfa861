#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/capture/redact.h"

#include <string.h>

static void expect(const char *in, const char *out) {
  struct pg_text text;
  pg_text_init(&text, 4096);
  redact_profiles(&text, in, strlen(in));
  assert_string_equal(pg_text_str(&text), out);
  pg_text_free(&text);
}

static void the_name_of_a_profile_folder_is_written_as_user(void **state) {
  (void)state;
  expect("C:\\Users\\Alice Liddell\\app\\node.exe", "C:\\Users\\user\\app\\node.exe");
  expect("d:\\users\\bob\\x.exe", "d:\\users\\user\\x.exe");
  expect("C:\\Users\\alice", "C:\\Users\\user");
}

static void every_line_of_a_text_is_looked_at_and_line_ends_stay(void **state) {
  (void)state;
  expect(
      "    ID: 7, image: C:\\Users\\al\\a.exe\r\n    ID: 8, image: C:\\Users\\bo\r\nend",
      "    ID: 7, image: C:\\Users\\user\\a.exe\r\n    ID: 8, image: "
      "C:\\Users\\user\r\nend");
}

static void paths_that_belong_to_nobody_are_kept(void **state) {
  (void)state;
  expect("C:\\Users\\Public\\tool.exe", "C:\\Users\\Public\\tool.exe");
  expect("C:\\Users\\", "C:\\Users\\");
  expect("C:\\Program Files\\Users\\x.exe", "C:\\Program Files\\Users\\x.exe");
  expect("", "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_name_of_a_profile_folder_is_written_as_user),
      cmocka_unit_test(every_line_of_a_text_is_looked_at_and_line_ends_stay),
      cmocka_unit_test(paths_that_belong_to_nobody_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
