#include "service/actions.h"

#include "common/protocol.h"
#include "common/text.h"
#include "service/action/carry_out.h"
#include "service/policing.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

#define TOLD_MAX 65536

const char *action_kind_name(enum action_kind kind) {
  static const char *const names[] = {
#define X(name, text, verb) text,
      PG_ACTION_KIND_LIST(X)
#undef X
  };
  return names[kind];
}

static const char *verb_of(enum action_kind kind) {
  static const char *const names[] = {
#define X(name, text, verb) verb,
      PG_ACTION_KIND_LIST(X)
#undef X
  };
  return names[kind];
}

/* --- life --- */

static void on_news(uv_async_t *async) {
  endpoints_wake(async->data);
}

static void on_again(uv_timer_t *timer) {
  actions_step(timer->data);
}

enum pg_error actions_open(struct loop *loop, struct pg_fault *fault) {
  struct actions *actions = &loop->actions;
  if (uv_mutex_init(&actions->lock) != 0)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  if (uv_async_init(&loop->uv, &actions->news, on_news) != 0) {
    uv_mutex_destroy(&actions->lock);
    return pg_fail(fault, PG_E_WINDOWS, "the event loop could not start");
  }
  uv_timer_init(&loop->uv, &actions->again);
  actions->news.data = actions->again.data = actions->work.data = loop;
  actions->opened = true;
  return PG_OK;
}

void actions_free(struct loop *loop) {
  undo_free(&loop->actions.undo);
  if (loop->actions.opened)
    uv_mutex_destroy(&loop->actions.lock);
}

void action_release(struct action *action) {
  if (--action->users > 0)
    return;
  plan_free(&action->plan);
  undo_free(&action->noted);
  errand_free(action->wish.errand);
  pg_text_free(&action->expect);
  pg_text_free(&action->told);
  pg_text_free(&action->cautions);
  pg_text_free(&action->before);
  pg_text_free(&action->unchanged);
  pg_text_free(&action->after);
  free(action->news);
  free(action);
}

static bool keep_expect(struct action *action, const cJSON *expect) {
  struct pg_json json;
  const cJSON *name;
  if (expect == NULL)
    return true;
  pg_json_start(&json, &action->expect);
  pg_json_array(&json);
  cJSON_ArrayForEach(name, expect) {
    pg_json_str(&json, name->valuestring);
  }
  pg_json_end_array(&json);
  return !action->expect.failed;
}

static enum pg_error may_wait(const struct loop *loop, const struct action_wish *wish,
                              struct pg_fault *fault) {
  bool counts = !wish->dry_run && wish->errand == NULL;
  if (loop->stopping)
    return pg_fail(fault, PG_E_BUSY, "the service is stopping");
  if (!counts || loop->actions.count < ACTIONS_WAITING)
    return PG_OK;
  pg_fail(fault, PG_E_BUSY, "%d actions wait already", ACTIONS_WAITING);
  pg_fault_hint(fault, "portguardctl health");
  return PG_E_BUSY;
}

static void queue(struct actions *actions, struct action *action) {
  struct action **end = &actions->first;
  while (*end != NULL)
    end = &(*end)->next;
  *end = action;
  actions->count += action->wish.errand == NULL;
  action->users++;
}

enum pg_error actions_ask(struct loop *loop, const struct action_wish *wish,
                          const char *user, struct action **out, struct pg_fault *fault) {
  enum pg_error error = may_wait(loop, wish, fault);
  struct action *action = error == PG_OK ? calloc(1, sizeof *action) : NULL;
  *out = NULL;
  if (action == NULL) {
    errand_free(wish->errand);
    return error != PG_OK ? error : pg_fail(fault, PG_E_NOMEM, "out of memory");
  }
  action->users = 1;
  action->wish = *wish;
  action->asked_mono = clock_mono();
  (void)pg_copy(action->user, sizeof action->user, user);
  (void)pg_copy(action->name, sizeof action->name, wish->name != NULL ? wish->name : "");
  action->wish.name = action->name;
  pg_text_init(&action->expect, PG_REQUEST_MAX);
  pg_text_init(&action->told, TOLD_MAX);
  pg_text_init(&action->cautions, TOLD_MAX);
  if (!keep_expect(action, wish->expect)) {
    action_release(action);
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  }
  if (!wish->dry_run)
    queue(&loop->actions, action);
  *out = action;
  return PG_OK;
}

bool actions_are_idle(const struct loop *loop) {
  return !loop->actions.busy;
}

/* --- the end --- */

