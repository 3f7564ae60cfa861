/* What rules decide, and what came of it, as events 1300 to 1307. */
#include "common/text.h"
#include "service/letter.h"

#include <string.h>

/* One event: who, about whom, and up to two more strings, each of them also a member
 * of the JSON under its key. */
struct news {
  enum pg_event_id id;
  const char *rules, *rules_json;
  const char *service; /* NULL: it is about none in particular */
  uint16_t port;       /* 0: likewise; then the service is in the JSON only */
  uint32_t pid;
  int64_t for_s;                 /* 0: there is no such member */
  const char *what_key, *what;   /* |what| NULL: there is no such string */
  const char *words_key, *words; /* likewise */
  const struct plan *stopped;    /* of 1301: the services it stopped; or NULL */
};

static void add_stopped(struct letter *letter, const struct plan *plan) {
  struct letter_part part;
  letter_part_open(&part);
  pg_json_array(&part.json);
  for (size_t i = 0; i < plan->count; i++)
    if (plan->steps[i].what == PG_STEP_STOP)
      pg_json_str(&part.json, plan->steps[i].name);
  pg_json_end_array(&part.json);
  (void)letter_part_add(letter, "stopped", &part);
}

static void add_rules(struct letter *letter, const char *rules_json) {
  struct letter_part part;
  letter_part_open(&part);
  pg_json_raw(&part.json, rules_json, strlen(rules_json));
  part.text.failed |= rules_json[0] == '\0'; /* without memory it is left out */
  (void)letter_part_add(letter, "rules", &part);
}

static void add_members(struct letter *letter, const struct news *news) {
  add_rules(letter, news->rules_json);
  letter_string(letter, "service", news->service);
  if (news->port != 0)
    pg_json_key_int(&letter->writer, "port", news->port);
  if (news->pid != 0)
    pg_json_key_int(&letter->writer, "pid", news->pid);
  if (news->for_s != 0)
    pg_json_key_int(&letter->writer, "for_s", news->for_s);
  if (news->what_key != NULL)
    letter_string(letter, news->what_key, news->what);
  if (news->words != NULL)
    letter_string(letter, news->words_key, news->words);
  if (news->stopped != NULL)
    add_stopped(letter, news->stopped);
}

static void escape(struct pg_text *text, const char *string) {
  pg_text_init(text, PG_EVENT_STRING_MAX);
  pg_text_escaped(text, string != NULL ? string : "", PG_SHOWN_CHARS);
}

static void send_news(struct loop *loop, const struct news *news) {
  struct letter letter;
  struct pg_text what, words;
  const char *strings[PG_EVENT_STRINGS_MAX];
  char number[8];
  size_t count = 0;
  letter_open(&letter, news->id);
  add_members(&letter, news);
  pg_text_escaped(&letter.first, news->rules, PG_SHOWN_CHARS);
  pg_text_escaped(&letter.second, news->service != NULL ? news->service : "",
                  PG_SHOWN_CHARS);
  escape(&what, news->what);
  escape(&words, news->words);
  strings[count++] = pg_text_str(&letter.first);
  if (news->port != 0) {
    strings[count++] = pg_text_str(&letter.second);
    strings[count++] = letter_port(news->port, number);
  }
  if (news->what != NULL)
    strings[count++] = pg_text_str(&what);
  if (news->words != NULL)
    strings[count++] = pg_text_str(&words);
  letter_send(loop, &letter, news->id, news->port, true, strings, count + 1);
  pg_text_free(&words);
  pg_text_free(&what);
}

/* --- decisions --- */

static const char *why_only_logged(const struct policy_decision *decision) {
  return decision->reason != NULL ? decision->reason : "it only observes";
}

static void report_would_act(struct loop *loop, struct news news,
                             const struct policy_decision *decision) {
  news.id = PG_EVENT_RULE_WOULD_ACT;
  news.what_key = "action";
  news.what = pg_rule_action_name(decision->action);
  news.words_key = "reason";
  news.words = why_only_logged(decision);
  send_news(loop, &news);
}

static void report_refused(struct loop *loop, struct news news, const char *safety,
                           const char *reason) {
  news.id = PG_EVENT_RULE_REFUSED;
  news.what_key = "safety";
  news.what = safety;
  news.words_key = "reason";
  news.words = reason;
  send_news(loop, &news);
}

