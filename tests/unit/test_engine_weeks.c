/* Weeks of a machine whose services come and go at random, watched by rules made at
 * random. Whatever is decided must be allowed by what design and docs/policy.md promise,
 * each promise checked here in its plainest form and without the engine's own tables;
 * and what is allowed must be decided, or the engine could keep every promise by
 * sleeping. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/policy/engine.h"
#include "tests/unit/zones.h"

#include <string.h>

#define S INT64_C(1000)
#define MINUTE (60 * S)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define RULES 5
#define SERVICES 6
#define PORTS 4 /* 80 to 83 */
#define WINDOWS 2
#define ACTIONS 1024 /* that are remembered */

static const char *const names[SERVICES] = {"Apache",   "iphlpsvc", "MsDepSvc",
                                            "Unlisted", "W3SVC",    "Xampp"};
/* Two of them have a part of their own. */
#define LISTED_NOWHERE 3
#define PROXY 1

static uint32_t random_state;

static uint32_t next_random(uint32_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state % below;
}

static bool chance(uint32_t one_in) {
  return next_random(one_in) == 0;
}

/* --- the machine --- */

struct holding {
  bool held, certain;
};

struct acted {
  size_t service;
  bool rules[RULES];
  int64_t at, ended; /* 0: under way */
  enum policy_outcome outcome;
};

/* What a rule knows of a service. */
struct known {
  int64_t seen; /* -1: it holds none of its ports */
  size_t port;
  int64_t blind, suspended; /* until */
  bool would, refused;      /* told */
};

static struct world {
  struct pg_rule rules[RULES];
  const char *listed[RULES][SERVICES];
  struct pg_port_range ranges[RULES];
  struct pg_window windows[RULES][WINDOWS];
  struct pg_settings settings[2]; /* the same, by turns */
  size_t turn;
  struct policy *policy;
  struct policy_clock clock;
  struct holding holding[SERVICES][PORTS], shown[SERVICES][PORTS]; /* by the view */
  struct policy_view view;
  struct policy_holder rows[SERVICES * PORTS];
  uint16_t unsure[PORTS];
  bool open[RULES];
  int64_t opened[RULES], paused[RULES], forgiven[RULES];
  struct known known[RULES][SERVICES];
  struct acted acted[ACTIONS];
  size_t actions;
  struct acted *under_way[SERVICES];
  int64_t ends[SERVICES];
} world;

static struct {
  size_t acts, samples, suspended, resumed, refused, would;
} told;

static void make_rule(size_t i) {
  struct pg_rule *rule = &world.rules[i];
  static const char *const rule_names[RULES] = {"a", "b", "c", "d", "e"};
  *rule = (struct pg_rule){
      .name = rule_names[i],
      .services = world.listed[i],
      .ports = {&world.ranges[i], 1},
      .windows = world.windows[i],
      .window_count = next_random(WINDOWS + 1),
      .mode = chance(3) ? PG_MODE_OBSERVE : PG_MODE_ENFORCE,
      .action = chance(3) ? PG_ACTION_DISABLE : PG_ACTION_STOP,
      .dependents = chance(2) ? PG_DEPENDENTS_STOP : PG_DEPENDENTS_REFUSE,
      .on_strikes = chance(3) ? PG_STRIKES_DISABLE : PG_STRIKES_SUSPEND,
      .confirm_s = chance(4) ? 0 : next_random(120),
      .cooldown_s = 1 + next_random(chance(2) ? 60 : 1800),
      .max_strikes = 1 + next_random(4),
      .window_s = 10 + next_random(7200)};
  for (size_t s = 0; s < SERVICES; s++)
    if (s != LISTED_NOWHERE && !chance(3))
      world.listed[i][rule->service_count++] = names[s];
  if (rule->service_count == 0)
    world.listed[i][rule->service_count++] = names[0];
  world.ranges[i].first = (uint16_t)(80 + next_random(PORTS));
  world.ranges[i].last =
      (uint16_t)(world.ranges[i].first + next_random(84 - world.ranges[i].first));
  for (size_t w = 0; w < rule->window_count; w++)
    do
      world.windows[i][w] =
          (struct pg_window){(uint8_t)(1 + next_random(127)), (uint16_t)next_random(1440),
                             (uint16_t)(1 + next_random(1440))};
    while (world.windows[i][w].from == world.windows[i][w].to);
}