static void note(struct loop *loop, const struct action *action) {
  struct pg_text what, result;
  pg_text_init(&what, PG_AUDIT_CHARS - 1);
  pg_text_init(&result, 2 * PG_AUDIT_CHARS);
  pg_text_str_add(&what, verb_of(action->wish.kind));
  if (action->wish.port != 0)
    pg_text_printf(&what, " %u", (unsigned)action->wish.port);
  if (action->name[0] != '\0') {
    pg_text_char(&what, ' ');
    pg_text_escaped(&what, action->name, PG_SHOWN_CHARS);
  }
  if (action->error != PG_OK)
    pg_text_printf(&result, "%s: %s",
                   action->error == PG_E_REFUSED ? "refused" : "failed",
                   action->fault.message);
  else
    pg_text_printf(&result, "%s: %s", action->failed ? "failed" : "done",
                   action->summary);
  audit_done(loop, action->user, pg_text_str(&what), pg_text_str(&result));
  pg_text_free(&result);
  pg_text_free(&what);
}

static void finish(struct loop *loop, struct action *action) {
  struct actions *actions = &loop->actions;
  action->state = ACTION_DONE;
  if (action->wish.dry_run)
    return;
  actions->first = action->next;
  recorder_action(loop, action);
  metering_action(loop, action);
  if (action->wish.errand != NULL) {
    errand_ended(loop, action);
  } else {
    note(loop, action);
    actions->count--;
  }
  /* What a rule saw before this one went first is not what it wants to act on. */
  if (actions->first != NULL && actions->first->wish.errand != NULL)
    actions->first->asked_mono = clock_mono();
  action_release(action);
}

static void fail_whole(struct loop *loop, struct action *action, enum pg_error error) {
  action->error = error;
  finish(loop, action);
}

/* All steps were taken, and nobody can look at the machine any more. */
static void finish_unseen(struct loop *loop, struct action *action) {
  (void)snprintf(action->summary, sizeof action->summary,
                 "all steps were taken; the service stops, and has not looked again");
  finish(loop, action);
}

static void give_up(struct loop *loop) {
  struct actions *actions = &loop->actions;
  while (actions->first != NULL && actions->first->state != ACTION_RUNNING) {
    struct action *action = actions->first;
    if (action->state == ACTION_VERIFYING) {
      finish_unseen(loop, action);
    } else {
      pg_fail(&action->fault, PG_E_BUSY, "the service is stopping");
      fail_whole(loop, action, PG_E_BUSY);
    }
  }
}

/* While a worker runs it tells of its steps: on Windows a send to a handle that is closed
 * by then closes it once more, and libuv's count of handles never comes to an end. */
static void close_news(struct loop *loop) {
  if (!loop->actions.busy)
    uv_close((uv_handle_t *)&loop->actions.news, NULL);
}

void actions_stop(struct loop *loop) {
  close_news(loop); /* or after_run does */
  uv_close((uv_handle_t *)&loop->actions.again, NULL);
  give_up(loop);
}

/* --- the worker --- */

static void on_step(void *context, const struct plan *plan, size_t step) {
  struct loop *loop = context;
  struct action *action = loop->actions.first;
  uv_mutex_lock(&loop->actions.lock);
  action->news[action->news_count++] =
      (struct action_news){(uint32_t)step, plan->steps[step].outcome};
  uv_mutex_unlock(&loop->actions.lock);
  uv_async_send(&loop->actions.news);
}

static bool nothing_was_done(const struct plan *plan) {
  for (size_t i = 0; i < plan->count; i++)
    if (plan->steps[i].outcome == PG_OUTCOME_DONE)
      return false;
  return true;
}

static void run(uv_work_t *work) {
  struct loop *loop = work->data;
  struct action *action = loop->actions.first;
  struct actor own;
  const struct actor *given = loop->options.actor;
  struct carrier carrier = {given != NULL ? given : &own, on_step, loop};
  actor_open(&own);
  /* How it was is on the disk before anything changes, or nothing does. */
  if (action->before.len > 0)
    action->error = state_write(loop, &action->before, &action->fault);
  action->saved = action->error == PG_OK;
  if (action->error != PG_OK)
    return;
  action->error = carry_out(&action->plan, &carrier, &action->fault);
  if (action->error != PG_OK && nothing_was_done(&action->plan) &&
      action->unchanged.len > 0)
    (void)state_write(loop, &action->unchanged, NULL); /* a note too many does no harm */
  if (action->error == PG_OK && action->after.len > 0)
    action->error = state_write(loop, &action->after, &action->fault);
}

static void look_again(struct loop *loop, struct action *action) {
  struct sample_wish wish = {.details = true, .since = clock_mono()};
  action->look_since = wish.since;
  if (action->looking_since == 0)
    action->looking_since = wish.since;
  lanes_sample(loop, &wish);
}

