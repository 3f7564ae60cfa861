#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "capture_case.h"

#include "common/limits.h"
#include "common/timestamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every key the reader knows, and some it does not. */
static const char full[] =
    "{\"portguard_capture\":1,\"taken_at\":\"2026-03-02T12:26:31.204Z\","
    "\"os\":\"Windows 10.0.20348\",\"novelty\":{\"a\":[1,2]},"
    "\"tcp\":[{\"family\":\"ipv6\",\"local_address\":\"fe80::1%7\",\"local_port\":80,"
    "\"state\":\"listen\",\"pid\":4294967295,\"service_tag\":61,"
    "\"created_at\":\"2026-03-02T09:14:07Z\"},"
    "{\"family\":\"ipv4\",\"local_address\":\"10.0.0.1\",\"local_port\":49700,"
    "\"state\":\"established\",\"pid\":7},"
    "{\"family\":\"ipv4\",\"local_address\":\"0.0.0.0\",\"local_port\":80,"
    "\"state\":\"listen\",\"pid\":4,\"service_tag\":0,\"created_at\":null,\"new\":true}],"
    "\"processes\":[{\"pid\":4,\"name\":\"System\",\"path\":null,\"started_at\":null},"
    "{\"pid\":900,\"name\":\"svchost.exe\",\"path\":\"C:\\\\Windows\\\\svchost.exe\","
    "\"started_at\":\"2026-03-02T09:14:00Z\"}],"
    "\"services\":[{\"name\":\"W3SVC\",\"display_name\":\"World Wide Web \\u202e\","
    "\"pid\":900,\"state\":\"running\",\"start_type\":\"auto\",\"type\":\"share_"
    "process\","
    "\"depends_on\":[\"WAS\",\"+Net\"],\"group\":\"Web\",\"delayed\":true,"
    "\"triggered\":true,\"user_instance\":true},{\"name\":\"HTTP\"}],"
    "\"service_tags\":[{\"pid\":900,\"tag\":61,\"service\":\"iphlpsvc\"}],"
    "\"source_errors\":{\"service_tags\":\"access denied\",\"weather\":\"rain\"}}";

static struct pg_fault read_bad(const char *text, size_t len, enum pg_error code) {
  struct pg_snapshot *snapshot = (struct pg_snapshot *)&code;
  struct pg_fault fault = {.code = PG_OK};
  assert_int_equal(capture_read(text, len, CAPTURE_CASE_MONO, &snapshot, &fault), code);
  assert_int_equal(fault.code, code);
  assert_null(snapshot);
  return fault;
}

/* A capture around one row of one table. */
static const char *with(const char *members) {
  static char text[2048];
  snprintf(text, sizeof text, "{\"portguard_capture\":1,%s}", members);
  return text;
}

static void expect_words(const char *text, const char *words) {
  struct pg_fault fault = read_bad(text, strlen(text), PG_E_FORMAT);
  assert_string_equal(fault.message, words);
}

static void every_known_key_is_read(void **state) {
  struct pg_snapshot *snapshot = capture_case_read(full, strlen(full));
  char text[PG_ENDPOINT_CHARS], time[PG_TIME_CHARS];
  (void)state;
  assert_string_equal(snapshot->os, "Windows 10.0.20348");
  assert_string_equal(pg_time_format(snapshot->sampled_at, time),
                      "2026-03-02T12:26:31.204Z");
  assert_int_equal(snapshot->sampled_mono, CAPTURE_CASE_MONO);
  assert_int_equal(snapshot->details_mono, CAPTURE_CASE_MONO);

  assert_int_equal(snapshot->listener_count, 2);
  const struct pg_listener *listener = &snapshot->listeners[1];
  assert_string_equal(
      pg_endpoint_format(&listener->address, listener->port, text, sizeof text),
      "[fe80::1%7]:80");
  assert_int_equal(listener->pid, UINT32_MAX);
  assert_int_equal(listener->tag, 61);
  assert_string_equal(pg_time_format(listener->created_at, time), "2026-03-02T09:14:07Z");

  assert_null(snapshot_process(snapshot, 4)->path);
  assert_string_equal(snapshot_process(snapshot, 900)->path, "C:\\Windows\\svchost.exe");
  const struct pg_service *service = snapshot_service(snapshot, "W3SVC");
  assert_string_equal(service->display_name, "World Wide Web \xE2\x80\xAE");
  assert_int_equal(service->state, PG_STATE_RUNNING);
  assert_int_equal(service->start_type, PG_START_AUTO);
  assert_int_equal(service->type, PG_TYPE_SHARE_PROCESS);
  assert_int_equal(service->depends_on_count, 2);
  assert_string_equal(service->depends_on[1], "+Net");
  assert_string_equal(service->group, "Web");
  assert_true(service->delayed && service->triggered && service->user_instance);
  assert_string_equal(snapshot_tag_service(snapshot, 900, 61), "iphlpsvc");
  snapshot_unref(snapshot);
}

