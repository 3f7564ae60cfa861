#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "service/control/request.h"

#include <stdlib.h>
#include <string.h>

static enum pg_error answer(void *context, const struct control_ask *ask,
                            struct pg_json *json, struct pg_fault *fault) {
  (void)context, (void)ask, (void)json, (void)fault;
  return PG_OK;
}

static const struct control_param status_params[] = {
    {"port", 1, 65535, true, CONTROL_NUMBER, NULL},
    {"max_age_ms", 0, 60000, false, CONTROL_NUMBER, NULL}};
static const char *const dependents[] = {"refuse", "stop", NULL};
static const struct control_param stop_params[] = {
    {"name", 1, 8, true, CONTROL_TEXT, NULL},
    {"dependents", 0, 0, false, CONTROL_CHOICE, dependents},
    {"expect", 0, 2, false, CONTROL_TEXTS, NULL},
    {"dry_run", 0, 0, false, CONTROL_FLAG, NULL},
};
static const struct control_param watch_params[] = {
    {"ports", 0, 3, false, CONTROL_PORTS, NULL},
    {"since_id", 0, 0, false, CONTROL_ID, NULL},
};
static const struct control_verb verbs[] = {
    {"ping", PG_ROLE_READER, NULL, 0, NULL, answer, NULL},
    {"status", PG_ROLE_READER, status_params, 2, NULL, answer, NULL},
    {"service.stop", PG_ROLE_ADMIN, stop_params, 4, NULL, answer, NULL},
    {"policy.reload", PG_ROLE_ADMIN, NULL, 0, NULL, answer, NULL},
    {"watch", PG_ROLE_READER, watch_params, 2, NULL, answer, NULL},
    {"nobody's", PG_ROLE_NONE, NULL, 0, NULL, answer, NULL},
};
#define VERBS (sizeof verbs / sizeof *verbs)

struct outcome {
  enum pg_error error;
  struct control_ask ask;
  struct pg_fault fault;
  char id[256]; /* as it goes back */
};

static void write_id(const struct request_id *id, struct outcome *out) {
  struct pg_text text;
  struct pg_json json;
  pg_text_init(&text, sizeof out->id - 1);
  pg_json_start(&json, &text);
  request_id_write(&json, id);
  assert_true(pg_copy(out->id, sizeof out->id, pg_text_str(&text)));
  pg_text_free(&text);
}

#define KEPT 512
static cJSON *trees[KEPT];
static size_t kept;

static void ask_as(enum pg_role role, const char *line, size_t len, struct outcome *out) {
  struct request_id id;
  char *copy = malloc(len + 1); /* of its own, so that a sanitizer sees its end */
  assert_non_null(copy);
  memset(out, 0, sizeof *out);
  memcpy(copy, line, len);
  request_id_init(&id);
  out->error = request_read(copy, len, verbs, VERBS, role, &out->ask, &id, &out->fault);
  assert_int_equal(out->fault.code, out->error);
  assert_true((out->ask.verb != NULL) == (out->error == PG_OK));
  if (out->error != PG_OK)
    assert_true(out->fault.message[0] != '\0');
  write_id(&id, out);
  request_id_free(&id);
  free(copy);
  assert_true(kept < KEPT); /* they are what the arguments lead into */
  if (out->ask.tree != NULL)
    trees[kept++] = out->ask.tree;
}

static int forget(void **state) {
  (void)state;
  while (kept > 0)
    cJSON_Delete(trees[--kept]);
  return 0;
}

static void ask(const char *line, struct outcome *out) {
  ask_as(PG_ROLE_READER, line, strlen(line), out);
}

static void check_refused(const char *line, enum pg_error error, const char *id,
                          const char *words) {
  struct outcome out;
  ask(line, &out);
  if (out.error != error || strcmp(out.id, id) != 0 ||
      strstr(out.fault.message, words) == NULL)
    fail_msg("%s\n  error %d, id %s: %s", line, (int)out.error, out.id,
             out.fault.message);
}

#define STATUS(params) \
  "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"status\",\"params\":" params "}"

