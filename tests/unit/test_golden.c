#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "capture_case.h"
#include "explain_case.h"
#include "golden_text.h"

#include "common/limits.h"
#include "service/capture/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every capture in tests/fixtures/captures, and the ports asked about. */
static const struct {
  const char *capture;
  uint16_t ports[10];
} cases[] = {
    {"apache", {80}},
    {"branchcache", {80}},
    {"connection_on_port", {8082, 8083, 8084}},
    {"docker", {8080, 5432}},
    {"docker_iphlpsvc_wslrelay", {80}},
    {"dual_stack_owners", {80}},
    {"forged_queue", {80}},
    {"free_http_reserved", {80, 81}},
    {"hostile_names", {80, 81}},
    {"http_broken", {80}},
    {"http_failed", {80}},
    {"http_listener", {5000}},
    {"http_missing", {80}},
    {"http_truncated", {80}},
    {"http_unregistered", {8089}},
    {"iis_active", {80, 8080}},
    {"iis_branchcache", {80}},
    {"iis_branchcache_excluded", {80, 8080, 8081}},
    {"iis_german", {80}},
    {"iis_idle", {80}},
    {"iis_japanese", {80}},
    {"iplisten_narrow", {80}},
    {"iplisten_removed_interface", {80}},
    {"network_missing", {8080, 5985}},
    {"nginx", {80}},
    {"one_port_row_http", {8085}},
    {"pid_gone", {9229}},
    {"pid_reused", {3000}},
    {"port_proxy", {8080, 9090}},
    {"port_proxy_iis_stopped", {80}},
    {"port_proxy_shared_svchost", {8080, 3000, 49152}},
    {"processes_failed", {80, 8081}},
    {"ranges_cut", {7950, 8080}},
    {"ranges_empty", {8080}},
    {"ranges_failed", {8080}},
    {"ranges_german", {8080}},
    {"reservation_broken_sddl", {8095}},
    {"reserved_administered", {8085}},
    {"reserved_dynamic", {8080, 8150, 5985}},
    {"reserved_ipv6_only", {8080}},
    {"server", {80, 443, 808, 1433, 2869, 5432, 8530, 10050, 49665}},
    {"services_missing", {80, 3389}},
    {"shared_queue", {8088}},
    {"shared_svchost", {7680, 8005}},
    {"smb_winrm", {139, 445, 5985, 9999}},
    {"ssrs", {80}},
    {"ssrs_named_instance", {80}},
    {"tcp6_failed", {80, 443}},
    {"two_families", {80, 8080}},
    {"web_deploy", {80}},
    {"whole_ports", {80, 81, 8100}},
    {"wsl_relay", {3000, 5173}},
};

static void compare(const char *capture, const char *what, const struct pg_text *json) {
  char name[128];
  struct pg_text pretty;
  assert_false(json->failed);
  pg_text_init(&pretty, 4 * PG_MIB);
  golden_pretty(pg_text_str(json), &pretty);
  (void)snprintf(name, sizeof name, "golden/%s.%s.json", capture, what);
  golden_compare(name, pg_text_str(&pretty));
  pg_text_free(&pretty);
}

static void status_answers_are_what_was_read_and_accepted(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pg_snapshot *snapshot = case_from_file(cases[i].capture);
    for (size_t p = 0; cases[i].ports[p] != 0; p++) {
      char port[8];
      struct pg_text json;
      (void)snprintf(port, sizeof port, "%u", (unsigned)cases[i].ports[p]);
      case_status(snapshot, cases[i].ports[p], &json);
      compare(cases[i].capture, port, &json);
      pg_text_free(&json);
    }
    snapshot_unref(snapshot);
  }
}

static void check_whole(const char *capture, const char *what,
                        void (*explain)(struct pg_json *json,
                                        const struct pg_snapshot *snapshot,
                                        const struct explain_times *times)) {
  struct pg_text text;
  struct pg_json json;
  struct pg_snapshot *snapshot = case_from_file(capture);
  struct explain_times times = {.sampled_at = snapshot->sampled_at,
                                .network_age_ms =
                                    snapshot_has_network(snapshot) ? 0 : -1};
  pg_text_init(&text, 4 * PG_MIB);
  pg_json_start(&json, &text);
  explain(&json, snapshot, &times);
  compare(capture, what, &text);
  pg_text_free(&text);
  snapshot_unref(snapshot);
}

static void lists_are_what_was_read_and_accepted(void **state) {
  (void)state;
  check_whole("server", "list", explain_list);
  check_whole("two_families", "list", explain_list);
  check_whole("http_failed", "list", explain_list);
}

static void queues_are_what_was_read_and_accepted(void **state) {
  (void)state;
  check_whole("server", "queues", explain_queues);
  check_whole("iis_japanese", "queues", explain_queues);
  check_whole("forged_queue", "queues", explain_queues);
  check_whole("http_failed", "queues", explain_queues);
}

/* What was read is not lost when it is written down again. */
static void every_capture_is_read_and_written_alike(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pg_snapshot *first = case_from_file(cases[i].capture), *second = NULL;
    struct pg_text once = capture_case_written(first);
    assert_int_equal(capture_read(pg_text_str(&once), once.len, 0, &second, NULL), PG_OK);
    struct pg_text twice = capture_case_written(second);
    assert_string_equal(pg_text_str(&once), pg_text_str(&twice));
    pg_text_free(&once);
    pg_text_free(&twice);
    snapshot_unref(first);
    snapshot_unref(second);
  }
}

