#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client/options.h"
#include "client/verbs.h"
#include "common/limits.h"

#include <string.h>

#define ARGS_MAX 12

static struct options options;
static struct pg_fault fault;

/* Reads "portguardctl" and what follows, up to NULL. getopt may reorder the
 * array, never the strings. */
static enum pg_error read_line(const char *const *words) {
  static char program[] = "portguardctl";
  char *argv[ARGS_MAX + 2] = {program};
  int argc = 1;
  while (words[argc - 1] != NULL && argc <= ARGS_MAX) {
    argv[argc] = (char *)(uintptr_t)words[argc - 1];
    argc++;
  }
  options_free(&options);
  memset(&fault, 0, sizeof fault);
  return options_read(argc, argv, &options, &fault);
}

#define READ(...) read_line((const char *const[]){__VA_ARGS__, NULL})

static int release(void **state) {
  (void)state;
  options_free(&options);
  return 0;
}

static void a_verb_and_its_ports_are_read(void **state) {
  (void)state;
  assert_int_equal(READ("status", "80", "443"), PG_OK);
  assert_string_equal(options.verb->name, "status");
  assert_int_equal(options.argument_count, 2);
  assert_string_equal(options.arguments[0], "80");
  assert_string_equal(options.arguments[1], "443");
  assert_false(options.json);
  assert_int_equal(options.timeout_ms, PG_CLIENT_MS);
}

static void global_options_stand_before_or_after_the_verb(void **state) {
  (void)state;
  assert_int_equal(READ("--json", "--timeout", "2m", "status", "80"), PG_OK);
  assert_true(options.json);
  assert_int_equal(options.timeout_ms, 120000);
  assert_int_equal(READ("status", "80", "--no-color", "443", "--timeout=30s", "--json"),
                   PG_OK);
  assert_true(options.json);
  assert_true(options.no_colour);
  assert_int_equal(options.timeout_ms, 30000);
  assert_int_equal(options.argument_count, 2);
  assert_string_equal(options.arguments[1], "443");
}

static void a_verb_of_two_words_is_one_verb(void **state) {
  (void)state;
  assert_int_equal(READ("http", "--json", "queues"), PG_OK);
  assert_string_equal(options.verb->name, "http queues");
  assert_int_equal(options.argument_count, 0);
}

static void a_verb_may_have_another_name(void **state) {
  (void)state;
  assert_int_equal(READ("http", "iplisten"), PG_OK);
  assert_string_equal(options.verb->name, "http iplisten");
  assert_int_equal(READ("http", "iplisten", "list"), PG_OK);
  assert_string_equal(options.verb->name, "http iplisten list");
  assert_int_equal(options.argument_count, 0);
}

static void version_is_an_option_too(void **state) {
  (void)state;
  assert_int_equal(READ("--version"), PG_OK);
  assert_string_equal(options.verb->name, "version");
}

static void refused(enum pg_error err, const char *message, const char *hint) {
  assert_int_equal(err, PG_E_USAGE);
  assert_string_equal(fault.message, message);
  assert_string_equal(fault.hint, hint);
  assert_int_equal(pg_error_exit(fault.code), 64);
}

static void an_unknown_verb_is_quoted_and_hints_at_help(void **state) {
  (void)state;
  refused(READ("xyz"), "unknown verb \"xyz\"", "portguardctl --help");
  refused(READ("policies", "show"), "unknown verb \"policies\"", "portguardctl --help");
  refused(READ("http", "nothing"), "unknown verb \"http nothing\"",
          "portguardctl http --help");
  refused(READ(""), "unknown verb \"\"", "portguardctl --help");
}

static void half_a_verb_is_told_how_it_goes_on(void **state) {
  (void)state;
  refused(READ("http"),
          "\"http\" needs another word: http queues, http reservations, http iplisten, "
          "http iplisten add, http iplisten delete, http certificates",
          "portguardctl http queues");
  refused(READ("policy"),
          "\"policy\" needs another word: policy show, policy test, policy pause, policy "
          "resume, policy reload",
          "portguardctl policy show");
  assert_null(options.group);
}

static void a_slip_hints_at_the_verb_that_was_meant(void **state) {
  (void)state;
  refused(READ("stauts", "80"), "unknown verb \"stauts\"", "portguardctl status");
  refused(READ("lst"), "unknown verb \"lst\"", "portguardctl list");
  refused(READ("Health"), "unknown verb \"Health\"", "portguardctl health");
  refused(READ("http", "queue"), "unknown verb \"http queue\"",
          "portguardctl http queues");
}

