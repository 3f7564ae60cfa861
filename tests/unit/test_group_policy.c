/* Group Policy over the file over the defaults, in every combination; and all that can be
 * wrong with a value. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/json.h"
#include "common/limits.h"
#include "service/policy/group_policy.h"

#include <stdio.h>
#include <string.h>

#define RULES                                                                 \
  "\"rules\":[{\"name\":\"watch\",\"ports\":[21],\"services\":[\"FTPSVC\"]}," \
  "{\"name\":\"act\",\"mode\":\"enforce\",\"ports\":[25],\"services\":[\"SMTPSVC\"]}]"
#define FILE_WITH_ALL                                             \
  "{\"version\":1,\"interval_ms\":2000,\"guarded_ports\":[8080]," \
  "\"history\":{\"keep_days\":7}," RULES "}"
#define FILE_WITH_NOTHING "{\"version\":1}"
#define POLICY_CONFIGURATION \
  "{\n\"version\": 1, \"interval_ms\": 3000,\n\"guarded_ports\": [9090],\n" RULES "}\n"

static void set(struct group_policy_values *values, enum group_policy_item item,
                uint32_t type, const char *text, uint32_t number) {
  struct group_policy_value *value = &values->at[item];
  value->there = true;
  value->type = type;
  value->number = number;
  pg_text_clear(&value->text);
  pg_text_str_add(&value->text, text);
}

static enum pg_error merge(const struct group_policy_values *values, const char *file,
                           struct pg_settings **out, enum pg_origin *culprit,
                           struct pg_fault *fault) {
  struct pg_text text;
  pg_text_init(&text, PG_CONFIG_MAX);
  pg_text_str_add(&text, file != NULL ? file : "");
  enum pg_error error =
      group_policy_merge(values, file != NULL ? &text : NULL, out, culprit, fault);
  pg_text_free(&text);
  return error;
}

static struct pg_settings *merged(const struct group_policy_values *values,
                                  const char *file) {
  struct pg_settings *settings = NULL;
  struct pg_fault fault = {0};
  enum pg_origin culprit;
  if (merge(values, file, &settings, &culprit, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  assert_non_null(settings);
  return settings;
}

/* --- every combination --- */

enum file { NO_FILE, EMPTY_FILE, WHOLE_FILE, FILES };

static const char *const files[FILES] = {NULL, FILE_WITH_NOTHING, FILE_WITH_ALL};

/* A combination: which of the four values there are, as bits; 0 to 3 for the mode. */
struct combination {
  enum file file;
  bool configuration, ports, interval;
  enum pg_policy_mode mode;
};

static void fill(struct group_policy_values *values, const struct combination *c) {
  if (c->configuration)
    set(values, GROUP_POLICY_CONFIGURATION, GROUP_POLICY_TYPE_LINES, POLICY_CONFIGURATION,
        0);
  if (c->ports)
    set(values, GROUP_POLICY_GUARDED_PORTS, GROUP_POLICY_TYPE_LINES, "22\n7000-7009\n",
        0);
  if (c->interval)
    set(values, GROUP_POLICY_INTERVAL, GROUP_POLICY_TYPE_NUMBER, "", 500);
  if (c->mode != PG_POLICY_MODE_OWN)
    set(values, GROUP_POLICY_MODE, GROUP_POLICY_TYPE_TEXT, pg_policy_mode_name(c->mode),
        0);
}

static bool has_rules(const struct combination *c) {
  return c->configuration || c->file == WHOLE_FILE;
}

static void check_numbers(const struct combination *c, const struct pg_settings *got) {
  bool whole = c->file == WHOLE_FILE && !c->configuration;
  uint32_t interval = c->interval        ? 500
                      : c->configuration ? 3000
                      : whole            ? 2000
                                         : PG_INTERVAL_MS;
  uint16_t port = c->ports ? 7005 : c->configuration ? 9090 : whole ? 8080 : 443;
  static const uint16_t others[] = {7005, 9090, 8080, 443};
  assert_int_equal(got->interval_ms, interval);
  assert_int_equal(got->keep_days, whole ? 7 : PG_HISTORY_DAYS);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_int_equal(settings_guards(got, others[i]), others[i] == port);
  /* The ports of rules are guarded, whoever says what else is. */
  assert_int_equal(settings_guards(got, 25), has_rules(c));
  assert_int_equal(settings_guards(got, 21), has_rules(c));
}