static bool lists(size_t rule, size_t service) {
  for (size_t i = 0; i < world.rules[rule].service_count; i++)
    if (strcmp(world.rules[rule].services[i], names[service]) == 0)
      return true;
  return false;
}

static void move_services(void) {
  for (size_t s = 0; s < SERVICES; s++)
    for (size_t p = 0; p < PORTS; p++) {
      struct holding *holding = &world.holding[s][p];
      if (chance(holding->held ? 40 : 60))
        holding->held = !holding->held;
      if (chance(20))
        holding->certain = !chance(4);
    }
}

static bool is_unsure(size_t port) {
  for (size_t i = 0; i < world.view.unsure_count; i++)
    if (world.unsure[i] == 80 + port)
      return true;
  return false;
}

static void make_view(void) {
  size_t count = 0;
  world.view.unsure_count = 0;
  for (size_t p = 0; p < PORTS; p++)
    if (chance(50))
      world.unsure[world.view.unsure_count++] = (uint16_t)(80 + p);
  for (size_t s = 0; s < SERVICES; s++)
    for (size_t p = 0; p < PORTS; p++) {
      world.shown[s][p] = world.holding[s][p];
      world.shown[s][p].held &= !is_unsure(p);
      if (world.shown[s][p].held)
        world.rows[count++] = (struct policy_holder){.service = names[s],
                                                     .port = (uint16_t)(80 + p),
                                                     .pid = (uint32_t)(100 + s),
                                                     .process_started_at = (int64_t)s,
                                                     .certain = world.shown[s][p].certain,
                                                     .portproxy = s == PROXY && p == 3,
                                                     .http_mono = INT64_MAX};
    }
  world.view.count = count;
  world.view.sampled_mono = world.clock.mono_ms;
}

/* --- what was promised --- */

static bool shows_proxy(size_t rule, size_t service) {
  return service == PROXY && world.shown[PROXY][3].held &&
         ports_have(&world.rules[rule].ports, 83);
}

/* The port by which a rule knows of a service; PORTS: by none. */
static size_t port_of(size_t rule, size_t service) {
  size_t best = PORTS;
  if (!lists(rule, service) || world.view.sampled_mono < world.known[rule][service].blind)
    return PORTS;
  if (shows_proxy(rule, service))
    return 3;
  for (size_t p = PORTS; p-- > 0;)
    if (world.shown[service][p].held &&
        ports_have(&world.rules[rule].ports, (uint16_t)(80 + p)) &&
        (best == PORTS || world.shown[service][p].certain ||
         !world.shown[service][best].certain))
      best = p;
  return best;
}

static bool in_play(size_t rule, size_t service) {
  return port_of(rule, service) != PORTS && world.open[rule] &&
         world.clock.mono_ms >= world.paused[rule] &&
         world.clock.mono_ms >= world.known[rule][service].suspended;
}

/* The newest action from before index |*i| that a rule was charged with, within the
 * last three hours: no duration that is used here is longer. */
static const struct acted *action_before(size_t *i, size_t rule, size_t service) {
  while (*i > 0 && world.actions - *i < ACTIONS) {
    const struct acted *acted = &world.acted[--*i % ACTIONS];
    if (acted->at < world.clock.mono_ms - 3 * HOUR)
      return NULL;
    if (acted->service == service && acted->rules[rule] &&
        acted->outcome != POLICY_PUT_OFF)
      return acted;
  }
  return NULL;
}

static size_t strikes(size_t rule, size_t service) {
  size_t count = 0, i = world.actions;
  int64_t since = world.clock.mono_ms - world.rules[rule].window_s * S;
  for (const struct acted *acted; (acted = action_before(&i, rule, service)) != NULL;)
    count += acted->outcome != POLICY_FORBIDDEN && acted->at > since &&
             acted->at >= world.forgiven[rule];
  return count;
}

/* When it will be neither confirming nor cooling down. */
static int64_t allows_at(size_t rule, size_t service) {
  size_t i = world.actions;
  const struct acted *last = action_before(&i, rule, service);
  int64_t from = world.known[rule][service].seen;
  from = world.opened[rule] > from ? world.opened[rule] : from;
  from += world.rules[rule].confirm_s * S;
  int64_t cool = last != NULL ? last->ended + world.rules[rule].cooldown_s * S : 0;
  return cool > from ? cool : from;
}