static void a_verb_with_controls_in_it_is_escaped(void **state) {
  (void)state;
  refused(READ("a\033[2J"), "unknown verb \"a<1B>[2J\"", "portguardctl --help");
}

static void no_verb_is_a_usage_error(void **state) {
  (void)state;
  refused(read_line((const char *const[]){NULL}), "no verb given", "portguardctl --help");
  refused(READ("--json"), "no verb given", "portguardctl --help");
  assert_true(options.json);
}

static void unknown_options_are_quoted(void **state) {
  (void)state;
  refused(READ("status", "--frob"), "unknown option \"--frob\"", "portguardctl --help");
  refused(READ("status", "-x"), "unknown option \"-x\"", "portguardctl --help");
}

static void an_option_without_its_value_is_refused(void **state) {
  (void)state;
  refused(READ("status", "--pipe"), "option \"--pipe\" needs a value",
          "portguardctl --help");
  refused(READ("status", "--json=1"), "option \"--json\" takes no value",
          "portguardctl --help");
}

static void a_negative_number_is_an_argument(void **state) {
  (void)state;
  assert_int_equal(READ("status", "-1"), PG_OK);
  assert_int_equal(options.argument_count, 1);
  assert_string_equal(options.arguments[0], "-1");
  assert_int_equal(READ("status", "80", "-443x", "--json", "8080"), PG_OK);
  assert_int_equal(options.argument_count, 3);
  assert_string_equal(options.arguments[1], "-443x");
  assert_string_equal(options.arguments[2], "8080");
  assert_true(options.json);
}

static void what_follows_two_dashes_is_an_argument(void **state) {
  (void)state;
  assert_int_equal(READ("status", "--", "--json"), PG_OK);
  assert_int_equal(options.argument_count, 1);
  assert_string_equal(options.arguments[0], "--json");
  assert_false(options.json);
}

static void a_bad_time_limit_is_quoted(void **state) {
  (void)state;
  static const char *const wrong[] = {"0", "-5", "5x", "", "99999999999", "25h"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_int_equal(READ("status", "--timeout", wrong[i]), PG_E_USAGE);
    assert_non_null(strstr(fault.message, "--timeout: "));
    assert_non_null(strstr(fault.message, wrong[i]));
  }
}

static void an_empty_pipe_name_is_refused(void **state) {
  (void)state;
  assert_int_equal(READ("status", "--pipe", ""), PG_E_USAGE);
  assert_non_null(strstr(fault.message, "--pipe \"\": expected "));
}

static void arguments_of_a_verb_without_any_are_refused(void **state) {
  (void)state;
  refused(READ("list", "80"), "\"80\": list takes no arguments",
          "portguardctl list --help");
  refused(READ("status", "-o", "x"), "option \"--output\" does not belong to status",
          "portguardctl status --help");
}

static void a_verb_of_three_words_has_its_argument(void **state) {
  (void)state;
  assert_int_equal(READ("http", "iplisten", "add", "127.0.0.2", "--dry-run"), PG_OK);
  assert_string_equal(options.verb->name, "http iplisten add");
  assert_string_equal(options.arguments[0], "127.0.0.2");
  assert_true(options.dry_run);
  assert_false(options.yes);
}

static void verbs_of_administrators_may_take_longer(void **state) {
  (void)state;
  assert_int_equal(READ("stop", "W3SVC", "--dependents", "stop"), PG_OK);
  assert_int_equal(options.timeout_ms, PG_CONTROL_MS);
  assert_string_equal(options.dependents, "stop");
  assert_int_equal(READ("free", "80", "--timeout", "30s", "--yes"), PG_OK);
  assert_int_equal(options.timeout_ms, 30000);
  assert_true(options.yes);
}

static void a_pause_needs_its_length_but_no_rule(void **state) {
  (void)state;
  assert_int_equal(READ("policy", "pause", "keep-80-free", "--for", "2h"), PG_OK);
  assert_string_equal(options.verb->name, "policy pause");
  assert_string_equal(options.arguments[0], "keep-80-free");
  assert_int_equal(options.for_s, 7200);
  assert_int_equal(options.timeout_ms, PG_CONTROL_MS);
  assert_int_equal(READ("policy", "resume"), PG_OK);
  assert_int_equal(options.argument_count, 0);
  refused(READ("policy", "pause", "keep-80-free"),
          "policy pause needs --for: expected 1 s to 30 d, as 2h",
          "portguardctl policy pause --help");
  refused(READ("policy", "resume", "--for", "1h"),
          "option \"--for\" does not belong to policy resume",
          "portguardctl policy resume --help");
  refused(READ("policy", "pause", "a", "b\033", "--for", "1h"),
          "\"b<1B>\": policy pause takes one rule", "portguardctl policy pause --help");
}

