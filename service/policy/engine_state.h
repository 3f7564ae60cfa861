/* What the engine remembers. For engine*.c only. */
#ifndef PG_ENGINE_STATE_H
#define PG_ENGINE_STATE_H

#include "service/policy/engine.h"

#define NO_TIME INT64_MIN /* long ago, or never */

struct rule_state {
  struct schedule_span span; /* what the schedule was at the last step */
  int64_t opened;            /* the step that first saw it open */
  int64_t paused;            /* until then, or NO_TIME */
};

enum acting { NOT_ACTING, STOPPING, DISABLING };

struct strike {
  int64_t mono;
  /* Of an earlier run, whose clock cannot be asked any more: when it was, or
   * PG_TIME_UNKNOWN. Durations go by |mono| all the same. */
  bool restored;
  int64_t wall;
};

/* A rule and a service it was seen to be concerned with. */
struct pair {
  const char *service, *template_name; /* behind the strikes */
  size_t rule;
  uint64_t step; /* in which the service was last seen to hold a port of the rule */
  int64_t
      seen; /* when the sample that first showed it was begun; NO_TIME: it holds none */
  int64_t blind;     /* samples begun before an action had ended show what was */
  int64_t cooldown;  /* until then, or NO_TIME */
  int64_t suspended; /* likewise */
  int64_t calm; /* the end of the last action that was a strike, or of a suspension */
  unsigned suspensions; /* in a row */
  enum acting acting;
  bool disabled; /* its strikes have led to that already */
  bool told_would, told_refused;
  uint16_t port;
  size_t strike_count;
  struct strike strikes[]; /* rising; there is room for one more than max_strikes */
};

/* A service whose action has not been answered. Rules may go, and come, meanwhile. */
struct under_way {
  struct under_way *next;
  char service[];
};

struct listed {
  const char *service;
  size_t rule;
};

struct party {
  struct pair *pair;
  const struct pg_rule *rule;
  const struct policy_holder *row;
};

struct policy {
  int64_t started;
  const struct pg_settings *settings; /* NULL: no rules yet */
  struct rule_state *rules;
  struct listed *listed; /* by service, then rule */
  size_t listed_count;
  struct pair **pairs; /* by service, then rule */
  size_t pair_count, pair_room;
  struct party *parties; /* room for one of each rule, and of its names */
  const struct pg_rule **names;
  struct under_way *under_way;
  int64_t paused; /* all rules, until then, or NO_TIME */
  uint64_t step;
  int64_t next;
  bool waits_for_sample;
  int64_t last_sampled, last_drift; /* of the last step: the view's, wall - monotonic */
  struct zone zone;
};

size_t rule_count(const struct policy *policy);

bool under_way_begin(struct policy *policy, const char *service); /* false: no memory */
bool is_under_way(const struct policy *policy, const char *service);

/* --- engine_pairs.c --- */

/* Where the pair is, or would be. */
size_t pair_place(const struct policy *policy, const char *service, size_t rule);
bool pair_is(const struct policy *policy, size_t place, const char *service, size_t rule);
/* A new one at |place|, about which nothing is known. NULL: no memory. */
struct pair *pair_insert(struct policy *policy, size_t place, const char *service,
                         const char *template_name, size_t rule);
/* For an action that begins; whether it remains one, its outcome says. */
void pair_strike(struct pair *pair, const struct pg_rule *rule,
                 const struct strike *strike);
/* When it was, for people; or PG_TIME_UNKNOWN. */
int64_t strike_time(const struct strike *strike, const struct policy_clock *clock);
void pair_take_strike_back(struct pair *pair); /* that of the action under way */
void pair_forget_strikes(struct pair *pair);
void pair_drop_old_strikes(struct pair *pair, const struct pg_rule *rule, int64_t mono);
/* The service holds no port of the rule any more. */
void pair_end_tenancy(struct pair *pair);
/* Nothing is known that a new pair would not start with, nor will matter to views in
 * which all is newer than |oldest|. */
bool pair_is_blank(const struct pair *pair, int64_t oldest);
bool rule_lists(const struct pg_rule *rule, const char *service,
                const char *template_name);
/* The rule of that name; rule_count(): it is gone, or the service from its list. */
size_t rule_of_pair(const struct policy *policy, const char *name, const char *service,
                    const char *template_name);
/* The pairs of |from| that |to|, with its own rules, still has. */
enum pg_error pairs_take_over(struct policy *to, const struct policy *from);
void pairs_free(struct policy *policy);

/* --- engine_phase.c: pure --- */

#define PHASE_LIST(X)         \
  X(ACTING, "acting")         \
  X(PAUSED, "paused")         \
  X(SUSPENDED, "suspended")   \
  X(IDLE, "idle")             \
  X(CLOSED, "closed")         \
  X(CONFIRMING, "confirming") \
  X(COOLING, "cooling_down")  \
  X(DUE, "due")

enum phase {
#define X(name, text) PHASE_##name,
  PHASE_LIST(X)
#undef X
};

const char *phase_name(enum phase phase);
enum phase pair_phase(const struct policy *policy, const struct pair *pair, int64_t mono);
/* When confirming and cooling down will both have ended. */
int64_t pair_ready(const struct policy *policy, const struct pair *pair);
int64_t rule_paused_until(const struct policy *policy, size_t rule);
/* Enough strikes to be suspended. */
bool pair_is_spent(const struct policy *policy, const struct pair *pair);
/* The start type is to be disabled: the rule's action, or what its strikes lead to. */
bool pair_disables(const struct pair *pair, const struct pg_rule *rule);
int64_t suspension_length(const struct pg_rule *rule, unsigned suspensions);

/* What several rules make of one service. */
struct merged {
  bool enforce;
  enum pg_rule_action action;
  enum pg_rule_dependents dependents;
};
void merge(struct merged *merged, const struct pg_rule *rule, bool disables);
struct merged merge_nothing(void);

#endif
