/* Actions against services made by hand: every step may fail, or be the last one that
 * was taken before the machine went down. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"

#include "common/limits.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "service/action/carry_out.h"
#include "service/action/undo.h"

#include <string.h>

#define MACHINE                                                                         \
  CASE(LISTEN("0.0.0.0", 80, 12),                                                       \
       PROCESSES(STARTED(11, "a.exe", "2026-03-02T09:00:00Z")) SERVICES(SERVICE_STARTS( \
           "Base", 11, "running", "auto",                                               \
           ",\"delayed\":true") "," SERVICE("Mid", 12,                                  \
                                            "\"Base\"") "," SERVICE("Top", 13,          \
                                                                    "\"Mid\"")))

#define SERVICES_MADE 3

struct fake {
  struct fake_service {
    const char *name;
    struct actor_service now;
    enum pg_start_type start_type;
    bool delayed;
  } services[SERVICES_MADE];
  int calls;
  int fails_at; /* this call is refused; 0: none */
};

static struct fake machine;

static struct fake_service *find(const char *name) {
  for (size_t i = 0; i < SERVICES_MADE; i++)
    if (strcmp(machine.services[i].name, name) == 0)
      return &machine.services[i];
  fail_msg("nobody is called %s", name);
  return NULL;
}

static bool refuses(struct pg_fault *fault) {
  if (++machine.calls != machine.fails_at)
    return false;
  (void)pg_fail(fault, PG_E_WINDOWS, "it refused");
  return true;
}

static enum pg_error query(void *context, const char *name, struct actor_service *out,
                           struct pg_fault *fault) {
  (void)context, (void)fault;
  *out = find(name)->now;
  out->start_type = find(name)->start_type;
  return PG_OK;
}

static enum pg_error stop(void *context, const char *name, uint32_t within_ms,
                          struct pg_fault *fault) {
  (void)context, (void)within_ms;
  if (refuses(fault))
    return PG_E_WINDOWS;
  find(name)->now.state = PG_STATE_STOPPED;
  find(name)->now.pid = 0;
  return PG_OK;
}

static enum pg_error start(void *context, const char *name, uint32_t within_ms,
                           struct pg_fault *fault) {
  (void)context, (void)within_ms;
  if (refuses(fault))
    return PG_E_WINDOWS;
  find(name)->now.state = PG_STATE_RUNNING;
  return PG_OK;
}

static enum pg_error set_start(void *context, const char *name, enum pg_start_type type,
                               bool delayed, struct pg_fault *fault) {
  (void)context;
  if (refuses(fault))
    return PG_E_WINDOWS;
  find(name)->start_type = type;
  find(name)->delayed = delayed;
  return PG_OK;
}

static const struct actor actor = {NULL, query, stop, start, set_start, NULL, NULL};

static const struct carrier carrier = {.actor = &actor};

static void reset(int fails_at) {
  static const char *const names[SERVICES_MADE] = {"Base", "Mid", "Top"};
  memset(&machine, 0, sizeof machine);
  for (uint32_t i = 0; i < SERVICES_MADE; i++)
    machine.services[i] = (struct fake_service){
        names[i], {PG_STATE_RUNNING, 11 + i, 0, PG_START_UNKNOWN}, PG_START_AUTO, i == 0};
  machine.fails_at = fails_at;
}

static void plan_all(struct plan *plan, bool disable) {
  static const char *const base[] = {"base"};
  struct pg_snapshot *s = case_of(MACHINE);
  struct plan_wish wish = {base, 1, disable, true};
  struct pg_fault fault;
  *plan = (struct plan){0};
  assert_int_equal(plan_stop(plan, s, &wish, &fault), PG_OK);
  snapshot_unref(s);
}

static void check_as_at_first(void) {
  for (size_t i = 0; i < SERVICES_MADE; i++) {
    const struct actor_service *now = &machine.services[i].now;
    assert_int_equal(now->state, PG_STATE_RUNNING);
    assert_int_equal(machine.services[i].start_type, PG_START_AUTO);
    assert_int_equal(machine.services[i].delayed, i == 0);
  }
}

