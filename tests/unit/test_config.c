#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "common/text.h"
#include "service/policy/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pg_settings *read_good(const char *text) {
  struct pg_settings *settings = NULL;
  struct pg_fault fault = {0};
  if (config_read(text, strlen(text), &settings, &fault) != PG_OK)
    fail_msg("%s: %.200s", fault.message, text);
  assert_non_null(settings);
  return settings;
}

static void expect_bad(const char *text, enum pg_error code, const char *path,
                       const char *words) {
  struct pg_settings *settings = (struct pg_settings *)1;
  struct pg_fault fault = {0};
  assert_int_equal(config_read(text, strlen(text), &settings, &fault), code);
  assert_null(settings);
  assert_int_equal(fault.code, code);
  assert_string_equal(fault.param, path);
  if (strstr(fault.message, words) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", fault.message, words);
  assert_int_equal(config_read(text, strlen(text), &settings, NULL), code);
}

static void refuse(const char *text, const char *path, const char *words) {
  expect_bad(text, PG_E_FORMAT, path, words);
}

#define RULE(more)                                                          \
  "{\"version\":1,\"rules\":[{\"name\":\"a\",\"ports\":[80],\"services\":[" \
  "\"W3SVC\"]" more "}]}"

static void refuse_rule(const char *more, const char *path, const char *words) {
  struct pg_text text;
  pg_text_init(&text, PG_MIB);
  pg_text_printf(&text, RULE(",%s"), more);
  refuse(pg_text_str(&text), path, words);
  pg_text_free(&text);
}

static void the_smallest_file_means_the_defaults(void **state) {
  struct pg_settings *settings = read_good("{\"version\":1}");
  (void)state;
  assert_int_equal(settings->interval_ms, 1000);
  assert_true(settings_guards(settings, 80));
  assert_true(settings_guards(settings, 443));
  assert_false(settings_guards(settings, 81));
  assert_int_equal(settings->rule_count, 0);
  settings_free(settings);
}

static void everything_that_can_be_said_is_read(void **state) {
  struct pg_settings *settings = read_good(
      "\xEF\xBB\xBF{\"$schema\":\"portguard.schema.json\",\"version\":1,"
      "\"interval_ms\":250,\"guarded_ports\":[443,\"8000-8090\",8091,\"8050-8060\"],"
      "\"rules\":[{\"name\":\"keep\",\"mode\":\"enforce\",\"ports\":[80],"
      "\"services\":[\"W3SVC\",\"MsDepSvc\"],\"action\":\"disable\","
      "\"dependents\":\"stop\",\"schedule\":["
      "{\"days\":[\"mon\",\"sun\",\"mon\"],\"from\":\"22:30\",\"to\":\"06:00\"},"
      "{\"days\":[\"tue\"],\"from\":\"00:00\",\"to\":\"24:00\"},"
      "{\"days\":[\"wed\"],\"from\":\"23:59\",\"to\":\"00:00\"}],"
      "\"confirm_s\":0,\"cooldown_s\":86400,\"max_strikes\":100,\"window_s\":10,"
      "\"on_strikes\":\"disable\"}]}");
  const struct pg_rule *rule = settings->rules;
  (void)state;
  assert_int_equal(settings->interval_ms, 250);
  assert_int_equal(settings->listed.count, 2);
  assert_int_equal(settings->listed.ranges[1].first, 8000);
  assert_int_equal(settings->listed.ranges[1].last, 8091);
  assert_int_equal(settings->rule_count, 1);
  assert_string_equal(rule->name, "keep");
  assert_true(ports_have(&rule->ports, 80));
  assert_int_equal(rule->service_count, 2);
  assert_string_equal(rule->services[1], "MsDepSvc");
  assert_int_equal(rule->mode, PG_MODE_ENFORCE);
  assert_int_equal(rule->action, PG_ACTION_DISABLE);
  assert_int_equal(rule->dependents, PG_DEPENDENTS_STOP);
  assert_int_equal(rule->on_strikes, PG_STRIKES_DISABLE);
  assert_int_equal(rule->window_count, 3);
  assert_int_equal(rule->windows[0].from, 0); /* as they open */
  assert_int_equal(rule->windows[0].to, 24 * 60);
  assert_int_equal(rule->windows[1].days, 1 << PG_DAY_MON | 1 << PG_DAY_SUN);
  assert_int_equal(rule->windows[1].from, 22 * 60 + 30);
  assert_int_equal(rule->windows[1].to, 6 * 60);
  assert_int_equal(rule->windows[2].to, 24 * 60);
  assert_int_equal(rule->confirm_s, 0);
  assert_int_equal(rule->cooldown_s, 86400);
  assert_int_equal(rule->max_strikes, 100);
  assert_int_equal(rule->window_s, 10);
  settings_free(settings);
}

static void a_rule_has_the_documented_defaults(void **state) {
  struct pg_settings *settings = read_good(RULE(""));
  const struct pg_rule *rule = settings->rules;
  (void)state;
  assert_int_equal(rule->mode, PG_MODE_OBSERVE);
  assert_int_equal(rule->action, PG_ACTION_STOP);
  assert_int_equal(rule->dependents, PG_DEPENDENTS_REFUSE);
  assert_int_equal(rule->on_strikes, PG_STRIKES_SUSPEND);
  assert_int_equal(rule->window_count, 0);
  assert_int_equal(rule->confirm_s, 2);
  assert_int_equal(rule->cooldown_s, 30);
  assert_int_equal(rule->max_strikes, 3);
  assert_int_equal(rule->window_s, 600);
  settings_free(settings);
}

static void the_ports_of_rules_are_guarded_too(void **state) {
  struct pg_settings *settings = read_good(
      "{\"version\":1,\"guarded_ports\":[],\"rules\":["
      "{\"name\":\"a\",\"ports\":[81,80],\"services\":[\"x\"]},"
      "{\"name\":\"b\",\"ports\":[\"82-90\",\"1-65535\"],\"services\":[\"x\"]}]}");
  (void)state;
  assert_int_equal(settings->listed.count, 0);
  assert_int_equal(settings->rules[0].ports.count, 1);
  assert_int_equal(settings->guarded.count, 1);
  assert_true(settings_guards(settings, 1));
  assert_true(settings_guards(settings, 65535));
  settings_free(settings);
}

static void no_ports_and_no_rules_are_allowed(void **state) {
  struct pg_settings *settings =
      read_good("{\"version\":1,\"guarded_ports\":[],\"rules\":[]}");
  (void)state;
  assert_int_equal(settings->guarded.count, 0);
  assert_int_equal(settings->rule_count, 0);
  settings_free(settings);
}

static void a_service_named_twice_counts_once(void **state) {
  struct pg_settings *settings =
      read_good("{\"version\":1,\"rules\":[{\"name\":\"a\",\"ports\":[80,80,\"80-80\"],"
                "\"services\":[\"W3SVC\",\"abc\",\"w3svc\",\"ABC\",\"b\"]}]}");
  const struct pg_rule *rule = settings->rules;
  (void)state;
  assert_int_equal(rule->service_count, 3);
  assert_string_equal(rule->services[0], "W3SVC");
  assert_string_equal(rule->services[1], "abc");
  assert_string_equal(rule->services[2], "b");
  assert_int_equal(rule->ports.count, 1);
  settings_free(settings);
}

static void what_is_no_json_says_line_and_column(void **state) {
  (void)state;
  refuse("{\n  \"version\": 1,\n  \"rules\": [}\n", "",
         "line 3, column 13: found \"}\", expected a value");
  refuse("", "", "line 1, column 1: the text ends, expected a value");
  refuse("{\"version\":1} x", "", "expected nothing after the value");
  refuse("{\"version\":1e999}", "", "too large");
  refuse("\xFF\xFE{", "", "UTF-16");
  refuse("{\"$schema\":\"\xC3\",\"version\":1}", "", "not valid UTF-8");
}

static void a_key_that_comes_twice_is_named_with_its_path(void **state) {
  (void)state;
  refuse("{\"version\":1,\"version\":1}", "", "duplicate key \"version\"");
  refuse("{\"version\":1,\"rules\":[{},{\"mode\":\"observe\",\"mode\":\"enforce\"}]}",
         "rules[1]", "rules[1]: duplicate key \"mode\"");
  refuse("{\"rules\":[{\"schedule\":[{\"to\":1,\"to\":2}]}]}", "rules[0].schedule[0]",
         "rules[0].schedule[0]: duplicate key \"to\"");
}

static void a_file_that_is_no_object_is_refused(void **state) {
  (void)state;
  refuse("[]", "", "found an array, expected an object");
  refuse("null", "", "found nothing, expected an object");
  refuse("1", "", "found 1, expected an object");
}

static void the_version_must_be_1(void **state) {
  (void)state;
  refuse("{}", "version", "version: missing, and a configuration cannot be without it");
  refuse("{\"version\":2}", "version", "version: found 2, expected 1");
  refuse("{\"version\":\"1\"}", "version", "version: found \"1\", expected 1");
  refuse("{\"version\":null}", "version", "version: found null, expected a value");
}

static void unknown_keys_are_refused_by_name(void **state) {
  (void)state;
  refuse("{\"version\":1,\"intervall_ms\":5}", "intervall_ms",
         "intervall_ms: an unknown key, expected one of: $schema, version, interval_ms");
  refuse("{\"version\":1,\"Rules\":[]}", "Rules", "an unknown key");
  refuse("{\"version\":1,\"\\u001b[2J\":1}", "<1B>[2J", "<1B>[2J: an unknown key");
  refuse_rule("\"port\":80", "rules[0].port", "expected one of: name, mode, ports");
  refuse_rule("\"schedule\":[{\"day\":1}]", "rules[0].schedule[0].day",
              "expected one of: days, from, to");
}

static void values_out_of_range_say_the_range(void **state) {
  (void)state;
  refuse("{\"version\":1,\"interval_ms\":99}", "interval_ms",
         "found 99, expected 100-60000");
  refuse("{\"version\":1,\"interval_ms\":1000.5}", "interval_ms", "found 1000.5");
  refuse("{\"version\":1,\"interval_ms\":\"1000\"}", "interval_ms", "found \"1000\"");
  refuse("{\"version\":1,\"$schema\":1}", "$schema", "expected a string");
  refuse_rule("\"confirm_s\":3601", "rules[0].confirm_s", "found 3601, expected 0-3600");
  refuse_rule("\"confirm_s\":-1", "rules[0].confirm_s", "found -1");
  refuse_rule("\"cooldown_s\":0", "rules[0].cooldown_s", "expected 1-86400");
  refuse_rule("\"max_strikes\":101", "rules[0].max_strikes", "expected 1-100");
  refuse_rule("\"window_s\":9", "rules[0].window_s", "expected 10-86400");
  refuse_rule("\"window_s\":1e300", "rules[0].window_s", "expected 10-86400");
}

static void ports_are_numbers_or_ranges_in_order(void **state) {
  static const char *const wrong[] = {
      "0",           "65536",   "80.5",    "-1",         "\"80\"",      "\"80-\"",
      "\"-80\"",     "\"a-b\"", "\"0-5\"", "\"080-90\"", "\"80 - 90\"", "\"80-65536\"",
      "\"80-90-1\"", "\"\"",    "true",    "[80]"};
  struct pg_text text;
  (void)state;
  pg_text_init(&text, PG_KIB);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    pg_text_clear(&text);
    pg_text_printf(&text, "{\"version\":1,\"guarded_ports\":[80,%s]}", wrong[i]);
    refuse(pg_text_str(&text), "guarded_ports[1]", "expected 1-65535 or a range like");
  }
  pg_text_free(&text);
  refuse("{\"version\":1,\"guarded_ports\":[\"90-80\"]}", "guarded_ports[0]",
         "found \"90-80\", expected the lower port of a range first");
  refuse("{\"version\":1,\"guarded_ports\":80}", "guarded_ports", "expected an array");
  refuse("{\"version\":1,\"rules\":[{\"name\":\"a\",\"ports\":[80,\"x\"],\"services\":"
         "[\"b\"]}]}",
         "rules[0].ports[1]", "rules[0].ports[1]: found \"x\"");
}

