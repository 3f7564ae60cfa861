/* The policy engine: what the rules decide about the holders of ports. It reads no
 * clock, no machine and no file: everything comes as an argument, so weeks of it can be
 * played in a test. Loop thread only. docs/policy.md explains it to users.
 *
 * The loop gives it a view of who holds ports, and carries out what it decides:
 *
 *   policy_due? --> policy_step --> decisions --> action lane --> policy_result
 *
 * Durations are monotonic milliseconds. Only schedules look at the wall clock. */
#ifndef PG_ENGINE_H
#define PG_ENGINE_H

#include "common/json.h"
#include "service/policy/schedule.h"
#include "service/snapshot/stopping.h"

#define POLICY_NEVER INT64_MAX /* as the time of the next step */

/* A service that must let go before a port is free. */
struct policy_holder {
  const char *service;       /* never NULL */
  const char *template_name; /* what a per-user instance was made from, or NULL */
  int64_t process_started_at;
  /* When the netsh text behind it was begun to be read; INT64_MAX: nothing but the
   * listener tables is behind it. */
  int64_t http_mono;
  const char *doubt; /* words for why it is not certain, or NULL */
  uint32_t pid;      /* of the service */
  uint16_t port;
  bool certain;   /* and the sample is complete for this port */
  bool portproxy; /* holds it for a port proxy: deleting that is the way */
};

struct policy_view {
  const struct policy_holder *holders; /* as policy_sort_holders leaves them */
  size_t count;
  int64_t sampled_mono; /* when the last sample that agrees with them was begun */
  /* Rising. Whoever held these and is not among the holders may hold them still. */
  const uint16_t *unsure_ports;
  size_t unsure_count;
  const char *no_action; /* why nothing may be stopped here at all, or NULL */
};

struct policy_clock {
  int64_t mono_ms;
  int64_t wall_ms; /* 0: it cannot be read; then rules with a schedule are closed */
  const struct zone *zone;
};

enum policy_kind {
  POLICY_WOULD_ACT,   /* 1300 */
  POLICY_ACT,         /* for the action lane; answered with policy_result */
  POLICY_REFUSED,     /* 1307 */
  POLICY_SUSPENDED,   /* 1305 */
  POLICY_RESUMED,     /* 1306: a suspension (with a service) or a pause has ended */
  POLICY_NEED_SAMPLE, /* of |port|, begun from now on; step again when it is there */
};

/* Valid during the call it is told in. */
struct policy_decision {
  enum policy_kind kind;
  const struct pg_rule *const *rules; /* all that are concerned; none: all there are */
  size_t rule_count;
  const char *service; /* NULL for a pause that has ended */
  uint16_t port;
  uint32_t pid;
  int64_t process_started_at;
  enum pg_rule_action action;
  enum pg_rule_dependents dependents;
  const char *safety; /* POLICY_REFUSED: "port-proxy" or "uncertain" */
  const char *reason; /* words, or NULL: why it is refused, or why it would not act */
  int64_t lasts_ms;   /* POLICY_SUSPENDED */
};

/* May not call the policy. */
typedef void policy_tell(void *context, const struct policy_decision *decision);

/* What became of a POLICY_ACT. */
enum policy_outcome {
  POLICY_FREED,       /* stopped, and the port seen free twice */
  POLICY_TAKEN_AGAIN, /* stopped, but the port is held again */
  POLICY_FAILED,      /* not stopped, or not in time */
  POLICY_FORBIDDEN,   /* a safety rule forbade it; nothing was done */
  POLICY_PUT_OFF,     /* not tried, the lane was busy: as though never decided */
};

struct policy;

struct policy *policy_new(int64_t mono_ms); /* without rules; NULL: no memory */
void policy_free(struct policy *policy);    /* NULL is fine */

/* Other rules. |settings| and those before must live until it returns, the new ones
 * until the next call. What is known of a rule and a service that are both still there,
 * by name, is kept; an action under way is waited for in any case. PG_E_NOMEM: the old
 * rules stay. */