static void check_modes(const struct combination *c, const struct pg_settings *got) {
  static const enum pg_rule_mode written[] = {PG_MODE_OBSERVE, PG_MODE_ENFORCE};
  size_t all = has_rules(c) ? 2 : 0;
  bool off = c->mode == PG_POLICY_MODE_OFF;
  assert_int_equal(got->policy_mode, c->mode);
  assert_int_equal(got->rule_count, off ? 0 : all);
  assert_int_equal(got->off_count, off ? all : 0);
  for (size_t i = 0; i < got->rule_count; i++) {
    enum pg_rule_mode mode = c->mode == PG_POLICY_MODE_OBSERVE   ? PG_MODE_OBSERVE
                             : c->mode == PG_POLICY_MODE_ENFORCE ? PG_MODE_ENFORCE
                                                                 : written[i];
    assert_int_equal(got->rules[i].mode, mode);
    assert_int_equal(got->rules[i].written_mode, written[i]);
  }
  for (size_t i = 0; i < got->off_count; i++)
    assert_string_equal(got->off_rules[i].name, i == 0 ? "watch" : "act");
}

static void check_sources(const struct combination *c, const struct pg_settings *got) {
  bool whole = c->file == WHOLE_FILE;
  enum pg_origin otherwise = whole ? PG_ORIGIN_FILE : PG_ORIGIN_DEFAULTS;
  enum pg_origin policy = PG_ORIGIN_GROUP_POLICY;
  enum pg_origin base = c->file == NO_FILE ? PG_ORIGIN_DEFAULTS : PG_ORIGIN_FILE;
  bool single = c->ports || c->interval || c->mode != PG_POLICY_MODE_OWN;
  if (c->configuration)
    base = otherwise = policy;
  assert_int_equal(got->base, base);
  assert_int_equal(got->origins[PG_MEMBER_RULES], otherwise);
  assert_int_equal(got->origins[PG_MEMBER_INTERVAL_MS], c->interval ? policy : otherwise);
  assert_int_equal(got->origins[PG_MEMBER_GUARDED_PORTS], c->ports ? policy : otherwise);
  assert_int_equal(got->origins[PG_MEMBER_HISTORY],
                   c->configuration ? PG_ORIGIN_DEFAULTS : otherwise);
  assert_int_equal(settings_mode_origin(got),
                   c->mode != PG_POLICY_MODE_OWN ? policy : otherwise);
  assert_int_equal(settings_are_mixed(got), single && !c->configuration);
  assert_int_equal(settings_are_defaults(got),
                   c->file == NO_FILE && !c->configuration && !single);
}

static void every_combination_is_merged_member_by_member(void **state) {
  (void)state;
  for (int i = 0; i < FILES * 2 * 2 * 2 * 4; i++) {
    struct combination c = {.file = (enum file)(i % FILES),
                            .configuration = i / FILES % 2,
                            .ports = i / FILES / 2 % 2,
                            .interval = i / FILES / 4 % 2,
                            .mode = (enum pg_policy_mode)(i / FILES / 8)};
    struct group_policy_values values;
    group_policy_start(&values);
    fill(&values, &c);
    assert_int_equal(group_policy_replaces_file(&values), c.configuration);
    struct pg_settings *got = merged(&values, files[c.file]);
    check_numbers(&c, got);
    check_modes(&c, got);
    check_sources(&c, got);
    settings_free(got);
    group_policy_free(&values);
  }
}

/* --- what is wrong --- */

