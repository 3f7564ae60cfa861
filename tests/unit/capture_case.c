#include "capture_case.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"

#include <string.h>

struct pg_snapshot *capture_case_read(const char *text, size_t len) {
  struct pg_snapshot *snapshot = NULL;
  struct pg_fault fault = {.code = PG_OK};
  enum pg_error error = capture_read(text, len, CAPTURE_CASE_MONO, &snapshot, &fault);
  if (error != PG_OK)
    fail_msg("%s", fault.message);
  assert_non_null(snapshot);
  return snapshot;
}

struct pg_text capture_case_written(const struct pg_snapshot *snapshot) {
  struct pg_text text;
  struct pg_json json;
  pg_text_init(&text, PG_CAPTURE_MAX);
  pg_json_start(&json, &text);
  capture_write(&json, snapshot);
  assert_false(text.failed);
  return text;
}

void capture_case_round_trip(const char *text) {
  struct pg_snapshot *first = capture_case_read(text, strlen(text));
  struct pg_text once = capture_case_written(first);
  struct pg_snapshot *second = capture_case_read(pg_text_str(&once), once.len);
  struct pg_text twice = capture_case_written(second);
  assert_string_equal(pg_text_str(&once), pg_text_str(&twice));
  for (int i = 0; i < PG_SOURCE_COUNT; i++)
    assert_int_equal(first->sources[i].state, second->sources[i].state);
  assert_int_equal(first->listener_count, second->listener_count);
  assert_int_equal(first->process_count, second->process_count);
  assert_int_equal(first->service_count, second->service_count);
  assert_int_equal(first->tag_count, second->tag_count);
  assert_int_equal(first->queue_count, second->queue_count);
  assert_int_equal(first->network.range_count, second->network.range_count);
  pg_text_free(&once);
  pg_text_free(&twice);
  snapshot_unref(first);
  snapshot_unref(second);
}
