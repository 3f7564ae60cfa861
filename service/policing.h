/* The policy at work: what the engine (policy/engine.h) is shown of the machine, when,
 * and what is done about its decisions. Loop thread only.
 *
 *   a look has ended ──▶ rows ──▶ policy_step ──▶ events, actions, further looks
 *                                     ▲                    │
 *                                     └── policy_result ◀──┘
 */
#ifndef PG_POLICING_H
#define PG_POLICING_H

#include "service/action/actor.h"
#include "service/control/request.h"
#include "service/policing_rows.h"

#include <uv.h>

struct action;
struct loop;

struct policing {
  struct policy *policy;
  unsigned edition; /* of the rules: another one with each configuration */
  struct zone zone;
  int64_t zone_mono;
  uv_timer_t due;
  struct policing_rows rows;
  struct pg_snapshot *seen; /* what they are of; NULL: nothing yet */
  int64_t sampled_mono;     /* the last look that agreed with it */
  size_t put_off_count;     /* of the step that runs */
  bool remembers;           /* likewise: something that state.json is to hold */
  int64_t rest;             /* no step by the timer before then */
  bool quick_http;          /* an enforcing rule is open on a port that HTTP.sys holds */
  /* What an earlier run remembered, while no configuration says what the rules are. */
  cJSON *saved;
};

enum pg_error policing_open(struct loop *loop, struct pg_fault *fault);
void policing_close(struct loop *loop); /* the timer, when the service stops */
void policing_free(struct loop *loop);

/* Other settings are about to be in force; those before must still live. PG_E_NOMEM:
 * they must stay. */
enum pg_error policing_settings(struct loop *loop, const struct pg_settings *settings);
/* Takes over the member "policy" of state.json, before the loop runs.
 * Errors: PG_E_FORMAT, PG_E_NOMEM. */
enum pg_error policing_load(struct loop *loop, cJSON *saved, struct pg_fault *fault);
void policing_save(const struct loop *loop, struct pg_json *json); /* one value */

/* A sample has ended, and what it brought is published. */
void policing_look(struct loop *loop);
/* Whatever the time says is to be done now, whether a sample has ended or not. */
void policing_step(struct loop *loop);
void policing_wait(struct loop *loop); /* sets the timer for the next step */
struct policy_clock policing_clock(const struct loop *loop);
/* Why nothing may be stopped here at all, or NULL. */
const char *policing_no_action(const struct loop *loop);

/* policing_errand.c: an action that rules have decided on. */
struct errand {
  struct pg_text rules;      /* words: "keep-80-free, other" */
  struct pg_text rules_json; /* the same as a JSON array; "": no memory */
  uint32_t pid;
  int64_t process_started_at;
  unsigned edition;
};
void errand_free(struct errand *errand); /* NULL is fine */
/* Into the action lane. False: it could not be. */
bool errand_begin(struct loop *loop, const struct policy_decision *decision);
/* Nobody has paused or changed the rules while it waited its turn, their schedules are
 * open, the service is what it was when it was decided, and still holds the port for
 * certain. Errors: PG_E_REFUSED (plan-changed). */
enum pg_error errand_check(const struct loop *loop, const struct action *action,
                           struct pg_fault *fault);
void errand_ended(struct loop *loop, const struct action *action);
/* For pg_text_free. */
void errand_names(const struct policy_decision *decision, struct pg_text *rules,
                  struct pg_text *rules_json);

/* report_policy.c: one event each. */
void report_decision(struct loop *loop, const struct policy_decision *decision);
/* 1301 to 1304, as far as the action came. */
void report_errand(struct loop *loop, const struct action *action);
void report_errand_refused(struct loop *loop, const struct action *action);
/* |rule| NULL: all. |words|: "paused for 7200 s by S-1-5-…". */
void report_resumed(struct loop *loop, const char *rule, const char *service,
                    const char *words);

/* policy_verbs.c */
extern const struct control_param policy_test_params[3], policy_pause_params[2],
    policy_resume_params[1];
bool policy_ready(void *context, const struct control_ask *ask);
enum pg_error answer_policy_show(void *context, const struct control_ask *ask,
                                 struct pg_json *json, struct pg_fault *fault);
enum pg_error answer_policy_test(void *context, const struct control_ask *ask,
                                 struct pg_json *json, struct pg_fault *fault);
enum pg_error answer_policy_pause(void *context, const struct control_ask *ask,
                                  struct pg_json *json, struct pg_fault *fault);
enum pg_error answer_policy_resume(void *context, const struct control_ask *ask,
                                   struct pg_json *json, struct pg_fault *fault);

#endif