static void a_rule_needs_name_ports_and_services(void **state) {
  (void)state;
  refuse("{\"version\":1,\"rules\":[1]}", "rules[0]", "found 1, expected an object");
  refuse("{\"version\":1,\"rules\":{}}", "rules", "found an object, expected an array");
  refuse("{\"version\":1,\"rules\":[{}]}", "rules[0].name",
         "missing, and a rule cannot be without it");
  refuse("{\"version\":1,\"rules\":[{\"name\":\"a\",\"services\":[\"b\"]}]}",
         "rules[0].ports", "missing");
  refuse("{\"version\":1,\"rules\":[{\"name\":\"a\",\"ports\":[80]}]}",
         "rules[0].services", "missing");
  refuse("{\"version\":1,\"rules\":[{\"name\":\"a\",\"ports\":[],\"services\":[\"b\"]}]}",
         "rules[0].ports", "at least one element");
  refuse("{\"version\":1,\"rules\":[{\"name\":\"a\",\"ports\":[80],\"services\":[]}]}",
         "rules[0].services", "at least one element");
}

static void names_of_rules_are_short_and_unique(void **state) {
  char text[512], name[140] = "";
  struct pg_settings *settings;
  (void)state;
  refuse(
      "{\"version\":1,\"rules\":[{\"name\":\"\",\"ports\":[80],\"services\":[\"b\"]}]}",
      "rules[0].name", "expected 1-64 characters");
  refuse("{\"version\":1,\"rules\":[{\"name\":\"a\",\"ports\":[80],\"services\":[\"b\"]},"
         "{\"name\":\"c\",\"ports\":[80],\"services\":[\"b\"]},"
         "{\"name\":\"a\",\"ports\":[80],\"services\":[\"b\"]}]}",
         "rules[2].name", "expected a name of its own: rules[0] has this one");
  for (int i = 0; i < 64; i++)
    memcpy(name + 2 * i, "\xC3\xA9", 3);
  snprintf(
      text, sizeof text,
      "{\"version\":1,\"rules\":[{\"name\":\"%s\",\"ports\":[80],\"services\":[\"b\"]}]}",
      name);
  settings = read_good(text);
  assert_string_equal(settings->rules->name, name);
  settings_free(settings);
  snprintf(text, sizeof text,
           "{\"version\":1,\"rules\":[{\"name\":\"%sx\",\"ports\":[80],\"services\":["
           "\"b\"]}]}",
           name);
  refuse(text, "rules[0].name", "expected 1-64 characters");
}

