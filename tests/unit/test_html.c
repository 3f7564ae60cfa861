/* No text becomes markup. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client/html.h"
#include "common/limits.h"

#include <string.h>

static void check(void (*write)(struct pg_text *out, const char *text), const char *text,
                  const char *expected) {
  struct pg_text out;
  pg_text_init(&out, PG_MIB);
  write(&out, text);
  assert_false(out.failed);
  assert_string_equal(pg_text_str(&out), expected);
  pg_text_free(&out);
}

static void what_means_something_in_html_becomes_a_reference(void **state) {
  (void)state;
  check(html_text, "", "");
  check(html_text, "plain words, 100 %; ]]> --", "plain words, 100 %; ]]&gt; --");
  check(html_text, "&<>\"'&", "&amp;&lt;&gt;&quot;&#39;&amp;");
  check(html_text, "a\xc3\xa4\xe2\x82\xac", "a\xc3\xa4\xe2\x82\xac");
}

static void words_from_outside_are_made_fit_to_be_shown_first(void **state) {
  (void)state;
  check(html_outside, NULL, "");
  check(html_outside, "</style><script>'x'",
        "&lt;3C&gt;/style&gt;&lt;3C&gt;script&gt;&#39;x&#39;");
  check(html_outside, "a\x1b\n\xe2\x80\xae", "a&lt;1B&gt;&lt;0A&gt;&lt;202E&gt;");
  check(html_outside, "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd");
}

static void long_words_are_cut_but_commands_are_not(void **state) {
  char text[2000], *end = text + sizeof text - 1;
  struct pg_text out;
  (void)state;
  memset(text, 'x', sizeof text);
  *end = '\0';
  pg_text_init(&out, PG_MIB);
  html_outside(&out, text);
  assert_int_equal(out.len, PG_SHOWN_CHARS + 3);
  pg_text_clear(&out);
  html_command(&out, text);
  assert_int_equal(out.len, sizeof text - 1);
  pg_text_free(&out);
}

static void words_that_failed_make_the_page_fail(void **state) {
  struct pg_text out, words;
  (void)state;
  pg_text_init(&out, PG_MIB);
  pg_text_init(&words, 2);
  pg_text_str_add(&words, "too long");
  html_words(&out, &words);
  assert_true(out.failed);
  pg_text_free(&words);
  pg_text_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_means_something_in_html_becomes_a_reference),
      cmocka_unit_test(words_from_outside_are_made_fit_to_be_shown_first),
      cmocka_unit_test(long_words_are_cut_but_commands_are_not),
      cmocka_unit_test(words_that_failed_make_the_page_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
