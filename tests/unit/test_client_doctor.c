/* The client's own checks, and how all of them look. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client_golden.h"

#include "client/doctor_checks.h"
#include "client/doctor_text.h"

#include <string.h>

struct fixture {
  struct client_facts facts;
  struct pg_doctor_finding findings[PG_CHECK_COUNT];
  cJSON *version;
};

static void make_well(struct fixture *f) {
  memset(f, 0, sizeof *f);
  f->facts.service.known = CLIENT_SERVICE_THERE;
  f->facts.service.state = CLIENT_SERVICE_RUNNING;
  f->facts.service.automatic = true;
  f->facts.service.pid = 4711;
  f->facts.program = "C:\\Program Files\\PortGuard\\portguardsvc.exe";
  f->facts.program_there = true;
  f->version = cJSON_Parse("{\"service\":\"1.2.3\",\"protocol\":1}");
  f->facts.version = f->version;
  f->facts.client_version = "1.2.3";
}

static void free_well(struct fixture *f) {
  cJSON_Delete(f->version);
}

static void expect(struct fixture *f, enum pg_doctor_check check,
                   enum pg_doctor_state state, const char *detail, const char *hint) {
  const struct pg_doctor_finding *found = &f->findings[check];
  client_doctor_check(&f->facts, f->findings);
  if (found->state != state || strstr(found->detail, detail) == NULL ||
      strcmp(found->hint, hint) != 0)
    fail_msg("%s: %s, \"%s\", \"%s\"", pg_doctor_name(check),
             pg_doctor_state_name(found->state), found->detail, found->hint);
}

static void a_client_that_finds_everything_says_ok(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  expect(&f, PG_CHECK_PROGRAM, PG_DOCTOR_OK, "portguardsvc.exe", "");
  expect(&f, PG_CHECK_INSTALLED, PG_DOCTOR_OK, "with Windows", "");
  expect(&f, PG_CHECK_RUNNING, PG_DOCTOR_OK, "4711", "");
  expect(&f, PG_CHECK_CONNECTION, PG_DOCTOR_OK, "answers", "");
  expect(&f, PG_CHECK_VERSION, PG_DOCTOR_OK, "1.2.3", "");
  free_well(&f);
}

static void a_service_that_is_not_installed_fails_once(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.service = (struct client_service){.known = CLIENT_SERVICE_ABSENT};
  expect(&f, PG_CHECK_INSTALLED, PG_DOCTOR_FAILED, "no service PortGuard",
         "portguardsvc install");
  expect(&f, PG_CHECK_RUNNING, PG_DOCTOR_SKIPPED, "not installed", "");
  free_well(&f);
}

static void a_start_type_that_keeps_it_from_starting_is_told(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.service.automatic = false;
  expect(&f, PG_CHECK_INSTALLED, PG_DOCTOR_WARNING, "does not start",
         "sc.exe config PortGuard start= auto");
  f.facts.service.disabled = true;
  expect(&f, PG_CHECK_INSTALLED, PG_DOCTOR_FAILED, "disabled",
         "sc.exe config PortGuard start= auto");
  free_well(&f);
}

static void a_stopped_service_says_how_it_ended(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.service.state = CLIENT_SERVICE_STOPPED;
  expect(&f, PG_CHECK_RUNNING, PG_DOCTOR_FAILED, "it is stopped", client_start_hint());
  f.facts.service.exit_code = 1067;
  expect(&f, PG_CHECK_RUNNING, PG_DOCTOR_FAILED, "error 1067", client_start_hint());
  f.facts.service.state = CLIENT_SERVICE_PENDING;
  expect(&f, PG_CHECK_RUNNING, PG_DOCTOR_WARNING, "starting or stopping",
         "sc.exe query PortGuard");
  free_well(&f);
}

static void what_windows_does_not_tell_is_unknown(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.service.known = CLIENT_SERVICE_UNREAD;
  (void)pg_fail(&f.facts.service.fault, PG_E_WINDOWS, "OpenServiceW: denied");
  expect(&f, PG_CHECK_INSTALLED, PG_DOCTOR_UNKNOWN, "denied", "sc.exe qc PortGuard");
  expect(&f, PG_CHECK_RUNNING, PG_DOCTOR_UNKNOWN, "denied", "sc.exe query PortGuard");
  f.facts.service.known = CLIENT_SERVICE_ELSEWHERE;
  expect(&f, PG_CHECK_INSTALLED, PG_DOCTOR_SKIPPED, "not the one", "");
  expect(&f, PG_CHECK_RUNNING, PG_DOCTOR_SKIPPED, "not the one", "");
  free_well(&f);
}

static void versions_that_differ_are_a_warning_and_protocols_a_failure(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.client_version = "1.3.0";
  expect(&f, PG_CHECK_VERSION, PG_DOCTOR_WARNING, "1.2.3, this client is 1.3.0",
         "portguardctl version");
  free_well(&f);
  f.version = cJSON_Parse("{\"service\":\"1.2.3\",\"protocol\":2}");
  f.facts.version = f.version;
  expect(&f, PG_CHECK_VERSION, PG_DOCTOR_FAILED, "protocol 2, this client 1",
         "portguardctl version");
  free_well(&f);
  f.version = cJSON_Parse("{}");
  f.facts.version = f.version;
  expect(&f, PG_CHECK_VERSION, PG_DOCTOR_UNKNOWN, "does not tell",
         "portguardctl version");
  free_well(&f);
}

static void a_missing_service_program_is_a_warning(void **state) {
  struct fixture f;
  (void)state;
  make_well(&f);
  f.facts.program_there = false;
  expect(&f, PG_CHECK_PROGRAM, PG_DOCTOR_WARNING, "portguardsvc.exe", "");
  f.facts.program = NULL;
  expect(&f, PG_CHECK_PROGRAM, PG_DOCTOR_UNKNOWN, "could not be found out", "");
  free_well(&f);
}

static void
without_an_answer_the_services_checks_are_skipped_with_the_reason(void **state) {
  struct fixture f;
  struct pg_fault why = {.code = PG_E_UNREACHABLE};
  (void)state;
  make_well(&f);
  f.facts.connection = why;
  (void)pg_fail(&f.facts.connection, PG_E_UNREACHABLE, "it is not SYSTEM's");
  pg_fault_hint(&f.facts.connection, "sc.exe query PortGuard");
  expect(&f, PG_CHECK_CONNECTION, PG_DOCTOR_FAILED, "not SYSTEM's",
         "sc.exe query PortGuard");
  expect(&f, PG_CHECK_VERSION, PG_DOCTOR_SKIPPED, "could not be asked", "");
  client_doctor_skip(&why, f.findings);
  for (int i = 0; i < PG_CHECK_COUNT; i++)
    if (pg_doctor_side((enum pg_doctor_check)i) == PG_DOCTOR_SERVICE) {
      assert_int_equal(f.findings[i].state, PG_DOCTOR_SKIPPED);
      assert_non_null(strstr(f.findings[i].detail, "cannot be asked"));
    }
  why.code = PG_E_METHOD;
  client_doctor_skip(&why, f.findings);
  assert_non_null(strstr(f.findings[PG_CHECK_CLOCK].detail, "too old"));
  free_well(&f);
}

static void trouble_is_shown_with_what_mends_it(void **state) {
  (void)state;
  golden_check("doctor_troubled", doctor_text);
}

static void a_healthy_service_is_said_to_be_all_right(void **state) {
  (void)state;
  golden_check("doctor_healthy", doctor_text);
}

static void answers_without_any_field_are_shown(void **state) {
  (void)state;
  struct pg_text out;
  golden_from("{}", &out, doctor_text);
  assert_string_equal(pg_text_str(&out), "PortGuard is all right\n\n");
  pg_text_free(&out);
  golden_from("{\"checks\":[1,{},{\"name\":\"x\",\"state\":\"brand\\u001bnew\"}]}", &out,
              doctor_text);
  assert_non_null(strstr(pg_text_str(&out), "brand<1B>new x"));
  pg_text_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_client_that_finds_everything_says_ok),
      cmocka_unit_test(a_service_that_is_not_installed_fails_once),
      cmocka_unit_test(a_start_type_that_keeps_it_from_starting_is_told),
      cmocka_unit_test(a_stopped_service_says_how_it_ended),
      cmocka_unit_test(what_windows_does_not_tell_is_unknown),
      cmocka_unit_test(versions_that_differ_are_a_warning_and_protocols_a_failure),
      cmocka_unit_test(a_missing_service_program_is_a_warning),
      cmocka_unit_test(without_an_answer_the_services_checks_are_skipped_with_the_reason),
      cmocka_unit_test(trouble_is_shown_with_what_mends_it),
      cmocka_unit_test(a_healthy_service_is_said_to_be_all_right),
      cmocka_unit_test(answers_without_any_field_are_shown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
