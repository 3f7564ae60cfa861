#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/capture/capture_source.h"

#include "common/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define CAPTURE_80                                                                       \
  "{\"portguard_capture\":1,\"taken_at\":\"2026-03-02T12:26:31Z\",\"tcp\":[{\"family\":" \
  "\"ipv4\",\"local_address\":\"0.0.0.0\",\"local_port\":80,\"state\":\"listen\","       \
  "\"pid\":4}],\"processes\":[]}"
#define CAPTURE_81                                                                       \
  "{\"portguard_capture\":1,\"taken_at\":\"2026-03-02T12:26:31Z\",\"tcp\":[{\"family\":" \
  "\"ipv4\",\"local_address\":\"0.0.0.0\",\"local_port\":81,\"state\":\"listen\","       \
  "\"pid\":4}],\"processes\":[]}"

/* A source over a file in a folder of its own, and the clock it is sampled by. */
struct bench {
  char folder[512];
  char path[600];
  struct source source;
  struct pg_snapshot *last;
  int64_t now_mono;
};

static void write_file(const struct bench *bench, const char *text) {
  FILE *file = fopen(bench->path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
  assert_int_equal(fclose(file), 0);
}

static int open_bench(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  uv_fs_t request;
  assert_non_null(bench);
  assert_int_equal(uv_fs_mkdtemp(NULL, &request, "pg-XXXXXX", NULL), 0);
  snprintf(bench->folder, sizeof bench->folder, "%s", request.path);
  uv_fs_req_cleanup(&request);
  snprintf(bench->path, sizeof bench->path, "%s/host.json", bench->folder);
  bench->now_mono = 1000;
  write_file(bench, CAPTURE_80);
  assert_int_equal(capture_source_open(&bench->source, bench->path, NULL), PG_OK);
  *state = bench;
  return 0;
}

static int close_bench(void **state) {
  struct bench *bench = *state;
  uv_fs_t request;
  snapshot_unref(bench->last);
  bench->source.close(bench->source.context);
  remove(bench->path);
  uv_fs_rmdir(NULL, &request, bench->folder, NULL);
  uv_fs_req_cleanup(&request);
  free(bench);
  return 0;
}

static enum sample_outcome sample(struct bench *bench, bool details, bool rebuild) {
  struct pg_snapshot *made = NULL;
  struct sample_order order = {.previous = bench->last,
                               .details = details,
                               .rebuild = rebuild,
                               .now = 1700000000000 + bench->now_mono,
                               .now_mono = bench->now_mono};
  enum sample_outcome outcome =
      bench->source.sample(bench->source.context, &order, &made);
  assert_int_equal(made != NULL, outcome == SAMPLE_NEW);
  if (made != NULL) {
    snapshot_unref(bench->last);
    bench->last = made;
  }
  return outcome;
}

static void assert_tables(const struct bench *bench, enum pg_source_state wanted) {
  assert_int_equal(bench->last->sources[PG_SOURCE_TCP4].state, wanted);
  assert_int_equal(bench->last->sources[PG_SOURCE_TCP6].state, wanted);
}

static const char *words(const struct bench *bench) {
  return bench->last->sources[PG_SOURCE_TCP4].error;
}

static void the_first_sample_is_new_and_the_next_the_same(void **state) {
  struct bench *bench = *state;
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  assert_tables(bench, PG_SOURCE_READ);
  assert_non_null(snapshot_port(bench->last, 80));
  assert_int_equal(sample(bench, false, false), SAMPLE_SAME);
  assert_int_equal(sample(bench, true, false), SAMPLE_SAME);
}

static void a_sample_carries_the_clock_of_the_service(void **state) {
  struct bench *bench = *state;
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  assert_int_equal(bench->last->sampled_at, 1700000001000);
  assert_int_equal(bench->last->sampled_mono, 1000);
  assert_int_equal(bench->last->sources[PG_SOURCE_PROCESSES].read_at, 1700000001000);
  assert_int_equal(bench->last->sources[PG_SOURCE_SERVICES].read_at, 0);
}

static void a_rebuild_is_new_though_nothing_changed(void **state) {
  struct bench *bench = *state;
  sample(bench, false, false);
  bench->now_mono = 1500;
  assert_int_equal(sample(bench, false, true), SAMPLE_NEW);
  assert_int_equal(bench->last->sampled_mono, 1500);
  assert_non_null(snapshot_port(bench->last, 80));
}

static void a_changed_file_is_read_again(void **state) {
  struct bench *bench = *state;
  sample(bench, false, false);
  write_file(bench, CAPTURE_81 "\n");
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  assert_null(snapshot_port(bench->last, 80));
  assert_non_null(snapshot_port(bench->last, 81));
}

static void a_replaced_file_is_read_again(void **state) {
  struct bench *bench = *state;
  struct bench other = *bench;
  sample(bench, false, false);
  snprintf(other.path, sizeof other.path, "%s/new.json", bench->folder);
  write_file(&other, CAPTURE_81);
  uv_fs_t request;
  assert_int_equal(uv_fs_rename(NULL, &request, other.path, bench->path, NULL), 0);
  uv_fs_req_cleanup(&request);
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  assert_non_null(snapshot_port(bench->last, 81));
}

static void a_file_rewritten_as_it_was_is_the_same(void **state) {
  struct bench *bench = *state;
  sample(bench, false, false);
  write_file(bench, CAPTURE_80);
  assert_int_equal(sample(bench, false, false), SAMPLE_SAME);
}

/* The same length and the same time: what a coarse file system makes of two quick
 * writes. */
static void write_unnoticed(const struct bench *bench, const char *text) {
  uv_fs_t request;
  write_file(bench, text);
  assert_int_equal(uv_fs_utime(NULL, &request, bench->path, 1.7e9, 1.7e9, NULL), 0);
  uv_fs_req_cleanup(&request);
}

static void a_change_the_file_times_do_not_show_is_found_soon(void **state) {
  struct bench *bench = *state;
  write_unnoticed(bench, CAPTURE_80);
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  write_unnoticed(bench, CAPTURE_81);
  bench->now_mono += 2499;
  assert_int_equal(sample(bench, false, false), SAMPLE_SAME);
  bench->now_mono += 1;
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  assert_non_null(snapshot_port(bench->last, 81));
}

static void a_file_that_broke_makes_the_tables_unknown(void **state) {
  struct bench *bench = *state;
  sample(bench, false, false);
  write_file(bench, "{\"portguard_capture\":1,\"tcp\":[");
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  assert_tables(bench, PG_SOURCE_FAILED);
  assert_int_equal(bench->last->port_count, 0);
  assert_non_null(strstr(words(bench), "host.json"));
  assert_int_equal(bench->last->sampled_mono, bench->now_mono);
  assert_int_equal(sample(bench, false, false), SAMPLE_SAME);

  write_file(bench, CAPTURE_80);
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  assert_tables(bench, PG_SOURCE_READ);
  assert_non_null(snapshot_port(bench->last, 80));
}

static void a_file_with_a_wrong_value_says_which(void **state) {
  struct bench *bench = *state;
  sample(bench, false, false);
  write_file(bench, "{\"portguard_capture\":1,\"tcp\":7}");
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  assert_non_null(strstr(words(bench), "tcp: found 7, expected an array"));
}

static void a_file_that_vanished_makes_the_tables_unknown(void **state) {
  struct bench *bench = *state;
  sample(bench, false, false);
  assert_int_equal(remove(bench->path), 0);
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  assert_tables(bench, PG_SOURCE_FAILED);
  assert_non_null(strstr(words(bench), "no such file"));
  assert_int_equal(sample(bench, false, false), SAMPLE_SAME);
  assert_int_equal(sample(bench, false, true), SAMPLE_NEW);
  assert_tables(bench, PG_SOURCE_FAILED);

  write_file(bench, CAPTURE_80);
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  assert_tables(bench, PG_SOURCE_READ);
}

static void a_file_that_came_back_as_it_was_is_news(void **state) {
  struct bench *bench = *state;
  sample(bench, false, false);
  remove(bench->path);
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  bench->now_mono += 10000;
  assert_int_equal(sample(bench, false, false), SAMPLE_SAME);
  write_file(bench, CAPTURE_80);
  assert_int_equal(sample(bench, false, false), SAMPLE_NEW);
  assert_tables(bench, PG_SOURCE_READ);
}

/* --- opening --- */

static void expect_refused(const char *path, enum pg_error code, const char *part) {
  struct source source;
  struct pg_fault fault = {.code = PG_OK};
  assert_int_equal(capture_source_open(&source, path, &fault), code);
  assert_non_null(strstr(fault.message, part));
}

static void a_capture_that_is_none_at_the_start_is_refused(void **state) {
  struct bench *bench = *state;
  write_file(bench, "{\"name\":\"something else\"}");
  expect_refused(bench->path, PG_E_FORMAT, "not a portguard capture");
  write_file(bench, "worker_processes 1;");
  expect_refused(bench->path, PG_E_PARSE, "host.json");
  write_file(bench, "");
  expect_refused(bench->path, PG_E_PARSE, "host.json");
}

static void a_missing_file_is_refused_with_its_name_escaped(void **state) {
  (void)state;
  expect_refused("no\x1Bsuch.json", PG_E_IO, "capture \"no<1B>such.json\": no such file");
}

static void a_folder_is_refused(void **state) {
  struct bench *bench = *state;
  expect_refused(bench->folder, PG_E_IO, "a directory, expected a file");
}

static void a_file_beyond_the_limit_is_refused_unread(void **state) {
  struct bench *bench = *state;
  FILE *file = fopen(bench->path, "wb");
  assert_non_null(file);
  assert_int_equal(fseek(file, (long)PG_CAPTURE_MAX, SEEK_SET), 0);
  assert_int_equal(fputc('}', file), '}');
  assert_int_equal(fclose(file), 0);
  expect_refused(bench->path, PG_E_TOOBIG, "larger than 64 MiB");
}

/* --- source_add_http --- */

static struct pg_snapshot *with_reading(const struct http_reading *reading) {
  struct pg_snapshot *snapshot = snapshot_new();
  assert_non_null(snapshot);
  assert_int_equal(source_add_http(snapshot, reading), PG_OK);
  return snapshot;
}

static void assert_http(struct pg_snapshot *snapshot, enum pg_source_state wanted,
                        const char *text) {
  assert_int_equal(snapshot->sources[PG_SOURCE_HTTP_STATE].state, wanted);
  if (text == NULL) {
    assert_null(snapshot->http_text);
  } else {
    assert_string_equal(snapshot->http_text, text);
    assert_int_equal(snapshot->http_text_len, strlen(text));
  }
  snapshot_unref(snapshot);
}

static void no_reading_yet_leaves_the_source_absent(void **state) {
  struct http_reading none = {.begun_mono = 0}, unfinished = {.begun_mono = 7};
  (void)state;
  assert_http(with_reading(NULL), PG_SOURCE_ABSENT, NULL);
  assert_http(with_reading(&none), PG_SOURCE_ABSENT, NULL);
  assert_http(with_reading(&unfinished), PG_SOURCE_ABSENT, NULL);
}

static void a_failed_reading_is_a_failed_source(void **state) {
  struct http_reading reading = {.begun_mono = 7, .read_at = 9, .error = "timed out"};
  struct pg_snapshot *snapshot = with_reading(&reading);
  (void)state;
  assert_string_equal(snapshot->sources[PG_SOURCE_HTTP_STATE].error, "timed out");
  assert_int_equal(snapshot->sources[PG_SOURCE_HTTP_STATE].read_at, 9);
  assert_int_equal(snapshot->http_mono, 7);
  assert_http(snapshot, PG_SOURCE_FAILED, NULL);
}

static void a_stopped_http_service_has_no_queues_and_no_error(void **state) {
  struct http_reading reading = {.begun_mono = 7, .stopped = true};
  (void)state;
  assert_http(with_reading(&reading), PG_SOURCE_READ, "");
}

static void a_text_without_sense_fails_and_is_kept(void **state) {
  char text[] = "  \n";
  struct http_reading reading = {.begun_mono = 7, .text = text, .len = 3};
  struct pg_snapshot *snapshot = with_reading(&reading);
  (void)state;
  assert_string_equal(snapshot->sources[PG_SOURCE_HTTP_STATE].error,
                      "netsh printed nothing that could be understood");
  assert_http(snapshot, PG_SOURCE_FAILED, "  \n");
}

static void bytes_that_are_not_utf8_are_replaced_one_for_one(void **state) {
  /* A lone lead byte before the line end, a lead byte before a letter, NUL, and
   * characters that are fine. */
  char text[] = "  \xE0\n \x83\x41\xFF\xFE \0 \xC3\xA9 \xE3\x82\xA2\n";
  struct http_reading reading = {.begun_mono = 7, .text = text, .len = sizeof text - 1};
  (void)state;
  assert_http(with_reading(&reading), PG_SOURCE_FAILED,
              "  ?\n ?A?? ? \xC3\xA9 \xE3\x82\xA2\n");
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_BENCH(the_first_sample_is_new_and_the_next_the_same),
      WITH_BENCH(a_sample_carries_the_clock_of_the_service),
      WITH_BENCH(a_rebuild_is_new_though_nothing_changed),
      WITH_BENCH(a_changed_file_is_read_again),
      WITH_BENCH(a_replaced_file_is_read_again),
      WITH_BENCH(a_file_rewritten_as_it_was_is_the_same),
      WITH_BENCH(a_change_the_file_times_do_not_show_is_found_soon),
      WITH_BENCH(a_file_that_broke_makes_the_tables_unknown),
      WITH_BENCH(a_file_with_a_wrong_value_says_which),
      WITH_BENCH(a_file_that_vanished_makes_the_tables_unknown),
      WITH_BENCH(a_file_that_came_back_as_it_was_is_news),
      WITH_BENCH(a_capture_that_is_none_at_the_start_is_refused),
      cmocka_unit_test(a_missing_file_is_refused_with_its_name_escaped),
      WITH_BENCH(a_folder_is_refused),
      WITH_BENCH(a_file_beyond_the_limit_is_refused_unread),
      cmocka_unit_test(no_reading_yet_leaves_the_source_absent),
      cmocka_unit_test(a_failed_reading_is_a_failed_source),
      cmocka_unit_test(a_stopped_http_service_has_no_queues_and_no_error),
      cmocka_unit_test(a_text_without_sense_fails_and_is_kept),
      cmocka_unit_test(bytes_that_are_not_utf8_are_replaced_one_for_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
