#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"

#include "common/limits.h"
#include "service/freshness.h"

/* Port 80 is the kernel's, 81 a process's, everything else free. */
static const char machine[] = CASE(LISTEN("0.0.0.0", 80, 4) "," LISTEN("0.0.0.0", 81, 10),
                                   PROCESSES(PROCESS(10, "x.exe")) SERVICES(""));

#define NOW 100000

/* Everything was read just now. */
static struct freshness fresh(const struct pg_snapshot *snapshot) {
  return (struct freshness){.snapshot = snapshot,
                            .tcp = NOW + 1,
                            .details = NOW,
                            .http = NOW,
                            .http_askable = true};
}

static void what_was_just_read_is_not_read_again(void **state) {
  struct pg_snapshot *s = case_of(machine);
  struct freshness known = fresh(s);
  (void)state;
  assert_int_equal(freshness_for_port(&known, 80, NOW, PG_MAX_AGE_MS), NEED_NOTHING);
  assert_int_equal(freshness_for_port(&known, 80, NOW, 0), NEED_NOTHING);
  assert_int_equal(freshness_for_all(&known, NOW), NEED_NOTHING);
  assert_int_equal(freshness_for_http(&known, NOW), NEED_NOTHING);
  snapshot_unref(s);
}

static void the_table_may_be_as_old_as_the_question_allows(void **state) {
  struct pg_snapshot *s = case_of(machine);
  struct freshness known = fresh(s);
  (void)state;
  known.tcp = NOW - 249;
  assert_int_equal(freshness_for_port(&known, 82, NOW, 250), NEED_NOTHING);
  assert_int_equal(freshness_for_port(&known, 82, NOW, 249), NEED_SAMPLE);
  assert_int_equal(freshness_for_port(&known, 82, NOW, 0), NEED_SAMPLE);
  assert_int_equal(freshness_for_port(&known, 82, NOW + 1, 250), NEED_SAMPLE);
  /* In the same millisecond nobody knows which of them came first. */
  known.tcp = NOW;
  assert_int_equal(freshness_for_port(&known, 82, NOW, 0), NEED_SAMPLE);
  snapshot_unref(s);
}

static void before_the_first_sample_one_is_needed(void **state) {
  struct freshness known = {.http_askable = true};
  (void)state;
  assert_true((freshness_for_port(&known, 80, NOW, 60000) & NEED_SAMPLE) != 0);
  assert_true((freshness_for_all(&known, NOW) & NEED_SAMPLE) != 0);
  assert_true((freshness_for_http(&known, NOW) & NEED_SAMPLE) != 0);
}

static void a_free_port_needs_neither_details_nor_netsh(void **state) {
  struct pg_snapshot *s = case_of(machine);
  struct freshness known = fresh(s);
  (void)state;
  known.details = known.http = 0;
  assert_int_equal(freshness_for_port(&known, 82, NOW, 250), NEED_NOTHING);
  snapshot_unref(s);
}

static void netsh_is_asked_for_kernel_ports_only(void **state) {
  struct pg_snapshot *s = case_of(machine);
  struct freshness known = fresh(s);
  (void)state;
  known.http = NOW - PG_DETAIL_AGE_MS - 1;
  assert_int_equal(freshness_for_port(&known, 80, NOW, 250), NEED_HTTP);
  assert_int_equal(freshness_for_port(&known, 81, NOW, 250), NEED_NOTHING);
  assert_int_equal(freshness_for_all(&known, NOW), NEED_HTTP);
  assert_int_equal(freshness_for_http(&known, NOW), NEED_HTTP);
  known.http++;
  assert_int_equal(freshness_for_port(&known, 80, NOW, 250), NEED_NOTHING);
  snapshot_unref(s);
}