static void a_service_may_be_no_more_than_a_name(void **state) {
  struct pg_snapshot *snapshot = capture_case_read(full, strlen(full));
  const struct pg_service *service = snapshot_service(snapshot, "HTTP");
  (void)state;
  assert_null(service->display_name);
  assert_null(service->group);
  assert_int_equal(service->pid, 0);
  assert_int_equal(service->state, PG_STATE_UNKNOWN);
  assert_int_equal(service->start_type, PG_START_UNKNOWN);
  assert_int_equal(service->type, PG_TYPE_UNKNOWN);
  assert_int_equal(service->depends_on_count, 0);
  snapshot_unref(snapshot);
}

static enum pg_source_state source_state(const char *text, enum pg_source source) {
  struct pg_snapshot *snapshot = capture_case_read(text, strlen(text));
  enum pg_source_state result = snapshot->sources[source].state;
  assert_int_equal(snapshot->sources[source].error != NULL, result == PG_SOURCE_FAILED);
  snapshot_unref(snapshot);
  return result;
}

static void the_smallest_capture_has_only_the_tcp_tables(void **state) {
  const char *text = with("\"tcp\":[]");
  (void)state;
  assert_int_equal(source_state(text, PG_SOURCE_TCP4), PG_SOURCE_READ);
  assert_int_equal(source_state(text, PG_SOURCE_TCP6), PG_SOURCE_READ);
  assert_int_equal(source_state(text, PG_SOURCE_PROCESSES), PG_SOURCE_ABSENT);
  assert_int_equal(source_state(text, PG_SOURCE_SERVICES), PG_SOURCE_ABSENT);
  assert_int_equal(source_state(text, PG_SOURCE_SERVICE_TAGS), PG_SOURCE_ABSENT);
  assert_int_equal(source_state(text, PG_SOURCE_HTTP_STATE), PG_SOURCE_ABSENT);
}

static void null_counts_as_missing(void **state) {
  const char *text = with(
      "\"tcp\":[],\"os\":null,\"taken_at\":null,\"processes\":null,\"services\":null,"
      "\"service_tags\":null,\"http\":null,\"source_errors\":null");
  (void)state;
  assert_int_equal(source_state(text, PG_SOURCE_PROCESSES), PG_SOURCE_ABSENT);
  assert_int_equal(source_state(text, PG_SOURCE_HTTP_STATE), PG_SOURCE_ABSENT);
  text = with("\"tcp\":[],\"http\":{\"service_state_text\":null},"
              "\"source_errors\":{\"processes\":null}");
  assert_int_equal(source_state(text, PG_SOURCE_HTTP_STATE), PG_SOURCE_ABSENT);
  assert_int_equal(source_state(text, PG_SOURCE_PROCESSES), PG_SOURCE_ABSENT);
}