static void a_pause_lasts_from_a_second_to_thirty_days(void **state) {
  static const struct {
    const char *text;
    uint32_t seconds;
  } good[] = {{"30", 30},    {"30s", 30},      {"2m", 120}, {"2h", 7200},
              {"1d", 86400}, {"30d", 2592000}, {"1", 1},    {"720h", 2592000}};
  static const char *const wrong[] = {"0",  "31d",  "-5",   "",
                                      "2w", "1.5h", "721h", "2h\033"};
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_int_equal(READ("policy", "pause", "--for", good[i].text), PG_OK);
    assert_int_equal(options.for_s, good[i].seconds);
  }
  for (size_t i = 0; i + 1 < sizeof wrong / sizeof wrong[0]; i++) {
    assert_int_equal(READ("policy", "pause", "--for", wrong[i]), PG_E_USAGE);
    assert_non_null(strstr(fault.message, wrong[i]));
  }
  refused(READ("policy", "pause", "--for", "2h\033"),
          "--for: duration \"2h<1B>\": expected 1 s to 30 d, as 30, 30s, 2m, 2h or 1d",
          "portguardctl policy pause --for 2h");
}

static void a_test_of_the_rules_needs_a_port(void **state) {
  (void)state;
  assert_int_equal(READ("policy", "test", "--port", "80", "--at", "2026-03-02T09:00",
                        "--service", "W3SVC"),
                   PG_OK);
  assert_int_equal(options.port, 80);
  assert_string_equal(options.at, "2026-03-02T09:00");
  assert_string_equal(options.service, "W3SVC");
  assert_int_equal(options.timeout_ms, PG_CLIENT_MS);
  refused(READ("policy", "test"), "policy test needs --port: expected 1-65535",
          "portguardctl policy test --help");
  refused(READ("policy", "test", "--port", "-1"), "--port \"-1\": expected 1-65535",
          "portguardctl policy test --port 80");
  refused(READ("policy", "test", "--port", "65536"), "--port \"65536\": expected 1-65535",
          "portguardctl policy test --port 80");
  refused(READ("policy", "show", "--port", "80"),
          "option \"--port\" does not belong to policy show",
          "portguardctl policy show --help");
  refused(READ("status", "--at", "now"), "option \"--at\" does not belong to status",
          "portguardctl status --help");
  refused(READ("stop", "--service", "W3SVC"),
          "option \"--service\" does not belong to stop", "portguardctl stop --help");
}

static void graph_takes_exactly_one_port(void **state) {
  (void)state;
  uint16_t port = 0;
  assert_int_equal(READ("graph", "80"), PG_OK);
  assert_int_equal(options_port(&options, 0, &port, &fault), PG_OK);
  assert_int_equal(port, 80);
  assert_int_equal(options.format_read, FORMAT_TEXT);
  refused(READ("graph"), "graph needs a port: expected 1-65535",
          "portguardctl graph --help");
  refused(READ("graph", "80", "443"), "\"443\": graph takes one port",
          "portguardctl graph --help");
  assert_int_equal(READ("graph", "80a"), PG_OK);
  refused(options_port(&options, 0, &port, &fault), "port \"80a\": expected 1-65535",
          "portguardctl graph 80");
}

static void a_format_is_one_of_three_and_belongs_to_graph(void **state) {
  (void)state;
  assert_int_equal(READ("graph", "80", "--format", "dot"), PG_OK);
  assert_int_equal(options.format_read, FORMAT_DOT);
  assert_int_equal(READ("--format=mermaid", "graph", "80"), PG_OK);
  assert_int_equal(options.format_read, FORMAT_MERMAID);
  assert_int_equal(READ("graph", "80", "--format", "text"), PG_OK);
  assert_int_equal(options.format_read, FORMAT_TEXT);
  refused(READ("graph", "80", "--format", "s\033vg"),
          "--format \"s<1B>vg\": expected text, dot or mermaid",
          "portguardctl graph 80 --format dot");
  refused(READ("graph", "80", "--format"), "option \"--format\" needs a value",
          "portguardctl --help");
  refused(READ("status", "80", "--format", "text"),
          "option \"--format\" does not belong to status", "portguardctl status --help");
}

static void capture_takes_a_file(void **state) {
  (void)state;
  assert_int_equal(READ("capture", "-o", "host.json"), PG_OK);
  assert_string_equal(options.output, "host.json");
  assert_int_equal(READ("capture", "--output=b.json"), PG_OK);
  assert_string_equal(options.output, "b.json");
}

