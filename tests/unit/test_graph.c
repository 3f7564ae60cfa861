#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"
#include "golden_text.h"

#include "common/limits.h"

#include <stdio.h>
#include <string.h>

static void graph_of(const struct pg_snapshot *snapshot, uint16_t port,
                     struct pg_text *out) {
  struct pg_json json;
  struct explain_times times = {.sampled_at = snapshot->sampled_at,
                                .http_age_ms = snapshot->http_text != NULL ? 0 : -1,
                                .network_age_ms =
                                    snapshot_has_network(snapshot) ? 0 : -1};
  pg_text_init(out, 16 * PG_MIB);
  pg_json_start(&json, out);
  explain_graph(&json, snapshot, port, &times);
  assert_false(out->failed);
}

/* The edges as "port TCP 80 -listener-> listener 0.0.0.0:80", one per line, holders
 * with a star, "…" when something found no place. */
static void lines_of(const struct pg_snapshot *snapshot, uint16_t port,
                     struct pg_text *out) {
  static const struct pg_json_limits limits = {16 * PG_MIB, 16, 0};
  struct pg_text text;
  struct pg_fault fault = {0};
  cJSON *tree = NULL;
  const cJSON *edge;
  graph_of(snapshot, port, &text);
  if (pg_json_read(text.data, text.len, &limits, &tree, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  const cJSON *nodes = pg_json_member(tree, "nodes");
  pg_text_init(out, 16 * PG_MIB);
  cJSON_ArrayForEach(edge, pg_json_member(tree, "edges")) {
    const char *ends[2] = {"from", "to"};
    for (int i = 0; i < 2; i++) {
      const char *id = pg_json_member(edge, ends[i])->valuestring;
      uint32_t index = 0;
      assert_true(pg_parse_u32(id + 1, &index));
      const cJSON *node = cJSON_GetArrayItem(nodes, (int)index);
      pg_text_printf(out, "%s%s %s%s", i == 0 ? "" : "-> ",
                     pg_json_member(node, "kind")->valuestring,
                     pg_json_member(node, "label")->valuestring,
                     cJSON_IsTrue(pg_json_member(node, "holder")) ? "*" : "");
      if (i == 0)
        pg_text_printf(out, " -%s", pg_json_member(edge, "kind")->valuestring);
    }
    pg_text_char(out, '\n');
  }
  if (cJSON_IsTrue(pg_json_member(tree, "truncated")))
    pg_text_str_add(out, "\xe2\x80\xa6\n");
  cJSON_Delete(tree);
  pg_text_free(&text);
}

static void check_lines(const char *json, uint16_t port, const char *expected) {
  struct pg_snapshot *snapshot = case_of(json);
  struct pg_text lines;
  lines_of(snapshot, port, &lines);
  assert_string_equal(pg_text_str(&lines), expected);
  pg_text_free(&lines);
  snapshot_unref(snapshot);
}

static void captures_give_the_graphs_that_were_read_and_accepted(void **state) {
  static const struct {
    const char *capture;
    uint16_t port;
  } cases[] = {{"iis_branchcache", 80},
               {"iis_idle", 80},
               {"server", 80},
               {"shared_svchost", 7680},
               {"smb_winrm", 445},
               {"hostile_names", 80},
               {"two_families", 80},
               {"tcp6_failed", 443},
               {"reserved_dynamic", 8080},
               {"reserved_dynamic", 8150},
               {"port_proxy", 8080},
               {"docker_iphlpsvc_wslrelay", 80},
               {"connection_on_port", 8082},
               {"http_unregistered", 8089}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pg_snapshot *snapshot = case_from_file(cases[i].capture);
    struct pg_text json, pretty;
    char name[96];
    graph_of(snapshot, cases[i].port, &json);
    pg_text_init(&pretty, 4 * PG_MIB);
    golden_pretty(pg_text_str(&json), &pretty);
    (void)snprintf(name, sizeof name, "golden/%s.graph.%u.json", cases[i].capture,
                   (unsigned)cases[i].port);
    golden_compare(name, pg_text_str(&pretty));
    pg_text_free(&pretty);
    pg_text_free(&json);
    snapshot_unref(snapshot);
  }
}

static void every_thing_is_one_node_however_often_it_is_reached(void **state) {
  (void)state;
  check_lines(CASE(LISTEN("0.0.0.0", 80, 7) "," LISTEN6("::", 80, 7),
                   PROCESSES(PROCESS(7, "a.exe"))
                       SERVICES(SERVICE("A", 7, "\"B\",\"b\",\"C\"") "," SERVICE(
                           "B", 2, "\"C\"") "," SERVICE("C", 3, ""))),
              80,
              "port TCP 80 -listener-> listener 0.0.0.0:80\n"
              "listener 0.0.0.0:80 -process-> process a.exe (PID 7)\n"
              "port TCP 80 -listener-> listener [::]:80\n"
              "listener [::]:80 -process-> process a.exe (PID 7)\n"
              "process a.exe (PID 7) -service-> service A*\n"
              "service A* -needs-> service B\n"
              "service A* -needs-> service C\n"
              "service B -needs-> service C\n");
}

#define A SERVICE("A", 7, "\"Base\",\"+TDI\",\"missing\"")
#define BELOW SERVICE("Base", 2, "") "," SERVICE("Other", 4, "")
#define ABOVE                              \
  SERVICE_IN("stopped", "Up1", 0, "\"A\"") \
  "," SERVICE("Up2", 9, "\"Up1\",\"Other\"")
#define SIDEWAYS SERVICE("Sideways", 5, "\"Base\"")

static void dependents_are_followed_up_and_needs_down_but_never_sideways(void **state) {
  (void)state;
  check_lines(CASE(LISTEN("0.0.0.0", 80, 7), PROCESSES(PROCESS(7, "a.exe")) SERVICES(
                                                 A "," BELOW "," ABOVE "," SIDEWAYS)),
              80,
              "port TCP 80 -listener-> listener 0.0.0.0:80\n"
              "listener 0.0.0.0:80 -process-> process a.exe (PID 7)\n"
              "process a.exe (PID 7) -service-> service A*\n"
              "service A* -needed_by-> service Up1\n"
              "service Up1 -needed_by-> service Up2\n"
              "service A* -needs-> service Base\n");
}

static void a_circle_of_services_ends(void **state) {
  (void)state;
  check_lines(CASE(LISTEN("0.0.0.0", 80, 7),
                   PROCESSES(PROCESS(7, "a.exe")) SERVICES(
                       SERVICE("A", 7, "\"A\",\"B\"") "," SERVICE("B", 2, "\"A\""))),
              80,
              "port TCP 80 -listener-> listener 0.0.0.0:80\n"
              "listener 0.0.0.0:80 -process-> process a.exe (PID 7)\n"
              "process a.exe (PID 7) -service-> service A*\n"
              "service A* -needed_by-> service B\n"
              "service B -needed_by-> service A*\n"
              "service A* -needs-> service B\n"
              "service B -needs-> service A*\n");
}

static void a_queue_without_a_process_leads_to_its_controller(void **state) {
  (void)state;
  check_lines(CASE(LISTEN("0.0.0.0", 80, 4),
                   PROCESSES(PROCESS(4, "System") "," PROCESS(9, "svchost.exe"))
                       SERVICES(SERVICE("W3SVC", 9, "")) HTTP(QUEUE_OF(
                           "Pool", ATTACHED(0) CONTROLLED(9), "", "HTTP://*:80/"))),
              80,
              "port TCP 80 -listener-> listener 0.0.0.0:80\n"
              "listener 0.0.0.0:80 -driver-> driver HTTP.sys\n"
              "driver HTTP.sys -queue-> queue Pool\n"
              "queue Pool -url-> url http://*:80/\n"
              "queue Pool -controller-> process svchost.exe (PID 9)\n"
              "process svchost.exe (PID 9) -service-> service W3SVC*\n");
}

static void services_that_nothing_tells_apart_are_candidates(void **state) {
  (void)state;
  check_lines(CASE(LISTEN("0.0.0.0", 80, 9),
                   PROCESSES(PROCESS(9, "svchost.exe"))
                       SERVICES(SERVICE("One", 9, "") "," SERVICE("Two", 9, ""))),
              80,
              "port TCP 80 -listener-> listener 0.0.0.0:80\n"
              "listener 0.0.0.0:80 -process-> process svchost.exe (PID 9)*\n"
              "process svchost.exe (PID 9)* -candidate-> service One\n"
              "process svchost.exe (PID 9)* -candidate-> service Two\n");
}

static void a_port_nobody_listens_on_leads_to_ranges_and_connections(void **state) {
  static const char text[] =
      "\\nTitle\\n\\nStart Port    End Port\\n----------    --------\\n"
      "      8016        8115\\n      8080        8080     *\\n\\n* - Administered\\n";
  char json[2048];
  (void)state;
  (void)snprintf(
      json, sizeof json,
      "{\"portguard_capture\":1,\"tcp\":[],\"processes\":[{\"pid\":7,\"name\":\"a.exe\"}]"
      ",\"excluded_port_ranges_text\":{\"ipv4\":\"%s\",\"ipv6\":null},"
      "\"connections\":[{\"family\":\"ipv4\",\"local_address\":\"10.0.0.5\","
      "\"local_port\":8080,\"state\":\"established\",\"pid\":7}]}",
      text);
  check_lines(
      json, 8080,
      "port TCP 8080 -range-> range 8016-8115 (IPv4, dynamic)*\n"
      "port TCP 8080 -range-> range 8080-8080 (IPv4, administered)\n"
      "port TCP 8080 -connection-> connection 10.0.0.5:8080 (established)\n"
      "connection 10.0.0.5:8080 (established) -process-> process a.exe (PID 7)\n");
  check_lines(json, 9, "");
}

/* One service that everything needs, and a chain: the graph is cut, and says so. */
static void a_machine_made_to_be_large_is_cut(void **state) {
  struct pg_text json, lines;
  (void)state;
  pg_text_init(&json, 64 * PG_MIB);
  pg_text_str_add(
      &json,
      "{\"portguard_capture\":1,\"tcp\":[" LISTEN(
          "0.0.0.0", 80,
          7) "],\"processes\":[" PROCESS(7, "a.exe") "],\"services\":[" SERVICE("A", 7,
                                                                                ""));
  for (int i = 0; i < 20000; i++)
    pg_text_printf(&json, ",{\"name\":\"s%05d\",\"depends_on\":[\"A\",\"s%05d\"]}", i,
                   i + 1);
  pg_text_str_add(&json, "]}");
  struct pg_snapshot *snapshot = case_of(pg_text_str(&json));
  lines_of(snapshot, 80, &lines);
  assert_non_null(strstr(pg_text_str(&lines), "-service-> service A*\n"));
  assert_non_null(strstr(pg_text_str(&lines), "\xe2\x80\xa6\n"));
  pg_text_free(&lines);
  pg_text_free(&json);
  snapshot_unref(snapshot);
}

/* Few services, each of which needs all before it: the edges run out, not the nodes. */
static void services_that_need_each_other_very_often_are_cut(void **state) {
  struct pg_text json, lines;
  (void)state;
  pg_text_init(&json, 64 * PG_MIB);
  pg_text_str_add(&json, "{\"portguard_capture\":1,\"tcp\":[" LISTEN(
                             "0.0.0.0", 80,
                             7) "],"
                                "\"processes\":[" PROCESS(
                                    7, "a.exe") "],\"services\":[" SERVICE("A", 7, ""));
  for (int i = 0; i < 200; i++) {
    pg_text_printf(&json, ",{\"name\":\"s%03d\",\"depends_on\":[\"A\"", i);
    for (int before = 0; before < i; before++)
      pg_text_printf(&json, ",\"s%03d\"", before);
    pg_text_str_add(&json, "]}");
  }
  pg_text_str_add(&json, "]}");
  struct pg_snapshot *snapshot = case_of(pg_text_str(&json));
  lines_of(snapshot, 80, &lines);
  assert_non_null(strstr(pg_text_str(&lines), "\xe2\x80\xa6\n"));
  pg_text_free(&lines);
  pg_text_free(&json);
  snapshot_unref(snapshot);
}

/* More listeners than there is place for must not push the holder out. */
static void many_listeners_leave_room_for_the_holder(void **state) {
  struct pg_text json, lines;
  (void)state;
  pg_text_init(&json, 64 * PG_MIB);
  pg_text_str_add(&json, "{\"portguard_capture\":1,\"tcp\":[");
  for (int i = 0; i < 10000; i++)
    pg_text_printf(&json,
                   "%s{\"family\":\"ipv4\",\"local_address\":\"127.0.%d.%d\","
                   "\"local_port\":80,\"state\":\"listen\",\"pid\":7}",
                   i > 0 ? "," : "", i / 250, i % 250 + 1);
  pg_text_str_add(&json, "],\"processes\":[" PROCESS(
                             7, "a.exe") "],\"services\":[" SERVICE("A", 7, "") "]}");
  struct pg_snapshot *snapshot = case_of(pg_text_str(&json));
  lines_of(snapshot, 80, &lines);
  assert_non_null(strstr(pg_text_str(&lines), "-service-> service A*\n"));
  assert_non_null(strstr(pg_text_str(&lines), "\xe2\x80\xa6\n"));
  pg_text_free(&lines);
  pg_text_free(&json);
  snapshot_unref(snapshot);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(captures_give_the_graphs_that_were_read_and_accepted),
      cmocka_unit_test(every_thing_is_one_node_however_often_it_is_reached),
      cmocka_unit_test(dependents_are_followed_up_and_needs_down_but_never_sideways),
      cmocka_unit_test(a_circle_of_services_ends),
      cmocka_unit_test(a_queue_without_a_process_leads_to_its_controller),
      cmocka_unit_test(services_that_nothing_tells_apart_are_candidates),
      cmocka_unit_test(a_port_nobody_listens_on_leads_to_ranges_and_connections),
      cmocka_unit_test(a_machine_made_to_be_large_is_cut),
      cmocka_unit_test(services_that_need_each_other_very_often_are_cut),
      cmocka_unit_test(many_listeners_leave_room_for_the_holder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
