/* What is told of guarded ports, of machines written as captures. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/text.h"
#include "service/metering_ports.h"
#include "tests/unit/explain_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct metered_ports ports;
static struct pg_text out;

static int begin(void **state) {
  (void)state;
  memset(&ports, 0, sizeof ports);
  pg_text_init(&out, PG_METRICS_MAX);
  return 0;
}

static int end(void **state) {
  (void)state;
  metered_ports_free(&ports);
  pg_text_free(&out);
  return 0;
}

static void guard(uint16_t first, uint16_t last) {
  struct pg_port_range range = {first, last};
  metered_ports_guard(&ports, &(struct pg_ports){&range, 1});
}

/* Takes |snapshot| over; NULL is fine. */
static void write_of(struct pg_snapshot *snapshot) {
  pg_text_clear(&out);
  metered_ports_write(&ports, snapshot, &out);
  assert_false(out.failed);
  snapshot_unref(snapshot);
}

static size_t lines_with(const char *start) {
  size_t count = 0;
  for (const char *at = pg_text_str(&out); *at != '\0'; at = strchr(at, '\n') + 1)
    count += strncmp(at, start, strlen(start)) == 0;
  return count;
}

static void has(const char *line) {
  if (lines_with(line) != 1)
    fail_msg("%zu times, expected once: %s\n%s", lines_with(line), line,
             pg_text_str(&out));
}

static void a_port_has_one_state_of_four(void **state) {
  (void)state;
  guard(80, 81);
  write_of(case_of(CASE(LISTEN("0.0.0.0", 80, 500), PROCESSES(PROCESS(500, "x.exe")))));
  has("portguard_port_state{port=\"80\",state=\"free\"} 0\n");
  has("portguard_port_state{port=\"80\",state=\"in_use\"} 1\n");
  has("portguard_port_state{port=\"80\",state=\"reserved\"} 0\n");
  has("portguard_port_state{port=\"80\",state=\"unknown\"} 0\n");
  has("portguard_port_state{port=\"81\",state=\"free\"} 1\n");
  assert_int_equal(lines_with("portguard_port_state{"), 8);
  has("portguard_port_holders{port=\"80\"} 1\n");
  has("portguard_port_holders{port=\"81\"} 0\n");
}

static void before_the_first_look_nothing_is_known(void **state) {
  (void)state;
  guard(80, 80);
  write_of(NULL);
  has("portguard_port_state{port=\"80\",state=\"unknown\"} 1\n");
  has("portguard_port_state{port=\"80\",state=\"free\"} 0\n");
  assert_int_equal(lines_with("portguard_holder_info{"), 0);
}

static void a_reserved_port_is_told_from_a_free_one(void **state) {
  (void)state;
  guard(8080, 8080);
  write_of(case_from_file("reserved_dynamic"));
  has("portguard_port_state{port=\"8080\",state=\"reserved\"} 1\n");
}

static void a_holder_is_its_service_and_its_program(void **state) {
  (void)state;
  guard(80, 80);
  write_of(case_from_file("iis_active"));
  has("portguard_holder_info{port=\"80\",kind=\"http.sys\",confidence=\"certain\","
      "service=\"W3SVC\",process=\"w3wp.exe\"} 1\n");
}

/* Paths have names of users in them, and PIDs another value after each restart. */
static void neither_paths_nor_pids_are_told(void **state) {
  (void)state;
  guard(80, 80);
  write_of(case_of(CASE(LISTEN("0.0.0.0", 80, 51234),
                        PROCESSES(PROCESS_IN("C:\\\\Users\\\\anna\\\\", 51234, "x.exe"))
                            SERVICES(""))));
  has("portguard_holder_info{port=\"80\",kind=\"process\",confidence=\"certain\","
      "service=\"\",process=\"x.exe\"} 1\n");
  assert_null(strstr(pg_text_str(&out), "anna"));
  assert_null(strstr(pg_text_str(&out), "51234"));
}

static void unguarded_ports_are_nobodys_business(void **state) {
  (void)state;
  guard(443, 443);
  write_of(case_from_file("iis_active"));
  assert_null(strstr(pg_text_str(&out), "port=\"80\""));
}