enum pg_error policy_reset(struct policy *policy, const struct pg_settings *settings);

bool policy_sort_holders(struct policy_holder *holders,
                         size_t count); /* false: no memory */

/* Tells what is to be done now. */
void policy_step(struct policy *policy, const struct policy_view *view,
                 const struct policy_clock *clock, policy_tell *tell, void *context);
/* When policy_step is wanted again though nothing changes, monotonic. */
int64_t policy_next(const struct policy *policy);
/* Whether a step is wanted though the holders are the same: its time has come, the
 * sample it waits for is there, or the wall clock or the zone was changed. */
bool policy_due(const struct policy *policy, const struct policy_view *view,
                const struct policy_clock *clock);

/* True: the outcome is news. That a rule is forbidden to act is told once, and an
 * outcome that no action waits for (any more) is none. */
bool policy_result(struct policy *policy, const char *service,
                   enum policy_outcome outcome, int64_t mono_ms);

/* Whether the rules that decided on the action of |service| that is under way, and are
 * still there, would let it begin: none of them is paused, or closed as of the last step.
 */
bool policy_stands(const struct policy *policy, const char *service, int64_t mono_ms);

/* |rule| NULL: all. A pause takes the place of an earlier one; resuming also ends
 * suspensions and forgets strikes. PG_E_NOTFOUND: there is no such rule. */
enum pg_error policy_pause(struct policy *policy, const char *rule, int64_t for_ms,
                           int64_t mono_ms, struct pg_fault *fault);
enum pg_error policy_resume(struct policy *policy, const char *rule,
                            struct pg_fault *fault);

/* An enforcing rule is open on |port|, as of the last step. */
bool policy_enforces(const struct policy *policy, uint16_t port);

/* --- engine_saved.c --- */

/* What must outlive the service, as one JSON object: how long pauses, cool-downs and
 * suspensions go on and strikes count; and, for people, when they were. An action that
 * has not been answered counts as one that failed now. */
void policy_save(const struct policy *policy, struct pg_json *json,
                 const struct policy_clock *clock);
/* Takes it up after policy_reset, before the first step that could act; rules that are
 * gone are passed over, and pauses that hold already go on. What steps before it have
 * found out about services is forgotten: it is for when nothing could be done so far.
 * PG_E_FORMAT names the member; then nothing is taken up. */
enum pg_error policy_load(struct policy *policy, const cJSON *saved, int64_t mono_ms,
                          struct pg_fault *fault);
/* In what was saved, the pause of all rules becomes what is left of it by now. */
void policy_renew_pause(const struct policy *policy, cJSON *saved, int64_t mono_ms);

/* --- engine_show.c, engine_trial.c --- */

/* An array with an object per rule: what it says, whether it is open, whom it watches. */
void policy_show(const struct policy *policy, struct pg_json *json,
                 const struct policy_clock *clock);

/* The member "paused_until" for the pause of all rules, inside an open object. */
void policy_show_pause(const struct policy *policy, struct pg_json *json,
                       const struct policy_clock *clock);

/* How a rule is, by its place in the settings. */
struct policy_tally {
  size_t suspended; /* services that it is suspended for */
  bool paused;
};
struct policy_tally policy_tally(const struct policy *policy, size_t rule,
                                 int64_t mono_ms);

struct policy_question {
  uint16_t port;
  const char *service;       /* NULL: any that a rule lists */
  const char *template_name; /* of that service, or NULL */
  int64_t at_ms;             /* wall clock */
  const struct zone *zone;   /* around that time */
  const char *no_action;     /* as in the view */
  enum pg_safety safety;     /* what speaks against stopping the service, as it is now */
  const char *against;       /* that in words, or NULL */
};

/* What would happen, and why, if that service held that port then, and went on holding
 * it; members, inside an open object. Words say times as the clocks of the zone show
 * them. |safety| counts, and is told, when something would be done; DEPENDENTS only if
 * they may not stop. The clock is that of now. */
void policy_try(const struct policy *policy, const struct policy_question *question,
                struct pg_json *json, const struct policy_clock *clock);

#endif