/* An enforcing rule knows it for certain, and none knows of a port proxy. */
static bool is_certain(size_t service) {
  bool certain = false;
  for (size_t rule = 0; rule < RULES; rule++)
    if (world.rules[rule].mode == PG_MODE_ENFORCE && in_play(rule, service)) {
      if (shows_proxy(rule, service))
        return false;
      certain |= world.shown[service][port_of(rule, service)].certain;
    }
  return certain;
}

static bool may_act(size_t service) {
  int64_t ready = 0;
  for (size_t rule = 0; rule < RULES; rule++)
    if (in_play(rule, service)) {
      int64_t own = allows_at(rule, service);
      ready = own > ready ? own : ready;
    }
  return is_certain(service) && world.under_way[service] == NULL &&
         world.clock.mono_ms >= ready && world.view.sampled_mono >= ready;
}

/* --- what is decided --- */

static size_t service_of(const char *name) {
  size_t service = 0;
  while (strcmp(names[service], name) != 0)
    service++;
  return service;
}

static size_t rule_of(const struct pg_rule *rule) {
  return (size_t)(rule - world.rules);
}

/* What several rules make of it together, this strike counted already. */
static void check_merged(const struct policy_decision *decision, size_t service) {
  bool disable = false, refuse = false;
  for (size_t i = 0; i < decision->rule_count; i++) {
    const struct pg_rule *rule = decision->rules[i];
    size_t count = strikes(rule_of(rule), service);
    bool leads_to_disabling = rule->mode == PG_MODE_ENFORCE &&
                              rule->action == PG_ACTION_STOP &&
                              rule->on_strikes == PG_STRIKES_DISABLE;
    assert_true(count <= rule->max_strikes + (leads_to_disabling ? 1 : 0));
    disable |= (leads_to_disabling && count > rule->max_strikes) ||
               (rule->mode == PG_MODE_ENFORCE && rule->action == PG_ACTION_DISABLE);
    refuse |= rule->dependents == PG_DEPENDENTS_REFUSE;
  }
  assert_int_equal(decision->action, disable ? PG_ACTION_DISABLE : PG_ACTION_STOP);
  assert_int_equal(decision->dependents,
                   refuse ? PG_DEPENDENTS_REFUSE : PG_DEPENDENTS_STOP);
}

static void check_act(const struct policy_decision *decision) {
  size_t service = service_of(decision->service);
  assert_true(may_act(service));
  assert_true(world.shown[service][decision->port - 80].held);
  assert_true(world.shown[service][decision->port - 80].certain);
  assert_int_equal(decision->pid, 100 + service);
  assert_int_equal(decision->process_started_at, service);
  struct acted *acted = &world.acted[world.actions % ACTIONS];
  *acted = (struct acted){.service = service, .at = world.clock.mono_ms};
  for (size_t i = 0; i < decision->rule_count; i++)
    acted->rules[rule_of(decision->rules[i])] = true;
  for (size_t rule = 0; rule < RULES; rule++)
    assert_int_equal(acted->rules[rule], in_play(rule, service));
  world.actions++;
  check_merged(decision, service);
  world.under_way[service] = acted;
  world.ends[service] = world.clock.mono_ms + (chance(5) ? 0 : next_random(60000));
  told.acts++;
}

static void check_suspended(const struct policy_decision *decision) {
  size_t rule = rule_of(decision->rules[0]), service = service_of(decision->service);
  assert_int_equal(decision->rule_count, 1);
  assert_true(strikes(rule, service) >= world.rules[rule].max_strikes);
  assert_true(decision->lasts_ms >= world.rules[rule].window_s * S);
  assert_true(decision->lasts_ms <= DAY);
  world.known[rule][service].suspended = world.clock.mono_ms + decision->lasts_ms;
  told.suspended++;
}

static void check_refused(const struct policy_decision *decision) {
  size_t service = service_of(decision->service);
  bool news = false;
  assert_false(is_certain(service));
  for (size_t i = 0; i < decision->rule_count; i++) {
    struct known *known = &world.known[rule_of(decision->rules[i])][service];
    news |= !known->refused;
    known->refused = true;
  }
  assert_true(news);
  told.refused++;
}