/* Prometheus refuses a file with two samples of the same labels. */
static void holders_that_look_the_same_are_told_once(void **state) {
  (void)state;
  guard(80, 80);
  write_of(case_of(
      CASE(LISTEN("0.0.0.0", 80, 500) "," LISTEN("127.0.0.1", 80,
                                                 501) "," LISTEN6("::", 80, 502),
           PROCESSES(PROCESS_IN("C:\\\\a\\\\", 500, "x.exe") "," PROCESS_IN(
               "C:\\\\b\\\\", 501, "x.exe") "," PROCESS_IN("C:\\\\b\\\\", 502, "y.exe"))
               SERVICES(""))));
  assert_int_equal(lines_with("portguard_holder_info{"), 2);
  has("portguard_holder_info{port=\"80\",kind=\"process\",confidence=\"certain\","
      "service=\"\",process=\"x.exe\"} 1\n");
  has("portguard_holder_info{port=\"80\",kind=\"process\",confidence=\"certain\","
      "service=\"\",process=\"y.exe\"} 1\n");
  has("portguard_port_holders{port=\"80\"} 3\n");
}

/* The rest of its name is another one at every logon. */
static void a_users_instance_has_the_name_of_its_template(void **state) {
  (void)state;
  guard(80, 80);
  write_of(case_of(CASE(
      LISTEN("0.0.0.0", 80, 500),
      PROCESSES(PROCESS(
          500,
          "svchost.exe")) ",\"services\":[{\"name\":\"CDPUserSvc_1bf5729\",\"pid\":500,"
                          "\"state\":\"running\",\"type\":\"user_own_process\",\"user_"
                          "instance\":true}]")));
  has("portguard_holder_info{port=\"80\",kind=\"service\",confidence=\"certain\","
      "service=\"CDPUserSvc\",process=\"svchost.exe\"} 1\n");
}

static void names_from_outside_cannot_leave_their_label(void **state) {
  (void)state;
  guard(1, 65535);
  write_of(case_from_file("hostile_names"));
  for (const char *at = pg_text_str(&out); *at != '\0'; at = strchr(at, '\n') + 1)
    assert_true(*at == '#' || strncmp(at, "portguard_", 10) == 0);
  assert_null(strchr(pg_text_str(&out), 0x1B));
}

/* --- ceilings --- */

static void of_too_many_ports_the_first_are_told(void **state) {
  (void)state;
  guard(1, 65535);
  write_of(NULL);
  has("portguard_guarded_ports 65535\n");
  has("portguard_guarded_ports_left_out 65279\n");
  assert_int_equal(lines_with("portguard_port_state{"), 4 * PG_METRICS_PORTS);
  has("portguard_port_state{port=\"256\",state=\"unknown\"} 1\n");
  assert_int_equal(lines_with("portguard_port_state{port=\"257\""), 0);
  assert_false(metered_ports_count(&ports, PG_EVENT_PORT_TAKEN, 257));
}

/* One program after the other, each with a name of its own, takes the port. */
static void the_names_of_programs_have_an_end(void **state) {
  char json[512];
  (void)state;
  guard(80, 80);
  for (int i = 0; i < PG_METRICS_NAMES + 3; i++) {
    snprintf(json, sizeof json,
             CASE(LISTEN("0.0.0.0", 80, 500), ",\"processes\":[{\"pid\":500,\"name\":"
                                              "\"x%d.exe\"}]" SERVICES("")),
             i);
    write_of(case_of(json));
  }
  has("portguard_holder_info{port=\"80\",kind=\"process\",confidence=\"certain\","
      "service=\"\",process=\"*other*\"} 1\n");
  write_of(case_of(
      CASE(LISTEN("0.0.0.0", 80, 500), PROCESSES(PROCESS(500, "x0.exe")) SERVICES(""))));
  has("portguard_holder_info{port=\"80\",kind=\"process\",confidence=\"certain\","
      "service=\"\",process=\"x0.exe\"} 1\n");
}

