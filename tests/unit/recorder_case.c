#include "tests/unit/recorder_case.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/explain/explain.h"
#include "tests/unit/history_case.h"

#include <stdio.h>
#include <string.h>

int64_t case_wall = T0, case_mono = 1000000, case_up = 500000;

static const char *const programs[CASE_PROGRAMS + 1] = {
    "C:\\nginx\\nginx.exe",       "C:\\Apache24\\bin\\httpd.exe", "D:\\tools\\node.exe",
    "C:\\nginx\\nginx-debug.exe", "C:\\Zend\\zend.exe",           "c:\\NGINX\\nginx.exe"};

const char *case_program(unsigned program) {
  return programs[program];
}

static void ignore(void *context, const struct pg_event *event) {
  (void)context, (void)event;
}

struct loop *case_begin(void) {
  struct loop_options options = {.sink = {.write = ignore}, .development = true};
  struct pg_fault fault = {0};
  struct loop *loop = NULL;
  options.settings = settings_default();
  if (files_open(history_case_path(""), &options.history_files, &fault) != PG_OK ||
      loop_open(&options, &loop, &fault) != PG_OK || endpoints_open(loop) != PG_OK)
    fail_msg("%s", fault.message);
  state_open(loop);
  return loop;
}

static void add_rows(const struct case_machine *machine, struct pg_snapshot *snapshot) {
  struct pg_listener *rows = snapshot_listeners(snapshot, machine->count);
  for (size_t i = 0; i < machine->count; i++) {
    char address[24];
    snprintf(address, sizeof address, "127.0.0.%u", 1 + machine->listeners[i].program);
    assert_true(pg_address_parse(PG_IPV4, address, &rows[i].address));
    rows[i].port = machine->listeners[i].port;
    rows[i].pid = 100 + machine->listeners[i].program;
  }
}

static void add_details(struct pg_snapshot *snapshot) {
  struct pg_process *rows = snapshot_processes(snapshot, CASE_PROGRAMS + 1);
  for (unsigned i = 0; i <= CASE_PROGRAMS; i++)
    rows[i] = (struct pg_process){
        .pid = 100 + i, .name = strrchr(programs[i], '\\') + 1, .path = programs[i]};
  snapshot_source_read(snapshot, PG_SOURCE_PROCESSES, case_wall);
  snapshot_source_read(snapshot, PG_SOURCE_SERVICES, case_wall);
  snapshot_source_read(snapshot, PG_SOURCE_SERVICE_TAGS, case_wall);
}

void case_look(struct loop *loop, const struct case_machine *machine) {
  struct pg_snapshot *made = snapshot_new();
  assert_non_null(made);
  for (int i = 0; i < 2; i++) {
    enum pg_source source = i == 0 ? PG_SOURCE_TCP4 : PG_SOURCE_TCP6;
    if (machine->unreadable)
      snapshot_source_failed(made, source, case_wall, "the table is broken");
    else
      snapshot_source_read(made, source, case_wall);
  }
  if (!machine->unreadable)
    add_rows(machine, made);
  add_details(made);
  made->sampled_at = case_wall;
  made->sampled_mono = made->details_mono = case_mono;
  assert_int_equal(snapshot_seal(made), PG_OK);
  assert_int_equal(explain_attribute(made, loop->base, false), PG_OK);
  watch_publish(loop, made);
}

void case_pass(int64_t ms) {
  case_wall += ms;
  case_mono += ms;
  case_up += ms;
}

bool case_work(struct loop *loop) {
  recorder_tick(loop);
  bool works = loop->recorder.busy;
  while (loop->recorder.busy)
    uv_run(&loop->uv, UV_RUN_ONCE);
  return works;
}

/* A job begins the next one, so this is one or more. What is left is only late. */
void case_settle(struct loop *loop) {
  do
    case_pass(PG_HISTORY_WRITE_MS);
  while (case_work(loop));
}

/* What is under way is finished, and nothing is begun after it: the same every time,
 * whatever the disk is doing. */
static void finish(struct loop *loop) {
  loop->recorder.over = true;
  while (loop->recorder.busy)
    uv_run(&loop->uv, UV_RUN_ONCE);
  loop->recorder.over = false;
}

void case_stop(struct loop *loop) {
  finish(loop);
  loop_stop(loop, "the test ends");
  uv_run(&loop->uv, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop->uv), 0);
  loop_close(loop);
}

void case_kill(struct loop *loop) {
  finish(loop);
  loop->recorder.files = NULL; /* nothing goes there any more */
  case_stop(loop);
}