static void check(void *context, const struct policy_decision *decision) {
  (void)context;
  switch (decision->kind) {
  case POLICY_ACT:
    check_act(decision);
    break;
  case POLICY_SUSPENDED:
    check_suspended(decision);
    break;
  case POLICY_WOULD_ACT: {
    struct known *known =
        &world.known[rule_of(decision->rules[0])][service_of(decision->service)];
    assert_int_equal(decision->rules[0]->mode, PG_MODE_OBSERVE);
    assert_false(known->would);
    known->would = true;
    told.would++;
    break;
  }
  case POLICY_REFUSED:
    check_refused(decision);
    break;
  case POLICY_NEED_SAMPLE:
    assert_true(world.view.sampled_mono < world.clock.mono_ms);
    told.samples++;
    break;
  case POLICY_RESUMED:
    told.resumed++;
    break;
  }
}

/* --- time passes --- */

static bool is_open(size_t rule) {
  return schedule_at(&world.rules[rule], world.clock.zone, world.clock.wall_ms).open;
}

static void forget(struct known *known) {
  known->seen = -1;
  known->would = known->refused = false;
}

/* What the step that is coming will see. */
static void look(void) {
  for (size_t rule = 0; rule < RULES; rule++) {
    bool open = is_open(rule);
    if (open && !world.open[rule])
      world.opened[rule] = world.clock.mono_ms;
    world.open[rule] = open;
    for (size_t s = 0; s < SERVICES; s++) {
      struct known *known = &world.known[rule][s];
      size_t port = port_of(rule, s);
      bool acting = world.under_way[s] != NULL && world.under_way[s]->rules[rule];
      if (port != PORTS && known->seen < 0)
        known->seen = world.view.sampled_mono;
      if (port != PORTS)
        known->port = port;
      else if (!acting && !is_unsure(known->port))
        forget(known);
    }
  }
}

static void check_nothing_is_owed(void) {
  for (size_t s = 0; s < SERVICES; s++)
    assert_false(may_act(s));
}

static void end_action(size_t service) {
  struct acted *acted = world.under_way[service];
  acted->ended = world.clock.mono_ms;
  acted->outcome = chance(2) ? POLICY_FREED : (enum policy_outcome)next_random(5);
  for (size_t rule = 0; rule < RULES; rule++) {
    struct known *known = &world.known[rule][service];
    if (acted->outcome == POLICY_FREED || acted->outcome == POLICY_TAKEN_AGAIN) {
      forget(known);
      known->blind = world.clock.mono_ms;
    }
    known->refused |= acted->outcome == POLICY_FORBIDDEN && acted->rules[rule];
  }
  if (acted->outcome == POLICY_FREED)
    for (size_t p = 0; p < PORTS; p++)
      world.holding[service][p].held = false;
  world.under_way[service] = NULL;
  (void)policy_result(world.policy, names[service], acted->outcome, world.clock.mono_ms);
}

static void pause_or_resume(void) {
  size_t rule = next_random(RULES);
  if (chance(2)) {
    int64_t length = 1 + next_random((uint32_t)(2 * HOUR));
    assert_int_equal(policy_pause(world.policy, world.rules[rule].name, length,
                                  world.clock.mono_ms, NULL),
                     PG_OK);
    world.paused[rule] = world.clock.mono_ms + length;
    return;
  }
  assert_int_equal(policy_resume(world.policy, world.rules[rule].name, NULL), PG_OK);
  world.paused[rule] = 0;
  world.forgiven[rule] = world.clock.mono_ms;
  for (size_t s = 0; s < SERVICES; s++)
    world.known[rule][s].suspended = 0;
}

/* The configuration is read again, in the middle of an action perhaps. */
static enum pg_error reload(void) {
  world.turn ^= 1;
  world.settings[world.turn] =
      (struct pg_settings){.rules = world.rules, .rule_count = RULES};
  return policy_reset(world.policy, &world.settings[world.turn]);
}