static void source_errors_tell_failed_from_absent(void **state) {
  const char *text = with("\"tcp\":[],\"processes\":[],\"source_errors\":"
                          "{\"processes\":\"access denied\",\"tcp.ipv6\":\"error 5\","
                          "\"http.service_state\":\"timed out after 5 s\"}");
  (void)state;
  assert_int_equal(source_state(text, PG_SOURCE_TCP4), PG_SOURCE_READ);
  assert_int_equal(source_state(text, PG_SOURCE_TCP6), PG_SOURCE_FAILED);
  assert_int_equal(source_state(text, PG_SOURCE_PROCESSES), PG_SOURCE_FAILED);
  assert_int_equal(source_state(text, PG_SOURCE_SERVICES), PG_SOURCE_ABSENT);
  assert_int_equal(source_state(text, PG_SOURCE_HTTP_STATE), PG_SOURCE_FAILED);

  struct pg_snapshot *snapshot = capture_case_read(text, strlen(text));
  assert_string_equal(snapshot->sources[PG_SOURCE_HTTP_STATE].error,
                      "timed out after 5 s");
  assert_int_equal(snapshot->http_mono, CAPTURE_CASE_MONO);
  assert_null(snapshot->http_text);
  snapshot_unref(snapshot);
}

#define NETSH                                                                       \
  "Snapshot of HTTP service state (Request Queue View):\\n-----\\n\\n"              \
  "Request queue name: Request queue is unnamed.\\n    Version: 2.0\\n"             \
  "    Number of active processes attached: 1\\n    Process IDs:\\n        1720\\n" \
  "    URL groups:\\n    URL group ID: FE00000040000001\\n        State: Active\\n" \
  "            Number of registered URLs: 1\\n            Registered URLs:\\n"      \
  "                HTTP://+:5985/WSMAN/\\n"

static void netsh_text_becomes_queues(void **state) {
  const char *text = with("\"tcp\":[],\"http\":{\"service_state_text\":\"" NETSH "\"}");
  struct pg_snapshot *snapshot = capture_case_read(text, strlen(text));
  const struct pg_url_ref *refs;
  (void)state;
  assert_int_equal(snapshot->sources[PG_SOURCE_HTTP_STATE].state, PG_SOURCE_READ);
  assert_int_equal(snapshot->http_mono, CAPTURE_CASE_MONO);
  assert_int_equal(snapshot->queue_count, 1);
  assert_int_equal(snapshot->queues[0].pids[0], 1720);
  assert_int_equal(snapshot_urls_of(snapshot, 5985, &refs), 1);
  snapshot_unref(snapshot);
}

static void an_empty_netsh_text_says_that_nothing_is_registered(void **state) {
  const char *text = with("\"tcp\":[],\"http\":{\"service_state_text\":\"\"}");
  struct pg_snapshot *snapshot = capture_case_read(text, strlen(text));
  (void)state;
  assert_int_equal(snapshot->sources[PG_SOURCE_HTTP_STATE].state, PG_SOURCE_READ);
  assert_int_equal(snapshot->queue_count, 0);
  assert_string_equal(snapshot->http_text, "");
  snapshot_unref(snapshot);
}

static void a_netsh_text_without_sense_is_a_failed_source(void **state) {
  const char *text = with("\"tcp\":[],\"http\":{\"service_state_text\":\"   what?\\n\"}");
  struct pg_snapshot *snapshot = capture_case_read(text, strlen(text));
  (void)state;
  assert_int_equal(snapshot->sources[PG_SOURCE_HTTP_STATE].state, PG_SOURCE_FAILED);
  assert_string_equal(snapshot->sources[PG_SOURCE_HTTP_STATE].error,
                      "netsh printed nothing that could be understood");
  assert_string_equal(snapshot->http_text, "   what?\n");
  snapshot_unref(snapshot);
}

static void a_netsh_text_whose_reading_failed_is_kept_but_not_believed(void **state) {
  const char *text = with("\"tcp\":[],\"http\":{\"service_state_text\":\"" NETSH "\"},"
                          "\"source_errors\":{\"http.service_state\":\"cut short\"}");
  struct pg_snapshot *snapshot = capture_case_read(text, strlen(text));
  (void)state;
  assert_int_equal(snapshot->sources[PG_SOURCE_HTTP_STATE].state, PG_SOURCE_FAILED);
  assert_int_equal(snapshot->queue_count, 0);
  assert_non_null(strstr(snapshot->http_text, "WSMAN"));
  snapshot_unref(snapshot);
}