/* However wide they are on a terminal: kanji take two columns, accents none. */
static void what_is_counted_in_a_name_is_characters(void **state) {
  static const char *const same[] = {"\xE6\x97\xA5", "\xCC\x81"};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    char text[512], name[200] = "";
    for (size_t count = 0, len = strlen(same[i]); count < 64; count++)
      memcpy(name + count * len, same[i], len);
    snprintf(text, sizeof text,
             "{\"version\":1,\"rules\":[{\"name\":\"%s\",\"ports\":[80],\"services\":["
             "\"b\"]}]}",
             name);
    settings_free(read_good(text));
    snprintf(text, sizeof text,
             "{\"version\":1,\"rules\":[{\"name\":\"%sx\",\"ports\":[80],\"services\":["
             "\"b\"]}]}",
             name);
    refuse(text, "rules[0].name", "expected 1-64 characters");
  }
}

static void services_are_exact_names_that_may_be_stopped(void **state) {
  static const struct {
    const char *name, *words;
  } wrong[] = {
      {"Web*", "no wildcards"}, {"W3SV?", "no wildcards"},   {"", "1-256 characters"},
      {"a/b", "neither / nor"}, {"a\\\\b", "neither / nor"}, {"rpcss", "protected"},
      {"HTTP", "protected"},    {"portguard", "protected"},  {"WinDefend", "protected"},
  };
  struct pg_text text;
  (void)state;
  pg_text_init(&text, PG_KIB);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    pg_text_clear(&text);
    pg_text_printf(&text,
                   "{\"version\":1,\"rules\":[{\"name\":\"a\",\"ports\":[80],"
                   "\"services\":[\"W3SVC\",\"%s\"]}]}",
                   wrong[i].name);
    refuse(pg_text_str(&text), "rules[0].services[1]", wrong[i].words);
  }
  pg_text_free(&text);
  refuse("{\"version\":1,\"rules\":[{\"name\":\"a\",\"ports\":[80],\"services\":[1]}]}",
         "rules[0].services[0]", "found 1, expected a string");
}

