#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/options.h"

#include <string.h>

#define ARGS_MAX 12
#define READ(out, fault, ...) \
  read_line((const char *const[]){"portguardsvc", __VA_ARGS__, NULL}, out, fault)

/* getopt reorders its arguments, so it gets an array of its own. */
static enum pg_error read_line(const char *const *words, struct service_options *out,
                               struct pg_fault *fault) {
  static char text[ARGS_MAX][128];
  static char *argv[ARGS_MAX + 1];
  int argc = 0;
  memset(fault, 0, sizeof *fault);
  for (; words[argc] != NULL; argc++) {
    assert_true(argc < ARGS_MAX && strlen(words[argc]) < sizeof text[0]);
    memcpy(text[argc], words[argc], strlen(words[argc]) + 1);
    argv[argc] = text[argc];
  }
  argv[argc] = NULL;
  return service_options_read(argc, argv, out, fault);
}

static void no_arguments_are_the_scms(void **state) {
  struct service_options o;
  struct pg_fault fault;
  (void)state;
  assert_int_equal(read_line((const char *const[]){"portguardsvc", NULL}, &o, &fault),
                   PG_OK);
  assert_int_equal(o.verb, SERVICE_VERB_NONE);
}

static void every_verb_is_known(void **state) {
  static const struct {
    const char *word;
    enum service_verb verb;
  } verbs[] = {
      {"explain", SERVICE_VERB_EXPLAIN}, {"install", SERVICE_VERB_INSTALL},
      {"version", SERVICE_VERB_VERSION}, {"uninstall", SERVICE_VERB_UNINSTALL},
      {"help", SERVICE_VERB_HELP},       {"--help", SERVICE_VERB_HELP},
      {"-h", SERVICE_VERB_HELP},         {"--version", SERVICE_VERB_VERSION},
  };
  struct service_options o;
  struct pg_fault fault;
  (void)state;
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    assert_int_equal(READ(&o, &fault, verbs[i].word), PG_OK);
    assert_int_equal(o.verb, verbs[i].verb);
  }
}

static void explain_takes_a_capture_a_port_and_json(void **state) {
  struct service_options o;
  struct pg_fault fault;
  (void)state;
  assert_int_equal(READ(&o, &fault, "explain", "--capture", "host.json", "--port=80"),
                   PG_OK);
  assert_string_equal(o.capture, "host.json");
  assert_int_equal(o.port, 80);
  assert_false(o.json);
  assert_int_equal(READ(&o, &fault, "explain", "--json"), PG_OK);
  assert_null(o.capture);
  assert_int_equal(o.port, 0);
  assert_true(o.json);
}

static void check_config_takes_one_file(void **state) {
  struct service_options o;
  struct pg_fault fault;
  (void)state;
  assert_int_equal(READ(&o, &fault, "check-config", "config.json"), PG_OK);
  assert_int_equal(o.verb, SERVICE_VERB_CHECK);
  assert_string_equal(o.file, "config.json");
  assert_int_equal(READ(&o, &fault, "check-config"), PG_E_USAGE);
  assert_int_equal(READ(&o, &fault, "check-config", "a", "b"), PG_E_USAGE);
  assert_int_equal(READ(&o, &fault, "check-config", "a", "--json"), PG_E_USAGE);
}

static void run_takes_a_pipe_a_capture_and_an_interval(void **state) {
  struct service_options o;
  struct pg_fault fault;
  (void)state;
  assert_int_equal(READ(&o, &fault, "run", "--pipe", "/tmp/p", "--capture", "c.json",
                        "--interval", "100"),
                   PG_OK);
  assert_string_equal(o.pipe, "/tmp/p");
  assert_string_equal(o.capture, "c.json");
  assert_int_equal(o.interval_ms, 100);
}

