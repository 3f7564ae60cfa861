/* Files of the trusted folder that somebody else has open for himself alone, as Windows
 * lets everybody who may read them: nothing about them changes when he lets go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "posix_loop_case.h"
#include "service/files/files.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *_Atomic held; /* NULL: none */
static atomic_uint attempts;     /* to read it meanwhile */

enum pg_error __real_files_read(struct files *files, const char *name, size_t max,
                                struct pg_text *out, struct pg_fault *fault);
enum pg_error __wrap_files_read(struct files *files, const char *name, size_t max,
                                struct pg_text *out, struct pg_fault *fault);

enum pg_error __wrap_files_read(struct files *files, const char *name, size_t max,
                                struct pg_text *out, struct pg_fault *fault) {
  const char *kept = held;
  if (kept == NULL || strcmp(name, kept) != 0)
    return __real_files_read(files, name, max, out, fault);
  pg_text_init(out, max);
  attempts++;
  return pg_fail(fault, PG_E_IO, "\"%s\": somebody has it open", name);
}

static void wait_attempts(unsigned count) {
  for (unsigned waited = 0; attempts < count; waited += 10) {
    if (waited > EVENT_MS)
      fail_msg("it was not tried again");
    usleep(10000);
  }
}

static int hold(const char *name) {
  held = name;
  attempts = 0;
  return 0;
}

/* --- config.json --- */

static int start_without_its_file(void **state) {
  (void)hold("config.json");
  return start_with_file(state, "{\"version\":1,\"guarded_ports\":[8070]}", NULL);
}

static void a_configuration_is_read_as_soon_as_it_can_be(void **state) {
  static char line[65536];
  struct service *s = *state;
  const struct fake_event *event = expect(s, PG_EVENT_CONFIG_REJECTED, NULL);
  check(event->second, "somebody has it open");
  wait_attempts(3);
  ask(s, CALL("health", ""), line, sizeof line);
  check(line, "somebody has it open");
  assert_int_equal(fake_count(&s->machine, PG_EVENT_CONFIG_REJECTED), 1);
  held = NULL;
  event = expect(s, PG_EVENT_CONFIG_LOADED, NULL);
  check(event->last, "8070");
  ask(s, CALL("health", ""), line, sizeof line);
  check(line, "\"error\":null");
  assert_int_equal(fake_count(&s->machine, PG_EVENT_CONFIG_REJECTED), 1);
}

/* --- an import into it --- */

static unsigned forgotten;

static void forget(void) {
  forgotten++;
}

static char source[] = "pg-held-open-import.json";
static const struct config_import import = {source, false, forget};

static int start_importing(void **state) {
  FILE *file = fopen(source, "w");
  assert_non_null(file);
  assert_true(fputs("{\"version\":1,\"guarded_ports\":[8071]}", file) >= 0);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(chmod(source, 0600), 0);
  forgotten = 0;
  return start_with_file(state, "{\"version\":1}", &import);
}

static int start_importing_in_vain(void **state) {
  (void)hold("config.json");
  return start_importing(state);
}

static int stop_importing(void **state) {
  unlink(source);
  return stop(state);
}

static void an_import_that_cannot_be_done_for_now_waits_for_the_next_start(void **state) {
  struct service *s = *state;
  expect(s, PG_EVENT_CONFIG_REJECTED, source);
  assert_int_equal(forgotten, 0);
  held = NULL;
}

static void an_import_that_was_done_is_forgotten(void **state) {
  struct service *s = *state;
  check(expect(s, PG_EVENT_CONFIG_LOADED, NULL)->last, "8071");
  assert_int_equal(forgotten, 1);
}

/* --- state.json --- */

#define RULE                                                                   \
  "{\"version\":1,\"rules\":[{\"name\":\"keep\",\"ports\":[80],\"services\":[" \
  "\"WebDemo\"],\"confirm_s\":0,\"mode\":\"enforce\"}]}"
#define SUSPENDED                                                                \
  "{\"version\":1,\"undo\":[],\"policy\":{\"rules\":[],\"services\":[{\"rule\":" \
  "\"keep\",\"service\":\"WebDemo\",\"port\":80,\"suspended_ms\":500000,"        \
  "\"suspensions\":1,\"disabled\":false,\"strikes_ms\":[400000,500000]}]}}"

static const struct fake_row socket_on_80 = {80, 500};

static int start_without_its_memory(void **state) {
  (void)hold("state.json");
  return start_configured(state, 1, &socket_on_80, RULE, SUSPENDED);
}

static int start_without_nonsense(void **state) {
  (void)hold("state.json");
  return start_configured(state, 1, &socket_on_80, RULE, "{\"version\":7}");
}

static void show(struct service *s, char *line, size_t size) {
  ask(s, CALL("policy.show", ""), line, size);
}

static void wait_shown(struct service *s, const char *words) {
  static char line[65536];
  for (unsigned waited = 0;; waited += 10) {
    show(s, line, sizeof line);
    if (strstr(line, words) != NULL)
      return;
    if (waited > EVENT_MS)
      fail_msg("%s is not in %s", words, line);
    usleep(10000);
  }
}

static void what_an_earlier_run_noted_is_taken_up_as_soon_as_it_can_be(void **state) {
  struct service *s = *state;
  expect(s, PG_EVENT_PART_UNAVAILABLE, "state folder");
  wait_shown(s, "\"watched\":[{\"service\":\"WebDemo\"");
  wait_attempts(3);
  held = NULL;
  expect(s, PG_EVENT_PART_AVAILABLE, "state folder");
  wait_shown(s, "\"state\":\"suspended\",\"port\":80,\"strikes\":2");
  assert_int_equal(fake_count(&s->machine, PG_EVENT_PART_UNAVAILABLE), 1);
  fake_lock(&s->machine);
  assert_int_equal(s->machine.stops, 0);
  fake_unlock(&s->machine);
}

static void what_can_be_read_and_is_nonsense_is_told_and_kept(void **state) {
  struct service *s = *state;
  char file[256];
  expect(s, PG_EVENT_PART_UNAVAILABLE, "state folder");
  held = NULL;
  const struct fake_event *event = expect(s, PG_EVENT_PART_UNAVAILABLE, "state folder");
  check(event->second, "version");
  wait_shown(s, "version");
  read_state(s, file, sizeof file);
  assert_string_equal(file, "{\"version\":7}");
}

static int let_go(void **state) {
  held = NULL;
  return stop(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_configuration_is_read_as_soon_as_it_can_be,
                                      start_without_its_file, let_go),
      cmocka_unit_test_setup_teardown(
          an_import_that_cannot_be_done_for_now_waits_for_the_next_start,
          start_importing_in_vain, stop_importing),
      cmocka_unit_test_setup_teardown(an_import_that_was_done_is_forgotten,
                                      start_importing, stop_importing),
      cmocka_unit_test_setup_teardown(
          what_an_earlier_run_noted_is_taken_up_as_soon_as_it_can_be,
          start_without_its_memory, let_go),
      cmocka_unit_test_setup_teardown(what_can_be_read_and_is_nonsense_is_told_and_kept,
                                      start_without_nonsense, let_go),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