/* The port was taken after netsh was asked: the text is young and says nothing. */
static void a_port_that_waits_for_netsh_needs_it_however_young_the_text(void **state) {
  struct pg_snapshot *s = case_after(machine, NULL, true, NOW);
  struct freshness known = fresh(s);
  (void)state;
  assert_int_equal(freshness_for_port(&known, 80, NOW, 250), NEED_HTTP);
  assert_int_equal(freshness_for_port(&known, 81, NOW, 250), NEED_NOTHING);
  assert_int_equal(freshness_for_all(&known, NOW), NEED_HTTP);
  known.http_askable = false;
  assert_int_equal(freshness_for_port(&known, 80, NOW, 250), NEED_NOTHING);
  snapshot_unref(s);
}

static void a_netsh_that_cannot_be_asked_is_not_waited_for(void **state) {
  struct pg_snapshot *s = case_of(machine);
  struct freshness known = fresh(s);
  (void)state;
  known.http = 0;
  known.http_askable = false;
  assert_int_equal(freshness_for_port(&known, 80, NOW, 250), NEED_NOTHING);
  assert_int_equal(freshness_for_all(&known, NOW), NEED_NOTHING);
  assert_int_equal(freshness_for_http(&known, NOW), NEED_NOTHING);
  snapshot_unref(s);
}

static void old_details_are_read_again_for_a_port_in_use(void **state) {
  struct pg_snapshot *s = case_of(machine);
  struct freshness known = fresh(s);
  (void)state;
  known.details = NOW - PG_DETAIL_AGE_MS - 1;
  assert_int_equal(freshness_for_port(&known, 81, NOW, 250), NEED_DETAILS);
  assert_int_equal(freshness_for_all(&known, NOW), NEED_DETAILS);
  known.details++;
  assert_int_equal(freshness_for_port(&known, 81, NOW, 250), NEED_NOTHING);
  snapshot_unref(s);
}

/* The clock may count from the boot, and the service may start with it. */
static void what_was_never_read_is_old_even_right_after_the_boot(void **state) {
  struct pg_snapshot *s = case_of(machine);
  struct freshness known = {.snapshot = s, .tcp = 5, .http_askable = true};
  (void)state;
  assert_int_equal(freshness_for_port(&known, 80, 10, 250), NEED_DETAILS | NEED_HTTP);
  snapshot_unref(s);
}

/* --- the network configuration --- */

/* A machine whose configuration was read at |read|, and its connections too. */
static struct freshness live(struct pg_snapshot *snapshot, int64_t read) {
  struct freshness known = fresh(snapshot);
  snapshot->network_mono = snapshot->connections_mono = read;
  known.network = read;
  known.network_askable = known.live = true;
  return known;
}

static void a_free_port_needs_what_could_keep_it_from_being_bound(void **state) {
  struct pg_snapshot *s = case_of(machine);
  struct freshness known = live(s, NOW - PG_DETAIL_AGE_MS);
  (void)state;
  assert_int_equal(freshness_for_port(&known, 82, NOW, 250), NEED_NOTHING);
  known = live(s, NOW - PG_DETAIL_AGE_MS - 1);
  assert_int_equal(freshness_for_port(&known, 82, NOW, 250),
                   NEED_NETWORK | NEED_CONNECTIONS);
  known.network_askable = false; /* it backs off */
  assert_int_equal(freshness_for_port(&known, 82, NOW, 250), NEED_CONNECTIONS);
  snapshot_unref(s);
}

static void a_port_in_use_waits_for_the_first_configuration_only(void **state) {
  struct pg_snapshot *s = case_of(machine);
  struct freshness known = live(s, 0);
  (void)state;
  assert_int_equal(freshness_for_port(&known, 81, NOW, 250), NEED_NETWORK);
  assert_int_equal(freshness_for_all(&known, NOW), NEED_NETWORK);
  known = live(s, 1);
  assert_int_equal(freshness_for_port(&known, 81, NOW, 250), NEED_NOTHING);
  snapshot_unref(s);
}