static void json_is_known_even_when_an_earlier_option_is_wrong(void **state) {
  (void)state;
  assert_int_equal(READ("--frob", "status", "--json"), PG_E_USAGE);
  assert_true(options.json);
}

static void help_needs_no_verb_and_knows_its_verb(void **state) {
  (void)state;
  assert_int_equal(READ("--help"), PG_OK);
  assert_true(options.help);
  assert_null(options.verb);
  assert_int_equal(READ("status", "-h"), PG_OK);
  assert_true(options.help);
  assert_string_equal(options.verb->name, "status");
  refused(READ("nope", "--help"), "unknown verb \"nope\"", "portguardctl --help");
}

static void help_of_half_a_verb_is_that_of_its_verbs(void **state) {
  (void)state;
  assert_int_equal(READ("http", "--help"), PG_OK);
  assert_true(options.help);
  assert_null(options.verb);
  assert_string_equal(options.group, "http");
  refused(READ("http", "nothing", "--help"), "unknown verb \"http nothing\"",
          "portguardctl http --help");
}

/* |verb| NULL: the page of |group|, or of the program when that is NULL too. */
static void check_page(const struct verb *verb, const char *group) {
  struct pg_text out;
  pg_text_init(&out, 65536);
  if (group != NULL)
    verb_group_help(&out, group);
  else
    verb_help(&out, verb);
  assert_false(out.failed);
  assert_non_null(strstr(pg_text_str(&out), "Usage: portguardctl"));
  assert_non_null(strstr(pg_text_str(&out), "--timeout"));
  for (const char *at = pg_text_str(&out); *at != '\0';) {
    size_t len = strcspn(at, "\n");
    assert_true(len <= 80);
    at += len + (at[len] == '\n');
  }
  pg_text_free(&out);
}

static void every_help_page_fits_eighty_columns(void **state) {
  (void)state;
  static const char *const names[] = {"status",
                                      "list",
                                      "http queues",
                                      "http reservations",
                                      "http iplisten",
                                      "http certificates",
                                      "graph",
                                      "capture",
                                      "health",
                                      "version",
                                      "free",
                                      "stop",
                                      "disable",
                                      "restore",
                                      "policy show",
                                      "policy test",
                                      "policy pause",
                                      "policy resume",
                                      "policy reload",
                                      "http iplisten add",
                                      "http iplisten delete"};
  check_page(NULL, NULL);
  check_page(NULL, "http");
  check_page(NULL, "policy");
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    assert_non_null(verb_find(names[i]));
    check_page(verb_find(names[i]), NULL);
  }
}

static void waiting_has_a_state_and_no_end_of_its_own(void **state) {
  (void)state;
  assert_int_equal(
      READ("wait", "80", "--until", "in-use", "--holder", "W3SVC", "--address", "::1"),
      PG_OK);
  assert_string_equal(options.until, "in-use");
  assert_string_equal(options.holder, "W3SVC");
  assert_string_equal(options.address, "::1");
  assert_int_equal(options.timeout_ms, 0);
  assert_int_equal(READ("wait", "80", "--until", "free", "--timeout", "30s"), PG_OK);
  assert_int_equal(options.timeout_ms, 30000);
  assert_int_equal(READ("watch"), PG_OK);
  assert_int_equal(options.timeout_ms, 0);
  assert_int_equal(READ("check", "80"), PG_OK);
  assert_int_equal(options.timeout_ms, PG_CLIENT_MS);
}

static void wrong_words_for_waiting_are_quoted(void **state) {
  (void)state;
  assert_int_equal(READ("wait", "80"), PG_E_USAGE);
  assert_string_equal(fault.message, "wait needs --until: expected free or in-use");
  assert_int_equal(READ("wait", "80", "--until", "in_use"), PG_E_USAGE);
  assert_string_equal(fault.message, "--until \"in_use\": expected free or in-use");
  assert_int_equal(READ("check", "80", "--address", "localhost"), PG_E_USAGE);
  assert_string_equal(fault.message,
                      "--address \"localhost\": expected an IP address, as 127.0.0.1");
  assert_int_equal(READ("check", "80", "--until", "free"), PG_E_USAGE);
  assert_int_equal(READ("watch", "--address", "::1"), PG_E_USAGE);
  assert_int_equal(READ("check"), PG_E_USAGE);
  assert_int_equal(READ("check", "80", "443"), PG_E_USAGE);
}

