#include "tests/unit/policy_case.h"

#include "common/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static const struct pg_port_range port_80[] = {{80, 80}};
static const char *const w3svc[] = {"W3SVC"};

struct pg_rule *case_rule(struct policy_case *with, const char *name) {
  struct pg_rule *rule = &with->rules[with->rule_count++];
  assert_true(with->rule_count <= CASE_RULES);
  *rule = (struct pg_rule){.name = name,
                           .ports = {port_80, 1},
                           .services = w3svc,
                           .service_count = 1,
                           .mode = PG_MODE_ENFORCE,
                           .confirm_s = 2,
                           .cooldown_s = 30,
                           .max_strikes = 3,
                           .window_s = 600};
  return rule;
}

void case_reset(struct policy_case *with) {
  struct pg_settings *next = &with->settings[++with->turn % 2];
  *next = (struct pg_settings){.rules = with->rules, .rule_count = with->rule_count};
  assert_int_equal(policy_reset(with->policy, next), PG_OK);
}

void case_start(struct policy_case *with) {
  memset(with, 0, sizeof *with);
  pg_text_init(&with->told, PG_MIB);
  with->clock = (struct policy_clock){1000000, utc("2026-03-02T11:00:00Z"), &zone_berlin};
  with->view.holders = with->rows;
  (void)case_rule(with, "keep");
  with->policy = policy_new(with->clock.mono_ms);
  assert_non_null(with->policy);
  case_reset(with);
}

void case_end(struct policy_case *with) {
  policy_free(with->policy);
  pg_text_free(&with->told);
}

struct policy_holder *case_hold(struct policy_case *with, const char *service,
                                uint16_t port) {
  struct policy_holder row = {.service = service,
                              .port = port,
                              .pid = 3408,
                              .process_started_at = 77,
                              .certain = true,
                              .http_mono = INT64_MAX};
  assert_true(with->view.count < CASE_ROWS);
  with->rows[with->view.count++] = row;
  assert_true(policy_sort_holders(with->rows, with->view.count));
  for (size_t i = 0;; i++)
    if (with->rows[i].service == service && with->rows[i].port == port)
      return &with->rows[i];
}

void case_let_go(struct policy_case *with, const char *service) {
  size_t kept = 0;
  for (size_t i = 0; i < with->view.count; i++)
    if (strcmp(with->rows[i].service, service) != 0)
      with->rows[kept++] = with->rows[i];
  with->view.count = kept;
}

void case_wait(struct policy_case *with, double seconds) {
  with->clock.mono_ms += (int64_t)(seconds * 1000);
  with->clock.wall_ms += (int64_t)(seconds * 1000);
}

static void add_rules(struct pg_text *told, const struct policy_decision *decision) {
  pg_text_str_add(told, " [");
  for (size_t i = 0; i < decision->rule_count; i++)
    pg_text_printf(told, "%s%s", i > 0 ? ", " : "", decision->rules[i]->name);
  pg_text_char(told, ']');
}

static void tell(void *context, const struct policy_decision *decision) {
  static const char *const words[] = {"would act", "act",     "refused",
                                      "suspended", "resumed", "need sample"};
  struct pg_text *told = context;
  pg_text_printf(told, "%s%s", told->len > 0 ? "; " : "", words[decision->kind]);
  if (decision->service != NULL)
    pg_text_printf(told, " %s:%u", decision->service, decision->port);
  if (decision->kind == POLICY_ACT || decision->kind == POLICY_WOULD_ACT)
    pg_text_printf(told, " %s %s", pg_rule_action_name(decision->action),
                   pg_rule_dependents_name(decision->dependents));
  if (decision->kind == POLICY_SUSPENDED)
    pg_text_printf(told, " %d s", (int)(decision->lasts_ms / 1000));
  add_rules(told, decision);
  if (decision->safety != NULL)
    pg_text_printf(told, " %s", decision->safety);
  if (decision->reason != NULL)
    pg_text_printf(told, ": %s", decision->reason);
}

const char *case_step(struct policy_case *with, double seconds) {
  case_wait(with, seconds);
  if (!with->sampled_by_hand)
    with->view.sampled_mono = with->clock.mono_ms;
  pg_text_clear(&with->told);
  policy_step(with->policy, &with->view, &with->clock, tell, &with->told);
  assert_false(with->told.failed);
  return pg_text_str(&with->told);
}

bool case_result(struct policy_case *with, const char *service,
                 enum policy_outcome outcome) {
  if (outcome == POLICY_FREED)
    case_let_go(with, service);
  return policy_result(with->policy, service, outcome, with->clock.mono_ms);
}

void case_strike(struct policy_case *with, const char *service, double seconds) {
  (void)case_hold(with, service, 80);
  (void)case_step(with, 0);
  assert_non_null(strstr(case_step(with, seconds), "act "));
  assert_true(case_result(with, service, POLICY_FREED));
}

void case_suspend(struct policy_case *with, int expected_s) {
  char words[64];
  (void)snprintf(words, sizeof words, "suspended W3SVC:80 %d s [keep]", expected_s);
  for (unsigned i = 0; i < 3; i++) {
    if (i > 0)
      assert_string_equal(case_step(with, 30), "");
    case_strike(with, "W3SVC", 2);
  }
  assert_string_equal(case_step(with, 0), words);
}

cJSON *case_json(const struct pg_text *text) {
  struct pg_json_limits limits = {PG_MIB, 16, 0};
  struct pg_fault fault = {0};
  cJSON *tree = NULL;
  assert_int_equal(pg_json_read(pg_text_str(text), text->len, &limits, &tree, &fault),
                   PG_OK);
  return tree;
}

struct policy_case one;

int case_setup(void **state) {
  (void)state;
  case_start(&one);
  return 0;
}

int case_teardown(void **state) {
  (void)state;
  case_end(&one);
  return 0;
}

struct pg_rule *keep(void) {
  return &one.rules[0];
}