/* It is refused only when it acts: while the holder is a port proxy. */
static void ip_helper_may_be_listed(void **state) {
  (void)state;
  settings_free(read_good("{\"version\":1,\"rules\":[{\"name\":\"a\",\"ports\":[80],"
                          "\"services\":[\"iphlpsvc\"]}]}"));
}

static void words_are_those_of_the_list(void **state) {
  (void)state;
  refuse_rule("\"mode\":\"on\"", "rules[0].mode",
              "found \"on\", expected one of: observe, enforce");
  refuse_rule("\"mode\":true", "rules[0].mode", "found true");
  refuse_rule("\"action\":\"kill\"", "rules[0].action", "one of: stop, disable");
  refuse_rule("\"dependents\":\"ignore\"", "rules[0].dependents", "one of: refuse, stop");
  refuse_rule("\"on_strikes\":\"\"", "rules[0].on_strikes", "one of: suspend, disable");
}

static void windows_are_days_and_two_different_times(void **state) {
  static const char *const times[] = {"\"8:00\"",   "\"24:01\"", "\"08:60\"", "\"0800\"",
                                      "\"08:00 \"", "\"ab:cd\"", "800",       "\"\""};
  struct pg_text text;
  (void)state;
  refuse_rule("\"schedule\":[]", "rules[0].schedule", "at least one element");
  refuse_rule("\"schedule\":{}", "rules[0].schedule", "expected an array");
  refuse_rule("\"schedule\":[{\"from\":\"08:00\",\"to\":\"09:00\"}]",
              "rules[0].schedule[0].days", "a window of a schedule cannot be without it");
  refuse_rule("\"schedule\":[{\"days\":[],\"from\":\"08:00\",\"to\":\"09:00\"}]",
              "rules[0].schedule[0].days", "at least one element");
  refuse_rule(
      "\"schedule\":[{\"days\":[\"mon\",\"Tue\"],\"from\":\"08:00\",\"to\":\"09:00\"}]",
      "rules[0].schedule[0].days[1]",
      "found \"Tue\", expected one of: mon, tue, wed, thu, fri, sat, sun");
  refuse_rule("\"schedule\":[{\"days\":[\"mon\"],\"from\":\"08:00\",\"to\":\"08:00\"}]",
              "rules[0].schedule[0].to", "expected another time than \"from\"");
  refuse_rule("\"schedule\":[{\"days\":[\"mon\"],\"from\":\"24:00\",\"to\":\"08:00\"}]",
              "rules[0].schedule[0].from", "from 00:00 to 23:59");
  refuse_rule("\"schedule\":[{\"days\":[\"mon\"],\"from\":\"08:00\"}]",
              "rules[0].schedule[0].to", "missing");
  pg_text_init(&text, PG_KIB);
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    pg_text_clear(&text);
    pg_text_printf(
        &text,
        "\"schedule\":[{\"days\":[\"mon\"],\"from\":\"07:00\",\"to\":\"09:00\"},"
        "{\"days\":[\"mon\"],\"from\":\"07:00\",\"to\":%s}]",
        times[i]);
    refuse_rule(pg_text_str(&text), "rules[0].schedule[1].to", "from 00:00 to 24:00");
  }
  pg_text_free(&text);
}

