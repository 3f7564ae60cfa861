#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"

#include "common/limits.h"
#include "service/capture/capture.h"

#include <stdio.h>
#include <string.h>

struct pg_snapshot *case_after(const char *json, const struct pg_snapshot *previous,
                               bool http_expected, int64_t now_mono) {
  struct pg_snapshot *snapshot = NULL;
  struct pg_fault fault = {0};
  if (capture_read(json, strlen(json), now_mono, &snapshot, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  assert_int_equal(explain_attribute(snapshot, previous, http_expected), PG_OK);
  return snapshot;
}

struct pg_snapshot *case_of(const char *json) {
  return case_after(json, NULL, false, 0);
}

struct pg_snapshot *case_from_file(const char *name) {
  char path[512];
  struct pg_snapshot *snapshot = NULL;
  struct pg_fault fault = {0};
  (void)snprintf(path, sizeof path, "%s/captures/%s.json", PG_FIXTURES, name);
  if (capture_read_file(path, 0, &snapshot, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  assert_int_equal(explain_attribute(snapshot, NULL, false), PG_OK);
  return snapshot;
}

const struct pg_holder *case_holder(const struct pg_snapshot *snapshot, uint16_t number) {
  const struct pg_port *port = snapshot_port(snapshot, number);
  assert_non_null(port);
  assert_int_equal(port->holder_count, 1);
  return &snapshot->holders[port->first_holder];
}

void case_status(const struct pg_snapshot *snapshot, uint16_t port, struct pg_text *out) {
  struct pg_json json;
  struct explain_times times = {.sampled_at = snapshot->sampled_at,
                                .http_age_ms = snapshot->http_text != NULL ? 0 : -1,
                                .network_age_ms =
                                    snapshot_has_network(snapshot) ? 0 : -1};
  pg_text_init(out, 4 * PG_MIB);
  pg_json_start(&json, out);
  explain_status(&json, snapshot, port, &times);
  assert_false(out->failed);
}

const cJSON *case_member(const struct pg_snapshot *snapshot, uint16_t port,
                         const char *member, cJSON **tree) {
  static const struct pg_json_limits limits = {4 * PG_MIB, 16, 0};
  struct pg_text text;
  struct pg_fault fault = {0};
  case_status(snapshot, port, &text);
  if (pg_json_read(text.data, text.len, &limits, tree, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  pg_text_free(&text);
  const cJSON *found = pg_json_member(*tree, member);
  assert_non_null(found);
  return found;
}

void case_check_texts(const struct pg_snapshot *snapshot, uint16_t port,
                      const char *member, const char *expected) {
  cJSON *tree = NULL;
  struct pg_text text;
  const cJSON *line;
  pg_text_init(&text, 65536);
  /* The macro evaluates its array twice. */
  const cJSON *lines = case_member(snapshot, port, member, &tree);
  cJSON_ArrayForEach(line, lines)
      pg_text_printf(&text, "%s%s", text.len > 0 ? "\n" : "", line->valuestring);
  assert_string_equal(pg_text_str(&text), expected);
  pg_text_free(&text);
  cJSON_Delete(tree);
}

void case_check_holder(const struct pg_snapshot *snapshot, uint16_t port,
                       const char *member, const char *expected) {
  cJSON *tree = NULL;
  const cJSON *holders = case_member(snapshot, port, "holders", &tree);
  assert_non_null(holders->child);
  const cJSON *found = pg_json_member(holders->child, member);
  if (expected == NULL) {
    assert_null(found);
  } else {
    assert_non_null(found);
    char *text = cJSON_PrintUnformatted(found);
    assert_string_equal(text, expected);
    cJSON_free(text);
  }
  cJSON_Delete(tree);
}

void case_check_summary(const struct pg_snapshot *snapshot, uint16_t port,
                        const char *expected) {
  struct pg_text text;
  pg_text_init(&text, 4096);
  explain_summary(snapshot, port, &text);
  assert_string_equal(pg_text_str(&text), expected);
  pg_text_free(&text);
}

static void add_fix(struct pg_text *text, const cJSON *fix) {
  const cJSON *line;
  pg_text_printf(text, "%s:", cJSON_GetStringValue(pg_json_member(fix, "kind")));
  cJSON_ArrayForEach(line, pg_json_member(fix, "by_hand"))
      pg_text_printf(text, " [%s]", line->valuestring);
  pg_text_printf(text, " %s",
                 cJSON_IsTrue(pg_json_member(fix, "frees_port")) ? "frees" : "helps");
  if (cJSON_IsString(pg_json_member(fix, "caution")))
    pg_text_printf(text, " (%s)", cJSON_GetStringValue(pg_json_member(fix, "caution")));
  pg_text_char(text, '\n');
}

void case_check_fixes(const char *json, uint16_t port, const char *expected) {
  struct pg_snapshot *s = case_of(json);
  struct pg_text text;
  cJSON *tree = NULL;
  const cJSON *fix;
  pg_text_init(&text, 65536);
  const cJSON *fixes = case_member(s, port, "fixes", &tree);
  cJSON_ArrayForEach(fix, fixes) add_fix(&text, fix);
  assert_string_equal(pg_text_str(&text), expected);
  pg_text_free(&text);
  cJSON_Delete(tree);
  snapshot_unref(s);
}