static void take_over_undo(struct loop *loop, struct action *action) {
  bool kept = action->saved && !nothing_was_done(&action->plan);
  if (action->wish.kind == ACTION_RESTORE && action->error == PG_OK)
    undo_forget(&loop->actions.undo, action->plan.targets[0]);
  else if (kept && action->before.len > 0) {
    undo_free(&loop->actions.undo);
    loop->actions.undo = action->noted;
    action->noted = (struct undo){0};
  }
}

static void after_run(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  struct action *action = loop->actions.first;
  (void)status; /* never cancelled: it is waited for */
  loop->actions.busy = false;
  if (action->plan.target_count == 0)
    loop->network_touched = clock_mono(); /* the listen list */
  take_over_undo(loop, action);
  pg_text_clear(&loop->state.written); /* the worker has written another */
  state_go_on(loop);
  if (action->error != PG_OK && !nothing_was_done(&action->plan)) {
    /* Half-way is a result, which says how far it came. */
    action->failed = true;
    (void)pg_copy(action->summary, sizeof action->summary, action->fault.message);
    action->error = PG_OK;
    finish(loop, action);
  } else if (action->error != PG_OK) {
    finish(loop, action);
  } else {
    action->state = ACTION_VERIFYING;
    look_again(loop, action);
  }
  if (loop->stopping) {
    close_news(loop);
    give_up(loop);
  }
  actions_step(loop);
  endpoints_wake(loop);
  loop->samples.idle(loop);
}

/* --- the steps on the loop --- */

static enum pg_error check_shown(struct action *action) {
  cJSON *shown = NULL;
  static const struct pg_json_limits limits = {8 * PG_REQUEST_MAX, 2, PG_REQUEST_NODES};
  if (action->expect.len == 0)
    return PG_OK;
  enum pg_error error = pg_json_read(action->expect.data, action->expect.len, &limits,
                                     &shown, &action->fault);
  if (error == PG_OK)
    error = plan_check(&action->plan, shown, &action->fault);
  cJSON_Delete(shown);
  return error;
}

/* What state.json says while the action is under way, and afterwards. */
static enum pg_error prepare_state(struct loop *loop, struct action *action) {
  pg_text_init(&action->before, PG_STATE_MAX);
  pg_text_init(&action->unchanged, PG_STATE_MAX);
  pg_text_init(&action->after, PG_STATE_MAX);
  bool restores = action->wish.kind == ACTION_RESTORE;
  if (action->plan.target_count == 0)
    return PG_OK; /* the listen list is Windows' own to remember */
  enum pg_error error =
      undo_copy(&action->noted, &loop->actions.undo) ? PG_OK : PG_E_NOMEM;
  if (error == PG_OK && restores)
    undo_forget(&action->noted, action->plan.targets[0]);
  else if (error == PG_OK)
    error = undo_note(&action->noted, &action->plan, action->user, clock_wall(),
                      &action->fault);
  struct pg_text *text = restores ? &action->after : &action->before;
  if (error == PG_OK)
    state_render(loop, &action->noted, text);
  if (error == PG_OK && !restores)
    state_render(loop, &loop->actions.undo, &action->unchanged);
  if (error == PG_E_NOMEM || text->failed)
    return pg_fail(&action->fault, PG_E_NOMEM, "out of memory");
  return error;
}

static void start_run(struct loop *loop, struct action *action) {
  action->news = calloc(2 * action->plan.count + 1, sizeof *action->news);
  enum pg_error error = action->news != NULL
                            ? prepare_state(loop, action)
                            : pg_fail(&action->fault, PG_E_NOMEM, "out of memory");
  if (error == PG_OK) {
    action->state = ACTION_RUNNING;
    loop->actions.busy =
        uv_queue_work(&loop->uv, &loop->actions.work, run, after_run) == 0;
    if (!loop->actions.busy)
      error = pg_fail(&action->fault, PG_E_NOMEM, "out of memory");
  }
  if (error != PG_OK)
    fail_whole(loop, action, error);
}

/* Nothing is planned on what is older than the wish. False: it is not there yet. */
static bool has_fresh_look(struct loop *loop, const struct action *action) {
  struct freshness known;
  watch_freshness(loop, &known);
  unsigned need = action->wish.port != 0 ? freshness_for_port(&known, action->wish.port,
                                                              action->asked_mono, 0)
                                         : NEED_NOTHING;
  if (loop->details_mono < action->asked_mono)
    need |= NEED_SAMPLE | NEED_DETAILS;
  return verbs_fetch(loop, need, action->asked_mono, 0);
}