/* Each is quoted in the words, so that a person sees what was wrong. */
static void wrong_words_are_refused_and_quoted(void **state) {
  struct service_options o;
  struct pg_fault fault;
  (void)state;
#define REFUSED(quoted, ...)                                       \
  do {                                                             \
    assert_int_equal(READ(&o, &fault, __VA_ARGS__), PG_E_USAGE);   \
    assert_int_equal(fault.code, PG_E_USAGE);                      \
    if (strstr(fault.message, quoted) == NULL)                     \
      fail_msg("\"%s\" does not quote %s", fault.message, quoted); \
  } while (0)
  REFUSED("\"explian\"", "explian");
  REFUSED("\"\"", "");
  REFUSED("--bogus", "explain", "--bogus");
  REFUSED("-x", "explain", "-x");
  REFUSED("-x", "explain", "-xy");
  REFUSED("--json=1", "explain", "--json=1");
  REFUSED("\"extra\"", "explain", "extra");
  REFUSED("--port", "explain", "--port");
  REFUSED("\"80a\"", "explain", "--port", "80a");
  REFUSED("\"0\"", "explain", "--port", "0");
  REFUSED("\"65536\"", "explain", "--port", "65536");
  REFUSED("\"-1\"", "explain", "--port", "-1");
  REFUSED("\"\"", "explain", "--port", "");
  REFUSED("\"99\"", "run", "--pipe", "p", "--interval", "99");
  REFUSED("\"60001\"", "run", "--pipe", "p", "--interval", "60001");
  REFUSED("\"1s\"", "run", "--pipe", "p", "--interval", "1s");
  REFUSED("<1B>", "\x1b[2J");
#undef REFUSED
}

static void options_of_another_verb_are_refused(void **state) {
  struct service_options o;
  struct pg_fault fault;
  (void)state;
  assert_int_equal(READ(&o, &fault, "run"), PG_E_USAGE);
  assert_int_equal(READ(&o, &fault, "explain", "--pipe", "p"), PG_E_USAGE);
  assert_int_equal(READ(&o, &fault, "explain", "--interval", "1000"), PG_E_USAGE);
  assert_int_equal(READ(&o, &fault, "explain", "--group-policy", "f"), PG_E_USAGE);
  assert_int_equal(READ(&o, &fault, "run", "--pipe", "p", "--group-policy", "f"), PG_OK);
  assert_string_equal(o.group_policy, "f");
  assert_int_equal(READ(&o, &fault, "run", "--pipe", "p", "--port", "80"), PG_E_USAGE);
  assert_int_equal(READ(&o, &fault, "run", "--pipe", "p", "--json"), PG_E_USAGE);
  assert_int_equal(READ(&o, &fault, "install", "--capture", "c"), PG_E_USAGE);
  assert_int_equal(READ(&o, &fault, "version", "--json"), PG_E_USAGE);
}

static void a_refusal_leads_to_the_help(void **state) {
  struct service_options o;
  struct pg_fault fault;
  (void)state;
  assert_int_equal(READ(&o, &fault, "explian"), PG_E_USAGE);
  assert_string_equal(fault.hint, "portguardsvc help");
}

static void help_behind_a_verb_asks_for_its_page_whatever_is_missing(void **state) {
  struct service_options o;
  struct pg_fault fault;
  (void)state;
  static const char *const options[] = {"--help", "-h"};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    assert_int_equal(READ(&o, &fault, "run", options[i]), PG_OK);
    assert_true(o.help);
    assert_int_equal(o.verb, SERVICE_VERB_RUN);
  }
  assert_int_equal(READ(&o, &fault, "uninstall"), PG_OK);
  assert_false(o.help);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_arguments_are_the_scms),
      cmocka_unit_test(every_verb_is_known),
      cmocka_unit_test(help_behind_a_verb_asks_for_its_page_whatever_is_missing),
      cmocka_unit_test(explain_takes_a_capture_a_port_and_json),
      cmocka_unit_test(check_config_takes_one_file),
      cmocka_unit_test(run_takes_a_pipe_a_capture_and_an_interval),
      cmocka_unit_test(wrong_words_are_refused_and_quoted),
      cmocka_unit_test(options_of_another_verb_are_refused),
      cmocka_unit_test(a_refusal_leads_to_the_help),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