static void a_request_becomes_a_verb_with_its_parameters(void **state) {
  struct outcome out;
  (void)state;
  ask(STATUS("{\"port\":443,\"max_age_ms\":0}"), &out);
  assert_int_equal(out.error, PG_OK);
  assert_ptr_equal(out.ask.verb, &verbs[1]);
  assert_int_equal(out.ask.args[0].number, 443);
  assert_true(out.ask.args[0].given);
  assert_int_equal(out.ask.args[1].number, 0);
  assert_true(out.ask.args[1].given);
  assert_string_equal(out.id, "7");
}

static void optional_parameters_and_params_may_be_missing(void **state) {
  struct outcome out;
  (void)state;
  ask(STATUS("{\"port\":1}"), &out);
  assert_int_equal(out.error, PG_OK);
  assert_false(out.ask.args[1].given);
  ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", &out);
  assert_int_equal(out.error, PG_OK);
  ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{}}", &out);
  assert_int_equal(out.error, PG_OK);
  ask(" {\"params\" : {} , \"method\":\"ping\",\t\"id\":1,\"jsonrpc\":\"2.0\"} \r", &out);
  assert_int_equal(out.error, PG_OK);
}

static void what_is_not_json_is_refused(void **state) {
  static const char *const lines[] = {"",           "  ",      "hello",  "{",    "{}{}",
                                      "{\"a\":1,}", "{'a':1}", "nul",    "\x00", "\xff",
                                      "[1,]",       "01",      "{} tail"};
  (void)state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    check_refused(lines[i], PG_E_PARSE, "null", "");
}

static void a_nul_inside_a_line_is_refused(void **state) {
  static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\0{}";
  struct outcome out;
  (void)state;
  ask_as(PG_ROLE_READER, line, sizeof line - 1, &out);
  assert_int_equal(out.error, PG_E_PARSE);
  check_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\\u0000x\"}", PG_E_PARSE,
                "null", "");
}

static void duplicate_keys_are_refused_at_any_depth(void **state) {
  (void)state;
  check_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}", PG_E_PARSE,
                "null", "\"id\"");
  check_refused(STATUS("{\"port\":80,\"port\":443}"), PG_E_PARSE, "null", "\"port\"");
  check_refused(STATUS("{\"port\":80,\"p\\u006frt\":443}"), PG_E_PARSE, "null",
                "\"port\"");
}

static void what_is_no_object_is_refused(void **state) {
  static const char *const lines[] = {"1", "\"x\"", "null", "true", "-0.5e1"};
  (void)state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    check_refused(lines[i], PG_E_REQUEST, "null", "object");
}

static void batches_are_refused(void **state) {
  (void)state;
  check_refused("[]", PG_E_REQUEST, "null", "batches");
  check_refused("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", PG_E_REQUEST,
                "null", "batches");
}

static void notifications_are_refused(void **state) {
  (void)state;
  check_refused("{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}", PG_E_REQUEST, "null",
                "notifications");
}

static void ids_come_back_as_they_were(void **state) {
  static const char *const ids[] = {"0",
                                    "-1",
                                    "9007199254740991",
                                    "-9007199254740991",
                                    "\"\"",
                                    "\"abc\"",
                                    "\"1\"",
                                    "\"a \\\"quoted\\\" \\\\ one\"",
                                    "\"\xC3\xA4\xE3\x81\x82\""};
  (void)state;
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    struct outcome out;
    struct pg_text line;
    pg_text_init(&line, 1024);
    pg_text_printf(&line, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}", ids[i]);
    ask(pg_text_str(&line), &out);
    assert_int_equal(out.error, PG_OK);
    assert_string_equal(out.id, ids[i]);
    pg_text_free(&line);
  }
}

static void ids_of_other_types_are_refused(void **state) {
  static const char *const ids[] = {
      "null", "true", "1.5", "[1]", "{}", "9007199254740993", "1e300", "-1e300"};
  (void)state;
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    struct pg_text line;
    pg_text_init(&line, 1024);
    pg_text_printf(&line, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}", ids[i]);
    check_refused(pg_text_str(&line), PG_E_REQUEST, "null", "\"id\"");
    pg_text_free(&line);
  }
}