static void a_start_type_that_was_changed_meanwhile_is_left_alone(void **state) {
  struct plan plan;
  struct pg_fault fault = {0};
  (void)state;
  reset(0);
  plan_all(&plan, true);
  find("Base")->start_type = PG_START_MANUAL;
  assert_int_equal(carry_out(&plan, &carrier, &fault), PG_E_REFUSED);
  assert_string_equal(fault.rule, "plan-changed");
  assert_string_equal(
      fault.message, "the start type of Base was changed a moment ago: it is manual now");
  assert_int_equal(find("Base")->start_type, PG_START_MANUAL);
  assert_int_equal(find("Top")->now.state, PG_STATE_RUNNING);
  plan_free(&plan);
}

static void all_steps_are_taken_in_order(void **state) {
  struct plan plan;
  struct pg_fault fault = {0};
  (void)state;
  reset(0);
  plan_all(&plan, true);
  assert_int_equal(plan.count, 4);
  assert_int_equal(carry_out(&plan, &carrier, &fault), PG_OK);
  for (size_t i = 0; i < plan.count; i++)
    assert_int_equal(plan.steps[i].outcome, PG_OUTCOME_DONE);
  assert_int_equal(find("Base")->start_type, PG_START_DISABLED);
  for (size_t i = 0; i < SERVICES_MADE; i++)
    assert_int_equal(machine.services[i].now.state, PG_STATE_STOPPED);
  plan_free(&plan);
}

static void the_first_step_that_fails_is_the_last(void **state) {
  (void)state;
  for (int at = 1; at <= 4; at++) {
    struct plan plan;
    struct pg_fault fault = {0};
    reset(at);
    plan_all(&plan, true);
    assert_int_equal(carry_out(&plan, &carrier, &fault), PG_E_WINDOWS);
    assert_string_equal(fault.message, "it refused");
    assert_int_equal(machine.calls, at);
    for (int i = 0; i < 4; i++)
      assert_int_equal(plan.steps[i].outcome, i < at - 1    ? PG_OUTCOME_DONE
                                              : i == at - 1 ? PG_OUTCOME_FAILED
                                                            : PG_OUTCOME_WAITING);
    assert_string_equal(plan.steps[at - 1].words, "it refused");
    plan_free(&plan);
  }
}

static void another_process_under_the_same_name_is_left_alone(void **state) {
  struct plan plan;
  struct pg_fault fault = {0};
  (void)state;
  reset(0);
  plan_all(&plan, false);
  find("Mid")->now.pid = 99;
  assert_int_equal(carry_out(&plan, &carrier, &fault), PG_E_REFUSED);
  assert_string_equal(fault.rule, "plan-changed");
  assert_string_equal(fault.message, "Mid runs in another process by now (PID 99)");
  assert_int_equal(find("Mid")->now.state, PG_STATE_RUNNING);
  assert_int_equal(find("Base")->now.state, PG_STATE_RUNNING);
  plan_free(&plan);
}

static void a_pid_that_was_given_to_another_process_is_left_alone(void **state) {
  struct plan plan;
  struct pg_fault fault = {0};
  (void)state;
  reset(0);
  plan_all(&plan, false);
  assert_int_not_equal(plan.steps[2].started_at, PG_TIME_UNKNOWN);
  find("Base")->now.started_at = plan.steps[2].started_at + 1;
  assert_int_equal(carry_out(&plan, &carrier, &fault), PG_E_REFUSED);
  assert_int_equal(find("Base")->now.state, PG_STATE_RUNNING);
  plan_free(&plan);
}

static void what_has_stopped_by_itself_is_no_obstacle(void **state) {
  struct plan plan;
  struct pg_fault fault = {0};
  (void)state;
  reset(0);
  plan_all(&plan, false);
  find("Top")->now = (struct actor_service){.state = PG_STATE_STOPPED};
  assert_int_equal(carry_out(&plan, &carrier, &fault), PG_OK);
  plan_free(&plan);
}

