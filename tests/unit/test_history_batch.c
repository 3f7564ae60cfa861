/* What waits to be written. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/history/batch.h"

#include <stdlib.h>
#include <string.h>

static void rows_come_back_as_they_were_given(void **state) {
  struct history_batch *batch = history_batch_new();
  char holder[] = "service:W3SVC", data[] = "{\"a\":1}";
  size_t count = 0;
  (void)state;
  const struct history_row row = {HISTORY_BEGIN, 17, 0, 80, holder, data, NULL, NULL, 0};
  assert_true(history_batch_add(batch, &row));
  memset(holder, 'x', sizeof holder - 1);
  memset(data, 'x', sizeof data - 1);
  const struct history_row *rows = history_batch_rows(batch, &count);
  assert_int_equal(count, 1);
  assert_int_equal(rows[0].what, HISTORY_BEGIN);
  assert_int_equal(rows[0].at, 17);
  assert_int_equal(rows[0].port, 80);
  assert_string_equal(rows[0].holder, "service:W3SVC");
  assert_string_equal(rows[0].data, "{\"a\":1}");
  assert_null(rows[0].how);
  history_batch_free(batch);
}

static void an_empty_batch_has_no_rows(void **state) {
  struct history_batch *batch = history_batch_new();
  size_t count = 1;
  (void)state;
  (void)history_batch_rows(batch, &count);
  assert_int_equal(count, 0);
  history_batch_free(batch);
  history_batch_free(NULL);
}

static void texts_beyond_the_ceiling_are_refused_and_the_rest_stays(void **state) {
  struct history_batch *batch = history_batch_new();
  const size_t len = PG_HISTORY_BATCH_MAX / 4;
  char *text = malloc(len + 1);
  size_t count = 0, added = 0;
  (void)state;
  memset(text, 'x', len);
  text[len] = '\0';
  const struct history_row row = {HISTORY_CHANGE, 1, 1100, 80, NULL, text, NULL, NULL, 0};
  while (added < 10 && history_batch_add(batch, &row))
    added++;
  assert_in_range(added, 2, 4);
  const struct history_row *rows = history_batch_rows(batch, &count);
  assert_int_equal(count, added);
  assert_string_equal(rows[added - 1].data, text);
  free(text);
  history_batch_free(batch);
}

static void rows_without_texts_have_a_ceiling_too(void **state) {
  struct history_batch *batch = history_batch_new();
  const struct history_row row = {HISTORY_END, 1, 0, 80, NULL, NULL, NULL, NULL, 0};
  size_t added = 0;
  (void)state;
  while (added <= PG_HISTORY_BATCH_ROWS && history_batch_add(batch, &row))
    added++;
  assert_int_equal(added, PG_HISTORY_BATCH_ROWS);
  history_batch_free(batch);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_come_back_as_they_were_given),
      cmocka_unit_test(an_empty_batch_has_no_rows),
      cmocka_unit_test(texts_beyond_the_ceiling_are_refused_and_the_rest_stays),
      cmocka_unit_test(rows_without_texts_have_a_ceiling_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