static void the_longest_id_comes_back_whole(void **state) {
  struct pg_text line, written;
  struct pg_json json;
  struct request_id id;
  struct control_ask asked = {0};
  struct pg_fault fault = {0};
  (void)state;
  pg_text_init(&line, PG_REQUEST_MAX);
  pg_text_init(&written, 2 * PG_REQUEST_MAX);
  pg_text_str_add(&line, "{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":\"");
  while (line.len < PG_REQUEST_MAX - 2)
    pg_text_char(&line, 'i');
  pg_text_str_add(&line, "\"}");
  assert_int_equal(line.len, PG_REQUEST_MAX);
  request_id_init(&id);
  assert_int_equal(request_read(line.data, line.len, verbs, VERBS, PG_ROLE_READER, &asked,
                                &id, &fault),
                   PG_OK);
  pg_json_start(&json, &written);
  request_id_write(&json, &id);
  assert_int_equal(written.len, id.text.len + 2);
  assert_int_equal(id.text.len, line.len - strlen("{\"jsonrpc\":\"2.0\",\"method\":"
                                                  "\"ping\",\"id\":\"\"}"));
  request_free(&asked);
  request_id_free(&id);
  pg_text_free(&written);
  pg_text_free(&line);
}

static void an_id_is_known_before_anything_else_is_refused(void **state) {
  (void)state;
  check_refused("{\"id\":\"x\"}", PG_E_REQUEST, "\"x\"", "jsonrpc");
  check_refused("{\"id\":5,\"jsonrpc\":\"1.0\",\"method\":\"ping\"}", PG_E_REQUEST, "5",
                "jsonrpc");
  check_refused("{\"id\":5,\"jsonrpc\":2.0,\"method\":\"ping\"}", PG_E_REQUEST, "5",
                "jsonrpc");
  check_refused("{\"id\":5,\"jsonrpc\":\"2.0\"}", PG_E_REQUEST, "5", "method");
  check_refused("{\"id\":5,\"jsonrpc\":\"2.0\",\"method\":1}", PG_E_REQUEST, "5",
                "method");
}

static void unknown_members_are_refused_and_quoted(void **state) {
  (void)state;
  check_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"role\":\"admin\"}",
                PG_E_REQUEST, "1", "\"role\"");
  check_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"\\u001b\":1}",
                PG_E_REQUEST, "1", "<1B>");
  /* Names are compared with regard to case. */
  check_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"Method\":\"ping\"}", PG_E_REQUEST, "1",
                "\"Method\"");
}

static void unknown_verbs_are_refused_and_quoted(void **state) {
  (void)state;
  check_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"statsu\"}", PG_E_METHOD, "1",
                "\"statsu\"");
  check_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}", PG_E_METHOD, "1",
                "\"\"");
  check_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"Ping\"}", PG_E_METHOD, "1",
                "\"Ping\"");
  check_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping \"}", PG_E_METHOD, "1",
                "\"ping \"");
  check_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\u202e\"}", PG_E_METHOD, "1",
                "<202E>");
}

static void check_param(const char *line, const char *param, const char *words) {
  struct outcome out;
  ask(line, &out);
  if (out.error != PG_E_PARAMS || strcmp(out.fault.param, param) != 0 ||
      strcmp(out.id, "7") != 0 || strstr(out.fault.message, words) == NULL)
    fail_msg("%s\n  error %d, param \"%s\": %s", line, (int)out.error, out.fault.param,
             out.fault.message);
}

static void wrong_ports_are_refused_and_quoted(void **state) {
  (void)state;
  check_param(STATUS("{\"port\":0}"), "port", "found 0, expected 1-65535");
  check_param(STATUS("{\"port\":65536}"), "port", "found 65536, expected 1-65535");
  check_param(STATUS("{\"port\":-1}"), "port", "found -1");
  check_param(STATUS("{\"port\":1.5}"), "port", "found 1.5");
  check_param(STATUS("{\"port\":65535.5}"), "port", "found 65535.5");
  check_param(STATUS("{\"port\":4294967376}"), "port", "found 4294967376");
  check_param(STATUS("{\"port\":1e30}"), "port", "found 1e+30");
  check_param(STATUS("{\"port\":\"80a\"}"), "port", "found \"80a\"");
  check_param(STATUS("{\"port\":\"80\"}"), "port", "found \"80\"");
  check_param(STATUS("{\"port\":\"\"}"), "port", "found \"\"");
  check_param(STATUS("{\"port\":true}"), "port", "found true");
  check_param(STATUS("{\"port\":[80]}"), "port", "found an array");
  check_param(STATUS("{\"port\":{}}"), "port", "found an object");
  check_param(STATUS("{\"port\":null}"), "port", "found null, expected 1-65535");
  check_param(STATUS("{}"), "port", "missing: expected 1-65535");
  check_param("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"status\"}", "port", "missing");
}

