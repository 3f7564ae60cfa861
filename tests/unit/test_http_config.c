/* HTTP.sys's configuration from an API that the test makes up: a list of words, each
 * a record, and the ways to misbehave. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/sources/http_config.h"

#include <stdio.h>
#include <string.h>

#define DENIED 5
#define NEVER 0xffffffffu

/* The machine of the test that runs. */
static struct {
  const char *const *words;
  uint32_t count;
  uint32_t fails_at, code; /* that token is answered with that code */
  uint32_t large_at;       /* that record is said to be |large| bytes, and is */
  uint32_t large;
  bool greedy;           /* every buffer is too small */
  bool changes;          /* each reading has another last word */
  uint32_t changes_once; /* readings up to this one have one word less */
  uint32_t calls, readings;
} api;

static uint32_t query(uint32_t token, void *buffer, uint32_t size, uint32_t *needed) {
  api.calls++;
  api.readings += token == 0;
  if (api.greedy) {
    *needed = 1; /* and lies about it */
    return HTTP_CONFIG_SMALL;
  }
  if (token == api.fails_at)
    return api.code;
  uint32_t count = api.count - (api.readings <= api.changes_once);
  if (token >= count)
    return HTTP_CONFIG_END;
  *needed = token == api.large_at ? api.large : 256;
  if (size < *needed)
    return HTTP_CONFIG_MORE_DATA;
  if (api.changes)
    snprintf(buffer, size, "%s%u", api.words[token], api.readings);
  else
    snprintf(buffer, size, "%s", api.words[token]);
  return 0;
}

static bool decode(const void *buffer, uint32_t size, struct http_records *records) {
  struct http_record record = {buffer, {"one", NULL, "three"}};
  (void)size;
  return http_records_add(records, &record);
}

static const char *words(char *out, size_t size, uint32_t code) {
  snprintf(out, size, "Query: Access is denied (%u)", code);
  return out;
}

static const struct http_list list[] = {{false, query, decode}, {false, query, decode}};
static const struct http_list single[] = {{true, query, decode}};

static const char *const urls[] = {"http://+:80/a/", "http://+:80/b/", "http://+:80/c/"};

static struct pg_snapshot *snapshot;

static int plug_in(void **state) {
  (void)state;
  memset(&api, 0, sizeof api);
  api.words = urls;
  api.count = sizeof urls / sizeof *urls;
  api.fails_at = api.large_at = NEVER;
  snapshot = snapshot_new();
  return snapshot == NULL;
}

static int unplug(void **state) {
  (void)state;
  snapshot_unref(snapshot);
  return 0;
}

static void read_reservations(void) {
  assert_int_equal(
      http_config_add(snapshot, PG_SOURCE_RESERVATIONS, list, 1, words, 7000), PG_OK);
  assert_int_equal(snapshot->sources[PG_SOURCE_RESERVATIONS].read_at, 7000);
}

/* The reservations are the first |count| words, and |why| is the reason (NULL: the
 * source was read). */
static void expect(size_t count, const char *why) {
  const struct pg_source_status *status = &snapshot->sources[PG_SOURCE_RESERVATIONS];
  read_reservations();
  assert_int_equal(snapshot->network.reservation_count, count);
  for (size_t i = 0; i < count; i++) {
    assert_string_equal(snapshot->network.reservations[i].url, urls[i]);
    assert_string_equal(snapshot->network.reservations[i].sddl, "one");
  }
  if (why == NULL) {
    assert_int_equal(status->state, PG_SOURCE_READ);
    return;
  }
  assert_int_equal(status->state, PG_SOURCE_FAILED);
  assert_string_equal(status->error, why);
}

static void every_record_becomes_a_row(void **state) {
  (void)state;
  expect(3, NULL);
}

static void an_empty_list_is_read(void **state) {
  (void)state;
  api.count = 0;
  expect(0, NULL);
}

static void a_missing_record_is_an_empty_list(void **state) {
  (void)state;
  api.fails_at = 0;
  api.code = HTTP_CONFIG_MISSING;
  expect(0, NULL);
}

static void a_record_larger_than_the_buffer_is_asked_for_again(void **state) {
  (void)state;
  api.large_at = 1;
  api.large = PG_HTTP_RECORD_MAX;
  expect(3, NULL);
}

static void a_record_beyond_the_ceiling_ends_the_list(void **state) {
  (void)state;
  api.large_at = 1;
  api.large = PG_HTTP_RECORD_MAX + 1;
  expect(1, "HttpQueryServiceConfiguration asks for more than 1024 KiB for one record");
}

