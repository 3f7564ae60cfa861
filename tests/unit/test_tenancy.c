#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/text.h"
#include "service/history/tenancy.h"

#include <stdio.h>

static struct pg_text said;

static void say(void *context, const char *identity, size_t len, bool begins) {
  (void)context;
  pg_text_printf(&said, "%s%c%.*s", said.len > 0 ? " " : "", begins ? '+' : '-', (int)len,
                 identity);
}

static void check(const char *before, const char *after, const char *expected) {
  pg_text_init(&said, 4096);
  tenancy_compare(before, after, say, NULL);
  assert_string_equal(pg_text_str(&said), expected);
  pg_text_free(&said);
}

static void who_comes_and_who_goes_is_told_in_order(void **state) {
  (void)state;
  check(NULL, NULL, "");
  check("", "service:A", "+service:A");
  check(NULL, "http.sys:B\nhttp.sys:W", "+http.sys:B +http.sys:W");
  check("http.sys:B\nhttp.sys:W", NULL, "-http.sys:B -http.sys:W");
  check("http.sys:B\nhttp.sys:W", "http.sys:W", "-http.sys:B");
  check("http.sys:W", "http.sys:B\nhttp.sys:W\nprocess:a", "+http.sys:B +process:a");
  check("process:C:\\x.exe", "process:C:\\y.exe",
        "-process:C:\\x.exe +process:C:\\y.exe");
}

static void names_are_in_the_order_of_the_lists(void **state) {
  (void)state;
  /* By kind as it is, by name without regard to case; a name before a longer one. */
  check("service:a\nservice:B", "service:a\nservice:AB\nservice:B", "+service:AB");
  check("service:App", "service:app\nservice:Apple", "+service:Apple");
  check("http.sys:z\nservice:a", "service:a", "-http.sys:z");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_comes_and_who_goes_is_told_in_order),
      cmocka_unit_test(names_are_in_the_order_of_the_lists),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