static void the_ends_of_a_range_are_in_it(void **state) {
  struct outcome out;
  (void)state;
  ask(STATUS("{\"port\":1}"), &out);
  assert_int_equal(out.error, PG_OK);
  ask(STATUS("{\"port\":65535,\"max_age_ms\":60000}"), &out);
  assert_int_equal(out.error, PG_OK);
  ask(STATUS("{\"port\":8e1}"), &out);
  assert_int_equal(out.error, PG_OK);
  assert_int_equal(out.ask.args[0].number, 80);
  check_param(STATUS("{\"port\":80,\"max_age_ms\":60001}"), "max_age_ms", "60001");
  check_param(STATUS("{\"port\":80,\"max_age_ms\":null}"), "max_age_ms", "found null");
}

static void unknown_parameters_are_refused_and_quoted(void **state) {
  (void)state;
  check_param(STATUS("{\"port\":80,\"verbose\":true}"), "verbose", "\"verbose\"");
  check_param(STATUS("{\"Port\":80}"), "Port", "\"Port\"");
  check_param("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"params\":{\"x\":1}}",
              "x", "\"x\"");
}

static void params_of_another_type_are_refused(void **state) {
  (void)state;
  check_param(STATUS("[80]"), "", "\"params\"");
  check_param(STATUS("80"), "", "\"params\"");
  check_param(STATUS("null"), "", "\"params\"");
  check_param(STATUS("\"port\""), "", "\"params\"");
}

/* JSON it is, but not a request. */
static void what_is_too_deep_or_too_much_is_refused(void **state) {
  struct pg_text line;
  (void)state;
  pg_text_init(&line, PG_REQUEST_MAX);
  for (int i = 0; i < PG_REQUEST_DEPTH + 1; i++)
    pg_text_char(&line, '[');
  for (int i = 0; i < PG_REQUEST_DEPTH + 1; i++)
    pg_text_char(&line, ']');
  check_refused(pg_text_str(&line), PG_E_REQUEST, "null", "deep");
  pg_text_clear(&line);
  pg_text_str_add(&line, "[1");
  for (int i = 0; i < PG_REQUEST_NODES; i++)
    pg_text_str_add(&line, ",1");
  pg_text_char(&line, ']');
  check_refused(pg_text_str(&line), PG_E_REQUEST, "null", "");
  pg_text_free(&line);
}

static void every_role_may_call_what_it_may_and_nothing_else(void **state) {
  static const enum pg_role roles[] = {PG_ROLE_NONE, PG_ROLE_READER, PG_ROLE_ADMIN,
                                       (enum pg_role)99};
  static const bool allowed[4][4] = {
      /* needed:  NONE   READER ADMIN  a stranger */
      /* NONE */ {false, false, false, false},
      /* READER */ {false, true, false, false},
      /* ADMIN */ {false, true, true, false},
      /* 99 */ {false, false, false, false},
  };
  (void)state;
  for (size_t has = 0; has < 4; has++)
    for (size_t needs = 0; needs < 4; needs++)
      if (control_allowed(roles[has], roles[needs]) != allowed[has][needs])
        fail_msg("role %d, verb of role %d", (int)roles[has], (int)roles[needs]);
}