static void report_suspended(struct loop *loop, struct news news, int64_t lasts_ms) {
  char seconds[24];
  (void)snprintf(seconds, sizeof seconds, "%lld", (long long)(lasts_ms / 1000));
  news.id = PG_EVENT_RULE_SUSPENDED;
  news.for_s = lasts_ms / 1000;
  news.what = seconds; /* the member is a number */
  send_news(loop, &news);
}

void report_decision(struct loop *loop, const struct policy_decision *decision) {
  struct pg_text rules, rules_json;
  errand_names(decision, &rules, &rules_json);
  struct news news = {.rules = pg_text_str(&rules),
                      .rules_json = pg_text_str(&rules_json),
                      .service = decision->service,
                      .port = decision->port,
                      .pid = decision->pid};
  switch (decision->kind) {
  case POLICY_WOULD_ACT:
    report_would_act(loop, news, decision);
    break;
  case POLICY_REFUSED:
    report_refused(loop, news, decision->safety, decision->reason);
    break;
  case POLICY_SUSPENDED:
    report_suspended(loop, news, decision->lasts_ms);
    break;
  case POLICY_RESUMED:
    report_resumed(loop, decision->rule_count > 0 ? decision->rules[0]->name : NULL,
                   decision->service,
                   decision->service != NULL ? "the suspension has ended"
                                             : "the pause has ended");
    break;
  case POLICY_ACT: /* told when something has come of it */
  case POLICY_NEED_SAMPLE:
    break;
  }
  pg_text_free(&rules);
  pg_text_free(&rules_json);
}

void report_resumed(struct loop *loop, const char *rule, const char *service,
                    const char *words) {
  struct pg_text json_text, what;
  struct pg_json json;
  pg_text_init(&json_text, PG_EVENT_STRING_MAX);
  pg_text_init(&what, PG_EVENT_STRING_MAX);
  pg_json_start(&json, &json_text);
  json.escape_percent = true;
  pg_json_array(&json);
  if (rule != NULL)
    pg_json_str(&json, rule);
  pg_json_end_array(&json);
  if (json_text.failed)
    pg_text_clear(&json_text);
  pg_text_printf(&what, "%s%s%s", service != NULL ? service : "",
                 service != NULL ? ": " : "", words);
  struct news news = {.id = PG_EVENT_RULE_RESUMED,
                      .rules = rule != NULL ? rule : "all rules",
                      .rules_json = pg_text_str(&json_text),
                      .service = service,
                      .what_key = "what",
                      .what = pg_text_str(&what)};
  send_news(loop, &news);
  pg_text_free(&what);
  pg_text_free(&json_text);
}

/* --- actions --- */

static struct news news_of(const struct action *action, enum pg_event_id id) {
  const struct errand *errand = action->wish.errand;
  return (struct news){.id = id,
                       .rules = pg_text_str(&errand->rules),
                       .rules_json = pg_text_str(&errand->rules_json),
                       .service = action->name,
                       .port = action->wish.port,
                       .pid = errand->pid};
}

void report_errand_refused(struct loop *loop, const struct action *action) {
  struct news news = news_of(action, PG_EVENT_RULE_REFUSED);
  report_refused(loop, news, action->fault.rule, action->fault.message);
}

static void report_disabled(struct loop *loop, const struct action *action) {
  struct news news = news_of(action, PG_EVENT_RULE_DISABLED);
  for (size_t i = 0; i < action->plan.count; i++) {
    const struct plan_step *step = &action->plan.steps[i];
    if (step->what != PG_STEP_DISABLE || step->outcome != PG_OUTCOME_DONE)
      continue;
    news.what_key = "was";
    news.what = pg_start_type_name(step->start_type);
    news.words_key = "configured";
    news.words = step->name;
    send_news(loop, &news);
  }
}

void report_errand(struct loop *loop, const struct action *action) {
  bool stopped = action_stopped_all(action);
  struct news news =
      news_of(action, stopped ? PG_EVENT_RULE_STOPPED : PG_EVENT_RULE_FAILED);
  report_disabled(loop, action);
  news.words_key = stopped ? "result" : "error";
  news.words = action->error != PG_OK ? action->fault.message : action->summary;
  news.stopped = stopped ? &action->plan : NULL;
  send_news(loop, &news);
  if (!stopped || action->looks < 2)
    return;
  struct news is_free = news_of(action, PG_EVENT_RULE_FREED);
  send_news(loop, &is_free);
}
