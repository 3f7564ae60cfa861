/* What the service's doctor makes of the facts. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/text.h"
#include "service/doctor_checks.h"

#include <string.h>

#define NOW INT64_C(1772454391000) /* 2026-03-02 */
#define MIB (INT64_C(1024) * 1024)

struct fixture {
  struct doctor_facts facts;
  struct doctor_look look;
  struct pg_service http;
  struct pg_doctor_finding findings[PG_CHECK_COUNT];
};

/* A service of which nothing is wrong. */
static void make_well(struct fixture *f) {
  memset(f, 0, sizeof *f);
  f->facts.look = &f->look;
  for (int i = 0; i < DOCTOR_PIPES; i++) {
    f->facts.pipes[i].name = "\\\\.\\pipe\\portguard";
    f->facts.pipes[i].open = true;
    f->look.pipes[i].same = true;
    (void)pg_copy(f->look.pipes[i].expected, PIPE_LOOK_CHARS, "D:(A;;GA;;;SY)");
    (void)pg_copy(f->look.pipes[i].found, PIPE_LOOK_CHARS, "D:(A;;GA;;;WD)");
  }
  f->facts.in_windows = true;
  f->look.free_bytes = 4096 * MIB;
  f->facts.folder = "C:\\ProgramData\\PortGuard";
  f->facts.configuration.file = "C:\\ProgramData\\PortGuard\\config.json";
  f->facts.configuration.from_file = true;
  f->facts.keeps_state = true;
  f->facts.history.state = RECORDER_IS_RECORDING;
  f->facts.has_snapshot = f->facts.reads_netsh = true;
  f->facts.services = PG_SOURCE_READ;
  f->http.state = PG_STATE_RUNNING;
  f->facts.http = &f->http;
  f->facts.began_wall = NOW - 60000;
  f->facts.running_ms = 60000;
  f->facts.now_wall = NOW;
}

/* The check has this state, and words with |detail| and |hint| in them; NULL: none. */
static void expect(struct fixture *f, enum pg_doctor_check check,
                   enum pg_doctor_state state, const char *detail, const char *hint) {
  const struct pg_doctor_finding *found = &f->findings[check];
  doctor_check(&f->facts, f->findings);
  if (found->state != state || strstr(found->detail, detail) == NULL)
    fail_msg("%s: %s, \"%s\"", pg_doctor_name(check), pg_doctor_state_name(found->state),
             found->detail);
  if (hint == NULL)
    assert_string_equal(found->hint, "");
  else if (strstr(found->hint, hint) == NULL)
    fail_msg("%s: hint \"%s\"", pg_doctor_name(check), found->hint);
}

static void a_service_that_is_well_passes_every_check_of_its_own(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  doctor_check(&f.facts, f.findings);
  for (int i = 0; i < PG_CHECK_COUNT; i++) {
    bool own = pg_doctor_side((enum pg_doctor_check)i) == PG_DOCTOR_SERVICE;
    if (own && (f.findings[i].state != PG_DOCTOR_OK || f.findings[i].detail[0] == '\0'))
      fail_msg("%s: \"%s\"", pg_doctor_name((enum pg_doctor_check)i),
               f.findings[i].detail);
    if (!own)
      assert_string_equal(f.findings[i].detail, "");
  }
}

static void every_finding_that_is_bad_says_what_to_do(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  struct pg_fault broken = {.code = PG_E_IO, .message = "broken"};
  for (int i = 0; i < DOCTOR_PIPES; i++)
    f.look.pipes[i].same = false;
  for (int i = 0; i < DOCTOR_SETUPS; i++)
    f.look.settings[i].fault.code = PG_E_FORMAT;
  f.facts.setup = &broken;
  f.look.folder = f.look.state_file = f.facts.configuration.rejected = broken;
  f.facts.history.state = RECORDER_IS_FAILING;
  f.look.free_bytes = 0;
  f.facts.events_lost = 3;
  f.facts.sources[PG_SOURCE_TCP4].failing = f.facts.sources[PG_SOURCE_EXCLUDED4].failing =
      true;
  f.http.state = PG_STATE_STOP_PENDING;
  f.facts.now_wall = 0;
  doctor_check(&f.facts, f.findings);
  for (int i = 0; i < PG_CHECK_COUNT; i++)
    if (pg_doctor_side((enum pg_doctor_check)i) == PG_DOCTOR_SERVICE &&
        (f.findings[i].state == PG_DOCTOR_OK || f.findings[i].hint[0] == '\0'))
      fail_msg("%s: \"%s\"", pg_doctor_name((enum pg_doctor_check)i),
               f.findings[i].detail);
}