static void a_clock_of_zero_still_counts_as_a_reading(void **state) {
  const char *text = with("\"tcp\":[],\"http\":{\"service_state_text\":\"" NETSH "\"}");
  struct pg_snapshot *snapshot = NULL;
  (void)state;
  assert_int_equal(capture_read(text, strlen(text), 0, &snapshot, NULL), PG_OK);
  assert_int_equal(snapshot->sources[PG_SOURCE_HTTP_STATE].state, PG_SOURCE_READ);
  assert_int_not_equal(snapshot->http_mono, 0);
  snapshot_unref(snapshot);
}

/* --- what is refused --- */

static void what_is_no_capture_says_so(void **state) {
  static const char *const texts[] = {"{}", "[]", "1", "\"portguard_capture\"",
                                      "{\"Portguard_Capture\":1,\"tcp\":[]}"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    expect_words(texts[i], "not a portguard capture: no \"portguard_capture\" member");
  }
}

static void another_version_is_refused_with_a_hint(void **state) {
  const char *text = "{\"portguard_capture\":2,\"tcp\":[]}";
  struct pg_fault fault = read_bad(text, strlen(text), PG_E_FORMAT);
  (void)state;
  assert_string_equal(fault.message, "portguard_capture: found 2, expected 1");
  assert_string_equal(fault.param, "portguard_capture");
  assert_true(fault.hint[0] != '\0');
  expect_words("{\"portguard_capture\":\"1\",\"tcp\":[]}",
               "portguard_capture: found \"1\", expected 1");
  expect_words("{\"portguard_capture\":1.5,\"tcp\":[]}",
               "portguard_capture: found 1.5, expected 1");
  expect_words("{\"portguard_capture\":null,\"tcp\":[]}",
               "portguard_capture: found nothing, expected 1");
}

static void the_tcp_table_is_required(void **state) {
  (void)state;
  expect_words(with("\"os\":\"x\""), "tcp: missing, and a capture cannot be without it");
  expect_words(with("\"tcp\":null"), "tcp: missing, and a capture cannot be without it");
  expect_words(with("\"tcp\":{}"), "tcp: found an object, expected an array");
  expect_words(with("\"tcp\":[[]]"), "tcp[0]: found an array, expected an object");
}

/* A listener with one member replaced; "" leaves it out. */
static const char *listener(const char *key, const char *value) {
  static char row[1024];
  static const char *const members[][2] = {
      {"family", "\"ipv4\""}, {"local_address", "\"0.0.0.0\""},
      {"local_port", "80"},   {"state", "\"listen\""},
      {"pid", "4"},           {"service_tag", "0"},
      {"created_at", "null"}};
  size_t at = (size_t)snprintf(row, sizeof row, "\"tcp\":[{\"x\":0");
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    const char *text = strcmp(members[i][0], key) == 0 ? value : members[i][1];
    if (text[0] == '\0')
      continue;
    at += (size_t)snprintf(row + at, sizeof row - at, ",\"%s\":%s", members[i][0], text);
  }
  snprintf(row + at, sizeof row - at, "}]");
  return with(row);
}

static void wrong_values_of_a_listener_are_named_with_their_path(void **state) {
  (void)state;
  expect_words(listener("local_port", "70000"),
               "tcp[0].local_port: found 70000, expected 1-65535");
  expect_words(listener("local_port", "0"),
               "tcp[0].local_port: found 0, expected 1-65535");
  expect_words(listener("local_port", "-1"),
               "tcp[0].local_port: found -1, expected 1-65535");
  expect_words(listener("local_port", "80.5"),
               "tcp[0].local_port: found 80.5, expected 1-65535");
  expect_words(listener("local_port", "\"80a\""),
               "tcp[0].local_port: found \"80a\", expected 1-65535");
  expect_words(listener("local_port", ""),
               "tcp[0].local_port: missing, and a capture cannot be without it");
  expect_words(listener("pid", "4294967296"),
               "tcp[0].pid: found 4294967296, expected 0-4294967295");
  expect_words(listener("pid", "true"), "tcp[0].pid: found true, expected 0-4294967295");
  expect_words(listener("family", "\"ipx\""),
               "tcp[0].family: found \"ipx\", expected ipv4 or ipv6");
  expect_words(listener("family", "\"ipv6\""),
               "tcp[0].local_address: found \"0.0.0.0\", expected an IPv6 address");
  expect_words(listener("local_address", "\"::\""),
               "tcp[0].local_address: found \"::\", expected an IPv4 address");
  expect_words(listener("state", "7"), "tcp[0].state: found 7, expected a string");
  expect_words(listener("created_at", "\"today\""),
               "tcp[0].created_at: found \"today\", expected a UTC time like "
               "\"2026-03-02T12:26:31Z\"");
}

