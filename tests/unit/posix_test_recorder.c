/* Random stories of ports and those who hold them, told to the recorder look by look,
 * with restarts, deaths, reboots, clocks that are set and tables that cannot be read:
 * the tenancies in the database are those of a plain model. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"
#include "common/timestamp.h"
#include "tests/unit/history_case.h"
#include "tests/unit/recorder_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CASE_CLOCKS

#define STORIES 300
#define STEPS 30
#define PORTS 4
#define STRETCHES 2000

/* Nothing here loses its power: SQLite and the rest need not wait for the disk. */
int fsync(int fd) {
  (void)fd;
  return 0;
}

int fdatasync(int fd) {
  (void)fd;
  return 0;
}

static unsigned seed;

static unsigned random_below(unsigned limit) {
  seed = seed * 1103515245u + 12345u;
  return (seed >> 8) % limit;
}

/* --- the model --- */

struct stretch {
  unsigned port, program;
  int64_t from, to; /* to 0: it has not ended */
  const char *how;
};

/* What is known, and what of it survives a death. */
struct told {
  struct stretch list[STRETCHES];
  size_t count;
  int64_t boot; /* 0: none was noted */
};

static struct told now, durable;

struct story {
  struct loop *loop;
  bool holds[PORTS][CASE_PROGRAMS];
  bool based; /* this run has looked */
  bool back;  /* the clock was set back: what overlaps is nobody's fault */
};

static struct stretch *find_open(unsigned port, unsigned program) {
  for (size_t i = 0; i < now.count; i++)
    if (now.list[i].port == port && now.list[i].program == program && now.list[i].to == 0)
      return &now.list[i];
  return NULL;
}

static void model_begin(unsigned port, unsigned program) {
  assert_true(now.count < STRETCHES);
  now.list[now.count++] = (struct stretch){port, program, case_wall, 0, NULL};
}

static void model_end(struct stretch *stretch, const char *how) {
  stretch->to = case_wall > stretch->from ? case_wall : stretch->from;
  stretch->how = how;
}

static bool is_same_boot(void) {
  int64_t off = case_wall - case_up - now.boot;
  return now.boot != 0 && off >= -PG_BOOT_TOLERANCE_MS && off <= PG_BOOT_TOLERANCE_MS;
}

static void model_first_look(const struct story *story, bool same) {
  for (size_t i = 0; i < now.count; i++) {
    struct stretch *at = &now.list[i];
    if (at->to == 0 && !(same && story->holds[at->port][at->program]))
      model_end(at, "unknown");
  }
}

static bool anybody_comes(const struct story *story, unsigned port) {
  for (unsigned program = 0; program < CASE_PROGRAMS; program++)
    if (story->holds[port][program] && find_open(port, program) == NULL)
      return true;
  return false;
}

static void model_look(const struct story *story) {
  for (unsigned port = 0; port < PORTS; port++) {
    const char *how = anybody_comes(story, port) ? "replaced" : "released";
    for (unsigned program = 0; program < CASE_PROGRAMS; program++) {
      struct stretch *open = find_open(port, program);
      if (open != NULL && !story->holds[port][program])
        model_end(open, how);
      else if (open == NULL && story->holds[port][program])
        model_begin(port, program);
    }
  }
}

/* --- the story --- */

static bool same_boot_at_start;

static void begin_run(struct story *story) {
  story->loop = case_begin();
  story->based = false;
  same_boot_at_start = is_same_boot();
  recorder_tick(story->loop); /* the database is being opened */
}

static void settle(struct story *story) {
  case_settle(story->loop);
  if (story->based)
    now.boot = case_wall - case_up;
  durable = now;
}