/* Through the text of state.json, as after a restart of Windows. */
static void write_and_read(struct undo *undo) {
  struct pg_text text;
  struct pg_json json;
  struct pg_fault fault;
  pg_text_init(&text, PG_STATE_MAX);
  pg_json_start(&json, &text);
  undo_write(undo, &json);
  undo_free(undo);
  cJSON *tree = cJSON_Parse(pg_text_str(&text));
  assert_non_null(tree);
  if (undo_read(undo, tree, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  cJSON_Delete(tree);
  pg_text_free(&text);
}

static struct pg_snapshot *as_it_is_now(void) {
  struct pg_text text;
  pg_text_init(&text, 4096);
  pg_text_str_add(&text, "{\"portguard_capture\":1,\"tcp\":[],\"services\":[");
  for (size_t i = 0; i < SERVICES_MADE; i++)
    pg_text_printf(&text, "%s{\"name\":\"%s\",\"state\":\"%s\"}", i > 0 ? "," : "",
                   machine.services[i].name,
                   pg_service_state_name(machine.services[i].now.state));
  pg_text_str_add(&text, "]}");
  struct pg_snapshot *s = case_of(pg_text_str(&text));
  pg_text_free(&text);
  return s;
}

static void restore(const struct undo *undo) {
  struct plan plan = {0};
  struct pg_fault fault = {0};
  struct pg_snapshot *s = as_it_is_now();
  machine.fails_at = 0;
  assert_non_null(undo_find(undo, "BASE"));
  assert_int_equal(plan_restore(&plan, s, undo_find(undo, "BASE"), &fault), PG_OK);
  snapshot_unref(s);
  assert_int_equal(carry_out(&plan, &carrier, &fault), PG_OK);
  plan_free(&plan);
}

/* The machine as at first; then |plan| is made, noted in |undo| and carried out. */
static void stop_all(struct plan *plan, bool disable, struct undo *undo) {
  struct pg_fault fault = {0};
  reset(0);
  plan_all(plan, disable);
  assert_int_equal(undo_note(undo, plan, "ann", 1, &fault), PG_OK);
  assert_int_equal(carry_out(plan, &carrier, &fault), PG_OK);
}

/* Whatever step was the last: a step that failed stands for a machine that went down. */
static void restore_brings_everything_back_after_any_step(void **state) {
  (void)state;
  for (int at = 1; at <= 5; at++) {
    struct plan plan;
    struct undo undo = {0};
    struct pg_fault fault = {0};
    reset(at);
    plan_all(&plan, true);
    assert_int_equal(undo_note(&undo, &plan, "ann", 1772454391204, &fault), PG_OK);
    (void)carry_out(&plan, &carrier, &fault);
    plan_free(&plan);
    write_and_read(&undo);
    restore(&undo);
    check_as_at_first();
    undo_free(&undo);
  }
}

/* Stopped by a rule, started by somebody, then disabled: the first state counts. */
static void a_second_action_does_not_hide_how_it_was_before_the_first(void **state) {
  struct plan plan;
  struct undo undo = {0};
  struct pg_fault fault = {0};
  (void)state;
  stop_all(&plan, true, &undo);
  plan.steps[0].start_type = PG_START_DISABLED; /* nobody has changed it since */
  assert_int_equal(undo_note(&undo, &plan, "rule x", 2, &fault), PG_OK);
  plan_free(&plan);
  assert_int_equal(undo.count, 1);
  assert_int_equal(undo.records[0]->start_type, PG_START_AUTO);
  assert_int_equal(undo.records[0]->dependent_count, 2);
  assert_string_equal(undo.records[0]->by, "ann");
  restore(&undo);
  check_as_at_first();
  plan_all(&plan, true);
  plan.steps[0].start_type = PG_START_MANUAL; /* somebody has */
  plan.steps[0].delayed = false;
  assert_int_equal(undo_note(&undo, &plan, "ann", 3, &fault), PG_OK);
  plan_free(&plan);
  assert_int_equal(undo.records[0]->start_type, PG_START_MANUAL);
  assert_false(undo.records[0]->delayed);
  undo_forget(&undo, "base");
  assert_null(undo_find(&undo, "Base"));
  undo_free(&undo);
}

static void a_start_type_that_somebody_set_since_stays(void **state) {
  struct plan plan;
  struct undo undo = {0};
  (void)state;
  stop_all(&plan, true, &undo);
  plan_free(&plan);
  find("Base")->start_type = PG_START_MANUAL;
  restore(&undo);
  assert_int_equal(find("Base")->start_type, PG_START_MANUAL);
  assert_int_equal(find("Base")->now.state, PG_STATE_RUNNING);
  undo_free(&undo);
}

static void one_that_does_not_start_again_keeps_no_other_from_it(void **state) {
  struct plan plan;
  struct undo undo = {0};
  struct pg_fault fault = {0};
  (void)state;
  stop_all(&plan, false, &undo);
  plan_free(&plan);
  struct pg_snapshot *s = as_it_is_now();
  assert_int_equal(plan_restore(&plan, s, undo.records[0], &fault), PG_OK);
  snapshot_unref(s);
  machine.fails_at = machine.calls + 2; /* Mid, behind Base */
  assert_int_equal(carry_out(&plan, &carrier, &fault), PG_E_WINDOWS);
  assert_string_equal(fault.message, "it refused");
  assert_int_equal(find("Base")->now.state, PG_STATE_RUNNING);
  assert_int_equal(find("Mid")->now.state, PG_STATE_STOPPED);
  assert_int_equal(find("Top")->now.state, PG_STATE_RUNNING);
  plan_free(&plan);
  undo_free(&undo);
}

static void a_damaged_state_is_refused_with_its_place(void **state) {
  static const struct {
    const char *text, *place;
  } cases[] = {
      {"[7]", "undo[0]"},
      {"[{\"service\":\"A\"}]", "undo[0].by"},
      {"[{\"service\":7,\"by\":\"x\"}]", "undo[0].service"},
      {"[{\"service\":\"A\",\"by\":\"x\",\"configured\":\"A\"}]", "undo[0].start_type"},
      {"[{\"service\":\"A\",\"by\":\"x\",\"start_type\":\"never\"}]",
       "undo[0].start_type"},
      {"[{\"service\":\"A\",\"by\":\"x\",\"dependents\":\"B\"}]", "undo[0].dependents"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct undo undo;
    struct pg_fault fault = {0};
    cJSON *tree = cJSON_Parse(cases[i].text);
    assert_non_null(tree);
    assert_int_equal(undo_read(&undo, tree, &fault), PG_E_FORMAT);
    if (strstr(fault.message, cases[i].place) == NULL)
      fail_msg("%s: %s", cases[i].text, fault.message);
    assert_int_equal(undo.count, 0);
    cJSON_Delete(tree);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_start_type_that_was_changed_meanwhile_is_left_alone),
      cmocka_unit_test(all_steps_are_taken_in_order),
      cmocka_unit_test(the_first_step_that_fails_is_the_last),
      cmocka_unit_test(another_process_under_the_same_name_is_left_alone),
      cmocka_unit_test(a_pid_that_was_given_to_another_process_is_left_alone),
      cmocka_unit_test(what_has_stopped_by_itself_is_no_obstacle),
      cmocka_unit_test(restore_brings_everything_back_after_any_step),
      cmocka_unit_test(a_second_action_does_not_hide_how_it_was_before_the_first),
      cmocka_unit_test(a_start_type_that_somebody_set_since_stays),
      cmocka_unit_test(one_that_does_not_start_again_keeps_no_other_from_it),
      cmocka_unit_test(a_damaged_state_is_refused_with_its_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