static void the_index_of_the_wrong_row_is_given(void **state) {
  (void)state;
  expect_words(with("\"tcp\":[],\"processes\":[{\"pid\":1,\"name\":\"a\"},"
                    "{\"pid\":2,\"name\":\"b\"},{\"pid\":3}]"),
               "processes[2].name: missing, and a capture cannot be without it");
  expect_words(
      with("\"tcp\":[],\"services\":[{\"name\":\"a\",\"depends_on\":[\"b\",5]}]"),
      "services[0].depends_on[1]: found 5, expected a string");
  expect_words(
      with("\"tcp\":[],\"service_tags\":[{\"pid\":1,\"tag\":0,\"service\":\"a\"}]"),
      "service_tags[0].tag: found 0, expected 1-4294967295");
}

static void words_outside_the_value_sets_are_refused(void **state) {
  (void)state;
  expect_words(
      with("\"tcp\":[],\"services\":[{\"name\":\"a\",\"state\":\"Running\"}]"),
      "services[0].state: found \"Running\", expected one of: stopped start_pending "
      "stop_pending running continue_pending pause_pending paused");
  expect_words(
      with("\"tcp\":[],\"services\":[{\"name\":\"a\",\"start_type\":\"never\"}]"),
      "services[0].start_type: found \"never\", expected one of: boot system auto "
      "manual disabled");
  expect_words(with("\"tcp\":[],\"services\":[{\"name\":\"a\",\"type\":\"\"}]"),
               "services[0].type: found \"\", expected one of: own_process share_process "
               "user_own_process user_share_process kernel_driver file_system_driver");
  expect_words(with("\"tcp\":[],\"services\":[{\"name\":\"a\",\"delayed\":1}]"),
               "services[0].delayed: found 1, expected true or false");
}

static void wrong_types_around_http_and_errors_are_refused(void **state) {
  (void)state;
  expect_words(with("\"tcp\":[],\"http\":[]"),
               "http: found an array, expected an object");
  expect_words(with("\"tcp\":[],\"http\":{\"service_state_text\":5}"),
               "http.service_state_text: found 5, expected a string");
  expect_words(with("\"tcp\":[],\"source_errors\":\"x\""),
               "source_errors: found \"x\", expected an object");
  expect_words(with("\"tcp\":[],\"source_errors\":{\"services\":5}"),
               "source_errors.services: found 5, expected a string");
  expect_words(with("\"tcp\":[],\"taken_at\":5"),
               "taken_at: found 5, expected a UTC time like \"2026-03-02T12:26:31Z\"");
  expect_words(with("\"tcp\":[],\"os\":{}"), "os: found an object, expected a string");
}

static void quoted_values_are_escaped_and_cut(void **state) {
  char text[1024], longer[600];
  (void)state;
  expect_words(listener("family", "\"\\u001b[2J%\""),
               "tcp[0].family: found \"<1B>[2J<25>\", expected ipv4 or ipv6");
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  snprintf(text, sizeof text, "\"%s\"", longer);
  struct pg_fault fault =
      read_bad(listener("family", text), strlen(listener("family", text)), PG_E_FORMAT);
  assert_non_null(strstr(fault.message, "...\", expected ipv4 or ipv6"));
}

static void connections_are_accepted_and_passed_over(void **state) {
  const char *text = listener("state", "\"time_wait\"");
  struct pg_snapshot *snapshot = capture_case_read(text, strlen(text));
  (void)state;
  assert_int_equal(snapshot->listener_count, 0);
  assert_int_equal(snapshot->sources[PG_SOURCE_TCP4].state, PG_SOURCE_READ);
  snapshot_unref(snapshot);
}

