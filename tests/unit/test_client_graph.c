#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "client_golden.h"
#include "golden_text.h"

#include "client/graph_text.h"
#include "common/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void writer(struct render *render, const cJSON *result);

static void write_from(const char *json, writer *write, struct pg_text *out) {
  struct render render;
  cJSON *result = cJSON_ParseWithLengthOpts(json, strlen(json) + 1, NULL, 1);
  assert_non_null(result);
  golden_render(&render, out);
  out->max = 16 * PG_MIB;
  write(&render, result);
  assert_false(out->failed);
  cJSON_Delete(result);
}

/* A language for another program: its lines may be long. */
static void check_language(const char *name, const char *ending, writer *write) {
  char file[128];
  struct pg_text out;
  (void)snprintf(file, sizeof file, "client/%s.json", name);
  char *json = golden_read(file);
  assert_non_null(json);
  write_from(json, write, &out);
  (void)snprintf(file, sizeof file, "client/%s.%s", name, ending);
  golden_compare(file, pg_text_str(&out));
  pg_text_free(&out);
  free(json);
}

static void a_tree_shows_each_thing_once(void **state) {
  (void)state;
  golden_check("graph_server", graph_text);
}

static void a_tree_of_hostile_names_is_escaped(void **state) {
  (void)state;
  golden_check("graph_hostile", graph_text);
}

static void dot_is_what_was_read_and_accepted(void **state) {
  (void)state;
  check_language("graph_server", "dot", graph_dot);
  check_language("graph_hostile", "dot", graph_dot);
}

static void mermaid_is_what_was_read_and_accepted(void **state) {
  (void)state;
  check_language("graph_server", "mermaid", graph_mermaid);
  check_language("graph_hostile", "mermaid", graph_mermaid);
}

/* Steps behind the quoted text that begins at |at|. */
static const char *behind_quotes(const char *at) {
  for (at++; *at != '"'; at++) {
    assert_int_not_equal(*at, '\0');
    assert_int_not_equal(*at, '\n');
    if (*at == '\\')
      at++;
  }
  return at + 1;
}

/* Whatever stands in the labels, outside them is only what the renderer writes. */
static void names_cannot_leave_the_quotes_of_dot(void **state) {
  static const char allowed[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \n[]{}=,;->";
  static const char *const names[] = {"\\\"",       "\\\\\\\"];n0->n1;", "x\\\\", "<b>",
                                      "\\\\n\\\\l", "a\\u001bb",         "]; }"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char json[512];
    struct pg_text out;
    (void)snprintf(json, sizeof json,
                   "{\"port\":80,\"nodes\":[{\"id\":\"n0\",\"kind\":\"process\","
                   "\"label\":\"%s\"}],\"edges\":[]}",
                   names[i]);
    write_from(json, graph_dot, &out);
    for (const char *at = pg_text_str(&out); *at != '\0';) {
      if (*at == '"')
        at = behind_quotes(at);
      else
        assert_non_null(strchr(allowed, *at++));
    }
    pg_text_free(&out);
  }
}

static void names_cannot_leave_the_quotes_of_mermaid(void **state) {
  (void)state;
  for (int c = 1; c < 0x80; c++) {
    char json[256], expected[64];
    struct pg_text out;
    if (c == '"' || c == '\\' || c < 0x20)
      (void)snprintf(json, sizeof json,
                     "{\"nodes\":[{\"id\":\"a\",\"label\":\"x\\u00%02xy\"}]}",
                     (unsigned)c);
    else
      (void)snprintf(json, sizeof json, "{\"nodes\":[{\"id\":\"a\",\"label\":\"x%cy\"}]}",
                     c);
    write_from(json, graph_mermaid, &out);
    (void)snprintf(expected, sizeof expected, "  n0[\"x%cy\"]\n", c);
    bool alone = strstr(pg_text_str(&out), expected) != NULL;
    bool plain = strchr(" .,:/-_()+=", c) != NULL || (c >= '0' && c <= '9') ||
                 ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    assert_int_equal(alone, plain);
    pg_text_free(&out);
  }
}

static void answers_in_another_shape_are_shown_as_far_as_they_go(void **state) {
  static const char *const answers[] = {
      "{}",
      "{\"nodes\":7,\"edges\":{}}",
      "{\"nodes\":[1,null,{},{\"id\":7},{\"id\":\"a\"}],\"edges\":[1,{\"from\":\"a\"},"
      "{\"from\":\"a\",\"to\":\"b\"},{\"from\":\"a\",\"to\":\"a\"}]}",
      "{\"nodes\":[{\"id\":\"a\"},{\"id\":\"a\"}],\"edges\":[{\"from\":\"a\","
      "\"to\":\"a\",\"kind\":3}]}",
  };
  writer *const writers[] = {graph_text, graph_dot, graph_mermaid};
  (void)state;
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
    for (size_t w = 0; w < 3; w++) {
      struct pg_text out;
      write_from(answers[i], writers[w], &out);
      assert_true(out.len > 0);
      pg_text_free(&out);
    }
}

static void a_chain_too_deep_for_the_screen_is_cut_and_says_so(void **state) {
  struct pg_text json, out;
  (void)state;
  pg_text_init(&json, PG_MIB);
  pg_text_str_add(&json, "{\"port\":80,\"state\":\"in_use\",\"nodes\":[");
  for (int i = 0; i < 2000; i++)
    pg_text_printf(&json, "%s{\"id\":\"n%d\",\"kind\":\"service\",\"label\":\"s%d\"}",
                   i > 0 ? "," : "", i, i);
  pg_text_str_add(&json, "],\"edges\":[");
  for (int i = 0; i + 1 < 2000; i++)
    pg_text_printf(&json, "%s{\"from\":\"n%d\",\"to\":\"n%d\",\"kind\":\"needs\"}",
                   i > 0 ? "," : "", i, i + 1);
  pg_text_str_add(&json, "]}");
  golden_from(pg_text_str(&json), &out, graph_text);
  assert_non_null(strstr(pg_text_str(&out), "\nCut  it goes deeper"));
  pg_text_free(&json);
  pg_text_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_tree_shows_each_thing_once),
      cmocka_unit_test(a_tree_of_hostile_names_is_escaped),
      cmocka_unit_test(dot_is_what_was_read_and_accepted),
      cmocka_unit_test(mermaid_is_what_was_read_and_accepted),
      cmocka_unit_test(names_cannot_leave_the_quotes_of_dot),
      cmocka_unit_test(names_cannot_leave_the_quotes_of_mermaid),
      cmocka_unit_test(answers_in_another_shape_are_shown_as_far_as_they_go),
      cmocka_unit_test(a_chain_too_deep_for_the_screen_is_cut_and_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