static void what_was_not_wanted_is_skipped_and_not_failed(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.pipes[DOCTOR_CONTROL_PIPE].name = NULL;
  f.facts.folder = f.facts.configuration.file = NULL;
  f.facts.keeps_state = f.facts.reads_netsh = false;
  f.facts.history.state = RECORDER_IS_OFF;
  expect(&f, PG_CHECK_CONTROL_PIPE, PG_DOCTOR_SKIPPED, "without it", NULL);
  expect(&f, PG_CHECK_FOLDER, PG_DOCTOR_SKIPPED, "without one", NULL);
  expect(&f, PG_CHECK_CONFIGURATION, PG_DOCTOR_SKIPPED, "without one", NULL);
  expect(&f, PG_CHECK_STATE, PG_DOCTOR_SKIPPED, "without one", NULL);
  expect(&f, PG_CHECK_HISTORY, PG_DOCTOR_SKIPPED, "without one", NULL);
  expect(&f, PG_CHECK_DISK, PG_DOCTOR_SKIPPED, "no files", NULL);
  expect(&f, PG_CHECK_NETSH, PG_DOCTOR_SKIPPED, "a capture", NULL);
}

static void a_look_that_has_not_ended_is_unknown_and_not_failed(void **state) {
  static const enum pg_doctor_check looked[] = {PG_CHECK_STATUS_PIPE,
                                                PG_CHECK_CONTROL_PIPE, PG_CHECK_FOLDER,
                                                PG_CHECK_STATE, PG_CHECK_DISK};
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.look = NULL;
  for (size_t i = 0; i < sizeof looked / sizeof *looked; i++)
    expect(&f, looked[i], PG_DOCTOR_UNKNOWN, "in time", "portguardctl doctor");
}

static void whoever_has_the_pipes_name_is_told(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.pipes[DOCTOR_STATUS_PIPE].open = false;
  (void)pg_fail(&f.facts.pipes[DOCTOR_STATUS_PIPE].trouble, PG_E_BUSY,
                "the pipe name is taken by process 71");
  pg_fault_hint(&f.facts.pipes[DOCTOR_STATUS_PIPE].trouble, "tasklist /svc");
  expect(&f, PG_CHECK_STATUS_PIPE, PG_DOCTOR_FAILED, "process 71", "tasklist");
  (void)pg_fail(&f.look.pipes[DOCTOR_CONTROL_PIPE].fault, PG_E_REFUSED, "taken by 72");
  expect(&f, PG_CHECK_CONTROL_PIPE, PG_DOCTOR_FAILED, "taken by 72",
         "powershell -Command Restart-Service PortGuard");
}

static void other_rights_on_a_pipe_are_shown_beside_those_it_should_have(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.look.pipes[DOCTOR_STATUS_PIPE].same = false;
  expect(&f, PG_CHECK_STATUS_PIPE, PG_DOCTOR_FAILED,
         "found D:(A;;GA;;;WD), expected D:(A;;GA;;;SY)",
         "powershell -Command Restart-Service PortGuard");
}

static void a_pipe_with_no_free_connection_is_not_known(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  (void)pg_fail(&f.look.pipes[DOCTOR_STATUS_PIPE].fault, PG_E_BUSY, "all in use");
  expect(&f, PG_CHECK_STATUS_PIPE, PG_DOCTOR_UNKNOWN, "all in use", "health");
}

static void a_setting_that_is_not_right_fails_or_is_only_told(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  for (int i = 0; i < DOCTOR_SETUPS; i++) {
    (void)pg_fail(&f.look.settings[i].fault, PG_E_FORMAT, "found something else");
    pg_fault_hint(&f.look.settings[i].fault, "portguardsvc install");
  }
  expect(&f, PG_CHECK_PRIVILEGES, PG_DOCTOR_FAILED, "something else",
         "portguardsvc install");
  expect(&f, PG_CHECK_EVENT_SOURCE, PG_DOCTOR_FAILED, "something else",
         "portguardsvc install");
  expect(&f, PG_CHECK_DESCRIPTION, PG_DOCTOR_WARNING, "something else",
         "portguardsvc install");
  f.look.settings[DOCTOR_SETUP_SID].unknown = true;
  expect(&f, PG_CHECK_SID, PG_DOCTOR_SKIPPED, "no such setting", NULL);
  f.look.settings[DOCTOR_SETUP_RECOVERY].fault.code = PG_E_DENIED;
  expect(&f, PG_CHECK_RECOVERY, PG_DOCTOR_UNKNOWN, "", "portguardsvc install");
  f.facts.look = NULL;
  expect(&f, PG_CHECK_PRIVILEGES, PG_DOCTOR_UNKNOWN, "in time", "portguardctl doctor");
  f.facts.in_windows = false;
  expect(&f, PG_CHECK_PRIVILEGES, PG_DOCTOR_SKIPPED, "not the service", NULL);
  expect(&f, PG_CHECK_SETUP, PG_DOCTOR_SKIPPED, "not the service", NULL);
}

