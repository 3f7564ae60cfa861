/* A long random story of ports and holders, against a model in memory: the tenancies in
 * the database are those of the model, none overlaps another, and none is missing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "common/timestamp.h"
#include "tests/unit/history_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORTS 4
#define HOLDERS 5
#define STEPS 4000
#define RUNS 3

struct stretch {
  int64_t from, to; /* to 0: still open */
};

struct model {
  struct stretch stretches[PORTS][HOLDERS][STEPS];
  size_t counts[PORTS][HOLDERS];
};

static const char *const holders[HOLDERS] = {"service:W3SVC", "service:w3svc2",
                                             "process:C:\\nginx\\nginx.exe",
                                             "process:D:\\nginx.exe", "process:?"};

static unsigned seed;

static unsigned random_below(unsigned limit) {
  seed = seed * 1103515245u + 12345u;
  return (seed >> 8) % limit;
}

/* A holder has the port or not: the step turns it round, in the model and in |batch|. */
static void step(struct model *model, struct history_batch *batch, int64_t at) {
  unsigned p = random_below(PORTS), h = random_below(HOLDERS);
  size_t *count = &model->counts[p][h];
  struct stretch *list = model->stretches[p][h];
  bool open = *count > 0 && list[*count - 1].to == 0;
  struct history_row row = {.at = at, .port = (uint16_t)(80 + p), .holder = holders[h]};
  if (open) {
    list[*count - 1].to = at;
    row.what = HISTORY_END;
    row.how = "released";
  } else {
    list[(*count)++] = (struct stretch){at, 0};
    row.what = HISTORY_BEGIN;
    row.data = "{}";
  }
  assert_true(history_batch_add(batch, &row));
}

/* What the model says of one port and holder, as the answer would: newest first. */
static void check_one(const struct model *model, unsigned p, unsigned h,
                      const cJSON *tenancies) {
  size_t left = model->counts[p][h];
  const struct stretch *list = model->stretches[p][h];
  int64_t next = INT64_MAX;
  const cJSON *row;
  cJSON_ArrayForEach(row, tenancies) {
    int64_t from = 0, to = 0;
    const cJSON *end = cJSON_GetObjectItemCaseSensitive(row, "to");
    if ((int)pg_json_member(row, "port")->valuedouble != (int)(80 + p) ||
        strcmp(cJSON_GetStringValue(pg_json_member(row, "identity")), holders[h]) != 0)
      continue;
    assert_true(left > 0);
    left--;
    assert_true(pg_time_parse(cJSON_GetStringValue(pg_json_member(row, "from")), &from));
    if (!cJSON_IsNull(end))
      assert_true(pg_time_parse(cJSON_GetStringValue(end), &to));
    assert_int_equal(from, list[left].from);
    assert_int_equal(to, list[left].to);
    assert_true(from < next); /* no overlap with the one that came after it */
    assert_true(to == 0 ? next == INT64_MAX : to <= next);
    next = from;
  }
  assert_int_equal(left, 0);
}

static void check_all(const struct model *model, struct history *history) {
  const struct history_question all = {0};
  const struct pg_json_limits limits = {.bytes = PG_ANSWER_MAX, .depth = 8};
  const char *text = history_case_ask(history, &all);
  cJSON *tree = NULL;
  assert_int_equal(pg_json_read(text, strlen(text), &limits, &tree, NULL), PG_OK);
  assert_true(cJSON_IsFalse(pg_json_member(tree, "truncated")));
  for (unsigned p = 0; p < PORTS; p++)
    for (unsigned h = 0; h < HOLDERS; h++)
      check_one(model, p, h, pg_json_member(tree, "tenancies"));
  cJSON_Delete(tree);
}

static void check_open(void *context, uint16_t port, const char *holder, int64_t since) {
  struct model *model = context;
  unsigned h = 0;
  while (strcmp(holders[h], holder) != 0)
    h++;
  size_t count = model->counts[port - 80][h];
  assert_true(count > 0);
  assert_int_equal(model->stretches[port - 80][h][count - 1].from, since);
  assert_int_equal(model->stretches[port - 80][h][count - 1].to, 0);
}

static void a_random_story_is_told_as_it_was(void **state) {
  struct model *model = malloc(sizeof *model);
  (void)state;
  assert_non_null(model);
  for (unsigned run = 1; run <= RUNS; run++) {
    int64_t at = T0;
    memset(model->counts, 0, sizeof model->counts);
    seed = run;
    (void)history_case_end(NULL);
    assert_int_equal(history_case_begin(NULL), 0);
    struct history *history = history_case_open();
    for (unsigned done = 0; done < STEPS;) {
      struct history_batch *batch = history_batch_new();
      for (unsigned many = 1 + random_below(200); many > 0 && done < STEPS;
           many--, done++)
        step(model, batch, at += 1 + random_below(5000));
      assert_int_equal(history_write(history, batch, NULL), PG_OK);
      history_batch_free(batch);
      if (random_below(8) == 0) {
        history_close(history);
        history = history_case_open();
      }
    }
    check_all(model, history);
    assert_int_equal(history_open_tenancies(history, check_open, model, NULL), PG_OK);
    history_close(history);
  }
  free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_random_story_is_told_as_it_was,
                                      history_case_begin, history_case_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