static void every_verb_is_checked_against_the_role(void **state) {
  static const enum pg_role roles[] = {PG_ROLE_NONE, PG_ROLE_READER, PG_ROLE_ADMIN};
  static const char *const params[VERBS] = {"", "\"port\":80", "\"name\":\"A\"", "", "",
                                            ""};
  (void)state;
  for (size_t r = 0; r < sizeof roles / sizeof *roles; r++)
    for (size_t v = 0; v < VERBS; v++) {
      struct outcome out;
      struct pg_text line;
      pg_text_init(&line, 1024);
      pg_text_printf(&line,
                     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{%s}}",
                     verbs[v].name, params[v]);
      ask_as(roles[r], pg_text_str(&line), line.len, &out);
      bool may = control_allowed(roles[r], verbs[v].role);
      assert_int_equal(out.error, may ? PG_OK : PG_E_DENIED);
      pg_text_free(&line);
    }
}

/* Who may not call a verb learns nothing of its parameters. */
static void the_role_is_checked_before_the_parameters(void **state) {
  struct outcome out;
  static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"policy.reload\","
                             "\"params\":{\"bogus\":1}}";
  (void)state;
  ask_as(PG_ROLE_READER, line, sizeof line - 1, &out);
  assert_int_equal(out.error, PG_E_DENIED);
  assert_non_null(strstr(out.fault.message, "policy.reload"));
}

#define STOP(params) \
  "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"service.stop\",\"params\":" params "}"

static void ask_admin(const char *line, struct outcome *out) {
  ask_as(PG_ROLE_ADMIN, line, strlen(line), out);
}

static void texts_choices_lists_and_flags_are_read(void **state) {
  struct outcome out;
  (void)state;
  ask_admin(
      STOP("{\"name\":\"W3SVC\",\"dependents\":\"stop\",\"expect\":[\"A\",\"W3SVC\"],"
           "\"dry_run\":true}"),
      &out);
  assert_int_equal(out.error, PG_OK);
  assert_string_equal(out.ask.args[0].text, "W3SVC");
  assert_int_equal(out.ask.args[1].number, 1);
  assert_int_equal(cJSON_GetArraySize(out.ask.args[2].list), 2);
  assert_int_equal(out.ask.args[3].number, 1);
  ask_admin(STOP("{\"name\":\"A\",\"expect\":[],\"dry_run\":false}"), &out);
  assert_int_equal(out.error, PG_OK);
  assert_false(out.ask.args[1].given);
  assert_true(out.ask.args[2].given);
  assert_int_equal(out.ask.args[3].number, 0);
}