static void what_the_service_could_not_set_is_told(void **state) {
  struct fixture f;
  struct pg_fault setup = {.code = PG_E_DENIED, .message = "the privileges are left"};
  (void)state;
  make_well(&f);
  f.facts.setup = &setup;
  expect(&f, PG_CHECK_SETUP, PG_DOCTOR_FAILED, "are left", "portguardsvc install");
}

static void a_planted_folder_comes_with_the_command_that_mends_it(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  (void)pg_fail(&f.look.folder, PG_E_REFUSED, "S-1-5-21-1 may write");
  pg_fault_hint(&f.look.folder, "icacls /reset");
  expect(&f, PG_CHECK_FOLDER, PG_DOCTOR_FAILED, "S-1-5-21-1", "icacls /reset");
  f.facts.folder = NULL;
  (void)pg_fail(&f.facts.no_folder, PG_E_REFUSED, "it is a junction");
  expect(&f, PG_CHECK_FOLDER, PG_DOCTOR_FAILED, "junction", "portguardsvc install");
  expect(&f, PG_CHECK_STATE, PG_DOCTOR_FAILED, "junction",
         "powershell -Command Restart-Service PortGuard");
}

static void a_rejected_configuration_names_the_file_and_the_reason(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  (void)pg_fail(&f.facts.configuration.rejected, PG_E_FORMAT, "$.rules[0].mode: no such");
  expect(&f, PG_CHECK_CONFIGURATION, PG_DOCTOR_FAILED, "$.rules[0].mode",
         "check-config \"C:\\ProgramData\\PortGuard\\config.json\"");
  pg_fault_hint(&f.facts.configuration.rejected, "icacls config.json /reset");
  expect(&f, PG_CHECK_CONFIGURATION, PG_DOCTOR_FAILED, "no such", "icacls");
  f.facts.configuration.rejected = (struct pg_fault){0};
  f.facts.configuration.from_file = false;
  expect(&f, PG_CHECK_CONFIGURATION, PG_DOCTOR_OK, "defaults", NULL);
}

static void what_group_policy_says_is_told_as_its_own(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.configuration.overridden = true;
  expect(&f, PG_CHECK_CONFIGURATION, PG_DOCTOR_OK, "Group Policy has the last word",
         NULL);
  f.facts.configuration.by_policy = true;
  expect(&f, PG_CHECK_CONFIGURATION, PG_DOCTOR_OK, "in the place of the file", NULL);
  (void)pg_fail(&f.facts.configuration.rejected, PG_E_FORMAT, "IntervalMs: found 5");
  pg_fault_hint(&f.facts.configuration.rejected, "gpresult /scope computer /v");
  f.facts.configuration.policy_rejected = true;
  expect(&f, PG_CHECK_CONFIGURATION, PG_DOCTOR_FAILED, "IntervalMs: found 5", "gpresult");
}

static void a_state_that_cannot_be_written_fails(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.state_failing = true;
  (void)pg_fail(&f.facts.state_trouble, PG_E_IO, "no space left");
  expect(&f, PG_CHECK_STATE, PG_DOCTOR_FAILED, "no space left", "health");
}

static void a_history_that_fails_or_lost_something_is_told(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.history.lost = 12;
  expect(&f, PG_CHECK_HISTORY, PG_DOCTOR_WARNING, "12 rows", "health");
  f.facts.history.lost = 0;
  f.facts.history.set_aside = "history.db was damaged";
  expect(&f, PG_CHECK_HISTORY, PG_DOCTOR_WARNING, "damaged", "health");
  f.facts.history.state = RECORDER_IS_FAILING;
  f.facts.history.error = "the disk is full";
  expect(&f, PG_CHECK_HISTORY, PG_DOCTOR_FAILED, "the disk is full", "health");
}

static void little_room_is_a_warning_and_none_a_failure(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.look.free_bytes = 256 * MIB;
  expect(&f, PG_CHECK_DISK, PG_DOCTOR_OK, "256 MiB", NULL);
  f.look.free_bytes = 256 * MIB - 1;
  expect(&f, PG_CHECK_DISK, PG_DOCTOR_WARNING, "255 MiB", "fsutil volume diskfree C:");
  f.look.free_bytes = 16 * MIB - 1;
  expect(&f, PG_CHECK_DISK, PG_DOCTOR_FAILED, "15 MiB", "fsutil");
  f.look.free_bytes = -1;
  expect(&f, PG_CHECK_DISK, PG_DOCTOR_UNKNOWN, "", "doctor");
}