static void plan_it(struct loop *loop, struct action *action) {
  enum pg_error error =
      loop->current != NULL
          ? action_make_plan(loop, action, &action->fault)
          : pg_fail(&action->fault, PG_E_TIMEOUT, "the machine was not looked at yet");
  if (error == PG_OK)
    error = check_shown(action);
  if (error != PG_OK)
    fail_whole(loop, action, error);
  else if (action->wish.dry_run ||
           (action->plan.count == 0 && action->wish.kind != ACTION_RESTORE))
    finish(loop, action); /* what needs no step to be restored is still forgotten */
  else
    start_run(loop, action);
}

/* Well twice, a moment apart: what comes back by itself does so at once. A service that
 * has stopped may still be letting go, so there is a little patience. */
static void look(struct loop *loop, struct action *action) {
  if (loop->details_mono < action->look_since || loop->tcp_mono < action->look_since)
    return;
  bool well = action_went_well(loop, action);
  action->looks = well ? action->looks + 1 : 0;
  action->failed = !well && clock_mono() - action->looking_since >= PG_SETTLE_MS;
  if (action->looks < 2 && !action->failed) {
    action->look_since = INT64_MAX; /* until the timer */
    uv_timer_start(&loop->actions.again, on_again, PG_LOOK_TWICE_MS, 0);
    return;
  }
  if (well)
    action_praise(action);
  finish(loop, action);
}

static void step(struct loop *loop, struct action *action) {
  switch (action->state) {
  case ACTION_WAITING: /* two must not write state.json at once */
    if (has_fresh_look(loop, action) && state_is_idle(loop))
      plan_it(loop, action);
    break;
  case ACTION_VERIFYING:
    if (action->look_since == INT64_MAX &&
        !uv_is_active((uv_handle_t *)&loop->actions.again))
      look_again(loop, action);
    else
      look(loop, action);
    break;
  case ACTION_RUNNING:
  case ACTION_DONE:
    break;
  }
}

void actions_step(struct loop *loop) {
  struct action *before;
  do { /* one that is done makes room for the next */
    before = loop->actions.first;
    if (before != NULL && !loop->stopping)
      step(loop, before);
  } while (loop->actions.first != before);
}

void actions_step_dry(struct loop *loop, struct action *action) {
  if (action->wish.dry_run && !loop->stopping)
    step(loop, action);
}

/* --- telling --- */

bool actions_progress(struct loop *loop, struct action *action, struct pg_json *json) {
  struct action_news news;
  uv_mutex_lock(&loop->actions.lock);
  bool any = action->news_told < action->news_count;
  if (any)
    news = action->news[action->news_told++];
  uv_mutex_unlock(&loop->actions.lock);
  if (!any)
    return false;
  /* Its words are the worker's while it runs, and in the answer at last. */
  struct plan_step step = {.what = action->plan.steps[news.step].what,
                           .name = action->plan.steps[news.step].name,
                           .display = action->plan.steps[news.step].display,
                           .needs = action->plan.steps[news.step].needs,
                           .start_type = action->plan.steps[news.step].start_type,
                           .delayed = action->plan.steps[news.step].delayed,
                           .outcome = news.outcome};
  plan_step_write(&step, json);
  return true;
}

/* What ended before a step was taken is answered as an error, and remembered so. */
static const char *outcome_of(const struct action *action) {
  if (action->error == PG_E_REFUSED)
    return "refused";
  if (action->failed || action->error != PG_OK)
    return "failed";
  if (action->told.len > 0)
    return "told";
  return action->wish.dry_run && action->plan.count > 0 ? NULL : "done";
}

const char *action_summary(const struct action *action) {
  return action->error != PG_OK ? action->fault.message : action->summary;
}

static void key_list(struct pg_json *json, const char *key, const struct pg_text *list) {
  pg_json_key(json, key);
  pg_json_array(json);
  if (!list->failed && list->len > 0)
    pg_json_raw(json, list->data, list->len);
  pg_json_end_array(json);
}

void action_write(const struct action *action, struct pg_json *json) {
  pg_json_object(json);
  pg_json_key_int(json, "schema", PG_SCHEMA_VERSION);
  pg_json_key_str(json, "action", action_kind_name(action->wish.kind));
  pg_json_key_bool(json, "dry_run", action->wish.dry_run);
  if (action->wish.port != 0)
    pg_json_key_int(json, "port", action->wish.port);
  pg_json_key_str(json, "summary", action_summary(action));
  plan_write(&action->plan, json);
  key_list(json, "cautions", &action->cautions);
  key_list(json, "told", &action->told);
  pg_json_key_str(json, "outcome", outcome_of(action));
  pg_json_key(json, "warnings");
  pg_json_array(json);
  pg_json_end_array(json);
  pg_json_end_object(json);
}