/* Language and generation of the text are no part of the answer. */
static void every_language_and_generation_gives_the_same_answer(void **state) {
  static const char *const captures[] = {"iis_german", "iis_japanese"};
  struct pg_text expected, actual;
  struct pg_snapshot *english = case_from_file("iis_branchcache");
  (void)state;
  case_status(english, 80, &expected);
  for (size_t i = 0; i < sizeof captures / sizeof *captures; i++) {
    struct pg_snapshot *other = case_from_file(captures[i]);
    case_status(other, 80, &actual);
    /* Only generation C names the service itself, which adds a sentence. */
    if (strcmp(captures[i], "iis_japanese") == 0)
      assert_string_equal(pg_text_str(&actual), pg_text_str(&expected));
    const struct pg_port *port = snapshot_port(other, 80);
    assert_int_equal(explain_owner_count(other, port), 2);
    pg_text_free(&actual);
    snapshot_unref(other);
  }
  pg_text_free(&expected);
  snapshot_unref(english);
}

static void nobody_is_certain_whose_name_may_be_forged(void **state) {
  struct pg_snapshot *snapshot = case_from_file("forged_queue");
  const struct pg_port *port = snapshot_port(snapshot, 80);
  (void)state;
  for (size_t i = 0; i < port->holder_count; i++) {
    const struct pg_holder *holder = &snapshot->holders[port->first_holder + i];
    if (holder->service != NULL)
      assert_string_not_equal(holder->service->name, "MsDepSvc");
    if (!holder->queue->counts_agree)
      assert_int_not_equal(holder->confidence, PG_CONFIDENCE_CERTAIN);
  }
  snapshot_unref(snapshot);
}

/* --- the text of netsh, cut off anywhere --- */

/* The text as a JSON string's inside, so that it can be put into a capture. */
static void check_cut(cJSON *capture, const char *whole, size_t len) {
  struct pg_snapshot *snapshot = NULL;
  struct pg_fault fault = {0};
  char *cut = calloc(1, len + 1);
  assert_non_null(cut);
  memcpy(cut, whole, len);
  cJSON *http = cJSON_GetObjectItemCaseSensitive(capture, "http");
  cJSON_ReplaceItemInObjectCaseSensitive(http, "service_state_text",
                                         cJSON_CreateString(cut));
  free(cut);
  char *text = cJSON_PrintUnformatted(capture);
  assert_non_null(text);
  /* A cut inside a character is not UTF-8, and so no capture. */
  if (pg_utf8_valid(text, strlen(text))) {
    if (capture_read(text, strlen(text), 0, &snapshot, &fault) != PG_OK)
      fail_msg("cut at %zu: %s", len, fault.message);
    assert_int_equal(explain_attribute(snapshot, NULL, false), PG_OK);
  }
  cJSON_free(text);
  if (snapshot == NULL)
    return;

  const struct pg_port *port = snapshot_port(snapshot, 80);
  assert_non_null(port);
  assert_string_equal(explain_state(snapshot, 80), "in_use");
  assert_string_equal(explain_wildcard(snapshot, 80), "no");
  assert_true(port->kernel_owned);
  assert_true(port->holder_count > 0);
  for (size_t i = 0; i < port->holder_count; i++) {
    const struct pg_holder *holder = &snapshot->holders[port->first_holder + i];
    if (holder->confidence != PG_CONFIDENCE_CERTAIN)
      continue;
    assert_true(holder->queue->counts_agree);
    assert_non_null(holder->service);
    if (strcmp(holder->service->name, "W3SVC") != 0)
      assert_string_equal(holder->service->name, "PeerDistSvc");
  }
  struct pg_text status;
  case_status(snapshot, 80, &status);
  assert_non_null(strstr(pg_text_str(&status), "\"pid\":4,"));
  pg_text_free(&status);
  snapshot_unref(snapshot);
}

static void cut_everywhere(const char *name) {
  char file[128];
  (void)snprintf(file, sizeof file, "captures/%s.json", name);
  char *json = golden_read(file);
  assert_non_null(json);
  cJSON *capture = cJSON_ParseWithLengthOpts(json, strlen(json) + 1, NULL, 1);
  assert_non_null(capture);
  const cJSON *http = cJSON_GetObjectItemCaseSensitive(capture, "http");
  const cJSON *member = cJSON_GetObjectItemCaseSensitive(http, "service_state_text");
  size_t len = strlen(member->valuestring);
  char *whole = calloc(1, len + 1);
  assert_non_null(whole);
  memcpy(whole, member->valuestring, len);
  for (size_t at = 0; at <= len; at++)
    check_cut(capture, whole, at);
  free(whole);
  cJSON_Delete(capture);
  free(json);
}

static void text_cut_at_any_byte_never_misleads(void **state) {
  (void)state;
  cut_everywhere("iis_branchcache");
  cut_everywhere("iis_german");
  cut_everywhere("iis_japanese");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(status_answers_are_what_was_read_and_accepted),
      cmocka_unit_test(lists_are_what_was_read_and_accepted),
      cmocka_unit_test(queues_are_what_was_read_and_accepted),
      cmocka_unit_test(every_capture_is_read_and_written_alike),
      cmocka_unit_test(every_language_and_generation_gives_the_same_answer),
      cmocka_unit_test(nobody_is_certain_whose_name_may_be_forged),
      cmocka_unit_test(text_cut_at_any_byte_never_misleads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