static void add_rules(struct pg_text *text, int count) {
  pg_text_str_add(text, "{\"version\":1,\"rules\":[");
  for (int i = 0; i < count; i++)
    pg_text_printf(text, "%s{\"name\":\"r%d\",\"ports\":[80],\"services\":[\"x\"]}",
                   i > 0 ? "," : "", i);
  pg_text_str_add(text, "]}");
}

static void there_are_at_most_256_rules(void **state) {
  struct pg_settings *settings;
  struct pg_text text;
  (void)state;
  pg_text_init(&text, PG_MIB);
  add_rules(&text, 256);
  settings = read_good(pg_text_str(&text));
  assert_int_equal(settings->rule_count, 256);
  assert_string_equal(settings->rules[255].name, "r255");
  settings_free(settings);
  pg_text_clear(&text);
  add_rules(&text, 257);
  refuse(pg_text_str(&text), "rules", "found 257 rules, expected at most 256");
  pg_text_free(&text);
}

static void too_large_and_too_deep_are_refused(void **state) {
  size_t len = PG_CONFIG_MAX + 1;
  char *text = malloc(len + 1);
  (void)state;
  assert_non_null(text);
  memset(text, ' ', len);
  memcpy(text, "{\"version\":1}", 13);
  text[len] = '\0';
  expect_bad(text, PG_E_TOOBIG, "", "1048577 bytes of JSON");
  text[len - 1] = '\0';
  settings_free(read_good(text));
  free(text);
  expect_bad("{\"rules\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", PG_E_TOOBIG, "",
             "nested deeper than 16");
}

