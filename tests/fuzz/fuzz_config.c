/* A configuration is written by hand. Whatever is in it, it is refused with words, or
 * becomes settings that keep every promise of settings.h. */
#include "common/limits.h"
#include "common/protected.h"
#include "service/policy/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition)
    abort();
}

static void require_ports(const struct pg_ports *ports) {
  for (size_t i = 0; i < ports->count; i++) {
    const struct pg_port_range *range = &ports->ranges[i];
    require(range->first >= 1 && range->first <= range->last);
    require(i == 0 || range->first > ports->ranges[i - 1].last + 1);
  }
}

static void require_rule(const struct pg_rule *rule, const struct pg_settings *settings) {
  require(rule->name[0] != '\0' && rule->ports.count > 0 && rule->service_count > 0);
  require_ports(&rule->ports);
  for (size_t i = 0; i < rule->ports.count; i++)
    require(settings_guards(settings, rule->ports.ranges[i].first) &&
            settings_guards(settings, rule->ports.ranges[i].last));
  for (size_t i = 0; i < rule->service_count; i++)
    require(!pg_service_is_protected(rule->services[i]));
  for (size_t i = 0; i < rule->window_count; i++) {
    const struct pg_window *window = &rule->windows[i];
    require(window->days != 0 && window->days < 1 << PG_DAYS);
    require(window->from < 1440 && window->to >= 1 && window->to <= 1440);
    require(window->from != window->to);
  }
  require(rule->confirm_s <= 3600 && rule->cooldown_s >= 1 && rule->cooldown_s <= 86400);
  require(rule->max_strikes >= 1 && rule->max_strikes <= 100);
  require(rule->window_s >= 10 && rule->window_s <= 86400);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct pg_settings *settings = NULL;
  struct pg_fault fault = {.code = PG_OK};
  if (config_read((const char *)data, size, &settings, &fault) != PG_OK) {
    require(settings == NULL && fault.message[0] != '\0');
    return 0;
  }
  require(settings->interval_ms >= PG_INTERVAL_MIN_MS &&
          settings->interval_ms <= PG_INTERVAL_MAX_MS);
  require_ports(&settings->listed);
  require_ports(&settings->guarded);
  require(settings->rule_count <= PG_RULES_MAX);
  for (size_t i = 0; i < settings->rule_count; i++)
    require_rule(&settings->rules[i], settings);
  settings_free(settings);
  return 0;
}
