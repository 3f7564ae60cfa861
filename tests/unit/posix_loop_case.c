#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "posix_loop_case.h"

#include "service/files/files.h"
#include "service/policy/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

const char queue_of_500[] = "\n"
                            "Snapshot of HTTP service state (Request Queue View):\n"
                            "-----------------------------------------------------\n"
                            "\n"
                            "Request queue name: DemoPool\n"
                            "    Version: 2.0\n"
                            "    State: Active\n"
                            "    Max requests: 1000\n"
                            "    Number of active processes attached: 1\n"
                            "    Process IDs:\n"
                            "        500\n"
                            "    URL groups:\n"
                            "    URL group ID: FE00000040000001\n"
                            "        State: Active\n"
                            "        Request queue name: DemoPool\n"
                            "        Number of registered URLs: 1\n"
                            "        Registered URLs:\n"
                            "            HTTP://+:80/DEMO/\n";

static void run_loop(void *loop) {
  (void)loop_run(loop);
}

static struct pg_settings *read_settings(const char *configuration) {
  struct pg_settings *settings = NULL;
  struct pg_fault fault = {0};
  if (configuration == NULL)
    return settings_default();
  if (config_read(configuration, strlen(configuration), &settings, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  return settings;
}

static void leave(const struct service *s, const char *name, const char *text) {
  char path[128];
  assert_int_equal(mkdir(s->state, 0700), 0);
  snprintf(path, sizeof path, "%s/%s", s->state, name);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  assert_int_equal(close(fd), 0);
}

static void run(struct service *s, size_t count, const struct fake_row *rows,
                void (*prepare)(struct fake_machine *machine),
                const char *configuration) {
  struct loop_options options = {.development = true};
  struct pg_fault fault = {0};
  fake_open(&s->machine, &options.source, &options.sink);
  s->machine.http_text = queue_of_500;
  memcpy(s->machine.rows, rows, count * sizeof *rows);
  s->machine.row_count = count;
  if (prepare != NULL)
    prepare(&s->machine);
  fake_add_network(&s->machine, &options.source);
  options.settings = read_settings(configuration);
  assert_non_null(options.settings);
  options.settings->interval_ms = 100;
  options.group_policy = s->group_policy;
  options.pipe_name = s->socket;
  options.control_name = s->control;
  s->actor = fake_actor(&s->machine);
  options.actor = &s->actor;
  assert_int_equal(files_open(s->state, &options.files, &fault), PG_OK);
  options.config_name = s->has_file ? "config.json" : NULL;
  if (s->has_file)
    assert_int_equal(files_open(s->state, &options.config_files, &fault), PG_OK);
  options.import = s->import;
  if (s->remembers)
    assert_int_equal(files_open(s->state, &options.history_files, &fault), PG_OK);
  assert_int_equal(files_open(s->state, &options.metrics_files, &fault), PG_OK);
  assert_int_equal(loop_open(&options, &s->loop, &fault), PG_OK);
  assert_int_equal(uv_thread_create(&s->thread, run_loop, s->loop), 0);
  /* The pipe is open before the first event is written. */
  size_t seen = 0;
  assert_non_null(fake_wait_event(&s->machine, &seen, PG_EVENT_STARTED, NULL, EVENT_MS));
}

static struct service *make(void **state) {
  struct service *s = calloc(1, sizeof *s);
  *state = s;
  snprintf(s->folder, sizeof s->folder, "pg-loop-XXXXXX");
  assert_non_null(mkdtemp(s->folder));
  snprintf(s->socket, sizeof s->socket, "%s/sock", s->folder);
  snprintf(s->control, sizeof s->control, "%s/control", s->folder);
  snprintf(s->state, sizeof s->state, "%s/state", s->folder);
  return s;
}

int start_with(void **state, size_t count, const struct fake_row *rows,
               void (*prepare)(struct fake_machine *machine)) {
  run(make(state), count, rows, prepare, NULL);
  return 0;
}

int start_configured(void **state, size_t count, const struct fake_row *rows,
                     const char *configuration, const char *before) {
  struct service *s = make(state);
  if (before != NULL)
    leave(s, "state.json", before);
  run(s, count, rows, NULL, configuration);
  return 0;
}

int start_with_file(void **state, const char *configuration,
                    const struct config_import *import) {
  struct service *s = make(state);
  s->import = import;
  leave(s, "config.json", configuration);
  s->has_file = true;
  run(s, 0, &(const struct fake_row){0, 0}, NULL, NULL);
  return 0;
}

int start_managed(void **state, const struct group_policy_source *group_policy) {
  struct service *s = make(state);
  s->group_policy = *group_policy;
  run(s, 0, &(const struct fake_row){0, 0}, NULL, NULL);
  return 0;
}

int start_remembering(void **state, size_t count, const struct fake_row *rows) {
  struct service *s = make(state);
  s->remembers = true;
  run(s, count, rows, NULL, NULL);
  return 0;
}

int start(void **state) {
  return start_with(state, 0, (const struct fake_row[1]){{0, 0}}, NULL);
}

void set_free(struct service *s) {
  fake_lock(&s->machine);
  s->machine.network_hangs = s->machine.http_hangs = s->machine.account_hangs = false;
  fake_unlock(&s->machine);
}

static void end(struct service *s) {
  set_free(s); /* a test that failed halfway must not hang */
  loop_stop(s->loop, "the test ends");
  uv_thread_join(&s->thread);
  loop_close(s->loop);
  assert_int_equal(fake_count(&s->machine, PG_EVENT_STOPPED), 1);
  fake_close(&s->machine);
  assert_int_equal(access(s->socket, F_OK), -1);
}

void start_again(struct service *s, size_t count, const struct fake_row *rows) {
  end(s);
  memset(&s->machine, 0, sizeof s->machine);
  s->seen = 0;
  run(s, count, rows, NULL, NULL);
}

int stop(void **state) {
  static const char *const left[] = {"state.json", "history.db", "portguard.prom",
                                     "config.json", CONFIG_IMPORT_KEPT};
  struct service *s = *state;
  end(s);
  for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
    char file[128];
    snprintf(file, sizeof file, "%s/%s", s->state, left[i]);
    unlink(file);
  }
  assert_int_equal(rmdir(s->state), 0);
  assert_int_equal(rmdir(s->folder), 0);
  free(s);
  return 0;
}

const struct fake_event *expect(struct service *s, enum pg_event_id id,
                                const char *first) {
  const struct fake_event *event =
      fake_wait_event(&s->machine, &s->seen, id, first, EVENT_MS);
  if (event == NULL)
    fail_msg("event %d (%s) did not come", (int)id, first ? first : "any");
  return event;
}

void set_rows(struct service *s, size_t count, const struct fake_row *rows) {
  fake_lock(&s->machine);
  memcpy(s->machine.rows, rows, count * sizeof *rows);
  s->machine.row_count = count;
  fake_unlock(&s->machine);
}

static int connect_path(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  snprintf(address.sun_path, sizeof address.sun_path, "%.95s", path);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

int connect_to(const struct service *s) {
  return connect_path(s->socket);
}

int say_control(const struct service *s, const char *request) {
  int fd = connect_path(s->control);
  assert_int_equal(send(fd, request, strlen(request), 0), (ssize_t)strlen(request));
  return fd;
}

void read_line(int fd, char *line, size_t size) {
  size_t len = 0;
  while (len + 1 < size && recv(fd, line + len, 1, 0) == 1 && line[len] != '\n')
    len++;
  line[len] = '\0';
}

void ask(struct service *s, const char *request, char *line, size_t size) {
  int fd = connect_to(s);
  assert_true(send(fd, request, strlen(request), 0) > 0);
  read_line(fd, line, size);
  close(fd);
}

void check(const char *line, const char *words) {
  if (strstr(line, words) == NULL)
    fail_msg("%s is not in %s", words, line);
}

void read_state(const struct service *s, char *out, size_t size) {
  char path[128];
  snprintf(path, sizeof path, "%s/state.json", s->state);
  FILE *file = fopen(path, "r");
  size_t len = file != NULL ? fread(out, 1, size - 1, file) : 0;
  out[len] = '\0';
  if (file != NULL)
    fclose(file);
}

void wait_for_stops(struct service *s, unsigned stops) {
  uv_mutex_lock(&s->machine.lock);
  while (s->machine.stops < stops)
    assert_int_equal(uv_cond_timedwait(&s->machine.changed, &s->machine.lock,
                                       EVENT_MS * UINT64_C(1000000)),
                     0);
  uv_mutex_unlock(&s->machine.lock);
}

void let_it_stop(struct service *s) {
  fake_lock(&s->machine);
  s->machine.stop_hangs = false;
  fake_unlock(&s->machine);
}