static void a_capture_is_given_all_there_is(void **state) {
  struct pg_snapshot *s = case_of(machine);
  struct freshness known = live(s, 0);
  (void)state;
  known.http = known.details = 0;
  assert_int_equal(freshness_for_capture(&known, NOW),
                   NEED_DETAILS | NEED_HTTP | NEED_NETWORK | NEED_CONNECTIONS);
  snapshot_unref(s);
}

static void the_lists_of_http_sys_need_nothing_but_the_configuration(void **state) {
  struct pg_snapshot *s = case_of(machine);
  struct freshness known = live(s, NOW - PG_DETAIL_AGE_MS - 1);
  (void)state;
  known.tcp = known.details = known.http = 1;
  assert_int_equal(freshness_for_network(&known, NOW), NEED_NETWORK);
  known.network_askable = false;
  assert_int_equal(freshness_for_network(&known, NOW), NEED_NOTHING);
  known.snapshot = NULL;
  assert_int_equal(freshness_for_network(&known, NOW), NEED_SAMPLE);
  snapshot_unref(s);
}

static void the_tick_reads_the_configuration_when_told_or_after_a_minute(void **state) {
  struct freshness known = {.network_askable = true};
  (void)state;
  assert_true(freshness_tick_wants_network(&known, NOW)); /* at the start */
  known.network = NOW;
  assert_false(freshness_tick_wants_network(&known, NOW + PG_NETWORK_REFRESH_MS - 1));
  assert_true(freshness_tick_wants_network(&known, NOW + PG_NETWORK_REFRESH_MS));
  known.network_changed = true;
  assert_false(freshness_tick_wants_network(&known, NOW + PG_DETAIL_AGE_MS - 1));
  assert_true(freshness_tick_wants_network(&known, NOW + PG_DETAIL_AGE_MS));
}

static void http_sys_that_was_stopped_is_asked_when_it_listens(void **state) {
  struct pg_snapshot *s = case_of(machine); /* has no reservations */
  struct freshness known = live(s, NOW);
  (void)state;
  known.kernel_changed = NOW - 1;
  assert_false(freshness_tick_wants_network(&known, NOW + 1));
  known.kernel_changed = NOW + 1;
  assert_true(freshness_tick_wants_network(&known, NOW + 1));
  snapshot_source_read(s, PG_SOURCE_RESERVATIONS, 1);
  assert_false(freshness_tick_wants_network(&known, NOW + 1));
  snapshot_unref(s);
}

static void a_failed_configuration_is_tried_as_its_backoff_allows(void **state) {
  struct freshness known = {.network = NOW, .network_failed = true};
  (void)state;
  assert_false(freshness_tick_wants_network(&known, NOW + PG_NETWORK_REFRESH_MS));
  known.network_askable = true;
  assert_true(freshness_tick_wants_network(&known, NOW + 1));
}

/* --- the tick --- */

static void netsh_is_asked_when_a_listener_of_the_kernel_has_gone(void **state) {
  struct freshness_survey quiet = {.kernel = true};
  struct freshness known = {.http = NOW, .http_askable = true, .kernel_changed = NOW};
  (void)state;
  assert_false(freshness_tick_wants_http(&known, &quiet, NOW));
  known.kernel_changed = NOW + 1;
  assert_true(freshness_tick_wants_http(&known, &quiet, NOW + 1));
  known.http = 0; /* nobody ever asked: nothing is registered */
  assert_false(freshness_tick_wants_http(&known, &quiet, NOW + 1));
}

static void survey_of(const char *json, bool http_expected,
                      struct freshness_survey *survey) {
  struct pg_snapshot *s = case_after(json, NULL, http_expected, 1000);
  struct pg_settings *settings = settings_default();
  assert_non_null(settings);
  freshness_survey(s, settings, survey);
  settings_free(settings);
  snapshot_unref(s);
}