static void broken_json_is_refused(void **state) {
  static const char *const texts[] = {
      "",
      "{",
      "{\"portguard_capture\":1,\"tcp\":[]} x",
      "{\"portguard_capture\":1,\"portguard_capture\":1,\"tcp\":[]}",
      "{\"portguard_capture\":1,\"tcp\":[],\"os\":\"\\u0000\"}",
      "nginx.conf"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct pg_fault fault = read_bad(texts[i], strlen(texts[i]), PG_E_PARSE);
    assert_true(fault.message[0] != '\0');
  }
}

static void every_prefix_of_a_capture_is_refused(void **state) {
  (void)state;
  for (size_t len = 0; len < sizeof full - 1; len++) {
    char *cut = malloc(len + 1); /* its own block, so that reading on would be seen */
    assert_non_null(cut);
    memcpy(cut, full, len);
    read_bad(cut, len, PG_E_PARSE);
    free(cut);
  }
}

static void limits_of_the_reader_hold(void **state) {
  const size_t size = PG_CAPTURE_MAX + 1;
  (void)state;
  read_bad(with("\"tcp\":[],\"deep\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"),
           strlen(with("\"tcp\":[],\"deep\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]")),
           PG_E_TOOBIG);

  char *spaces = malloc(size);
  assert_non_null(spaces);
  memset(spaces, ' ', size);
  memcpy(spaces, "{\"portguard_capture\":1,\"tcp\":[]}", 32);
  read_bad(spaces, size, PG_E_TOOBIG);
  free(spaces);
}

static void a_netsh_text_beyond_its_limit_is_refused(void **state) {
  static const char head[] = "{\"portguard_capture\":1,\"tcp\":[],"
                             "\"http\":{\"service_state_text\":\"";
  size_t len = sizeof head - 1 + PG_NETSH_TEXT_MAX + 1 + 3;
  char *text = malloc(len);
  (void)state;
  assert_non_null(text);
  memset(text, 'x', len);
  memcpy(text, head, sizeof head - 1);
  memcpy(text + len - 3, "\"}}", 3);
  struct pg_fault fault = read_bad(text, len, PG_E_FORMAT);
  assert_string_equal(fault.param, "http.service_state_text");
  free(text);
}

static void a_byte_order_mark_is_skipped(void **state) {
  static const char text[] = "\xEF\xBB\xBF{\"portguard_capture\":1,\"tcp\":[]}";
  (void)state;
  snapshot_unref(capture_case_read(text, sizeof text - 1));
}

static void utf16_is_refused_with_the_way_out(void **state) {
  static const char text[] = "\xFF\xFE{\0\"\0p\0";
  struct pg_fault fault = read_bad(text, sizeof text - 1, PG_E_PARSE);
  (void)state;
  assert_non_null(strstr(fault.message, "UTF-16"));
  assert_string_equal(fault.hint, "portguardctl capture -o host.json");
}

static void words_are_optional(void **state) {
  struct pg_snapshot *snapshot = NULL;
  (void)state;
  assert_int_equal(capture_read("[]", 2, 0, &snapshot, NULL), PG_E_FORMAT);
  assert_null(snapshot);
}

/* --- writing --- */

static void what_was_written_reads_back_equal(void **state) {
  (void)state;
  capture_case_round_trip(full);
  capture_case_round_trip("{\"portguard_capture\":1,\"tcp\":[]}");
  capture_case_round_trip(
      with("\"tcp\":[],\"processes\":[],\"services\":[],\"service_tags\":[]"));
  capture_case_round_trip(
      with("\"tcp\":[],\"http\":{\"service_state_text\":\"" NETSH "\"}"));
  capture_case_round_trip(with("\"tcp\":[],\"http\":{\"service_state_text\":\"\"}"));
  capture_case_round_trip(
      with("\"tcp\":[],\"http\":{\"service_state_text\":\" nonsense\"}"));
  capture_case_round_trip(
      with("\"tcp\":[],\"source_errors\":{\"tcp.ipv4\":\"5\","
           "\"processes\":\"a\\nb\",\"http.service_state\":\"timed out\"}"));
}

