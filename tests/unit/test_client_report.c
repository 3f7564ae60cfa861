/* The page of `report`. What a browser makes of it is looked at in
 * tests/e2e/linux_report.py. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client_golden.h"
#include "golden_text.h"

#include "client/open_file.h"
#include "client/report.h"
#include "common/limits.h"

#include <stdlib.h>
#include <string.h>

/* The page of |json|, to free with pg_text_free. */
static void make(const char *json, const char *host, struct pg_text *out) {
  struct render clock;
  struct pg_text unused;
  cJSON *result = cJSON_ParseWithLengthOpts(json, strlen(json) + 1, NULL, 1);
  assert_non_null(result);
  golden_render(&clock, &unused);
  pg_text_init(out, 16 * PG_MIB);
  struct report report = {.out = out,
                          .result = result,
                          .host = host,
                          .version = "0.0.0",
                          .local_time = clock.local_time};
  report_page(&report);
  assert_false(out->failed);
  cJSON_Delete(result);
}

static void a_report_is_one_page(void **state) {
  struct pg_text page;
  char *json = golden_read("client/report_host.json");
  (void)state;
  assert_non_null(json);
  make(json, "WEB01", &page);
  golden_compare("client/report_host.html", pg_text_str(&page));
  pg_text_free(&page);
  free(json);
}

static void check(const char *json, const char *words) {
  struct pg_text page;
  make(json, NULL, &page);
  if (strstr(pg_text_str(&page), words) == NULL)
    fail_msg("%s is not in %s", words, pg_text_str(&page));
  pg_text_free(&page);
}

#define TIMES \
  "\"since\":\"2026-02-23T12:26:31Z\",\"until\":\"2026-03-02T12:26:31Z\",\"schema\":1"

static void a_machine_of_which_there_is_nothing_to_tell_has_a_page_too(void **state) {
  static const char json[] =
      "{" TIMES ",\"complete\":true,\"ports\":[],\"quiet_ports\":"
      "[80,\"8000-8090\"],\"entries\":[],\"policy\":{\"rules\":[]}}";
  (void)state;
  check(json, "There is nothing to tell");
  check(json, "with nothing to tell: 80, 8000-8090.");
  check(json, "No rules: nothing is ever stopped by itself.");
}

static void without_a_history_the_page_says_so(void **state) {
  static const char json[] = "{" TIMES ",\"complete\":false,\"ports\":[{\"port\":80}],"
                             "\"warnings\":[\"nothing is told of the past: <x>\"]}";
  (void)state;
  check(json, "<strong>Incomplete:</strong>");
  check(json, "nothing is told of the past: &lt;3C&gt;x&gt;");
  check(json, "Nothing is remembered of this time.");
}

static void the_zone_is_named_once_for_all_times(void **state) {
  (void)state;
  check("{" TIMES "}", "Times are local, UTC+00:00</span>");
}

static void answers_in_another_shape_become_a_page(void **state) {
  static const char *const answers[] = {
      "{}",
      "{\"ports\":1,\"policy\":[],\"entries\":{},\"quiet_ports\":\"x\"}",
      "{" TIMES ",\"ports\":[1,null,{},{\"port\":\"80\",\"status\":[],\"graph\":1}]}",
      "{" TIMES ",\"ports\":[{\"status\":{\"state\":\"in_use\",\"holders\":[1,{}],"
      "\"fixes\":[1,{},{\"commands\":[1]}],\"listeners\":[{}]},\"tenancies\":[1,{},"
      "{\"identity\":1},{\"identity\":\"x\",\"how\":\"unknown\"}],\"entries\":[1,{}],"
      "\"graph\":{\"nodes\":[1,{\"id\":\"a\"}],\"edges\":[{\"from\":\"a\",\"to\":\"a\"}]}"
      "}]}",
      "{\"since\":\"2026-03-02T12:26:31Z\",\"until\":\"2026-02-02T12:26:31Z\",\"ports\":"
      "[{\"port\":-1,\"tenancies\":[{\"from\":\"2026-03-02T12:26:31Z\"}]}]}",
      "{" TIMES ",\"policy\":{\"rules\":[1,{},{\"watched\":[1,{}]}],\"no_action\":1}}"};
  (void)state;
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    struct pg_text page;
    make(answers[i], NULL, &page);
    assert_non_null(strstr(pg_text_str(&page), "</html>"));
    pg_text_free(&page);
  }
}

static void only_pages_are_opened(void **state) {
  static const char *const pages[] = {"a.html", "C:\\x\\A.HTM", "./-r.Html"};
  static const char *const others[] = {"a",     ".html", "a.html.cmd",
                                       "a.exe", "html",  "a.htm "};
  (void)state;
  for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
    assert_true(open_file_allowed(pages[i]));
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    assert_false(open_file_allowed(others[i]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_report_is_one_page),
      cmocka_unit_test(a_machine_of_which_there_is_nothing_to_tell_has_a_page_too),
      cmocka_unit_test(without_a_history_the_page_says_so),
      cmocka_unit_test(the_zone_is_named_once_for_all_times),
      cmocka_unit_test(answers_in_another_shape_become_a_page),
      cmocka_unit_test(only_pages_are_opened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