static void an_api_that_always_wants_more_is_given_up_soon(void **state) {
  (void)state;
  api.greedy = true;
  expect(0, "HttpQueryServiceConfiguration asks for more than 1024 KiB for one record");
  assert_in_range(api.calls, 1, 16);
}

static void a_refusal_is_said_in_windows_words(void **state) {
  (void)state;
  api.fails_at = 0;
  api.code = DENIED;
  expect(0, "Query: Access is denied (5)");
}

static void what_was_read_before_a_refusal_stays(void **state) {
  (void)state;
  api.fails_at = 2;
  api.code = DENIED;
  expect(2, "Query: Access is denied (5)");
}

static void a_list_that_never_ends_meets_the_ceiling(void **state) {
  static const char *many[PG_HTTP_RECORDS + 2];
  (void)state;
  for (size_t i = 0; i < sizeof many / sizeof *many; i++)
    many[i] = "http://+:80/";
  api.words = many;
  api.count = PG_HTTP_RECORDS + 2;
  read_reservations();
  assert_int_equal(snapshot->network.reservation_count, PG_HTTP_RECORDS);
  assert_string_equal(snapshot->sources[PG_SOURCE_RESERVATIONS].error,
                      "HTTP.sys has more than 65536 entries of this kind");
}

static void a_list_that_changed_while_it_was_read_is_read_again(void **state) {
  (void)state;
  api.changes_once = 1;
  expect(3, NULL);
}

static void a_list_that_never_says_the_same_twice_fails(void **state) {
  (void)state;
  api.changes = true;
  read_reservations();
  assert_int_equal(snapshot->network.reservation_count, 3);
  assert_string_equal(snapshot->sources[PG_SOURCE_RESERVATIONS].error,
                      "HttpQueryServiceConfiguration gave another list each of 4 times");
}

static void a_list_in_one_record_is_asked_for_once_per_reading(void **state) {
  (void)state;
  assert_int_equal(
      http_config_add(snapshot, PG_SOURCE_LISTEN_LIST, single, 1, words, 7000), PG_OK);
  assert_int_equal(snapshot->network.listen_count, 1);
  assert_string_equal(snapshot->network.listen_list[0].text, urls[0]);
  assert_int_equal(api.calls, 2);
}

static void certificates_of_both_kinds_are_one_table(void **state) {
  (void)state;
  assert_int_equal(
      http_config_add(snapshot, PG_SOURCE_CERTIFICATES, list, 2, words, 7000), PG_OK);
  assert_int_equal(snapshot->network.certificate_count, 6);
  const struct pg_certificate *row = &snapshot->network.certificates[5];
  assert_string_equal(row->endpoint, urls[2]);
  assert_string_equal(row->hash, "one");
  assert_null(row->store);
  assert_string_equal(row->app_id, "three");
}

static void one_list_that_fails_fails_its_source_and_no_other(void **state) {
  (void)state;
  read_reservations();
  api.fails_at = 1;
  api.code = DENIED;
  assert_int_equal(
      http_config_add(snapshot, PG_SOURCE_CERTIFICATES, list, 2, words, 7000), PG_OK);
  assert_int_equal(snapshot->network.certificate_count, 2);
  assert_int_equal(snapshot->sources[PG_SOURCE_CERTIFICATES].state, PG_SOURCE_FAILED);
  assert_int_equal(snapshot->sources[PG_SOURCE_RESERVATIONS].state, PG_SOURCE_READ);
  assert_int_equal(snapshot->sources[PG_SOURCE_LISTEN_LIST].state, PG_SOURCE_ABSENT);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, plug_in, unplug)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(every_record_becomes_a_row),
      CASE(an_empty_list_is_read),
      CASE(a_missing_record_is_an_empty_list),
      CASE(a_record_larger_than_the_buffer_is_asked_for_again),
      CASE(a_record_beyond_the_ceiling_ends_the_list),
      CASE(an_api_that_always_wants_more_is_given_up_soon),
      CASE(a_refusal_is_said_in_windows_words),
      CASE(what_was_read_before_a_refusal_stays),
      CASE(a_list_that_never_ends_meets_the_ceiling),
      CASE(a_list_that_changed_while_it_was_read_is_read_again),
      CASE(a_list_that_never_says_the_same_twice_fails),
      CASE(a_list_in_one_record_is_asked_for_once_per_reading),
      CASE(certificates_of_both_kinds_are_one_table),
      CASE(one_list_that_fails_fails_its_source_and_no_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