/* The service ends, in the middle of an action perhaps, and starts again. */
static void restart(void) {
  struct pg_json_limits limits = {PG_STATE_MAX, 8, 0};
  struct pg_text text;
  struct pg_json json;
  cJSON *saved = NULL;
  pg_text_init(&text, PG_STATE_MAX);
  pg_json_start(&json, &text);
  policy_save(world.policy, &json, &world.clock);
  policy_free(world.policy);
  world.policy = policy_new(world.clock.mono_ms);
  assert_int_equal(reload(), PG_OK);
  assert_int_equal(pg_json_read(pg_text_str(&text), text.len, &limits, &saved, NULL),
                   PG_OK);
  assert_int_equal(policy_load(world.policy, saved, world.clock.mono_ms, NULL), PG_OK);
  cJSON_Delete(saved);
  pg_text_free(&text);
  for (size_t s = 0; s < SERVICES; s++) {
    if (world.under_way[s] != NULL) {
      world.under_way[s]->ended = world.clock.mono_ms;
      world.under_way[s]->outcome = POLICY_FAILED;
      world.under_way[s] = NULL;
    }
    for (size_t rule = 0; rule < RULES; rule++)
      forget(&world.known[rule][s]);
  }
  memset(world.open, 0, sizeof world.open);
}

/* Half the time to the very moment at which the engine wants to be asked. */
static void pass_time(void) {
  int64_t next = policy_next(world.policy) - world.clock.mono_ms;
  int64_t passes = 1 + next_random(chance(10) ? 1200000 : 20000);
  if (next > 0 && next < passes && chance(2))
    passes = next;
  world.clock.mono_ms += passes;
  world.clock.wall_ms += passes;
  if (chance(3000))
    world.clock.wall_ms += ((int64_t)next_random(240) - 120) * MINUTE;
}

static void live(void) {
  bool restarts = chance(500), changed = restarts || chance(3);
  pass_time();
  for (size_t s = 0; s < SERVICES; s++)
    if (world.under_way[s] != NULL && world.clock.mono_ms >= world.ends[s])
      end_action(s);
  if (chance(300))
    pause_or_resume();
  if (chance(300))
    assert_int_equal(reload(), PG_OK);
  if (restarts)
    restart();
  if (changed) {
    move_services();
    make_view();
  } else if (!chance(4)) {
    world.view.sampled_mono = world.clock.mono_ms; /* a quiet tick */
  }
  if (!changed && !policy_due(world.policy, &world.view, &world.clock)) {
    for (size_t rule = 0; rule < RULES; rule++)
      assert_int_equal(is_open(rule), world.open[rule]);
    check_nothing_is_owed();
    return;
  }
  look();
  policy_step(world.policy, &world.view, &world.clock, check, NULL);
  check_nothing_is_owed();
}

static void start_world(uint32_t seed) {
  static const struct zone *const zones[] = {&zone_berlin, &zone_kolkata, &zone_lord_howe,
                                             &zone_nuuk};
  memset(&world, 0, sizeof world);
  random_state = seed * 2654435761u;
  world.clock = (struct policy_clock){
      1 + next_random(1000000000),
      utc(chance(2) ? "2026-03-16T00:00:00Z" : "2026-09-22T00:00:00Z"), zones[seed % 4]};
  for (size_t i = 0; i < RULES; i++) {
    make_rule(i);
    world.opened[i] = world.clock.mono_ms;
    for (size_t s = 0; s < SERVICES; s++)
      forget(&world.known[i][s]);
  }
  world.view.holders = world.rows;
  world.view.unsure_ports = world.unsure;
  world.policy = policy_new(world.clock.mono_ms);
  assert_non_null(world.policy);
  assert_int_equal(reload(), PG_OK);
}

static void four_weeks_hold_every_promise(void **state) {
  (void)state;
  memset(&told, 0, sizeof told);
  for (uint32_t seed = 1; seed <= 12; seed++) {
    start_world(seed);
    int64_t end = world.clock.mono_ms + 28 * DAY;
    while (world.clock.mono_ms < end)
      live();
    policy_free(world.policy);
  }
  /* Everything there is to promise came up. */
  assert_true(told.acts > 1000 && told.samples > 1000 && told.suspended > 100);
  assert_true(told.resumed > 100 && told.refused > 100 && told.would > 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(four_weeks_hold_every_promise),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