/* A machine on which every guarded port has more holders than are told, all of them
 * with the longest name there is. */
static void the_largest_file_fits(void **state) {
  struct pg_text json;
  (void)state;
  guard(1, 256);
  pg_text_init(&json, 16 * PG_MIB);
  pg_text_str_add(&json, "{\"portguard_capture\":1,\"tcp\":[");
  for (int port = 1; port <= 256; port++)
    for (int i = 0; i < 20; i++)
      pg_text_printf(&json,
                     "%s{\"family\":\"ipv4\",\"local_address\":\"127.0.0.%d\","
                     "\"local_port\":%d,\"state\":\"listen\",\"pid\":%d}",
                     port + i > 1 ? "," : "", i + 1, port, 1000 + i);
  pg_text_str_add(&json, "],\"processes\":[");
  for (int i = 0; i < 20; i++) {
    pg_text_printf(&json, "%s{\"pid\":%d,\"name\":\"%d", i > 0 ? "," : "", 1000 + i, i);
    for (int c = 0; c < 1000; c++)
      pg_text_str_add(&json, "\xF0\x9F\x98\x80");
    pg_text_str_add(&json, "\"}");
  }
  pg_text_str_add(&json, "]}");
  assert_false(json.failed);
  write_of(case_of(pg_text_str(&json)));
  pg_text_free(&json);
  assert_int_equal(lines_with("portguard_holder_info{"), PG_METRICS_HOLDERS);
  assert_int_equal(lines_with("portguard_holder_info{port=\"1\""),
                   PG_METRICS_PORT_HOLDERS);
  has("portguard_port_holders{port=\"256\"} 20\n");
}

/* --- counters --- */

static void changes_are_counted_by_port_and_kind(void **state) {
  (void)state;
  guard(80, 81);
  assert_true(metered_ports_count(&ports, PG_EVENT_PORT_TAKEN, 80));
  assert_true(metered_ports_count(&ports, PG_EVENT_PORT_TAKEN, 80));
  assert_true(metered_ports_count(&ports, PG_EVENT_PORT_RELEASED, 80));
  assert_true(metered_ports_count(&ports, PG_EVENT_HOLDER_CHANGED, 81));
  assert_false(metered_ports_count(&ports, PG_EVENT_PORT_TAKEN, 82));
  assert_false(metered_ports_count(&ports, PG_EVENT_PORT_FLAPPING, 80));
  write_of(NULL);
  has("portguard_port_changes_total{port=\"80\",change=\"taken\"} 2\n");
  has("portguard_port_changes_total{port=\"80\",change=\"released\"} 1\n");
  has("portguard_port_changes_total{port=\"80\",change=\"holder_changed\"} 0\n");
  has("portguard_port_changes_total{port=\"81\",change=\"holder_changed\"} 1\n");
}

static void counters_of_ports_that_stay_go_on(void **state) {
  (void)state;
  guard(80, 81);
  metered_ports_count(&ports, PG_EVENT_PORT_TAKEN, 81);
  guard(81, 90);
  write_of(NULL);
  has("portguard_port_changes_total{port=\"81\",change=\"taken\"} 1\n");
  has("portguard_port_changes_total{port=\"90\",change=\"taken\"} 0\n");
  assert_int_equal(lines_with("portguard_port_changes_total{port=\"80\""), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_port_has_one_state_of_four),
      TEST(before_the_first_look_nothing_is_known),
      TEST(a_reserved_port_is_told_from_a_free_one),
      TEST(a_holder_is_its_service_and_its_program),
      TEST(neither_paths_nor_pids_are_told),
      TEST(unguarded_ports_are_nobodys_business),
      TEST(holders_that_look_the_same_are_told_once),
      TEST(a_users_instance_has_the_name_of_its_template),
      TEST(names_from_outside_cannot_leave_their_label),
      TEST(of_too_many_ports_the_first_are_told),
      TEST(the_names_of_programs_have_an_end),
      TEST(the_largest_file_fits),
      TEST(changes_are_counted_by_port_and_kind),
      TEST(counters_of_ports_that_stay_go_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