static void the_written_capture_is_the_documented_one(void **state) {
  struct pg_snapshot *snapshot = capture_case_read(full, strlen(full));
  struct pg_text text = capture_case_written(snapshot);
  (void)state;
  assert_string_equal(
      pg_text_str(&text),
      "{\"portguard_capture\":1,\"taken_at\":\"2026-03-02T12:26:31.204Z\","
      "\"os\":\"Windows 10.0.20348\","
      "\"tcp\":[{\"family\":\"ipv4\",\"local_address\":\"0.0.0.0\",\"local_port\":80,"
      "\"state\":\"listen\",\"pid\":4,\"service_tag\":0,\"created_at\":null},"
      "{\"family\":\"ipv6\",\"local_address\":\"fe80::1%7\",\"local_port\":80,"
      "\"state\":\"listen\",\"pid\":4294967295,\"service_tag\":61,"
      "\"created_at\":\"2026-03-02T09:14:07Z\"}],"
      "\"processes\":[{\"pid\":4,\"name\":\"System\",\"path\":null,\"started_at\":null},"
      "{\"pid\":900,\"name\":\"svchost.exe\",\"path\":\"C:\\\\Windows\\\\svchost.exe\","
      "\"started_at\":\"2026-03-02T09:14:00Z\"}],"
      "\"services\":[{\"name\":\"HTTP\",\"display_name\":null,\"pid\":0,\"state\":null,"
      "\"start_type\":null,\"type\":null,\"depends_on\":[]},"
      "{\"name\":\"W3SVC\",\"display_name\":\"World Wide Web \\u202e\",\"pid\":900,"
      "\"state\":\"running\",\"start_type\":\"auto\",\"type\":\"share_process\","
      "\"depends_on\":[\"WAS\",\"+Net\"],\"group\":\"Web\",\"delayed\":true,"
      "\"triggered\":true,\"user_instance\":true}],"
      "\"service_tags\":[{\"pid\":900,\"tag\":61,\"service\":\"iphlpsvc\"}],"
      "\"source_errors\":{\"service_tags\":\"access denied\"}}");
  pg_text_free(&text);
  snapshot_unref(snapshot);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_known_key_is_read),
      cmocka_unit_test(a_service_may_be_no_more_than_a_name),
      cmocka_unit_test(the_smallest_capture_has_only_the_tcp_tables),
      cmocka_unit_test(null_counts_as_missing),
      cmocka_unit_test(source_errors_tell_failed_from_absent),
      cmocka_unit_test(netsh_text_becomes_queues),
      cmocka_unit_test(an_empty_netsh_text_says_that_nothing_is_registered),
      cmocka_unit_test(a_netsh_text_without_sense_is_a_failed_source),
      cmocka_unit_test(a_netsh_text_whose_reading_failed_is_kept_but_not_believed),
      cmocka_unit_test(a_clock_of_zero_still_counts_as_a_reading),
      cmocka_unit_test(what_is_no_capture_says_so),
      cmocka_unit_test(another_version_is_refused_with_a_hint),
      cmocka_unit_test(the_tcp_table_is_required),
      cmocka_unit_test(wrong_values_of_a_listener_are_named_with_their_path),
      cmocka_unit_test(the_index_of_the_wrong_row_is_given),
      cmocka_unit_test(words_outside_the_value_sets_are_refused),
      cmocka_unit_test(wrong_types_around_http_and_errors_are_refused),
      cmocka_unit_test(quoted_values_are_escaped_and_cut),
      cmocka_unit_test(connections_are_accepted_and_passed_over),
      cmocka_unit_test(broken_json_is_refused),
      cmocka_unit_test(every_prefix_of_a_capture_is_refused),
      cmocka_unit_test(limits_of_the_reader_hold),
      cmocka_unit_test(a_netsh_text_beyond_its_limit_is_refused),
      cmocka_unit_test(a_byte_order_mark_is_skipped),
      cmocka_unit_test(utf16_is_refused_with_the_way_out),
      cmocka_unit_test(words_are_optional),
      cmocka_unit_test(what_was_written_reads_back_equal),
      cmocka_unit_test(the_written_capture_is_the_documented_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
