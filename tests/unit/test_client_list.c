#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client_golden.h"

#include "client/health_text.h"
#include "client/http_text.h"
#include "client/list_text.h"

#include <stdio.h>
#include <string.h>

#define GOLDEN(sentence, name, text)   \
  static void sentence(void **state) { \
    (void)state;                       \
    golden_check(name, text);          \
  }

GOLDEN(every_port_takes_one_line_in_the_given_order, "list_host", list_text)
GOLDEN(an_empty_list_says_so, "list_empty", list_text)
GOLDEN(a_one_off_list_is_marked_incomplete, "list_degraded", list_text)
GOLDEN(queues_show_processes_services_and_urls, "queues_host", http_queues_text)
GOLDEN(no_queues_and_a_failed_source_are_told_apart, "queues_empty", http_queues_text)
GOLDEN(no_request_queue_is_said, "queues_none", http_queues_text)
GOLDEN(health_shows_sources_that_fail, "health_host", health_text)

static void answers_without_any_field_are_shown(void **state) {
  (void)state;
  struct pg_text out;
  golden_from("{}", &out, list_text);
  pg_text_free(&out);
  golden_from("{\"ports\":[{},1,null]}", &out, list_text);
  pg_text_free(&out);
  golden_from("{\"queues\":[{},7]}", &out, http_queues_text);
  pg_text_free(&out);
  golden_from(
      "{\"samples\":{\"count\":\"x\",\"p50_ms\":1e300,\"p99_ms\":[]},\"sources\":["
      "{\"failures\":2},1]}",
      &out, health_text);
  assert_null(strstr(pg_text_str(&out), "median"));
  pg_text_free(&out);
  golden_from("{\"ticks\":3,\"samples\":{\"p50_ms\":null},\"refused_requests\":1}", &out,
              health_text);
  assert_non_null(strstr(pg_text_str(&out), "  Samples     3 taken\n"));
  assert_non_null(strstr(pg_text_str(&out), "  Refused     1 requests\n"));
  pg_text_free(&out);
  golden_from("{}", &out, health_text);
  assert_non_null(strstr(pg_text_str(&out), "PortGuard is running"));
  pg_text_free(&out);
}

static void a_long_list_stays_within_eighty_columns(void **state) {
  (void)state;
  struct pg_text json, out;
  pg_text_init(&json, 16u * 1024u * 1024u);
  pg_text_str_add(&json, "{\"ports\":[");
  for (int port = 1; port <= 2000; port++)
    pg_text_printf(
        &json,
        "%s{\"port\":%d,\"holders\":[{\"kind\":\"process\",\"confidence\":\"certain\","
        "\"process\":{\"pid\":%d,\"name\":\"%.*s.exe\"}}],\"listeners\":"
        "[{\"address\":\"fe80::1111:2222:3333:4444%%12\"}]}",
        port > 1 ? "," : "", port, port * 4, port % 90,
        "a-name-that-grows-until-it-is-far-longer-than-the-line-has-columns-"
        "and-then-some-more-of-it");
  pg_text_str_add(&json, "]}");
  golden_from(pg_text_str(&json), &out, list_text);
  size_t lines = 0;
  for (const char *at = pg_text_str(&out); *at != '\0'; at++)
    lines += *at == '\n';
  assert_int_equal(lines, 2001);
  pg_text_free(&json);
  pg_text_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_port_takes_one_line_in_the_given_order),
      cmocka_unit_test(an_empty_list_says_so),
      cmocka_unit_test(a_one_off_list_is_marked_incomplete),
      cmocka_unit_test(queues_show_processes_services_and_urls),
      cmocka_unit_test(no_queues_and_a_failed_source_are_told_apart),
      cmocka_unit_test(no_request_queue_is_said),
      cmocka_unit_test(health_shows_sources_that_fail),
      cmocka_unit_test(answers_without_any_field_are_shown),
      cmocka_unit_test(a_long_list_stays_within_eighty_columns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