static void look(struct story *story, bool unreadable) {
  struct case_machine machine = {.unreadable = unreadable};
  for (unsigned port = 0; port < PORTS; port++)
    for (unsigned program = 0; program < CASE_PROGRAMS; program++)
      if (story->holds[port][program]) {
        machine.listeners[machine.count].port = (uint16_t)(80 + port);
        machine.listeners[machine.count++].program = program;
      }
  case_look(story->loop, &machine);
  if (unreadable)
    return;
  bool first = !story->based;
  if (first)
    model_first_look(story, same_boot_at_start);
  story->based = true;
  model_look(story);
  /* Where the database is open by then, the first look sets off a job of its own, and
   * how far that has got when a run dies would be chance. */
  if (first && story->loop->recorder.there)
    settle(story);
}

static void change_hands(struct story *story) {
  unsigned port = random_below(PORTS);
  for (unsigned many = 1 + random_below(3); many > 0; many--) {
    bool *holds = &story->holds[port][random_below(CASE_PROGRAMS)];
    *holds = !*holds;
  }
  if (random_below(5) == 0)
    memset(story->holds[port], 0, sizeof story->holds[port]);
}

/* While it is away, others come and go, and the machine may be booted. */
static void restart(struct story *story) {
  if (random_below(2) == 0) {
    case_stop(story->loop);
    if (story->based)
      now.boot = case_wall - case_up;
    durable = now;
  } else {
    case_kill(story->loop);
    now = durable;
  }
  case_pass(1000 + random_below(100000));
  if (random_below(3) == 0)
    case_up = 20000 + random_below(10000);
  if (random_below(2) == 0)
    change_hands(story);
  begin_run(story);
}

static void set_clock(struct story *story) {
  int64_t by = 60000 + random_below(7200000);
  if (random_below(2) == 0) {
    by = -by;
    story->back = true;
  }
  settle(story);
  case_wall += by;
  settle(story); /* a tick later it is noted */
}

static void step(struct story *story) {
  case_pass(100 + random_below(3000));
  switch (random_below(16)) {
  case 0:
    restart(story);
    break;
  case 1:
  case 2:
    look(story, true);
    break;
  case 3:
  case 4:
  case 5:
    settle(story);
    break;
  case 6:
    if (random_below(4) == 0)
      set_clock(story);
    break;
  default:
    change_hands(story);
    look(story, false);
  }
}

/* --- what is in the database --- */

static int64_t time_of(const cJSON *row, const char *key) {
  int64_t time = 0;
  const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, key));
  assert_true(text == NULL || pg_time_parse(text, &time));
  return time;
}

static bool is_row(const cJSON *row, const struct stretch *stretch) {
  char identity[100];
  const char *how = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "how"));
  snprintf(identity, sizeof identity, "process:%s", case_program(stretch->program));
  return (unsigned)pg_json_member(row, "port")->valuedouble == 80 + stretch->port &&
         strcmp(cJSON_GetStringValue(pg_json_member(row, "identity")), identity) == 0 &&
         time_of(row, "from") == stretch->from && time_of(row, "to") == stretch->to &&
         (how == NULL) == (stretch->how == NULL) &&
         (how == NULL || strcmp(how, stretch->how) == 0);
}

static cJSON *tenancies_of(struct history *history) {
  const struct history_question all = {0};
  const struct pg_json_limits limits = {.bytes = PG_ANSWER_MAX, .depth = PG_JSON_DEPTH};
  const char *text = history_case_ask(history, &all);
  cJSON *tree = NULL;
  assert_int_equal(pg_json_read(text, strlen(text), &limits, &tree, NULL), PG_OK);
  assert_true(cJSON_IsFalse(pg_json_member(tree, "truncated")));
  cJSON *list = cJSON_DetachItemFromObject(tree, "tenancies");
  cJSON_Delete(tree);
  return list;
}

static void show(const char *whose, const char *identity, int port, int64_t from,
                 int64_t to, const char *how) {
  print_message("%s: %d %s from %lld to %lld %s\n", whose, port, identity,
                (long long)(from - T0), to != 0 ? (long long)(to - T0) : 0,
                how != NULL ? how : "");
}

