/* From a decision of the rules to an action, and back. */
#include "common/limits.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "service/policing.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

/* All there are, each with ", " behind it; a byte of a name has up to six in JSON. */
#define NAMES_MAX (PG_RULES_MAX * (4u * PG_RULE_NAME_CHARS + 2))

void errand_names(const struct policy_decision *decision, struct pg_text *rules,
                  struct pg_text *rules_json) {
  struct pg_json json;
  pg_text_init(rules, NAMES_MAX);
  pg_text_init(rules_json, 8 * NAMES_MAX);
  pg_json_start(&json, rules_json);
  json.escape_percent = true;
  pg_json_array(&json);
  for (size_t i = 0; i < decision->rule_count; i++) {
    pg_text_printf(rules, "%s%s", i > 0 ? ", " : "", decision->rules[i]->name);
    pg_json_str(&json, decision->rules[i]->name);
  }
  pg_json_end_array(&json);
  if (rules_json->failed) /* half a list would spoil the JSON it becomes part of */
    pg_text_clear(rules_json);
}

void errand_free(struct errand *errand) {
  if (errand == NULL)
    return;
  pg_text_free(&errand->rules);
  pg_text_free(&errand->rules_json);
  free(errand);
}

static struct errand *errand_new(const struct policy_decision *decision,
                                 unsigned edition) {
  struct errand *errand = calloc(1, sizeof *errand);
  if (errand == NULL)
    return NULL;
  errand_names(decision, &errand->rules, &errand->rules_json);
  errand->pid = decision->pid;
  errand->process_started_at = decision->process_started_at;
  errand->edition = edition;
  return errand;
}

bool errand_begin(struct loop *loop, const struct policy_decision *decision) {
  struct action *action = NULL;
  char user[PG_USER_CHARS] = "rule ";
  struct action_wish wish = {
      .kind = decision->action == PG_ACTION_DISABLE ? ACTION_DISABLE : ACTION_STOP,
      .name = decision->service,
      .port = decision->port,
      .stop_dependents = decision->dependents == PG_DEPENDENTS_STOP,
      .errand = errand_new(decision, loop->policing.edition),
  };
  if (wish.errand == NULL)
    return false;
  pg_escape(user + strlen(user), sizeof user - strlen(user),
            pg_text_str(&wish.errand->rules));
  if (actions_ask(loop, &wish, user, &action, NULL) != PG_OK)
    return false;
  /* What it was decided on is as fresh as need be, unless a pause has just ended, say,
   * and looks are far apart. */
  if (clock_mono() - loop->policing.sampled_mono < PG_DETAIL_AGE_MS)
    action->asked_mono = loop->policing.sampled_mono - 1;
  action_release(action);
  return true;
}

/* --- before it is done --- */

static const struct pg_holder *find_holder(const struct loop *loop,
                                           const struct action *action) {
  const struct pg_snapshot *snapshot = loop->current;
  const struct pg_port *port = snapshot_port(snapshot, action->wish.port);
  for (size_t i = 0; port != NULL && i < port->holder_count; i++) {
    const struct pg_holder *holder = &snapshot->holders[port->first_holder + i];
    if (holder->service != NULL && pg_case_equal(holder->service->name, action->name) &&
        holder->kind != PG_HOLDER_PORTPROXY && policing_is_certain(port, holder))
      return holder;
  }
  return NULL;
}

enum pg_error errand_check(const struct loop *loop, const struct action *action,
                           struct pg_fault *fault) {
  const struct policing *policing = &loop->policing;
  const struct errand *errand = action->wish.errand;
  if (errand->edition != policing->edition ||
      !policy_stands(policing->policy, action->name, clock_mono()))
    return plan_refuse(fault, PG_SAFETY_PLAN_CHANGED,
                       "the rules do not want it any more as they did");
  /* Else it took too long. A look of the same millisecond may have begun before. */
  bool looked = loop->tcp_mono > action->asked_mono;
  const struct pg_holder *holder =
      looked && snapshot_table_read(loop->current) ? find_holder(loop, action) : NULL;
  const struct pg_process *process =
      holder != NULL ? snapshot_process(loop->current, holder->service->pid) : NULL;
  int64_t started_at = process != NULL ? process->started_at : PG_TIME_UNKNOWN;
  if (holder != NULL && holder->service->pid == errand->pid &&
      started_at == errand->process_started_at)
    return PG_OK;
  return plan_refuse(fault, PG_SAFETY_PLAN_CHANGED,
                     "it is not certain any more that the service holds the port");
}

/* --- what came of it --- */

/* What was seen is not so any more, or there was no time for it: it is decided anew. */
static bool is_void(const struct action *action) {
  bool nothing = action->error == PG_OK && action->plan.count == 0;
  bool changed = action->error == PG_E_REFUSED &&
                 strcmp(action->fault.rule, pg_safety_name(PG_SAFETY_PLAN_CHANGED)) == 0;
  return nothing || changed || action->error == PG_E_BUSY;
}

static enum policy_outcome outcome_of(const struct action *action) {
  if (is_void(action))
    return POLICY_PUT_OFF;
  if (action->error == PG_E_REFUSED)
    return POLICY_FORBIDDEN;
  if (!action_stopped_all(action))
    return POLICY_FAILED;
  return action->looks >= 2 ? POLICY_FREED : POLICY_TAKEN_AGAIN;
}

void errand_ended(struct loop *loop, const struct action *action) {
  struct policing *policing = &loop->policing;
  enum policy_outcome outcome = outcome_of(action);
  int64_t now = clock_mono();
  bool news = policy_result(policing->policy, action->name, outcome, now);
  if (outcome == POLICY_PUT_OFF)
    policing->rest = now + loop->options.settings->interval_ms;
  else if (outcome == POLICY_FORBIDDEN && news)
    report_errand_refused(loop, action);
  else if (news)
    report_errand(loop, action);
  state_save(loop);
  policing_wait(loop);
}
