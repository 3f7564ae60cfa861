/* A machine of a few holders, rules and a clock, all made by hand, and what the policy
 * engine makes of them, in words. */
#ifndef PG_TEST_POLICY_CASE_H
#define PG_TEST_POLICY_CASE_H

#include "common/json.h"
#include "service/policy/engine.h"
#include "tests/unit/zones.h"

#define CASE_RULES 4
#define CASE_ROWS 16

struct policy_case {
  struct policy *policy;
  struct pg_rule rules[CASE_RULES];
  size_t rule_count;
  struct pg_settings settings[2]; /* by turns: the engine's, and those it had before */
  size_t turn;
  struct policy_holder rows[CASE_ROWS];
  struct policy_view view;
  struct policy_clock clock;
  bool sampled_by_hand; /* else every step has a view as new as its clock */
  struct pg_text told;
};

/* Monday noon in Berlin, rule "keep" enforced on W3SVC and port 80: confirm 2 s,
 * cool-down 30 s, 3 strikes in 600 s. */
void case_start(struct policy_case *with);
void case_end(struct policy_case *with);
/* The case of the test that runs, and how it begins and ends. */
extern struct policy_case one;
int case_setup(void **state);
int case_teardown(void **state);
struct pg_rule *keep(void); /* the rule of that name */
#define DAY 86400
#define KEPT "act W3SVC:80 stop refuse [keep]"
#define TOLD(seconds, words) assert_string_equal(case_step(&one, seconds), words)
/* A rule like "keep", of another name. */
struct pg_rule *case_rule(struct policy_case *with, const char *name);
void case_reset(struct policy_case *with); /* the engine learns of the rules */

struct policy_holder *case_hold(struct policy_case *with, const char *service,
                                uint16_t port);
void case_let_go(struct policy_case *with, const char *service);

/* Seconds pass, on both clocks. */
void case_wait(struct policy_case *with, double seconds);
/* What is told after that: "act W3SVC:80 stop refuse [keep]; suspended …", "" for
 * nothing. Valid until the next step. */
const char *case_step(struct policy_case *with, double seconds);
/* The outcome, and the holder is gone when it was stopped. True: it is news. */
bool case_result(struct policy_case *with, const char *service,
                 enum policy_outcome outcome);
/* It took the port |seconds| ago, is acted on, and stopped. */
void case_strike(struct policy_case *with, const char *service, double seconds);
/* W3SVC gets three strikes, and rule "keep" is suspended for |expected_s|. */
void case_suspend(struct policy_case *with, int expected_s);

/* JSON of the writers; the caller frees it. */
cJSON *case_json(const struct pg_text *text);

#endif
