/* bench_policy: what a step of the policy engine costs, with as many rules as a
 * configuration may have. On a quiet tick there is no step at all. */
#include "common/limits.h"
#include "service/policy/engine.h"
#include "tests/bench/figures.h"

#include <stdio.h>
#include <uv.h>

#define HOLDERS 1000
#define LISTED 8 /* services of a rule */
#define LISTED_MANY 64
#define STEPS 1000
#define NAME_BYTES 24
#define QUIET 100000

static char names[HOLDERS][NAME_BYTES];
static struct policy_holder holders[HOLDERS];
static struct pg_rule rules[PG_RULES_MAX];
static char rule_names[PG_RULES_MAX][NAME_BYTES];
static const char *listed[PG_RULES_MAX][LISTED_MANY];
static const struct pg_port_range ranges[] = {{80, 80}, {443, 443}, {1024, 65535}};
static const struct pg_window workdays[] = {{0x1F, 8 * 60, 18 * 60}};
static const struct zone berlin = {
    3600, 2, {{INT64_C(1774746000000), 7200}, {INT64_C(1792890000000), 3600}}};

static void make_holders(void) {
  for (unsigned i = 0; i < HOLDERS; i++) {
    (void)snprintf(names[i], sizeof names[i], "Service%04u", i);
    holders[i] = (struct policy_holder){.service = names[i],
                                        .port = (uint16_t)(2000 + i),
                                        .pid = 1000 + i,
                                        .certain = true,
                                        .http_mono = INT64_MAX};
  }
}

static void make_rules(size_t services) {
  for (unsigned i = 0; i < PG_RULES_MAX; i++) {
    (void)snprintf(rule_names[i], sizeof rule_names[i], "rule-%u", i);
    for (size_t s = 0; s < services; s++)
      listed[i][s] = names[(i * services + s) % HOLDERS];
    rules[i] = (struct pg_rule){.name = rule_names[i],
                                .ports = {ranges, 3},
                                .services = listed[i],
                                .service_count = services,
                                .windows = workdays,
                                .window_count = 1,
                                .mode = PG_MODE_ENFORCE,
                                .confirm_s = 3600, /* all of them wait */
                                .cooldown_s = 30,
                                .max_strikes = 3,
                                .window_s = 600};
  }
}

static void ignore(void *context, const struct policy_decision *decision) {
  (void)context;
  (void)decision;
}

/* Milliseconds of a step, the median; 0 when it could not be measured. */
static double step_ms(const struct pg_settings *settings, struct policy_clock *clock,
                      struct policy_view *view, double *quiet_ns) {
  static double spent[STEPS];
  struct policy *policy = policy_new(clock->mono_ms);
  if (policy == NULL || policy_reset(policy, settings) != PG_OK) {
    policy_free(policy);
    return 0;
  }
  for (size_t i = 0; i < STEPS; i++) {
    view->sampled_mono = clock->mono_ms += 1000;
    clock->wall_ms += 1000;
    uint64_t begun = uv_hrtime();
    policy_step(policy, view, clock, ignore, NULL);
    spent[i] = (double)(uv_hrtime() - begun) / 1e6;
  }
  double first = spent[0];
  size_t due = 0;
  uint64_t begun = uv_hrtime();
  for (size_t i = 0; i < QUIET; i++)
    due += policy_due(policy, view, clock);
  *quiet_ns = (double)(uv_hrtime() - begun) / QUIET;
  if (due > 0)
    fprintf(stderr, "bench_policy: %zu quiet ticks wanted a step\n", due);
  figure_detail("%.2f ms when all holders are new, %.2f ms at most", first,
                percentile(spent, STEPS, 100));
  policy_free(policy);
  return due == 0 ? median(spent, STEPS) : 0;
}

static double measure(size_t services, double *quiet_ns) {
  struct pg_settings settings = {.rules = rules, .rule_count = PG_RULES_MAX};
  struct policy_view view = {.holders = holders, .count = HOLDERS};
  struct policy_clock clock = {1000, INT64_C(1772445600000), &berlin};
  make_rules(services);
  return step_ms(&settings, &clock, &view, quiet_ns);
}

int main(void) {
  double quiet_ns = 0;
  make_holders();
  double usual = measure(LISTED, &quiet_ns);
  double most = usual > 0 ? measure(LISTED_MANY, &quiet_ns) : 0;
  if (usual <= 0 || most <= 0)
    return 1;
  figure("256 rules of 8 services, 1,000 holders: a step", usual, "ms", AT_MOST, 1);
  figure("the same with 64 services in each rule", most, "ms", AT_MOST, 4);
  figure("a quiet tick", quiet_ns, "ns", AT_MOST, 100);
  return 0;
}