static void
without_the_table_of_listeners_it_fails_and_else_it_is_a_warning(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.sources[PG_SOURCE_PORT_PROXIES] =
      (struct doctor_source_facts){true, 5000, "denied\x1b"};
  expect(&f, PG_CHECK_SOURCES, PG_DOCTOR_WARNING, "port_proxies for 5 s: denied<1B>",
         "health");
  f.facts.sources[PG_SOURCE_TCP6].failing = true;
  expect(&f, PG_CHECK_SOURCES, PG_DOCTOR_FAILED, "tcp.ipv6", "health");
  f.facts.has_snapshot = false;
  expect(&f, PG_CHECK_SOURCES, PG_DOCTOR_UNKNOWN, "first look", "health");
}

static void netsh_that_is_missing_or_silent_fails(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.sources[PG_SOURCE_HTTP_STATE] =
      (struct doctor_source_facts){true, 5000, "timed out after 5 s"};
  expect(&f, PG_CHECK_NETSH, PG_DOCTOR_FAILED, "timed out after 5 s", "netsh http");
  (void)pg_fail(&f.look.netsh, PG_E_NOTFOUND, "there is no netsh.exe");
  pg_fault_hint(&f.look.netsh, "sfc /scannow");
  expect(&f, PG_CHECK_NETSH, PG_DOCTOR_FAILED, "no netsh.exe", "sfc");
}

static void the_http_service_is_told_in_every_state(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.http.state = PG_STATE_STOPPED;
  f.http.start_type = PG_START_MANUAL;
  expect(&f, PG_CHECK_HTTP_SERVICE, PG_DOCTOR_OK, "stopped", NULL);
  f.http.start_type = PG_START_DISABLED;
  expect(&f, PG_CHECK_HTTP_SERVICE, PG_DOCTOR_WARNING, "disabled",
         "sc.exe config HTTP start= demand");
  f.http.state = PG_STATE_STOP_PENDING;
  expect(&f, PG_CHECK_HTTP_SERVICE, PG_DOCTOR_WARNING, "stop_pending", "sc.exe query");
  f.facts.http = NULL;
  expect(&f, PG_CHECK_HTTP_SERVICE, PG_DOCTOR_WARNING, "no service HTTP", "sc.exe query");
  f.facts.services = PG_SOURCE_FAILED;
  expect(&f, PG_CHECK_HTTP_SERVICE, PG_DOCTOR_UNKNOWN, "could not be read", "sc.exe");
}

static void a_clock_that_lost_its_time_or_was_set_is_told(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.now_wall += 61000;
  expect(&f, PG_CHECK_CLOCK, PG_DOCTOR_WARNING, "forward by 61 s", "w32tm");
  f.facts.now_wall = NOW - 3600000;
  expect(&f, PG_CHECK_CLOCK, PG_DOCTOR_WARNING, "back by 3600 s", "w32tm");
  f.facts.now_wall = INT64_C(946684800000);
  expect(&f, PG_CHECK_CLOCK, PG_DOCTOR_FAILED, "2000-01-01T00:00:00Z", "w32tm /resync");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_service_that_is_well_passes_every_check_of_its_own),
      cmocka_unit_test(every_finding_that_is_bad_says_what_to_do),
      cmocka_unit_test(what_was_not_wanted_is_skipped_and_not_failed),
      cmocka_unit_test(a_look_that_has_not_ended_is_unknown_and_not_failed),
      cmocka_unit_test(whoever_has_the_pipes_name_is_told),
      cmocka_unit_test(other_rights_on_a_pipe_are_shown_beside_those_it_should_have),
      cmocka_unit_test(a_pipe_with_no_free_connection_is_not_known),
      cmocka_unit_test(a_setting_that_is_not_right_fails_or_is_only_told),
      cmocka_unit_test(what_the_service_could_not_set_is_told),
      cmocka_unit_test(a_planted_folder_comes_with_the_command_that_mends_it),
      cmocka_unit_test(a_rejected_configuration_names_the_file_and_the_reason),
      cmocka_unit_test(what_group_policy_says_is_told_as_its_own),
      cmocka_unit_test(a_state_that_cannot_be_written_fails),
      cmocka_unit_test(a_history_that_fails_or_lost_something_is_told),
      cmocka_unit_test(little_room_is_a_warning_and_none_a_failure),
      cmocka_unit_test(without_the_table_of_listeners_it_fails_and_else_it_is_a_warning),
      cmocka_unit_test(netsh_that_is_missing_or_silent_fails),
      cmocka_unit_test(the_http_service_is_told_in_every_state),
      cmocka_unit_test(a_clock_that_lost_its_time_or_was_set_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