static void refuse(struct group_policy_values *values, const char *file,
                   enum pg_origin whose, const char *param, const char *words) {
  struct pg_settings *settings = (struct pg_settings *)1;
  struct pg_fault fault = {0};
  enum pg_origin culprit = PG_ORIGIN_DEFAULTS;
  assert_int_not_equal(merge(values, file, &settings, &culprit, &fault), PG_OK);
  assert_null(settings);
  assert_int_equal(culprit, whose);
  assert_string_equal(fault.param, param);
  if (strstr(fault.message, words) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", fault.message, words);
  assert_int_equal(merge(values, file, &settings, &culprit, NULL), fault.code);
  group_policy_free(values);
}

static void refuse_value(enum group_policy_item item, uint32_t type, const char *text,
                         uint32_t number, const char *param, const char *words) {
  struct group_policy_values values;
  group_policy_start(&values);
  set(&values, item, type, text, number);
  refuse(&values, FILE_WITH_ALL, PG_ORIGIN_GROUP_POLICY, param, words);
}

static void a_value_of_another_type_is_refused_by_its_name(void **state) {
  (void)state;
  static const struct {
    enum group_policy_item item;
    uint32_t good[2];
    const char *expected;
  } items[] = {
      {GROUP_POLICY_GUARDED_PORTS, {1, 7}, "expected REG_MULTI_SZ or REG_SZ"},
      {GROUP_POLICY_INTERVAL, {4, 4}, "expected REG_DWORD"},
      {GROUP_POLICY_MODE, {1, 1}, "expected REG_SZ"},
      {GROUP_POLICY_CONFIGURATION, {7, 7}, "expected REG_MULTI_SZ"},
  };
  assert_int_equal(sizeof items / sizeof *items, GROUP_POLICY_ITEMS);
  for (size_t i = 0; i < GROUP_POLICY_ITEMS; i++)
    for (uint32_t type = 0; type < 14; type++)
      if (type != items[i].good[0] && type != items[i].good[1])
        refuse_value(items[i].item, type, "500", 500, group_policy_name(items[i].item),
                     items[i].expected);
  refuse_value(GROUP_POLICY_INTERVAL, 1, "500", 0, "IntervalMs",
               "IntervalMs: found REG_SZ, expected REG_DWORD");
  refuse_value(GROUP_POLICY_MODE, 2, "off", 0, "PolicyMode", "found REG_EXPAND_SZ");
  refuse_value(GROUP_POLICY_MODE, 99, "off", 0, "PolicyMode", "does not know");
}

static void a_number_out_of_range_is_refused(void **state) {
  static const uint32_t wrong[] = {0, PG_INTERVAL_MIN_MS - 1, PG_INTERVAL_MAX_MS + 1,
                                   UINT32_MAX};
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    refuse_value(GROUP_POLICY_INTERVAL, 4, "", wrong[i], "IntervalMs",
                 "expected 100-60000");
}

static void a_mode_that_is_none_is_refused(void **state) {
  static const char *const wrong[] = {"",     "Observe", "ENFORCE",
                                      " off", "on",      "observe\n"};
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    refuse_value(GROUP_POLICY_MODE, 1, wrong[i], 0, "PolicyMode",
                 "expected one of: observe, enforce, off");
}

static void a_port_that_is_none_is_refused(void **state) {
  static const struct {
    const char *text, *param, *words;
  } wrong[] = {
      {"0", "GuardedPorts[0]", "found \"0\", expected 1-65535"},
      {"80\n65536", "GuardedPorts[1]", "found 65536"},
      {"080", "GuardedPorts[0]", "found \"080\""},
      {"http", "GuardedPorts[0]", "found \"http\""},
      {"-1", "GuardedPorts[0]", "found \"-1\""},
      {"80.5", "GuardedPorts[0]", "found \"80.5\""},
      {"4294967297", "GuardedPorts[0]", "found \"4294967297\""},
      {"80, 90-80", "GuardedPorts[1]", "the lower port of a range first"},
      {"80-", "GuardedPorts[0]", "found \"80-\""},
      {"80 - 90", "GuardedPorts[1]", "found \"-\""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    refuse_value(GROUP_POLICY_GUARDED_PORTS, i % 2 ? 1 : 7, wrong[i].text, 0,
                 wrong[i].param, wrong[i].words);
}

static void a_configuration_is_read_as_strictly_as_the_file(void **state) {
  static const struct {
    const char *text, *words;
  } wrong[] = {
      {"", "Configuration: "},
      {"{}", "Configuration: version: missing"},
      {"{\n\"version\": 1,\n\"rules\": [}\n", "Configuration: line 3"},
      {"{\"version\":1,\"interval\":5}", "Configuration: interval: an unknown key"},
      {"{\"version\":1,\"guarded_ports\":[\"90-80\"]}",
       "Configuration: guarded_ports[0]: found \"90-80\""},
      {"{\"version\":1,\"rules\":[{\"name\":\"a\",\"ports\":[1],\"services\":[\"RpcSs\"]}"
       "]}",
       "protected"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    refuse_value(GROUP_POLICY_CONFIGURATION, 7, wrong[i].text, 0, "Configuration",
                 wrong[i].words);
}

static void one_wrong_value_refuses_all_of_them(void **state) {
  struct combination all = {WHOLE_FILE, true, true, true, PG_POLICY_MODE_OBSERVE};
  (void)state;
  for (int i = 0; i < GROUP_POLICY_ITEMS; i++) {
    struct group_policy_values values;
    enum group_policy_item item = (enum group_policy_item)i;
    group_policy_start(&values);
    fill(&values, &all);
    values.at[i].type = GROUP_POLICY_TYPE_BINARY;
    refuse(&values, FILE_WITH_ALL, PG_ORIGIN_GROUP_POLICY, group_policy_name(item),
           "found REG_BINARY");
  }
}

static void a_wrong_file_is_refused_unless_it_is_replaced(void **state) {
  struct group_policy_values values;
  (void)state;
  group_policy_start(&values);
  set(&values, GROUP_POLICY_INTERVAL, GROUP_POLICY_TYPE_NUMBER, "", 500);
  refuse(&values, "{\"version\":2}", PG_ORIGIN_FILE, "version", "version: found 2");
  group_policy_start(&values);
  set(&values, GROUP_POLICY_CONFIGURATION, GROUP_POLICY_TYPE_LINES, POLICY_CONFIGURATION,
      0);
  struct pg_settings *settings = merged(&values, "{\"version\":2}");
  assert_int_equal(settings->interval_ms, 3000);
  settings_free(settings);
  group_policy_free(&values);
}

static void what_could_not_be_read_is_refused(void **state) {
  struct group_policy_values values;
  (void)state;
  group_policy_start(&values);
  pg_fail(&values.unreadable, PG_E_REFUSED, "not trusted");
  assert_true(group_policy_replaces_file(&values));
  refuse(&values, FILE_WITH_ALL, PG_ORIGIN_GROUP_POLICY, "", "not trusted");
}

/* --- good values --- */

static void ports_may_stand_in_lines_or_in_one(void **state) {
  static const char *const texts[] = {"80\n443\n8000-8090\n", "80,443,8000-8090",
                                      " 80; 443 ,\n\n8000-8090, ", "8000-8090 443 80 80"};
  (void)state;
  for (uint32_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct group_policy_values values;
    group_policy_start(&values);
    set(&values, GROUP_POLICY_GUARDED_PORTS, i % 2 ? 1 : 7, texts[i], 0);
    struct pg_settings *settings = merged(&values, NULL);
    assert_int_equal(settings->listed.count, 3);
    assert_true(settings_guards(settings, 8090));
    assert_false(settings_guards(settings, 8091));
    settings_free(settings);
    group_policy_free(&values);
  }
}

static void no_ports_at_all_are_none(void **state) {
  struct group_policy_values values;
  (void)state;
  group_policy_start(&values);
  set(&values, GROUP_POLICY_GUARDED_PORTS, 1, "", 0);
  struct pg_settings *settings = merged(&values, NULL);
  assert_int_equal(settings->guarded.count, 0);
  settings_free(settings);
  group_policy_free(&values);
}

static void the_ends_of_the_range_are_good(void **state) {
  static const uint32_t good[] = {PG_INTERVAL_MIN_MS, PG_INTERVAL_MAX_MS};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    struct group_policy_values values;
    group_policy_start(&values);
    set(&values, GROUP_POLICY_INTERVAL, 4, "", good[i]);
    struct pg_settings *settings = merged(&values, NULL);
    assert_int_equal(settings->interval_ms, good[i]);
    settings_free(settings);
    group_policy_free(&values);
  }
}

static void sources_are_written_member_by_member(void **state) {
  struct group_policy_values values;
  struct pg_text text;
  struct pg_json json;
  (void)state;
  group_policy_start(&values);
  set(&values, GROUP_POLICY_MODE, 1, "observe", 0);
  struct pg_settings *settings =
      merged(&values, "{\"version\":1,\"guarded_ports\":[80]}");
  pg_text_init(&text, 1024);
  pg_json_start(&json, &text);
  pg_json_object(&json);
  settings_write_sources(settings, &json);
  pg_json_end_object(&json);
  assert_non_null(strstr(pg_text_str(&text), "{\"source\":\"mixed\",\"sources\":{"));
  assert_non_null(strstr(pg_text_str(&text), "\"interval_ms\":\"defaults\""));
  assert_non_null(strstr(pg_text_str(&text), "\"guarded_ports\":\"file\""));
  assert_non_null(strstr(pg_text_str(&text), "\"mode\":\"group-policy\""));
  assert_non_null(strstr(pg_text_str(&text), "\"policy_mode\":\"observe\""));
  pg_text_free(&text);
  settings_free(settings);
  group_policy_free(&values);
}

/* --- comparing, and the text that stands in --- */

static void values_differ_in_any_of_their_parts(void **state) {
  struct group_policy_values left, right;
  (void)state;
  group_policy_start(&left);
  group_policy_start(&right);
  assert_true(group_policy_equal(&left, &right));
  set(&left, GROUP_POLICY_MODE, 1, "off", 0);
  assert_false(group_policy_equal(&left, &right));
  set(&right, GROUP_POLICY_MODE, 1, "off", 0);
  assert_true(group_policy_equal(&left, &right));
  right.at[GROUP_POLICY_MODE].type = 7;
  assert_false(group_policy_equal(&left, &right));
  set(&right, GROUP_POLICY_MODE, 1, "observe", 0);
  assert_false(group_policy_equal(&left, &right));
  set(&right, GROUP_POLICY_MODE, 1, "off", 0);
  pg_fail(&right.unreadable, PG_E_IO, "no");
  assert_false(group_policy_equal(&left, &right));
  group_policy_free(&left);
  group_policy_free(&right);
}

static struct group_policy_values from_text(const char *text) {
  struct group_policy_values values;
  group_policy_start(&values);
  group_policy_read_text(text, strlen(text), &values);
  return values;
}

static void a_text_stands_for_the_registry(void **state) {
  struct group_policy_values values = from_text(
      "{\"guardedports\":[\"80\",\"81\"],\"IntervalMs\":500,\"PolicyMode\":\"off\","
      "\"Configuration\":[1],\"Another\":{}}");
  (void)state;
  assert_int_equal(values.unreadable.code, PG_OK);
  assert_int_equal(values.at[GROUP_POLICY_GUARDED_PORTS].type, GROUP_POLICY_TYPE_LINES);
  assert_string_equal(pg_text_str(&values.at[GROUP_POLICY_GUARDED_PORTS].text),
                      "80\n81\n");
  assert_int_equal(values.at[GROUP_POLICY_INTERVAL].type, GROUP_POLICY_TYPE_NUMBER);
  assert_int_equal(values.at[GROUP_POLICY_INTERVAL].number, 500);
  assert_int_equal(values.at[GROUP_POLICY_MODE].type, GROUP_POLICY_TYPE_TEXT);
  assert_int_equal(values.at[GROUP_POLICY_CONFIGURATION].type, GROUP_POLICY_TYPE_BINARY);
  group_policy_free(&values);
  values = from_text("{\"IntervalMs\":0.5,\"PolicyMode\":null}");
  assert_int_equal(values.at[GROUP_POLICY_INTERVAL].type, GROUP_POLICY_TYPE_BINARY);
  assert_int_equal(values.at[GROUP_POLICY_MODE].type, GROUP_POLICY_TYPE_BINARY);
  group_policy_free(&values);
  values = from_text("{\"IntervalMs\":500");
  assert_int_not_equal(values.unreadable.code, PG_OK);
  group_policy_free(&values);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_combination_is_merged_member_by_member),
      cmocka_unit_test(a_value_of_another_type_is_refused_by_its_name),
      cmocka_unit_test(a_number_out_of_range_is_refused),
      cmocka_unit_test(a_mode_that_is_none_is_refused),
      cmocka_unit_test(a_port_that_is_none_is_refused),
      cmocka_unit_test(a_configuration_is_read_as_strictly_as_the_file),
      cmocka_unit_test(one_wrong_value_refuses_all_of_them),
      cmocka_unit_test(a_wrong_file_is_refused_unless_it_is_replaced),
      cmocka_unit_test(what_could_not_be_read_is_refused),
      cmocka_unit_test(ports_may_stand_in_lines_or_in_one),
      cmocka_unit_test(no_ports_at_all_are_none),
      cmocka_unit_test(the_ends_of_the_range_are_good),
      cmocka_unit_test(sources_are_written_member_by_member),
      cmocka_unit_test(values_differ_in_any_of_their_parts),
      cmocka_unit_test(a_text_stands_for_the_registry),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
