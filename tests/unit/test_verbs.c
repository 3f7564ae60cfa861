/* Who may call what: every verb of the service against every role. A verb that is not in
 * one of the two lists is nobody's by mistake. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/state.h"

#include <string.h>

static const char *const readers[] = {
    "ping",
    "version",
    "health",
    "status",
    "list",
    "http.queues",
    "http.reservations",
    "http.iplisten",
    "http.certificates",
    "graph",
    "capture",
    "doctor",
    "history",
    "report",
    "policy.show",
    "policy.test",
    "watch",
};
static const char *const administrators[] = {
    "service.stop",  "service.disable", "service.restore",
    "port.free",     "policy.reload",   "policy.pause",
    "policy.resume", "iplisten.add",    "iplisten.delete",
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static bool is_in(const char *name, const char *const *list, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(list[i], name) == 0)
      return true;
  return false;
}

static void every_verb_has_the_role_that_is_meant(void **state) {
  (void)state;
  assert_int_equal(loop_verb_count, COUNT(readers) + COUNT(administrators));
  for (size_t i = 0; i < loop_verb_count; i++) {
    const char *name = loop_verbs[i].name;
    bool reads = is_in(name, readers, COUNT(readers));
    bool controls = is_in(name, administrators, COUNT(administrators));
    if (reads == controls)
      fail_msg("%s is in neither list, or in both", name);
    assert_int_equal(control_allowed(PG_ROLE_NONE, loop_verbs[i].role), false);
    assert_int_equal(control_allowed(PG_ROLE_READER, loop_verbs[i].role), reads);
    assert_int_equal(control_allowed(PG_ROLE_ADMIN, loop_verbs[i].role), true);
  }
}

static bool sets_work_going(const struct control_verb *verb) {
  return verb->work != NULL && verb->work->wait_ms != CONTROL_FOR_EVER;
}

/* What is asked of a reader costs nothing that outlasts the request, but a question to
 * the database, and a report, which wait for their turn in a lane. Who watches has a
 * place in a list, and loses it with the connection. */
static void only_administrators_set_work_going(void **state) {
  (void)state;
  for (size_t i = 0; i < loop_verb_count; i++) {
    bool asks = strcmp(loop_verbs[i].name, "history") == 0 ||
                strcmp(loop_verbs[i].name, "report") == 0;
    assert_int_equal(sets_work_going(&loop_verbs[i]),
                     asks || loop_verbs[i].role == PG_ROLE_ADMIN);
  }
}

/* Long answers take turns, which asks for a verb that can be told to wait. */
static void whose_answer_may_be_long_takes_turns(void **state) {
  static const char *const short_ones[] = {"ping", "version", "health"};
  (void)state;
  for (size_t i = 0; i < loop_verb_count; i++)
    if (loop_verbs[i].role == PG_ROLE_READER &&
        (loop_verbs[i].ready == NULL) !=
            is_in(loop_verbs[i].name, short_ones, COUNT(short_ones)))
      fail_msg("%s takes turns, or does not", loop_verbs[i].name);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_verb_has_the_role_that_is_meant),
      cmocka_unit_test(whose_answer_may_be_long_takes_turns),
      cmocka_unit_test(only_administrators_set_work_going),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
