/* A file to be imported that does not answer, as on the share that a link leads to. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "posix_loop_case.h"

#include "common/limits.h"
#include "service/files/files.h"

#include <stdatomic.h>
#include <string.h>

#define PATH "C:\\Deploy\\config.json"

static uv_sem_t answers, has_ended;
static atomic_int forgotten;

enum pg_error __wrap_files_read_at(const char *path, size_t max, struct pg_text *out,
                                   struct pg_fault *fault);

/* Not before the test says so; then it is gone. */
enum pg_error __wrap_files_read_at(const char *path, size_t max, struct pg_text *out,
                                   struct pg_fault *fault) {
  pg_text_init(out, max);
  uv_sem_wait(&answers);
  enum pg_error error = pg_fail(fault, PG_E_NOTFOUND, "%s: gone", path);
  uv_sem_post(&has_ended);
  return error;
}

static void forget(void) {
  atomic_fetch_add(&forgotten, 1);
}

static char path[] = PATH;
static const struct config_import import = {path, false, forget};

static int begin(void **state) {
  atomic_store(&forgotten, 0);
  if (uv_sem_init(&answers, 0) != 0 || uv_sem_init(&has_ended, 0) != 0)
    return -1;
  return start_with_file(state, "{\"version\": 1, \"guarded_ports\": [8074]}", &import);
}

/* Whatever the thread still had is freed by it, which a leak would show. */
static int end(void **state) {
  int code = stop(state);
  uv_sem_post(&answers);
  uv_sem_wait(&has_ended);
  return code;
}

static void the_service_works_without_it_and_tries_again_later(void **state) {
  struct service *s = *state;
  char line[4096];
  s->seen = 0;
  const struct fake_event *told = expect(s, PG_EVENT_CONFIG_REJECTED, PATH);
  check(told->second, "could not be read within 5 s");
  check(told->second, "it is tried again when the service starts next");
  check(expect(s, PG_EVENT_CONFIG_LOADED, NULL)->second, "guarded ports [8074]");
  ask(s, CALL("health", ""), line, sizeof line);
  check(line, "\"guarded_ports\":[8074]");
  assert_int_equal(atomic_load(&forgotten), 0);
}

/* What it brings by then is nobody's any more. */
static void an_answer_that_comes_too_late_changes_nothing(void **state) {
  struct service *s = *state;
  char line[4096];
  uv_sem_post(&answers);
  uv_sem_wait(&has_ended);
  uv_sem_post(&has_ended);
  ask(s, PING, line, sizeof line);
  check(line, "\"result\"");
  assert_int_equal(fake_count(&s->machine, PG_EVENT_CONFIG_REJECTED), 1);
  assert_int_equal(atomic_load(&forgotten), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_service_works_without_it_and_tries_again_later,
                                      begin, end),
      cmocka_unit_test_setup_teardown(an_answer_that_comes_too_late_changes_nothing,
                                      begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