static void a_survey_says_what_the_tick_must_know(void **state) {
  struct freshness_survey survey;
  (void)state;
  survey_of(machine, true, &survey);
  assert_true(survey.guarded_kernel && survey.pending);
  survey_of(machine, false, &survey);
  assert_true(survey.guarded_kernel && !survey.pending);
  survey_of(CASE(LISTEN("0.0.0.0", 5985, 4), ""), false, &survey);
  assert_true(!survey.guarded_kernel && !survey.pending);
  survey_of(CASE(LISTEN("0.0.0.0", 80, 10), ""), true, &survey);
  assert_false(survey.guarded_kernel || survey.pending);
}

static void the_tick_asks_netsh_about_listeners_that_wait(void **state) {
  struct freshness known = {.http = NOW, .http_askable = true};
  struct freshness_survey survey = {.pending = true};
  (void)state;
  assert_true(freshness_tick_wants_http(&known, &survey, NOW));
  known.http_askable = false;
  assert_false(freshness_tick_wants_http(&known, &survey, NOW));
}

static void the_tick_reads_guarded_ports_again_every_half_minute(void **state) {
  struct freshness known = {
      .http = NOW, .http_askable = true, .http_refresh_ms = PG_HTTP_REFRESH_MS};
  struct freshness_survey survey = {.guarded_kernel = true};
  (void)state;
  assert_false(freshness_tick_wants_http(&known, &survey, NOW + PG_HTTP_REFRESH_MS));
  assert_true(freshness_tick_wants_http(&known, &survey, NOW + PG_HTTP_REFRESH_MS + 1));
  known.http_refresh_ms = PG_HTTP_ENFORCE_MS; /* a rule is enforced on one */
  assert_true(freshness_tick_wants_http(&known, &survey, NOW + PG_HTTP_ENFORCE_MS + 1));
  survey.guarded_kernel = false;
  assert_false(freshness_tick_wants_http(&known, &survey, NOW + 10 * PG_HTTP_REFRESH_MS));
}

static void the_tick_tries_again_what_failed(void **state) {
  struct freshness known = {.http = NOW, .http_askable = true, .http_failed = true};
  struct freshness_survey survey = {0};
  (void)state;
  assert_true(freshness_tick_wants_http(&known, &survey, NOW));
  known.http_askable = false; /* backing off */
  assert_false(freshness_tick_wants_http(&known, &survey, NOW));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_just_read_is_not_read_again),
      cmocka_unit_test(the_table_may_be_as_old_as_the_question_allows),
      cmocka_unit_test(before_the_first_sample_one_is_needed),
      cmocka_unit_test(a_free_port_needs_neither_details_nor_netsh),
      cmocka_unit_test(netsh_is_asked_for_kernel_ports_only),
      cmocka_unit_test(a_port_that_waits_for_netsh_needs_it_however_young_the_text),
      cmocka_unit_test(a_netsh_that_cannot_be_asked_is_not_waited_for),
      cmocka_unit_test(old_details_are_read_again_for_a_port_in_use),
      cmocka_unit_test(what_was_never_read_is_old_even_right_after_the_boot),
      cmocka_unit_test(a_free_port_needs_what_could_keep_it_from_being_bound),
      cmocka_unit_test(a_port_in_use_waits_for_the_first_configuration_only),
      cmocka_unit_test(a_capture_is_given_all_there_is),
      cmocka_unit_test(the_lists_of_http_sys_need_nothing_but_the_configuration),
      cmocka_unit_test(the_tick_reads_the_configuration_when_told_or_after_a_minute),
      cmocka_unit_test(a_failed_configuration_is_tried_as_its_backoff_allows),
      cmocka_unit_test(http_sys_that_was_stopped_is_asked_when_it_listens),
      cmocka_unit_test(netsh_is_asked_when_a_listener_of_the_kernel_has_gone),
      cmocka_unit_test(a_survey_says_what_the_tick_must_know),
      cmocka_unit_test(the_tick_asks_netsh_about_listeners_that_wait),
      cmocka_unit_test(the_tick_reads_guarded_ports_again_every_half_minute),
      cmocka_unit_test(the_tick_tries_again_what_failed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
