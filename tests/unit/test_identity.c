#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"
#include "service/explain/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *reported(const struct pg_snapshot *snapshot, uint16_t port) {
  return snapshot_port(snapshot, port)->reported;
}

static void pid_and_url_are_no_part_of_an_identity(void **state) {
  struct pg_snapshot *before = case_of(
      CASE(LISTEN("0.0.0.0", 80, 4) "," LISTEN("0.0.0.0", 81, 10),
           PROCESSES(PROCESS(10, "web.exe") "," PROCESS(20, "http.exe"))
               SERVICES(SERVICE("Web", 10, "")) HTTP(QUEUE("Q", 20, "HTTP://*:80/A/"))));
  struct pg_snapshot *after = case_of(
      CASE(LISTEN("0.0.0.0", 80, 4) "," LISTEN("0.0.0.0", 81, 11),
           PROCESSES(PROCESS(11, "web.exe") "," PROCESS(21, "http.exe"))
               SERVICES(SERVICE("Web", 11, "")) HTTP(QUEUE("R", 21, "HTTP://*:80/B/"))));
  (void)state;
  assert_string_equal(reported(before, 80), "http.sys:http.exe");
  assert_string_equal(reported(after, 80), reported(before, 80));
  assert_string_equal(reported(before, 81), "service:Web");
  assert_string_equal(reported(after, 81), reported(before, 81));
  snapshot_unref(before);
  snapshot_unref(after);
}

static void identities_are_sorted_and_unique(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("127.0.0.1", 80, 13) "," LISTEN("127.0.0.2", 80, 12) "," LISTEN(
                       "127.0.0.3", 80, 11) "," LISTEN("127.0.0.4", 80, 10),
                   PROCESSES(PROCESS(10, "b.exe") "," PROCESS(11, "A.exe") "," PROCESS(
                       12, "B.EXE") "," PROCESS(13, "c.exe")) SERVICES("")));
  const struct pg_port *port = snapshot_port(s, 80);
  (void)state;
  assert_string_equal(reported(s, 80), "process:A.exe\nprocess:B.EXE\nprocess:c.exe");
  assert_int_equal(port->holder_count, 4);
  assert_int_equal(explain_owner_count(s, port), 3);
  snapshot_unref(s);
}

static void an_image_is_known_by_its_path_where_there_is_one(void **state) {
  struct pg_snapshot *s = case_of(
      CASE(LISTEN("0.0.0.0", 80, 10),
           PROCESSES("{\"pid\":10,\"name\":\"a.exe\",\"path\":\"C:\\\\x\\\\a.exe\"}")
               SERVICES("")));
  (void)state;
  assert_string_equal(reported(s, 80), "process:C:\\x\\a.exe");
  snapshot_unref(s);
}

static void a_line_break_in_a_name_makes_no_second_identity(void **state) {
  struct pg_snapshot *s = case_of(CASE(
      LISTEN("0.0.0.0", 80, 10) "," LISTEN("0.0.0.0", 80, 11),
      PROCESSES(PROCESS(10, "a\\nservice:W3SVC") "," PROCESS(11, "a.exe")) SERVICES("")));
  const struct pg_port *port = snapshot_port(s, 80);
  (void)state;
  assert_string_equal(reported(s, 80), "process:a\vservice:W3SVC\nprocess:a.exe");
  assert_true(explain_is(explain_owner(s, port, 0), "process:a\vservice:w3svc"));
  assert_false(explain_is(explain_owner(s, port, 0), "process:a"));
  assert_false(explain_is(explain_owner(s, port, 1), "process:a\vservice:W3SVC"));
  snapshot_unref(s);
}

static void what_has_no_name_keeps_its_kind(void **state) {
  struct pg_snapshot *s =
      case_of(CASE(LISTEN("0.0.0.0", 80, 10) "," LISTEN("0.0.0.0", 445,
                                                        4) "," LISTEN("0.0.0.0", 81, 4),
                   PROCESSES("") SERVICES("") HTTP(QUEUE("Q", 77, "HTTP://*:82/"))));
  (void)state;
  assert_string_equal(reported(s, 80), "unknown:?");
  assert_string_equal(reported(s, 81), "driver:?");
  assert_string_equal(reported(s, 445), "driver:Windows file sharing (SMB)");
  snapshot_unref(s);
}

/* More owners than fit on the stack, each twice. */
static void many_owners_are_told_apart_once_each(void **state) {
  enum { OWNERS = 40 };
  struct pg_text text;
  (void)state;
  pg_text_init(&text, 65536);
  pg_text_str_add(&text, "{\"portguard_capture\":1,\"services\":[],\"tcp\":[");
  for (int i = 0; i < 2 * OWNERS; i++)
    pg_text_printf(&text,
                   "%s{\"family\":\"ipv4\",\"local_address\":\"127.0.0.%d\","
                   "\"local_port\":80,\"state\":\"listen\",\"pid\":%d}",
                   i > 0 ? "," : "", i + 1, 100 + i);
  pg_text_str_add(&text, "],\"processes\":[");
  for (int i = 0; i < 2 * OWNERS; i++)
    pg_text_printf(&text, "%s{\"pid\":%d,\"name\":\"p%02d.exe\"}", i > 0 ? "," : "",
                   100 + i, i % OWNERS);
  pg_text_str_add(&text, "]}");
  struct pg_snapshot *s = case_of(pg_text_str(&text));
  const struct pg_port *port = snapshot_port(s, 80);
  assert_int_equal(port->holder_count, 2 * OWNERS);
  assert_int_equal(explain_owner_count(s, port), OWNERS);
  for (size_t i = 0; i < port->holder_count; i++)
    assert_true(s->holders[port->first_holder + i].repeats == (i >= OWNERS));
  assert_non_null(strstr(port->reported, "process:p00.exe\nprocess:p01.exe\n"));
  pg_text_free(&text);
  snapshot_unref(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pid_and_url_are_no_part_of_an_identity),
      cmocka_unit_test(identities_are_sorted_and_unique),
      cmocka_unit_test(an_image_is_known_by_its_path_where_there_is_one),
      cmocka_unit_test(a_line_break_in_a_name_makes_no_second_identity),
      cmocka_unit_test(what_has_no_name_keeps_its_kind),
      cmocka_unit_test(many_owners_are_told_apart_once_each),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