static void fail_with(const cJSON *rows, unsigned story, const char *what) {
  const cJSON *row;
  for (size_t i = 0; i < now.count; i++)
    show("model", case_program(now.list[i].program), (int)(80 + now.list[i].port),
         now.list[i].from, now.list[i].to, now.list[i].how);
  cJSON_ArrayForEach(row, rows) {
    show("database", cJSON_GetStringValue(pg_json_member(row, "identity")),
         (int)pg_json_member(row, "port")->valuedouble, time_of(row, "from"),
         time_of(row, "to"),
         cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "how")));
  }
  fail_msg("story of seed %u: %s", story, what);
}

static void check_all(unsigned story) {
  struct history *history = history_case_open();
  cJSON *rows = tenancies_of(history);
  history_close(history);
  for (size_t i = 0; i < now.count; i++) {
    cJSON *row = NULL, *found = NULL;
    cJSON_ArrayForEach(row, rows) {
      if (found == NULL && is_row(row, &now.list[i]))
        found = row;
    }
    if (found == NULL)
      fail_with(rows, story, "a tenancy is missing");
    cJSON_Delete(cJSON_DetachItemViaPointer(rows, found));
  }
  if (cJSON_GetArraySize(rows) > 0)
    fail_with(rows, story, "there are tenancies that never were");
  cJSON_Delete(rows);
}

/* The model's own, which the database has by now. */
static void check_overlaps(unsigned story) {
  for (size_t i = 0; i < now.count; i++)
    for (size_t j = i + 1; j < now.count; j++) {
      const struct stretch *a = &now.list[i], *b = &now.list[j];
      if (a->port == b->port && a->program == b->program &&
          (a->to == 0 || a->to > b->from))
        fail_msg("story of seed %u: port %u is held twice", story, 80 + a->port);
    }
}

static void tell(unsigned number) {
  struct story story = {0};
  seed = number;
  now.count = durable.count = 0;
  now.boot = durable.boot = 0;
  case_wall = T0 + 100000000;
  begin_run(&story);
  for (unsigned i = 0; i < STEPS; i++)
    step(&story);
  case_stop(story.loop);
  check_all(number);
  if (!story.back)
    check_overlaps(number);
}

static void tenancies_are_those_of_a_plain_model(void **state) {
  const char *given = getenv("PG_SEED");
  unsigned first = given != NULL ? (unsigned)strtoul(given, NULL, 10) : 20260302u;
  (void)state;
  print_message("stories of the seeds %u to %u (PG_SEED sets the first)\n", first,
                first + STORIES - 1);
  for (unsigned number = first; number < first + STORIES; number++) {
    tell(number);
    (void)history_case_end(NULL);
    assert_int_equal(history_case_begin(NULL), 0);
  }
}

/* --- a program by two spellings of its path --- */

static void hold_80(struct loop *loop, unsigned program) {
  struct case_machine machine = {.count = 1, .listeners = {{80, program}}};
  case_look(loop, &machine);
  case_settle(loop);
  case_pass(1000);
}

static void a_program_is_the_same_however_its_path_is_spelled(void **state) {
  const struct case_machine nobody = {.count = 0};
  struct loop *loop = case_begin();
  (void)state;
  hold_80(loop, 0);
  hold_80(loop, CASE_AGAIN);
  case_stop(loop);
  loop = case_begin();
  hold_80(loop, CASE_AGAIN);
  hold_80(loop, 0);
  case_look(loop, &nobody);
  case_stop(loop);
  struct history *history = history_case_open();
  cJSON *rows = tenancies_of(history);
  history_close(history);
  assert_int_equal(cJSON_GetArraySize(rows), 1);
  assert_string_equal(cJSON_GetStringValue(pg_json_member(rows->child, "how")),
                      "released");
  cJSON_Delete(rows);
}

#define HISTORY_TEST(name) \
  cmocka_unit_test_setup_teardown(name, history_case_begin, history_case_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      HISTORY_TEST(tenancies_are_those_of_a_plain_model),
      HISTORY_TEST(a_program_is_the_same_however_its_path_is_spelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