static void a_history_has_bounds_a_holder_and_a_limit(void **state) {
  (void)state;
  assert_int_equal(READ("history", "80", "--since", "24h", "--until", "2026-03-01 09:00",
                        "--holder", "W3SVC", "--limit", "10000", "--no-pager"),
                   PG_OK);
  assert_string_equal(options.since, "24h");
  assert_string_equal(options.until, "2026-03-01 09:00");
  assert_string_equal(options.holder, "W3SVC");
  assert_int_equal(options.limit, 10000);
  assert_true(options.no_pager);
  assert_int_equal(READ("history"), PG_OK);
  assert_int_equal(options.argument_count, 0);
  assert_null(options.since);
  assert_int_equal(options.limit, 0);
  static const char *const good[] = {"30m",
                                     "3650d",
                                     "2026-03-01",
                                     "2026-03-01T09:00",
                                     "90",
                                     "2026-03-01 09:00:30",
                                     "2026-03-01T09:00+01:00"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_int_equal(READ("--since", good[i], "history"), PG_OK);
    assert_int_equal(READ("--until", good[i], "history"), PG_OK);
  }
}

static void a_wrong_time_or_limit_is_quoted(void **state) {
  (void)state;
  refused(READ("history", "--since", "yesterday"),
          "--since \"yesterday\": expected how long ago, as 24h or 7d, or a time, as "
          "2026-03-01 or \"2026-03-01 09:00\"",
          "portguardctl history 80 --since 24h");
  static const char *const bad[] = {
      "",
      "3651d",
      "09:00",
      "2026-02-29",
      "2026-03-01 25:00",
      "-1h",
      "2026-3-1",
      "free",
      "2026-03-01T09:00:00.0000000000000000000000000000000001"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(READ("history", "--until", bad[i]), PG_E_USAGE);
  refused(READ("history", "--limit", "10001"), "--limit \"10001\": expected 1-10000",
          "portguardctl history --limit 1000");
  assert_int_equal(READ("history", "--limit", "0"), PG_E_USAGE);
  refused(READ("history", "80", "443"), "\"443\": history takes one port",
          "portguardctl history --help");
  refused(READ("status", "--since", "1h"), "option \"--since\" does not belong to status",
          "portguardctl status --help");
  refused(READ("watch", "--limit", "5"), "option \"--limit\" does not belong to watch",
          "portguardctl watch --help");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(waiting_has_a_state_and_no_end_of_its_own),
      cmocka_unit_test(wrong_words_for_waiting_are_quoted),
      cmocka_unit_test(a_verb_and_its_ports_are_read),
      cmocka_unit_test(global_options_stand_before_or_after_the_verb),
      cmocka_unit_test(a_verb_of_two_words_is_one_verb),
      cmocka_unit_test(a_verb_may_have_another_name),
      cmocka_unit_test(version_is_an_option_too),
      cmocka_unit_test(an_unknown_verb_is_quoted_and_hints_at_help),
      cmocka_unit_test(half_a_verb_is_told_how_it_goes_on),
      cmocka_unit_test(a_slip_hints_at_the_verb_that_was_meant),
      cmocka_unit_test(a_verb_with_controls_in_it_is_escaped),
      cmocka_unit_test(no_verb_is_a_usage_error),
      cmocka_unit_test(unknown_options_are_quoted),
      cmocka_unit_test(an_option_without_its_value_is_refused),
      cmocka_unit_test(a_negative_number_is_an_argument),
      cmocka_unit_test(what_follows_two_dashes_is_an_argument),
      cmocka_unit_test(a_bad_time_limit_is_quoted),
      cmocka_unit_test(an_empty_pipe_name_is_refused),
      cmocka_unit_test(arguments_of_a_verb_without_any_are_refused),
      cmocka_unit_test(a_verb_of_three_words_has_its_argument),
      cmocka_unit_test(verbs_of_administrators_may_take_longer),
      cmocka_unit_test(a_pause_needs_its_length_but_no_rule),
      cmocka_unit_test(a_pause_lasts_from_a_second_to_thirty_days),
      cmocka_unit_test(a_test_of_the_rules_needs_a_port),
      cmocka_unit_test(graph_takes_exactly_one_port),
      cmocka_unit_test(a_format_is_one_of_three_and_belongs_to_graph),
      cmocka_unit_test(capture_takes_a_file),
      cmocka_unit_test(json_is_known_even_when_an_earlier_option_is_wrong),
      cmocka_unit_test(help_needs_no_verb_and_knows_its_verb),
      cmocka_unit_test(help_of_half_a_verb_is_that_of_its_verbs),
      cmocka_unit_test(every_help_page_fits_eighty_columns),
      cmocka_unit_test(a_history_has_bounds_a_holder_and_a_limit),
      cmocka_unit_test(a_wrong_time_or_limit_is_quoted),
  };
  return cmocka_run_group_tests(tests, NULL, release);
}