/* The most services, and ports, that fit into a file: no quadratic surprise. */
static void a_file_full_of_services_and_ports_is_read(void **state) {
  struct pg_settings *settings;
  struct pg_text text;
  (void)state;
  pg_text_init(&text, PG_CONFIG_MAX);
  pg_text_str_add(&text, "{\"version\":1,\"rules\":[{\"name\":\"a\",\"ports\":[80");
  while (text.len < PG_CONFIG_MAX / 2)
    pg_text_str_add(&text, ",\"1-65535\"");
  pg_text_str_add(&text, "],\"services\":[\"y\"");
  for (unsigned i = 0; text.len < PG_CONFIG_MAX - 64; i++)
    pg_text_printf(&text, ",\"s%x\"", i % 50000);
  pg_text_str_add(&text, "]}]}");
  assert_false(text.failed);
  settings = read_good(pg_text_str(&text));
  assert_int_equal(settings->rules->service_count, 50001);
  assert_int_equal(settings->rules->ports.count, 1);
  settings_free(settings);
  pg_text_free(&text);
}

static void metrics_are_wanted_or_not(void **state) {
  struct pg_settings *settings = read_good("{\"version\":1}");
  (void)state;
  assert_false(settings->metrics);
  assert_int_equal(settings->metrics_s, 15);
  settings_free(settings);
  settings = read_good("{\"version\":1,\"metrics\":{\"enabled\":true,\"interval_s\":5}}");
  assert_true(settings->metrics);
  assert_int_equal(settings->metrics_s, 5);
  settings_free(settings);
  refuse("{\"version\":1,\"metrics\":{\"interval_s\":4}}", "metrics.interval_s",
         "5-3600");
  refuse("{\"version\":1,\"metrics\":{\"enabled\":1}}", "metrics.enabled", "true");
  refuse("{\"version\":1,\"metrics\":{\"folder\":\"C:\"}}", "metrics.folder",
         "unknown key");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(metrics_are_wanted_or_not),
      cmocka_unit_test(the_smallest_file_means_the_defaults),
      cmocka_unit_test(everything_that_can_be_said_is_read),
      cmocka_unit_test(a_rule_has_the_documented_defaults),
      cmocka_unit_test(the_ports_of_rules_are_guarded_too),
      cmocka_unit_test(no_ports_and_no_rules_are_allowed),
      cmocka_unit_test(a_service_named_twice_counts_once),
      cmocka_unit_test(what_is_no_json_says_line_and_column),
      cmocka_unit_test(a_key_that_comes_twice_is_named_with_its_path),
      cmocka_unit_test(a_file_that_is_no_object_is_refused),
      cmocka_unit_test(the_version_must_be_1),
      cmocka_unit_test(unknown_keys_are_refused_by_name),
      cmocka_unit_test(values_out_of_range_say_the_range),
      cmocka_unit_test(ports_are_numbers_or_ranges_in_order),
      cmocka_unit_test(a_rule_needs_name_ports_and_services),
      cmocka_unit_test(names_of_rules_are_short_and_unique),
      cmocka_unit_test(what_is_counted_in_a_name_is_characters),
      cmocka_unit_test(services_are_exact_names_that_may_be_stopped),
      cmocka_unit_test(ip_helper_may_be_listed),
      cmocka_unit_test(words_are_those_of_the_list),
      cmocka_unit_test(windows_are_days_and_two_different_times),
      cmocka_unit_test(there_are_at_most_256_rules),
      cmocka_unit_test(too_large_and_too_deep_are_refused),
      cmocka_unit_test(a_file_full_of_services_and_ports_is_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