static void a_parameter_of_another_type_or_size_is_refused(void **state) {
  static const struct {
    const char *line, *words;
  } cases[] = {
      {STOP("{}"), "\"name\" is missing: expected a text of 1-8 bytes"},
      {STOP("{\"name\":\"\"}"), "\"name\": found \"\", expected a text of 1-8 bytes"},
      {STOP("{\"name\":\"123456789\"}"), "expected a text of 1-8 bytes"},
      {STOP("{\"name\":80}"), "\"name\": found 80, expected a text"},
      {STOP("{\"name\":null}"), "\"name\": found null, expected a text"},
      {STOP("{\"name\":\"A\",\"dependents\":\"Stop\"}"),
       "\"dependents\": found \"Stop\", expected \"refuse\" or \"stop\""},
      {STOP("{\"name\":\"A\",\"dependents\":true}"), "found true, expected \"refuse\""},
      {STOP("{\"name\":\"A\",\"expect\":\"A\"}"), "expected a list of at most 2 texts"},
      {STOP("{\"name\":\"A\",\"expect\":[\"A\",\"B\",\"C\"]}"), "at most 2 texts"},
      {STOP("{\"name\":\"A\",\"expect\":[\"A\",7]}"), "found an array, expected a list"},
      {STOP("{\"name\":\"A\",\"expect\":[\"\"]}"), "texts of 1-1024 bytes"},
      {STOP("{\"name\":\"A\",\"dry_run\":1}"), "found 1, expected true or false"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct outcome out;
    ask_admin(cases[i].line, &out);
    assert_int_equal(out.error, PG_E_PARAMS);
    if (strstr(out.fault.message, cases[i].words) == NULL)
      fail_msg("%s\n  %s", cases[i].line, out.fault.message);
  }
}

#define WATCH(params) \
  "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"watch\",\"params\":" params "}"

static void lists_of_ports_and_large_numbers_are_read(void **state) {
  struct outcome out;
  (void)state;
  ask(WATCH("{\"ports\":[80,1,65535],\"since_id\":9007199254740991}"), &out);
  assert_int_equal(out.error, PG_OK);
  assert_int_equal(cJSON_GetArraySize(out.ask.args[0].list), 3);
  assert_true(out.ask.args[1].id == INT64_C(9007199254740991));
  ask(WATCH("{\"ports\":[],\"since_id\":0}"), &out);
  assert_int_equal(out.error, PG_OK);
  assert_true(out.ask.args[0].given);
  assert_true(out.ask.args[1].given);
}

static void wrong_lists_of_ports_and_large_numbers_are_refused(void **state) {
  (void)state;
  static const char *const lists[] = {
      WATCH("{\"ports\":80}"),        WATCH("{\"ports\":[0]}"),
      WATCH("{\"ports\":[65536]}"),   WATCH("{\"ports\":[-1]}"),
      WATCH("{\"ports\":[80,80.5]}"), WATCH("{\"ports\":[\"80\"]}"),
      WATCH("{\"ports\":[1,2,3,4]}"), WATCH("{\"ports\":{\"80\":80}}"),
      WATCH("{\"ports\":[1e300]}"),   WATCH("{\"ports\":[[80]]}"),
      WATCH("{\"ports\":[80,null]}"), WATCH("{\"ports\":null}"),
  };
  static const char *const ids[] = {
      WATCH("{\"since_id\":-1}"),    WATCH("{\"since_id\":9007199254740992}"),
      WATCH("{\"since_id\":1.5}"),   WATCH("{\"since_id\":\"1\"}"),
      WATCH("{\"since_id\":1e300}"), WATCH("{\"since_id\":[1]}"),
  };
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    check_param(lists[i], "ports", "expected a list of at most 3 ports of 1-65535");
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
    check_param(ids[i], "since_id", "expected 0-9007199254740991");
}

static void a_verb_that_is_denied_is_named(void **state) {
  struct outcome out;
  (void)state;
  ask(STOP("{\"name\":\"A\"}"), &out);
  assert_int_equal(out.error, PG_E_DENIED);
  assert_string_equal(out.ask.named, "service.stop");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_choices_lists_and_flags_are_read),
      cmocka_unit_test(a_parameter_of_another_type_or_size_is_refused),
      cmocka_unit_test(lists_of_ports_and_large_numbers_are_read),
      cmocka_unit_test(wrong_lists_of_ports_and_large_numbers_are_refused),
      cmocka_unit_test(a_verb_that_is_denied_is_named),
      cmocka_unit_test(a_request_becomes_a_verb_with_its_parameters),
      cmocka_unit_test(optional_parameters_and_params_may_be_missing),
      cmocka_unit_test(what_is_not_json_is_refused),
      cmocka_unit_test(a_nul_inside_a_line_is_refused),
      cmocka_unit_test(duplicate_keys_are_refused_at_any_depth),
      cmocka_unit_test(what_is_no_object_is_refused),
      cmocka_unit_test(batches_are_refused),
      cmocka_unit_test(notifications_are_refused),
      cmocka_unit_test(ids_come_back_as_they_were),
      cmocka_unit_test(ids_of_other_types_are_refused),
      cmocka_unit_test(the_longest_id_comes_back_whole),
      cmocka_unit_test(an_id_is_known_before_anything_else_is_refused),
      cmocka_unit_test(unknown_members_are_refused_and_quoted),
      cmocka_unit_test(unknown_verbs_are_refused_and_quoted),
      cmocka_unit_test(wrong_ports_are_refused_and_quoted),
      cmocka_unit_test(the_ends_of_a_range_are_in_it),
      cmocka_unit_test(unknown_parameters_are_refused_and_quoted),
      cmocka_unit_test(params_of_another_type_are_refused),
      cmocka_unit_test(what_is_too_deep_or_too_much_is_refused),
      cmocka_unit_test(every_role_may_call_what_it_may_and_nothing_else),
      cmocka_unit_test(every_verb_is_checked_against_the_role),
      cmocka_unit_test(the_role_is_checked_before_the_parameters),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
